"""Events that are the same objects in every tier."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class End:
    """A request is complete. `trailers` are the fields behind a chunked body, in order:
    ``((lower-case name, value), …)``."""

    trailers: tuple[tuple[bytes, bytes], ...] = ()
