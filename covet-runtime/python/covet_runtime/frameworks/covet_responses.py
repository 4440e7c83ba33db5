"""Answering the requests of a CovetPy app with serializers that know its routes.

The framework's ``_handle_http`` finds the handler of a request, calls it and sends what it
returns. `put` sets another one on the app. It takes the same steps in the same order by the
framework's own means, which it looks up on the app and in the framework's module at the time of
use, but for two: a dict or a list is written by the serializer of the handler's route, and the
body of a 404 by the generic one. Both write what the framework would, in less time.

The rest is as CovetPy 0.1.0b6 has it:

* Static routes are found in ``_dispatch_table``, which is made at the first request and goes
  stale when ``router.add_route`` is used directly.
* The table, the router and the body of a 404 are outside what a 500 is made of: their exceptions
  leave the app.
* A size limit is put around ``receive`` before the handler runs, and takes effect when it reads.
* A request is answered by what the app is by then: with cookies when something set them.

With the compat flag `model_responses` there is one more: a dataclass, a msgspec Struct or a
pydantic model is written as JSON, too, alone and within a dict or a list.

What cannot be told apart from the framework's is left to it: every request while ``app.debug`` is
set, because the answer to an error then shows the framework's own frames, unless there is that
flag; and every result as soon as somebody has replaced what would write it. Who does that before
`put` is told by its answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any, Optional

from covet_runtime import _loader, compat, plain
from covet_runtime import json as pure
from covet_runtime import table as tables
from covet_runtime.frameworks.interface import Export

Serializer = Callable[[object], bytes]

_APP_MODULE = "covet.core.app"
# The version whose steps are taken here. Another may take others.
VERSION = "0.1.0b6"

# Where the state lives: on the app, so that it dies with it.
_STATE = "_covet_runtime"
_HANDLE = "_handle_http"
_COPY = "__getstate__"

# The framework does not limit the bodies of these.
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")


def put(app: Any, export: Export, table: Any) -> Optional[str]:
    """Let `app` answer with the serializers of `table`, which is the `RouteTable` of its `export`.

    Returns None, or why that is left to the framework: then the app is as it was before the first
    `put`. Never raises, since an app works without it.
    """
    remove(app)
    try:
        core = sys.modules[_APP_MODULE]
        obstacle = _obstacle(app, core)
        if obstacle is None:
            assert export.table is not None
            models = compat.MODEL_RESPONSES in export.table.compat
            _Serving(app, core, _serializers(export, table, models), models).put()
    except Exception as error:  # of ours, or of whatever somebody has made of the app
        remove(app)
        obstacle = f"{type(error).__name__}: {error}"
    return obstacle


def obstacle(app: Any) -> Optional[str]:
    """Why the answers of `app` would be left to the framework, None when they would not."""
    serving: Optional[_Serving] = getattr(app, _STATE, None)
    if serving is not None and serving.is_there():
        return None
    try:
        return _obstacle(app, sys.modules[_APP_MODULE])
    except Exception as error:  # of whatever somebody has made of the app
        return f"{type(error).__name__}: {error}"


def remove(app: Any) -> None:
    """Undo `put`, as far as it is still there."""
    serving: Optional[_Serving] = getattr(app, _STATE, None)
    if serving is not None:
        serving.remove()


def _serializers(export: Export, table: Any, models: bool) -> dict[int, Serializer]:
    """The serializers by the id of a handler, which the table of the app keeps alive.

    All routes of a handler answer with the same type. What is counted goes to the first of them.
    """
    assert export.table is not None
    found: dict[int, Serializer] = {}
    for endpoint, (_, method) in enumerate(tables.endpoints(export.table)):
        handler = export.handlers[endpoint]
        if id(handler) not in found and method != "WEBSOCKET":
            found[id(handler)] = table.serializer(endpoint, models=models)
    return found


def _obstacle(app: Any, core: ModuleType) -> Optional[str]:
    """What there is to be left to the framework."""
    version = sys.modules["covet"].__version__
    if version != VERSION:
        return f"CovetPy {version} may answer in other ways than {VERSION}"
    for name in (_HANDLE, "_send_result"):
        if not _is_own(getattr(type(app), name), core, name):
            return f"Covet.{name} was replaced"
    for name in (_HANDLE, "_send_result", _COPY):
        if _has_own(app, name):
            return f"the app has a {name} of its own"
    if getattr(core, "_json_encoder", None) is not None:
        return f"another encoder, {_APP_MODULE}._json_encoder, writes JSON"
    for name, home, original in (
        ("_fast_json_bytes", core, "_fast_json_bytes"),
        ("_json_dumps", json, "dumps"),
    ):
        if not _is_own(getattr(core, name), home, original):
            return f"{_APP_MODULE}.{name} was replaced"
    return None


def _is_own(function: object, module: ModuleType, name: str) -> bool:
    """Whether a function is the one that its module has in its source.

    By its code and its globals: `functools.wraps` gives other functions its name.
    """
    return (
        type(function) is FunctionType
        and function.__globals__ is vars(module)
        and function.__code__.co_name == name
    )


def _has_own(app: Any, name: str) -> bool:
    """Whether the app has a method that is not that of its class."""
    method = getattr(type(app), name, None)
    return bool(getattr(app, name, None) != (method and method.__get__(app)))


class _Serving:
    """What is put on one app. Lives in the attribute `_STATE` of the app.

    Nothing here asks for the app's ``__dict__`` while it serves: CPython 3.11 and 3.12 find the
    attributes of an object that has been asked for it more slowly, at a few percent of a request.
    """

    def __init__(
        self, app: Any, core: ModuleType, serializers: Mapping[int, Serializer], models: bool
    ) -> None:
        self._app = app
        native = _loader.available().module
        generic: Serializer = getattr(native, "json_dumps_bytes", pure.json_dumps_bytes)
        function, self._retire = _make_handle_http(app, core, serializers, generic, models)
        # A method, of which a copy belongs to the copy of its app. Middleware holds it, too.
        self._handle_http = MethodType(function, app)

    def put(self) -> None:
        for name, ours in self._attributes():
            setattr(self._app, name, ours)
        self._hand_to_middleware(self._handle_http)

    def is_there(self) -> bool:
        """Whether the app answers with this one."""
        return bool(getattr(self._app, _HANDLE, None) == self._handle_http)

    def remove(self) -> None:
        # Whoever has kept the method gets the framework's answers through it.
        self._retire()
        for name, ours in self._attributes():
            # Somebody's patch stays.
            if getattr(self._app, name, None) == ours:
                delattr(self._app, name)
        self._hand_to_middleware(getattr(type(self._app), _HANDLE).__get__(self._app))

    def _attributes(self) -> tuple[tuple[str, Any], ...]:
        return (
            (_STATE, self),
            (_COPY, self._state_to_copy),
            (_HANDLE, self._handle_http),
        )

    def _state_to_copy(self) -> dict[str, Any]:
        """``__getstate__`` of the app: a copy, or a pickle, answers as the framework does."""
        attributes = dict(vars(self._app))
        for name, ours in self._attributes():
            if attributes.get(name) == ours:
                del attributes[name]
        return attributes

    def _hand_to_middleware(self, method: Callable[..., Any]) -> None:
        """Let the innermost middleware call `method`.

        The framework keeps the chain, with the method in it. To have it built again would undo
        what others have done to it since.
        """
        for middleware in self._app._middleware:
            inner = getattr(middleware, "app", None)
            if isinstance(inner, MethodType) and inner.__self__ is self._app:
                function = inner.__func__
                if function is getattr(type(self._app), _HANDLE) or hasattr(function, _STATE):
                    middleware.app = method


def _make_handle_http(
    app: Any,
    core: ModuleType,
    serializers: Mapping[int, Serializer],
    generic: Serializer,
    models: bool,
) -> tuple[Callable[..., Any], Callable[[], None]]:
    """``_handle_http`` for one app, and what makes it leave everything to the framework."""
    owner = app
    framework_handle = type(app)._handle_http
    framework_send = MethodType(type(app)._send_result, app)
    framework_write = core._fast_json_bytes
    # No `_Serving` here and none of its methods: the function is what middleware keeps.
    serializer_of = serializers.get
    unknown: Serializer = plain.json_dumps_models if models else generic

    async def _handle_http(self: Any, scope: Any, receive: Any, send: Any) -> None:
        if (
            self is not owner  # retired, or a copy of the app
            or (self.debug and not models)
            or self.__class__._handle_http is not framework_handle
        ):
            await self.__class__._handle_http(self, scope, receive, send)
            return
        path = scope["path"]
        method = scope["method"]
        dispatch = self._dispatch_table
        if dispatch is None:
            self._compile_dispatch()
            dispatch = self._dispatch_table
        entry = None if dispatch is None else dispatch.get((path, method))
        match = None
        if entry is not None:
            handler, is_coroutine = entry
        else:
            match = self.router.match_route(path, method)
            if not match:
                write = core._fast_json_bytes
                if write is framework_write:
                    write = generic
                body = write({"error": "Not Found", "path": path})
                await self._send_raw(404, core._CT_JSON, body, send)
                return
        try:
            if self.max_body_size > 0 and method not in _WITHOUT_BODY:
                receive = self._size_limited_receive(receive)
            request = core.Request(scope=scope, receive=receive)
            if match is None:
                result = handler(request)
            else:
                request.path_params = match.params
                handler = match.handler
                # The framework has noted these two on what it registered by itself.
                names = getattr(handler, "_covet_param_names", None)
                if names is None:
                    names = list(core.inspect.signature(handler).parameters)[1:]
                is_coroutine = getattr(handler, "_covet_is_coroutine", None)
                if is_coroutine is None:
                    is_coroutine = core.asyncio.iscoroutinefunction(handler)
                if names and match.params:
                    arguments = [request]
                    values = match.params
                    for name in names:
                        if name in values:
                            arguments.append(values[name])
                    result = handler(*arguments)
                else:
                    result = handler(request)
            if is_coroutine:
                result = await result
            kind = type(result)
            # What handlers return most besides, told from containers faster than by `isinstance`.
            # By identity: a metaclass may have an `__eq__` of its own, and no `__hash__`.
            is_plain = kind is str or kind is bytes or result is None
            if hasattr(request, "set_cookies") and request.set_cookies:
                if models:
                    result = plain.plain(result)
                await self._send_result_with_cookies(result, request.set_cookies, send)
            elif (
                (kind is dict or kind is list or (not is_plain and _is_json(result, core)))
                and core._fast_json_bytes is framework_write
                and self._send_result == framework_send
            ) or (models and not is_plain and _is_model(kind, core)):
                body = serializer_of(id(handler), unknown)(result)
                await self._send_raw(200, core._CT_JSON, body, send)
            else:
                await self._send_result(result, send)
        except core._RequestEntityTooLarge as error:
            await self._send_413(error.max_size, send)
        except Exception as error:
            core.logger.error(f"Error handling request: {error}", exc_info=True)
            await self._send_error(error, send)

    def retire() -> None:
        nonlocal owner
        owner = None

    setattr(_handle_http, _STATE, True)
    return _handle_http, retire


def _is_model(kind: type, core: ModuleType) -> bool:
    """Whether results of a class are written as JSON because of its fields."""
    return plain.fields_of(kind) is not None and not issubclass(kind, core.Response)


def _is_json(result: object, core: ModuleType) -> bool:
    """Whether the framework sends as JSON what is not exactly a dict or a list."""
    return isinstance(result, (dict, list)) and not isinstance(result, core.Response)
