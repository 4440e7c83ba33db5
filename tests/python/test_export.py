"""Reading the routes of live CovetPy apps, and the report of ``python -m covet_runtime export``."""

from __future__ import annotations

import asyncio
import copy
import enum
import functools
import inspect
import json
import os
import re
import subprocess
import sys
import sysconfig
import textwrap
import time
import types
import typing
import unittest.mock
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union  # noqa: UP035

import covet_runtime
import pytest
import typing_extensions
from covet import Covet, CovetRouter
from covet.core.routing import RouteGroup
from covet_runtime import __main__ as command
from covet_runtime import bytecode, frameworks, handlers, pattern, return_types, table
from covet_runtime.frameworks.covet import _is_plain

HERE = __name__


def export(app: object) -> table.Table:
    """The table of an app that is expected to be fine."""
    exported = frameworks.export(app)
    assert exported.table is not None, exported.diagnostics
    return exported.table


def codes(app: object) -> list[str]:
    return [found.code for found in frameworks.export(app).diagnostics]


def plain(request: Any) -> None: ...


async def waiting(request: Any, id: Any = None) -> Any:
    return await asyncio.sleep(0)


# ── The order of routes and endpoints ──────────────────────────────────────────────────────────


def test_statics_come_first_in_the_order_of_their_paths() -> None:
    app = Covet()
    app.get("/u/{id}")(waiting)
    app.get("/b")(plain)
    app.route("/a", methods=["get", "post"])(plain)
    app.put("/b")(plain)
    app.delete("/b")(waiting)
    app.router.add_route("/feed", waiting, ["WEBSOCKET"])
    routes = export(app).routes
    assert [(route.kind, route.dynamic, route.path, route.methods) for route in routes] == [
        ("http", False, "/b", ("DELETE",)),
        ("http", False, "/b", ("GET", "PUT")),
        ("http", False, "/a", ("GET", "POST")),
        ("websocket", False, "/feed", ("WEBSOCKET",)),
        ("http", True, "/u/{id}", ("GET",)),
    ]


def test_handlers_are_the_registered_objects_by_endpoint_id() -> None:
    app = Covet()
    partial = functools.partial(waiting, id=1)
    app.route("/u/{id}", methods=["GET", "PUT"])(waiting)
    app.router.add_route("/", partial, ["GET"])
    exported = frameworks.export(app)
    assert exported.table is not None
    assert table.endpoints(exported.table) == [("/", "GET"), ("/u/{id}", "GET"), ("/u/{id}", "PUT")]
    assert exported.handlers == (partial, waiting, waiting)
    assert exported.table.routes[0].handler == f"{HERE}:waiting"


def test_the_last_registration_of_a_static_wins_and_keeps_its_place() -> None:
    app = Covet()
    app.get("/")(plain)
    app.post("/")(plain)
    app.get("/")(waiting)
    assert [(route.methods, route.handler) for route in export(app).routes] == [
        (("GET",), f"{HERE}:waiting"),
        (("POST",), f"{HERE}:plain"),
    ]


def test_paths_without_methods() -> None:
    app = Covet()
    app.router.add_route("/static", plain, [])
    app.router.add_route("/dynamic/{x}", plain, [])
    assert [(route.path, route.methods) for route in export(app).routes] == [("/dynamic/{x}", ())]


def test_included_routers_and_groups_are_read() -> None:
    app, router, group = Covet(), CovetRouter(), RouteGroup("/g")
    router.add_route("/r/{x}", plain, ["GET"])
    group.get("/s")(plain)
    app.include_router(router, "/api/{v}")
    group.include_in_router(app.router)
    assert [route.path for route in export(app).routes] == ["/g/s", "/api/{v}/r/{x}"]


def test_an_app_without_routes_has_an_empty_table() -> None:
    assert export(Covet()).routes == ()


# ── What is recorded of the app ────────────────────────────────────────────────────────────────


class Timing:
    def __init__(self, app: Any) -> None: ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


def test_framework_limits_and_middleware() -> None:
    app = Covet(max_body_size=512)
    app.add_middleware(Timing)
    exported = frameworks.export(app)
    assert exported.middleware == (f"{HERE}:Timing",)
    assert exported.table is not None
    assert exported.table.framework == table.Framework("covet", "0.1.0b6")
    assert exported.table.max_body_size == 512


def test_a_negative_limit_is_no_limit() -> None:
    assert export(Covet(max_body_size=-1)).max_body_size == 0


