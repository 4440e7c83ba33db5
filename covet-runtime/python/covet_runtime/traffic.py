"""What servers have answered in pure Python, counted as the native tiers count it.

The counters of a route are at the endpoint of its table. Loops may run in several threads, so an
addition takes the lock; it is a few of them for a request.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, NamedTuple, Optional

# The upper bounds of durations in seconds. What takes longer has a place behind them.
BOUNDS = (
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)

# The route of requests that have none.
NO_ROUTE = "<none>"
# The status of requests that nobody waited to have answered.
NO_STATUS = 0

# Clients choose methods, and must not be able to add counters: all others are one.
METHODS = frozenset(
    ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE")
)
OTHER_METHOD = "other"


class Label(NamedTuple):
    """What a response is counted under, beside its status."""

    route: str
    method: str


class _Series:
    """The responses to one method of one route."""

    __slots__ = ("durations", "seconds", "statuses")

    def __init__(self) -> None:
        self.durations = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.statuses: dict[int, int] = {}


_lock = threading.Lock()
_series: dict[Label, _Series] = {}
_connections = 0
_in_flight = 0
_broken_off = 0


def label(endpoint: Optional[tuple[str, str]], method: str) -> Label:
    """What a request is counted under, by the path and the method of its endpoint, if any."""
    if endpoint is not None:
        return Label(*endpoint)
    return Label(NO_ROUTE, method if method in METHODS else OTHER_METHOD)


def connections(change: int) -> None:
    """Connections were opened or, when it is negative, closed."""
    global _connections
    with _lock:
        _connections += change


def begin() -> None:
    """A request begins to be answered."""
    global _in_flight
    with _lock:
        _in_flight += 1


def end(where: Label, status: int, seconds: float, broken_off: bool) -> None:
    """A response is complete, or was broken off."""
    global _in_flight, _broken_off
    with _lock:
        _in_flight -= 1
        _broken_off += broken_off
        series = _series.get(where)
        if series is None:
            series = _series[where] = _Series()
        series.durations[bisect_left(BOUNDS, seconds)] += 1
        series.seconds += seconds
        series.statuses[status] = series.statuses.get(status, 0) + 1


def counted() -> dict[str, Any]:
    """What was counted here, under the names and in the form of the native tiers."""
    requests: dict[str, dict[str, dict[int, int]]] = {}
    durations: dict[str, dict[str, tuple[list[int], float]]] = {}
    with _lock:
        for (route, method), series in _series.items():
            requests.setdefault(route, {})[method] = dict(series.statuses)
            timed = (list(series.durations), series.seconds)
            durations.setdefault(route, {})[method] = timed
        return {
            "http_connections": _connections,
            "http_in_flight": _in_flight,
            "http_requests": requests,
            "http_durations": durations,
            "http_direct_count": 0,
            "http_asgi_count": sum(sum(each.statuses.values()) for each in _series.values()),
            "http_broken_off_count": _broken_off,
        }


def reset() -> None:
    """Count from zero again. What is open and in flight stays so."""
    global _broken_off
    with _lock:
        _series.clear()
        _broken_off = 0


def merge(counts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The sums of what several tiers have counted, each in the form of `counted`."""
    sums = dict.fromkeys(_NUMBERS, 0)
    requests: dict[str, dict[str, dict[int, int]]] = {}
    durations: dict[str, dict[str, dict[str, Any]]] = {}
    for each in counts:
        for name in _NUMBERS:
            sums[name] += each.get(name, 0)
        for route, methods in each.get("http_requests", {}).items():
            for method, statuses in methods.items():
                known = requests.setdefault(route, {}).setdefault(method, {})
                for status, number in statuses.items():
                    known[status] = known.get(status, 0) + number
        for route, methods in each.get("http_durations", {}).items():
            for method, (numbers, seconds) in methods.items():
                _add_durations(durations.setdefault(route, {}), method, numbers, seconds)
    number = sums["http_direct_count"] + sums["http_asgi_count"]
    return {
        "http_request_count": number,
        "http_requests": requests,
        "http_durations": durations,
        **sums,
    }


_NUMBERS = (
    "http_direct_count",
    "http_asgi_count",
    "http_broken_off_count",
    "http_connections",
    "http_in_flight",
)


def _add_durations(
    methods: dict[str, dict[str, Any]], method: str, numbers: list[int], seconds: float
) -> None:
    known = methods.setdefault(
        method, {"count": 0, "seconds": 0.0, "buckets": [0] * (len(BOUNDS) + 1)}
    )
    known["count"] += sum(numbers)
    known["seconds"] += seconds
    known["buckets"] = [a + b for a, b in zip(known["buckets"], numbers)]
