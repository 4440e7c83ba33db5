"""Who is compared: how each is built from a table, asked, and what its answer means."""

from __future__ import annotations

import importlib
import importlib.metadata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional, Union

from workload import Answer, make_app, routes

# What a contender's answer says; None stands for "no route". An `int` is a route's position alone.
Meaning = Union[Answer, int, None]


@dataclass(frozen=True)
class Contender:
    """A matcher with one table, ready to be asked."""

    # The statement that asks it about `path` and `method`, and the names in it.
    statement: str
    names: dict[str, Any]
    # The same as a function, with the answer in the terms of the table.
    ask: Callable[[str, str], Meaning]


class Unavailable(Exception):
    """Says why a contender cannot take part."""


@dataclass(frozen=True)
class Kind:
    """A contender before it has a table."""

    name: str
    # What its answer holds, for the legend.
    answers: str
    make: Callable[[int], Contender]


def _position(found: Any) -> int:
    """The route of an object that carries its handler's position."""
    position: int = found.position
    return position


# The framework


def framework(size: int) -> Contender:
    """CovetPy's own router, as its class defines it: called unbound, which is its cheapest form."""
    router = make_app(size).router
    assert "match_route" not in vars(router)
    match = type(router).match_route
    return Contender(
        "match(router, path, method)",
        {"match": match, "router": router},
        lambda path, method: _route_match(match(router, path, method)),
    )


def _route_match(found: Any) -> Optional[Answer]:
    return None if found is None else Answer(_position(found.handler), dict(found.params))


# Our tiers


def _table(tier: str, size: int) -> Any:
    """The `RouteTable` of a tier. A generated wheel also gives its functions as `TABLE` does."""
    if tier == "generated":
        try:
            return importlib.import_module(f"app_{size}_covet").TABLE
        except ImportError as error:
            raise Unavailable(f"the wheel is not built: {error}") from error
    module = {"native": "covet_runtime._native", "pure": "covet_runtime.routing"}[tier]
    endpoints = [(route.path, "GET") for route in routes(size)]
    return importlib.import_module(module).RouteTable(endpoints)


def match_route(tier: str) -> Callable[[int], Contender]:
    """``match_route`` of a tier: the endpoint's id and the parameters."""

    def make(size: int) -> Contender:
        match = _table(tier, size).match_route
        return Contender("match(path, method)", {"match": match}, lambda p, m: _pair(match(p, m)))

    return make


def _pair(found: Any) -> Optional[Answer]:
    return None if found is None else Answer(*found)


def match_id(tier: str) -> Callable[[int], Contender]:
    """``match_id`` of a tier: the endpoint's id."""

    def make(size: int) -> Contender:
        match = _table(tier, size).match_id
        return Contender("match(path, method)", {"match": match}, match)

    return make


def installed(tier: str) -> Callable[[int], Contender]:
    """``app.router.match_route`` of an app that `covet_runtime.install` was called for."""

    def make(size: int) -> Contender:
        import covet_runtime

        app = make_app(size)
        try:
            covet_runtime.install(app, require=tier)
        except covet_runtime.TierUnavailable as error:
            raise Unavailable(str(error)) from error
        match = app.router.match_route
        # The app owns the router, which would let go of the matcher without it.
        names = {"match": match, "app": app}
        return Contender("match(path, method)", names, lambda p, m: _route_match(match(p, m)))

    return make


# The floor


def floor(function: str) -> Callable[[int], Contender]:
    """A native function that builds an answer and decides nothing."""

    def make(size: int) -> Contender:
        answer = getattr(importlib.import_module("covet_floor"), function)
        return Contender("answer(path, method)", {"answer": answer}, answer)

    return make


# Others


def ffroute(size: int) -> Contender:
    """The Rust matcher for Starlette's dialect. It knows no methods and returns an index."""
    match = importlib.import_module("ffroute").Router([route.path for route in routes(size)]).match
    return Contender("match(path)", {"match": match}, lambda path, method: match(path))


class _Resource:
    """What Falcon routes to."""

    def __init__(self, position: int) -> None:
        self.position = position

    def on_get(self, request: Any, response: Any, **parameters: Any) -> None:
        """Never called."""


