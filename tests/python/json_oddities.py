"""Values that are odd, one by one: those that run code while they are written, that change what is
being written, that are not what they say, that are too deep, or that contain themselves.

Every case makes its value anew, for writing it may change it. It is given a `Log`, to which the
code that runs adds its names: a tier has to run the same code as `json.dumps`, in the same order
and as often.
"""

from __future__ import annotations

import collections
import enum
import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from json_values import Items, Level, Loud, Mapping, Mode, Point, Row, Text, Whole


class Log(NamedTuple):
    """What ran, and the function under test for those that call it from within."""

    calls: list[str]
    dumps: Callable[[Any], Any]


Build = Callable[[Log], Any]

CASES: dict[str, Build] = {}


def _case(build: Build) -> Build:
    CASES[build.__name__.strip("_").replace("_", "-")] = build
    return build


def _hooked(base: type, log: Log, *names: str, **methods: Callable[..., Any]) -> Any:
    """A subclass that notes the calls of these methods and goes on with those of its base. For
    those with a value here, that is called instead."""

    def hook(name: str) -> Callable[..., Any]:
        inner = methods.get(name) or getattr(base, name)

        def called(*arguments: Any) -> Any:
            log.calls.append(f"{base.__name__}.{name}")
            return inner(*arguments)

        return called

    body = {name: hook(name) for name in (*names, *methods)}
    if "__eq__" in body and "__hash__" not in body:
        body["__hash__"] = base.__hash__
    return type(f"Hooked{base.__name__}", (base,), body)


def _raise(error: BaseException) -> Any:
    raise error


# ── Overridden methods ─────────────────────────────────────────────────────────────────────────

# What a serializer might call, and what a subclass might therefore have its own of.
_METHODS = {
    str: ["__str__", "__repr__", "__iter__", "__len__", "__getitem__", "__eq__", "__hash__",
          "__format__", "encode", "__getattribute__"],
    int: ["__str__", "__repr__", "__int__", "__index__", "__eq__", "__hash__", "__bool__",
          "__format__", "__getattribute__"],
    float: ["__str__", "__repr__", "__float__", "__int__", "__eq__", "__hash__", "__bool__",
            "__format__", "__ne__", "__getattribute__"],
    list: ["__iter__", "__len__", "__getitem__", "__eq__", "__repr__", "__contains__",
           "__reversed__", "__getattribute__"],
    tuple: ["__iter__", "__len__", "__getitem__", "__eq__", "__hash__", "__repr__",
            "__getattribute__"],
    dict: ["items", "keys", "values", "get", "__iter__", "__len__", "__getitem__", "__eq__",
           "__repr__", "__contains__", "__getattribute__"],
    collections.OrderedDict: ["items", "keys", "__iter__", "__getitem__", "__getattribute__"],
    collections.defaultdict: ["items", "__missing__", "__iter__", "__getattribute__"],
}  # fmt: skip

_CONTENTS: dict[type, list[Any]] = {
    str: ["", "text\n", "ü"],
    int: [0, 7, -1, 1 << 90],
    float: [0.0, 1.5, 1e16],
    list: [[], [1, "a"], [[]]],
    tuple: [(), (1, "a")],
    dict: [{}, {"a": 1, 2: [None]}],
    collections.OrderedDict: [{}, {"a": 1, "b": 2}],
    collections.defaultdict: [(int,), (int, {"a": 1})],
}

_KEYS = (str, int, float, tuple)


def _overridden() -> None:
    for base, names in _METHODS.items():
        for name in names:
            if not hasattr(base, name):
                continue
            case = f"{base.__name__}-with-{name.strip('_')}"
            CASES[case] = _with_method(base, name, raises=False)
            CASES[f"{case}-that-raises"] = _with_method(base, name, raises=True)


def _with_method(base: type, name: str, raises: bool) -> Build:
    def build(log: Log) -> Any:
        hooked = (
            _hooked(base, log, **{name: lambda *_: _raise(ValueError("from within"))})
            if raises
            else _hooked(base, log, name)
        )
        made = []
        for contents in _CONTENTS[base]:
            if base is collections.defaultdict:
                value = hooked(*contents)
            elif base is collections.OrderedDict:
                value = hooked()
                for key in contents:
                    collections.OrderedDict.__setitem__(value, key, contents[key])
            else:
                value = hooked(contents)
            made.append(value)
            made.append({"value": value})
            if base in _KEYS and name not in ("__hash__", "__eq__", "__getattribute__"):
                made.append({value: 1, "value": 2})
        log.calls.clear()
        return made

    return build


