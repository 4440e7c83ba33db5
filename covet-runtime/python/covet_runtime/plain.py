"""Objects of classes with declared fields, as the dictionaries that JSON has for them.

Dataclasses, msgspec Structs and pydantic models have no JSON form in the standard library. Theirs
is an object with the fields in the order of the class. This is the definition, and the pure form,
of what ``serialize_<Model>`` of a generated wheel writes.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Sequence

# This is the standard library's module: imports are absolute.
from json import JSONEncoder
from typing import Any, Optional

from . import handlers
from .json import FORMAT
from .models import shapes

# The name in JSON and the attribute of each field.
Fields = tuple[tuple[str, str], ...]

_WRITTEN = (shapes.DATACLASS, shapes.STRUCT, shapes.PYDANTIC)
# By the id of the class: a metaclass may say that two classes are equal, or have no hash.
_known: dict[int, tuple[weakref.ref[type], Optional[Fields]]] = {}


def json_dumps_models(obj: Any, /) -> bytes:
    """`obj` as JSON text in UTF-8, with its models as objects, however deep they are.

    Raises what `json.dumps` raises for what is left, for what is circular and for what is too deep.
    """
    return _ENCODER.encode(obj).encode("utf-8")


class _Encoder(JSONEncoder):
    """The standard library's, which asks for what it does not know."""

    def default(self, o: Any) -> Any:
        fields = fields_of(type(o))
        if fields is None:
            return super().default(o)
        return {name: getattr(o, attribute) for name, attribute in fields}


_ENCODER = _Encoder(**FORMAT)


def plain(value: Any) -> Any:
    """`value` with each object of a model as a dictionary.

    Dictionaries and lists of exactly these types are gone through, and tuples that are walked as
    such, as named tuples are. Others are left as they are, as is what has no fields. A cycle raises
    `RecursionError`.
    """
    cls = type(value)
    if cls is dict:
        return {key: plain(item) for key, item in value.items()}
    if cls is list or (issubclass(cls, tuple) and cls.__iter__ is tuple.__iter__):
        return [plain(item) for item in value]
    fields = fields_of(cls)
    if fields is None:
        return value
    return {name: plain(getattr(value, attribute)) for name, attribute in fields}


def fields_of(cls: type) -> Optional[Fields]:
    """The fields of a class whose objects are written as JSON objects, None for any other.

    A class that is written in a way of its own, such as a Struct with a tag, is none.
    """
    number = id(cls)
    known = _known.get(number)
    if known is not None and known[0]() is cls:
        return known[1]
    try:
        shape = shapes.shape_of(cls)
    except shapes.Inexpressible:
        shape = None
    except Exception:  # of the user's code, or of ours with no stack left: perhaps not another time
        return None
    fields = None
    if shape is not None and shape.kind in _WRITTEN:
        fields = tuple((field.name, field.attribute) for field in shape.fields)
    _known[number] = weakref.ref(cls, lambda _: _known.pop(number, None)), fields
    return fields


# As the class has them, whatever its metaclass says.
_mro = type.__dict__["__mro__"].__get__
_namespace = type.__dict__["__dict__"].__get__


def slots(
    cls: type, reference: str, fields: Sequence[tuple[str, str]]
) -> Optional[list[types.MemberDescriptorType]]:
    """The slots that hold the fields of a class, if it is the one that a wheel was generated for.

    None when its name or its fields are others, when not all of them are in slots, or when it has
    a say in what its attributes are.
    """
    try:
        # What has fields is asked nothing that could fail.
        if fields_of(cls) != tuple(fields):
            return None
        if handlers.reference(cls).partition("[")[0] != reference.partition("[")[0]:
            return None
        namespaces = [_namespace(base) for base in _mro(cls) if base is not object]
        if any("__getattribute__" in namespace for namespace in namespaces):
            return None
        found = []
        for _, attribute in fields:
            holder: Any = next((names for names in namespaces if attribute in names), {})
            slot = holder.get(attribute)
            if type(slot) is not types.MemberDescriptorType:
                return None
            found.append(slot)
    except Exception:  # of the user's
        return None
    return found