def falcon(size: int) -> Contender:
    """Falcon's router, compiled to Python. The method is looked up as Falcon does."""
    router = importlib.import_module("falcon.routing").CompiledRouter()
    for position, route in enumerate(routes(size)):
        router.add_route(route.path, _Resource(position))
    find = router.find
    find("/")

    def ask(path: str, method: str) -> Optional[Answer]:
        found = find(path)
        if found is None:
            return None
        assert method in found[1]
        return Answer(found[0].position, found[2])

    statement = "found = find(path)\nif found is not None: found[1][method]"
    return Contender(statement, {"find": find}, ask)


def sanic(size: int) -> Contender:
    """sanic-routing, which writes Python source for its tree."""
    package = importlib.import_module("sanic_routing")

    class Router(package.BaseRouter):  # type: ignore[name-defined,misc]
        DEFAULT_METHOD = "GET"
        ALLOWED_METHODS = ("GET",)

        def get(self, path: str, method: str) -> Any:
            return self.resolve(path, method=method)

    router = Router()
    for position, route in enumerate(routes(size)):
        path = route.path.replace("{", "<").replace("}", ">")
        router.add(path, make_marker(position), methods=["GET"])
    router.finalize()
    missing = importlib.import_module("sanic_routing.exceptions").NotFound
    resolve = router.resolve

    def ask(path: str, method: str) -> Optional[Answer]:
        try:
            _, handler, parameters = resolve(path, method=method)
        except missing:
            return None
        return Answer(_position(handler), parameters)

    statement = "try: resolve(path, method=method)\nexcept missing: pass"
    return Contender(statement, {"resolve": resolve, "missing": missing}, ask)


def make_marker(position: int) -> Callable[[], None]:
    """A function that can be told from the others."""

    def marker() -> None:
        """Never called."""

    marker.position = position  # type: ignore[attr-defined]
    return marker


def werkzeug(size: int) -> Contender:
    """Werkzeug's map, bound to a host as Flask binds it for each request (not measured)."""
    package = importlib.import_module("werkzeug.routing")
    missing = importlib.import_module("werkzeug.exceptions").NotFound
    rules = [
        package.Rule(
            route.path.replace("{", "<").replace("}", ">"), endpoint=position, methods=["GET"]
        )
        for position, route in enumerate(routes(size))
    ]
    adapter = package.Map(rules).bind("localhost")
    match = adapter.match

    def ask(path: str, method: str) -> Optional[Answer]:
        try:
            return Answer(*match(path, method))
        except missing:
            return None

    statement = "try: match(path, method)\nexcept missing: pass"
    return Contender(statement, {"match": match, "missing": missing}, ask)


def starlette(size: int) -> Contender:
    """Starlette's routes, asked one after the other as its router does."""
    package = importlib.import_module("starlette.routing")
    full = package.Match.FULL
    table = []
    for position, route in enumerate(routes(size)):
        table.append(package.Route(route.path, make_marker(position), methods=["GET"]))

    def find(path: str, method: str) -> Any:
        scope = {"type": "http", "path": path, "method": method, "headers": []}
        for route in table:
            match, found = route.matches(scope)
            if match is full:
                return found
        return None

    def ask(path: str, method: str) -> Optional[Answer]:
        found = find(path, method)
        if found is None:
            return None
        return Answer(_position(found["endpoint"]), found["path_params"])

    return Contender("find(path, method)", {"find": find}, ask)


FRAMEWORK = "CovetPy"
KINDS = (
    Kind(FRAMEWORK, "RouteMatch", framework),
    Kind("generated", "(id, parameters)", match_route("generated")),
    Kind("generated, id", "id", match_id("generated")),
    Kind("generated, installed", "RouteMatch", installed("generated")),
    Kind("native", "(id, parameters)", match_route("native")),
    Kind("native, id", "id", match_id("native")),
    Kind("native, installed", "RouteMatch", installed("native")),
    Kind("pure", "(id, parameters)", match_route("pure")),
    Kind("ffroute", "index; method not looked at", ffroute),
    Kind("falcon", "resource, methods, parameters as text", falcon),
    Kind("sanic-routing", "route, handler, parameters as text", sanic),
    Kind("werkzeug", "endpoint, parameters as text", werkzeug),
    Kind("starlette", "scope, parameters as text", starlette),
)


def make(kind: Kind, size: int) -> Contender:
    """Give a contender its table. Raises `Unavailable`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return kind.make(size)
    except ImportError as error:
        raise Unavailable(str(error)) from error


def version(name: str) -> Optional[str]:
    """The version of an installed distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
