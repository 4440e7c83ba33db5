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
        return _class(annotation)
    return _named(annotation)


def _class(cls: type) -> str:
    module = module_name(cls.__module__)
    if module == "builtins" or module in _TYPING:
        return cls.__qualname__
    return f"{_MOVED.get(module, module)}:{cls.__qualname__}"


def _generic(annotation: Any, origin: Any) -> str:
    arguments = typing.get_args(annotation)
    if origin in _UNIONS:
        return _union(arguments)
    if origin is typing.Annotated:
        return render(arguments[0])
    if origin is typing.Literal:
        return f"Literal[{', '.join(_literal(value) for value in arguments)}]"
    name = _class(origin) if isinstance(origin, type) else _named(origin)
    if arguments == ((),) or (not arguments and hasattr(annotation, "__args__")):
        return f"{name}[()]"  # Tuple[()], which Python 3.11 began to write without the inner ()
    if not arguments:
        return name  # a bare List
    return f"{name}{_list(arguments)}"


def _list(annotations: typing.Iterable[Any]) -> str:
    return f"[{', '.join(render(each) for each in annotations)}]"


def _union(members: tuple[Any, ...]) -> str:
    """Members by name, None last: typing's own order depends on which union was made first."""
    names = sorted({render(member) for member in members})
    if "None" in names:
        names.remove("None")
        names.append("None")
    return " | ".join(names)


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
    return f"<{_class(kind)}>"