def test_an_installed_app_exports_as_before() -> None:
    app = Covet()
    app.get("/u/{id}")(waiting)
    before = table.fingerprint(export(app))
    app.__class__ = type("Covet", (Covet,), {"__module__": "covet_runtime.asgi"})
    assert table.fingerprint(export(app)) == before


# ── What is recorded of a handler ──────────────────────────────────────────────────────────────


class Views:
    async def show(self, request: Any, id: Any) -> None: ...

    def __call__(self, request: Any, key: Any) -> None: ...

    @classmethod
    def made(cls, request: Any, id: Any) -> None: ...

    @staticmethod
    def fixed(request: Any, id: Any) -> None: ...


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


def signed(request: Any) -> None: ...


signed.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("r", "one")]
)


def everything(a: Any, /, b: Any, *c: Any, d: Any = 1, e: Any, **f: Any) -> None: ...


@pytest.mark.parametrize(
    "handler",
    [
        plain,
        waiting,
        everything,
        lambda *args: None,
        lambda **kwargs: None,
        lambda: None,
        lambda request, *, key: None,
        signed,
        decorated(waiting),
        functools.partial(waiting, id=3),
        functools.partial(everything, 1),
        Views().show,
        Views.made,
        Views.fixed,
        Views(),
        Views,
        sorted,
    ],
)
def test_parameters_are_those_of_the_signature(handler: Any) -> None:
    expected = [each.name for each in list(inspect.signature(handler).parameters.values())[1:]]
    assert handlers.parameters(handler) == expected
    app = Covet()
    app.router.add_route("/{id}", handler, ["GET"])
    assert export(app).routes[0].parameters == tuple(expected)


def test_parameters_cached_by_the_framework_count() -> None:
    async def handler(request: Any, id: Any) -> None: ...

    app = Covet()
    app.get("/{id}")(handler)
    handler._covet_param_names = ["other"]  # type: ignore[attr-defined]
    assert export(app).routes[0].parameters == ("other",)


@pytest.mark.parametrize(
    ("handler", "name"),
    [
        (plain, "plain"),
        (functools.partial(functools.partial(waiting), id=1), "waiting"),
        (decorated(waiting), "waiting"),
        (Views().show, "Views.show"),
        (Views(), "Views"),
        (Views, "Views"),
        (Views.made, "Views.made"),
    ],
)
def test_reference(handler: Any, name: str) -> None:
    assert handlers.reference(handler) == f"{HERE}:{name}"


def test_reference_of_builtins() -> None:
    assert handlers.reference(len) == "builtins:len"
    assert handlers.reference("".join) == "builtins:str.join"


def test_main_is_known_by_its_real_name(monkeypatch: pytest.MonkeyPatch) -> None:
    main = types.ModuleType("__main__")
    main.__spec__ = None
    main.__file__ = "/somewhere/blog.py"
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert handlers.module_name("__main__") == "blog"
    main.__spec__ = types.SimpleNamespace(name="pkg.__main__")  # type: ignore[assignment]
    assert handlers.module_name("__main__") == "pkg.__main__"


async def returning(request: Any) -> Any:
    return {"a": [1 for _ in range(3)]}


async def looping(request: Any) -> Any:
    async for _ in request:
        pass


async def entering(request: Any) -> Any:
    async with request:
        pass


async def comprehending(request: Any) -> Any:
    return [each async for each in request]


async def inner_only(request: Any) -> Any:
    async def inner() -> None:
        await asyncio.sleep(0)

    return inner


async def unreachable(request: Any) -> Any:
    raise NotImplementedError
    await asyncio.sleep(0)


async def unreachable_branch(request: Any) -> Any:
    if False:
        await asyncio.sleep(0)


def sync(request: Any) -> Any:
    return waiting(request)


@pytest.mark.parametrize(
    ("handler", "coroutine", "suspends"),
    [
        (plain, False, False),
        (sync, False, False),
        (returning, True, False),
        (inner_only, True, False),
        (unreachable, True, False),
        (unreachable_branch, True, False),
        (waiting, True, True),
        (looping, True, True),
        (entering, True, True),
        (comprehending, True, True),
        (decorated(returning), True, True),
        (functools.partial(returning), True, False),
        (functools.partial(waiting), True, True),
        (Views().show, True, False),
        (Views(), False, False),
    ],
)
def test_coroutines_and_suspension(handler: Any, coroutine: bool, suspends: bool) -> None:
    app = Covet()
    app.router.add_route("/", handler, ["GET"])
    (route,) = export(app).routes
    assert (route.coroutine, route.suspends) == (coroutine, suspends)
    assert route.coroutine == asyncio.iscoroutinefunction(handler)


