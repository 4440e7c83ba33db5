"""JSON responses as Python writes them: json, our tiers, orjson, msgspec, pydantic, serpyco-rs.

    python benches/python/serializing.py [--quick] [--json FILE] [--without-generated]

Prepares an environment for this interpreter under target/benches (see environment.py), checks
that all contenders write the bytes of `json.dumps`, measures them in interleaved rounds and
prints medians in ns for one response, ratios against json and the best peer, and whether the bars
hold. ``--strict`` exits with 1 when one does not. ``--here`` measures with what is installed
beside the running interpreter. ``--only`` and ``--without-generated`` leave contenders out, and
the former the sizes, too.

No contender is given objects of another's. Its own, a few copies of the same value, it is given
again and again, so they are warm: hashes are known, and a string that is not ASCII keeps its UTF-8
form once somebody has asked CPython for it. Those who do ask, orjson among them, only copy from
the second call on. A server answers with strings that were never written before more often than
not, so "unicode, fresh" makes all objects anew for each call, outside of what is timed.

Times are of the processor, where there is a clock for them: json takes milliseconds for what others
write in microseconds, and what else the machine does would fall on json alone. The loop around
the calls is measured like a contender and taken out of all times alike. Garbage collection is off,
as in `timeit`; writing includes throwing the bytes away.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

import payloads
import program
import sweep
from contenders import Unavailable
from measuring import PROCESSOR_TIME, Contest, measure, ratio
from report import Bar, Contests, document, ending, judge
from serializers import (
    GENERATED,
    KINDS,
    NATIVE,
    PEERS,
    STANDARD,
    Convert,
    Serializer,
    make,
    reference,
)

# A batch has at most this many responses.
BATCH = 100
# The copies of a value have about this many bytes of JSON together, to stay in the caches of a
# processor core, but are not more than this many.
COPIES_BYTES = 32_768
COPIES = 16

BEST_PEER = "best peer"

DISTRIBUTIONS = ("covet", "covet-runtime", "orjson", "msgspec", "pydantic", "serpyco-rs")


@dataclass(frozen=True)
class Case:
    """Responses of one shape."""

    name: str
    shape: str
    # Whether every call is given new objects.
    fresh: bool = False

    def contest(self, statement: str, names: dict[str, Any], convert: Convert) -> Contest:
        """A contest with objects of its own, which `convert` makes of dictionaries."""
        if self.fresh:
            return Contest(
                *(statement, names),
                lambda count: [convert(payloads.make(self.shape)) for _ in range(count)],
                item="value",
                clock=PROCESSOR_TIME,
            )
        number = max(1, min(COPIES, COPIES_BYTES // self.size()))
        copies = [convert(payloads.make(self.shape)) for _ in range(number)]
        return Contest(
            *(statement, names),
            lambda count: [copies[n % number] for n in range(count)],
            item="value",
            clock=PROCESSOR_TIME,
        )

    def size(self) -> int:
        """How many bytes of JSON a response has."""
        return len(reference(payloads.make(self.shape)))


CASES = (
    *(Case(shape, shape) for shape in payloads.SHAPES),
    Case("unicode, fresh", "unicode", True),
)

# The serializers of each case by name.
Field = dict[Case, dict[str, Serializer]]


def _bars() -> Iterator[Bar]:
    against_json = {"small": 20}
    against_best = {"small": 1.5, "list": 1.3}
    for shape in payloads.SHAPES:
        ours, other = (GENERATED, shape), (STANDARD, shape)
        yield Bar(f"{GENERATED}: {shape}", ours, other, against_json.get(shape, 10), True)
    for shape in payloads.SHAPES:
        ours, other = (GENERATED, shape), (BEST_PEER, shape)
        yield Bar(f"{GENERATED}: {shape}", ours, other, against_best.get(shape, 1), True)
    for shape in payloads.SHAPES:
        ours = (NATIVE, shape)
        yield Bar(f"{NATIVE}: {shape}", ours, (STANDARD, shape), 5, True)
        yield Bar(f"{NATIVE}: {shape}", ours, ("orjson", shape), 1.3, False)


BARS = tuple(_bars())


def main() -> int:
    """The command."""
    parser = program.arguments("Measure the writing of JSON responses from Python.")
    parser.add_argument(
        "--without-generated", action="store_true", help="build no wheel and leave it out"
    )
    options = parser.parse_args()
    return program.run(options, [] if options.without_generated else ["app_models"], _benchmark)


def _benchmark(options: argparse.Namespace, missing: dict[str, str]) -> program.Results:
    names = [kind.name for kind in KINDS]
    if options.without_generated:
        names.remove(GENERATED)
    if options.only:
        names = [name for name in names if name in options.only]
    try:
        field = _line_up(missing, names)
        functions = {} if options.only else sweep.line_up(not options.without_generated)
    except Unavailable as reason:
        raise SystemExit(f"{reason}; nothing was measured") from reason
    contests: dict[Any, dict[str, Contest]] = {**_measure(field, options.rounds)}
    verdicts = judge(BARS, _with_best_peer(contests))
    lines = _lines(contests)
    if functions:
        by_size = sweep.run(functions, max(options.rounds // 3, 5))
        verdicts += judge(sweep.bars(), by_size)
        lines += sweep.text(by_size)
        contests.update(by_size)
    return program.Results(
        "\n".join(lines + ending(missing, verdicts)),
        document(contests, missing, verdicts, DISTRIBUTIONS),
        all(verdict.passed for verdict in verdicts),
    )


def _line_up(missing: dict[str, str], names: list[str]) -> Field:
    """Make every contender for every case. All write the bytes of json, or nothing is measured.

    Notes in `missing` why a peer cannot take part. Raises `Unavailable` for ours, which have to.
    """
    field: Field = {case: {} for case in CASES}
    for kind in KINDS:
        if kind.name not in names:
            continue
        for case, by_name in field.items():
            try:
                serializer = make(kind, case.shape)
            except Unavailable as reason:
                if kind.ours:
                    raise
                missing.setdefault(kind.name, str(reason))
                continue
            _check(kind.name, case, serializer)
            by_name[kind.name] = serializer
    return field


def _check(name: str, case: Case, serializer: Serializer) -> None:
    value = payloads.make(case.shape)
    expected = reference(value)
    given = serializer.convert(value)
    # Twice, since the second time it may find what it has kept.
    for _ in range(2):
        if serializer.ask(given) != expected:
            raise SystemExit(
                f"{name} writes something else than json for {case.name}; nothing was measured"
            )


def _measure(field: Field, rounds: int) -> dict[Case, dict[str, Contest]]:
    contests: dict[Case, dict[str, Contest]] = {}
    loops = []
    for case, serializers in field.items():
        loops.append(case.contest("pass", {}, lambda value: value))
        contests[case] = {
            name: case.contest(each.statement, each.names, each.convert)
            for name, each in serializers.items()
        }
    measured = [contest for by_name in contests.values() for contest in by_name.values()]
    measure(measured, loops, rounds, batches=5, most=BATCH)
    return contests


def _best_peer(by_name: dict[str, Contest]) -> Optional[str]:
    peers = [name for name in by_name if name in PEERS]
    return min(peers, key=lambda name: statistics.median(by_name[name].times), default=None)


def _with_best_peer(contests: Contests) -> Contests:
    """The same with the best peer of each case under a name that bars can use."""
    found = {}
    for case, by_name in contests.items():
        best = _best_peer(by_name)
        found[case] = by_name if best is None else {**by_name, BEST_PEER: by_name[best]}
    return found


def _lines(contests: Contests) -> list[str]:
    """The table."""
    lines = ["ns for one response, median; how many times faster than json, and than the best peer"]
    for case, by_name in contests.items():
        lines.append(f"\n{case.name}  ({case.size():,} bytes)")
        best = _best_peer(by_name)
        for name, contest in by_name.items():
            line = f"  {name:<26}{statistics.median(contest.times):>12,.0f}"
            for other in (STANDARD, best):
                if other in by_name:
                    line += f"{ratio(by_name[other], contest):>10.2f}×"
            lines.append(line + ("   best peer" if name == best else ""))
    lines.append("\nwhat is given")
    return lines + [f"  {kind.name:<26}{kind.given}" for kind in KINDS]


if __name__ == "__main__":
    raise SystemExit(main())
