"""Route matching as Python sees it: CovetPy's router, our tiers, other routers, and the floor.

    python benches/python/matching.py [--quick] [--json FILE]

Prepares an environment for this interpreter under target/benches (see environment.py), checks
that all contenders give the same answers, measures them in interleaved rounds and prints medians
in ns for one call, ratios against CovetPy, and whether the bars hold. ``--strict`` exits with 1
when one does not. ``--here`` measures with what is installed beside the running interpreter.

Every request is a new `str` for the path and one for the method, as a server makes them. The loop
around the calls is measured like a contender and taken out of all times alike. Garbage collection
is off, as in `timeit`; making an answer includes throwing it away.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from typing import Any

import program
from contenders import FRAMEWORK, KINDS, Contender, Kind, Unavailable, floor, make
from measuring import Contest, measure, ratio
from report import Bar, Contests, Verdict, document, ending, judge
from workload import BATCH, CASES, SIZES, Answer, Case

FLOOR = "floor"
FLOOR_ID = "floor, id"
FLOOR_INSTALLED = "floor, installed"


def _bars() -> Iterator[Bar]:
    matcher, installed, only_id = "generated", "generated, installed", "generated, id"
    framework = {
        matcher: {
            "first of 300": 9,
            "first of 300, digits": 9,
            "last of 300": 320,
            "last of 300, digits": 320,
            "miss of 300": 900,
            "static": 1,
        },
        installed: {
            "first of 300": 6,
            "first of 300, digits": 6,
            "last of 300": 220,
            "last of 300, digits": 220,
            "miss of 300": 500,
        },
    }
    for ours, limits in framework.items():
        for case, limit in limits.items():
            yield Bar(f"{ours}: {case}", (ours, case), (FRAMEWORK, case), limit, True)
    hits = ("first of 300", "last of 300", "first of 300, digits", "last of 300, digits")
    misses = ("miss of 300", "late miss of 300", "foreign miss of 300", "miss of 1000")
    for case in (*hits, "last of 1000"):
        yield Bar(f"{matcher}: {case}", (matcher, case), ("ffroute", case), 1, False)
    for case in (*hits, "last of 1000"):
        yield Bar(f"{only_id}: {case}", (only_id, case), ("ffroute", case), 2, True)
    for case in misses:
        yield Bar(f"{matcher}: {case}", (matcher, case), ("ffroute", case), 3, True)
    for large, small in (("last of 1000", "last of 10"), ("miss of 1000", "miss of 10")):
        yield Bar(f"{matcher}: {large} against 10", (matcher, large), (matcher, small), 1.3, False)
    for case in ("static", "last of 300", "last of 300, digits", "miss of 300"):
        yield Bar(f"{matcher}: {case}", (matcher, case), (FLOOR, case), 1.3, False)


BARS = tuple(_bars())


def main() -> int:
    """The command."""
    options = program.arguments("Measure route matching from Python.").parse_args()
    return program.run(options, [f"app_{size}" for size in SIZES], _benchmark)


def _benchmark(options: argparse.Namespace, missing: dict[str, str]) -> program.Results:
    field = _line_up(missing, options.only)
    _check(field)
    contests = _measure(field, options.rounds)
    verdicts = judge(BARS, contests)
    return program.Results(
        _text(contests, missing, verdicts),
        document(contests, missing, verdicts, _distributions()),
        all(verdict.passed for verdict in verdicts),
    )


# The contenders of one case by name.
Field = dict[Case, dict[str, Contender]]


def _line_up(missing: dict[str, str], only: list[str] | None) -> Field:
    """Give every contender every table. Notes in `missing` why one cannot take part."""
    field: Field = {case: {} for case in CASES}
    for kind in KINDS:
        if only and kind.name not in only:
            continue
        try:
            by_size = {size: make(kind, size) for size in SIZES}
        except Unavailable as reason:
            missing.setdefault(kind.name, str(reason))
            continue
        for case in CASES:
            field[case][kind.name] = by_size[case.size]
    for case, contenders in field.items():
        shared = "nothing" if case.route is None else "route_id"
        floors = {
            FLOOR: case.floor,
            FLOOR_ID: shared,
            # Only what has parameters needs a match of its own.
            FLOOR_INSTALLED: f"route_match_{case.floor}" if case.has_values() else shared,
        }
        try:
            for name, function in floors.items():
                contenders[name] = make(Kind(name, "", floor(function)), case.size)
        except Unavailable as reason:
            missing.setdefault(FLOOR, str(reason))
    return field


def _check(field: Field) -> None:
    """All contenders give the right answers, or nothing is measured."""
    for case, contenders in field.items():
        for number, (path, method) in enumerate(case.requests(BATCH)):
            expected = case.answer(number)
            for name, contender in contenders.items():
                if name.startswith(FLOOR):
                    continue
                found = contender.ask(path, method)
                if not _agree(found, expected):
                    raise SystemExit(
                        f"{name} answers {method} {path} with {found}, not {expected}; "
                        "nothing was measured"
                    )


def _agree(found: Any, expected: Answer | None) -> bool:
    """Whether an answer is right, as far as it goes: an `int` names a route alone, and most peers
    give all parameters as text."""
    if found is None or expected is None:
        return found is expected
    if isinstance(found, int):
        return found == expected.route
    text = {name: str(value) for name, value in expected.parameters.items()}
    return found.route == expected.route and found.parameters in (expected.parameters, text)


def _measure(field: Field, rounds: int) -> Contests:
    contests: dict[Case, dict[str, Contest]] = {}
    loops = []
    for case, contenders in field.items():
        loops.append(Contest("pass", {}, case.requests))
        contests[case] = {
            name: Contest(contender.statement, contender.names, case.requests)
            for name, contender in contenders.items()
        }
    measured = [contest for by_name in contests.values() for contest in by_name.values()]
    measure(measured, loops, rounds, batches=5, most=BATCH)
    return contests


def _text(contests: Contests, missing: dict[str, str], verdicts: list[Verdict]) -> str:
    lines = ["ns for one call, median; in brackets how many times faster than CovetPy"]
    for case, by_name in contests.items():
        lines.append(f"\n{case.name}  (GET {case.path})")
        base = by_name.get(FRAMEWORK)
        for name, contest in by_name.items():
            line = f"  {name:<22}{statistics.median(contest.times):>12,.1f}"
            if base is not None and name != FRAMEWORK:
                line += f"   ({ratio(base, contest):.1f}×)"
            lines.append(line)
    lines.append("\nwhat the answers hold")
    lines += [f"  {kind.name:<22}{kind.answers}" for kind in KINDS]
    return "\n".join(lines + ending(missing, verdicts))


def _distributions() -> list[str]:
    """What the figures depend on. Some names of contenders are none; they fall away later."""
    others = [kind.name for kind in KINDS if kind.name != FRAMEWORK]
    return ["covet", "covet-runtime", *(name for name in others if "," not in name)]


if __name__ == "__main__":
    raise SystemExit(main())
