"""Every tier writes JSON as `json.dumps` of this interpreter does, or raises what that raises.

Every run draws other values. ``COVET_JSON_SEED`` repeats a run, ``COVET_JSON_VALUES`` makes it
longer or shorter.
"""

import json
import math
import os
import random
import sys
import threading
from collections import defaultdict

import pytest
from covet_runtime import json as pure
from http_cases import TIERS
from json_oddities import CASES, Log
from json_values import (
    FILLERS,
    FLOATS,
    FOREIGN,
    FOREIGN_KEYS,
    INTEGERS,
    SCALAR_SUBCLASSES,
    SPECIAL,
    STRINGS,
    Items,
    Mapping,
    Point,
    Values,
    cut,
    difference,
    doubles,
    dumps,
    functions,
    judge,
    outcome,
    strings_around,
)

SEED = os.environ.get("COVET_JSON_SEED") or str(random.SystemRandom().randrange(1 << 32))
VALUES = int(os.environ.get("COVET_JSON_VALUES") or 100_000)
BATCHES = 10

# Where the stack ends while Python code calls itself through JSON, and what is running there.
UP_TO_THE_STACK = {"writes-itself-from-within", "endless-without-a-cycle"}


@pytest.fixture(params=TIERS)
def tier(request):
    return request.param


def check(tier, values):
    for value in values:
        wrong = difference(tier, value)
        if wrong:
            pytest.fail(wrong)


# ── Scalars ────────────────────────────────────────────────────────────────────────────────────


def in_every_place(scalars):
    for scalar in scalars:
        yield scalar
        yield [scalar]
        yield (scalar, scalar)
        yield {"key": scalar, "other": [scalar]}
        yield {scalar: 1, "key": scalar}


def test_strings(tier):
    check(tier, in_every_place(STRINGS))


