"""CovetPy apps.

Facts about CovetPy that this module rests on, as of 0.1.0b6:

* ``Covet`` is the only class whose routes end up in ``app.router``; ``CovetPy``, ``App``,
  ``CovetApp`` and ``Application`` are other names for it.
* ``app.router.static_routes`` maps path → method → handler, ``app.router.dynamic_routes`` lists
  objects with ``pattern``, ``handler`` and ``methods``. ``add_route`` upper-cases methods.
* The framework calls a handler by the parameter names it cached on it when it was registered, or
  else by its signature.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any, NamedTuple, Optional

from covet_runtime import diagnostics, handlers, models, pattern, return_types
from covet_runtime.diagnostics import Diagnostic
from covet_runtime.frameworks.interface import Export
from covet_runtime.handlers import Handler
from covet_runtime.table import HTTP, WEBSOCKET, Framework, Route, Table

_APP_MODULE = "covet.core.app"
_ROUTER_MODULE = "covet.core.routing"
_HTTP_MODULE = "covet.core.http"
_WEBSOCKET_METHODS = ["WEBSOCKET"]
_GROUP_WRAPPER = "RouteGroup.include_in_router.<locals>.wrapped_handler"

# Classes of the framework that users take for apps, and what to do with each.
_FOREIGN_APPS = {
    "CovetPyASGI": "declare the routes on a `covet.Covet()` instead: CovetPyASGI calls handlers "
    "and answers errors in other ways",
    "CovetASGI": "name the `covet.Covet()` app that it was made from",
    "RESTRouter": "declare the routes on a `covet.Covet()`: a RESTRouter does not put its routes "
    "into the app's router",
    "RESTFramework": "declare the routes on a `covet.Covet()`: a RESTFramework does not put its "
    "routes into the app's router",
    "GraphQLApp": "declare the routes on a `covet.Covet()` and call the GraphQL schema from them",
    "CovetRouter": "add it to an app with `app.include_router(router)` and name the app",
    "RouteGroup": "add it to an app with `group.include_in_router(app.router)` and name the app",
}
_ADD_ROUTE_CURE = "add routes with the app's decorators or `add_route` only"
_SUBCLASS_CURE = "use `covet.Covet()` itself: a subclass may route and answer in its own ways"

# The code and the cure of each way in which a path poisons the framework's whole table.
_POISONS = {
    "typed": (
        diagnostics.TYPED_CONVERTER,
        "write the capture without a converter and convert in the handler",
    ),
    "name": (
        diagnostics.INVALID_NAME,
        "name the capture with letters, digits and underscores only, not starting with a digit",
    ),
    "duplicate": (diagnostics.DUPLICATE_NAME, "give each capture of a path its own name"),
    "literal": (
        diagnostics.INVALID_LITERAL,
        "escape regular expression characters in the path with a backslash, or leave them out",
    ),
}


# What serves an app: CovetPy leaves it to uvicorn, and has a server of its own besides.
_SERVERS = {
    f"{_APP_MODULE}:Covet.run": "app.run()",
    "covet.core.http_server:run_server": "run_server()",
    "uvicorn:run": "uvicorn.run()",
    "uvicorn.main:run": "uvicorn.run()",
    "uvicorn.server:Server.run": "Server.run()",
    "uvicorn.server:Server.serve": "Server.serve()",
}


class _Entry(NamedTuple):
    """A route as the framework holds it."""

    dynamic: bool
    path: str
    methods: list[str]
    handler: Handler


class CovetExporter:
    """The exporter of CovetPy. See `covet_runtime.frameworks.interface.Exporter`."""

    def recognises(self, thing: object) -> bool:
        return _is_instance(thing, _APP_MODULE, "Covet") or _foreign_class(thing) is not None

    def supports(self, thing: object) -> bool:
        return _plain_class(type(thing)) is _class(_APP_MODULE, "Covet") is not None

    def servers(self) -> Mapping[str, str]:
        return _SERVERS

    def export(self, app: Any) -> Export:
        refusal = None if self.supports(app) else _refuse_class(app)
        refusal = refusal or _refuse_router(app.router)
        if refusal is not None:
            return Export.refused(refusal)
        try:
            refusal = _refuse_state(app.router)
            entries = [] if refusal else list(_entries(app.router))
        except Exception as error:  # whoever edits the tables by hand may put anything into them
            refusal = _refuse_tables(error)
        return Export.refused(refusal) if refusal else _export(app, entries)


def _export(app: Any, entries: list[_Entry]) -> Export:
    found = [*_check_app(app)]
    routes: list[Route] = []
    origins: list[Handler] = []
    responses = _responses(entries)
    for entry, response, remark in zip(entries, responses.types, responses.remarks):
        try:  # what is asked of a handler may be code of the user's
            origin, wrapper = _unwrap(entry.handler)
            problem = _check_entry(entry, origin)
            if problem is not None:
                found.append(problem)
                if problem.severity == diagnostics.ERROR:
                    continue
            routes.append(_route(entry, origin, wrapper, response))
            origins.append(origin)
            if remark is not None:
                found.append(_remark(entry, origin, remark))
        except Exception as error:
            found.append(_unreadable(entry, error))
    table = None
    if not diagnostics.has_errors(found):
        framework = Framework("covet", sys.modules["covet"].__version__)
        limit = _limit(app.max_body_size)
        table = Table(framework, limit, tuple(routes), models=responses.models)
    return Export(
        table=table,
        middleware=tuple(handlers.reference(each) for each in app._middleware),
        handlers=tuple(entry.handler for entry in entries for _ in entry.methods),
        origins=tuple(origins),
        diagnostics=tuple(found),
    )


def _entries(router: Any) -> Iterator[_Entry]:
    """All routes in the canonical order.

    Methods are sorted: their order within a route decides nothing, and may be that of a set, which
    changes from process to process. Methods of a static path that share a handler are one route.
    """
    for path, by_method in router.static_routes.items():
        entries: list[_Entry] = []
        for method, handler in sorted(by_method.items(), key=lambda item: item[0]):
            for entry in entries:
                if entry.handler is handler:
                    entry.methods.append(method)
                    break
            else:
                entries.append(_Entry(False, path, [method], handler))
        yield from entries
    for info in router.dynamic_routes:
        yield _Entry(True, info.pattern, sorted(set(info.methods)), info.handler)


def _responses(entries: list[_Entry]) -> models.Record:
    """What is known of the responses of all routes. Models get their names together."""
    plain = _class(_HTTP_MODULE, "Response")
    reader = models.Reader(() if plain is None else (plain,))
    return models.record([_response(entry, reader) for entry in entries])


def _response(entry: _Entry, reader: models.Reader) -> models.Response:
    if entry.methods == _WEBSOCKET_METHODS:
        return models.UNKNOWN
    try:
        origin, _ = _unwrap(entry.handler)
    except Exception:  # which the route is going to be refused for
        return models.UNKNOWN
    return reader.read(origin)


def _route(
    entry: _Entry, origin: Handler, wrapper: Optional[str], response: Optional[str]
) -> Route:
    kind = WEBSOCKET if entry.methods == _WEBSOCKET_METHODS else HTTP
    coroutine = _is_coroutine_function(entry.handler, kind)
    return Route(
        kind=kind,
        dynamic=entry.dynamic,
        path=entry.path,
        methods=tuple(entry.methods),
        handler=handlers.reference(origin),
        parameters=tuple(_parameters(entry)),
        coroutine=coroutine,
        suspends=coroutine and handlers.suspends(entry.handler),
        returns=return_types.of(origin),
        response=response,
        headers=tuple(handlers.header_names(origin)),
        wrapper=wrapper,
    )


def _parameters(entry: _Entry) -> list[str]:
    """The names that the framework looks path values up by.

    Static and WebSocket handlers get no path values, so there a missing signature is no matter.
    """
    cached = getattr(entry.handler, "_covet_param_names", None)
    if cached is not None:
        return [diagnostics.printable(str(name)) for name in cached]
    try:
        return handlers.parameters(entry.handler)
    except Exception as error:  # `__signature__` may be code of the user's
        if entry.dynamic and entry.methods != _WEBSOCKET_METHODS:
            raise ValueError(f"its signature cannot be read: {error}") from error
        return []


def _is_coroutine_function(handler: Handler, kind: str) -> bool:
    """What the framework goes by. It trusts its cached answer for HTTP only."""
    cached = getattr(handler, "_covet_is_coroutine", None)
    if kind == HTTP and cached is not None:
        return bool(cached)
    return handlers.is_coroutine_function(handler)


def _unwrap(handler: Any) -> tuple[Handler, Optional[str]]:
    """The user's handler and, when a RouteGroup with middleware wrapped it, the wrapper."""
    wrapper = None
    # By its code: `functools.wraps` gives other functions its name.
    while type(handler) is FunctionType and (
        handler.__qualname__ == _GROUP_WRAPPER and handler.__globals__["__name__"] == _ROUTER_MODULE
    ):
        wrapper = handlers.reference(handler)
        handler = (handler.__kwdefaults__ or {})["_h"]
    return handler, wrapper


