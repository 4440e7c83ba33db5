"""The page that `covet-codegen report` writes: what it shows, and that nothing in it is markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from codegen import HELLO, REPOSITORY, codegen, write
from report_apps import HOSTILE, HOSTILE_PATHS, SCRIPTS


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text("utf-8")
        self.elements = []
        self.inside = []
        self.texts = {}
        self.feed(self.source)
        self.close()
        self.data = json.loads(self.texts["data"])

    VOID = ("meta", "link", "input", "br", "rect")

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag not in self.VOID:
            self.inside.append((tag, attributes.get("id")))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        # What is opened is closed, in order, so that no text of an app can have closed anything.
        opened, _ = self.inside.pop()
        assert opened == tag

    def handle_data(self, data):
        ids = [name for _, name in self.inside if name]
        if ids:
            self.texts[ids[-1]] = self.texts.get(ids[-1], "") + data
        elif self.inside and self.inside[-1][0] in ("style", "script"):
            self.texts[self.inside[-1][0]] = data

    def named(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]


def report(cwd, app="app.py", *arguments, **changes):
    place = cwd / "report.html" if not arguments else None
    result = codegen("report", app, *arguments, cwd=cwd, **changes)
    assert result.code == 0, result.stderr
    return Page(place) if place else result


@pytest.fixture(scope="module")
def blog(tmp_path_factory):
    out = tmp_path_factory.mktemp("blog") / "blog.html"
    report(REPOSITORY / "examples" / "blog", "app.py", "-o", out)
    return Page(out)


@pytest.fixture(scope="module")
def quirks(tmp_path_factory):
    out = tmp_path_factory.mktemp("quirks") / "quirks.html"
    report(REPOSITORY / "examples" / "quirks", "app.py", "-o", out)
    return Page(out)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return report(write(tmp_path_factory.mktemp("hostile"), app=HOSTILE))


PAGES = ["blog", "quirks", "hostile"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_nothing_else(name, request):
    page = request.getfixturevalue(name)
    assert page.inside == []
    assert not {tag for tag, _ in page.elements} & {"img", "iframe", "object", "embed", "form"}
    for tag, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "style")]
        if "href" in attributes:
            start = "data:image/svg+xml," if tag == "link" else "#"
            assert attributes["href"].startswith(start)
    assert "url(" not in page.texts["style"]
    assert "@import" not in page.texts["style"]


@pytest.mark.parametrize("name", PAGES)
def test_only_its_own_style_and_script_are_allowed(name, request):
    page = request.getfixturevalue(name)
    (policy,) = [a["content"] for a in page.named("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name in ("script", "style"):
        digest = hashlib.sha256(page.texts[name].encode()).digest()
        assert f"{name}-src 'sha256-{base64.b64encode(digest).decode()}';" in policy
    assert [a.get("type") for a in page.named("script")] == [None, "application/json"]
    assert len(page.named("style")) == 1


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere_and_ids_are_single(name, request):
    page = request.getfixturevalue(name)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.named("a")} <= set(ids)
    assert [f"r{n}" for n in range(len(page.data["routes"]))] == sorted(
        (name for name in ids if re.fullmatch(r"r\d+", name)), key=lambda name: int(name[1:])
    )


def test_a_route_has_its_line(blog):
    source = (REPOSITORY / "examples/blog/posts.py").read_text("utf-8").splitlines()
    (position, route), *_ = (
        (position, route)
        for position, route in enumerate(blog.data["routes"])
        if route["handler"].endswith(".get_post")
    )
    file, line = route["source"].split(":")
    assert file == "posts.py"
    assert any("def get_post" in text for text in source[int(line) - 1 : int(line) + 3])
    shown = blog.texts[f"r{position}"]
    for text in ("GET", route["path"], "get_post(key)", "→ Post", route["source"]):
        assert text in shown


def test_folders_count_their_routes(blog):
    routes = blog.data["routes"]
    labels = [text for name, text in blog.texts.items() if re.fullmatch(r"p\d+", name)]
    assert [text for text in labels if text.startswith("/posts ")] == [
        f"/posts {sum(r['path'].startswith('/posts') for r in routes)} routes"
    ]


def test_models_are_shown_with_their_fields_and_routes(blog):
    names = [model["name"] for model in blog.data["models"]]
    number = names.index("Post")
    post = blog.data["models"][number]
    shown = blog.texts[f"m{number}"]
    for text in ("Post", "TypedDict", "store:Post", "published", "str | None", "part of Page"):
        assert text in shown
    answering = [blog.data["routes"][n] for n in post["routes"]]
    assert answering
    assert all("Post" in route["response"] for route in answering)


def test_what_is_left_to_re_has_a_reason(quirks):
    left = [(n, r) for n, r in enumerate(quirks.data["routes"]) if r["how"] == "regex"]
    assert len(left) == 8
    for position, route in left:
        assert f"left to re: {route['reason']}" in quirks.texts[f"r{position}"]
        re.compile(route["expression"])
        # The exporter has said so, too, and its note is with the route.
        codes = [quirks.data["findings"][n]["code"] for n in route["findings"]]
        assert "CVT020" in codes
        assert "finding" in quirks.texts[f"r{position}"]


def test_texts_of_the_app_are_text(hostile):
    routes = hostile.data["routes"]
    assert {route["path"] for route in routes} >= set(HOSTILE_PATHS)
    for position, route in enumerate(routes):
        assert route["path"] in hostile.texts[f"r{position}"]
        for method in route["methods"]:
            assert method in hostile.texts[f"r{position}"]
    assert "{{STYLE}}" in [method for route in routes for method in route["methods"]]
    (model,) = hostile.data["models"]
    assert [field["name"] for field in model["fields"]] == ["</table>", "key"]
    for text in ("</table>", '"</script><b>{{data}}"'):
        assert text in hostile.texts["m0"]
    for text in SCRIPTS:
        assert text not in hostile.source


def test_two_runs_give_the_same_bytes(tmp_path):
    for folder in (REPOSITORY / "examples" / "blog", write(tmp_path / "hostile", app=HOSTILE)):
        pages = []
        for seed in ("1", "2"):
            out = tmp_path / f"{seed}.html"
            report(folder, "app.py", "-o", out, PYTHONHASHSEED=seed)
            pages.append(out.read_bytes())
        assert pages[0] == pages[1]


def test_it_is_written_where_it_was_asked_for(tmp_path):
    write(tmp_path, app=HELLO)
    result = codegen("report", "app.py", cwd=tmp_path)
    assert re.fullmatch(r"wrote report\.html \(\d+ KiB\)\n", result.stdout)
    result = codegen("report", "app.py", "-o", "public/api.html", cwd=tmp_path)
    assert "wrote public/api.html" in result.stdout
    assert (tmp_path / "public/api.html").read_bytes() == (tmp_path / "report.html").read_bytes()
    result = codegen("report", "app.py", "-o", "public", cwd=tmp_path)
    assert (result.code, result.codes) == (2, ["CVT051"])
    result = codegen("report", "ap.py", cwd=tmp_path)
    assert (result.code, result.codes) == (1, ["CVT001"])
