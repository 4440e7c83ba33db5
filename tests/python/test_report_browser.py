"""The page of `covet-codegen report` in a real Chromium: searching, keys, themes, and silence."""

import base64

import pytest
from browser import MISSING, browser
from codegen import REPOSITORY, codegen, write
from report_apps import HOSTILE, flat, many

pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")

# A page of so many routes can be used after so long, and has answered a key after so long. Both
# take a tenth of that on a machine that does nothing else.
ROUTES, READY, KEYSTROKE = 5000, 4000, 1000


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    place = tmp_path_factory.mktemp("pages")
    apps = {
        "blog": REPOSITORY / "examples" / "blog",
        "quirks": REPOSITORY / "examples" / "quirks",
        "hostile": write(place / "hostile", app=HOSTILE),
        "many": write(place / "many", app=many(ROUTES)),
        "flat": write(place / "flat", app=flat(ROUTES)),
    }
    for name, folder in apps.items():
        out = place / f"{name}.html"
        result = codegen("report", "app.py", "-o", out, cwd=folder)
        assert result.code == 0, result.stderr
        apps[name] = out
    return apps


@pytest.fixture(scope="module")
def chromium():
    with browser() as window:
        yield window


@pytest.fixture
def window(chromium):
    """The browser as it is at first; nothing may have been complained of or asked for."""
    chromium.resize(1360, 900)
    chromium.prefer("light")
    chromium.complaints()
    chromium.requests()
    yield chromium
    assert chromium.complaints() == []
    asked = [url for url in chromium.requests() if not url.startswith(("about:", "data:"))]
    assert all(url.startswith("file:") and url.endswith(".html") for url in asked), asked


# The lines that can be seen, and what is marked in them.
IN_SIGHT = """
    return [...document.querySelectorAll("#tree li")]
        .filter((item) => item.checkVisibility())
        .map((item) => item.querySelector("code").textContent)
"""
CURRENT = "return document.activeElement.querySelector?.('code')?.textContent"
STATUS = "return document.getElementById('status').textContent"


def test_searching_narrows_the_tree(window, pages):
    window.open(pages["blog"])
    everything = window.run(IN_SIGHT)
    window.press("/")
    assert window.run("return document.activeElement.id") == "search"
    window.press("comments")
    shown = window.run(IN_SIGHT)
    assert 0 < len(shown) < len(everything) / 2
    assert set(shown) < set(everything)
    routes = [path for path in shown if path.count("/") > 1]
    assert routes
    assert all("comments" in path for path in routes if "{" not in path.split("/")[-1])
    assert window.run(STATUS).endswith(" of 45 routes")
    marked = window.run(
        "return [...CSS.highlights.get('found')]"
        ".map((range) => range.startContainer.data.slice(range.startOffset, range.endOffset))"
    )
    assert len(marked) >= len(routes)
    assert {text.lower() for text in marked} == {"comments"}
    # Every word counts, wherever it is: in the method, the handler, the file or the type.
    window.press(" delete")
    assert len(window.run(IN_SIGHT)) < len(shown)
    window.press(" no such thing")
    assert window.run(IN_SIGHT) == []
    assert window.run("return document.getElementById('nothing').checkVisibility()")
    window.press("Escape")
    assert window.run(IN_SIGHT) == everything
    assert window.run(STATUS) == "45 routes"
    for text in ("store.py", "get_post", "list[comment]"):
        window.run("document.getElementById('search').value = ''")
        window.press("/" if text == "store.py" else "", text)
        assert window.run(STATUS) != "45 routes", text
    window.press("Escape")


def test_chips_narrow_the_tree(window, pages):
    window.open(pages["quirks"])
    window.click("[data-value=regex]")
    assert window.run(STATUS) == "8 of 70 routes"
    assert window.run("return document.querySelector('[data-value=regex]').ariaPressed") == "true"
    window.click("[data-value=POST]")
    assert window.run(STATUS) == "0 of 70 routes"
    window.click("[data-value=regex]")
    assert window.run(STATUS) == "5 of 70 routes"
    window.click("[data-value=POST]")
    window.click("[data-by=found]")
    found = window.run("return document.querySelectorAll('#tree em').length")
    assert window.run(STATUS) == f"{found} of 70 routes"


