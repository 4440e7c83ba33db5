"""Mutations of an app and of what was kept of it: what `check` has to see, and what not.

A gate that misses a change is worth nothing; one that cries over comments is switched off.
Each mutation is made in a copy of one app. All copies are checked at once, on as many cores as
there are, when the first test asks.
"""

import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from checking import checked, codes, forge_wheel, record, verdicts
from codegen import codegen, write

NAME = ("--name", "shop_covet")

APP = '''
"""A shop."""

from typing import Dict, List, Optional

import covet_runtime
import items
import middleware
from covet import Covet, CovetRouter
from covet.core.routing import RouteGroup
from models import User

app = Covet(max_body_size=4096)
app.add_middleware(middleware.Timing)


@app.get("/")
async def index(request) -> Dict[str, str]:
    return {"shop": "open"}


@app.route("/health", methods=["GET", "HEAD"])
def health(request):
    return "ok"


@app.get("/users/{user_id}")
async def user(request, user_id) -> User:
    # Where users come from.
    return helper(user_id)


@app.get("/users/{user_id}/posts/{post}")
async def post(request, user_id, post):
    return f"{user_id} {post}"


@app.get("/files/{name}-txt")
async def text(request, name):
    return name


@app.get("/files/{any}")
async def file(request, any):
    return any


def helper(user_id):
    return {"id": user_id, "name": "x", "mail": None, "tags": []}


async def echo(receive, send, request):
    await send({"type": "websocket.accept"})


router = CovetRouter()
router.add_route("/list", items.listed, ["GET"])
router.add_route("/{item}", items.item, ["GET", "PUT"])
app.include_router(router, prefix="/items")

group = RouteGroup("/admin")


@group.get("/stats")
async def stats(request):
    return {}


group.include_in_router(app.router)
covet_runtime.install(app)
'''

ITEMS = """
async def listed(request):
    return []


async def item(request, item):
    return item
"""

MODELS = """
from typing import List, Optional, TypedDict


class User(TypedDict):
    id: int
    name: str
    mail: Optional[str]
    tags: List[str]
"""

MIDDLEWARE = """
class Timing:
    def __init__(self, app=None, **options):
        self.app = app

    async def __call__(self, request, call_next):
        return await call_next(request)


class Other(Timing):
    pass


async def guard(request):
    return None
"""

SOURCES = {"app": APP, "items": ITEMS, "models": MODELS, "middleware": MIDDLEWARE}


def change(file, *replacements):
    """A change of one file, by pairs of a text and its replacement."""
    return {file: list(zip(replacements[::2], replacements[1::2]))}


BEFORE_HELPER = "def helper"
USER = '@app.get("/users/{user_id}")\nasync def user(request, user_id) -> User:'
TEXT = '@app.get("/files/{name}-txt")\nasync def text(request, name):\n    return name\n'
FILE = '@app.get("/files/{any}")\nasync def file(request, any):\n    return any\n'

LIST = 'router.add_route("/list", items.listed, ["GET"])\n'
ITEM = 'router.add_route("/{item}", items.item, ["GET", "PUT"])\n'
ITEMS_LIST = 'app.router.add_route("/items/list", items.listed, ["GET"])\n'
MAKE = "def make():\n    async def item(request, item): ...\n\n    return item\n\n\n"
BEFORE_GROUP = "group = RouteGroup"
ADD_MADE = 'app.router.add_route("/items/{item}", make(), ["GET", "PUT"])\n'
ADD_SOCKET = 'app.route("/ws", methods=["WEBSOCKET"])(echo)\n'
TIMING = "app.add_middleware(middleware.Timing)\n"

