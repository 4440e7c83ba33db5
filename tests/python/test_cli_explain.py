"""`covet-codegen explain` and `rules`: what is said is what the framework does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from codegen import HELLO, codegen, write

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
QUIRKS = EXAMPLES / "quirks"

SHOP = """
    from typing import TypedDict

    from covet import Covet

    class Item(TypedDict):
        id: int
        name: str

    app = Covet()

    @app.get("/items/new")
    async def new(request) -> str:
        return "new"

    @app.get("/items/{id}")
    async def item(request, id) -> Item:
        return {"id": id, "name": "x"}

    @app.route("/items/{key}", methods=["PUT", "GET"])
    async def put(request, key):
        return key

    @app.get("/v{n}/raw")
    async def raw(request, n):
        return n

    @app.get("/pair/{a}/{b}")
    async def pair(request, b, a):
        return [a, b]

    @app.get("/only/{x}")
    async def only(request, *, x):
        return x

    @app.get("/a+b/{x}")
    async def plus(request, x):
        return x

    @app.route("/live", methods=["WEBSOCKET"])
    async def live(scope, receive, send):
        pass
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write(tmp_path_factory.mktemp("shop"), app=SHOP)


def explain(folder, *arguments):
    result = codegen("explain", *arguments, cwd=folder)
    assert (result.code, result.stderr) == (0, ""), result.stderr
    return result.stdout


def as_json(folder, *arguments):
    return json.loads(explain(folder, *arguments, "--format", "json"))


def test_the_answer_and_what_lost_to_it(shop):
    said = explain(shop, "GET", "/items/007?page=2", "app.py")
    for text in [
        "GET /items/007\n",
        "note: `?page=2` is cut off",
        "is answered by app:item (app.py:16)",
        "route GET /items/{id}",
        "id = 7   from `007`",
        "the handler is called with (request, id=7)",
        "/items  literal",
        "/007    any segment",
        "lost to it, since they come later:\n  GET /items/{key}  app:put (app.py:20)",
        "match, but have another method:\n  PUT /items/{key}  app:put (app.py:20)",
        "compiled: the tree alone",
        "`Item`, which a wheel has a serializer for",
    ]:
        assert text in said, said


def test_static_paths_and_what_they_hide(shop):
    found = as_json(shop, "GET", "/items/new", "app.py")
    assert found["answer"]["handler"] == "app:new"
    assert found["answer"]["found_by"] == "static"
    assert found["answer"]["call"]["arguments"] == []
    assert [each["handler"] for each in found["lost"]] == ["app:item", "app:put"]


def test_values_are_passed_in_the_order_of_the_signature(shop):
    call = as_json(shop, "GET", "/pair/1/x", "app.py")["answer"]["call"]
    assert call["values"] == [["a", "1"], ["b", "'x'"]]
    assert call["arguments"] == [["b", "'x'"], ["a", "1"]]


def test_handlers_that_do_not_take_their_values(shop):
    said = explain(shop, "GET", "/only/5", "app.py")
    assert "the handler does not take them: too many positional arguments" in said
    assert "the framework answers 500" in said
    said = explain(shop, "GET", "/items/%C2%B2", "app.py")
    assert "to make them raises ValueError: invalid literal for int()" in said


def test_programs_and_re_say_what_they_decided(shop):
    said = explain(shop, "GET", "/v12/raw", "app.py")
    assert "and its program matches: '/v' {} '/raw'" in said
    found = as_json(shop, "GET", "/aab/7", "app.py")["answer"]
    assert (found["handler"], found["found_by"]) == ("app:plus", "re")
    assert "`+` is a regular-expression operator" in found["left_to_re"]
    assert found["call"]["arguments"] == [["x", "7"]]
    assert as_json(shop, "GET", "/a+b/7", "app.py")["answer"] is None


