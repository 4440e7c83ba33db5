"""The declared types of app_models.py in the forms that other libraries want.

Each is made of the same annotations, so that nobody is given another type than anybody else.
"""

from __future__ import annotations

import importlib
import typing
from collections.abc import Callable
from dataclasses import make_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

# Makes a class of a name and its fields.
MakeClass = Callable[[str, dict[str, Any]], type]


def declared(shape: str) -> Any:
    """What the route of a shape says that it answers."""
    handler = getattr(importlib.import_module("app_models"), f"get_{shape}")
    return get_type_hints(handler)["return"]


def struct(shape: str) -> Any:
    """The type of a shape, of msgspec Structs."""
    defstruct = importlib.import_module("msgspec").defstruct
    return _rebuild(declared(shape), lambda name, fields: defstruct(name, fields.items()), {})


def model(shape: str) -> Any:
    """The type of a shape, of pydantic models."""
    create_model = importlib.import_module("pydantic").create_model

    def make(name: str, fields: dict[str, Any]) -> type:
        made: type = create_model(name, **{field: (each, ...) for field, each in fields.items()})
        return made

    return _rebuild(declared(shape), make, {})


def dataclass(shape: str) -> Any:
    """The type of a shape, of dataclasses."""
    return _rebuild(declared(shape), lambda name, fields: make_dataclass(name, fields.items()), {})


def _rebuild(annotation: Any, make: MakeClass, made: dict[Any, type]) -> Any:
    """The annotation with a class in the place of each TypedDict. `made` are those so far."""
    if typing.is_typeddict(annotation):
        if annotation not in made:
            hints = get_type_hints(annotation).items()
            fields = {name: _rebuild(each, make, made) for name, each in hints}
            made[annotation] = make(annotation.__name__, fields)
        return made[annotation]
    origin = get_origin(annotation)
    if origin is None or origin is Literal:
        return annotation
    arguments = tuple(_rebuild(each, make, made) for each in get_args(annotation))
    return Union[arguments] if origin is Union else origin[arguments]
