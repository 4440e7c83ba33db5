"""Requests of CovetPy's that are filled in when somebody looks.

The framework makes a `Request` for every call of a handler, which most handlers hardly look at. Its
attributes are slots, and ``__getattr__`` is called for a slot exactly when nothing is in it: so a
subclass whose instances are made without ``__init__`` can put what ``__init__`` would have put
there at the first look.
"""

from __future__ import annotations

import json as standard
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

SOURCE = "_covet_exchange"

# What `Request.__init__` sets to the same objects for every request of an ASGI server.
CONSTANTS: dict[str, Any] = {
    "server_name": "",
    "server_port": 80,
    "remote_addr": "",
    "_body": None,
    "_url_parts": None,
    "_query": None,
    "_form_cache": None,
    "_json_cache": None,
    "_cookies_cache": None,
    "_request_id": None,
    "_raw_data": None,
    "_parse_state": None,
    "_buffer_pool": None,
}


def make_class(app: Any, http: ModuleType, read: Callable[[bytes], Any]) -> type:
    """The class of the requests of `app`. `http` is the framework's module of requests, `read` is
    `json_loads`.

    An instance has `CONSTANTS` in its slots and, as its attribute `SOURCE`, the exchange that it
    stands for.
    """
    base: Any = http.Request
    attributes = {
        "scope": lambda exchange: exchange.scope,
        "_receive": lambda exchange: _receive(app, exchange),
        "method": lambda exchange: exchange.method,
        "url": lambda exchange: exchange.scope["path"],
        "_path": lambda exchange: exchange.scope["path"],
        "_query_string": lambda exchange: exchange.scope["query_string"].decode("latin1"),
        "scheme": lambda exchange: exchange.scope["scheme"],
        "headers": lambda exchange: http._LazyASGIHeaders(exchange.scope["headers"]),
        "path_params": lambda exchange: _path_params(exchange, base),
        "context": lambda exchange: {},
    }
    find: Callable[[str], Any] = attributes.get
    read_from_scope = ("method", "url", "_path", "_query_string", "scheme", "headers")
    is_as_known = _reading(http)
    limit = _limit(app)

    class Request(base):  # type: ignore[misc]
        __slots__ = (SOURCE,)
        # The framework's.
        _json_cache: Any

        def __getattr__(self, name: str) -> Any:
            value_of = find(name)
            exchange = None if value_of is None else getattr(self, SOURCE, None)
            if value_of is None or exchange is None:
                cls = type(self).__name__
                raise AttributeError(f"{cls!r} object has no attribute {name!r}")
            if name == "scope":
                # Whoever has the scope may change it, which does not change the request.
                fill(self, read_from_scope)
            value = value_of(exchange)
            setattr(self, name, value)
            return value

        def __delattr__(self, name: str) -> None:
            if name in attributes and hasattr(self, SOURCE):
                # What is deleted is not to be filled in again.
                fill(self, attributes)
                super().__delattr__(SOURCE)
            super().__delattr__(name)

        async def json(self) -> Any:
            if self._json_cache is not None or self._body is not None or not is_as_known():
                return await super().json()
            # Nobody has begun to read the body: then it may be read in one go.
            exchange = getattr(self, SOURCE, None)
            value = NotImplemented if exchange is None else exchange.json(self, limit)
            if value is NotImplemented:
                return await super().json()
            if value is ...:  # there is more to come
                body = await _body(self)
                value = {} if not body else read(body) if is_as_known() else _read(body)
            self._json_cache = value
            return value

    def fill(request: Any, names: Iterable[str]) -> None:
        for name in names:
            getattr(request, name)

    Request.__module__ = base.__module__
    Request.__qualname__ = base.__qualname__
    Request.__doc__ = base.__doc__
    for attribute in ("__module__", "__qualname__", "__doc__"):
        setattr(Request.json, attribute, getattr(base.json, attribute))
    return Request


def _limit(app: Any) -> int:
    """How many bytes a body may have. What cannot be compared in Rust is left to the framework, as
    is each body that is not empty then."""
    size = app.max_body_size
    if type(size) is not int:
        return 0
    return min(size, sys.maxsize) if size > 0 else sys.maxsize


def _reading(http: ModuleType) -> Callable[[], bool]:
    """Whether requests are read as JSON by the framework's own method and the standard library's
    own function, as a question to be asked each time."""
    request: Any = http.Request
    own, loads = request.json, standard.loads
    is_known = (
        getattr(own, "__globals__", None) is vars(http)
        and own.__code__.co_name == "json"
        and getattr(loads, "__globals__", None) is vars(standard)
        and loads.__code__.co_name == "loads"
    )
    modules = sys.modules
    return lambda: (
        is_known
        and request.json is own
        and standard.loads is loads
        and modules.get("json") is standard
        and not http._RUST_JSON_AVAILABLE  # which it would ask first
    )


def fits(http: ModuleType) -> bool:
    """Whether the framework's requests have the slots that are known here, with these values."""

    async def receive() -> None: ...

    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/a b",
        "query_string": b"c=d",
        "scheme": "https",
        "headers": [(b"a", b"b")],
    }
    request = http.Request(scope=scope, receive=receive)
    expected = {
        **CONSTANTS,
        "scope": scope,
        "_receive": receive,
        "method": "PUT",
        "url": "/a b",
        "_path": "/a b",
        "_query_string": "c=d",
        "scheme": "https",
        "path_params": http.Request._EMPTY_DICT,
        "context": {},
    }
    slots = set(http.Request.__slots__)
    return (
        slots == {*expected, "headers"}
        and all(getattr(request, name) == value for name, value in expected.items())
        and type(request.headers) is http._LazyASGIHeaders
        and dict(request.headers) == {"a": "b"}
        and not hasattr(request, "__dict__")
        and not hasattr(request, "set_cookies")
        and "__getattr__" not in vars(http.Request)
    )


def _receive(app: Any, exchange: Any) -> Any:
    receive = exchange.receive
    # The framework does not limit the bodies of these methods.
    if app.max_body_size > 0 and exchange.method not in ("GET", "HEAD", "OPTIONS"):
        return app._size_limited_receive(receive)
    return receive


async def _body(request: Any) -> bytes:
    """All of a body, as the framework's `Request.json` receives it."""
    parts = []
    while True:
        message = await request._receive()
        if message["type"] == "http.request":
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        elif message["type"] == "http.disconnect":
            break
    return b"".join(parts)


def _read(body: bytes) -> Any:
    """What that does with it. Somebody may have put another function into the module."""
    return standard.loads(body.decode("utf-8"))


def _path_params(exchange: Any, base: Any) -> Any:
    params = exchange.path_params()
    return base._EMPTY_DICT if params is None else params
