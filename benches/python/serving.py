"""Whole servers under load: CovetPy on uvicorn, our protocol class, other frameworks and servers.

    python benches/python/serving.py [--quick] [--json FILE] [--slow-loris 500]

Prepares an environment for this interpreter under target/benches (see environment.py), starts each
contender as a server of its own on the loopback interface, checks that all give the same answers,
puts them under load in interleaved rounds and prints medians, ratios, and whether the bars hold.
``--strict`` exits with 1 when one does not. ``--here`` measures with what is installed beside the
running interpreter. It needs Linux, two processor cores and wrk; without them it exits with 2.

The server has one core, wrk the other with one thread and 64 connections that are kept alive and
not pipelined. The figure that holds is the processor's time that all processes of the server take
for a request, in µs. Requests per second depend on what else wrk's core does, and for the fastest
servers on wrk itself: ``busy`` says how much of its core the server used. While one contender is
measured, the others are stopped where they are.

``--slow-loris N`` measures something else: the latencies of ordinary requests while N connections
send one byte of a head each second, beside those without them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Optional

import program
import slow_loris
from contenders import Unavailable, version
from exchange import Answer, Exchange
from load import HOW_TO_GET_IT, Load, LoadError, has_wrk, load
from measuring import ratio
from report import Bar, Verdict, ending, judge
from running import Cores, Running, StartError, take_cores
from servers import (
    BESIDE,
    KINDS,
    NGINX,
    OURS_BARE,
    RSGI,
    STOCK,
    STOCK_BARE,
    TIERS,
    Kind,
    start,
)
from workloads import BARE, HELLO_JSON, LAST, PARAMETER, POST, SLEEP, WORKLOADS, Workload

ROUNDS = 7
QUICK_ROUNDS = 2

# The best of our tiers for a workload.
BEST = "ours, best tier"
# The case that has the time from one request to the next instead of that of the processor.
RATE = "hello, requests per second"

DISTRIBUTIONS = (
    *("covet", "covet-runtime", "uvicorn", "uvloop", "httptools", "granian"),
    *("falcon", "blacksheep", "fastapi", "socketify"),
)


def _bars() -> Iterator[Bar]:
    for workload in (HELLO_JSON, PARAMETER, POST, LAST):
        name = workload.name
        yield Bar(name, (BEST, name), (STOCK, name), 5.5, True)
    yield Bar(SLEEP.name, (BEST, SLEEP.name), (STOCK, SLEEP.name), 3.5, True)
    yield Bar(BARE.name, (OURS_BARE, BARE.name), (STOCK_BARE, BARE.name), 2, True)
    yield Bar("hello", (BEST, HELLO_JSON.name), (RSGI, HELLO_JSON.name), 2, True)
    yield Bar("hello", (BEST, HELLO_JSON.name), (NGINX, HELLO_JSON.name), 1.1, False)
    # 50,000 on a machine where nginx answers 60,000.
    yield Bar(RATE, (BEST, RATE), (NGINX, RATE), 50 / 60, True)


BARS = tuple(_bars())


@dataclass
class Series:
    """One contender on one workload, a value for each round."""

    # µs of the processor for a request.
    times: list[float] = field(default_factory=list)
    # How much of its core the server used.
    busy: list[float] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)

    def add(self, taken: float, measured: Load) -> None:
        """Note a round."""
        self.times.append(taken * 1e6 / measured.requests)
        self.busy.append(taken / measured.seconds)
        self.loads.append(measured)

    def rates(self) -> list[float]:
        """Requests per second."""
        return [load.requests / load.seconds for load in self.loads]

    def intervals(self) -> Intervals:
        """The same as times."""
        return Intervals([1e6 / rate for rate in self.rates()])


@dataclass
class Intervals:
    """µs from one answer to the next."""

    times: list[float]


# The series of each workload by contender.
Results = dict[Workload, dict[str, Series]]


def main() -> int:
    """The command."""
    parser = program.arguments("Measure servers under load.", ROUNDS, QUICK_ROUNDS)
    parser.add_argument("--seconds", type=int, default=2, metavar="N", help="of load, each time")
    parser.add_argument(
        "--workload", metavar="NAME", action="append", help="measure these workloads"
    )
    parser.add_argument(
        "--slow-loris", type=int, metavar="N", help="measure latencies beside N slow connections"
    )
    options = parser.parse_args()
    if not has_wrk():
        print(HOW_TO_GET_IT, file=sys.stderr)
        return 2
    # So that the servers are ended, whatever ends this program.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    benchmark = _benchmark if options.slow_loris is None else slow_loris.benchmark
    try:
        return program.run(options, ["app_serving"], benchmark, BESIDE)
    except StartError as reason:
        print(reason, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _leave(number: int, frame: Optional[FrameType]) -> None:
    raise SystemExit(128 + number)


def _benchmark(options: argparse.Namespace, missing: dict[str, str]) -> program.Results:
    cores = take_cores()
    chosen = [w for w in WORKLOADS if not options.workload or w.name in options.workload]
    with contextlib.ExitStack() as servers:
        running = _line_up(servers, cores, missing, options.only)
        kinds = {kind.name: kind for kind in KINDS if kind.name in running}
        _check(kinds, running, chosen)
        results = _measure(servers, kinds, running, cores, chosen, options, missing)
    verdicts = judge(BARS, _with_best(results))
    return program.Results(
        "\n".join([*_lines(results), *_legend(kinds), *ending(missing, verdicts)]),
        _document(results, missing, verdicts),
        all(verdict.passed for verdict in verdicts),
    )


def _line_up(
    servers: contextlib.ExitStack,
    cores: Cores,
    missing: dict[str, str],
    only: Optional[list[str]],
) -> dict[str, Running]:
    """Start every contender. Notes in `missing` why one cannot take part."""
    running = {}
    for kind in KINDS:
        if only and kind.name not in only:
            continue
        try:
            running[kind.name] = servers.enter_context(start(kind, cores, missing))
        except Unavailable as reason:
            missing.setdefault(kind.name, str(reason))
    return running


# ── Checking ───────────────────────────────────────────────────────────────────────────────────


def _check(
    kinds: Mapping[str, Kind], running: Mapping[str, Running], chosen: list[Workload]
) -> None:
    """All contenders give the same answers, or nothing is measured."""
    for workload in chosen:
        answers: dict[str, Answer] = {}
        for name, kind in kinds.items():
            if workload not in kind.workloads:
                continue
            answers[name] = _answer(name, running[name], workload)
            other = answers.get(kind.like)
            if other is not None and answers[name].without_date() != other.without_date():
                raise SystemExit(
                    f"{name} sends other bytes than {kind.like} for {workload.name}: "
                    f"{answers[name].raw!r}, not {other.raw!r}; nothing was measured"
                )


def _answer(name: str, server: Running, workload: Workload) -> Answer:
    """The answer to a request, made twice on a connection."""
    try:
        connection = Exchange(server.port)
        with contextlib.closing(connection):
            for _ in range(2):
                answer = connection.ask(workload.request())
                if (answer.status, answer.body) != (200, workload.answer):
                    raise ValueError(f"{answer.status} {answer.body!r}, not {workload.answer!r}")
    except (OSError, ValueError) as error:
        raise SystemExit(
            f"{name} does not answer {workload.name} as it should: {error}; nothing was measured"
        ) from error
    return answer


# ── Measuring ──────────────────────────────────────────────────────────────────────────────────


def _measure(
    servers: contextlib.ExitStack,
    kinds: Mapping[str, Kind],
    running: dict[str, Running],
    cores: Cores,
    chosen: list[Workload],
    options: argparse.Namespace,
    missing: dict[str, str],
) -> Results:
    """Put all under load, `rounds` times one after the other, and once before to warm them up."""
    results: Results = {
        workload: {name: Series() for name, kind in kinds.items() if workload in kind.workloads}
        for workload in chosen
    }
    for server in running.values():
        server.pause()
    for number in range(options.rounds + 1):
        warming = number == 0
        print("warming up" if warming else f"round {number} of {options.rounds}", flush=True)
        for workload, by_name in results.items():
            for name in list(by_name):
                try:
                    taken, measured = under_load(
                        running[name], cores, workload, 1 if warming else options.seconds
                    )
                except LoadError as reason:
                    missing[f"{name}, {workload.name}"] = str(reason)
                    del by_name[name]
                    # One that has crashed can still take part in the rest.
                    if not running[name].is_running():
                        with contextlib.suppress(Unavailable):
                            again = start(kinds[name], cores, missing)
                            running[name] = servers.enter_context(again)
                            again.pause()
                    continue
                if not warming:
                    by_name[name].add(taken, measured)
    return {workload: by_name for workload, by_name in results.items() if by_name}


def under_load(
    server: Running, cores: Cores, workload: Workload, seconds: int
) -> tuple[float, Load]:
    """What wrk says, and the seconds that the server had on a processor."""
    server.resume()
    try:
        before = server.processor_seconds()
        measured = load(cores, server.port, workload, seconds)
        return server.processor_seconds() - before, measured
    finally:
        server.pause()


# ── Reporting ──────────────────────────────────────────────────────────────────────────────────


def _with_best(results: Results) -> dict[Any, dict[str, Any]]:
    """The same with the best of our tiers under a name that bars can use, and the rates."""
    found: dict[Any, dict[str, Any]] = {}
    for workload in WORKLOADS:
        by_name = results.get(workload, {})
        tiers = [name for name in by_name if name in TIERS]
        best = min(tiers, key=lambda name: statistics.median(by_name[name].times), default=None)
        found[workload] = dict(by_name) if best is None else {**by_name, BEST: by_name[best]}
    hello = found[HELLO_JSON]
    found[Case(RATE)] = {name: series.intervals() for name, series in hello.items()}
    return found


@dataclass(frozen=True)
class Case:
    """What bars name that is no workload."""

    name: str


def _lines(results: Results) -> Iterator[str]:
    yield (
        "\nµs of the processor for a request, median and range; how many times less than the "
        "reference;\nrequests per second, latencies in ms, and how busy the server's core was"
    )
    for workload, by_name in results.items():
        yield f"\n{workload.name}  ({workload.method} {workload.path})"
        yield (
            f"  {'':<28}{'µs':>8}{'range':>16}{'':>9}{'requests/s':>12}"
            f"{'p50':>8}{'p99':>8}{'busy':>7}"
        )
        base = by_name.get(STOCK_BARE if workload is BARE else STOCK)
        for name, series in by_name.items():
            yield _line(name, series, base)


def _line(name: str, series: Series, base: Optional[Series]) -> str:
    span = f"{min(series.times):.1f}–{max(series.times):.1f}"
    times = f"{ratio(base, series):.2f}×" if base is not None else ""
    rate = statistics.median(series.rates())
    p50 = statistics.median(load.p50 for load in series.loads)
    p99 = statistics.median(load.p99 for load in series.loads)
    timeouts = sum(load.timeouts for load in series.loads)
    return (
        f"  {name:<28}{statistics.median(series.times):>8.1f}{span:>16}{times:>9}{rate:>12,.0f}"
        f"{p50:>8.2f}{p99:>8.2f}{statistics.median(series.busy):>7.0%}"
        + (f"   {timeouts} timeouts" if timeouts else "")
    )


def _legend(kinds: Mapping[str, Kind]) -> Iterator[str]:
    yield "\nwho that is"
    for kind in kinds.values():
        yield f"  {kind.name:<28}{kind.what}"


def _document(results: Results, missing: dict[str, str], verdicts: list[Verdict]) -> dict[str, Any]:
    versions = {name: version(name) for name in DISTRIBUTIONS}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "versions": {name: number for name, number in versions.items() if number},
        "workloads": {
            workload.name: {name: _figures(series) for name, series in by_name.items()}
            for workload, by_name in results.items()
        },
        "missing": missing,
        "bars": [verdict.document() for verdict in verdicts],
    }


def _figures(series: Series) -> dict[str, list[float]]:
    """All rounds of a series."""
    return {
        "processor_us": [round(time, 2) for time in series.times],
        "requests_per_second": [round(rate) for rate in series.rates()],
        "p50_ms": [load.p50 for load in series.loads],
        "p99_ms": [load.p99 for load in series.loads],
        "busy": [round(busy, 3) for busy in series.busy],
    }


if __name__ == "__main__":
    raise SystemExit(main())
