"""A uvicorn server in a thread of this process, and what it logs."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Optional

import uvicorn

PATIENCE = 20.0  # seconds until the server is up, or down
# So many turns of the loop see all that is ready, and what that made ready.
_TURNS = 6
_PEER = re.compile(r"127\.0\.0\.1:\d+ - ")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
# Our server says what was wrong, and where.
_REFUSED = re.compile(r"Invalid HTTP request received[.:].*")
_SAME = "Invalid HTTP request received."
_LONG = 200  # characters of a line, of which the others are counted


class Log(logging.Handler):
    """The lines of uvicorn's two loggers, as the conversations have them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.access: list[str] = []
        self.error: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = _ADDRESS.sub("0x", record.getMessage())
        except TypeError:  # a status that is no number; logging would report it and go on
            message = f"{record.msg} {record.args[1:] if isinstance(record.args, tuple) else ''}"
        if record.name == "uvicorn.access":
            self.access.append(f"access {_PEER.sub('', message)}")
            return
        line = f"{record.levelname.lower()} {_REFUSED.sub(_SAME, message.strip())}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f": {type(record.exc_info[1]).__name__}"
        self.error.append(line)

    def take(self) -> list[str]:
        """The lines since the last time."""
        lines = [line.encode("unicode_escape").decode() for line in self.access + self.error]
        self.access, self.error = [], []
        return [
            line if len(line) <= _LONG else f"{line[:_LONG]} and {len(line) - _LONG} more"
            for line in lines
        ]


class Stage(uvicorn.Server):  # type: ignore[misc]
    """A server that tells its loop and waits for nothing when it stops."""

    def __init__(self, config: uvicorn.Config, log: Log) -> None:
        super().__init__(config)
        self.log = log
        self.loop: Optional[asyncio.AbstractEventLoop] = None
        self.up = threading.Event()
        # With the protocol named, asyncio and uvloop write small segments at once.
        self.listener = socket.socket(proto=socket.IPPROTO_TCP)
        self.listener.bind(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    async def startup(self, sockets: Optional[list[socket.socket]] = None) -> None:
        await super().startup(sockets=sockets)
        self.loop = asyncio.get_running_loop()
        self.up.set()

    @property
    def busy(self) -> bool:
        """Whether any handler is at work."""
        return bool(self.server_state.tasks)

    def settle(self) -> None:
        """Return when the loop has seen everything that was ready for it."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(_turns(), self.loop).result(PATIENCE)


def wait_until(condition: Callable[[], Any], stage: Stage) -> None:
    """Return when something has become true in the loop, which must be soon."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain; the server says {stage.log.take()}")
        stage.settle()


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


@contextmanager
def serving(app: Any, http: Any, loop: str = "asyncio") -> Iterator[Stage]:
    """Serve `app` with a protocol class, or the name of one of uvicorn's own."""
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access")]
    before = [(logger.level, logger.propagate, logger.handlers[:]) for logger in loggers]
    log = Log()
    config = uvicorn.Config(app, http=http, loop=loop, ws="none", log_config=None, lifespan="on")
    for logger in loggers:
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [log]
    stage = Stage(config, log)
    thread = threading.Thread(target=stage.run, args=([stage.listener],), daemon=True)
    thread.start()
    try:
        if not stage.up.wait(PATIENCE):
            raise RuntimeError(f"the server did not start: {log.take()}")
        log.take()
        yield stage
    finally:
        stage.should_exit = True
        thread.join(PATIENCE)
        stage.listener.close()
        for logger, (level, propagate, handlers) in zip(loggers, before):
            logger.setLevel(level)
            logger.propagate = propagate
            logger.handlers = handlers