def test_a_coroutine_function_that_hides_its_code_may_suspend() -> None:
    def hidden(request: Any) -> Any:
        return waiting(request)

    hidden._covet_is_coroutine = True  # type: ignore[attr-defined]
    app = Covet()
    app.router.add_route("/", hidden, ["GET"])
    app.router.add_route("/feed", hidden, ["WEBSOCKET"])
    http, websocket = export(app).routes
    assert (http.coroutine, http.suspends) == (True, True)
    assert (websocket.coroutine, websocket.suspends) == (False, False)


def many_names(count: int) -> str:
    """Source that pushes the indices of later names and constants beyond one byte."""
    return "\n".join(f" request.a{n} = 'c{n}'" for n in range(count))


# A body, and the headers that it visibly reads.
READS: list[tuple[str, list[str]]] = [
    ("return request.headers.get('X-A')", ["x-a"]),
    ("return request.headers.get('X-A', 'default')", ["x-a"]),
    ("return request.headers.get('X-A', default=1)", ["x-a"]),
    ("return request.headers['X-A']", ["x-a"]),
    ("return request.get_header('X-A')", ["x-a"]),
    ("return request.get_header('X-A', None)", ["x-a"]),
    ("return (request.headers\n  .get(\n  'X-A'\n  ))", ["x-a"]),
    ("return id, request.headers['b'], id, request.headers.get('a')", ["a", "b"]),
    ("return f(id, request.headers['b'])", ["b"]),
    ("x = 1; y = request.headers['b']; return x, y", ["b"]),
    ("if id: return request.headers['b']\n return request.get_header('a')", ["a", "b"]),
    ("try:\n  return request.headers['b']\n finally:\n  request.get_header('a')", ["a", "b"]),
    ("return [request.headers[k] for k in id]", []),
    ("return [request.headers['b'] for k in id]", ["b"]),
    ("return {k: request.headers['b'] for k in id}", ["b"]),
    ("return [request.headers['b'] for request in id]", ["b"]),
    ("return list(request.headers['b'] for k in id)", ["b"]),
    ("return lambda: request.headers['b']", ["b"]),
    (
        "def g(): return lambda: request.get_header('b')\n return g, request.headers['a']",
        ["a", "b"],
    ),
    ("def g(request): return request.headers['b']\n return g", []),
    ("return other.headers['b'], other.get_header('a')", []),
    ("return id.headers['b']", []),
    ("return request.headers.get(id)", []),
    ("return request.headers.pop('b')", []),
    ("return request.cookies['b'], request.headers", []),
    ("return request.scope.headers['b']", []),
    ("return request.headers.raw['b']", []),
    ("return request.headers.get.x('b')", []),
    ("request.headers['b'] = 1", []),
    ("del request.headers['b']", []),
    ("return request.headers[3], request.headers[b'x'], request.headers['']", []),
    ("return request.headers['not a token'], request.headers['ü']", []),
    ("return request.headers['b'] if False else None", []),
    ("while False: request.headers['b']", []),
    ("x = False and request.headers['b']\n return x or True or request.headers['b']", []),
    ("if id and False: request.headers['b']", []),
    ("return 1\n request.headers['b']", []),
    ("raise id\n request.headers['b']", []),
    (many_names(300)[1:] + "\n return request.headers['Late']", ["late"]),
    (many_names(130)[1:] + "\n return request.headers.get('Late')", ["late"]),
    (many_names(300)[1:] + "\n return lambda: request.get_header('Late')", ["late"]),
]


@pytest.mark.parametrize(("body", "expected"), READS)
@pytest.mark.parametrize("keyword", ["def", "async def"])
def test_headers_that_a_handler_reads(keyword: str, body: str, expected: list[str]) -> None:
    namespace: dict[str, Any] = {}
    exec(f"{keyword} handler(request, id=None):\n {body}", namespace)
    assert handlers.header_names(namespace["handler"]) == expected


def test_headers_with_many_variables() -> None:
    names = ", ".join(f"v{n}" for n in range(300))
    namespace: dict[str, Any] = {}
    exec(f"def handler(request, {names}):\n return v299, request.headers['X']", namespace)
    assert handlers.header_names(namespace["handler"]) == ["x"]
    assert bytecode.headers_read((lambda: None).__code__) == set()


class Colour(enum.Enum):
    RED = 1


Item = typing.TypeVar("Item")


class Literal(typing_extensions.TypedDict, typing.Generic[Item]):
    """Named like a special form."""

    item: Item


