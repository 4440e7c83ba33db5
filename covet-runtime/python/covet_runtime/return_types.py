"""Return annotations as canonical text that does not depend on the Python version.

``Optional[int]`` and ``int | None`` give ``int | None``; ``List[int]`` and ``list[int]`` give
``list[int]``; a class outside of builtins is written ``module:qualname``; an annotation that is a
string stays as it was written. Nothing is evaluated.
"""

from __future__ import annotations

import enum
import json
import types
import typing
from typing import Any, Optional, Union

from covet_runtime.diagnostics import printable
from covet_runtime.handlers import Handler, function_of, module_name, reference

# `int | None` has a type of its own since Python 3.10.
_UNIONS = (Union, getattr(types, "UnionType", Union))
# `typing` and its backport hold the same names. Which one it is depends on the Python version.
_TYPING = ("typing", "typing_extensions")
# Where a standard class says it lives, when a version of Python says otherwise.
_MOVED = {"pathlib._local": "pathlib"}


def of(handler: Handler) -> Optional[str]:
    """The return annotation of `handler` as text, None when it has none."""
    function = function_of(handler)
    if function is None or "return" not in function.__annotations__:
        return None
    try:
        return printable(render(function.__annotations__["return"]))
    except Exception:  # an object of the user's that cannot be asked for its name
        return None


def render(annotation: Any) -> str:
    """One annotation as text."""
    if isinstance(annotation, str):
        return annotation
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is Ellipsis:
        return "..."
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    if isinstance(annotation, list):  # the parameters of a Callable
        return _list(annotation)
    # Generics come before classes: up to Python 3.10, `list[int]` passes for a class.
    origin = typing.get_origin(annotation)
    if origin is not None:
        return _generic(annotation, origin)
    if isinstance(annotation, type):
        specialised = made_of(annotation)
        if specialised is not None:
            return f"{class_name(specialised[0])}{_list(specialised[1])}"
        return class_name(annotation)
    return _named(annotation)


def class_name(cls: type) -> str:
    """A class as ``module:qualname``, without the module for builtins and what is in typing."""
    module = module_name(cls.__module__)
    if module == "builtins" or module in _TYPING:
        return cls.__qualname__
    return f"{_MOVED.get(module, module)}:{cls.__qualname__}"


def made_of(cls: type) -> Optional[tuple[type, tuple[Any, ...]]]:
    """The generic class and the arguments of a ``Page[User]`` that pydantic made a class of.

    Its name cannot be used: it has the arguments as this version of Python writes them.
    """
    parts = vars(cls).get("__pydantic_generic_metadata__")
    if not isinstance(parts, dict) or parts.get("origin") is None:
        return None
    return parts["origin"], parts["args"]


def form_of(thing: Any) -> Optional[str]:
    """The name of a special form of typing: ``Union``, ``Literal``, ``Annotated`` and so on."""
    if thing in _UNIONS:
        return "Union"
    if thing is typing.Annotated:  # a class, in many versions
        return "Annotated"
    # The classes of TypedDicts and protocols are in typing, too.
    if (thing if isinstance(thing, type) else type(thing)).__module__ not in _TYPING:
        return None
    name = getattr(thing, "_name", None) or getattr(thing, "__name__", None)
    return name if isinstance(name, str) else None


def is_new_type(thing: Any) -> bool:
    """Whether `thing` was made by ``NewType``, which was a function up to Python 3.9."""
    kind = type(thing)
    if kind is types.FunctionType:
        return hasattr(thing, "__supertype__")
    return kind.__name__ == "NewType" and kind.__module__ in _TYPING


def is_empty_tuple(annotation: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether a tuple type is ``tuple[()]`` and not a bare ``Tuple``, which has no arguments.

    Python 3.11 began to write ``Tuple[()]`` without the inner ``()``.
    """
    return arguments == ((),) or (not arguments and hasattr(annotation, "__args__"))


def in_order(members: typing.Iterable[str]) -> list[str]:
    """The members of a union, each once, sorted, None last.

    The order of typing depends on which union was made first.
    """
    return sorted(set(members), key=lambda member: (member == "None", member))


def _generic(annotation: Any, origin: Any) -> str:
    arguments = typing.get_args(annotation)
    form = form_of(origin)
    if form == "Union":
        return " | ".join(in_order(render(member) for member in arguments))
    if form == "Annotated":
        return render(arguments[0])
    if form == "Literal":
        return f"Literal[{', '.join(_literal(value) for value in arguments)}]"
    name = class_name(origin) if isinstance(origin, type) else _named(origin)
    if is_empty_tuple(annotation, arguments):
        return f"{name}[()]"
    if not arguments:
        return name  # a bare List
    return f"{name}{_list(arguments)}"


def _list(annotations: typing.Iterable[Any]) -> str:
    return f"[{', '.join(render(each) for each in annotations)}]"


def _literal(value: object) -> str:
    if isinstance(value, enum.Enum):
        return f"{reference(type(value))}.{value.name}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)  # an int, a bool, bytes or None


def _named(annotation: Any) -> str:
    """Special forms, type variables, aliases and whatever else users write.

    No repr: it may hold an address.
    """
    kind = type(annotation)
    name = getattr(annotation, "__name__", None) or getattr(annotation, "_name", None)
    if isinstance(name, str) and (kind.__module__ in _TYPING or callable(annotation)):
        return name
    return f"<{class_name(kind)}>"