_overridden()


@_case
def list_that_iterates_over_others(log: Log) -> Any:
    return [_hooked(list, log, __iter__=lambda _: iter([4, 5]))([1, 2, 3])]


@_case
def list_that_is_not_empty_but_iterates_over_nothing(log: Log) -> Any:
    return [_hooked(list, log, __iter__=lambda _: iter(()))([1, 2, 3]), {}]


@_case
def list_that_is_empty_but_iterates_over_something(log: Log) -> Any:
    return [_hooked(list, log, __iter__=lambda _: iter([1]))()]


@_case
def list_without_iteration(log: Log) -> Any:
    return type("Silent", (list,), {"__iter__": None})([1])


@_case
def list_with_an_iterator_that_raises_late(log: Log) -> Any:
    def iterate(_: Any) -> Iterator[int]:
        yield 1
        raise KeyError("late")

    return {"a": [1, _hooked(list, log, __iter__=iterate)([1, 2])]}


@_case
def tuple_that_iterates_over_others(log: Log) -> Any:
    return [_hooked(tuple, log, __iter__=lambda _: iter([4, 5]))((1, 2, 3))]


@_case
def list_that_lies_about_its_length(log: Log) -> Any:
    return [
        _hooked(list, log, __len__=lambda _, length=length: length)([1, 2])
        for length in (0, 1, 100, 1 << 40)
    ]


@_case
def list_with_a_negative_length(log: Log) -> Any:
    return [_hooked(list, log, __len__=lambda _: -1)([1, 2])]


@_case
def list_with_a_length_hint(log: Log) -> Any:
    return [_hooked(list, log, __length_hint__=lambda _: 5)([1, 2])]


@_case
def dict_with_other_items(log: Log) -> Any:
    return {"outer": _hooked(dict, log, items=lambda _: [("x", 1), ("y", [2])])(a=1)}


@_case
def empty_dict_with_other_items(log: Log) -> Any:
    return [_hooked(dict, log, items=lambda _: [("x", 1)])()]


def _with_own_items(value: Any, log: Log) -> Any:
    def items() -> Any:
        log.calls.append("items")
        return [("x", 1)]

    value.items = items
    return value


@_case
def dict_with_items_of_the_instance(log: Log) -> Any:
    return [_with_own_items(Mapping(a=1), log)]


@_case
def defaultdict_with_items_of_the_instance(log: Log) -> Any:
    return [_with_own_items(type("Default", (collections.defaultdict,), {})(int, a=1), log)]


@_case
def dict_with_items_as_a_property(log: Log) -> Any:
    def items(_: Any) -> Any:
        log.calls.append("property")
        return lambda: [("x", 1)]

    return [type("Property", (dict,), {"items": property(items)})(a=1)]


@_case
def dict_with_items_that_are_none(log: Log) -> Any:
    return [type("Nothing", (dict,), {"items": None})(a=1)]


@_case
def dict_with_getattr(log: Log) -> Any:
    """It is asked only for what is not there."""
    return [_hooked(dict, log, __getattr__=lambda _, name: _raise(AttributeError(name)))(a=1)]


def _items_of(name: str, items: Callable[[], Any]) -> None:
    def build(log: Log) -> Any:
        return ["before", {"outer": _hooked(dict, log, items=lambda _: items())(a=1, b=2)}, "after"]

    CASES[f"items-{name}"] = build


