"""Values of the types of `many_models`: those that fit, those that nearly do, and what a serializer
has to count of them.

`Draw` makes values, `Ledger` says what is unlike its declaration in a value. The ledger is a second
reading of the rules in `lower/responses.rs` and knows nothing of how the serializers work.
"""

from __future__ import annotations

import collections
import json
import math
import random
import sys
import types
from collections import Counter
from collections.abc import Callable
from typing import Any

from json_values import (
    FLOATS,
    FOREIGN,
    INTEGERS,
    SCALAR_SUBCLASSES,
    Items,
    Mapping,
    Row,
    Text,
    Values,
    Whole,
)
from many_models import Model, Program, Type

Pairs = list[tuple[Any, Any]]

# ── Dictionaries ───────────────────────────────────────────────────────────────────────────────


class Plain:
    """Its instances share a table of keys."""


def _kwargs(**items: Any) -> dict[str, Any]:
    return items


def _from_instance(pairs: Pairs) -> Any:
    instance = Plain()
    for key, value in pairs:
        if key.startswith("__"):
            vars(instance)[key] = value
        else:
            setattr(instance, key, value)
    return vars(instance)


def _from_class(pairs: Pairs) -> Any:
    """The variables of a class without those that every class has."""
    made = dict(vars(type("Scope", (), dict(pairs))))
    for key in made.keys() - dict(pairs):
        del made[key]
    return made


def _one_by_one(pairs: Pairs) -> Any:
    made = {}
    for key, value in pairs:
        made[key] = value
    return made


def _after_clear(pairs: Pairs) -> Any:
    made = dict.fromkeys(map(str, range(9)), 1)
    made.clear()
    made.update(pairs)
    return made


def _from_keys(pairs: Pairs) -> Any:
    made = dict.fromkeys(key for key, _ in pairs)
    made.update(pairs)
    return made


def _last_again(pairs: Pairs) -> Any:
    """The last key was removed and put back."""
    made = dict(pairs)
    if pairs:
        made[pairs[-1][0]] = made.pop(pairs[-1][0])
    return made


def _first_removed(pairs: Pairs) -> Any:
    made = {"another key": 1, **dict(pairs)}
    del made["another key"]
    return made


def _once_of_any_keys(pairs: Pairs) -> Any:
    made: dict[Any, Any] = {1: 1, **dict(pairs)}
    del made[1]
    return made


def _once_large(pairs: Pairs) -> Any:
    made = dict(pairs)
    for number in range(200):
        made[f"key {number}"] = number
    for number in range(200):
        del made[f"key {number}"]
    return made


# All are equal to `dict(pairs)`, in this order, with these very keys. They differ in how CPython
# stores them.
KINDS: dict[str, Callable[[Pairs], Any]] = {
    "dict": dict,
    "comprehension": lambda pairs: {key: value for key, value in pairs},  # noqa: C416
    "one-by-one": _one_by_one,
    "kwargs": lambda pairs: _kwargs(**dict(pairs)),
    "copy": lambda pairs: dict(pairs).copy(),
    "merge": lambda pairs: {**dict(pairs[:1]), **dict(pairs[1:])},
    "or": lambda pairs: dict(pairs[:2]) | dict(pairs[2:]),
    "fromkeys": _from_keys,
    "after-clear": _after_clear,
    "namespace": lambda pairs: vars(types.SimpleNamespace(**dict(pairs))),
    "instance": _from_instance,
    "instance-copy": lambda pairs: dict(_from_instance(pairs)),
    "class": _from_class,
    "last-again": _last_again,
    "first-removed": _first_removed,
    "first-removed-copy": lambda pairs: _first_removed(pairs).copy(),
    "once-of-any-keys": _once_of_any_keys,
    "once-large": _once_large,
}
_KINDS = list(KINDS.values())


def joined(key: str) -> str:
    """An equal `str` that is another object, if there can be one."""
    return "".join([*key[:1], key[1:]])


# ── Drawing ────────────────────────────────────────────────────────────────────────────────────