@pytest.mark.parametrize("filler", FILLERS)
@pytest.mark.parametrize("special", SPECIAL, ids=lambda special: f"U+{ord(special):04X}")
def test_strings_around_blocks(tier, special, filler):
    """All at once, since that is quick, and one by one when they differ."""
    texts = list(strings_around(special, FILLERS[filler]))
    if "\ud800" <= special <= "\udfff":
        check(tier, texts[::7])
        texts = texts[:: len(texts) // 9]
    values = [texts, dict.fromkeys(texts), [[text] for text in texts]]
    if any(difference(tier, value) for value in values):
        check(tier, in_every_place(texts))
        check(tier, values)


@pytest.mark.parametrize("filler", FILLERS)
def test_long_strings(tier, filler):
    character = FILLERS[filler]
    for size in (127, 128, 129, 255, 256, 1_000, 4_095, 4_096, 4_097, 65_535, 65_537, 300_000):
        text = character * size
        check(tier, [text, f"{text}\n", f"\n{text}", text[:-1] + '"' + text[1:], {text: text}])
    check(tier, [character.join("\n\x00\\") * 50_000])


def test_integers(tier):
    check(tier, in_every_place(INTEGERS))


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no limit")
@pytest.mark.parametrize("limit", [0, 640, 5_000])
def test_the_limit_of_digits_can_be_set(tier, limit):
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(limit)
    try:
        for digits in (600, 639, 640, 641, 4300, 4301, 5_000, 5_001, 20_000):
            number = 10 ** (digits - 1)
            check(tier, [number, [-number], {number: 1}])
    finally:
        sys.set_int_max_str_digits(before)


def test_floats(tier):
    check(tier, in_every_place([*FLOATS, *(-value for value in FLOATS)]))


def test_doubles_by_bit_pattern(tier):
    """Each exponent with some mantissas, and some more."""
    drawn = list(doubles(random.Random(f"{SEED} doubles"), 20_000))
    for start in range(0, len(drawn), 1_000):
        part = drawn[start : start + 1_000]
        if difference(tier, part):
            check(tier, part)
            check(tier, [part])


def test_subclasses_of_scalars(tier):
    check(tier, in_every_place(SCALAR_SUBCLASSES))


@pytest.mark.parametrize("value", FOREIGN, ids=lambda value: type(value).__name__)
def test_what_json_does_not_have(tier, value):
    check(tier, [value, [value], (1, [value]), {"a": {"b": value}}, {"a": [1] * 100, "b": value}])
    assert outcome(dumps, value)[1] is TypeError


def test_keys_that_json_does_not_have(tier):
    for key in FOREIGN_KEYS:
        check(tier, [{key: 1}, {"a": 1, key: object()}, [{"a": {key: 1}}], {"\ud800": {key: 1}}])
        assert outcome(dumps, {key: 1})[1] is TypeError


# ── Oddities ───────────────────────────────────────────────────────────────────────────────────


def observe(function, build):
    """What becomes of a case, and what of our code has run for it."""
    log = Log([], function)
    value = build(log)
    return outcome(function, value), log.calls


@pytest.mark.parametrize("name", CASES)
def test_oddities(tier, name):
    for function_name, function in functions(tier).items():
        expected, calls = observe(judge(function_name), CASES[name])
        found, found_calls = observe(function, CASES[name])
        if name in UP_TO_THE_STACK:
            found, expected = found[:2], expected[:2]
        assert found == expected, f"{function_name}: {cut(found)}, json.dumps: {cut(expected)}"
        assert found_calls == calls, function_name


@pytest.mark.parametrize("kind", ["list", "dict", "tuple", "subclass"])
def test_every_depth(tier, kind):
    """Where the standard library gives up, every tier does. How much of the stack a function of
    its own takes may move that by a few levels, no more."""
    wrap = {"list": lambda v: [v], "dict": lambda v: {"a": v}, "tuple": lambda v: (v,),
            "subclass": lambda v: Items([v])}[kind]  # fmt: skip
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(600)
    try:
        values = [1]
        for _ in range(700):
            values.append(wrap(values[-1]))
        expected = [outcome(dumps, value) for value in values]
        for name, function in functions(tier).items():
            found = [outcome(function, value) for value in values]
            if name == "json_dumps_bytes":
                found = [(str, o[1].decode()) if o[0] is bytes else o for o in found]
            apart = [depth for depth, _ in enumerate(values) if found[depth] != expected[depth]]
            assert len(apart) <= 4, (name, apart)
            assert not apart or apart[-1] - apart[0] == len(apart) - 1, (name, apart)
    finally:
        sys.setrecursionlimit(limit)


def test_depth_with_little_stack_left(tier):
    """Called far down, where only a few levels are left."""

    def call(function, value, depth):
        return call(function, value, depth - 1) if depth else outcome(function, value)

    value = [[[[[[[[1]]]]]]]]
    for name, function in functions(tier).items():
        for depth in range(0, sys.getrecursionlimit(), 100):
            try:
                found = call(function, value, depth)
            except RecursionError:
                break
            assert found == call(judge(name), value, depth)


def test_depth_in_a_thread_with_a_small_stack(tier):
    """What the standard library can write there, every tier can."""
    value = []
    for _ in range(900):
        value = [value]
    seen = []

    def work():
        seen.extend(outcome(function, value) for function in functions(tier).values())

    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert seen == [outcome(judge(name), value) for name in functions(tier)]


# ── The default of the encoder ─────────────────────────────────────────────────────────────────


class Foreign:
    def __init__(self, *parts):
        self.parts = parts


DEFAULTS = {
    "that-gives-a-text": lambda self, o: "text\n",
    "that-gives-parts": lambda self, o: {"parts": o.parts, "kind": type(o).__name__},
    "that-gives-the-same": lambda self, o: o,
    "that-gives-a-new-one": lambda self, o: Foreign(*o.parts),
    "that-raises": lambda self, o: [][1],
    "that-gives-a-surrogate": lambda self, o: "\ud800",
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_for_all(tier, monkeypatch, name):
    """Some replace the method in the class of the standard library."""
    monkeypatch.setattr(json.JSONEncoder, "default", DEFAULTS[name])
    foreign = [Foreign(1), Foreign(Foreign())]
    for value in (*foreign, [1, *foreign], {"a": {"b": foreign}}, [foreign, {(): 1}]):
        for function_name, function in functions(tier).items():
            found, expected = outcome(function, value), outcome(judge(function_name), value)
            if name == "that-gives-a-new-one":  # endlessly, until the interpreter ends it
                found, expected = found[:2], expected[:2]
            assert found == expected


def test_a_default_that_changes_what_is_written(tier, monkeypatch):
    def default(self, foreign):
        for part in foreign.parts:
            kept.append(list(part))
            part.clear()
        return "gone"

    monkeypatch.setattr(json.JSONEncoder, "default", default)
    kept = []

    def build():
        outer, inner = ["a", "b"], {"c": 1}
        foreign = Foreign(outer, inner)
        inner["d"] = foreign
        inner["e"] = "last"
        outer.extend((inner, "last"))
        kept.extend((foreign, inner))
        return outer

    for name, function in functions(tier).items():
        assert outcome(function, build()) == outcome(judge(name), build())


# ── Classes that change ────────────────────────────────────────────────────────────────────────


def test_classes_are_judged_anew(tier):
    """What was harmless once may be so no more, and the other way round."""
    for base, name, replacement in (
        (Items, "__iter__", lambda self: iter("ab")),
        (Mapping, "items", lambda self: [("x", 1)]),
        (Mapping, "__getattribute__", lambda self, name: lambda: [("y", name)]),
    ):
        kind = type("Changing", (base,), {})
        heir = type("Heir", (kind,), {})
        values = [kind(), heir()]
        for value in values:
            value.update(a=1) if base is Mapping else value.append(1)
        before = [dumps(value) for value in values]
        for changed in (kind, base):
            check(tier, values)
            setattr(changed, name, replacement)
            try:
                assert all(dumps(value) not in before for value in values)
                check(tier, values)
            finally:
                delattr(changed, name)
            assert [dumps(value) for value in values] == before
            check(tier, values)


def test_objects_that_change_their_class(tier):
    plain = type("Plain", (list,), {})
    odd = type("Odd", (list,), {"__iter__": lambda self: iter("ab")})
    value = plain([1, 2])
    for kind in (plain, odd, plain):
        value.__class__ = kind
        check(tier, [value, [value]])


# ── Who writes it ──────────────────────────────────────────────────────────────────────────────


USUAL = {
    "scalars": [None, True, False, 0, -5, 1 << 80, 0.5, math.nan, -math.inf],
    "strings": ["", "a\n", "é\n", "Ж\n", "🦀\n", "a" * 100_000, "Ж" * 100_000],
    "empty": [[], {}, (), ""],
    "nested": {"a": [{"b": ({"c": [1]},)}] * 3},
    "keys": {"é": 1, 1: 2, 1.5: 3, False: 4, None: 5, math.nan: 6, "\x00": 7, 1 << 80: 8},
    "subclasses": [*SCALAR_SUBCLASSES, Items([1]), Point(1, 2), defaultdict(list, a=[1])],
    "keys-of-subclasses": [{key: 1} for key in SCALAR_SUBCLASSES],
    "wide": [{"id": number, "name": "name"} for number in range(10_000)],
}


@pytest.mark.parametrize("name", USUAL)
def test_rust_writes_what_is_usual(monkeypatch, name):
    """By itself: all else here would hold, too, if it left everything to the standard library."""
    value = USUAL[name]
    expected = {part: outcome(judge(part), value) for part in functions("native")}

    def leave(value):
        raise AssertionError("it was left to Python")

    for pure_name in functions("pure"):
        monkeypatch.setattr(pure, pure_name, leave)
    for function_name, function in functions("native").items():
        assert outcome(function, value) == expected[function_name]
    with pytest.raises(AssertionError, match="left"):
        functions("native")["json_dumps_smart"](object())


# ── Anything ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("batch", range(BATCHES))
def test_drawn_values(tier, batch):
    values = Values(random.Random(f"{SEED} {batch}"))
    for number in range(VALUES // BATCHES):
        wrong = difference(tier, values.value())
        if wrong:
            pytest.fail(f"COVET_JSON_SEED={SEED}, value {number} of batch {batch}: {wrong}")


def test_one_argument(tier):
    for function in functions(tier).values():
        with pytest.raises(TypeError):
            function()
        with pytest.raises(TypeError):
            function([], [])


# ── The test itself ────────────────────────────────────────────────────────────────────────────


def test_values_reach_everything():
    values = Values(random.Random(1))
    drawn = [values.value() for _ in range(20_000)]
    outcomes = [outcome(judge("json_dumps_bytes"), value) for value in drawn]
    raised = [one[1] for one in outcomes if one[0] == "raised"]
    assert 200 < raised.count(TypeError) < 4_000
    assert 20 < raised.count(UnicodeEncodeError) < 4_000
    written = b"".join(one[1] for one in outcomes if one[0] is bytes)
    for part in (b"NaN", b"-Infinity", b"[]", b"{}", b'\\"', b"\\u001f", b"\xe2\x80\xa8", b"e-",
                 b'{"null":', b'"true":', b"\xf0\x9f", b"\x7f"):  # fmt: skip
        assert part in written, part


def test_a_difference_is_found(monkeypatch):
    """One wrong character in a hundred thousand is seen, and so are a wrong type, a wrong text of
    an exception and a value that is changed."""
    right = pure.json_dumps_smart

    def wrong(value):
        if type(value) is object:
            raise TypeError("Object of type object is not serializable")
        if value == [1]:
            value.append(2)
            return "[1]"
        return right(value).replace("\u2028", "\\u2028")

    monkeypatch.setattr(pure, "json_dumps_smart", wrong)
    assert not difference("pure", "a")
    assert "json_dumps_smart" in difference("pure", "\u2028")
    assert "TypeError" in difference("pure", object())
    assert "changed" in difference("pure", [1])
    monkeypatch.setattr(pure, "json_dumps_smart", lambda value: right(value).encode())
    assert "bytes" in difference("pure", "a")
