"""One request and its response, as ASGI sees them."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Optional

from .. import traffic
from . import logs
from .response import ResponseHead, response_head

if TYPE_CHECKING:
    from .pure import Connection

Message = MutableMapping[str, Any]

# A body of more bytes than this is written by itself: that is less work than to copy it.
_WORTH_COPYING = 64 * 1024

_SERVER_ERROR = {
    "type": "http.response.start",
    "status": 500,
    "headers": [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"21"),
        (b"connection", b"close"),
    ],
}
_SERVER_ERROR_BODY = {"type": "http.response.body", "body": b"Internal Server Error"}


class Exchange:
    """What an app is called with: a scope, `receive` and `send`.

    The head of a response is held back until its body begins or the app waits for something, so
    that both are one write, and an app that fails in between can still be answered for with a 500.

    `keep_alive` is whether the connection outlives this request. `complete` is True when the
    response is, `disconnected` when there is nobody left to answer. `waiting` counts the bytes of
    the body that the app has not received.
    """

    __slots__ = (
        "_began",
        "_connection",
        "_head",
        "_held",
        "_http_version",
        "_label",
        "_logged",
        "_method",
        "_more_body",
        "_news",
        "_pieces",
        "_remaining",
        "_status",
        "complete",
        "disconnected",
        "keep_alive",
        "scope",
        "waiting",
    )

    def __init__(
        self,
        connection: Connection,
        scope: dict[str, Any],
        keep_alive: bool,
        label: traffic.Label,
    ) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        self.complete = False
        self.disconnected = False
        self.waiting = 0
        self._connection = connection
        # The app may change its scope, and what was asked for stays what it was.
        self._method: str = scope["method"]
        self._http_version: str = scope["http_version"]
        self._began = monotonic()
        # What it is counted under, None once it was.
        self._label: Optional[traffic.Label] = label
        traffic.begin()
        # The request.
        self._pieces: list[bytes] = []
        self._more_body = True
        self._news = asyncio.Event()
        # The response: its head when the app has sent it, and the bytes while they are held back.
        self._head: Optional[ResponseHead] = None
        self._held: Optional[bytes] = None
        self._status = 0
        self._remaining: Optional[int] = 0
        self._logged = False

    # What the connection tells.

    def take_body(self, data: bytes) -> None:
        """More of the body has come."""
        self._pieces.append(data)
        self.waiting += len(data)
        self._news.set()

    def end_body(self) -> None:
        """All of the body has come."""
        self._more_body = False
        self._news.set()

    def disconnect(self, refusal: Optional[int] = None) -> bool:
        """Nothing that the app sends is written any more. Whether nothing of it was: then a refusal
        with this status is the answer, if there is one."""
        self.disconnected = True
        self._news.set()
        if self._began_to_answer:
            self._count(self._status, broken_off=True)
            return False
        self._count(refusal or traffic.NO_STATUS, broken_off=refusal is None)
        return True

    # The app.

    async def run(self, app: Any) -> None:
        """Call the app, and answer for it if it does not."""
        server = self._connection.server
        try:
            result = await app(self.scope, self.receive, self.send)
        except BaseException as exc:
            # Whatever it is, the client gets an answer and the server goes on.
            logs.failure(server, exc)
            self._fail()
        else:
            if result is not None:
                logs.returned(server, result)
                self._connection.close()
            elif not self.disconnected:
                if self._head is None:
                    logs.not_started(server)
                    self._fail()
                elif not self.complete:
                    logs.not_completed(server)
                    self._fail()
        finally:
            if self._began_to_answer and not self._logged:
                self._log_access()

    @property
    def _began_to_answer(self) -> bool:
        """Whether anything of the response was written."""
        return self._head is not None and self._held is None

    def _fail(self) -> None:
        """Answer with a 500, or cut the response off where it began already."""
        if self._began_to_answer:
            self._connection.close()
        elif not self.disconnected:
            self._start(_SERVER_ERROR)
            self._continue(_SERVER_ERROR_BODY)

    async def receive(self) -> Message:
        """ASGI's ``receive``: all of the body that is there, or what is next of it."""
        if not (self.disconnected or self.complete):
            self._connection.want_body(self._head is None)
            if not self._news.is_set():
                await self._news.wait()
            self._news.clear()
        if self.disconnected or self.complete:
            return {"type": "http.disconnect"}
        body = b"".join(self._pieces)
        self._pieces.clear()
        self.waiting = 0
        return {"type": "http.request", "body": body, "more_body": self._more_body}

    async def send(self, message: Message) -> None:
        """ASGI's ``send``. Raises `RuntimeError` for a message that may not come now."""
        connection = self._connection
        if not connection.writable and not self.disconnected:
            await connection.drain()
        if self.disconnected:
            return
        if self._head is None:
            self._start(message)
        elif not self.complete:
            self._continue(message)
        else:
            raise RuntimeError(
                f"Unexpected ASGI message '{message['type']}' sent, "
                "after response already completed."
            )

    # The response.

    def _start(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(
                f"Expected ASGI message 'http.response.start', but got '{message['type']}'."
            )
        connection = self._connection
        status = message["status"]
        head = response_head(
            connection.server,
            self._method,
            self._http_version,
            status,
            message.get("headers", ()),
            self.keep_alive,
        )
        self._status = status
        self._head = head
        self._held = head.data
        self._remaining = head.length
        # Runs before anything else does, if the app waits. Clients may wait for the head, too.
        connection.server.loop.call_soon(self._release)

    def _release(self) -> None:
        """Write a head that is still held back."""
        if self._held is not None and not self.disconnected:
            self._write(b"")

    def _continue(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            raise RuntimeError(
                f"Expected ASGI message 'http.response.body', but got '{message['type']}'."
            )
        body = message.get("body", b"")
        more_body = message.get("more_body", False)
        head = self._head
        assert head is not None
        if head.bodiless:
            self._write(b"")
        elif head.chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            self._write(chunk if more_body else chunk + b"0\r\n\r\n")
        elif self._remaining is None:
            self._write(body)
        else:
            self._write_counted(body, more_body)
        if not more_body:
            self._complete()

    def _write_counted(self, body: bytes, more_body: bool) -> None:
        """Write a part of a body whose length was promised."""
        assert self._remaining is not None
        remaining = self._remaining - len(body)
        if remaining < 0:
            raise RuntimeError("Response content longer than Content-Length")
        short = remaining > 0 and not more_body
        # While nothing was written, there can be a better answer than half of this one.
        if not short or self._held is None:
            self._write(body)
            self._remaining = remaining
        if short:
            raise RuntimeError("Response content shorter than Content-Length")

    def _write(self, data: bytes) -> None:
        """Write data of the body, and the head before it if it is held back."""
        connection = self._connection
        held = self._held
        if held is None:
            if data:
                connection.write(data)
            return
        writes = (held, data) if len(data) > _WORTH_COPYING else (b"".join((held, data)),)
        self._held = None
        assert self._head is not None
        # A shutdown may have come in between.
        self.keep_alive = self.keep_alive and self._head.keep_alive
        if not connection.server.settings.access_log_duration:
            self._log_access()
        for part in writes:
            connection.write(part)

    def _complete(self) -> None:
        self.complete = True
        self.waiting = 0
        self._pieces.clear()
        self._news.set()
        self._count(self._status, broken_off=False)
        self._connection.response_complete(self)

    def _count(self, status: int, broken_off: bool) -> None:
        label, self._label = self._label, None
        if label is not None:
            traffic.end(label, status, monotonic() - self._began, broken_off)

    def _log_access(self) -> None:
        self._logged = True
        server = self._connection.server
        duration = monotonic() - self._began if server.settings.access_log_duration else None
        logs.answered(server, self.scope, self._status, duration)
