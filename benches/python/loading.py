"""Reading JSON requests: json, our tiers, orjson, msgspec.

    python benches/python/loading.py [--quick] [--json FILE]

Measures the bodies of five sizes as serializing.py measures responses, in the same environment, and
with the same options. All contenders are given `bytes`, of which they make the objects that
`json.loads` makes. To throw those away is part of it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import payloads
import program
from measuring import PROCESSOR_TIME, Contest, measure, ratio
from report import Bar, Contests, document, ending, judge

STANDARD, PURE, NATIVE, ORJSON, MSGSPEC = "json", "pure", "native", "orjson", "msgspec"
DISTRIBUTIONS = ("covet-runtime", "orjson", "msgspec")


@dataclass(frozen=True)
class Case:
    """A body."""

    name: str
    make: Callable[[], Any]

    def body(self) -> bytes:
        """The body, as most clients write it."""
        return json.dumps(self.make(), ensure_ascii=False, separators=(",", ":")).encode()


CASES = (
    Case("tiny", lambda: {"id": 1}),
    Case("small", lambda: payloads.make("small")),
    Case("order", lambda: payloads.make("nested")),
    Case("list", lambda: payloads.make("list")),
    Case("mixed", lambda: payloads.make("mixed")),
)

BARS = (
    *(Bar(f"{NATIVE}: {c.name}", (NATIVE, c.name), (STANDARD, c.name), 2, True) for c in CASES),
    *(Bar(f"{NATIVE}: {c.name}", (NATIVE, c.name), (ORJSON, c.name), 1.3, False) for c in CASES),
)


def main() -> int:
    """The command."""
    options = program.arguments("Measure the reading of JSON requests from Python.").parse_args()
    return program.run(options, [], _benchmark)


def _standard(body: bytes) -> Any:
    return json.loads(body.decode("utf-8"))


def _contenders(missing: dict[str, str]) -> dict[str, Callable[[bytes], Any]]:
    found: dict[str, Callable[[bytes], Any]] = {
        STANDARD: _standard,
        PURE: importlib.import_module("covet_runtime.json").json_loads,
        NATIVE: importlib.import_module("covet_runtime._native").json_loads,
    }
    try:
        found[ORJSON] = importlib.import_module("orjson").loads
        found[MSGSPEC] = importlib.import_module("msgspec").json.Decoder().decode
    except ImportError as error:
        missing.setdefault(str(error.name), str(error))
    return found


def _benchmark(options: argparse.Namespace, missing: dict[str, str]) -> program.Results:
    found = _contenders(missing)
    names = [name for name in found if not options.only or name in options.only]
    contests: dict[Any, dict[str, Contest]] = {
        case: {name: _contest(name, found[name], case) for name in names} for case in CASES
    }
    every = [contest for by_name in contests.values() for contest in by_name.values()]
    loops = [_loop("pass", {}, case.body()) for case in CASES]
    measure(every, loops, options.rounds, batches=5, most=100)
    verdicts = judge(BARS, contests)
    return program.Results(
        "\n".join(_lines(contests) + ending(missing, verdicts)),
        document(contests, missing, verdicts, DISTRIBUTIONS),
        all(verdict.passed for verdict in verdicts),
    )


def _contest(name: str, load: Callable[[bytes], Any], case: Case) -> Contest:
    body = case.body()
    if repr(load(body)) != repr(case.make()):
        raise SystemExit(f"{name} reads something else than json: {case.name}")
    return _loop("load(body)", {"load": load}, body)


def _loop(statement: str, names: dict[str, Any], body: bytes) -> Contest:
    return Contest(
        statement, names, lambda count: [body] * count, item="body", clock=PROCESSOR_TIME
    )


def _lines(contests: Contests) -> list[str]:
    """The table."""
    lines = ["ns for one body, median; how many times faster than json, and than orjson"]
    for case, by_name in contests.items():
        lines.append(f"\n{case.name}  ({len(case.body()):,} bytes)")
        for name, contest in by_name.items():
            line = f"  {name:<10}{statistics.median(contest.times):>12,.0f}"
            for other in (STANDARD, ORJSON):
                if other in by_name:
                    line += f"{ratio(by_name[other], contest):>10.2f}×"
            lines.append(line)
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
