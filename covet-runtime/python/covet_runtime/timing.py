"""How long parsing and matching take in pure Python, when somebody wants to know.

``COVET_METRICS=timing`` turns it on, in every tier. Without it nothing reads a clock.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, TypeVar

from ._loader import CovetRuntimeWarning

VARIABLE = "COVET_METRICS"

_Function = TypeVar("_Function", bound=Callable[..., Any])


def wanted() -> bool:
    """Whether the environment asks for it. A value that is not known causes a warning."""
    value = os.environ.get(VARIABLE, "")
    if value not in ("", "timing"):
        warnings.warn(
            f"{VARIABLE}={value!r} is not 'timing'; nothing is timed",
            CovetRuntimeWarning,
            stacklevel=2,
        )
    return value == "timing"


ON = wanted()


class Timed:
    """How often something was timed, and how long it took in nanoseconds."""

    def __init__(self) -> None:
        self.count = 0
        self.nanoseconds = 0

    def times(self, function: _Function) -> _Function:
        """The function, timed when that is `ON`. Calls that raise do not count."""
        if not ON:
            return function

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = perf_counter_ns()
            result = function(*args, **kwargs)
            self.nanoseconds += perf_counter_ns() - began
            self.count += 1
            return result

        return timed  # type: ignore[return-value]

    def reset(self) -> None:
        self.count = self.nanoseconds = 0


HEADS = Timed()
MATCHES = Timed()

# The searches for an endpoint. A list, because to add to its item takes no lock and no call, which
# would be a good part of the time of a search.
matches = [0]


def counted() -> dict[str, Any]:
    """What was counted here, as the native tiers tell it."""
    return {
        "http_parse_timed": (HEADS.count, HEADS.nanoseconds),
        "route_match_count": matches[0],
        "route_match_timed": (MATCHES.count, MATCHES.nanoseconds),
    }


def reset() -> None:
    """Count from zero again."""
    HEADS.reset()
    MATCHES.reset()
    matches[0] = 0