def test_what_is_near_to_no_route(shop):
    said = explain(shop, "DELETE", "/items/7", "app.py")
    assert "is answered by no route: the framework sends 404, never 405" in said
    assert "match the path, but have another method:\n  GET /items/{id}" in said
    said = explain(shop, "get", "/items/new", "app.py")
    assert "GET /items/new (with the method in upper case)" in said
    said = explain(shop, "GET", "/items//new/", "app.py")
    assert "with single slashes" not in said
    said = explain(shop, "GET", "/items/new/", "app.py")
    assert "GET /items/new (without the slash at the end)" in said
    said = explain(shop, "GET", "/items/new%0A%0A", "app.py")
    assert "is answered by app:item" in said
    said = explain(shop, "GET", "/live%0A", "app.py")
    assert "is answered by no route" in said
    found = as_json(shop, "GET", "/AAB/7/", "app.py")
    assert found["nearest"] == []
    found = as_json(shop, "GET", "//aab/7", "app.py")
    assert [near["difference"] for near in found["nearest"]] == ["with single slashes"]


def test_websockets(shop):
    said = explain(shop, "WEBSOCKET", "/live", "app.py")
    assert "handler(scope, receive, send), without values" in said
    said = explain(shop, "WEBSOCKET", "/dead", "app.py")
    assert "closes the connection with code 1000" in said


# Requests to the example of surprises. The framework is asked about each as well.
REQUESTS = [
    ("GET", "/order/first"), ("POST", "/order/first"), ("GET", "/specific/exact/1"),
    ("GET", "/again/007"), ("GET", "/file/txt"), ("GET", "/aab/x"), ("GET", "/x/%D9%A3"),
    ("GET", "/v12/x"), ("GET", "/range/1-2-3"), ("GET", "/line/5/end%0A"), ("GET", "/pair/xyz"),
    ("GET", "/mixed/1/<b>"), ("GET", "/slash"), ("GET", "/digits/²"), ("GET", "/price$"),
]  # fmt: skip

ORACLE = """
import json, sys, urllib.parse
sys.path.insert(0, ".")
from app import app
answers = []
app.router.__dict__.pop("match_route", None)
for method, path in json.load(sys.stdin):
    try:
        match = app.router.match_route(urllib.parse.unquote(path), method)
    except ValueError as error:
        answers.append(["ValueError", str(error)])
        continue
    if match is None:
        answers.append(None)
        continue
    handler = getattr(match.handler, "__wrapped__", match.handler)
    params = [[name, repr(value)] for name, value in match.params.items()]
    answers.append([f"{handler.__module__}:{handler.__qualname__}", params])
print(json.dumps(answers))
"""


def test_the_framework_says_the_same():
    done = subprocess.run(
        [sys.executable, "-c", ORACLE],
        cwd=QUIRKS,
        input=json.dumps(REQUESTS),
        capture_output=True,
        text=True,
        check=True,
    )
    for (method, path), expected in zip(REQUESTS, json.loads(done.stdout)):
        found = as_json(QUIRKS, method, path, "app.py")["answer"]
        if expected is None:
            assert found is None, path
        elif expected[0] == "ValueError":
            assert found["call"]["raises"] == f"ValueError: {expected[1]}"
        else:
            assert [found["handler"], found["call"]["values"]] == expected, path


def test_the_list_of_routes(shop):
    said = explain(shop, "app.py").splitlines()
    assert said[0].split() == ["methods", "path", "tier", "found", "by", "handler", "place"]
    assert said[2].split() == ["WEBSOCKET", "/live", "compiled", "static", "app:live", "app.py:40"]
    assert len({line.index("app:") for line in said[1:9]}) == 1, "columns are aligned"
    assert said[-1] == "  /a+b/{x}: `+` is a regular-expression operator here"
    rows = as_json(shop, "app.py")
    assert [row["found_by"] for row in rows] == [
        "static", "static", "tree", "tree", "program", "tree", "tree", "re",
    ]  # fmt: skip
    assert rows[-1]["reason"] == "`+` is a regular-expression operator here"


