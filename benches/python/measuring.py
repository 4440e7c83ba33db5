"""Measuring functions that take tens of nanoseconds on a machine that is not quiet.

Every contender gets a loop compiled for it alone, as `timeit` does, because CPython specialises
the call in a loop to what it calls. The loops run in interleaved rounds, so that a noisy moment
falls on all contenders alike, and ratios are taken within a round before their median is.
"""

from __future__ import annotations

import gc
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns, thread_time_ns
from typing import Any, Protocol

# What a batch consists of: (path, method) pairs, unless a contest says otherwise.
Requests = list[Any]

# Nanoseconds of this thread on a processor, without those in which another program had it. A call
# that takes milliseconds is interrupted by others much more often than its share, which would make
# all ratios to it too good. Elsewhere that clock is too coarse, or not known to be fine enough.
PROCESSOR_TIME = thread_time_ns if sys.platform == "linux" else perf_counter_ns

_LOOP = """
def loop(requests):
    start = clock()
    for {item} in requests:
        {statement}
    return clock() - start
"""

# A batch is as long as this many nanoseconds allow, within limits.
_BATCH_TIME = 200_000


@dataclass
class Contest:
    """One contender on one case: what to run, and the times of its rounds in ns for a request."""

    statement: str
    names: dict[str, Any]
    make_requests: Callable[[int], Requests]
    times: list[float] = field(default_factory=list)
    # The names that the statement has for one request.
    item: str = "path, method"
    # A batch has at least this many requests, however long they take.
    least: int = 8
    # What counts the nanoseconds.
    clock: Callable[[], int] = perf_counter_ns

    def __post_init__(self) -> None:
        self._count = self.least
        scope: dict[str, Any] = {**self.names, "clock": self.clock}
        statement = self.statement.replace("\n", "\n        ")
        exec(_LOOP.format(item=self.item, statement=statement), scope)
        self._loop: Callable[[Requests], int] = scope["loop"]

    def size(self, most: int) -> None:
        """Choose the size of a batch."""
        self._batch()
        each = min(self._batch() for _ in range(3))
        self._count = max(self.least, min(most, int(_BATCH_TIME / max(each, 1.0))))

    def round(self, batches: int) -> None:
        """Measure a few batches and note the median."""
        self.times.append(statistics.median(self._batch() for _ in range(batches)))

    def _batch(self) -> float:
        requests = self.make_requests(self._count)
        return self._loop(requests) / self._count


def interleave(contests: Sequence[Contest], rounds: int, batches: int, most: int) -> None:
    """Measure all contests, `rounds` times one after the other."""
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for contest in contests:
            contest.size(most)
        for number in range(rounds + 2):
            for contest in contests:
                contest.round(batches)
            if number == 1:
                # Two rounds to let the interpreter specialise everything.
                for contest in contests:
                    contest.times.clear()
    finally:
        if enabled:
            gc.enable()


def measure(
    contests: Sequence[Contest], loops: Sequence[Contest], rounds: int, batches: int, most: int
) -> None:
    """Measure all contests beside empty loops, whose cost is taken out of all times."""
    interleave([*loops, *contests], rounds, batches, most)
    times = sorted(time for loop in loops for time in loop.times)
    overhead = times[len(times) // 2]
    for contest in contests:
        contest.times = [time - overhead for time in contest.times]


class Timed(Protocol):
    """What has a time for every round."""

    times: list[float]


def ratio(slower: Timed, faster: Timed) -> float:
    """How many times the time of `faster` `slower` takes: the median over the rounds."""
    return statistics.median(a / max(b, 0.1) for a, b in zip(slower.times, faster.times))
