"""Requests of CovetPy's that are filled in when somebody looks.

The framework makes a `Request` for every call of a handler, which most handlers hardly look at. Its
attributes are slots, and ``__getattr__`` is called for a slot exactly when nothing is in it: so a
subclass whose instances are made without ``__init__`` can put what ``__init__`` would have put
there at the first look.
"""

from __future__ import annotations

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


def make_class(app: Any, http: ModuleType) -> type:
    """The class of the requests of `app`. `http` is the framework's module of requests.

    An instance has `CONSTANTS` in its slots and, as its attribute `SOURCE`, the exchange that it
    stands for.
    """
    base: Any = http.Request
    attributes = {
        "scope": lambda exchange: exchange.scope,
        "_receive": lambda exchange: _receive(app, exchange),
        "method": lambda exchange: exchange.scope["method"],
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

    class Request(base):  # type: ignore[misc]
        __slots__ = (SOURCE,)

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

    def fill(request: Any, names: Iterable[str]) -> None:
        for name in names:
            getattr(request, name)

    Request.__module__ = base.__module__
    Request.__qualname__ = base.__qualname__
    Request.__doc__ = base.__doc__
    return Request


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
    if app.max_body_size > 0 and exchange.scope["method"] not in ("GET", "HEAD", "OPTIONS"):
        return app._size_limited_receive(receive)
    return receive


def _path_params(exchange: Any, base: Any) -> Any:
    params = exchange.path_params()
    return base._EMPTY_DICT if params is None else params