def test_keys_move_in_the_tree(window, pages):
    window.open(pages["blog"])
    shown = window.run(IN_SIGHT)
    # Tab reaches the tree once, whatever its size.
    assert window.run("return document.querySelectorAll('#tree [tabindex=\"0\"]').length") == 1
    window.run("document.querySelector('#tree [tabindex=\"0\"]').focus()")
    for path in shown[:5]:
        assert window.run(CURRENT) == path
        window.press("Down")
    window.press("Up")
    assert window.run(CURRENT) == shown[4]
    window.press("End")
    assert window.run(CURRENT) == shown[-1]
    window.press("Home")
    assert window.run(CURRENT) == shown[0]

    # /admin is a folder: it closes, and opens, and is gone up to.
    window.press("Down")
    assert window.run(CURRENT) == "/admin"
    assert window.run("return document.activeElement.ariaExpanded") == "true"
    window.press("Left")
    assert window.run("return document.activeElement.ariaExpanded") == "false"
    assert len(window.run(IN_SIGHT)) == len(shown) - 5
    window.press("Down")
    assert window.run(CURRENT) == "/favicon.ico"
    window.press("Up", "Right", "Right")
    assert window.run(CURRENT) == "/admin"
    assert window.run("return document.activeElement.className") == "r"
    window.press("Left")
    assert window.run("return document.activeElement.className") == "d"

    # What is current is seen, and is shown beside the tree.
    window.press("Down")
    line = "getComputedStyle(document.activeElement.firstElementChild)"
    assert window.run(f"return {line}.outlineStyle") == "solid"
    assert "admin.py:" in window.run("return document.getElementById('detail').textContent")
    window.press("Enter")
    assert window.run("return document.activeElement.id") == "detail"
    window.press("Escape")
    assert window.run(CURRENT) == "/admin"
    # From a search to what it found.
    window.press("/", "tags", "Down")
    assert "tags" in window.run(CURRENT)
    assert window.run("return document.activeElement.className") == "r"


