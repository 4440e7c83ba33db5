"""How many requests were parsed and refused by this process, whichever tier did it."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Any

_lock = threading.Lock()
_parsed = 0
_rejected: dict[str, int] = {}


def get_metrics() -> dict[str, Any]:
    """What was counted since the start.

    ``{"http_parse_count": int, "http_rejection_count": int, "http_rejections": {code: int}}``:
    heads that were parsed, requests that were refused, and the latter by the code of their reason,
    without the codes that did not occur.
    """
    native = _native()
    counted = {} if native is None else native.metrics()
    with _lock:
        parsed, rejections = _parsed, dict(_rejected)
    for code, count in counted.get("http_rejections", {}).items():
        rejections[code] = rejections.get(code, 0) + count
    return {
        "http_parse_count": parsed + counted.get("http_parse_count", 0),
        "http_rejection_count": sum(rejections.values()),
        "http_rejections": rejections,
    }


def reset_metrics() -> None:
    """Count from zero again."""
    global _parsed
    native = _native()
    if native is not None:
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


def _native() -> ModuleType | None:
    """The extension if it is loaded, and one that counts. To ask for numbers loads nothing."""
    module = sys.modules.get(f"{__package__}._native")
    return module if hasattr(module, "metrics") else None