@pytest.mark.parametrize(
    ("stage", "texts"),
    [
        ("manifest", ["# Route table of", "schema = 1", 'path = "/items/{id}"']),
        ("model", ["route /items/{id}\n  endpoint 2 GET\n  matches '/items/' {}\n  captures id",
                   "model Item, a TypedDict, app:Item\n  id: int\n  name: str",
                   "left to re: `+` is a regular"]),
        ("tree", ['    "items"\n      {}\n        GET → 2\n', "if it matches '/v' {} '/raw'",
                  "^/a+b/(?P<x>[^/]+)$"]),
        ("rust", ["// src/routes.rs", "impl Routes for App", "// src/responses.rs"]),
    ],
)  # fmt: skip
def test_stages(shop, stage, texts):
    said = explain(shop, "app.py", "--stage", stage)
    for text in texts:
        assert text in said, said
    for seed in ("1", "2"):
        again = codegen("explain", "app.py", "--stage", stage, cwd=shop, PYTHONHASHSEED=seed)
        assert again.stdout == said


def test_the_stages_are_what_the_other_commands_write(shop, tmp_path):
    assert explain(shop, "app.py", "--stage", "manifest") == (
        codegen("export", "app.py", cwd=shop).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "METHOD PATH APP"),
        (["GET", "/x"], "the app is missing"),
        (["GET", "/x", "app.py", "more"], "unexpected"),
        (["GET", "/x", "app.py", "--stage", "tree"], "--stage prints a stage of the whole app"),
        (["app.py", "--stage", "ast"], "invalid value 'ast'"),
    ],
)
def test_command_lines_that_are_wrong(shop, arguments, text):
    result = codegen("explain", *arguments, cwd=shop)
    assert (result.code, result.stdout) == (2, "")
    assert text in result.stderr


def test_apps_that_are_wrong(tmp_path):
    write(tmp_path, app=HELLO + '\n    app.get("/<int:x>")(index)\n')
    result = codegen("explain", "GET", "/", "app.py", cwd=tmp_path)
    assert (result.code, result.codes) == (1, ["CVT012"])
    result = codegen("explain", "GET", "/", "none.py", cwd=tmp_path)
    assert (result.code, result.codes) == (1, ["CVT001"])


def test_a_table_that_is_never_the_same(tmp_path):
    write(tmp_path, app=HELLO + '\n    import os\n    app.get(f"/p{os.getpid()}")(index)\n')
    result = codegen("explain", "GET", "/", "app.py", cwd=tmp_path)
    assert (result.code, result.codes) == (1, ["CVT033"])


def test_an_environment_in_which_the_app_cannot_be_installed(shop):
    result = codegen("explain", "GET", "/items/7", "app.py", cwd=shop, COVET_TIER="generated")
    assert result.code == 0, result.stderr
    assert "is answered by app:item" in result.stdout
    assert "the handler is called with (request, id=7)" in result.stdout


def test_what_a_code_means(tmp_path):
    """Without an app and without an interpreter."""
    result = codegen("rules", "CVT012", cwd=tmp_path, python=None, PATH=tmp_path)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("CVT012 (The routes)\n\n**A typed converter.**")
    by_number = codegen("rules", "12", cwd=tmp_path, python=None)
    assert by_number.stdout == result.stdout
    by_name = codegen("rules", "route-removed", cwd=tmp_path, python=None)
    assert by_name.stdout.startswith("CVT100 (Breaking changes: WIRE)")
    listed = codegen("rules", cwd=tmp_path, python=None).stdout.splitlines()
    assert len(listed) > 40
    assert listed == sorted(listed)
    result = codegen("rules", "CVT999", cwd=tmp_path, python=None)
    assert (result.code, result.stdout) == (2, "")
    assert "there is no such code; near it are CVT" in result.stderr