class Movie(typing.TypedDict):
    title: str


class Box(typing.Generic[Item]):
    pass


UserId = typing.NewType("UserId", int)

ANNOTATIONS: list[tuple[Any, str]] = [
    (None, "None"),
    (type(None), "None"),
    (int, "int"),
    (dict, "dict"),
    ("Dict[str, 'int']", "Dict[str, 'int']"),
    (List[int], "list[int]"),  # noqa: UP006
    (list[int], "list[int]"),
    (List, "list"),  # noqa: UP006
    (Dict[str, List["Movie"]], "dict[str, list[Movie]]"),  # noqa: UP006
    (dict[str, Any], "dict[str, Any]"),
    (Tuple[int, ...], "tuple[int, ...]"),  # noqa: UP006
    (Tuple[()], "tuple[()]"),  # noqa: UP006
    (tuple[()], "tuple[()]"),
    (Tuple, "tuple"),  # noqa: UP006
    (Optional[int], "int | None"),
    (Union[None, str, int], "int | str | None"),
    (Union[str, int], "int | str"),
    (List[Optional[Movie]], f"list[{HERE}:Movie | None]"),  # noqa: UP006
    (Movie, f"{HERE}:Movie"),
    (Box, f"{HERE}:Box"),
    (Box[int], f"{HERE}:Box[int]"),
    (Literal[int], f"{HERE}:Literal[int]"),
    (Path, "pathlib:Path"),
    (typing.Any, "Any"),
    (typing.NoReturn, "NoReturn"),
    (typing.Literal["a", 1, None, True], 'Literal["a", 1, None, True]'),
    (typing_extensions.Literal["a", 1], 'Literal["a", 1]'),
    (typing.Literal[Colour.RED], f"Literal[{HERE}:Colour.RED]"),
    (typing.Annotated[int, object()], "int"),
    (typing.Callable[[int], str], "collections.abc:Callable[[int], str]"),
    (typing.Callable[..., str], "collections.abc:Callable[..., str]"),
    (typing.AsyncIterator[bytes], "collections.abc:AsyncIterator[bytes]"),
    (Item, "Item"),
    (UserId, "UserId"),
    (object(), "<object>"),
    ({"id": int}, "<dict>"),
    ("Späße\ud800", "Späße\\ud800"),
]
if sys.version_info >= (3, 10):
    ANNOTATIONS += [
        (int | None, "int | None"),
        (None | str | int, "int | str | None"),
        (list[int] | dict[str, Movie], f"dict[str, {HERE}:Movie] | list[int]"),
    ]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    ANNOTATIONS,
    # Addresses are others in each process.
    ids=lambda value: re.sub(r" at 0x[0-9a-f]+", "", str(value)),
)
def test_return_annotations(annotation: Any, expected: str) -> None:
    def handler(request: Any) -> None: ...

    handler.__annotations__["return"] = annotation
    assert return_types.of(handler) == expected


def test_no_return_annotation() -> None:
    def handler(request):  # type: ignore[no-untyped-def]
        ...

    assert return_types.of(handler) is None
    assert return_types.of(Views()) is None


def test_an_annotation_that_cannot_be_read_is_left_out() -> None:
    class Unfriendly:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("not now")

    def handler(request: Any) -> None: ...

    handler.__annotations__["return"] = Unfriendly()
    assert return_types.of(handler) is None


async def guard(request: Any) -> Any:
    return request


def test_group_middleware_is_looked_through() -> None:
    async def handler(request: Any, id: Any) -> Dict[str, int]:  # noqa: UP006
        return request.headers["X"]  # type: ignore[no-any-return]

    app, group = Covet(), RouteGroup("/g", [guard])
    group.get("/{id}")(handler)
    group.include_in_router(app.router)
    exported = frameworks.export(app)
    assert exported.table is not None
    (route,) = exported.table.routes
    assert route.handler == handlers.reference(handler)
    assert route.wrapper == (
        "covet.core.routing:RouteGroup.include_in_router.<locals>.wrapped_handler"
    )
    # How the framework calls it is a matter of the wrapper, what it does of the handler.
    assert route.parameters == ("args", "_h", "_mw", "kwargs")
    assert (route.coroutine, route.suspends) == (True, True)
    assert (route.headers, route.returns) == (("x",), "Dict[str, int]")
    assert exported.handlers[0] is not handler
    (source,) = exported.sources()
    assert source is not None
    assert source.line == handler.__code__.co_firstlineno