_INTEGERS = [
    0,
    1,
    -1,
    7,
    255,
    256,
    -1000,
    1 << 29,
    (1 << 30) - 1,
    1 << 30,
    1 << 62,
    1 << 63,
    -1 << 63,
]
_STRINGS = [
    "",
    "text",
    "a longer text of more than sixteen",
    "é",
    "Ж",
    "🦀\n",
    'a "quoted" \\',
    "\0",
]

# In place of anything.
_OTHERS: list[Any] = [
    None, None, True, False, 0, 1, 1 << 70, 10**4300, 1.5, math.nan, math.inf, -math.inf, "",
    "text", "\ud800", [], {}, (), [1], {"a": 1}, (1, 2), {1: 2}, {None: 1}, [[]], Items([1]),
    Row((1, 2)),
    Mapping(a=1), collections.OrderedDict(a=1), collections.defaultdict(int, a=1),
    *SCALAR_SUBCLASSES,
]  # fmt: skip


class Draw:
    """Draws values of the types of a program."""

    def __init__(self, program: Program, rng: random.Random) -> None:
        self._models = program.models
        self._rng = rng
        self._values = Values(rng)
        # One part in so many is not as declared; 0 for none.
        self._wrong = 0
        # The lists and dictionaries of the value.
        self._made: list[Any] = []

    def fitting(self, type: Type) -> Any:
        """A value that is as declared."""
        self._wrong, self._made = 0, []
        return self._part(type, 3)

    def scalar(self) -> Any:
        """A string, a number or a constant that JSON has."""
        return self._rng.choice([*_INTEGERS, *_STRINGS, *FLOATS[:20], None, True, False])

    def misfit(self, type: Type) -> Any:
        """A value that may not be."""
        rng = self._rng
        self._wrong, self._made = rng.choice((3, 10, 10, 30)), []
        value = self._part(type, 3)
        if self._made and rng.random() < 0.02:
            self._join_ends()
        return value

    def _join_ends(self) -> None:
        """Puts one container into another, which may be within the first."""
        one, other = self._rng.choice(self._made), self._rng.choice(self._made)
        if isinstance(one, dict) and one:
            one[self._rng.choice(list(one))] = other
        elif isinstance(one, list) and one:
            one[-1] = other

    def _part(self, type: Type, depth: int) -> Any:
        if self._wrong and self._rng.randrange(self._wrong) == 0:
            return self._other(depth)
        make: Callable[[Type, int], Any] = getattr(self, f"_of_{type.word}")
        return make(type, depth)

    def _other(self, depth: int) -> Any:
        rng = self._rng
        draw = rng.random()
        if draw < 0.02:
            return rng.choice(FOREIGN)
        if draw < 0.2 and depth > 0:
            model = self._models[rng.choice(list(self._models))]
            return self._of_model(Type("model", name=model.name), depth - 1)
        if draw < 0.25:
            return self._values.value()
        return rng.choice(_OTHERS)

    def _of_int(self, type: Type, depth: int) -> Any:
        draw = self._rng.random()
        if draw < 0.02:
            return self._rng.choice(INTEGERS)
        return self._rng.choice(_INTEGERS) if draw < 0.7 else self._rng.getrandbits(70)

    def _of_str(self, type: Type, depth: int) -> Any:
        if self._rng.random() < 0.7:
            return self._rng.choice(_STRINGS)
        return self._values.string()

    def _of_float(self, type: Type, depth: int) -> Any:
        draw = self._rng.random()
        return self._rng.choice(FLOATS) if draw < 0.9 else self._of_int(type, depth)

    def _of_bool(self, type: Type, depth: int) -> Any:
        return self._rng.random() < 0.5

    def _of_None(self, type: Type, depth: int) -> Any:
        return None

    def _of_any(self, type: Type, depth: int) -> Any:
        return self._values.value()

    def _of_list(self, type: Type, depth: int) -> Any:
        made = [self._part(type.inner[0], depth - 1) for _ in range(self._count(depth))]
        self._made.append(made)
        return made

    def _of_sequence(self, type: Type, depth: int) -> Any:
        return self._as_tuple(self._of_list(type, depth))

    def _of_tuple(self, type: Type, depth: int) -> Any:
        made = [self._part(inner, depth - 1) for inner in type.inner]
        return self._as_tuple(self._other_length(made))

    def _as_tuple(self, members: list[Any]) -> Any:
        return (tuple if self._rng.random() < 0.9 else Row)(members)

    def _other_length(self, made: list[Any]) -> list[Any]:
        if self._wrong and self._rng.randrange(self._wrong) == 0:
            return self._rng.choice((made[:-1], [*made, 1], []))
        return made

    def _of_dict(self, type: Type, depth: int) -> Any:
        count = self._count(depth)
        keys = [self._key(type.inner[0]) for _ in range(count)]
        made = {key: self._part(type.inner[1], depth - 1) for key in keys}
        self._made.append(made)
        return made

    def _key(self, type: Type) -> Any:
        if self._wrong and self._rng.randrange(self._wrong) == 0:
            return self._rng.choice((1, None, True, 1.5, Text("key"), Whole(5)))
        return self._part(Type(type.word), 0) if not self._wrong else self._rng.choice(_STRINGS)

    def _count(self, depth: int) -> int:
        if depth <= 0:
            return 0
        return self._rng.choice((0, 1, 1, 2, 3)) if self._rng.random() < 0.98 else 40

    def _of_union(self, type: Type, depth: int) -> Any:
        members = type.inner
        if depth <= 0 and Type("None") in members:
            return None
        return self._part(self._rng.choice(members), depth)

    def _of_literal(self, type: Type, depth: int) -> Any:
        return self._rng.choice(type.values)

    def _of_enum(self, type: Type, depth: int) -> Any:
        # What a serializer is given is the same object as in the app or not: it is a subclass.
        return self._rng.choice(SCALAR_SUBCLASSES)

    def _of_model(self, type: Type, depth: int) -> Any:
        model = self._models[type.name]
        if depth < -4:
            # It contains itself, and would not end.
            return () if model.is_tuple else {}
        if model.is_tuple:
            members = [self._part(field.type, depth - 1) for field in model.fields]
            return self._as_tuple(self._other_length(members))
        rng = self._rng
        kept = [
            field for field in model.fields if field.required or (depth > 0 and rng.random() < 0.6)
        ]
        pairs: Pairs = [
            (sys.intern(field.name), self._part(field.type, depth - 1)) for field in kept
        ]
        if self._wrong and rng.randrange(self._wrong) == 0:
            made = self._other_dict(pairs)
        else:
            kind = dict if rng.random() < 0.7 else rng.choice(_KINDS)
            made = kind(pairs)
        self._made.append(made)
        return made

    def _other_dict(self, pairs: Pairs) -> Any:
        rng = self._rng
        at = rng.randrange(len(pairs) + 1)
        key, value = pairs[at] if at < len(pairs) else ("extra", 1)
        rest = [pair for number, pair in enumerate(pairs) if number != at]
        others: list[Callable[[], Any]] = [
            lambda: dict(rest),
            lambda: dict([*pairs[:at], ("extra", 1), *pairs[at:]]),
            lambda: dict([*rest, (key, value)]),
            lambda: dict(rng.sample(pairs, len(pairs))),
            lambda: dict([*pairs[:at], (joined(key), value), *pairs[at + 1 :]]),
            lambda: dict([*pairs[:at], (Text(key), value), *pairs[at + 1 :]]),
            lambda: dict([*pairs, (rng.choice((1, None, 1.5, True, ())), 1)]),
            lambda: Mapping(pairs),
            lambda: collections.OrderedDict(pairs),
            lambda: collections.defaultdict(list, pairs),
            lambda: json.loads(json.dumps({key: 1 for key, _ in pairs})),
            lambda: _from_instance(pairs),
            lambda: _from_class(pairs),
            dict,
            lambda: [value for _, value in pairs],
            lambda: None,
        ]
        return rng.choice(others)()