# What is done, and what is said of it.
CHANGES = {
    "route added": (
        change(
            "app",
            BEFORE_HELPER,
            '@app.get("/new")\nasync def new(request): ...\n\n' + BEFORE_HELPER,
        ),
        "added GET /new (app:new)",
    ),
    "dynamic route added": (
        change(
            "app",
            BEFORE_HELPER,
            '@app.get("/new/{x}")\nasync def new(request, x): ...\n\n' + BEFORE_HELPER,
        ),
        "added GET /new/{x} (app:new)",
    ),
    "route removed": (change("app", TEXT, ""), "removed GET /files/{name}-txt (app:text)"),
    "path changed": (change("app", '"/health"', '"/healthz"'), "added GET /healthz (app:health)"),
    "path with another slash": (
        change("app", '"/health"', '"/health/"'),
        "removed GET /health (app:health)",
    ),
    "capture renamed": (
        change("app", '"/files/{any}"', '"/files/{file}"'),
        "added GET /files/{file} (app:file)",
    ),
    "static to dynamic": (
        change("app", '@app.get("/")', '@app.get("/{x}")', "index(request)", "index(request, x=0)"),
        "added GET /{x} (app:index)",
    ),
    "dynamic to static": (
        change("app", '"/files/{name}-txt"', '"/files/name.txt"'),
        "added GET /files/name.txt (app:text)",
    ),
    "method added": (
        change("app", '["GET", "HEAD"]', '["GET", "HEAD", "POST"]'),
        "added POST /health (app:health)",
    ),
    "method removed": (
        change("app", '["GET", "HEAD"]', '["GET"]'),
        "removed HEAD /health (app:health)",
    ),
    "method exchanged": (
        change("app", '@app.get("/files/{any}")', '@app.post("/files/{any}")'),
        "added POST /files/{any} (app:file)",
    ),
    "dynamic routes swapped": (
        change("app", TEXT + "\n\n" + FILE, FILE + "\n\n" + TEXT),
        "moved GET /files/",
    ),
    "static routes swapped": (
        change("app", LIST, "", '@app.get("/")', ITEMS_LIST + '\n\n@app.get("/")'),
        "moved GET /items/list: it is now before GET /",
    ),
    "handler renamed": (
        change("app", "async def user(", "async def one_user("),
        'handler "app:user" → "app:one_user"',
    ),
    "handler of the same name in another module": (
        {
            **change(
                "app",
                "import items\n",
                "import items\nimport wares\n",
                "items.item,",
                "wares.item,",
            ),
            "wares": ITEMS,
        },
        'handler "items:item" → "wares:item"',
    ),
    "handler wrapped in a function": (
        change(
            "app",
            ITEM,
            "",
            BEFORE_HELPER,
            MAKE + BEFORE_HELPER,
            BEFORE_GROUP,
            ADD_MADE + BEFORE_GROUP,
        ),
        'handler "items:item" → "app:make.<locals>.item"',
    ),
    "parameter renamed": (
        change(
            "items",
            "item(request, item):\n    return item",
            "item(request, ware):\n    return ware",
        ),
        'parameters ["item"] → ["ware"]',
    ),
    "parameter added": (
        change("app", "user(request, user_id)", "user(request, user_id, page=1)"),
        'parameters ["user_id"] → ["user_id","page"]',
    ),
    "parameter removed": (
        change(
            "app",
            'user_id, post):\n    return f"{user_id} {post}"',
            "user_id):\n    return user_id",
        ),
        'parameters ["user_id","post"] → ["user_id"]',
    ),
    "parameters reordered": (
        change("app", "post(request, user_id, post)", "post(request, post, user_id)"),
        'parameters ["user_id","post"] → ["post","user_id"]',
    ),
    "coroutine to function": (
        change("app", "async def file(", "def file("),
        "coroutine true → false",
    ),
    "function to coroutine": (
        change("app", "def health(", "async def health("),
        "coroutine false → true",
    ),
    "return annotation added": (
        change("app", "def health(request):", "def health(request) -> str:"),
        'returns none → "str"',
    ),
    "return annotation removed": (
        change("app", "user_id) -> User:", "user_id):"),
        "removed model User",
    ),
    "return annotation changed": (
        change("app", "index(request) -> Dict[str, str]", "index(request) -> Dict[str, int]"),
        'response "dict[str, str]" → "dict[str, int]"',
    ),
    "response made optional": (
        change("app", "user_id) -> User:", "user_id) -> Optional[User]:"),
        'response "User" → "User | None"',
    ),
    "field added": (
        change("models", "    id: int", "    id: int\n    age: int"),
        "field age added",
    ),
    "field removed": (change("models", "    name: str\n", ""), "field name removed"),
    "field renamed": (change("models", "    name: str", "    title: str"), "field title added"),
    "field retyped": (
        change("models", "    id: int", "    id: str"),
        'field id type "int" → "str"',
    ),
    "type in a field retyped": (
        change("models", "List[str]", "List[int]"),
        'field tags type "list[str]" → "list[int]"',
    ),
    "field made optional": (
        change("models", "class User(TypedDict):", "class User(TypedDict, total=False):"),
        "optional none → true",
    ),
    "fields reordered": (
        change("models", "    id: int\n    name: str\n", "    name: str\n    id: int\n"),
        "the order of the fields",
    ),
    "model renamed": (
        {
            **change("models", "class User", "class Person"),
            **change("app", "import User", "import Person", "-> User", "-> Person"),
        },
        "added model Person (models:Person)",
    ),
    "model of another kind": (
        change("models", "TypedDict\n", "NamedTuple\n", "(TypedDict)", "(NamedTuple)"),
        'kind "typed_dict" → "named_tuple"',
    ),
    "body limit": (change("app", "4096", "8192"), "max_body_size 4096 → 8192"),
    "no body limit": (change("app", "4096", "0"), "max_body_size 4096 → 0"),
    # Middleware is in no fingerprint, because it is run by the framework. It is in the file.
    "middleware added": (
        change("app", TIMING, TIMING + TIMING.replace("Timing", "Other")),
        'middleware ["middleware:Timing"] → ["middleware:Timing","middleware:Other"]',
    ),
    "middleware removed": (change("app", TIMING, ""), 'middleware ["middleware:Timing"] → []'),
    "compat flag": (
        change("app", "install(app)", 'install(app, compat=["model_responses"])'),
        "compat: model_responses none → true",
    ),
    "websocket added": (
        change("app", BEFORE_GROUP, ADD_SOCKET + BEFORE_GROUP),
        "added WEBSOCKET /ws (app:echo)",
    ),
    "route that nothing can reach": (
        change("app", BEFORE_GROUP, 'app.router.add_route("/none/{x}", echo, [])\n' + BEFORE_GROUP),
        "changed routes: ",
    ),
    "prefix of a router": (
        change("app", 'prefix="/items"', 'prefix="/wares"'),
        "added GET /wares/{item} (items:item)",
    ),
    "prefix of a group": (
        change("app", 'RouteGroup("/admin")', 'RouteGroup("/root")'),
        "added GET /root/stats (app:stats)",
    ),
    "middleware of a group": (
        change(
            "app", 'RouteGroup("/admin")', 'RouteGroup("/admin", middleware=[middleware.guard])'
        ),
        "wrapper none → ",
    ),
    "module renamed": (
        {**change("app", "import items", "import wares as items"), "wares": ITEMS, "items": ""},
        'handler "items:listed" → "wares:listed"',
    ),
    "app under another name": (
        change(
            "app",
            "app = Covet(max",
            "shop = app = Covet(max",
            "covet_runtime.install(app)",
            "covet_runtime.install(app)\nfront = app\ndel app, shop",
        ),
        'entry "app:app" → "app:front"',
    ),
}

