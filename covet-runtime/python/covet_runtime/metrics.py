"""What this process has counted, whichever tier did it: requests that were read, refused and
answered, and responses that were not as they were declared."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from . import installation, timing, traffic

_EXTENSION = f"{__package__}._native"

_lock = threading.Lock()
_watched: dict[str, ModuleType] = {}
_parsed = 0
_rejected: dict[str, int] = {}


def get_metrics() -> dict[str, Any]:
    """What was counted since the start.

    * ``"http_parse_count"`` and ``"http_rejection_count"``: heads that were parsed, and requests
      that were refused.
    * ``"route_match_count"``: searches for the route of a request. A server searches, and so does
      the app that it calls.
    * ``"http_parse_avg_ns"`` and ``"route_match_avg_ns"``: how long one took, on average, with
      ``COVET_METRICS=timing`` in the environment; else 0. The former includes the latter where a
      server reads with a table.
    * ``"http_rejections"``: the latter by the code of their reason, without the codes that did not
      occur.
    * ``"json_unlike"``: ``{route: {place: int}}``, values that a serializer had to write in a
      slower way than it was made for. The route is ``GET /path``, or the name of the function that
      was called. The place is ``Model.field``, or ``Model`` when an object has other fields than
      declared, or ``response`` where the response itself is of another type, or empty when the
      standard library had to write all of it.
    * ``"http_request_count"``: requests that servers have answered, or given up.
      ``"http_requests"`` has them by route, method and status: ``{"/users/{id}": {"GET": {200:
      7}}}``. The route is the path as written, or ``<none>``. The status is 0 when nobody waited
      for the answer.
    * ``"http_durations"``: ``{route: {method: {"count", "seconds", "buckets"}}}``, from the end of
      the head of a request to the end of its response. ``buckets`` are numbers of responses up to
      each of `traffic.BOUNDS` and over the one before; the last is of those beyond.
    * ``"http_direct_count"`` and ``"http_asgi_count"``: requests whose handlers the server has
      called itself, and those that the app was called for.
    * ``"http_broken_off_count"``: responses that did not become complete.
    * ``"http_connections"`` and ``"http_in_flight"``: connections that are open, and requests that
      are being answered, now.
    * ``"tier"``: the tier of the app that was installed last, None without one.
    """
    counts = [native.metrics() for native in _natives()]
    with _lock:
        counts.append(
            {
                "http_parse_count": _parsed,
                "http_rejections": dict(_rejected),
                # Pure Python writes everything in the same way.
                "json_unlike": {},
                **timing.counted(),
                **traffic.counted(),
            }
        )
    rejections: dict[str, int] = {}
    unlike: dict[str, dict[str, int]] = {}
    for counted in counts:
        _add(rejections, counted["http_rejections"])
        for route, places in counted["json_unlike"].items():
            _add(unlike.setdefault(route, {}), places)
    return {
        "http_parse_count": sum(counted["http_parse_count"] for counted in counts),
        "http_parse_avg_ns": _average(counts, "http_parse_timed"),
        "http_rejection_count": sum(rejections.values()),
        "http_rejections": rejections,
        "json_unlike": unlike,
        "route_match_count": sum(counted.get("route_match_count", 0) for counted in counts),
        "route_match_avg_ns": _average(counts, "route_match_timed"),
        **traffic.merge(counts),
        "tier": installation.installed_tier(),
    }


def _average(counts: list[dict[str, Any]], name: str) -> float:
    timed = [counted.get(name, (0, 0)) for counted in counts]
    number = sum(count for count, _ in timed)
    return sum(nanoseconds for _, nanoseconds in timed) / number if number else 0.0


def _add(sums: dict[str, int], counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        sums[name] = sums.get(name, 0) + count


def reset_metrics() -> None:
    """Count from zero again."""
    global _parsed
    for native in _natives():
        native.reset_metrics()
    with _lock:
        _parsed = 0
        _rejected.clear()
    timing.reset()
    traffic.reset()


def count_parse() -> None:
    global _parsed
    with _lock:
        _parsed += 1


def count_rejection(code: str) -> None:
    with _lock:
        _rejected[code] = _rejected.get(code, 0) + 1


def watch(module: ModuleType) -> None:
    """Count what `module` reads, the native half of a generated wheel: it counts for itself."""
    with _lock:
        _watched[module.__name__] = module


def _natives() -> list[ModuleType]:
    """The native modules that are loaded and count. To ask for numbers loads nothing."""
    with _lock:
        modules = [sys.modules.get(_EXTENSION), *_watched.values()]
    return [module for module in modules if module is not None and hasattr(module, "metrics")]
