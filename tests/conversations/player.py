"""Plays the client of a conversation, and says what came of it."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from typing import Optional

from conversation import Await, Conversation, Outcome, Send
from stage import Stage

PATIENCE = 3.0  # seconds for what was recorded to arrive
GRACE = 0.005  # seconds in which nothing more comes, when it is not known what is to come
QUIET = 0.25  # seconds without a byte, after which a handler is taken to wait for the client

_DATE = re.compile(rb"\r\ndate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n")
DATE = b"\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
# Objects that are sent as their text have an address in it.
_ADDRESS = re.compile(rb" at 0x[0-9a-f]+>")
# CPython 3.13 has the phrases of RFC 9110; the versions before it those of older specifications.
_PHRASES = {
    b"413 Request Entity Too Large": b"413 Content Too Large",
    b"414 Request-URI Too Long": b"414 URI Too Long",
    b"416 Requested Range Not Satisfiable": b"416 Range Not Satisfiable",
    b"422 Unprocessable Entity": b"422 Unprocessable Content",
}


def mask(data: bytes) -> bytes:
    """What is different each time or everywhere, made the same."""
    data = _ADDRESS.sub(lambda found: b" at 0x" + b"0" * (len(found[0]) - 7) + b">", data)
    for old, new in _PHRASES.items():
        data = data.replace(b"HTTP/1.1 " + old + b"\r\n", b"HTTP/1.1 " + new + b"\r\n")
    return _DATE.sub(DATE, data)


class Client:
    """A connection that reads whenever it can, also while it writes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.socket = socket.create_connection(("127.0.0.1", stage.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.received = b""
        self.closed = False

    def send(self, data: bytes) -> None:
        """Write all of it, as far as the server takes it."""
        deadline = time.monotonic() + PATIENCE
        left = memoryview(data)
        while left and not self.closed and time.monotonic() < deadline:
            _, writable, _ = select.select([], [self.socket], [], 0.01)
            self.read()
            if writable:
                try:
                    left = left[self.socket.send(left[: 1 << 16]) :]
                except BlockingIOError:
                    continue
                except OSError:  # the server has closed the connection
                    break

    def half_close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def read(self) -> bool:
        """Take what has arrived; whether there was anything."""
        before = len(self.received)
        while not self.closed:
            try:
                data = self.socket.recv(1 << 18)
            except BlockingIOError:
                break
            except OSError:  # reset, because the server has not read everything
                data = b""
            self.received += data
            self.closed = not data
        return len(self.received) > before

    def settle(self, grace: float = 0.0) -> None:
        """Read until the server has nothing more to say, unless the client speaks again.

        That is so when no handler is at work for `grace` seconds, or none has got any further.
        """
        quiet = time.monotonic()
        while True:
            self.stage.settle()
            silent = time.monotonic() - quiet
            if self.read():
                quiet = time.monotonic()
            elif silent > QUIET or (silent >= grace and not self.stage.busy):
                return
            else:
                time.sleep(0.001)

    def expect(self, answer: bytes) -> None:
        """Read until as much has arrived as there is in `answer`, or something else has."""
        deadline = time.monotonic() + PATIENCE
        while not self.closed and time.monotonic() < deadline:
            self.read()
            # Whether the last line is complete cannot be told, and it may be that of the date.
            lines = mask(self.received)
            lines = lines[: lines.rfind(b"\n") + 1]
            if len(mask(self.received)) >= len(answer) or not answer.startswith(lines):
                return
            select.select([self.socket], [], [], 0.01)

    def take(self) -> bytes:
        data, self.received = mask(self.received), b""
        return data


def play(conversation: Conversation, stage: Stage, expected: Optional[Outcome] = None) -> Outcome:
    """Hold a conversation. With an expectation the client waits for that; without one until the
    server is silent, which takes longer."""
    outcome = Outcome()
    client = Client(stage)
    answers = iter(expected.answers if expected else ())
    with contextlib.closing(client.socket):
        for index, step in enumerate(conversation.steps, start=1):
            if isinstance(step, Send):
                size = conversation.drip or len(step.data)
                for start in range(0, len(step.data), size):
                    client.send(step.data[start : start + size])
                    # The next segment has to be another one for the server, too.
                    stage.settle()
            elif isinstance(step, Await):
                if expected is None:
                    client.settle(GRACE)
                else:
                    client.expect(next(answers, b""))
                    # What comes too much is noticed later; a handler may well be waiting for more.
                    if index == len(conversation.steps):
                        client.settle()
                outcome.answers.append(client.take())
            else:
                client.half_close()
        if expected is not None and expected.end == "closed":
            client.expect(b"\0")
            client.settle()
            outcome.answers[-1] += client.take()
        outcome.end = "closed" if client.closed else "open"
    deadline = time.monotonic() + PATIENCE
    while stage.server_state.connections or stage.busy:
        if time.monotonic() > deadline:
            stage.log.error.append("error: the connection or its task is still there")
            break
        stage.settle()
    stage.settle()
    outcome.log = stage.log.take()
    return outcome
