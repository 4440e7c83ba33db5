"""The canonical table: its JSON, its fingerprint and its TOML."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from covet_runtime import table
from covet_runtime.table import AppInfo, Field, Framework, Model, Route, Table

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).resolve().parents[2]
APP = AppInfo("blog_covet", "app:app", ("app:Timing",))
INDEX = Route("http", False, "/", ("GET",), "app:index", (), True, False, "dict[str, int]")
USER = Route(
    kind="http",
    dynamic=True,
    path="/users/{id}",
    methods=("GET", "POST"),
    handler="app:user",
    parameters=("id", "page"),
    coroutine=True,
    suspends=True,
    headers=("accept", "authorization"),
    wrapper="covet.core.routing:wrapper",
)
FEED = Route("websocket", False, "/feed", ("WEBSOCKET",), "app:feed", (), True, True)
BLOG = Table(Framework("covet", "0.1.0b6"), 10485760, (INDEX, FEED, USER))

BLOG_TOML = """\
# Route table of `blog`, exported by covet-codegen. The same app gives the same bytes.
schema = 1

[app]
name = "blog_covet"
entry = "app:app"
middleware = ["app:Timing"]

[framework]
name = "covet"
version = "0.1.0b6"

[limits]
max_body_size = 10485760

[[routes]]
kind = "http"
dynamic = false
path = "/"
methods = ["GET"]
handler = "app:index"
parameters = []
coroutine = true
suspends = false
returns = "dict[str, int]"

[[routes]]
kind = "websocket"
dynamic = false
path = "/feed"
methods = ["WEBSOCKET"]
handler = "app:feed"
parameters = []
coroutine = true
suspends = true

[[routes]]
kind = "http"
dynamic = true
path = "/users/{id}"
methods = ["GET", "POST"]
handler = "app:user"
parameters = ["id", "page"]
coroutine = true
suspends = true
headers = ["accept", "authorization"]
wrapper = "covet.core.routing:wrapper"
"""


POST = Model(
    "Post",
    "app:Post",
    "typed_dict",
    (
        Field("id", "int"),
        Field('a "key"\n', "Post | None", optional=True),
        Field("status", 'literal["a", "é"]'),
    ),
)
AUTHOR = Model("Author", "app:Author", "struct", (Field("userName", "str", "user_name"),))
COLOUR = Model("Colour", "app:Colour", "enum", base="str")
EMPTY = Model("Empty", "app:Empty", "dataclass")
ANSWERING = Table(
    BLOG.framework,
    0,
    (dataclasses.replace(INDEX, response="list[Post]"),),
    models=(AUTHOR, COLOUR, EMPTY, POST),
)

MODELS_TOML = """\
returns = "dict[str, int]"
response = "list[Post]"

[[models]]
name = "Author"
type = "app:Author"
kind = "struct"
fields = [
  { name = "userName", attribute = "user_name", type = "str" },
]

[[models]]
name = "Colour"
type = "app:Colour"
kind = "enum"
base = "str"

[[models]]
name = "Empty"
type = "app:Empty"
kind = "dataclass"
fields = []

