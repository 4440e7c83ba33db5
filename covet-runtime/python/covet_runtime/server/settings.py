"""What can be configured of a server, in code or by the environment."""

from __future__ import annotations

import difflib
import math
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional, Union

from .._loader import CovetRuntimeWarning
from ..http.limits import MAX_FIELDS, MAX_HEAD, MAX_SIZE, Limits

PREFIX = "COVET_HTTP_"
ACCESS_LOG_DURATION = f"{PREFIX}ACCESS_LOG_DURATION"


class _Size(NamedTuple):
    """A variable that is a whole number."""

    limit: str
    lowest: int
    highest: int
    unit: str

    def read(self, text: str) -> Optional[int]:
        """The value, or None when it is not right."""
        # int() alone would take signs, underscores, and digits of every script.
        if not (text.isascii() and text.isdigit()) or len(text) > len(str(MAX_SIZE)):
            return None
        value = int(text)
        return value if self.lowest <= value <= self.highest else None

    @property
    def right(self) -> str:
        return f"a whole number of {self.unit} from {self.lowest} to {self.highest}"


class _Quantity(NamedTuple):
    """A variable that is a positive number."""

    limit: str
    unit: str

    def read(self, text: str) -> Optional[float]:
        """The value, or None when it is not right."""
        try:
            value = float(text)
        except ValueError:
            return None
        return value if value > 0 and math.isfinite(value) else None

    @property
    def right(self) -> str:
        return f"a positive number of {self.unit}"


_VARIABLES: dict[str, Union[_Size, _Quantity]] = {
    f"{PREFIX}HEAD_SECONDS": _Quantity("head_seconds", "seconds"),
    f"{PREFIX}BODY_SECONDS": _Quantity("body_seconds", "seconds"),
    f"{PREFIX}BODY_RATE": _Quantity("body_rate", "bytes in a second"),
    f"{PREFIX}BODY": _Size("body", 0, MAX_SIZE, "bytes"),
    f"{PREFIX}PIPELINE": _Size("pipeline", 1, MAX_SIZE, "bytes"),
    f"{PREFIX}DRAIN": _Size("drain", 1, MAX_SIZE, "bytes"),
    f"{PREFIX}HEAD": _Size("head", 1, MAX_HEAD, "bytes"),
    f"{PREFIX}FIELDS": _Size("fields", 1, MAX_FIELDS, "fields"),
}


@dataclass(frozen=True)
class Settings:
    """The settings of a server.

    * `limits`: what a request may have. `keep_alive_seconds` of it is not used: that is uvicorn's
      ``timeout_keep_alive``.
    * `access_log_duration`: log a request when its response has ended rather than begun, and give
      the record an attribute `duration`, the seconds since its head was complete.
    """

    limits: Limits = field(default_factory=Limits)
    access_log_duration: bool = False

    @classmethod
    def from_environment(cls, environ: Optional[Mapping[str, str]] = None) -> Settings:
        """The settings that the variables ``COVET_HTTP_…`` give; an empty one counts as unset.

        ``HEAD_SECONDS``, ``BODY_SECONDS`` are in seconds, ``BODY_RATE`` in bytes in a second,
        ``HEAD``, ``BODY``, ``PIPELINE`` and ``DRAIN`` in bytes; ``FIELDS`` is a number of fields,
        ``ACCESS_LOG_DURATION`` 0 or 1. `Limits` says what each of them means.

        Raises `ValueError` for a value that is not right. A variable that is none of these causes a
        `CovetRuntimeWarning` with the nearest name.
        """
        values = os.environ if environ is None else environ
        given = {name: text for name, text in values.items() if name.startswith(PREFIX) and text}
        limits: dict[str, Any] = {}
        for name, variable in _VARIABLES.items():
            if name in given:
                value = variable.read(given[name])
                if value is None:
                    raise ValueError(f"{name}={given[name]!r} is not {variable.right}")
                limits[variable.limit] = value
        if "head" in limits:
            # A request line is a part of its head, and nobody should have to say so.
            limits["request_line"] = min(Limits.request_line, limits["head"])
        duration = given.get(ACCESS_LOG_DURATION, "0")
        if duration not in ("0", "1"):
            raise ValueError(f"{ACCESS_LOG_DURATION}={duration!r} is not 0 or 1")
        _warn_of_unknown(given)
        return cls(Limits(**limits), duration == "1")


def _warn_of_unknown(names: Mapping[str, str]) -> None:
    known = [*_VARIABLES, ACCESS_LOG_DURATION]
    for name in sorted(names):
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            warnings.warn(
                f"the environment variable {name} is not known; did you mean {nearest}?",
                CovetRuntimeWarning,
                stacklevel=3,
            )