_items_of("that-are-a-number", lambda: 5)
_items_of("that-are-none", lambda: None)
_items_of("that-are-a-text", lambda: "ab")
_items_of("that-are-three-each", lambda: [(1, 2, 3)])
_items_of("that-are-one-each", lambda: [(1,)])
_items_of("that-are-lists", lambda: [["a", 1]])
_items_of("that-are-rows", lambda: [Row(("a", 1))])
_items_of("that-are-points", lambda: [Point("a", 1)])
_items_of("that-are-a-dict", lambda: {("a", 1): 2})
_items_of("that-are-a-generator", lambda: (pair for pair in [("a", 1), ("b", 2)]))
_items_of("that-are-nothing", list)
_items_of("with-foreign-keys", lambda: [((1, 2), 3)])
_items_of("with-unhashable-keys", lambda: [([], 3)])
_items_of("twice-the-same", lambda: [("a", 1), ("a", 2)])
_items_of("with-a-surrogate", lambda: [("\ud800", "\udfff")])
_items_of("raise", lambda: _raise(LookupError("within")))
_items_of("raise-a-base-exception", lambda: _raise(KeyboardInterrupt("within")))
_items_of("exit", lambda: _raise(SystemExit(3)))
_items_of("stop", lambda: _raise(StopIteration(3)))
_items_of("exhaust-memory", lambda: _raise(MemoryError()))
_items_of("recurse", lambda: _raise(RecursionError("within")))
_items_of("raise-an-encoding-error", lambda: "\ud800".encode())


@_case
def text_with_its_own_encoding(log: Log) -> Any:
    return _hooked(str, log, encode=lambda *_: b"x")("top \ud800")


@_case
def list_subclass_with_slots(log: Log) -> Any:
    kind: Any = type("Slots", (list,), {"__slots__": ("a",)})
    return [kind([1]), kind()]


# ── What is not what it says ───────────────────────────────────────────────────────────────────


def _lying(name: str, kind: Any) -> None:
    def build_inner(log: Log) -> Any:
        return ["a", build_outer(log)]

    def build_key(log: Log) -> Any:
        return {build_outer(log): 1}

    def build_outer(log: Log) -> Any:
        def claim(_: Any) -> Any:
            log.calls.append("__class__")
            return kind() if callable(kind) and not isinstance(kind, type) else kind

        return type("Liar", (), {"__class__": property(claim)})()

    CASES[f"liar-{name}"] = build_outer
    CASES[f"liar-{name}-inside"] = build_inner
    CASES[f"liar-{name}-as-key"] = build_key


for _kind in (str, int, float, bool, list, tuple, dict, type(None)):
    _lying(_kind.__name__, _kind)
_lying("number", 5)
_lying("raising", lambda: _raise(ValueError("no class")))
_lying("without", lambda: _raise(AttributeError("no class")))
_lying("without-a-name", lambda: object())


_ONE_OF_EACH: list[tuple[type, Any]] = [
    (str, "a"), (int, 5), (float, 1.5), (list, [1]), (tuple, (1,)), (dict, {"a": 1}),
]  # fmt: skip


@_case
def subclasses_that_deny_it(log: Log) -> Any:
    """Their type counts, not what they say of it."""
    return [
        type("Denying", (base,), {"__class__": property(lambda _: object)})(value)
        for base, value in _ONE_OF_EACH
    ]


@_case
def text_that_denies_it_on_top(log: Log) -> Any:
    return type("Denying", (str,), {"__class__": property(lambda _: int)})("a\n")


def _metaclass(log: Log) -> Any:
    """A type of types that runs code whatever is asked of them, and lies."""

    def noted(name: str, answer: Any) -> Callable[..., Any]:
        def called(*_: Any) -> Any:
            log.calls.append(f"meta.{name}")
            return answer() if callable(answer) else answer

        return called

    body = {
        "__eq__": noted("__eq__", True),
        "__hash__": noted("__hash__", lambda: hash(str)),
        "__instancecheck__": noted("__instancecheck__", True),
        "__subclasscheck__": noted("__subclasscheck__", True),
        "__bool__": noted("__bool__", False),
    }
    return type("Meta", (type,), body)


@_case
def metaclass_that_lies(log: Log) -> Any:
    meta = _metaclass(log)
    made = [meta("Made", (base,), {})(value) for base, value in _ONE_OF_EACH]
    keys = {meta("Key", (base,), {})(5): 1 for base in (str, int, float)}
    log.calls.clear()
    return [made, keys, made]


@_case
def metaclass_that_lies_of_an_object(log: Log) -> Any:
    value = _metaclass(log)("Made", (), {})()
    log.calls.clear()
    return [value]


@_case
def metaclass_that_cannot_be_hashed(log: Log) -> Any:
    meta = type("Meta", (type,), {"__hash__": None, "__eq__": lambda *_: _raise(TypeError("no"))})
    return [meta("Made", (base,), {})() for base in (str, int, float, list, tuple, dict)]