def test_sources_are_seen_through_decorators() -> None:
    app = Covet()
    app.router.add_route("/a", decorated(waiting), ["GET"])
    app.router.add_route("/b", Views(), ["GET"])
    app.router.add_route("/c", sorted, ["GET"])
    first, second, third = frameworks.export(app).sources()
    assert first is not None
    assert second is not None
    assert (first.line, first.name) == (waiting.__code__.co_firstlineno, "waiting")
    assert second.line == Views.__call__.__code__.co_firstlineno
    assert third is None


# ── Refusals ───────────────────────────────────────────────────────────────────────────────────


def test_all_findings_come_at_once() -> None:
    app = Covet()
    for path in ("/<int:a>", "/{user-id}", "/{a}/{a}", "/({a}", "/a+b/{x}", "/\udc80", "/fine/{x}"):
        app.router.add_route(path, plain, ["GET"])
    app.router._rust_router = object()
    exported = frameworks.export(app)
    assert exported.table is None
    assert [(found.code, found.severity) for found in exported.diagnostics] == [
        ("CVT011", "error"),
        ("CVT016", "error"),
        ("CVT012", "error"),
        ("CVT013", "error"),
        ("CVT014", "error"),
        ("CVT015", "error"),
        ("CVT020", "note"),
    ]
    for found in exported.diagnostics[1:]:
        assert found.message.startswith("route '/")
        assert f"({HERE}:plain)" in found.message
        assert found.location is not None
        assert found.location.file == os.path.abspath(__file__)
        assert found.location.line == plain.__code__.co_firstlineno
        assert found.message.encode()  # no lone surrogate


def test_regex_routes_are_noted_and_kept() -> None:
    app = Covet()
    app.get("/a+b/{x}")(plain)
    assert [route.path for route in export(app).routes] == ["/a+b/{x}"]
    assert codes(app) == ["CVT020"]


def test_methods_have_to_be_text() -> None:
    app = Covet()
    app.router.add_route("/", plain, ["\udc80"])
    app.router.add_route("/b", plain, [b"get"])
    assert codes(app) == ["CVT016", "CVT016"]


def test_foreign_apps_are_refused_with_what_works() -> None:
    class Mine(Covet):  # type: ignore[misc]
        pass

    from covet import CovetPyASGI

    for app in (Mine(), CovetPyASGI(), CovetRouter(), RouteGroup()):
        assert not frameworks.supports(app)
        exported = frameworks.export(app)
        assert exported.table is None
        (found,) = exported.diagnostics
        assert found.code == "CVT010"
        assert type(app).__name__ in found.message
        assert "covet.Covet()" in found.help or "name the app" in found.help


def test_other_names_of_the_app_class_work() -> None:
    from covet import App, Application, CovetApp, CovetPy

    assert all(frameworks.supports(cls()) for cls in (App, Application, CovetApp, CovetPy))


def test_a_router_of_another_class_is_refused() -> None:
    class Router(CovetRouter):  # type: ignore[misc]
        pass

    app = Covet()
    app.router = Router()
    assert codes(app) == ["CVT010"]


def test_other_objects_are_no_apps() -> None:
    for thing in (None, 1, object(), Covet, plain, sys):
        assert frameworks.exporter_of(thing) is None
    with pytest.raises(TypeError, match="int is not an app"):
        frameworks.export(1)


def test_the_order_of_methods_does_not_count() -> None:
    tables = []
    for methods in (["PUT", "GET"], ["GET", "PUT", "GET"], {"GET", "PUT"}):
        app = Covet()
        app.route("/a", methods=methods)(plain)
        app.route("/{a}", methods=methods)(plain)
        tables.append(export(app))
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.parametrize(
    ("size", "limit"),
    [(1e6, 1_000_000), (float("inf"), 0), (2**63, 0), (-1, 0), (float("nan"), 0), (1.5, 1)],
)
def test_any_number_limits_bodies(size: float, limit: int) -> None:
    app = Covet(max_body_size=size)
    app.get("/")(plain)
    assert export(app).max_body_size == limit


def test_a_router_with_a_matcher_of_its_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Covet()
    app.get("/u/{id}")(plain)
    app.router.match_route("/", "GET")
    assert codes(app) == []
    app.router.dynamic_routes[0].regex_pattern = re.compile(r"^/u/(?P<id>\d+)$")
    assert codes(app) == ["CVT033"]
    app.router.dynamic_routes[0].regex_pattern = None
    app.router.dynamic_routes[0].methods = "GET"
    assert codes(app) == ["CVT033"]
    app.router.dynamic_routes.clear()
    monkeypatch.setattr(CovetRouter, "match_route", lambda *request: None)
    assert codes(app) == ["CVT011"]


