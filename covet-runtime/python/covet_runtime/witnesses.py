"""Requests that would show a difference between a tier and the framework, made from a table.

Hits, near misses, values at the edge of every rule, paths that several routes want, and random
mixtures of all that.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Optional

from . import pattern, routing
from . import table as tables
from .table import Table


class Witness(NamedTuple):
    """A request, and why it was made. `kind` is one of `KINDS`."""

    method: str
    path: str
    why: str
    kind: str = "given"


# The kinds of requests that `witnesses` makes, in the order in which it begins with them.
KINDS = ("hits", "overlaps", "values", "texts", "edges", "methods", "random")


def default_requests(endpoints: int) -> int:
    """How many requests are enough for a table.

    The framework tries route after route, so its time per request grows with the table. Each
    endpoint gets two requests at the very least.
    """
    return max(2 * endpoints, min(20_000, 4_000_000 // max(endpoints, 1)))


def witnesses(
    table: Table,
    seed: int,
    requests: int,
    is_over: Optional[Callable[[], bool]] = None,
) -> Iterator[Witness]:
    """Up to `requests` different requests made from `table`. The same seed gives the same.

    When `is_over` says so it ends. That is asked for duplicates, too: a small table that has no
    more to give would else be looked through for long.

    First every endpoint is hit, then come paths that two routes want, then what is made of each
    endpoint (a fair share of it when it is too much), then random mixtures.
    """
    rng = random.Random(seed)
    seen: set[tuple[str, str]] = set()
    for witness in _all_witnesses(_Subjects(table), rng, requests):
        if len(seen) >= requests or (is_over is not None and is_over()):
            return
        key = (witness.method, witness.path)
        if key not in seen:
            seen.add(key)
            yield witness


def _all_witnesses(subjects: _Subjects, rng: random.Random, requests: int) -> Iterator[Witness]:
    for subject in subjects.all:
        yield Witness(subject.method, subject.fill("a"), f"hits {subject}", "hits")
    yield from _overlaps(subjects.all, rng, requests // 4)
    share = requests // 2 // max(len(subjects.all), 1)
    for subject in subjects.all:
        made = list(_variants(subject, subjects))
        yield from made if len(made) <= share else rng.sample(made, max(share, 1))
    # A small table has only so many; duplicates are not counted, so there has to be an end.
    for _ in range(4 * requests):
        yield _random_witness(subjects, rng)


def shorten(value: object) -> str:
    """`value` as it is written in Python, long ones cut."""
    try:
        text = repr(value)
    except ValueError:  # more digits than an int may be written with
        return "an int of too many digits"
    return text if len(text) <= 80 else f"{text[:60]}… ({len(text)} characters)"


# Values at the edges of the rules: what is a digit, what is an int, where a segment ends.
_VALUES = (
    "", "0", "7", "007", "-5", "+5", "5.0", "5_0", "5\n", "\n", " 5", "5 ", "٣", "²", "1²", "𝟘",
    "x", "a-b", "a.b", ".", "..", "a/b", "/", "%2F", "%zz", "é", "日本", "\u2028", "\x00", "\x85",
    "{x}", "<x>", "*", "a\n\n",
)  # fmt: skip
# What only shows in great lengths: `int` takes 4,300 digits.
_LONG_VALUES = ("5" * 4_300, "5" * 4_301, "0" * 4_301, "x" * 10_000)
_MODEST_VALUES = ("5" * 40, "x" * 60)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET", "BREW", "")


class _Subject:
    """One endpoint, as something to make requests from."""

    def __init__(self, path: str, method: str) -> None:
        self.method = method
        self._path = path
        self.parsed = pattern.parse(path)
        # Text and captures by turns, as `pattern.cut` gives them.
        self._pieces = [path] if isinstance(self.parsed, pattern.Static) else pattern.cut(path)
        self.names = self._pieces[1::2]
        self.texts = self._pieces[0::2]
        self.shape: routing.Shape | None = None
        if isinstance(self.parsed, pattern.Compiled):
            self.shape = routing.shapes(self.parsed)[0][0]
        elif isinstance(self.parsed, pattern.Static):
            self.shape = tuple(path.split("/"))

    def __str__(self) -> str:
        return f"{self.method} {self._path}"

    def fill(self, value: str, others: str = "a", name: str | None = None) -> str:
        """A path for this endpoint, with `value` for one capture (or all) and text as written."""
        filled = list(self._pieces)
        for position in range(1, len(filled), 2):
            filled[position] = value if name in (None, filled[position]) else others
        return "".join(filled)

    def with_text(self, number: int, text: str) -> str:
        """A path with another text in place of the one between two captures."""
        filled = [text if i == 2 * number else p for i, p in enumerate(self._pieces)]
        return "".join("a" if i % 2 else p for i, p in enumerate(filled))


class _Subjects:
    """All endpoints of a table."""

    def __init__(self, table: Table) -> None:
        self.all = [_Subject(path, method) for path, method in tables.endpoints(table)]
        self.methods = sorted({*_METHODS, *(subject.method for subject in self.all)})
        long = all(_is_linear(subject) for subject in self.all)
        self.values = _VALUES + (_LONG_VALUES if long else _MODEST_VALUES)


def _is_linear(subject: _Subject) -> bool:
    """Whether `re` takes a path of 10,000 characters without trying every way to split it."""
    if isinstance(subject.parsed, pattern.Regex):
        return False
    return all("/" in text or text.strip(".") for text in subject.texts[1:-1])


def _variants(subject: _Subject, subjects: _Subjects) -> Iterator[Witness]:
    """Requests that probe one endpoint from all sides."""
    for path, why, kind in _paths(subject, subjects.values):
        yield Witness(subject.method, path, f"{why} in {subject}", kind)
    path = subject.fill("a")
    for method in (*subjects.methods, subject.method.lower(), f"{subject.method} "):
        yield Witness(method, path, f"another method for {subject}", "methods")


def _paths(subject: _Subject, values: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    for value in values:
        for name in subject.names:
            yield subject.fill(value, name=name), f"{name} = {shorten(value)}", "values"
        if len(subject.names) > 1:
            yield subject.fill(value), f"all captures = {shorten(value)}", "values"
    for number, text in enumerate(subject.texts):
        for other, why in _near(text):
            yield subject.with_text(number, other), f"text with {why}", "texts"
    # Not a set: its order, and with it the sample of a seed, would differ between processes.
    for path in dict.fromkeys((subject.fill("a"), subject.fill("5"))):
        for other, why in _around(path):
            yield other, why, "edges"


def _near(text: str) -> Iterator[tuple[str, str]]:
    """Texts that are nearly `text`."""
    if not text:
        return
    for at in sorted({0, len(text) // 2, len(text) - 1}):
        before, after = text[:at], text[at + 1 :]
        yield f"{before}~{after}", "one character changed"
        yield before + after, "one character dropped"
        yield f"{before}{text[at]}{text[at]}{after}", "one character doubled"
        yield f"{before}%{ord(text[at]):02X}{after}", "one character percent-encoded"
    yield text.swapcase(), "the other case"
    yield text.replace("/", "//"), "double slashes"
    # What a "." or an operator may stand for.
    for character in "./x\n":
        yield text.replace(".", character), "its dots replaced"
    if not pattern.METACHARACTERS.isdisjoint(text):
        yield "".join(c for c in text if c not in pattern.METACHARACTERS), "its operators dropped"
        yield from _readings(text)


# What regular expression operators may stand for, roughly: `re` itself matches such routes in every
# tier, so what matters is that they are met at all.
_READINGS = (
    (re.compile(r"\\d"), "5"),
    (re.compile(r"\\w"), "a"),
    (re.compile(r"\\(.)"), r"\1"),
    (re.compile(r"\[(.)[^]]*\]"), r"\1"),
    (re.compile(r"\((?:\?:|\?P<\w+>)?([^()|]*)[^()]*\)"), r"\1"),
    (re.compile(r"(.)[+*]"), r"\1\1"),
    (re.compile(r"(.)\?"), r"\1"),
    (re.compile(r"\|.*"), ""),
)


def _readings(text: str) -> Iterator[tuple[str, str]]:
    everything = text
    for operator, meaning in _READINGS:
        yield operator.sub(meaning, text), "one operator read"
        everything = operator.sub(meaning, everything)
        yield everything, "its operators read"


def _around(path: str) -> Iterator[tuple[str, str]]:
    yield path + "/", "a slash behind"
    yield path.rstrip("/"), "no slash behind"
    yield "/" + path, "a slash before"
    yield path[1:], "no slash before"
    yield path + "\n", "a newline behind"
    yield path + "\n\n", "two newlines behind"
    yield path + "\r\n", "a carriage return and a newline behind"
    yield path + "/\n", "a slash and a newline behind"
    yield "\n" + path, "a newline before"
    yield path + "/a", "one segment more"
    yield path.rpartition("/")[0], "one segment less"
    yield path + "?a=1", "a question mark behind"
    yield path + " ", "a space behind"
    yield path.upper(), "upper case"


def _overlaps(subjects: list[_Subject], rng: random.Random, limit: int) -> Iterator[Witness]:
    """Paths that two endpoints of one method want."""
    groups: dict[tuple[str, int], list[_Subject]] = {}
    for subject in subjects:
        if subject.shape is not None:
            groups.setdefault((subject.method, len(subject.shape)), []).append(subject)
    made = 0
    for group in groups.values():
        for one, other in _pairs(group, rng):
            if made >= limit:
                return
            path = _merge(one, other)
            if path is not None:
                made += 1
                yield Witness(one.method, path, f"wanted by {one} and {other}", "overlaps")


# A group of up to this many endpoints is compared pair by pair, a larger one in samples.
_SMALL_GROUP = 150
_NEIGHBOURS = 4


def _pairs(group: list[_Subject], rng: random.Random) -> Iterator[tuple[_Subject, _Subject]]:
    if len(group) <= _SMALL_GROUP:
        for at, one in enumerate(group):
            for other in group[:at]:
                yield other, one
        return
    # Paths that begin alike, or end alike, are the likeliest to overlap.
    for backwards in (False, True):
        ordered = sorted(group, key=lambda each: _sort_key(each, backwards))
        for at, one in enumerate(ordered):
            for other in ordered[at + 1 : at + 1 + _NEIGHBOURS]:
                yield one, other
    for _ in range(len(group)):
        yield rng.choice(group), rng.choice(group)


def _sort_key(subject: _Subject, backwards: bool) -> list[str]:
    key = ["" if segment is None else segment for segment in subject.shape or ()]
    return key[::-1] if backwards else key


def _merge(one: _Subject, other: _Subject) -> str | None:
    """A path for both, or None when no segment-wise merge exists."""
    assert one.shape is not None
    assert other.shape is not None
    samples = [subject.fill("a").split("/") for subject in (one, other)]
    segments = []
    for at, (left, right) in enumerate(zip(one.shape, other.shape)):
        if left is None and right is None:
            # The longer sample belongs to the pickier of the two, such as "{a}-{b}".
            segments.append(max((sample[at] for sample in samples), key=len))
        elif left is None or right is None or left == right:
            segments.append(right if left is None else left)  # type: ignore[arg-type]
        else:
            return None
    return "/".join(segments)


def _random_witness(subjects: _Subjects, rng: random.Random) -> Witness:
    if not subjects.all:
        return Witness(rng.choice(subjects.methods), "/" * rng.randrange(4), "random", "random")
    subject = rng.choice(subjects.all)
    path = subject.fill(rng.choice(_VALUES), rng.choice(_VALUES), rng.choice(subject.names or [""]))
    if rng.random() < 0.5:
        other = rng.choice(subjects.all).fill(rng.choice(_VALUES))
        head, tail = path.split("/"), other.split("/")
        path = "/".join([*head[: rng.randrange(len(head) + 1)], *tail[rng.randrange(len(tail)) :]])
    for _ in range(rng.choice((0, 0, 1, 2))):
        path = rng.choice([*_near(path), *_around(path)] or [("/", "")])[0]
    if path.count(".") > 40 or len(path) > 400:
        path = path[:200]
    method = subject.method if rng.random() < 0.9 else rng.choice(subjects.methods)
    return Witness(method, path, "random", "random")