@_case
def metaclass_with_another_name(log: Log) -> Any:
    """The name in the message is the one that the class gives."""

    def name(_: Any) -> str:
        log.calls.append("name")
        return "N"

    meta = type("Meta", (type,), {"__name__": property(name)})
    return [meta("Made", (), {})()]


@_case
def metaclass_whose_mro_lies(log: Log) -> Any:
    meta = type("Meta", (type,), {"mro": lambda cls: [cls, list, object]})
    return [meta("Made", (list,), {})([1, 2])]


@_case
def class_that_changes_its_objects_class(log: Log) -> Any:
    value = type("One", (list,), {})([1, 2])
    value.__class__ = _hooked(list, log, __iter__=lambda _: iter("ab"))
    return [value]


@_case
def class_with_a_long_name(log: Log) -> Any:
    return [type("L" * 10_000 + "ü", (), {})()]


@_case
def enumeration_with_its_own_value(log: Log) -> Any:
    class Odd(int, enum.Enum):
        ONE = 1

        def __repr__(self) -> str:
            return "odd"

        def __str__(self) -> str:
            return "odd"

    return {Odd.ONE: Odd.ONE, "level": [Level.LOW, Mode.READ]}


# ── What changes while it is written ───────────────────────────────────────────────────────────

# Everything that is taken out of a container is kept here by the case: the standard library of some
# versions reads what it had borrowed, and a test must not make the judge crash.


def _changing(name: str, change: Callable[[list[Any], dict[Any, Any], Any], Any]) -> None:
    """A `dict` whose `items` changes the list and the dictionary that it stands in, early and late
    in a document that otherwise is nothing special."""

    for filler in (1, 300):

        def build(log: Log, filler: int = filler) -> Any:
            inner: dict[Any, Any] = {f"key {number}": [number] for number in range(filler)}
            outer: list[Any] = [["text"] * 3 for _ in range(filler)]
            kept: list[Any] = []

            def items(odd: Any) -> Any:
                kept.extend((*outer, *inner.items(), odd))
                change(outer, inner, odd)
                return [("x", 1)]

            odd = _hooked(dict, log, items=items)(a=1)
            odd.kept = kept
            inner["odd"] = odd
            inner.update({f"more {number}": number for number in range(filler)})
            outer.extend((odd, inner, *range(filler)))
            return outer

        CASES[f"{name}-{filler}"] = build


def _clear_all(outer: list[Any], inner: dict[Any, Any], odd: Any) -> None:
    outer.clear()
    inner.clear()
    dict.clear(odd)


_changing("clears-the-list", lambda outer, inner, odd: outer.clear())
_changing("clears-the-dict", lambda outer, inner, odd: inner.clear())
_changing("clears-itself", lambda outer, inner, odd: dict.clear(odd))
_changing("clears-all", _clear_all)
_changing("shortens-the-list", lambda outer, inner, odd: outer.pop())
_changing("deletes-from-the-list", lambda outer, inner, odd: outer.__delitem__(0))
_changing("replaces-in-the-list", lambda outer, inner, odd: outer.__setitem__(-1, "new"))
_changing("replaces-in-the-dict", lambda outer, inner, odd: inner.update({"key 0": "new"}))
_changing("replaces-the-items", lambda outer, inner, odd: outer.__setitem__(slice(None), ["n"] * 7))
_changing("collects", lambda outer, inner, odd: gc.collect())


def _clear_and_raise(outer: list[Any], inner: dict[Any, Any], odd: Any) -> None:
    outer.clear()
    raise OSError("within")


def _extend(outer: list[Any], inner: dict[Any, Any], odd: Any) -> None:
    if len(outer) < 2_000:
        outer.extend(["more"] * 500)


_changing("clears-and-raises", _clear_and_raise)
_changing("extends-the-list", _extend)


@_case
def grows_until_it_is_enough(log: Log) -> Any:
    outer: list[Any] = []

    def items(odd: Any) -> Any:
        if len(outer) < 50:
            outer.append(growing(a=1))
        return [("at", len(outer))]

    growing = _hooked(dict, log, items=items)
    outer.append(growing(a=1))
    return outer


