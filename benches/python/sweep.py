"""Whether a tier is worth its call at every size: native against pure, generated against native."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import payloads
from measuring import PROCESSOR_TIME, Contest, measure, ratio
from report import Bar
from serializers import generated_function, reference, tier_function

FUNCTIONS = {"bytes": "json_dumps_bytes", "smart": "json_dumps_smart"}
LENGTHS = (1, 2, 5, 10, 100, 1_000, 10_000)
BYTES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
# Text that CPython stores in one byte a character as ASCII, and in two.
ALPHABETS = {"ASCII": "abcdefghijklmnop", "Cyrillic": "абвгдежзиклмнопр"}

# Who is compared, by the names of the contests.
NATIVE = "{}, native"
PURE = "{}, pure"
# The serializer that was generated for a list. It is not there without a wheel.
GENERATED = "bytes, generated"


@dataclass(frozen=True)
class Case:
    """A value of one size."""

    name: str
    # A list of so many small objects, or a string of about so many bytes.
    length: int
    alphabet: str = ""

    def value(self) -> Any:
        """The value, as new objects."""
        if self.alphabet:
            return payloads.text(self.alphabet, self.length)
        return payloads.accounts(self.length)


def cases() -> Iterator[Case]:
    """All sizes, the small ones first."""
    for length in LENGTHS:
        yield Case(f"list of {length:,}", length)
    for name, alphabet in ALPHABETS.items():
        for size in BYTES:
            yield Case(f"{name}, {size:,} bytes", size, alphabet)


CASES = tuple(cases())

Functions = dict[str, Any]
Contests = dict[Case, dict[str, Contest]]


def bars() -> Iterator[Bar]:
    """At no size may native be slower."""
    for case in CASES:
        for short in FUNCTIONS:
            native, pure = NATIVE.format(short), PURE.format(short)
            yield Bar(f"{native}: {case.name}", (native, case.name), (pure, case.name), 1, True)
        if not case.alphabet:
            native = NATIVE.format("bytes")
            ours, other = (GENERATED, case.name), (native, case.name)
            yield Bar(f"{GENERATED}: {case.name}", ours, other, 1, True)


def line_up(with_generated: bool) -> Functions:
    """The functions by the names of their contests. Raises `Unavailable` when one is missing."""
    tiers = {NATIVE: "native", PURE: "pure"}
    functions = {
        name.format(short): tier_function(tier, function)
        for short, function in FUNCTIONS.items()
        for name, tier in tiers.items()
    }
    if with_generated:
        functions[GENERATED] = generated_function("list")
    return functions


def run(functions: Functions, rounds: int) -> Contests:
    """Compare what the functions write, and measure them."""
    contests: Contests = {case: {} for case in CASES}
    loops = []
    for case, by_name in contests.items():
        loops.append(_contest("pass", None, case.value()))
        for name, function in functions.items():
            if name == GENERATED and case.alphabet:
                continue
            _check(name, function, case.value())
            by_name[name] = _contest("dump(value)", function, case.value())
    measured = [contest for by_name in contests.values() for contest in by_name.values()]
    measure(measured, loops, rounds, batches=3, most=100)
    return contests


def _check(name: str, function: Any, value: Any) -> None:
    written = function(value)
    data = written.encode() if isinstance(written, str) else written
    if data != reference(value):
        raise SystemExit(f"{name} writes something else than json; nothing was measured")


def _contest(statement: str, function: Any, value: Any) -> Contest:
    return Contest(
        *(statement, {"dump": function}, lambda count: [value] * count),
        item="value",
        least=2,
        clock=PROCESSOR_TIME,
    )


def text(contests: Contests) -> list[str]:
    """The table."""
    lines = ["", "native and pure by size: ns for one call, how many times faster native is;"]
    lines.append("  then generated, and how many times faster than native that is")
    lines.append(f"  {'':<26}" + "".join(f"{function:^36}" for function in FUNCTIONS.values()))
    for case, by_name in contests.items():
        line = f"  {case.name:<26}"
        for short in FUNCTIONS:
            native, pure = by_name[NATIVE.format(short)], by_name[PURE.format(short)]
            times = (statistics.median(contest.times) for contest in (native, pure))
            line += "".join(f"{time:>13,.0f}" for time in times) + f"{ratio(pure, native):>9.2f}×"
        if GENERATED in by_name:
            ours, native = by_name[GENERATED], by_name[NATIVE.format("bytes")]
            line += f"{statistics.median(ours.times):>13,.0f}{ratio(native, ours):>9.2f}×"
        lines.append(line)
    return lines