def _class(module: str, name: str) -> Optional[type]:
    """A class of the framework, None while the framework is not imported."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls if isinstance(cls, type) else None


def _is_instance(thing: object, module: str, name: str) -> bool:
    cls = _class(module, name)
    return cls is not None and cls in type(thing).__mro__


def _plain_class(cls: type) -> type:
    """`cls` without what `covet_runtime.install` may have put over it."""
    while cls.__module__.partition(".")[0] == "covet_runtime" and cls.__base__ is not None:
        cls = cls.__base__
    return cls


def _foreign_class(thing: object) -> Optional[str]:
    """The name of the class in `_FOREIGN_APPS` that `thing` is an instance of."""
    for cls in type(thing).__mro__:
        if cls.__module__.partition(".")[0] == "covet" and cls.__name__ in _FOREIGN_APPS:
            return cls.__name__
    return None


def _refuse_class(app: object) -> Diagnostic:
    name = handlers.reference(type(app))
    foreign = _foreign_class(app)
    if foreign is None:
        message = f"the app is a {name}, a subclass of Covet"
        return diagnostics.error(diagnostics.FOREIGN_APP, message, _SUBCLASS_CURE)
    message = f"the app is a {name}, which cannot be compiled"
    return diagnostics.error(diagnostics.FOREIGN_APP, message, _FOREIGN_APPS[foreign])


def _refuse_router(router: object) -> Optional[Diagnostic]:
    if _plain_class(type(router)) is _class(_ROUTER_MODULE, "CovetRouter"):
        return None
    return diagnostics.error(
        diagnostics.FOREIGN_APP,
        f"the router of the app is a {handlers.reference(type(router))}",
        "leave `app.router` as `covet.Covet()` makes it",
    )


def _refuse_state(router: Any) -> Optional[Diagnostic]:
    """Refuses a router that was changed in other ways than by adding routes."""
    match_route = type(router).match_route
    if getattr(match_route, "__module__", None) != _ROUTER_MODULE:
        name = diagnostics.printable(handlers.reference(match_route))
        return diagnostics.error(
            diagnostics.FOREIGN_ROUTER,
            f"CovetRouter.match_route was replaced by {name}",
            "remove the patch: a compiled table would go past it",
        )
    for info in router.dynamic_routes:
        if not isinstance(info.methods, list):
            problem = f"has methods that are no list: {info.methods!r}"
        elif info.regex_pattern is not None and not _is_own_expression(info):
            problem = f"has an expression of its own: {info.regex_pattern.pattern!r}"
        elif info.regex_pattern is None and router._compiled:
            problem = "was put into `dynamic_routes` by hand, where the router overlooks it"
        else:
            continue
        return diagnostics.error(
            diagnostics.CONTRADICTION, f"route {info.pattern!r} {problem}", _ADD_ROUTE_CURE
        )
    return None


def _refuse_tables(error: Exception) -> Diagnostic:
    message = f"the tables of the router cannot be read: {type(error).__name__}: {error}"
    return diagnostics.error(diagnostics.CONTRADICTION, message, _ADD_ROUTE_CURE)


def _is_own_expression(info: Any) -> bool:
    """Whether a compiled route has the expression that the framework makes of its path."""
    own = pattern.source(info.pattern)
    if info.regex_pattern.pattern != own:
        return False
    # Nearly all have the flags of a plain text. A path may set others itself.
    flags = info.regex_pattern.flags
    return bool(flags == re.UNICODE or flags == re.compile(own).flags)


def _check_app(app: Any) -> Iterator[Diagnostic]:
    if getattr(app.router, "_rust_router", None) is not None:
        yield diagnostics.error(
            diagnostics.FOREIGN_ROUTER,
            "another Rust router (`covet._rust`) matches before CovetPy's own does",
            "uninstall the package that provides `covet._rust`",
        )
    if not isinstance(app.max_body_size, (int, float)):
        yield diagnostics.error(
            diagnostics.CONTRADICTION,
            f"max_body_size is {app.max_body_size!r}, which is not a number of bytes",
            "give an integer; 0 turns the limit off",
        )


def _limit(size: float) -> int:
    """`max_body_size` in whole bytes. What no body can reach, or is not above 0, is no limit: 0."""
    return int(size) if 0 < size < 2**63 else 0


def _check_entry(entry: _Entry, origin: Handler) -> Optional[Diagnostic]:
    """What is wrong or remarkable about the path and the methods of a route."""
    for text in (entry.path, *entry.methods):
        if not _is_text(text):
            return diagnostics.error(
                diagnostics.NOT_UNICODE,
                f"{_title(entry, origin)}: {text!a} is not Unicode text",
                "use paths and methods that can be encoded as UTF-8",
                handlers.location(origin),
            )
    if not callable(entry.handler):
        return diagnostics.error(
            diagnostics.CONTRADICTION,
            f"{_title(entry, origin)} has a handler that cannot be called",
            "register a function",
        )
    if entry.dynamic == pattern.is_static(entry.path):
        return diagnostics.error(
            diagnostics.CONTRADICTION,
            f"{_title(entry, origin)} is not in the table of the router where it belongs",
            _ADD_ROUTE_CURE,
            handlers.location(origin),
        )
    if not entry.dynamic or _is_plain(entry.path):
        return None
    return _check_pattern(entry, origin)


_PLAIN_PATH = re.compile(r"(?:[/A-Za-z0-9_~-]|\{[A-Za-z_][A-Za-z0-9_]*\})*")


def _is_plain(path: str) -> bool:
    """Whether a dynamic path is of the common kind that needs no closer look.

    `pattern.parse` would call it compiled. This is the same answer in a tenth of the time.
    """
    if not _PLAIN_PATH.fullmatch(path):
        return False
    names = [piece.partition("}")[0] for piece in path.split("{")[1:]]
    return len(names) == len(set(names))


def _is_text(text: object) -> bool:
    if not isinstance(text, str):
        return False
    return text.isascii() or diagnostics.printable(text) == text


def _check_pattern(entry: _Entry, origin: Handler) -> Optional[Diagnostic]:
    try:
        parsed = pattern.parse(entry.path)
    except pattern.Poisoned as poison:
        code, cure = _POISONS[poison.kind]
        return diagnostics.error(
            code,
            f"{_title(entry, origin)}: {poison.detail}; CovetPy fails on every dynamic request",
            cure,
            handlers.location(origin),
        )
    if not isinstance(parsed, pattern.Regex):
        return None
    return diagnostics.note(
        diagnostics.LEFT_TO_RE,
        f"{_title(entry, origin)} is left to Python's re: {parsed.reason}",
        "nothing has to be done; a path without such text is matched by the compiled tree",
        handlers.location(origin),
    )


def _remark(entry: _Entry, origin: Handler, remark: str) -> Diagnostic:
    return diagnostics.note(
        diagnostics.GENERIC_SERIALIZER,
        f"{_title(entry, origin)}: {remark}",
        "nothing has to be done; types that JSON has, and TypedDicts of them, are known",
        handlers.location(origin),
    )


def _unreadable(entry: _Entry, error: Exception) -> Diagnostic:
    try:
        origin, _ = _unwrap(entry.handler)
        title, where = _title(entry, origin), handlers.location(origin)
    except Exception:  # not even that can be asked
        title, where = _title(entry, type(entry.handler)), None
    return diagnostics.error(
        diagnostics.CONTRADICTION, f"{title}: {error}", "register a plain function", where
    )


def _title(entry: _Entry, origin: Handler) -> str:
    return f"route {entry.path!r} ({handlers.reference(origin)})"
