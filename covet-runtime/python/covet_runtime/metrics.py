"""How many requests were parsed and refused by this process, whichever tier did it."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Any

_EXTENSION = f"{__package__}._native"

_lock = threading.Lock()
_watched: dict[str, ModuleType] = {}
_parsed = 0
_rejected: dict[str, int] = {}


def get_metrics() -> dict[str, Any]:
    """What was counted since the start.

    ``{"http_parse_count": int, "http_rejection_count": int, "http_rejections": {code: int}}``:
    heads that were parsed, requests that were refused, and the latter by the code of their reason,
    without the codes that did not occur.
    """
    counts = [native.metrics() for native in _natives()]
    with _lock:
        counts.append({"http_parse_count": _parsed, "http_rejections": dict(_rejected)})
    rejections: dict[str, int] = {}
    for counted in counts:
        for code, count in counted["http_rejections"].items():
            rejections[code] = rejections.get(code, 0) + count
    return {
        "http_parse_count": sum(counted["http_parse_count"] for counted in counts),
        "http_rejection_count": sum(rejections.values()),
        "http_rejections": rejections,
    }


def reset_metrics() -> None:
    """Count from zero again."""
    global _parsed
    for native in _natives():
        native.reset_metrics()
    with _lock:
        _parsed = 0
        _rejected.clear()


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
