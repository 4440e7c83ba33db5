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
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import report
from contenders import FRAMEWORK, KINDS, Contender, Kind, Unavailable, floor, make, version
from environment import Environment
from measuring import Contest, interleave, subtract
from workload import BATCH, CASES, SIZES, Answer, Case


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure route matching from Python.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--here", action="store_true", help="prepare no environment")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar fails")
    parser.add_argument("--only", metavar="NAME", action="append", help="measure these contenders")
    options = parser.parse_args()
    environment = Environment()
    if not options.here:
        return _measure_in(environment)
    missing = environment.missing()
    field = _line_up(missing, options.only)
    _check(field)
    contests = _measure(field, rounds=5 if options.quick else 51)
    results = report.Results(contests, missing)
    print(results.text())
    if options.json is not None:
        options.json.write_text(json.dumps(_facts() | results.document(), indent=1) + "\n")
    return 0 if results.passed() or not options.strict else 1


def _measure_in(environment: Environment) -> int:
    """Prepare an environment and run this program in it."""
    print("preparing the environment")
    try:
        environment.prepare(SIZES)
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        return 2
    command = [str(environment.python), *sys.argv, "--here"]
    return subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}).returncode


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
            report.FLOOR: case.floor,
            report.FLOOR_ID: shared,
            # Only what has parameters needs a match of its own.
            report.FLOOR_INSTALLED: f"route_match_{case.floor}" if case.has_values() else shared,
        }
        try:
            for name, function in floors.items():
                contenders[name] = make(Kind(name, "", floor(function)), case.size)
        except Unavailable as reason:
            missing.setdefault(report.FLOOR, str(reason))
    return field


def _check(field: Field) -> None:
    """All contenders give the right answers, or nothing is measured."""
    for case, contenders in field.items():
        for number, (path, method) in enumerate(case.requests(BATCH)):
            expected = case.answer(number)
            for name, contender in contenders.items():
                if name.startswith(report.FLOOR):
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


def _measure(field: Field, rounds: int) -> report.Contests:
    contests: report.Contests = {}
    loops = []
    for case, contenders in field.items():
        loops.append(Contest("pass", {}, case.requests))
        contests[case] = {
            name: Contest(contender.statement, contender.names, case.requests)
            for name, contender in contenders.items()
        }
    measured = [contest for by_name in contests.values() for contest in by_name.values()]
    interleave(loops + measured, rounds, batches=5, most=BATCH)
    times = sorted(time for loop in loops for time in loop.times)
    subtract(measured, times[len(times) // 2])
    return contests


def _facts() -> dict[str, Any]:
    """What the figures depend on."""
    distributions = ["covet", "covet-runtime", *(k.name for k in KINDS if k.name != FRAMEWORK)]
    found = {name: version(name) for name in distributions if "," not in name}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: number for name, number in found.items() if number},
    }


if __name__ == "__main__":
    raise SystemExit(main())
