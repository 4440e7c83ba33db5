"""Facts about a handler that can be read without calling it.

An app of 5,000 routes is read at each start-up, so plain functions, which nearly all handlers are,
take a short way through their code object. Everything else takes the long way with `inspect`.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import sys
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any, Optional

from covet_runtime import bytecode
from covet_runtime.diagnostics import Location, printable

Handler = Callable[..., Any]


def reference(thing: Any) -> str:
    """``module:qualname`` of a function or class, of the class of any other object.

    A partial object is known by the function it calls.
    """
    while type(thing) is functools.partial:
        thing = thing.func
    name = getattr(thing, "__qualname__", None)
    if not isinstance(name, str):
        thing = type(thing)
        name = thing.__qualname__
    module = getattr(thing, "__module__", None)
    if not isinstance(module, str):
        module = type(thing).__module__
    text = f"{module_name(module)}:{name}"
    return text if text.isascii() else printable(text)


def module_name(module: str) -> str:
    """The name under which `module` is imported, also while it runs as ``__main__``.

    So ``python app.py`` and ``uvicorn app:app`` see the same app, and so do the processes that
    `multiprocessing` spawns, where the main file runs as ``__mp_main__``.
    """
    return _name_of_main() if module in ("__main__", "__mp_main__") else module


def _name_of_main() -> str:
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if file else "__main__"


def function_of(handler: Any) -> Optional[FunctionType]:
    """The Python function that runs when `handler` is called, None when there is no exact answer.

    Decorators are not looked through: their ``__wrapped__`` is what they were made from, not
    what they do.
    """
    while type(handler) is functools.partial:
        handler = handler.func
    if type(handler) is MethodType:
        handler = handler.__func__
    return handler if type(handler) is FunctionType else None


# A function with one of these may have another signature than its code says.
_SIGNATURE_OVERRIDES = ("__wrapped__", "__signature__", "_partialmethod", "__partialmethod__")


def parameters(handler: Handler) -> list[str]:
    """Names of the parameters after the first, as ``inspect.signature`` orders them.

    Raises what ``inspect.signature`` raises: ValueError or TypeError, or whatever an object of
    the user's makes of it.
    """
    if type(handler) is FunctionType and not overrides_signature(handler):
        return _parameters_of_code(handler.__code__)[1:]
    return list(inspect.signature(handler).parameters)[1:]


def overrides_signature(function: FunctionType) -> bool:
    """Whether `inspect.signature` of a function may be another than its code has."""
    attributes = function.__dict__
    return bool(attributes) and any(name in attributes for name in _SIGNATURE_OVERRIDES)


def _parameters_of_code(code: CodeType) -> list[str]:
    """All parameters. The code lists ``*args`` behind the keyword-only ones, a signature before."""
    positional, keyword = code.co_argcount, code.co_kwonlyargcount
    names = list(code.co_varnames[: positional + keyword])
    end = len(names)
    if code.co_flags & inspect.CO_VARARGS:
        names.insert(positional, code.co_varnames[end])
        end += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        names.append(code.co_varnames[end])
    return names


def is_coroutine_function(handler: Handler) -> bool:
    """`asyncio.iscoroutinefunction`, in short for plain functions."""
    if type(handler) is FunctionType and handler.__code__.co_flags & inspect.CO_COROUTINE:
        return True
    return asyncio.iscoroutinefunction(handler)


def suspends(handler: Handler) -> bool:
    """Whether a coroutine function can suspend. True when that cannot be seen."""
    function = function_of(handler)
    if function is None or not function.__code__.co_flags & inspect.CO_COROUTINE:
        return True
    return bytecode.suspends(function.__code__)


def header_names(handler: Handler) -> list[str]:
    """Header names that a plain function visibly reads from its request, in lower case, sorted."""
    if type(handler) is not FunctionType:
        return []
    return sorted(bytecode.headers_read(handler.__code__))


def location(handler: Handler) -> Optional[Location]:
    """Where the user wrote the handler, seen through decorators. None when it is not Python."""
    try:
        origin = inspect.unwrap(handler)
    except ValueError:  # a chain of __wrapped__ that bites its tail
        origin = handler
    if function_of(origin) is None:
        origin = type(origin).__call__ if callable(origin) else None
    function = function_of(origin)
    if function is None:
        return None
    code = function.__code__
    name = getattr(handler, "__qualname__", function.__qualname__)
    return Location(os.path.abspath(code.co_filename), code.co_firstlineno, str(name))
