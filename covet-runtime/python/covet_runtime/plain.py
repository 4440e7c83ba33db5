"""Objects of classes with declared fields, as the dictionaries that JSON has for them.

Dataclasses, msgspec Structs and pydantic models have no JSON form in the standard library. Theirs
is an object with the fields in the order of the class. This is the definition, and the pure form,
of what ``serialize_<Model>`` of a generated wheel writes.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, Optional

from . import handlers
from .json import json_dumps_bytes as _dumps
from .models import shapes

# The name in JSON and the attribute of each field.
Fields = tuple[tuple[str, str], ...]

_WRITTEN = (shapes.DATACLASS, shapes.STRUCT, shapes.PYDANTIC)
_known: weakref.WeakKeyDictionary[type, Optional[Fields]] = weakref.WeakKeyDictionary()


def json_dumps_models(obj: Any, /) -> bytes:
    """`obj` as JSON text in UTF-8, with its models as objects, however deep they are.

    Raises what `json.dumps` raises for what is left.
    """
    return _dumps(plain(obj))


def plain(value: Any) -> Any:
    """`value` with each object of a model as a dictionary.

    Containers of exactly the builtin types are gone through; others are left as they are, as is
    what has no fields. A cycle raises `RecursionError`.
    """
    cls = type(value)
    if cls is dict:
        return {key: plain(item) for key, item in value.items()}
    if cls is list or cls is tuple:
        return [plain(item) for item in value]
    fields = fields_of(cls)
    if fields is None:
        return value
    return {name: plain(getattr(value, attribute)) for name, attribute in fields}


def fields_of(cls: type) -> Optional[Fields]:
    """The fields of a class whose objects are written as JSON objects, None for any other.

    A class that is written in a way of its own, such as a Struct with a tag, is none.
    """
    if cls in _known:
        return _known[cls]
    try:
        shape = shapes.shape_of(cls)
    except Exception:  # the class says what it is by code of the user's
        shape = None
    fields = None
    if shape is not None and shape.kind in _WRITTEN:
        fields = tuple((field.name, field.attribute) for field in shape.fields)
    _known[cls] = fields
    return fields


def is_declared(cls: type, reference: str, fields: Sequence[tuple[str, str]]) -> bool:
    """Whether a class is the one that a wheel was generated for: its name and its fields."""
    name = handlers.reference(cls).partition("[")[0]
    return name == reference.partition("[")[0] and fields_of(cls) == tuple(fields)