# What leaves the table alone.
HARMLESS = {
    "comment": change("app", "# Where users come from.", "# Users.\n    # Many of them."),
    "docstring of the module": change("app", '"""A shop."""', '"""A shop, open all night."""'),
    "docstring of a handler": change("app", USER, USER + '\n    """One user."""'),
    "formatting": change(
        "app",
        "async def post(request, user_id, post):",
        "async def post(\n    request,\n    user_id,\n    post,\n):",
        'methods=["GET", "HEAD"]',
        "methods = [ 'GET',\n    'HEAD' ]",
    ),
    "handler body": change(
        "app", 'return f"{user_id} {post}"', "x = user_id\n    return [x, post]"
    ),
    "defaults and annotations of parameters": change(
        "app", "post(request, user_id, post)", "post(request, user_id: int, post: str = 'first')"
    ),
    "lines moved": change("app", '"""A shop."""\n', '"""A shop."""\n' + "\n" * 40),
    "helper moved": {
        **change(
            "app",
            "def helper(user_id):\n"
            '    return {"id": user_id, "name": "x", "mail": None, "tags": []}\n',
            "",
            "from models import User",
            "from helpers import helper\nfrom models import User",
        ),
        "helpers": "def helper(user_id):\n    return {}\n",
    },
    "order of methods": change("app", '["GET", "HEAD"]', '["HEAD", "GET"]'),
    "methods as a set": change("app", '["GET", "HEAD"]', '{"GET", "HEAD"}'),
    "static and dynamic route swapped": change("app", LIST + ITEM, ITEM + LIST),
    "annotation in another spelling": change("models", "Optional[str]", "'Optional[str]'"),
    "unused model": change("models", "class User", "class Unused(TypedDict): ...\n\n\nclass User"),
    "body of the middleware": change(
        "middleware", "return await call_next(request)", "return (await call_next(request))"
    ),
    "helpers renamed": change("app", "helper(", "fetch_user("),
}


