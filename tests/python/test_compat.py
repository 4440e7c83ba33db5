"""The compat flag `model_responses`, in every tier."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import asgi
import covet_runtime
import msgspec
import pydantic
import pytest
from codegen import codegen, write
from covet import Covet
from covet.core.http import Response
from covet_runtime import compat, frameworks, installation
from covet_runtime.plain import json_dumps_models
from covet_runtime.table import fingerprint

FLAGS = [compat.MODEL_RESPONSES]


@dataclasses.dataclass
class User:
    id: int
    name: str


class Point(msgspec.Struct):
    x: float
    y: float


class Model(pydantic.BaseModel):
    id: int


class Answer(Response):
    """No model, whatever else it is."""


RESULTS: dict[str, Callable[[], Any]] = {
    "dataclass": lambda: User(1, "n\u00e4me"),
    "struct": lambda: Point(1.5, -2.0),
    "pydantic": lambda: Model(id=5),
    "list": lambda: [User(1, "a"), {"point": Point(0.0, 1.0)}],
    "dict": lambda: {"users": (User(1, "a"),)},
    "fails": lambda: {"user": User(1, "a"), "other": {1}},
    "surrogate": lambda: User(1, "\ud800"),
    "plain": lambda: {"a": 1},
    "text": lambda: "text",
    "none": lambda: None,
    "number": lambda: 5,
    "response": lambda: Answer("own", status_code=201),
    "class": lambda: User,
}


def app_of_results() -> Covet:
    app = Covet()
    for name, make in RESULTS.items():

        async def handler(request: object, make: Callable[[], Any] = make) -> Any:
            return make()

        app.get(f"/{name}")(handler)
        app.get(f"/{name}/{{key}}")(handler)
    return app


@pytest.fixture(autouse=True)
def _no_other_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else asks which tier the app that was installed last has."""
    monkeypatch.setattr(installation, "_apps", [])