def test_spawned_processes_see_the_same_names() -> None:
    assert handlers.module_name("__mp_main__") == handlers.module_name("__main__")
    assert handlers.module_name("app") == "app"


def test_handlers_that_answer_everything_are_refused() -> None:
    app = Covet()
    app.router.add_route("/{x}", unittest.mock.Mock(), ["GET"])
    assert codes(app) == ["CVT033"]


def test_tables_edited_by_hand_are_refused() -> None:
    app = Covet(max_body_size="1")
    app.router.add_route("/{x}", plain, ["GET"])
    app.router.add_route("/none", None, ["GET"])
    app.router.static_routes["/{y}"] = {"GET": plain}
    app.router.dynamic_routes[0].pattern = "/static"
    assert codes(app) == ["CVT033"] * 4


def odd_flags(router: Any) -> None:
    router.dynamic_routes[0].regex_pattern = re.compile("^/(?P<x>[^/]+)$", re.IGNORECASE)


def overlooked(router: Any) -> None:
    router.match_route("/x", "GET")
    info = copy.copy(router.dynamic_routes[0])
    info.regex_pattern = None
    router.dynamic_routes.append(info)
    assert router.match_route("/x", "GET").handler is plain


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        (lambda router: router.static_routes.update({"/q": plain}), "no attribute 'items'"),
        (lambda router: router.static_routes.update({"/q": {None: plain, "": plain}}), "TypeError"),
        (lambda router: router.dynamic_routes.append(("/{y}", plain)), "no attribute 'methods'"),
        (lambda router: router.dynamic_routes[0].methods.append([]), "unhashable"),
        (odd_flags, "an expression of its own"),
        (overlooked, "by hand, where the router overlooks it"),
    ],
)
def test_what_should_not_be_in_the_tables(edit: Callable[[Any], None], part: str) -> None:
    app = Covet()
    app.router.add_route("/{x}", plain, ["GET"])
    edit(app.router)
    (found,) = frameworks.export(app).diagnostics
    assert (found.code, found.severity) == ("CVT033", "error")
    assert part in found.message


def test_a_group_s_wrapper_that_was_wrapped_again() -> None:
    async def middleware(request: Any) -> Any: ...

    app = Covet()
    group = RouteGroup("/g", [middleware])
    group.get("/{x}")(waiting)
    group.include_in_router(app.router)
    (info,) = app.router.dynamic_routes
    inner = info.handler

    @functools.wraps(inner)
    async def timed(*args: Any, **kwargs: Any) -> Any:
        return await inner(*args, **kwargs)

    info.handler = timed
    exported = frameworks.export(app)
    assert (exported.origins, exported.handlers) == ((timed,), (timed,))
    assert export(app).routes[0].wrapper is None


def test_a_handler_that_answers_no_question() -> None:
    class Silent:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(f"no {name}")

        def __call__(self, request: Any) -> None: ...

    app = Covet()
    app.router.add_route("/{x}", Silent(), ["GET"])
    app.router.add_route("/<int:x>", plain, ["GET"])
    exported = frameworks.export(app)
    assert [found.code for found in exported.diagnostics] == ["CVT033", "CVT012"]
    assert f"route '/{{x}}' ({HERE}:" in exported.diagnostics[0].message


