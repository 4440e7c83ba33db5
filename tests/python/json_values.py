"""Values for the JSON tests, the judge, and how a tier is compared with it.

The judge is `json.dumps` of the interpreter that runs the tests. `Values` draws values that nobody
would write; `STRINGS`, `INTEGERS` and `FLOATS` are those where a mistake is most likely. What runs
code while it is written is in `json_oddities`.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import importlib
import json
import math
import random
import struct
import types
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

Function = Callable[[Any], Any]

_NAMES = ("json_dumps_bytes", "json_dumps_smart", "json_dumps_rust")

# A partial object, for a Python function around `json.dumps` would be one more frame on the stack,
# and how deep a value may be depends on what is on the stack.
dumps: Function = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def functions(tier: str) -> dict[str, Function]:
    """The functions of a tier by their names. The pure tier has no Rust to force."""
    home = "covet_runtime._native" if tier == "native" else "covet_runtime.json"
    module = importlib.import_module(home)
    names = _NAMES if tier == "native" else _NAMES[:2]
    return {name: getattr(module, name) for name in names}


def judge(name: str) -> Function:
    """What the function of that name has to do."""
    return _dumps_bytes if name == "json_dumps_bytes" else dumps


def _dumps_bytes(value: Any) -> bytes:
    text: str = dumps(value)
    return text.encode("utf-8")


def outcome(function: Function, value: Any) -> Any:
    """What a function gives, with its type, or all that can be seen of what it raises."""
    try:
        result = function(value)
    except BaseException as error:
        return (
            "raised",
            type(error),
            str(error),
            error.args,
            getattr(error, "__notes__", None),
            type(error.__cause__),
            type(error.__context__),
        )
    return (type(result), result)


def difference(tier: str, value: Any) -> str:
    """How a tier differs from the judge on a value, or an empty string."""
    text = outcome(dumps, value)
    encoded = outcome(str.encode, text[1]) if text[0] is str else text
    for name, function in functions(tier).items():
        expected = encoded if name == "json_dumps_bytes" else text
        found = outcome(function, value)
        if found != expected:
            return f"{name}: {cut(found)}, json.dumps: {cut(expected)}, of {cut(value)}"
    if outcome(dumps, value) != text:
        return f"the value was changed: {cut(value)}"
    return ""


def cut(value: Any) -> str:
    """A value as ASCII of bearable length."""
    try:
        text = ascii(value)
    except Exception as error:  # oddities raise wherever they can
        text = f"{type(value).__name__} without a repr: {type(error).__name__}"
    return text if len(text) < 400 else f"{text[:300]} … {text[-80:]}"


# ── Scalars ────────────────────────────────────────────────────────────────────────────────────

# What is escaped, the neighbours of that, and the borders of the widths in storage and in UTF-8.
SPECIAL = [
    '"', "\\", "/", "\b", "\t", "\n", "\f", "\r", "\0", "\x01", "\x0b", "\x1f", " ", "!", "#", "[",
    "]", "~", "\x7f", "\x80", "\x85", "\xa0", "\xff", "\u0100", "\u07ff", "\u0800", "\u2028",
    "\u2029", "\ud7ff", "\ud800", "\udbff", "\udc00", "\udfff", "\ue000", "\ufeff", "\ufffe",
    "\uffff", "\U00010000", "\U0001f600", "\U0010fffe", "\U0010ffff",
]  # fmt: skip

# What the other characters of a string are: they decide how it is stored.
FILLERS = {"ascii": "a", "latin-1": "\xe9", "two-bytes": "\u0416", "four-bytes": "\U0001f980"}

STRINGS = [
    "", *SPECIAL, *(chr(code) for code in range(0x100)),
    *(one + other for one in SPECIAL for other in SPECIAL),
    "\\u0041", "</script>", "\ud83d\ude00", "\ude00\ud83d", "e\u0301", "\u202e", "🏳️‍🌈",
    *("a" * size for size in range(130)),
    *('"' * size for size in range(70)),
    *("\x01" * size for size in range(70)),
]  # fmt: skip


def strings_around(special: str, filler: str, longest: int = 64) -> Iterator[str]:
    """Strings up to a length with a special character at every place: blocks of any size end
    before it, at it and behind it."""
    for size in range(1, longest + 1):
        for place in range(size):
            yield filler * place + special + filler * (size - place - 1)


_MAGNITUDES = {
    *range(300),
    *(10**digits + step for digits in range(1, 45) for step in (-1, 0, 1)),
    *((1 << bits) + step for bits in range(8, 200) for step in (-1, 0, 1)),
    # Converting more than 4300 digits raises since it was found to be an attack.
    *(10**digits - 1 for digits in (1000, 4299, 4300, 4301, 5000)),
    10**4299,
    10**4300,
}
INTEGERS: list[int] = [sign * magnitude for magnitude in sorted(_MAGNITUDES) for sign in (1, -1)]


def double(bits: int) -> float:
    """The double of a bit pattern."""
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value


def doubles(rng: random.Random, count: int) -> Iterator[float]:
    """Doubles by bit pattern: every exponent with some mantissas and both signs, and `count` more
    that are drawn from all."""
    mantissas = [0, 1, 2, 1 << 51, (1 << 52) - 1, *(rng.getrandbits(52) for _ in range(3))]
    for exponent in range(2048):
        for mantissa in mantissas:
            yield double(exponent << 52 | mantissa)
            yield double(1 << 63 | exponent << 52 | mantissa)
    for _ in range(count):
        yield double(rng.getrandbits(64))


FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 1 / 3, 2 / 3, 1.5, 100.0, 123456.789, math.pi, math.e,
    5e-324, 2.225073858507201e-308, 2.2250738585072014e-308, 1.7976931348623157e308,
    math.inf, -math.inf, math.nan, -math.nan, double(0x7FF0000000000001),
    double(0xFFF8000000000001), 9007199254740991.0, 9007199254740992.0, 9007199254740994.0, 1e15,
    1e16, 1e17, 123456789012345680.0, 9999999999999998.0, 99999999999999980.0, 0.0001, 0.00001,
    0.00012345, 0.000012345, 1e21, 1e22, 1e23, 9.5e-5, 4.35, 2.675, 1.1, 5e-5, 299792458.0,
    6.02214076e23,
    *(float(f"1e{power}") for power in range(-323, 309)),
    *(float(f"-9.87654321e{power}") for power in range(-323, 308)),
    *(2.0**power for power in range(-1074, 1024)),
    *(power / 4 for power in range(-400, 400)),
]  # fmt: skip


# ── Subclasses that change nothing that JSON can see ───────────────────────────────────────────


class Text(str):
    """A `str` in the layout of subclasses."""


class Whole(int):
    pass


class Real(float):
    pass


class Items(list):  # type: ignore[type-arg]
    pass


class Row(tuple):  # type: ignore[type-arg]
    pass


class Mapping(dict):  # type: ignore[type-arg]
    pass


class Loud(str):
    """Its own texts are not those that count."""

    def __str__(self) -> str:
        return "loud"

    __repr__ = __str__


class LoudWhole(int):
    def __str__(self) -> str:
        return "loud"

    __repr__ = __str__


class LoudReal(float):
    def __str__(self) -> str:
        return "loud"

    __repr__ = __str__


Point = collections.namedtuple("Point", "x y")


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 1 << 70


class Mode(str, enum.Enum):
    READ = "r\n"
    WRITE = "ü"


class Ratio(float, enum.Enum):
    HALF = 0.5
    ALL = math.inf


class Access(enum.IntFlag):
    READ = 1
    WRITE = 2


SCALAR_SUBCLASSES: list[Any] = [
    Text("a\n"), Text("é"), Text("Ж"), Text("🦀"), Text(""), Loud("quiet"), Whole(5),
    Whole(1 << 80), LoudWhole(7), Real(0.1), Real("nan"), Real("inf"), LoudReal(1.5), Level.LOW,
    Level.HIGH, Mode.READ, Mode.WRITE, Ratio.HALF, Ratio.ALL, Access.READ,
    Access.READ | Access.WRITE,
]  # fmt: skip

if hasattr(enum, "StrEnum"):
    SCALAR_SUBCLASSES.append(enum.StrEnum("Kind", {"GOOD": "good"}).GOOD)

# What JSON does not have.
FOREIGN: list[Any] = [
    object, object(), {1, 2}, frozenset(), b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), 1j,
    range(3), datetime.datetime(2024, 2, 29), datetime.date(2024, 2, 29), decimal.Decimal("1.1"),
    uuid.UUID(int=5), Colour.RED, len, json, types.MappingProxyType({"a": 1}), iter(()), ...,
    NotImplemented, collections.UserDict(a=1), collections.UserList([1]),
    collections.UserString("a"), collections.ChainMap({"a": 1}), collections.deque([1]),
    types.SimpleNamespace(a=1), {}.keys(),
]  # fmt: skip

FOREIGN_KEYS: list[Any] = [(), (1, 2), b"a", frozenset(), Colour.RED, object, 1j, Point(1, 2)]


# ── Drawing ────────────────────────────────────────────────────────────────────────────────────


class Values:
    """Draws values. Writing one runs no code of ours, so one value does for all functions."""

    # One value in so many may have something that JSON does not have, and one string in so many
    # what UTF-8 does not have.
    FOREIGN_IN = 15
    SURROGATE_IN = 100

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._foreign = False
        self._made: list[Any] = []

    def value(self) -> Any:
        rng = self._rng
        self._foreign = rng.randrange(self.FOREIGN_IN) == 0
        self._made = []
        return self._any(rng.choice((1, 2, 3, 4, 5)))

    def _any(self, depth: int) -> Any:
        draw = self._rng.random()
        if depth == 0 or draw < 0.35:
            return self._scalar()
        if draw < 0.68:
            return self._mapping(depth - 1)
        if draw < 0.97 or not self._made:
            return self._sequence(depth - 1)
        # The same object a second time. It is complete, so there is no cycle.
        return self._rng.choice(self._made)

    def _scalar(self) -> Any:
        rng = self._rng
        draw = rng.random()
        if self._foreign and rng.randrange(3) == 0:
            return rng.choice(FOREIGN)
        if draw < 0.35:
            return self.string()
        if draw < 0.55:
            return self._integer()
        if draw < 0.72:
            return self._float()
        if draw < 0.92:
            return rng.choice((None, True, False))
        return rng.choice(SCALAR_SUBCLASSES)

    def string(self) -> str:
        rng = self._rng
        draw = rng.random()
        if draw < 0.4:
            return rng.choice(("id", "name", "a longer name of a field", "value", "x" * 16))
        if draw < 0.6:
            return rng.choice(_MOSTLY)
        filler = rng.choice(_FILLERS)
        text = filler * rng.choice((0, 1, 3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200))
        for _ in range(rng.choice((0, 1, 1, 2, 5))):
            place = rng.randint(0, len(text))
            special = SPECIAL if rng.randrange(self.SURROGATE_IN) == 0 else _WITHOUT_SURROGATES
            text = text[:place] + rng.choice(special) + text[place:]
        return text

    def _integer(self) -> int:
        rng = self._rng
        draw = rng.random()
        if draw < 0.5:
            return rng.randint(-1000, 1000)
        if draw < 0.98:
            return (1 - 2 * rng.getrandbits(1)) * rng.getrandbits(rng.randint(1, 140))
        return rng.choice(INTEGERS)

    def _float(self) -> float:
        rng = self._rng
        draw = rng.random()
        if draw < 0.3:
            return rng.choice(FLOATS)
        if draw < 0.6:
            return round(rng.uniform(-1000, 1000), rng.randint(0, 6))
        return double(rng.getrandbits(64))

    def _sequence(self, depth: int) -> Any:
        rng = self._rng
        members = [self._any(depth) for _ in range(rng.choice((0, 1, 1, 2, 3, 5)))]
        draw = rng.random()
        made: Any = members
        if draw > 0.95:
            made = rng.choice((Items, Row))(members)
        elif draw > 0.9 and len(members) == 2:
            made = Point(*members)
        elif draw > 0.75:
            made = tuple(members)
        self._made.append(made)
        return made

    def _mapping(self, depth: int) -> Any:
        rng = self._rng
        pairs = [(self._key(), self._any(depth)) for _ in range(rng.choice((0, 1, 2, 3, 6)))]
        draw = rng.random()
        made: Any
        if draw > 0.97:
            made = collections.OrderedDict(pairs)
            if made:
                made.move_to_end(rng.choice(list(made)), last=rng.random() < 0.5)
        elif draw > 0.94:
            made = rng.choice((Mapping, collections.Counter))()
            made.update(pairs) if type(made) is Mapping else dict.update(made, pairs)
        elif draw > 0.92:
            made = collections.defaultdict(list, pairs)
        else:
            made = dict(pairs)
            # A dictionary with holes.
            if made and draw > 0.85:
                del made[rng.choice(list(made))]
        self._made.append(made)
        return made

    def _key(self) -> Any:
        rng = self._rng
        draw = rng.random()
        if draw < 0.8:
            return self.string()
        if draw < 0.95:
            return rng.choice(_KEYS)
        if draw < 0.97 or not self._foreign:
            return self._float() if draw < 0.96 else self._integer()
        return rng.choice(FOREIGN_KEYS)


_FILLERS = list(FILLERS.values())
_WITHOUT_SURROGATES = [special for special in SPECIAL if not "\ud800" <= special <= "\udfff"]
_MOSTLY = [text for text in STRINGS if text.isprintable() and text.isascii()]

# Some of them are the same in JSON, and the standard library writes both.
_KEYS: list[Any] = [
    0, 1, -1, 1 << 70, 1.5, -0.0, 1e16, math.nan, math.inf, -math.inf, True, False, None, "1", "0",
    "1.5", "true", "false", "null", "NaN", "None", "True", *SCALAR_SUBCLASSES,
]  # fmt: skip