@pytest.fixture(params=["pure", "native"])
def app(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Covet:
    monkeypatch.setenv("COVET_TIER", request.param)
    app = app_of_results()
    done = covet_runtime.install(app, compat=FLAGS)
    assert (done.tier, done.responses) == (request.param, request.param)
    return app


def expected(name: str, path: str) -> asgi.Response:
    """The stock app's answer; for what holds a model, that to the same as dictionaries."""
    stock = app_of_results()
    plain = asgi.call(stock, "GET", path)
    try:
        body = json_dumps_models(RESULTS[name]())
    except (TypeError, ValueError):
        return plain
    if name not in ("dataclass", "struct", "pydantic", "list", "dict"):
        return plain

    async def handler(request: object) -> Any:
        return json.loads(body)

    Covet.get(stock, "/json")(handler)
    return asgi.call(stock, "GET", "/json")


@pytest.mark.parametrize("path", ["/{}", "/{}/key"])
@pytest.mark.parametrize("name", [name for name in RESULTS if name not in ("fails", "surrogate")])
def test_models_are_json_and_all_else_is_the_framework_s(app: Covet, name: str, path: str) -> None:
    path = path.format(name)
    assert asgi.call(app, "GET", path) == expected(name, path)


@pytest.mark.parametrize("name", ["fails", "surrogate"])
def test_what_cannot_be_written_is_an_error(app: Covet, name: str) -> None:
    answer = asgi.call(app, "GET", f"/{name}")
    assert (answer.status, answer.body) == (500, b'{"error":"Internal Server Error"}')


def test_debug_makes_no_other_app(app: Covet) -> None:
    app.debug = True
    assert asgi.call(app, "GET", "/dataclass").body == b'{"id":1,"name":"n\xc3\xa4me"}'
    assert b"set is not JSON serializable" in asgi.call(app, "GET", "/fails").body


def test_routes_that_come_later(app: Covet) -> None:
    @app.get("/later")
    async def later(request: object) -> Any:
        return [User(2, "b")]

    assert asgi.call(app, "GET", "/later").body == b'[{"id":2,"name":"b"}]'
    assert asgi.call(app, "GET", "/struct/key").body == b'{"x":1.5,"y":-2.0}'


def test_a_departure_ends_with_the_installation(app: Covet) -> None:
    covet_runtime.uninstall(app)
    assert asgi.call(app, "GET", "/struct") == asgi.call(app_of_results(), "GET", "/struct")
    covet_runtime.install(app)
    assert asgi.call(app, "GET", "/struct") == asgi.call(app_of_results(), "GET", "/struct")


def test_a_departure_outlives_the_matcher(app: Covet) -> None:
    """Who replaces the matcher gets the framework's matching, not other answers."""
    app.router.match_route = type(app.router).match_route.__get__(app.router)
    app.router.add_route("/new", lambda request: Point(1.0, 2.0), ["GET"])
    assert covet_runtime.active_tier(app) == "framework"
    assert asgi.call(app, "GET", "/struct/key").body == b'{"x":1.5,"y":-2.0}'
    assert asgi.call(app, "GET", "/new").body == b'{"x":1.0,"y":2.0}'


def test_what_is_in_the_way_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of_results()
    handle = app._handle_http
    app._handle_http = lambda *arguments: handle(*arguments)
    before = dict(vars(app.router))
    with pytest.raises(ValueError, match="cannot be had: the app has a _handle_http of its own"):
        covet_runtime.install(app, compat=FLAGS)
    assert vars(app.router) == before


@pytest.mark.parametrize("given", [["models"], ["model_responses", "head"], "model_responses"])
def test_flags_that_there_are_not(given: Any) -> None:
    with pytest.raises(ValueError, match="compat"):
        covet_runtime.install(app_of_results(), compat=given)


def test_flags_are_part_of_the_fingerprint() -> None:
    app = app_of_results()
    tables = [frameworks.export(app, flags).table for flags in ((), tuple(FLAGS))]
    plain, departing = [fingerprint(table) for table in tables if table is not None]
    assert plain != departing


SOURCE = """
    import dataclasses

    import covet_runtime
    from covet import Covet

    app = Covet()

    @dataclasses.dataclass
    class User:
        id: int
        name: str

    @app.get("/users")
    async def users(request) -> list[User]:
        return [User(1, "a"), User(2, "b")]

    @app.get("/users/{user_id}")
    async def user(request, user_id) -> User:
        return User(user_id, "x")

    covet_runtime.install(app, compat=["model_responses"])
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An app that declares the flag where it installs, and its wheel."""
    folder = write(tmp_path / "shop", shop=SOURCE.replace("list[", "__import__('typing').List["))
    result = codegen("build", "shop.py", "--out", "dist", cwd=folder)
    assert result.code == 0, result.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    monkeypatch.syspath_prepend(str(folder / "wheel"))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delenv("COVET_TIER", raising=False)
    yield importlib.import_module("shop")
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shop", "shop_covet")]:
        del sys.modules[name]


def test_a_wheel_is_built_with_the_flag_that_the_app_installs_with(shop: Any) -> None:
    assert covet_runtime.active_tier(shop.app) == "generated", covet_runtime.why(shop.app)
    table = importlib.import_module("shop_covet").__file__
    assert "[compat]\nmodel_responses = true" in Path(table).with_name("routes.toml").read_text()
    for _ in range(2):
        body = asgi.call(shop.app, "GET", "/users").body
        assert body == b'[{"id":1,"name":"a"},{"id":2,"name":"b"}]'
        assert asgi.call(shop.app, "GET", "/users/7").body == b'{"id":7,"name":"x"}'
    with pytest.warns(covet_runtime.CovetRuntimeWarning, match="compat: model_responses True"):
        covet_runtime.install(shop.app)
    assert covet_runtime.active_tier(shop.app) == "native"
    assert asgi.call(shop.app, "GET", "/users/7").body == b"User(id=7, name='x')"
