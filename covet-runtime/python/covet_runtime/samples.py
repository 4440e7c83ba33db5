"""What `get_metrics` tells, as named metrics with labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import traffic
from ._loader import VERSION
from .metrics import get_metrics

COUNTER = "counter"
GAUGE = "gauge"
HISTOGRAM = "histogram"

# The upper bounds of durations in seconds, that of those beyond all others included.
BOUNDS = (*traffic.BOUNDS, math.inf)


class Metric(NamedTuple):
    """A metric. The name of a counter has no ``_total`` here."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]


class Durations(NamedTuple):
    """The value of a histogram: how many there are up to each bound and over the one before."""

    buckets: list[int]
    seconds: float


class Sample(NamedTuple):
    """A value: a number, or `Durations`."""

    metric: Metric
    labels: tuple[str, ...]
    value: Any


_REQUESTS = Metric(
    "covet_http_requests",
    COUNTER,
    "Requests that were answered.",
    ("route", "method", "status"),
)
_DURATIONS = Metric(
    "covet_http_request_duration_seconds",
    HISTOGRAM,
    "Time from the end of the head of a request to the end of its response.",
    ("route", "method"),
)
_ANSWERED = Metric(
    "covet_http_answered",
    COUNTER,
    "Requests by who called the handler: the server (direct) or the app (asgi).",
    ("by",),
)
_BROKEN_OFF = Metric(
    "covet_http_broken_off", COUNTER, "Responses that did not become complete.", ()
)
_HEADS = Metric("covet_http_heads", COUNTER, "Heads of requests that were read.", ())
_REJECTIONS = Metric(
    "covet_http_rejections", COUNTER, "Requests that were refused, by reason.", ("code",)
)
_MISMATCHES = Metric(
    "covet_json_mismatches",
    COUNTER,
    "Values of responses that were not as declared.",
    ("route", "place"),
)
_CONNECTIONS = Metric("covet_http_connections", GAUGE, "Connections that are open.", ())
_IN_FLIGHT = Metric("covet_http_in_flight", GAUGE, "Requests that are being answered.", ())
_TIER = Metric("covet_tier_info", GAUGE, "Processes by the tier of their app.", ("tier", "version"))

METRICS = (
    _REQUESTS,
    _DURATIONS,
    _ANSWERED,
    _BROKEN_OFF,
    _HEADS,
    _REJECTIONS,
    _MISMATCHES,
    _CONNECTIONS,
    _IN_FLIGHT,
    _TIER,
)


def current() -> Iterator[Sample]:
    """The values of now."""
    counted = get_metrics()
    for route, methods in counted["http_requests"].items():
        for method, statuses in methods.items():
            for status, number in statuses.items():
                text = "none" if status == traffic.NO_STATUS else str(status)
                yield Sample(_REQUESTS, (route, method, text), number)
    for route, methods in counted["http_durations"].items():
        for method, timed in methods.items():
            value = Durations(timed["buckets"], timed["seconds"])
            yield Sample(_DURATIONS, (route, method), value)
    yield Sample(_ANSWERED, ("direct",), counted["http_direct_count"])
    yield Sample(_ANSWERED, ("asgi",), counted["http_asgi_count"])
    yield Sample(_BROKEN_OFF, (), counted["http_broken_off_count"])
    yield Sample(_HEADS, (), counted["http_parse_count"])
    for code, number in counted["http_rejections"].items():
        yield Sample(_REJECTIONS, (code,), number)
    for route, places in counted["json_unlike"].items():
        for place, number in places.items():
            yield Sample(_MISMATCHES, (route, place), number)
    yield Sample(_CONNECTIONS, (), counted["http_connections"])
    yield Sample(_IN_FLIGHT, (), counted["http_in_flight"])
    yield Sample(_TIER, (counted["tier"] or "none", VERSION), 1)
