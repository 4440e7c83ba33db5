"""Type expressions: what is known of a value, before the models have names.

``routes.toml`` has their text. docs/routes-toml.md describes its grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from covet_runtime.models.shapes import Shape
from covet_runtime.return_types import in_order


class Type(NamedTuple):
    """One type. What `parts` are depends on `word`.

    ``list``: the type of the items; ``sequence``: the same of a tuple of any length; ``tuple``: the
    types of the items; ``dict``: the types of the keys and of the values; ``union``: its members;
    ``literal``: its values as text; ``model``: the `Entry`. All other words have none.
    """

    word: str
    parts: tuple[Any, ...] = ()


ANY = Type("any")
NONE = Type("None")
# What has a body of its own and so no type: a response of the framework, or bytes.
NOTHING = Type("")

SCALARS = {bool: Type("bool"), int: Type("int"), float: Type("float"), str: Type("str")}


class Problem(NamedTuple):
    """Why a part of a response is ``any``: a noun and what keeps it from being more.

    `lost` is False when the framework may well send such values, just in no form that is known.
    """

    text: str
    lost: bool = True


class Field(NamedTuple):
    """A field of a model. `attribute` is what is read, `name` what it is called in JSON."""

    name: str
    attribute: str
    type: Type
    optional: bool


class Entry:
    """A model: a class with its type arguments.

    `type` is ``module:qualname``, with arguments when there are any, and `short` the name that the
    model gets when no other has it. `fields` and `problems` are filled when the class is read, for
    models may hold each other.
    """

    __slots__ = ("arguments", "cls", "fields", "problems", "shape", "short", "type")

    def __init__(self, cls: type, shape: Shape, name: str, arguments: tuple[Type, ...]) -> None:
        self.cls = cls
        self.shape = shape
        self.arguments = arguments
        self.type = name + _bracketed(arguments, lambda entry: entry.type)
        last = name.rpartition(":")[2].rpartition(".")[2]
        self.short = last + _bracketed(arguments, lambda entry: entry.short)
        self.fields: tuple[Field, ...] = ()
        self.problems: list[tuple[str, Problem]] = []


def union(members: Iterable[Type]) -> Type:
    """The union of some types: flat, each once, and no union when there is one member only."""
    flat: dict[Type, None] = {}
    values: list[str] = []
    for member in members:
        for part in member.parts if member.word == "union" else (member,):
            if part.word == "literal":
                values += part.parts
            elif part is not NOTHING:
                flat[part] = None
    if values:
        flat[Type("literal", tuple(in_order(values)))] = None
    if len(flat) > 1:
        return Type("union", tuple(flat))
    return next(iter(flat), NOTHING)


def render(type: Type, name_of: Callable[[Entry], str]) -> str:
    """The text of a type, with models under the names that `name_of` knows."""
    word, parts = type
    if word == "model":
        return name_of(parts[0])
    if word == "literal":
        return f"literal[{', '.join(parts)}]"
    if word == "union":
        return " | ".join(in_order(render(part, name_of) for part in parts))
    if word == "sequence":
        return f"tuple[{render(parts[0], name_of)}, ...]"
    if word == "tuple" and not parts:
        return "tuple[()]"
    return word + _bracketed(parts, name_of)


def entries_in(type: Type) -> Iterable[Entry]:
    """The models that a type names, from left to right."""
    if type.word == "model":
        yield type.parts[0]
    elif type.word != "literal":
        for part in type.parts:
            yield from entries_in(part)


def depth(type: Type) -> int:
    """How deep a type is nested. The arguments of a model count."""
    inner = type.parts[0].arguments if type.word == "model" else type.parts
    return 1 if type.word == "literal" else 1 + max(map(depth, inner), default=0)


def _bracketed(types: tuple[Type, ...], name_of: Callable[[Entry], str]) -> str:
    return f"[{', '.join(render(type, name_of) for type in types)}]" if types else ""