[[models]]
name = "Post"
type = "app:Post"
kind = "typed_dict"
fields = [
  { name = "id", type = "int" },
  { name = "a \\"key\\"\\n", type = "Post | None", optional = true },
  { name = "status", type = "literal[\\"a\\", \\"é\\"]" },
]
"""


def with_path(path: str) -> Table:
    return dataclasses.replace(BLOG, routes=(dataclasses.replace(INDEX, path=path),))


def schema() -> Any:
    text = resources.files("covet_runtime").joinpath("schema/routes.schema.json").read_text("utf-8")
    return json.loads(text)


def test_toml_is_canonical() -> None:
    assert table.to_toml(BLOG, APP) == BLOG_TOML


def test_models_stand_behind_the_routes() -> None:
    assert table.to_toml(ANSWERING, APP).endswith(f"suspends = false\n{MODELS_TOML}")


@pytest.mark.parametrize("whole", [BLOG, ANSWERING])
def test_toml_and_json_say_the_same(whole: Table) -> None:
    from_toml = tomllib.loads(table.to_toml(whole, APP))
    assert from_toml.pop("app") == {
        "name": "blog_covet",
        "entry": "app:app",
        "middleware": ["app:Timing"],
    }
    for route in from_toml["routes"]:
        del route["suspends"]
        route.pop("headers", None)
    assert {"compat": {}, **from_toml} == json.loads(table.canonical_json(whole))


@pytest.mark.parametrize("whole", [BLOG, ANSWERING])
def test_toml_follows_the_schema(whole: Table) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    validator.validate(tomllib.loads(table.to_toml(whole, APP)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "http2"),
        ("kind", "websocket"),
        ("dynamic", True),
        ("methods", []),
        ("methods", ["WEBSOCKET"]),
        ("handler", "index"),
        ("headers", []),
        ("headers", ["Accept"]),
        ("colour", "red"),
    ],
)
def test_schema_refuses(key: str, value: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = tomllib.loads(table.to_toml(BLOG, APP))
    document["routes"][0][key] = value
    assert not jsonschema.Draft202012Validator(schema()).is_valid(document)


@pytest.mark.parametrize(
    ("model", "key", "value"),
    [
        (0, "name", "two words"),
        (0, "type", "Author"),
        (0, "kind", "attrs"),
        (0, "base", "str"),
        (0, "fields", None),
        (0, "fields", [{"name": "id"}]),
        (0, "fields", [{"name": "id", "type": ""}]),
        (0, "fields", [{"name": "id", "type": "int", "optional": False}]),
        (0, "fields", [{"name": "id", "type": "int", "default": 1}]),
        (1, "fields", []),
        (1, "base", None),
        (1, "base", "bytes"),
    ],
)
def test_schema_refuses_models(model: int, key: str, value: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = tomllib.loads(table.to_toml(ANSWERING, APP))
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(document)
    document["models"][model].pop(key, None)
    if value is not None:
        document["models"][model][key] = value
    assert not validator.is_valid(document)


def test_schema_refuses_the_response_of_a_websocket() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = tomllib.loads(table.to_toml(BLOG, APP))
    document["routes"][1]["response"] = "None"
    assert not jsonschema.Draft202012Validator(schema()).is_valid(document)


def snippet() -> str:
    """The Python code of docs/routes-toml.md."""
    text = (ROOT / "docs" / "routes-toml.md").read_text("utf-8")
    return text.partition("```python\n")[2].partition("```")[0]


@pytest.mark.parametrize("whole", [BLOG, ANSWERING])
def test_the_code_in_the_documentation(
    whole: Table,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "routes.toml").write_text(table.to_toml(whole, APP), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "tomllib", tomllib)  # of Python 3.11, which the code is for
    exec(snippet(), {})
    assert capsys.readouterr().out == f"{table.fingerprint(whole)}\n"


def test_both_implementations_give_the_same_fingerprint() -> None:
    """`tree.txt` has what the Rust side computes of a table with every kind of model."""
    folder = ROOT / "tests" / "golden" / "tables" / "models"
    document = tomllib.loads((folder / "routes.toml").read_text("utf-8"))
    routes = [
        Route(
            **{
                key: tuple(value) if isinstance(value, list) else value
                for key, value in each.items()
            }
        )
        for each in document["routes"]
    ]
    models = [
        Model(**{**each, "fields": tuple(Field(**field) for field in each.get("fields", []))})
        for each in document["models"]
    ]
    limit = document["limits"]["max_body_size"]
    framework = Framework(**document["framework"])
    whole = Table(framework, limit, tuple(routes), models=tuple(models))
    expected = (folder / "tree.txt").read_text("utf-8").splitlines()[0]
    assert expected == f"fingerprint {table.fingerprint(whole)}"


def test_compat_flags_are_written_sorted_when_on() -> None:
    flagged = dataclasses.replace(BLOG, compat=("newline", "head"))
    assert "\n[compat]\nhead = true\nnewline = true\n\n[[routes]]" in table.to_toml(flagged, APP)
    assert b'"compat":{"head":true,"newline":true}' in table.canonical_json(flagged)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("\b\t\n\f\r", '"\\b\\t\\n\\f\\r"'),
        ("\0\x1b\x1f", '"\\u0000\\u001B\\u001F"'),
        ("\x7f", '"\\u007F"'),
        ("\x80\u2028é😀", '"\x80\u2028é😀"'),
        ("#'''\"\"\"", '"#\'\'\'\\"\\"\\""'),
    ],
)
def test_strings_are_escaped(text: str, written: str) -> None:
    toml = table.to_toml(with_path(text), APP)
    assert f"\npath = {written}\n" in toml
    assert tomllib.loads(toml)["routes"][0]["path"] == text


def test_every_character_of_the_first_planes_survives() -> None:
    text = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10100))))
    assert tomllib.loads(table.to_toml(with_path(text), APP))["routes"][0]["path"] == text


def test_canonical_json() -> None:
    small = dataclasses.replace(BLOG, routes=(dataclasses.replace(INDEX, path='/é"\n\x7f'),))
    assert table.canonical_json(small).decode() == (
        '{"compat":{},"framework":{"name":"covet","version":"0.1.0b6"},'
        '"limits":{"max_body_size":10485760},"routes":[{"coroutine":true,"dynamic":false,'
        '"handler":"app:index","kind":"http","methods":["GET"],"parameters":[],'
        '"path":"/é\\"\\n\x7f","returns":"dict[str, int]"}],"schema":1}'
    )


def test_fingerprint_is_the_hash_of_the_json() -> None:
    expected = hashlib.sha256(table.canonical_json(BLOG)).hexdigest()
    assert table.fingerprint(BLOG) == expected
    # A known value: changing it makes every wheel out there stale.
    assert expected == "3a5cdd4b704948409c065415034cb009e267a48f78a9988632ab85fc57fa5672"


@pytest.mark.parametrize(
    "change",
    [
        {"framework": Framework("covet", "0.1.0b7")},
        {"max_body_size": 0},
        {"compat": ("head",)},
        {"routes": BLOG.routes[:2]},
        {"routes": (FEED, INDEX, USER)},
        {"routes": (INDEX, FEED, dataclasses.replace(USER, coroutine=False))},
        {"routes": (INDEX, FEED, dataclasses.replace(USER, returns="str"))},
        {"routes": (INDEX, FEED, dataclasses.replace(USER, response="str"))},
        {"models": (POST,)},
    ],
)
def test_fingerprint_sees_every_change(change: Any) -> None:
    assert table.fingerprint(dataclasses.replace(BLOG, **change)) != table.fingerprint(BLOG)


def test_the_fingerprint_of_a_table_with_models() -> None:
    # A known value, too.
    assert (
        table.fingerprint(ANSWERING)
        == "945056c7084f98a8bd333fa07408629e3bff0ccb91ac75424d55c594fddd2a27"
    )


def test_fingerprint_looks_at_no_body() -> None:
    for change in ({"headers": ()}, {"suspends": False}):
        routes = (INDEX, FEED, dataclasses.replace(USER, **change))
        assert table.fingerprint(dataclasses.replace(BLOG, routes=routes)) == table.fingerprint(
            BLOG
        )


def test_lone_surrogates_have_no_canonical_form() -> None:
    with pytest.raises(UnicodeEncodeError):
        table.canonical_json(with_path("/\udc80"))


def test_endpoints_are_numbered_in_order() -> None:
    assert table.endpoints(BLOG) == [
        ("/", "GET"),
        ("/feed", "WEBSOCKET"),
        ("/users/{id}", "GET"),
        ("/users/{id}", "POST"),
    ]


def test_a_large_table_is_hashed_in_no_time() -> None:
    large = dataclasses.replace(
        BLOG, routes=tuple(dataclasses.replace(USER, path=f"/{n}/{{id}}") for n in range(5000))
    )
    started = time.perf_counter()
    table.fingerprint(large)
    assert time.perf_counter() - started < 1  # about 15 ms; the rest is for a busy machine
