"""Which routes of an app are answered without asking the app, and why others are not.

The way from a request to the handler of a route and back is the framework's, and what stands on it
is looked at here, once: middleware, debug mode, methods that somebody has replaced. What may change
later is listed, and looked at again for each request by the native tier, which leaves a request to
the app as soon as something is not as it was.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from .. import frameworks, installation, pattern
from .. import table as tables
from . import request as requests

if TYPE_CHECKING:
    from .facts import Server

Send = Callable[[Any], Awaitable[None]]

_APP_MODULE = "covet.core.app"
_HTTP_MODULE = "covet.core.http"

# What of the app decides how a request is answered, and changes in the life of an app.
_WATCHED = ("_middleware_chain", "debug", "_handle_http", "router", "max_body_size")
# Methods that are on the way, in the framework's own order. None of them may be replaced.
_METHODS = (
    "__call__",
    "_size_limited_receive",
    "_send_result",
    "_send_raw",
    "_send_response",
    "_send_413",
    "_send_error",
)
# What of the framework's module is on the way.
_GLOBALS = (
    "Request",
    "_fast_json_bytes",
    "_CT_JSON",
    "_CT_TEXT",
    "_CT_OCTET",
    "_SECURITY_HEADERS_BYTES",
)


@dataclass(frozen=True)
class Decision:
    """How the requests for an app are answered.

    `reason` says why the app is asked about all of them, and is None when it is not. Otherwise
    `reasons` says it for single endpoints, by their ids.
    """

    reason: Optional[str]
    reasons: dict[int, str]
    plans: Optional[Any] = None


def decide(server: Server, module: Any) -> Decision:
    """The plans for the app of a server, objects of `module`, a native tier's."""
    try:
        return _decide(server, module)
    except Exception as error:  # of whatever somebody has made of the app
        return Decision(f"{type(error).__name__}: {error}", {})


def covet_app(server: Server) -> Optional[Any]:
    """The app of a server, if it is one that routes can be read from."""
    app = server.app
    if type(app) is ProxyHeadersMiddleware:
        app = app.app
    return app if frameworks.supports(app) else None


def _decide(server: Server, module: Any) -> Decision:
    app = covet_app(server)
    if app is None:
        return Decision("it is no app of a framework that is known", {})
    installed = installation.installed(app)
    if installed is None:
        return Decision("covet_runtime.install() has not been called for it", {})
    core, http = sys.modules[_APP_MODULE], sys.modules[_HTTP_MODULE]
    reason = _obstacle(server, app, installed, core, http)
    if reason is not None:
        return Decision(reason, {})
    handlers, reasons = _handlers(installed)
    attributes = vars(app)
    plans = module.Direct(
        app,
        installed.table,
        handlers,
        _values(app, installed, core),
        attributes,
        requests.make_class(app, http, module.json_loads),
        requests.CONSTANTS,
        [_head(core, kind) for kind in (core._CT_JSON, core._CT_TEXT, core._CT_OCTET)],
        server.app is not app,
    )
    return Decision(None, reasons, plans)


def _obstacle(server: Server, app: Any, installed: Any, core: Any, http: Any) -> Optional[str]:
    """What stands between a request and every handler."""
    attributes = vars(app)
    if app._middleware_chain:
        return "it has middleware"
    if app.debug:
        return "it is in debug mode"
    if installed.compat:
        return f"it departs from the framework: {', '.join(installed.compat)}"
    if installed.responses == installation.FRAMEWORK:
        return "its responses are left to the framework"
    if server.root_path:
        return "it has a root path"
    for name in _METHODS:
        method = getattr(type(app), name)
        is_own = getattr(method, "__globals__", None) is vars(core)
        if name in attributes or not is_own or method.__code__.co_name != name:
            return f"its method {name} was replaced"
    if not requests.fits(http) or core.Request is not http.Request:
        return "its requests are not those of CovetPy 0.1.0b6"
    if installed.table.regex_ids():
        return "some of its routes are left to Python's re"
    return None


def _handlers(installed: Any) -> tuple[list[Any], dict[int, str]]:
    """By endpoint: the handler, whether it is a coroutine function, the names of its parameters
    and its serializer."""
    table = installed.export.table
    handlers: list[Any] = []
    reasons: dict[int, str] = {}
    endpoints = [route for route in table.routes for _ in route.methods]
    for endpoint, route in enumerate(endpoints):
        if route.kind == tables.WEBSOCKET:
            handlers.append(None)
            reasons[endpoint] = "it is a WebSocket"
            continue
        names = [] if pattern.is_static(route.path) else list(route.parameters)
        handlers.append(
            (
                installed.export.handlers[endpoint],
                route.coroutine,
                names,
                installed.table.serializer(endpoint),
            )
        )
    return handlers, reasons


def _values(app: Any, installed: Any, core: Any) -> list[tuple[dict[str, Any], str, Any]]:
    """What has to stay as it is."""
    attributes, router = vars(app), vars(app.router)
    watched = [(attributes, name, attributes[name]) for name in _WATCHED]
    watched.append((router, "match_route", router["match_route"]))
    watched += [(vars(core), name, vars(core)[name]) for name in _GLOBALS]
    return watched


def _head(core: Any, content_type: bytes) -> list[tuple[bytes, Optional[bytes]]]:
    """The fields of a response, in the framework's order. The length is not known yet."""
    return [
        (b"content-type", content_type),
        (b"content-length", None),
        *core._SECURITY_HEADERS_BYTES,
    ]


async def send_result(app: Any, result: Any, send: Send) -> None:
    """Send what a handler has returned, as the framework does."""
    try:
        await app._send_result(result, send)
    except Exception as error:
        await _send_failure(app, error, send)


async def send_failure(app: Any, error: Exception, send: Send) -> None:
    """Answer an exception of a handler, as the framework does."""
    try:
        raise error
    except Exception:
        await _send_failure(app, error, send)


async def _send_failure(app: Any, error: Exception, send: Send) -> None:
    core = sys.modules[_APP_MODULE]
    if isinstance(error, core._RequestEntityTooLarge):
        await app._send_413(error.max_size, send)
        return
    core.logger.error(f"Error handling request: {error}", exc_info=True)
    await app._send_error(error, send)