@_case
def writes_from_within(log: Log) -> Any:
    """The function is called again while it runs, also with what is being written."""
    outer: list[Any] = [1, {"a": ["text\n", 1.5]}]

    def items(odd: Any) -> Any:
        return [("again", str(log.dumps(outer[:2]))), ("other", str(log.dumps({"b": 2})))]

    outer.append(_hooked(dict, log, items=items)(a=1))
    outer.append("end")
    return outer


@_case
def writes_itself_from_within(log: Log) -> Any:
    """Endless, so the interpreter ends it."""
    outer: list[Any] = []
    outer.append(_hooked(dict, Log([], log.dumps), items=lambda _: [("x", log.dumps(outer))])(a=1))
    return outer


@_case
def fails_from_within(log: Log) -> Any:
    def items(odd: Any) -> Any:
        for wrong in (object(), "\ud800", [{1, 2}]):
            try:
                log.dumps(wrong)
            except (TypeError, ValueError) as error:
                log.calls.append(type(error).__name__)
        return [("x", 1)]

    return [_hooked(dict, Log([], log.dumps), items=items)(a=1)]


# ── Cycles, shared parts, depth ────────────────────────────────────────────────────────────────


def _nested(depth: int, kind: str) -> Any:
    value: Any = []
    for level in range(depth):
        step = "ldt"[level % 3] if kind == "mixed" else kind[0]
        if step == "l":
            value = [value]
        elif step == "d":
            value = {"a": value}
        elif step == "t":
            value = (value,)
        elif step == "s":
            value = Items([value])
        else:
            value = [level, {"a": level}, value, level]
    return value


def _depths() -> None:
    for kind in ("list", "dict", "tuple", "mixed", "subclass", "wide"):
        for depth in (100, 200, 250, 900, 5_000, 100_000):

            def build(log: Log, depth: int = depth, kind: str = kind) -> Any:
                return _nested(depth, kind)

            CASES[f"{kind}-{depth}-deep"] = build


_depths()


@_case
def deep_and_foreign(log: Log) -> Any:
    value: Any = object()
    for _ in range(400):
        value = {"a": [value]}
    return value


@_case
def deep_and_odd(log: Log) -> Any:
    value: Any = _hooked(dict, log, items=lambda _: [("x", 1)])(a=1)
    for _ in range(300):
        value = {"a": [1, value, 2]}
    return value


def _cycle(length: int, kind: str) -> Any:
    first: Any = {} if kind == "dict" else []
    value: Any = first
    for level in range(length - 1):
        if kind == "dict":
            value = {"a": value}
        elif kind == "tuple" or (kind == "mixed" and level % 2):
            value = (1, value)
        else:
            value = [value, 2]
    if kind == "dict":
        first["back"] = value
    else:
        first.extend(("back", value))
    return first


def _cycles() -> None:
    for kind in ("list", "dict", "tuple", "mixed"):
        for length in (1, 2, 3, 10, 150, 260, 300, 600, 5_000):

            def build(log: Log, length: int = length, kind: str = kind) -> Any:
                return _cycle(length, kind)

            CASES[f"cycle-of-{length}-{kind}"] = build


_cycles()


@_case
def cycle_through_values(log: Log) -> Any:
    value: dict[str, Any] = {"a": 1}
    value["rows"] = [{"parent": value}]
    return ["x", value]


@_case
def cycle_through_a_subclass(log: Log) -> Any:
    value = Mapping()
    value["a"] = Items([value])
    return value


@_case
def cycle_through_items(log: Log) -> Any:
    outer: list[Any] = []
    outer.append(_hooked(dict, log, items=lambda _: [("x", outer)])(a=1))
    return outer


@_case
def endless_without_a_cycle(log: Log) -> Any:
    """Every level is a new object."""
    silent = Log([], log.dumps)

    def items(_: Any) -> Any:
        return [("x", kind(a=1))]

    kind = _hooked(dict, silent, items=items)
    return kind(a=1)


@_case
def shared_parts(log: Log) -> Any:
    """The same object many times is no cycle."""
    leaf = {"a": [1, "text"]}
    row = [leaf, leaf, (leaf, [leaf])]
    empty: list[Any] = []
    return {"rows": [row] * 20, "leaf": leaf, "empty": [empty, empty, [empty]]}


@_case
def shared_to_a_million(log: Log) -> Any:
    value: Any = "x"
    for _ in range(15):
        value = [value, value]
    return value


