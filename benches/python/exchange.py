"""Requests and their answers as bytes, to compare what servers send."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

TIMEOUT = 10.0

_DATE = re.compile(rb"\r\ndate: [^\r]*", re.IGNORECASE)


class Answer(NamedTuple):
    """A response: its status, its body without framing, and all of its bytes."""

    status: int
    body: bytes
    raw: bytes

    def without_date(self) -> bytes:
        """All bytes but for the time of day."""
        return _DATE.sub(b"\r\ndate: now", self.raw)


class Exchange:
    """A connection to a server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._received = b""

    def ask(self, request: bytes) -> Answer:
        """Send a request and read its answer. Raises `OSError` and `ValueError`."""
        self._socket.sendall(request)
        raw = head = self._until(b"\r\n\r\n")
        lines = head[:-4].split(b"\r\n")
        fields = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in lines[1:])
        }
        if b"content-length" in fields:
            body = self._exactly(int(fields[b"content-length"]))
            raw += body
        elif fields.get(b"transfer-encoding") == b"chunked":
            body = b""
            while True:
                line = self._until(b"\r\n")
                size = int(line, 16)
                chunk = self._exactly(size + 2)
                raw += line + chunk
                if size == 0:
                    break
                body += chunk[:-2]
        else:
            raise ValueError("the answer says nothing about its length")
        return Answer(int(lines[0].split(b" ")[1]), body, raw)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._receive()
        found, _, self._received = self._received.partition(end)
        return found + end

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._receive()
        found, self._received = self._received[:size], self._received[size:]
        return found

    def _receive(self) -> None:
        received = self._socket.recv(65536)
        if not received:
            raise ValueError("the connection ended within the answer")
        self._received += received