def test_a_screen_reader_is_told_of_a_tree(window, pages):
    window.open(pages["blog"])
    nodes = window.tell("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if "role" in node]
    assert roles.count("tree") == 1
    items = [node for node in nodes if node.get("role", {}).get("value") == "treeitem"]
    assert len(items) == len(window.run(IN_SIGHT))
    names = [node["name"]["value"] for node in items]
    assert "/admin, 5 routes" in names
    levels = [
        entry["value"]["value"]
        for node in items
        for entry in node["properties"]
        if entry["name"] == "level"
    ]
    assert set(levels) >= {1, 2}


def test_details_link_to_models_and_findings_to_routes(window, pages):
    window.open(pages["blog"])
    window.press("/", "get_post", "Down")
    assert window.run("return document.querySelector('#detail a').textContent") == "Post"
    window.click("#detail a")
    assert window.run("return document.querySelector(':target h3').textContent") == "Post"
    window.open(pages["quirks"])
    window.run("document.querySelectorAll('#tree details').forEach((d) => { d.open = false; })")
    link = "document.querySelector('.finding a')"
    path = window.run(f"return {link}.querySelector('code').textContent")
    window.run(f"{link}.click()")
    window.settled()
    assert window.run(CURRENT) == path
    assert "CVT0" in window.run("return document.getElementById('detail').textContent")
    # An address with a route in it opens the page at that route.
    window.open(pages["blog"], "#r44")
    window.settled()
    assert window.run("return document.activeElement.id") == "r44"


# The least contrast of texts against what is behind them, and that text. Large text needs less.
CONTRAST = """
    const parse = (text) => {
        const numbers = text.match(/[\\d.]+/g).map(Number);
        return [numbers.slice(0, 3), numbers[3] ?? 1];
    };
    const luminance = (rgb) => {
        const [r, g, b] = rgb.map((v) => v / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const [rgb, alpha] = parse(getComputedStyle(at).backgroundColor);
            if (alpha === 1) return rgb;
        }
        return [255, 255, 255];
    };
    let least = [Infinity, ""];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const element = text.parentElement;
        if (!text.data.trim() || !element.checkVisibility() || element.closest("script")) continue;
        const style = getComputedStyle(element);
        const [a, b] = [luminance(parse(style.color)[0]), luminance(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const large = parseFloat(style.fontSize) >= 24 ? 1.5 : 1;
        if (ratio * large < least[0]) least = [ratio * large, text.data];
    }
    return least;
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_can_be_read(theme, window, pages):
    backgrounds = {}
    for prefers in ("light", "dark"):
        window.prefer(prefers)
        window.open(pages["quirks"])
        window.run("localStorage.clear()")
        backgrounds[prefers] = window.run("return getComputedStyle(document.body).backgroundColor")
    assert len(set(backgrounds.values())) == 2
    # The switch goes from what the system has to light, to dark, and back.
    window.prefer("dark" if theme == "light" else "light")
    window.open(pages["quirks"])
    names = []
    while window.run("return document.documentElement.dataset.theme") != theme:
        window.click("#theme")
        names.append(window.run("return document.getElementById('theme-name').textContent"))
    assert names[-1] == theme
    colour = "return getComputedStyle(document.body).backgroundColor"
    assert window.run(colour) == backgrounds[theme]
    # It is remembered.
    window.open(pages["quirks"], "#sizes")
    assert window.run(colour) == backgrounds[theme]
    window.run("localStorage.clear()")

    window.prefer(theme)
    window.open(pages["quirks"])
    window.click(".why")
    window.click("[data-value=regex]")
    ratio, text = window.run(CONTRAST)
    assert ratio >= 4.5, (ratio, text)
    # An empty page of this size takes 5 KB.
    assert len(window.screenshot()) > 40_000


def test_a_phone_has_room_for_it(window, pages):
    for name in ("blog", "quirks", "hostile", "many"):
        window.resize(390, 844)
        window.open(pages[name])
        assert window.run("return document.documentElement.scrollWidth") == 390, name
    window.open(pages["blog"])
    # The details of a route are below its line, and go away again.
    for inside in (True, False):
        window.click("#r0 > div")
        assert window.run("return Boolean(document.querySelector('#r0 #detail'))") is inside
    window.click("#r0 > div")
    assert window.run("return document.documentElement.scrollWidth") == 390
    window.resize(1360, 900)
    window.settled()
    assert window.run("return Boolean(document.querySelector('.side > #detail'))")


def test_without_its_script_the_page_can_be_read(window, pages):
    window.tell("Emulation.setScriptExecutionDisabled", value=True)
    try:
        window.open(pages["blog"], "#m0")
        assert "js" not in window.run("return document.documentElement.className")
        assert not window.run("return document.getElementById('search').checkVisibility()")
        assert not window.run("return document.getElementById('theme').checkVisibility()")
        assert "/admin" in window.run(IN_SIGHT)
        window.run("document.querySelector('#tree summary').click()")
        assert not window.run("return document.querySelector('#tree details').open")
    finally:
        window.tell("Emulation.setScriptExecutionDisabled", value=False)


def test_texts_of_the_app_run_nowhere(window, pages):
    window.open(pages["hostile"])
    assert window.run("return document.title") == "hostile_covet: routes"
    assert window.run("return document.images.length") == 0
    routes = window.run("return document.querySelectorAll('.r').length")
    for route in range(routes):
        window.run(f"document.querySelector('#r{route} > div').click()")
        shown = window.run("return document.querySelector('#detail h3').textContent")
        # Prefixes are pale, and all of it is the path.
        assert window.run(f"return document.querySelector('#r{route} code').textContent") == shown
    assert window.run("return document.querySelectorAll('#detail img, #detail svg').length") == 0
    assert window.run("return document.title") == "hostile_covet: routes"


def test_nothing_can_be_fetched(chromium, pages):
    chromium.open(pages["hostile"])
    fetched = """
        const image = new Promise((done) => {
            const made = new Image();
            made.onload = () => done("loaded");
            made.onerror = () => done("refused");
            made.src = "http://127.0.0.1:9/x.png";
        });
        const text = fetch("http://127.0.0.1:9/").then(() => "loaded", () => "refused");
        return [await image, await text];
    """
    assert chromium.wait(fetched) == ["refused", "refused"]
    said = chromium.complaints()
    assert len([line for line in said if "Content Security Policy" in line]) >= 2, said
    try:
        chromium.run("document.body.innerHTML = '<b>x</b>'")
        refused = ""
    except OSError as error:
        refused = error.read().decode()
    assert "TrustedHTML" in refused
    chromium.complaints()
    chromium.requests()


@pytest.mark.parametrize("name", ["many", "flat"])
def test_many_routes_are_quick(name, window, pages):
    window.open(pages[name])
    entry = "performance.getEntriesByType('navigation')[0]"
    assert window.run(f"return {entry}.domContentLoadedEventEnd") < READY
    assert window.run(STATUS) == "5,000 routes"
    key = """
        const box = document.getElementById("search");
        const taken = [];
        for (const text of ["a", "ar", "are", "area1", "area1 r1", "e", "nothing", ""]) {
            const start = performance.now();
            box.value = text;
            box.dispatchEvent(new Event("input"));
            await new Promise((drawn) => requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = drawn;
                channel.port2.postMessage(0);
            }));
            taken.push(performance.now() - start);
        }
        return taken;
    """
    taken = window.wait(key)
    assert max(taken) < KEYSTROKE, taken
    # All of it can be open.
    window.click("#expand")
    assert window.run("return document.querySelectorAll('#tree details:not([open])').length") == 0
    window.press("/", "area7 r3 parts" if name == "many" else "area4321")
    found = 4 if name == "many" else 1
    assert window.run(STATUS) == f"{found} of 5,000 routes"


def test_paper_has_everything(window, pages):
    window.open(pages["blog"])
    window.click("#collapse")
    window.run(
        "addEventListener('beforeprint', () => {"
        " document.title = document.querySelectorAll('details:not([open])').length; })"
    )
    paper = base64.b64decode(window.tell("Page.printToPDF")["data"])
    assert paper.startswith(b"%PDF")
    assert window.run("return document.title") == "0"
    # What was closed is closed again.
    assert window.run("return document.querySelectorAll('#tree details[open]').length") == 0
