"""The time that a client has had to get on with its request."""

from __future__ import annotations

from time import monotonic
from typing import Optional


class Clock:
    """Seconds that stand still while the client could not have sent anything.

    Deadlines are for slow clients. When it is the app that is slow, and nothing is read from the
    client or it has not got the ``100 Continue`` that it waits for, no time passes.
    """

    __slots__ = ("_lost", "_stopped")

    def __init__(self) -> None:
        self._lost = 0.0
        self._stopped: Optional[float] = None

    @property
    def stopped(self) -> bool:
        return self._stopped is not None

    def now(self) -> float:
        return (monotonic() if self._stopped is None else self._stopped) - self._lost

    def stop(self) -> None:
        if self._stopped is None:
            self._stopped = monotonic()

    def go(self) -> None:
        if self._stopped is not None:
            self._lost += monotonic() - self._stopped
            self._stopped = None
