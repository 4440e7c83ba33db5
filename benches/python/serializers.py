"""Who is compared at writing JSON: what each is given, and what it is asked.

All of them are at their best: encoders and adapters are made once, and functions are looked up
beforehand.
"""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import forms
from contenders import Unavailable

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Serializer:
    """A serializer for one shape, ready to be given values."""

    # The statement that writes the value in the name `value`, and the names in it.
    statement: str
    names: dict[str, Any]
    # The same as a function.
    ask: Callable[[Any], bytes]
    # Makes what it is given of a value of dictionaries, whose strings it keeps.
    convert: Convert


@dataclass(frozen=True)
class Kind:
    """A serializer before it is made for a shape."""

    name: str
    # What it is given, for the legend.
    given: str
    make: Callable[[str], Serializer]
    # Ours have to be there. A peer that cannot be installed is left out.
    ours: bool = False


def _calling(dump: Callable[[Any], bytes], convert: Convert = lambda value: value) -> Serializer:
    return Serializer("dump(value)", {"dump": dump}, dump, convert)


# The standard library


def standard(shape: str) -> Serializer:
    """What CovetPy does for a response."""
    return Serializer(
        'dumps(value, ensure_ascii=False, separators=(",", ":")).encode()',
        {"dumps": json.dumps},
        reference,
        lambda value: value,
    )


def reference(value: Any) -> bytes:
    """The bytes that everybody has to write."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# Ours


def tier_function(tier: str, function: str) -> Any:
    """`json_dumps_bytes` or `json_dumps_smart` of a tier. Raises `Unavailable`."""
    module = {"native": "covet_runtime._native", "pure": "covet_runtime.json"}[tier]
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise Unavailable(f"{module} has no {function}: {error}") from error


def generic(tier: str) -> Callable[[str], Serializer]:
    """``json_dumps_bytes`` of a tier, which is told no type."""
    return lambda shape: _calling(tier_function(tier, "json_dumps_bytes"))


def generated(shape: str) -> Serializer:
    """The function that the generated wheel has for what the route of the shape answers."""
    return _calling(generated_function(shape))


def generated_function(shape: str) -> Any:
    """The function for the response of the route."""
    try:
        table = importlib.import_module("app_models_covet").TABLE
        return table.serializer(table.match_id(f"/{shape}", "GET"))
    except (ImportError, AttributeError) as error:
        raise Unavailable(f"the wheel of app_models.py: {error}") from error


# Others


def orjson(shape: str) -> Serializer:
    """orjson, which is told no type."""
    return _calling(importlib.import_module("orjson").dumps)


def msgspec_dict(shape: str) -> Serializer:
    """msgspec without a type."""
    return _calling(importlib.import_module("msgspec").json.Encoder().encode)


def msgspec_struct(shape: str) -> Serializer:
    """msgspec with Structs, whose types the encoder finds at the objects."""
    msgspec = importlib.import_module("msgspec")
    struct = forms.struct(shape)
    return _calling(msgspec.json.Encoder().encode, lambda value: msgspec.convert(value, struct))


def pydantic_core(shape: str) -> Serializer:
    """pydantic without a type."""
    return _calling(importlib.import_module("pydantic_core").to_json)


def pydantic_model(shape: str) -> Serializer:
    """pydantic with models, as FastAPI uses it for a declared response."""
    adapter = importlib.import_module("pydantic").TypeAdapter(forms.model(shape))
    return _calling(adapter.dump_json, adapter.validate_python)


def serpyco_dict(shape: str) -> Serializer:
    """serpyco-rs with the TypedDicts of the app."""
    package = importlib.import_module("serpyco_rs")
    return _calling(package.Serializer(forms.declared(shape), codec=package.JSON).dump)


def serpyco_dataclass(shape: str) -> Serializer:
    """serpyco-rs with dataclasses."""
    package = importlib.import_module("serpyco_rs")
    declared = forms.dataclass(shape)
    load = package.Serializer(declared).load
    return _calling(package.Serializer(declared, codec=package.JSON).dump, load)


STANDARD = "json"
GENERATED = "ours, generated"
NATIVE = "ours, native"
KINDS = (
    Kind(STANDARD, "dictionaries", standard),
    Kind(GENERATED, "dictionaries, declared as TypedDicts", generated, ours=True),
    Kind(NATIVE, "dictionaries", generic("native"), ours=True),
    Kind("ours, pure", "dictionaries", generic("pure"), ours=True),
    Kind("orjson", "dictionaries", orjson),
    Kind("msgspec dict", "dictionaries", msgspec_dict),
    Kind("msgspec Struct", "Structs", msgspec_struct),
    Kind("pydantic-core", "dictionaries", pydantic_core),
    Kind("pydantic model", "models", pydantic_model),
    Kind("serpyco-rs dict", "dictionaries, declared as TypedDicts", serpyco_dict),
    Kind("serpyco-rs dataclass", "dataclasses", serpyco_dataclass),
)
PEERS = frozenset(kind.name for kind in KINDS if not kind.ours and kind.name != STANDARD)


def make(kind: Kind, shape: str) -> Serializer:
    """Make a serializer. Raises `Unavailable`."""
    try:
        with warnings.catch_warnings():
            # The framework warns of what it was not built with.
            warnings.simplefilter("ignore")
            return kind.make(shape)
    except ImportError as error:
        raise Unavailable(str(error)) from error