# ── Dictionaries in other orders, and keys ─────────────────────────────────────────────────────


@_case
def ordered_dict_after_moves(log: Log) -> Any:
    value = collections.OrderedDict((name, name) for name in "abcdef")
    value.move_to_end("a")
    value.move_to_end("f", last=False)
    value.popitem(last=False)
    value["f"] = "again"
    return [value, collections.OrderedDict(), collections.OrderedDict({1: 2})]


@_case
def ordered_dict_behind_its_back(log: Log) -> Any:
    """Its own order no longer is that of its entries."""
    value = collections.OrderedDict(a=1, b=2, c=3)
    dict.__delitem__(value, "b")
    return [value]


@_case
def ordered_dict_with_more_behind_its_back(log: Log) -> Any:
    value = collections.OrderedDict(a=1, b=2)
    dict.__setitem__(value, "c", 3)
    return [value]


@_case
def ordered_dict_subclass_after_moves(log: Log) -> Any:
    value = type("Ordered", (collections.OrderedDict,), {})(a=1, b=2)
    value.move_to_end("a")
    return {"value": value}


@_case
def counter(log: Log) -> Any:
    return collections.Counter("abracadabra")


@_case
def dict_with_holes(log: Log) -> Any:
    value: dict[Any, Any] = {number: str(number) for number in range(100)}
    for number in range(0, 100, 3):
        del value[number]
    value.pop(1)
    value["end"] = None
    return value


@_case
def dict_emptied(log: Log) -> Any:
    value: dict[Any, Any] = {number: number for number in range(100)}
    for number in range(100):
        del value[number]
    return [value, {"a": value}]


@_case
def split_tables(log: Log) -> Any:
    """The dictionaries of objects share their keys with each other."""

    class Model:
        def __init__(self, number: int) -> None:
            self.id = number
            self.name = "name"
            if number % 2:
                self.extra = number

    models = [Model(number) for number in range(4)]
    del models[2].name
    models[3].name = "new"
    return [vars(model) for model in models]


@_case
def keys_that_are_the_same_in_json(log: Log) -> Any:
    return {1: "int", "1": "str", 1.5: "float", "1.5": "str", "true": "str", None: "none",
            "null": "str", float("nan"): 1, "NaN": 2, False: 3, "false": 4}  # fmt: skip


@_case
def keys_of_every_kind(log: Log) -> Any:
    return [
        {key: 1}
        for key in (
            0, 1, -1, 1 << 100, True, False, None, 0.1, -0.0, 1e16, 5e-324, float("inf"),
            float("-inf"), float("nan"), "", "\n", "é", "Ж", "🦀", Text("t"), Loud("q"), Whole(3),
            Level.LOW, Mode.READ,
        )
    ]  # fmt: skip


@_case
def keys_of_a_foreign_kind_late(log: Log) -> Any:
    return {**{f"a{number}": number for number in range(50)}, (1, 2): 3}


@_case
def key_before_value(log: Log) -> Any:
    """Which of two faults is found first."""
    return {(1, 2): object()}


@_case
def key_with_too_many_digits(log: Log) -> Any:
    return {"a": {10**4300: 1}}


@_case
def value_with_too_many_digits(log: Log) -> Any:
    return ["a", {"b": -(10**4300)}]


@_case
def surrogates_everywhere(log: Log) -> Any:
    return ["ok", "a\ud800b", {"k\udfff": 1}, "\udc00\ud800"]


@_case
def surrogate_before_a_fault(log: Log) -> Any:
    """The fault is found while writing, the surrogate after it."""
    return ["\ud800", object()]


@_case
def many_references_to_the_singletons(log: Log) -> Any:
    return [None, True, False, 0, 1, "", (), 1.0] * 1_000


@_case
def wide_list(log: Log) -> Any:
    return list(range(100_000))


@_case
def wide_dict(log: Log) -> Any:
    return {str(number): number for number in range(50_000)}


@_case
def long_text(log: Log) -> Any:
    return "a" * 1_000_000 + "\n" + "é" * 100_000 + "Ж" * 100_000 + "🦀" * 100_000


@_case
def interned_and_not(log: Log) -> Any:
    return {sys.intern("a b"): 1, "".join(["a", " c"]): 2}
