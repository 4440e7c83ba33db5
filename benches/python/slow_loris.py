"""Ordinary requests beside clients that never finish theirs: ``serving.py --slow-loris N``."""

from __future__ import annotations

import argparse
import contextlib
import resource
import socket
import statistics
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Optional

import program
from contenders import Unavailable
from load import Load, LoadError, load
from report import Bar, ending, judge
from running import Cores, take_cores
from servers import KINDS, STOCK, TIERS, start
from workloads import HELLO_JSON

# The 99th percentile with them may be so many times the one without them.
LIMIT = 2

ALONE = "alone"
BESIDE = "beside slow connections"

HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
# The bytes of a second are spread over it, as those of many clients would be.
SLICES = 20


class SlowLoris:
    """Connections that send one byte of a head each second; a context manager."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        # How many the server has closed. Others have taken their place.
        self.closed = 0
        self._sockets = [self._connect() for _ in range(count)]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._drip, daemon=True)

    def __enter__(self) -> SlowLoris:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._done.set()
        self._thread.join()
        for connection in self._sockets:
            connection.close()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), 5)
        connection.sendall(HEAD)
        return connection

    def _drip(self) -> None:
        number = 0
        while not self._done.wait(1 / SLICES):
            for position in range(number % SLICES, len(self._sockets), SLICES):
                try:
                    self._sockets[position].sendall(b"a")
                except OSError:
                    self._sockets[position].close()
                    self.closed += 1
                    with contextlib.suppress(OSError):
                        self._sockets[position] = self._connect()
            number += 1


@dataclass(frozen=True)
class Case:
    """With slow connections or without."""

    name: str


@dataclass
class Latencies:
    """The 99th percentiles of the rounds, in ms, under the name that bars know."""

    times: list[float]
    loads: list[Load]


def benchmark(options: argparse.Namespace, missing: dict[str, str]) -> program.Results:
    """Measure the reference and our tiers."""
    cores = take_cores()
    # A connection is a file, here and in the server.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    names = [n for n in (STOCK, *TIERS) if not options.only or n in options.only]
    found: dict[Any, dict[str, Latencies]] = {Case(ALONE): {}, Case(BESIDE): {}}
    closed = {}
    for kind in KINDS:
        if kind.name not in names:
            continue
        try:
            alone, beside, closed[kind.name] = _measure(kind.name, cores, options, missing)
        except (Unavailable, LoadError, OSError) as reason:
            missing.setdefault(kind.name, str(reason))
            continue
        found[Case(ALONE)][kind.name] = _latencies(alone)
        found[Case(BESIDE)][kind.name] = _latencies(beside)
    bars = [
        Bar(f"{name}: p99 {BESIDE}", (name, BESIDE), (name, ALONE), LIMIT, False) for name in names
    ]
    verdicts = judge(bars, found)
    return program.Results(
        "\n".join([*_lines(found, closed, options.slow_loris), *ending(missing, verdicts)]),
        {
            "connections": options.slow_loris,
            "p99_ms": {
                case.name: {name: each.times for name, each in by_name.items()}
                for case, by_name in found.items()
            },
            "closed": closed,
            "missing": missing,
            "bars": [verdict.document() for verdict in verdicts],
        },
        # The reference is measured, not judged.
        all(verdict.passed for verdict in verdicts if verdict.bar.ours[0] != STOCK),
    )


def _measure(
    name: str, cores: Cores, options: argparse.Namespace, missing: dict[str, str]
) -> tuple[list[Load], list[Load], int]:
    (kind,) = (kind for kind in KINDS if kind.name == name)
    alone, beside, closed = [], [], 0
    with start(kind, cores, missing) as server:
        load(cores, server.port, HELLO_JSON, 1)
        for _ in range(options.rounds):
            alone.append(load(cores, server.port, HELLO_JSON, options.seconds))
            with SlowLoris(server.port, options.slow_loris) as slow:
                beside.append(load(cores, server.port, HELLO_JSON, options.seconds))
            closed += slow.closed
    return alone, beside, closed


def _latencies(loads: list[Load]) -> Latencies:
    return Latencies([each.p99 for each in loads], loads)


def _lines(
    found: dict[Any, dict[str, Latencies]], closed: dict[str, int], count: int
) -> Iterator[str]:
    yield f"\nlatencies in ms of {HELLO_JSON.name}, alone and beside {count} slow connections"
    for name in closed:
        yield f"\n{name}  ({closed[name]} slow connections closed by the server)"
        for case, by_name in found.items():
            loads = by_name[name].loads
            rate = statistics.median(each.requests / each.seconds for each in loads)
            yield (
                f"  {case.name:<26}p50{statistics.median(each.p50 for each in loads):>8.2f}"
                f"   p99{statistics.median(each.p99 for each in loads):>8.2f}"
                f"   most{statistics.median(each.most for each in loads):>8.2f}"
                f"   {rate:>10,.0f} requests/s"
            )
