"""Whether handlers can take what the framework calls them with.

CovetPy passes the values of captures by position, in the order in which the signature names them.
So a value can arrive in another parameter than the one that is called like it, and a handler can
be impossible to call. Both are decided here by the handler's own code. Where a decorator stands in
between, whose code says nothing of the function within, nothing is said.

An app that starts up has no use for this; it is looked at when a table is exported.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator, Sequence
from types import FunctionType, MethodType
from typing import Any, NamedTuple, Optional

from covet_runtime import diagnostics, handlers, pattern
from covet_runtime.diagnostics import Diagnostic
from covet_runtime.frameworks.interface import Export
from covet_runtime.handlers import Handler
from covet_runtime.table import Route

_WEBSOCKET = "WEBSOCKET"
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

# What a WebSocket handler is called with. The names are for messages.
_WEBSOCKET_ARGUMENTS = ("scope", "receive", "send")


class _Call(NamedTuple):
    """How the framework calls a handler for some of its methods: what each argument is."""

    methods: list[str]
    arguments: Sequence[str]


def check(exported: Export) -> Iterator[Diagnostic]:
    """Warnings about the handlers of an app, in the order of its routes."""
    if exported.table is None:
        return
    endpoint = 0
    for route, origin in zip(exported.table.routes, exported.origins):
        first = endpoint
        endpoint += len(route.methods)
        if not route.methods:
            continue
        handler = exported.handlers[first]
        try:
            found = _check(route, handler, origin)
        except Exception:  # whatever an object of the user's makes of being looked at
            continue
        if found is not None:
            yield found


def _check(route: Route, handler: Handler, origin: Handler) -> Optional[Diagnostic]:
    callee = origin if route.wrapper is not None else handler
    parameters = _parameters(callee)
    if parameters is None:
        return None
    names = [each.name for each in parameters]
    for call in _calls(route):
        as_named = len(names) == len(call.arguments) and names[1:] == call.arguments[1:]
        if as_named and all(each.kind in _POSITIONAL for each in parameters):
            continue  # as nearly all are
        problem = _refusal(parameters, call, route)
        if problem is not None:
            return _never_called(route, origin, call, problem)
        if call.methods != [_WEBSOCKET]:
            wrong = _wrong_place(parameters, call)
            if wrong is not None:
                return _misplaced(route, origin, call, *wrong)
    return None


def _calls(route: Route) -> Iterator[_Call]:
    http = [method for method in route.methods if method != _WEBSOCKET]
    if http:
        captures = _captures(route.path) if route.dynamic else frozenset()
        passed = [name for name in route.parameters if name in captures]
        yield _Call(http, ["request", *passed])
    if len(http) < len(route.methods):
        yield _Call([_WEBSOCKET], _WEBSOCKET_ARGUMENTS)


def _captures(path: str) -> frozenset[str]:
    parsed = pattern.parse(path)
    if isinstance(parsed, pattern.Compiled):
        captures = (each for each in parsed.elements if isinstance(each, pattern.Capture))
        return frozenset(each.name for each in captures)
    # A static path has none.
    return frozenset(getattr(parsed, "expression", re.compile("")).groupindex)


def _parameters(handler: Any) -> Optional[list[inspect.Parameter]]:
    """The parameters that a call has to fit, None when they cannot be known for certain."""
    plain = handler
    while type(plain) is functools.partial:
        plain = plain.func
    if type(plain) is MethodType:
        plain = plain.__func__
    elif type(plain) is not FunctionType:
        plain = type(plain).__dict__.get("__call__")
    if type(plain) is not FunctionType or handlers.overrides_signature(plain):
        return None
    if getattr(handler, "__signature__", None) is not None:
        return None
    return list(inspect.signature(handler, follow_wrapped=False).parameters.values())


def _refusal(
    parameters: list[inspect.Parameter], call: _Call, route: Route
) -> Optional[tuple[str, str]]:
    """Why a call raises TypeError, and the cure. None when it does not."""
    try:
        inspect.Signature(parameters).bind(*call.arguments)
        return None
    except TypeError:
        pass
    given = call.arguments
    if call.methods == [_WEBSOCKET]:
        return (
            "a WebSocket handler is called with `scope`, `receive` and `send`",
            "let it take these three",
        )
    places = [each for each in parameters if each.kind in _POSITIONAL]
    if not places and not any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return "it takes no request", "let the request be its first parameter"
    keyword_only = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    for name in given[1:]:
        if name in keyword_only:
            return (
                f"values of captures are passed by position, and `{name}` takes none",
                f"write `{name}` before the `*`",
            )
    required = [
        each.name
        for number, each in enumerate(parameters)
        if each.default is each.empty
        and (each.kind is each.KEYWORD_ONLY or (each in places and number >= len(given)))
    ]
    if not required:
        return (
            f"it is called with {len(given)} arguments and takes {len(places)}",
            "let its parameters be the request and the captures of the path",
        )
    names = ", ".join(f"`{name}`" for name in required)
    if route.wrapper is not None and not given[1:]:
        return (
            f"a group with middleware passes no captures, and {names} has no default",
            "read `request.path_params` instead",
        )
    return (
        f"nothing gives it {names}: "
        + ("no capture of the path is called so" if route.dynamic else "the path has no captures"),
        f"give {names} a default, or "
        + ("name a capture of the path like it" if route.dynamic else "read it from the request"),
    )


def _wrong_place(parameters: list[inspect.Parameter], call: _Call) -> Optional[tuple[str, str]]:
    """The first capture whose value goes to another parameter, and that parameter."""
    places = [each.name for each in parameters if each.kind in _POSITIONAL]
    for name, place in zip(call.arguments[1:], places[1:]):
        if name != place:
            return name, place
    return None


def _misplaced(
    route: Route, origin: Handler, call: _Call, capture: str, parameter: str
) -> Diagnostic:
    return diagnostics.warning(
        diagnostics.MISPLACED,
        f"{_title(route, call, origin)}: the value of {{{capture}}} arrives in `{parameter}`, "
        "since values are passed by position",
        f"write `{parameter}` after the parameters that are captures"
        if route.wrapper is None
        else "read `request.path_params` instead",
        handlers.location(origin),
    )


def _never_called(
    route: Route, origin: Handler, call: _Call, problem: tuple[str, str]
) -> Diagnostic:
    cause, cure = problem
    outcome = "closes the connection" if call.methods == [_WEBSOCKET] else "is a 500"
    return diagnostics.warning(
        diagnostics.NEVER_CALLED,
        f"{_title(route, call, origin)}: every request {outcome}, because {cause}",
        cure,
        handlers.location(origin),
    )


def _title(route: Route, call: _Call, origin: Handler) -> str:
    title = f"route {route.path!r} ({handlers.reference(origin)})"
    if len(call.methods) == len(route.methods):
        return title
    return f"{', '.join(call.methods)} of {title}"