def mutate(mutation):
    """The sources with a mutation in them. Each text that is replaced has to be there."""
    sources = dict(SOURCES)
    for file, replacements in mutation.items():
        if isinstance(replacements, str):
            sources[file] = replacements
            continue
        for old, new in replacements:
            assert old in sources[file], old
            sources[file] = sources[file].replace(old, new)
    return {file: source for file, source in sources.items() if source}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The folder of the app, with its table."""
    folder = write(tmp_path_factory.mktemp("kept"), **SOURCES)
    result = codegen("export", "app.py", *NAME, "-o", "routes.toml", cwd=folder)
    assert (result.code, result.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def results(kept, tmp_path_factory):
    """What `check` says of each mutation."""

    def check(case):
        mutation = HARMLESS[case] if case in HARMLESS else CHANGES[case][0]
        folder = write(tmp_path_factory.mktemp("mutated"), **mutate(mutation))
        return checked("app.py", *NAME, "--routes", kept / "routes.toml", cwd=folder)

    cases = [*CHANGES, *HARMLESS]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(cases, pool.map(check, cases)))


def words(report):
    changes = [change for each in report["compared"] for change in each["changes"]]
    return [f"{each['change']} {each['subject']}: {each.get('detail', '')}" for each in changes]


def test_there_are_enough():
    assert len(CHANGES) >= 25
    assert len(HARMLESS) >= 10


@pytest.mark.parametrize("case", CHANGES)
def test_what_has_to_be_seen(case, results):
    report = results[case]
    assert codes(report) == ["CVT071"], report
    assert report["findings"][0]["severity"] == "error"
    assert report["exit_code"] == 1
    assert verdicts(report) == {"routes": "app_changed"}
    (compared,) = report["compared"]
    assert "\n-" in compared["diff"] or "\n+" in compared["diff"]
    expected = CHANGES[case][1]
    if expected is not None:
        said = "\n".join(each["message"] for each in report["findings"][0]["related"])
        assert expected in said, said


@pytest.mark.parametrize("case", HARMLESS)
def test_what_is_nothing(case, results):
    report = results[case]
    assert report["findings"] == []
    assert report["exit_code"] == 0
    assert verdicts(report) == {"routes": "same"}


def test_the_finding_points_at_the_handler(results):
    (finding,) = results["parameter added"]["findings"]
    (related,) = finding["related"]
    line = (
        mutate(CHANGES["parameter added"][0])["app"]
        .strip()
        .split("\n")
        .index("async def user(request, user_id, page=1) -> User:")
    )
    # A function begins with its decorators.
    assert related["location"]["file"] == "app.py"
    assert related["location"]["line"] in (line + 1, line, line + 2)
    assert finding["location"]["file"].endswith("routes.toml")
    assert finding["location"]["line"] > 1


def test_a_body_that_begins_to_wait_is_a_note(kept, tmp_path):
    """What is read from bodies is in the file, but makes nothing stale."""
    returned = 'return {"shop": "open"}'
    waits = 'if request.headers.get("range"):\n        await other()\n    '
    mutation = change("app", returned, waits + returned)
    folder = write(tmp_path / "mutated", **mutate(mutation))
    report = checked("app.py", *NAME, "--routes", kept / "routes.toml", cwd=folder)
    assert [(each["code"], each["severity"]) for each in report["findings"]] == [("CVT071", "note")]
    assert report["exit_code"] == 0
    assert verdicts(report) == {"routes": "older"}
    assert words(report) == ['changed GET /: headers none → ["range"], suspends false → true']


# --- the generated crate -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def generated(kept, tmp_path_factory):
    """A folder with a crate of the app in it."""
    folder = tmp_path_factory.mktemp("generated")
    crate = folder / "crate"
    assert codegen("generate", kept / "routes.toml", "-o", crate, cwd=folder).code == 0
    return crate


@pytest.fixture
def crate(generated, tmp_path):
    """A copy of it."""
    return shutil.copytree(generated, tmp_path / "crate")


def check_crate(kept, crate, *options):
    return checked("app.py", *NAME, "--crate-dir", crate, *options, cwd=kept)


def test_a_crate_that_is_as_generated(kept, crate):
    (crate / "build.log").write_text("the log of a build")
    (crate / "target").mkdir()
    (crate / "target" / "x.rs").write_text("what cargo makes")
    (crate / "notes.md").write_text("mine")
    report = check_crate(kept, crate)
    assert (report["findings"], report["exit_code"]) == ([], 0)
    assert verdicts(report) == {"routes": "same", "crate": "same"}


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


FILES = [
    "src/routes.rs", "src/lib.rs", "Cargo.toml", "Cargo.lock", "pyproject.toml", "README.md",
    "python/shop_covet/__init__.py", "vendor/covet-runtime/src/lib.rs",
    "python/shop_covet/routes.toml",
]  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_a_generated_file_that_was_edited(file, kept, crate):
    flip_a_byte(crate / file)
    report = check_crate(kept, crate)
    assert codes(report) == ["CVT073"]
    assert verdicts(report)["crate"] == "edited"
    assert report["compared"][1]["files"] == {"edited": [file], "missing": [], "unexpected": []}
    assert f"edited: {file}" in [each["message"] for each in report["findings"][0]["related"]]


def test_a_table_in_a_crate_that_was_edited_and_can_be_read(kept, crate):
    """It says nothing about what the crate was generated from. The list does."""
    file = "python/shop_covet/routes.toml"
    text = (crate / file).read_text(encoding="utf-8")
    (crate / file).write_text(text.replace("4096", "8192"), encoding="utf-8")
    report = check_crate(kept, crate)
    assert codes(report) == ["CVT073"]
    assert report["compared"][1]["files"] == {"edited": [file], "missing": [], "unexpected": []}


@pytest.mark.parametrize("file", FILES)
def test_a_generated_file_that_is_missing(file, kept, crate):
    (crate / file).unlink()
    report = check_crate(kept, crate)
    assert codes(report) == ["CVT073"]
    assert report["compared"][1]["files"] == {"edited": [], "missing": [file], "unexpected": []}


UNEXPECTED = [
    "src/more.rs", "python/shop_covet/data.json", "python/other/x.py", "build.rs",
    ".cargo/config.toml",
]  # fmt: skip


@pytest.mark.parametrize("file", UNEXPECTED)
def test_a_file_that_was_not_generated(file, kept, crate):
    (crate / file).parent.mkdir(exist_ok=True)
    (crate / file).write_text("mine")
    report = check_crate(kept, crate)
    assert codes(report) == ["CVT073"]
    assert report["compared"][1]["files"] == {"edited": [], "missing": [], "unexpected": [file]}


def test_a_crate_of_an_older_app(kept, crate, tmp_path):
    folder = write(tmp_path / "mutated", **mutate(CHANGES["route removed"][0]))
    report = checked(
        "app.py", *NAME, "--routes", kept / "routes.toml", "--crate-dir", crate, cwd=folder
    )
    assert codes(report) == ["CVT071", "CVT071"]
    assert verdicts(report) == {"routes": "app_changed", "crate": "app_changed"}
    routes, of_crate = report["compared"]
    assert routes["changes"] == of_crate["changes"]
    # What is the same is said once.
    assert [each["message"] for each in report["findings"][1]["related"]] == [
        f"it differs as {kept / 'routes.toml'} does"
    ]


def test_a_crate_of_another_version(kept, crate):
    owned = crate / ".covet-codegen.json"
    text = owned.read_text(encoding="utf-8")
    owned.write_text(text.replace('"generated_by": "', '"generated_by": "9.'), encoding="utf-8")
    report = check_crate(kept, crate)
    assert codes(report) == ["CVT072"]
    assert verdicts(report)["crate"] == "other_version"
    assert "covet-codegen 9." in report["findings"][0]["message"]
    # An edit on top of it is no other version.
    flip_a_byte(crate / "src" / "lib.rs")
    assert codes(check_crate(kept, crate)) == ["CVT073", "CVT072"]


def test_a_crate_of_another_build_of_the_same_version(kept, crate):
    """As somebody sees it who works on the generator."""
    record(crate, "src/lib.rs", (crate / "src" / "lib.rs").read_bytes() + b"\n// older\n")
    report = check_crate(kept, crate)
    assert codes(report) == ["CVT072"]
    assert "another build of" in report["findings"][0]["message"]


def test_a_build_notes_where_handlers_are(kept, crate):
    """In comments, which `generate` cannot know, and which are old when a handler has moved."""
    file = crate / "src" / "routes.rs"
    text = file.read_text(encoding="utf-8")
    assert "/// GET / → app:index\n" in text
    noted = text.replace("/// GET / → app:index\n", "/// GET / → app.py:1234 index\n")
    record(crate, "src/routes.rs", noted.encode())
    assert verdicts(check_crate(kept, crate)) == {"routes": "same", "crate": "same"}
    record(crate, "src/routes.rs", noted.replace("Capture", "Other", 1).encode())
    assert codes(check_crate(kept, crate)) == ["CVT072"]


# --- wheels ------------------------------------------------------------------------------------


@pytest.fixture
def wheel(kept, tmp_path):
    """A wheel of the app, as far as can be told without running it."""
    return forge_wheel(kept / "routes.toml", tmp_path / "shop_covet-0.1.0-py3-none-any.whl")


def check_wheel(kept, wheel, *options):
    return checked("app.py", *NAME, "--wheel", wheel, *options, cwd=kept)


def test_a_wheel_that_fits(kept, wheel):
    report = check_wheel(kept, wheel)
    assert (report["findings"], report["exit_code"]) == ([], 0)
    assert verdicts(report) == {"routes": "same", "wheel": "same"}


def test_a_wheel_that_is_stale(kept, wheel, tmp_path):
    folder = write(tmp_path / "mutated", **mutate(CHANGES["body limit"][0]))
    report = checked("app.py", *NAME, "--wheel", wheel, cwd=folder)
    assert codes(report) == ["CVT061"]
    assert verdicts(report) == {"wheel": "app_changed"}
    assert "is stale" in report["findings"][0]["message"]


def test_a_wheel_is_not_stale_for_what_no_fingerprint_covers(kept, wheel, tmp_path):
    folder = write(tmp_path / "mutated", **mutate(CHANGES["middleware added"][0]))
    report = checked("app.py", *NAME, "--wheel", wheel, cwd=folder)
    assert [(each["code"], each["severity"]) for each in report["findings"]] == [("CVT071", "note")]
    assert verdicts(report) == {"wheel": "older"}


def test_a_wheel_of_another_app(kept, wheel, tmp_path):
    other = "from covet import Covet\napp = Covet()\n@app.get('/')\nasync def other(request): ...\n"
    folder = write(tmp_path / "other", other=other)
    report = checked("other.py", "--wheel", wheel, cwd=folder)
    assert codes(report) == ["CVT061"]
    assert "is of another app" in report["findings"][0]["message"]


def test_a_wheel_of_another_version(kept, wheel, tmp_path):
    forge_wheel(kept / "routes.toml", wheel, version="0.0.9")
    report = check_wheel(kept, wheel)
    assert codes(report) == ["CVT072"]
    assert report["findings"][0]["severity"] == "error"
    assert verdicts(report)["wheel"] == "other_version"


def test_a_wheel_that_is_announced_for_another_table(kept, wheel):
    forge_wheel(kept / "routes.toml", wheel, announced="0" * 64)
    report = check_wheel(kept, wheel)
    assert codes(report) == ["CVT061"]
    assert "announced for another table" in report["findings"][0]["message"]
    # Another version may compute fingerprints in another way.
    forge_wheel(kept / "routes.toml", wheel, announced="0" * 64, version="0.0.9")
    assert codes(check_wheel(kept, wheel)) == ["CVT072"]


def test_a_wheel_of_a_newer_schema(kept, wheel, tmp_path):
    text = (kept / "routes.toml").read_text(encoding="utf-8")
    newer = tmp_path / "newer.toml"
    newer.write_text(text.replace("schema = 1", "schema = 2"), encoding="utf-8")
    forge_wheel(newer, wheel, version="9.0.0")
    assert codes(check_wheel(kept, wheel)) == ["CVT072"]
    forge_wheel(newer, wheel)
    assert codes(check_wheel(kept, wheel)) == ["CVT061"]


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_wheel(part, kept, wheel):
    content = wheel.read_bytes()
    wheel.write_bytes(content[: int(len(content) * part)])
    report = check_wheel(kept, wheel)
    assert codes(report) == ["CVT061"]
    assert verdicts(report)["wheel"] == "unreadable"


@pytest.mark.parametrize("member", ["METADATA", "entry_points.txt", "RECORD", "routes.toml"])
def test_a_wheel_without_one_of_its_files(member, kept, wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            if not name.endswith(member):
                archive.writestr(name, content)
    report = check_wheel(kept, wheel)
    assert codes(report) == ["CVT061"], report
    assert member in report["findings"][0]["message"]


def test_a_wheel_whose_files_are_not_those_of_its_record(kept, wheel):
    forge_wheel(
        kept / "routes.toml", wheel, after={"shop_covet/__init__.py": b"evil()", "extra.py": b""}
    )
    report = check_wheel(kept, wheel)
    assert codes(report) == ["CVT073"]
    assert report["compared"][1]["files"] == {
        "edited": ["shop_covet/__init__.py"], "missing": [], "unexpected": ["extra.py"],
    }  # fmt: skip


def test_a_wheel_that_was_never_compared_with_the_framework(kept, wheel):
    forge_wheel(kept / "routes.toml", wheel, verification=None)
    report = check_wheel(kept, wheel)
    assert [(e["code"], e["severity"]) for e in report["findings"]] == [("CVT061", "warning")]
    forge_wheel(kept / "routes.toml", wheel, verification={"divergences": [{}]})
    (finding,) = check_wheel(kept, wheel)["findings"]
    assert "differences from the framework" in finding["message"]
