"""Deliberate departures from the framework, by name. All are off unless `install` is told.

They are part of the route table: a wheel is for an app with exactly these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Dataclasses, msgspec Structs and pydantic models are sent as JSON, wherever they stand in what a
# handler returns. The framework sends one as its `str`, and fails for one within a dict or a list.
MODEL_RESPONSES = "model_responses"

FLAGS = (MODEL_RESPONSES,)

# Where the flags of an app are while it is read and not served.
_DECLARED = "_covet_compat"


def check(flags: Iterable[str]) -> tuple[str, ...]:
    """The flags, sorted, each once. Raises `ValueError` for one that there is not."""
    if isinstance(flags, str):
        raise ValueError(f"compat={flags!r} is a str; give a list of flags: [{flags!r}]")
    found = tuple(sorted(set(flags)))
    for flag in found:
        if flag not in FLAGS:
            raise ValueError(f"compat flag {flag!r} is not one of {', '.join(FLAGS)}")
    return found


def declare(app: Any, flags: tuple[str, ...]) -> None:
    """Note the flags that `install` was given for an app that is only read."""
    setattr(app, _DECLARED, flags)


def declared(app: Any) -> tuple[str, ...]:
    """The flags that were noted."""
    flags: tuple[str, ...] = getattr(app, _DECLARED, ())
    return flags