def test_flags_that_a_path_sets_itself() -> None:
    app = Covet()
    app.router.add_route("(?i)/{x}", plain, ["GET"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            app.router.match_route("/x", "GET")
        except re.error:
            pytest.skip("this Python wants them at the very start")
    assert export(app).routes[0].path == "(?i)/{x}"


def test_handlers_without_a_signature() -> None:
    class Broken:
        @property
        def __signature__(self) -> Any:
            raise RuntimeError("no")

        def __call__(self, request: Any) -> None: ...

    app = Covet()
    app.router.add_route("/static", Broken(), ["GET"])
    app.router.add_route("/feed/{x}", Broken(), ["WEBSOCKET"])
    assert codes(app) == []
    app.router.add_route("/{x}", Broken(), ["GET"])
    assert codes(app) == ["CVT033"]


@pytest.mark.parametrize(
    "path",
    [
        "/{a}",
        "/x-y/{a}/~z/{b}",
        "/{a}{b}",
        "/{_1}",
        "/{a}/{a}",
        "/{a b}",
        "/{1}",
        "/a.b/{x}",
        "/{é}",
    ],
)
def test_plain_paths_are_what_the_parser_calls_compiled(path: str) -> None:
    if _is_plain(path):
        assert isinstance(pattern.parse(path), pattern.Compiled)
    else:
        assert not path.startswith(("/{a}{b}", "/{_1}", "/x-y"))


def test_a_large_app_is_read_in_no_time() -> None:
    app = Covet()
    namespace: dict[str, Any] = {}
    for n in range(5000):
        exec(f"async def h{n}(request, id): return {{}}", namespace)
        app.router.add_route(f"/r{n}/{{id}}", namespace[f"h{n}"], ["GET"])
    started = time.perf_counter()
    export(app)
    assert time.perf_counter() - started < 2  # about 50 ms; the rest is for a busy machine


# ── The command ────────────────────────────────────────────────────────────────────────────────

BLOG = """
    import os, sys
    from covet import Covet
    print("a print of the app")
    os.system("echo a child of the app")
    app = Covet()

    @app.get("/")
    async def index(request) -> dict:
        return {}

    @app.get("/posts/{slug}")
    async def post(request, slug):
        return await request.json()
"""


def write(folder: Path, source: str, file: str = "app.py") -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source), "utf-8")
    return path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``export`` in `folder`, as the command line does. The report is ``report.json``."""
    package = str(Path(covet_runtime.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "covet_runtime", "export", *arguments, "--report", "report.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": package, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def report_of(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text("utf-8"))


def test_export_writes_a_report(tmp_path: Path) -> None:
    folder = tmp_path / "my-blog"
    write(folder, BLOG)
    done = run(folder, "app.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "a print of the app" in done.stderr
    assert "a child of the app" in done.stderr
    assert sorted(each.name for each in folder.iterdir() if each.is_file()) == [
        "app.py",
        "report.json",
    ]
    report = report_of(folder)
    assert list(report) == [
        "protocol",
        "runtime_version",
        "python",
        "routes_toml",
        "fingerprint",
        "sources",
        "diagnostics",
    ]
    assert report["protocol"] == 1
    assert report["runtime_version"] == covet_runtime.__version__
    assert report["python"] == {
        "version": ".".join(map(str, sys.version_info[:3])),
        "implementation": "cpython",
        "executable": sys.executable,
        "abi": sysconfig.get_config_var("SOABI"),
        "free_threaded": False,
    }
    assert report["sources"] == [
        {"route": 0, "file": "app.py", "line": 8, "name": "index"},
        {"route": 1, "file": "app.py", "line": 12, "name": "post"},
    ]
    assert report["diagnostics"] == []
    assert 'name = "my_blog_covet"\nentry = "app:app"\n' in report["routes_toml"]
    assert len(report["fingerprint"]) == 64


def test_the_same_app_gives_the_same_bytes(tmp_path: Path) -> None:
    texts = []
    for place, seed in (("one/blog", "1"), ("two/blog", "2")):
        write(tmp_path / place, BLOG)
        assert run(tmp_path / place, "app.py", PYTHONHASHSEED=seed).returncode == 0
        texts.append(report_of(tmp_path / place)["routes_toml"])
    assert texts[0] == texts[1]


def test_findings_are_reported(tmp_path: Path) -> None:
    write(tmp_path, BLOG + "    app.get('/<int:id>')(index)\n    app.get('/a+{b}')(post)\n")
    assert run(tmp_path, "app.py").returncode == 1
    report = report_of(tmp_path)
    assert report["routes_toml"] is report["fingerprint"] is None
    assert report["sources"] == []
    typed, regex = report["diagnostics"]
    assert (typed["code"], typed["severity"]) == ("CVT012", "error")
    assert typed["location"] == {"file": "app.py", "line": 8, "name": "index"}
    assert (regex["code"], regex["severity"]) == ("CVT020", "note")


def test_responses_that_are_not_known_are_no_error(tmp_path: Path) -> None:
    source = """
        import datetime
        from typing import TypedDict
        from covet import Covet
        app = Covet()

        class Post(TypedDict):
            written: datetime.date

        @app.get("/posts/{slug}")
        async def post(request, slug) -> Post:
            return {}
    """
    write(tmp_path, source)
    assert run(tmp_path, "app.py").returncode == 0
    report = report_of(tmp_path)
    assert 'response = "Post"\n\n[[models]]\nname = "Post"\n' in report["routes_toml"]
    (note,) = report["diagnostics"]
    assert (note["code"], note["severity"]) == ("CVT021", "note")
    assert "field Post.written holds `datetime:date`" in note["message"]
    assert note["location"] == {"file": "app.py", "line": 10, "name": "post"}


def test_an_app_without_routes_is_nothing_to_compile(tmp_path: Path) -> None:
    write(tmp_path, "from covet import Covet\napp = Covet()")
    assert run(tmp_path, "app.py").returncode == 1
    assert [found["code"] for found in report_of(tmp_path)["diagnostics"]] == ["CVT006"]


def test_another_version_is_refused_before_the_app_is_imported(tmp_path: Path) -> None:
    write(tmp_path, BLOG)
    done = run(tmp_path, "app.py", "--expect-version", "99.0")
    assert done.returncode == 1
    assert "a print of the app" not in done.stderr
    (found,) = report_of(tmp_path)["diagnostics"]
    assert found["code"] == "CVT042"
    assert "99.0" in found["help"]
    assert run(tmp_path, "app.py", "--expect-version", covet_runtime.__version__).returncode == 0


def test_warnings_as_errors_do_not_break_the_import(tmp_path: Path) -> None:
    noisy = "import warnings\nwarnings.warn('old', DeprecationWarning)\n"
    write(tmp_path, noisy + textwrap.dedent(BLOG) + "\nwarnings.simplefilter('error')\n")
    assert run(tmp_path, "app.py", PYTHONWARNINGS="error").returncode == 0


def test_an_app_that_leaves_the_interpreter(tmp_path: Path) -> None:
    write(tmp_path, "import sys\nsys.exit(3)")
    assert run(tmp_path, "app.py").returncode == 1
    (found,) = report_of(tmp_path)["diagnostics"]
    assert found["code"] == "CVT002"
    assert "SystemExit(3)" in found["message"]
    assert found["location"]["line"] == 2


def test_an_interrupt_ends_the_command(tmp_path: Path) -> None:
    write(tmp_path, "raise KeyboardInterrupt")
    done = run(tmp_path, "app.py")
    assert done.returncode == 2
    assert not (tmp_path / "report.json").exists()
    assert "Traceback" not in done.stderr


def test_threads_of_the_app_do_not_keep_the_command_alive(tmp_path: Path) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    write(tmp_path, thread + textwrap.dedent(BLOG))
    assert run(tmp_path, "app.py").returncode == 0
    assert report_of(tmp_path)["fingerprint"]


def test_running_as_main_gives_the_same_table(tmp_path: Path) -> None:
    shown = """
    if __name__ == "__main__":
        from covet_runtime import frameworks, table
        sys.stderr.write(table.fingerprint(frameworks.export(app).table))
    """
    write(tmp_path, BLOG + shown)
    assert run(tmp_path, "app.py").returncode == 0
    package = str(Path(covet_runtime.__file__).parents[1])
    alone = subprocess.run(
        [sys.executable, "-W", "ignore", "app.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=True,
    )
    assert alone.stderr == report_of(tmp_path)["fingerprint"]


def test_a_surrogate_in_a_path_is_reported_as_valid_json(tmp_path: Path) -> None:
    write(tmp_path, BLOG + "    app.get('/\\udc80')(index)\n")
    assert run(tmp_path, "app.py").returncode == 1
    assert (tmp_path / "report.json").read_bytes().decode("utf-8")
    assert "\\ud" not in json.dumps(report_of(tmp_path)["diagnostics"]).replace("\\\\", "")


@pytest.mark.parametrize("arguments", [[], ["export"], ["export", "app.py"], ["nonsense"]])
def test_misuse(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command.main(arguments)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing" / "report.json")
    arguments = ["export", "nothing.py", "--report", missing]
    assert command.main(arguments) == 2


def test_verify_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    stub = types.ModuleType("covet_runtime.verification")
    stub.run = lambda args: seen.append(args) or 1  # type: ignore[attr-defined,func-returns-value]
    monkeypatch.setitem(sys.modules, "covet_runtime.verification", stub)
    monkeypatch.setattr(covet_runtime, "verification", stub, raising=False)
    options = ["--wheel-path=d", "--module=m", "--seed=1", "--requests=2", "--name=n"]
    options += ["--time=1.5", "--installed", "--timing", "--app-dir=a"]
    assert command.main(["verify", "app.py", "--report", "r", *options]) == 1
    assert vars(seen[0]) == {
        "command": "verify",
        "app": "app.py",
        "report": os.path.abspath("r"),
        "wheel_path": os.path.abspath("d"),
        "module": "m",
        "seed": 1,
        "requests": 2,
        "name": "n",
        "time": 1.5,
        "installed": True,
        "timing": True,
        "app_dir": "a",
    }