# ── Counting ───────────────────────────────────────────────────────────────────────────────────


class Ledger:
    """What of a value is not as declared, by place: what a serializer has to count, as long as it
    writes the value itself."""

    def __init__(self, program: Program) -> None:
        self._models = program.models
        self._shapes = {
            model.name: [(sys.intern(f.name), self.shape(f.type), f.required) for f in model.fields]
            for model in program.models.values()
        }
        self._places = {
            model.name: [f"{model.name}.{field.name}" if field.name else model.name
                         for field in model.fields]
            for model in program.models.values()
        }  # fmt: skip

    def counts(self, type: Type, value: Any) -> Counter[str]:
        """The counts of a value that is declared as `type`."""
        counts: Counter[str] = Counter()
        shape = self.shape(type)
        if _is_sent_as_json(shape):
            self._value(counts, shape, value, "response")
        return counts

    def shape(self, type: Type) -> Type:
        """A type with all else left out that does not decide how a value is written."""
        if type.word == "literal":
            members = tuple(_SCALAR_NAMES[value.__class__] for value in type.values)
            return _one_of({Type(member) for member in members})
        if type.word == "union":
            return _one_of({self.shape(inner) for inner in type.inner})
        if type.word == "dict":
            return Type("dict", (Type("any"), self.shape(type.inner[1])))
        if type.word == "model":
            model = self._models[type.name]
            return type if model.is_tuple or model.fields else Type("any")
        if type.word == "enum":
            return Type("any")
        return Type(type.word, tuple(map(self.shape, type.inner)))

    def _value(self, counts: Counter[str], shape: Type, value: Any, place: str) -> None:
        word = shape.word
        if word in _SCALARS:
            if type(value) not in _SCALARS[word]:
                counts[place] += 1
        elif word == "union":
            if value is not None:
                self._value(counts, shape.inner[0], value, place)
        elif word == "model":
            self._model(counts, self._models[shape.name], value)
        elif word != "any":
            if not _FITS[word](shape, value):
                counts[place] += 1
                return
            shapes = shape.inner
            if word != "tuple":
                shapes = shape.inner[-1:] * len(value)
            values = value.values() if word == "dict" else value
            for each, inner in zip(shapes, values):
                self._value(counts, each, inner, place)

    def _model(self, counts: Counter[str], model: Model, value: Any) -> None:
        fields = self._shapes[model.name]
        if model.is_tuple:
            if not isinstance(value, tuple) or len(value) != len(fields):
                counts[model.name] += 1
                return
            values = dict(zip((name for name, _, _ in fields), value))
        elif type(value) is dict and _keys_fit(fields, value):
            values = value
        else:
            counts[model.name] += 1
            return
        for (name, shape, _), place in zip(fields, self._places[model.name]):
            if name in values:
                self._value(counts, shape, values[name], place)


