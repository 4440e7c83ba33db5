"""Classes whose fields are known: what each kind of them declares.

The libraries that some of them come from are never imported: a class of theirs exists only when the
app has imported them.
"""

from __future__ import annotations

import dataclasses
import enum
import sys
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Optional

from covet_runtime.diagnostics import printable

TYPED_DICT = "typed_dict"
DATACLASS = "dataclass"
NAMED_TUPLE = "named_tuple"
STRUCT = "struct"
PYDANTIC = "pydantic"
ENUM = "enum"


class Declared(NamedTuple):
    """A field as its class declares it.

    `owner` is the class that the annotation is written in. `optional` is what the class says of the
    whole of its fields; ``Required`` and ``NotRequired`` around the annotation say it of one.
    """

    name: str
    attribute: str
    annotation: Any
    owner: type
    optional: bool = False


class Shape(NamedTuple):
    """What a class is. `base` is the scalar that the members of an enum are."""

    kind: str
    fields: tuple[Declared, ...] = ()
    base: Optional[str] = None


class Inexpressible(Exception):
    """A class of a known kind that is written in a way of its own. The text says which."""


def shape_of(cls: type) -> Optional[Shape]:
    """What `cls` is, None when it is of no known kind.

    Raises `Inexpressible`, or whatever the user's code raises.
    """
    if issubclass(cls, enum.Enum):
        return _enum(cls)
    if is_typed_dict(cls):
        return Shape(TYPED_DICT, _named(_keys(cls)))
    # Whatever else these are, they are sent as what they hold.
    if issubclass(cls, (dict, list, str, int, float)):
        return None
    if issubclass(cls, tuple):
        return Shape(NAMED_TUPLE, _named(_items(cls))) if hasattr(cls, "_fields") else None
    if dataclasses.is_dataclass(cls):
        _refuse_pydantic_serializers(cls)
        return Shape(DATACLASS, _named(_dataclass_fields(cls)))
    if _is_a(cls, "msgspec", "Struct"):
        return Shape(STRUCT, _named(_struct_fields(cls)))
    if _is_a(cls, "pydantic", "BaseModel"):
        return Shape(PYDANTIC, _named(_pydantic_fields(cls)))
    return None


def is_typed_dict(cls: type) -> bool:
    """Whether a class is a TypedDict, whoever provides it."""
    return issubclass(cls, dict) and hasattr(cls, "__total__") and hasattr(cls, "__optional_keys__")


def original_bases(cls: type) -> tuple[Any, ...]:
    """The bases of a class as they are written, with type arguments."""
    bases: tuple[Any, ...] = vars(cls).get("__orig_bases__", cls.__bases__)
    return bases


def _named(fields: Iterator[Declared]) -> tuple[Declared, ...]:
    found = tuple(fields)
    for field in found:
        name: Any = field.name
        if not isinstance(name, str):
            raise Inexpressible(f"with the key {name!r}, which is no str")
        if printable(name) != name:
            raise Inexpressible(f"with the key {name!a}, which is not Unicode text")
    return found


def _enum(cls: type) -> Shape:
    for base in (str, int, float):
        if issubclass(cls, base):
            return Shape(ENUM, base=base.__name__)
    raise Inexpressible("an Enum that is no str, int or float, which the framework cannot send")


def _keys(cls: Any) -> Iterator[Declared]:
    for name, annotation in cls.__annotations__.items():
        owner = _owner_of_key(cls, name, annotation)
        yield Declared(name, name, annotation, owner, name in cls.__optional_keys__)


def _owner_of_key(cls: type, name: str, annotation: object) -> type:
    """The TypedDict that declares a key: a subclass has copies of the annotations of its bases."""
    for base in original_bases(cls):
        base = typing.get_origin(base) or base
        declares = isinstance(base, type) and is_typed_dict(base)
        if declares and base.__annotations__.get(name) is annotation:
            return _owner_of_key(base, name, annotation)
    return cls


def _items(cls: Any) -> Iterator[Declared]:
    for name in cls._fields:
        owner, annotation = _annotation(cls, name)
        yield Declared(name, name, annotation, owner)


def _dataclass_fields(cls: Any) -> Iterator[Declared]:
    for field in dataclasses.fields(cls):
        owner, _ = _annotation(cls, field.name)
        yield Declared(field.name, field.name, field.type, owner)


def _struct_fields(cls: Any) -> Iterator[Declared]:
    config = cls.__struct_config__
    if config.tag is not None:
        raise Inexpressible("a Struct with a tag")
    for option in ("array_like", "omit_defaults"):
        if getattr(config, option):
            raise Inexpressible(f"a Struct with {option}")
    unset = sys.modules["msgspec"].UNSET
    if any(default is unset for default in cls.__struct_defaults__):
        raise Inexpressible("a Struct that leaves out what is UNSET")
    for attribute, name in zip(cls.__struct_fields__, cls.__struct_encode_fields__):
        owner, annotation = _annotation(cls, attribute)
        yield Declared(name, attribute, annotation, owner)


def _pydantic_fields(cls: Any) -> Iterator[Declared]:
    if getattr(cls, "__pydantic_root_model__", False):
        raise Inexpressible("a RootModel")
    _refuse_pydantic_serializers(cls)
    _refuse_pydantic_methods(cls)
    config: Mapping[str, Any] = cls.model_config
    if config.get("extra") == "allow":
        raise Inexpressible("a pydantic model that allows extra fields")
    for option in ("alias_generator", "json_encoders"):
        if config.get(option):
            raise Inexpressible(f"a pydantic model with {option}")
    for name, field in cls.model_fields.items():
        owner, _ = _annotation(cls, name)
        if field.alias is not None or field.serialization_alias is not None:
            raise Inexpressible(f"a pydantic model with an alias, of the field {name}")
        if field.exclude or getattr(field, "exclude_if", None) is not None:
            raise Inexpressible(f"a pydantic model that leaves out a field, {name}")
        if any(map(is_serializer, field.metadata)):
            raise Inexpressible(f"a pydantic model with a serializer of the field {name}")
        # pydantic resolves type variables itself, and names when it can.
        yield Declared(name, name, field.annotation, owner)


def is_serializer(metadata: object) -> bool:
    """Whether a part of an ``Annotated`` changes how pydantic writes the value."""
    return type(metadata).__module__ == "pydantic.functional_serializers"


_PYDANTIC_SERIALIZERS = ("field_serializers", "model_serializers", "computed_fields")
_PYDANTIC_METHODS = ("model_dump", "model_dump_json", "__get_pydantic_core_schema__")


def _refuse_pydantic_serializers(cls: Any) -> None:
    decorators = getattr(cls, "__pydantic_decorators__", None)
    for kind in _PYDANTIC_SERIALIZERS:
        if getattr(decorators, kind, None):
            raise Inexpressible(f"a pydantic model with {kind.replace('_', ' ')}")


def _refuse_pydantic_methods(cls: type) -> None:
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] == "pydantic":
            return
        for method in _PYDANTIC_METHODS:
            if method in vars(base):
                raise Inexpressible(f"a pydantic model with a {method} of its own")


def _annotation(cls: type, name: str) -> tuple[type, Any]:
    """Where a field is annotated, and with what: Any when it is not."""
    for owner in cls.__mro__:
        annotations = vars(owner).get("__annotations__", {})
        if name in annotations:
            return owner, annotations[name]
    return cls, Any


def _is_a(cls: type, module: str, name: str) -> bool:
    base = getattr(sys.modules.get(module), name, None)
    return isinstance(base, type) and issubclass(cls, base)