_SCALARS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "str": (str,),
    "float": (float, int),
    "bool": (bool,),
    "None": (type(None),),
}
_SCALAR_NAMES = {bool: "bool", int: "int", str: "str", type(None): "None"}

_FITS: dict[str, Callable[[Type, Any], bool]] = {
    "list": lambda shape, value: type(value) is list,
    "dict": lambda shape, value: type(value) is dict,
    "sequence": lambda shape, value: isinstance(value, tuple),
    "tuple": lambda shape, value: isinstance(value, tuple) and len(value) == len(shape.inner),
}


def _is_sent_as_json(shape: Type) -> bool:
    """Whether the framework sends a response as JSON, and it is known of what type."""
    if shape.word == "union":
        shape = shape.inner[0]
    if shape.word in ("list", "dict"):
        return shape.inner[-1] != Type("any")
    return shape.word == "model"


def _one_of(shapes: set[Type]) -> Type:
    """Of a union, what is left is the one type that there is beside None."""
    members = {
        member
        for shape in shapes
        for member in (shape.inner if shape.word == "union" else (shape,))
    }
    others = members - {Type("None")}
    if Type("float") in others:
        others.discard(Type("int"))
    if len(others) > 1 or Type("any") in others:
        return Type("any")
    if not others:
        return Type("None")
    (one,) = others
    return Type("union", (one, Type("None"))) if Type("None") in members else one


def _keys_fit(fields: list[tuple[str, Type, bool]], value: dict[Any, Any]) -> bool:
    """Whether the keys are those declared in their order, and the very objects that a program has
    for its names."""
    keys = list(value)
    at = 0
    for name, _, required in fields:
        if at < len(keys) and keys[at] is name:
            at += 1
        elif required:
            return False
    return at == len(keys)
