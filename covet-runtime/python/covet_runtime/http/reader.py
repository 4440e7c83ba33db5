"""The requests of one connection, without the connection: bytes in, events out.

What comes out is a function of the bytes alone, however they are cut. Time matters for deadlines
only, and it is always the caller's: nothing here reads a clock, opens a socket or waits.
"""

from __future__ import annotations

from typing import Union

from .. import metrics, timing
from . import head
from .body import Decoder, PlainDecoder
from .chunked import ChunkedDecoder
from .events import End
from .head import Matcher, RequestHead
from .limits import Limits
from .rejection import InvalidRequest, Rejection
from .scan import HeadScan

IDLE = "idle"
HEAD = "head"
BODY = "body"
COMPLETE = "complete"
DRAINING = "draining"
CLOSED = "closed"
TAKEN = "taken"

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# Consumed bytes stay in the buffer until there are this many of them, and at least as many as the
# others: then moving the others to the front has been paid for.
_WORTH_MOVING = 64 * 1024


Event = Union[RequestHead, bytes, End, Rejection]

_parse = timing.HEADS.times(head.parse)


class RequestReader:
    """Reads the requests of a connection one after the other.

    Feed what is received, then ask for events until there is none. A request gives its
    `RequestHead`, the `bytes` of its body in pieces of at most 64 KiB, and `End`. When the response
    is sent, `next_request` goes on. A `Rejection` is the last event.

    `table` finds the endpoint of each head. `websocket` says whether upgrades to WebSocket are held
    to RFC 6455. All times are in seconds of one clock of the caller's; `now` is when the connection
    was accepted.

    `state` is one of:

    * ``idle``: nothing of a request is there but empty lines. ``head``: not all of its head is.
    * ``body``: `End` is still to come. ``complete``: the response is.
    * ``draining``: the response is sent, and what is left of the body is thrown away.
    * ``taken``: another protocol has taken over. ``closed``: nothing is read any more.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        table: Matcher | None = None,
        websocket: bool = True,
        now: float = 0.0,
    ) -> None:
        self._limits = Limits() if limits is None else limits
        self._table = table
        self._websocket = websocket
        self._buffer = bytearray()
        self._start = 0  # of what is not consumed
        self._hungry = False
        self._first = True
        self._examined = 0
        self._state = IDLE
        self._now = now
        self._scan = HeadScan(self._limits)
        self._body: Decoder = PlainDecoder(0)
        self._begin()

    # Input and events.

    def feed(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take in what was received. Ignored when the reader is closed."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"a reader is fed bytes, not {type(data).__name__}")
        if self._state == CLOSED:
            return
        self._now = now
        self._buffer += data

    def next_event(self) -> Event | None:
        """The next event.

        None when more input is needed, when the request is complete and `next_request` has not been
        called, and when the reader is closed.
        """
        if self._state == DRAINING:
            self._drain()
        event: Event | None = None
        if self._state in (IDLE, HEAD):
            event = self._head_event()
        elif self._state == BODY:
            event = self._body_event()
        self._hungry = event is None and self._state in (IDLE, HEAD, BODY, DRAINING)
        return event

    def next_request(self, now: float) -> bool:
        """The response has been sent: go on with the next request.

        False, and closed, when the connection cannot be used again: the client does not want it,
        too much of the body was not read, or it is not known whether a body will come, since the
        client waits for a ``100 Continue`` that it was not given. True without an effect when there
        is no request to go on from.
        """
        if self._state in (IDLE, HEAD, DRAINING):
            return True
        if self._state in (CLOSED, TAKEN) or not self._can_go_on():
            self._close()
            return False
        self._now = now
        self._first = False
        if self._state == COMPLETE:
            self._begin()
        else:
            self._state = DRAINING
        return True

    def send_continue(self) -> bytes:
        """What to send when the body is wanted: once, and only if the client waits for it."""
        if self._state != BODY or not self._awaits_continue():
            return b""
        self._continued = True
        return CONTINUE

    def eof(self) -> Rejection | None:
        """The client has closed its side. Closes the reader.

        A `Rejection` when that leaves a request incomplete. All events have to be taken before.
        """
        return self._give_up("incomplete-head", "incomplete-body")

    def expire(self, now: float) -> Rejection | None:
        """Close the reader when `deadline` has come. A `Rejection` when a request had begun."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return None
        return self._give_up("head-timeout", "body-timeout")

    def take_rest(self) -> bytes:
        """Everything that is not consumed, for the protocol that takes over."""
        rest = bytes(self._buffer[self._start :])
        self._forget()
        if self._state != CLOSED:
            self._state = TAKEN
        return rest

    # What a caller may ask.

    @property
    def state(self) -> str:
        return self._state

    @property
    def closed(self) -> bool:
        return self._state == CLOSED

    @property
    def deadline(self) -> float | None:
        """When to call `expire`, or None for never."""
        limits = self._limits
        if self._state == IDLE:
            seconds = limits.head_seconds if self._first else limits.keep_alive_seconds
            return self._idle_since + seconds
        if self._state == HEAD:
            return self._head_since + limits.head_seconds
        if self._state in (BODY, DRAINING):
            return self._body_since + limits.body_seconds + self._body.received / limits.body_rate
        return None

    @property
    def buffered(self) -> int:
        """How many bytes are not consumed."""
        return len(self._buffer) - self._start

    @property
    def wants_input(self) -> bool:
        """False when there is enough for now: the caller then does not read from its socket."""
        if self._state == CLOSED:
            return False
        return self._hungry or self.buffered < self._limits.pipeline

    @property
    def examined(self) -> int:
        """How many bytes were looked at so far, a byte as often as it was."""
        return self._examined + self._scan.examined + self._body.examined

    # From one request to the next.

    def _begin(self) -> None:
        """Wait for a request, of which something may be in the buffer."""
        self._state = IDLE
        self._idle_since = self._now
        self._examined += self._scan.examined + self._body.examined
        self._scan = HeadScan(self._limits)
        self._head: RequestHead | None = None
        self._body = PlainDecoder(0)
        self._consumed = 0  # of the message
        self._drained = 0  # of its body
        self._continued = False

    def _can_go_on(self) -> bool:
        """Whether the connection may be used again when this request is answered."""
        if self._head is None or not self._head.keep_alive or self._awaits_continue():
            return False
        return self._body.remaining is None or self._body.remaining <= self._limits.drain

    def _awaits_continue(self) -> bool:
        """Whether the client may still be waiting for leave to send the body."""
        return (
            self._head is not None
            and self._head.expects_continue
            and not self._continued
            and self._consumed == self._head_size
            and not self.buffered
        )

    # Heads.

    def _head_event(self) -> RequestHead | Rejection | None:
        try:
            data = self._head_bytes()
        except InvalidRequest as fault:
            return self._reject(fault.code, fault.offset)
        if data is None:
            return None
        # Once for the syntax and once for what the fields mean.
        self._examined += 2 * len(data)
        try:
            event = _parse(data, self._limits, self._websocket, self._table)
        except InvalidRequest as fault:
            return self._reject(fault.code, self._consumed + fault.offset)
        metrics.count_parse()
        self._consume(len(data))
        self._head_size = self._consumed
        self._head = event
        self._body = (
            ChunkedDecoder(self._limits)
            if event.chunked
            else PlainDecoder(event.content_length or 0)
        )
        self._body_since = self._now
        self._state = BODY
        return event

    def _head_bytes(self) -> bytes | None:
        """The head without the empty lines before it, when all of it is there."""
        scan = self._scan
        # Where the message would begin in the buffer, had nothing of it been consumed.
        origin = self._start - self._consumed
        end = scan.advance(self._buffer, origin)
        skipped = scan.scanned if scan.line < 0 else scan.line
        self._consume(skipped - self._consumed)
        if self._state == IDLE and scan.line >= 0:
            self._state = HEAD
            self._head_since = self._now
        if end is None:
            return None
        return bytes(self._buffer[self._start : self._start + end - skipped])

    # Bodies.

    def _body_event(self) -> bytes | End | Rejection | None:
        body = self._body
        data = b"" if body.finished else self._decode()
        if data:
            return data
        if body.fault is not None:
            return self._reject(body.fault.code, body.fault.offset)
        if body.finished:
            self._state = COMPLETE
            return End(tuple(body.trailers))
        return None

    def _drain(self) -> None:
        """Throw away what is there of the body, then wait for the next request.

        What is wrong with it closes the reader silently: its response is sent, and there can be no
        other.
        """
        body = self._body
        while not body.finished:
            # Trailers have a limit of their own.
            room = None if body.in_trailers else self._limits.drain - self._drained
            if room == 0:
                return self._close()
            before = self._consumed
            self._decode(room)
            self._drained += self._consumed - before
            if body.fault is not None:
                metrics.count_rejection(body.fault.code)
                return self._close()
            if self._consumed == before and not body.finished:
                return None
        return self._begin()

    def _decode(self, room: int | None = None) -> bytes:
        """Decode one piece of the body from `room` bytes at most."""
        start, end = self._start, len(self._buffer)
        if room is not None:
            end = min(end, start + room)
        position = self._body.decode(self._buffer, start, end, self._consumed - start)
        self._consume(position - start)
        return bytes(self._body.data)

    # The buffer, and the end.

    def _consume(self, size: int) -> None:
        self._start += size
        self._consumed += size
        if self._start == len(self._buffer):
            self._buffer.clear()
            self._start = 0
        elif self._start >= _WORTH_MOVING and self._start * 2 >= len(self._buffer):
            del self._buffer[: self._start]
            self._start = 0

    def _reject(self, code: str, offset: int) -> Rejection:
        rejection = Rejection(code, offset, self._asks_for_head())
        metrics.count_rejection(code)
        self._close()
        return rejection

    def _asks_for_head(self) -> bool:
        """Whether the request line begins with the method HEAD, as far as it was scanned."""
        if self._head is not None:
            return self._head.method == "HEAD"
        if self._scan.line < 0:
            return False
        origin = self._start - self._consumed
        line, end = origin + self._scan.line, origin + self._scan.scanned
        return self._buffer.startswith(b"HEAD ", line, end)

    def _give_up(self, in_head: str, in_body: str) -> Rejection | None:
        codes = {HEAD: in_head, BODY: in_body}
        code = codes.get(self._state)
        if code is not None:
            return self._reject(code, self._consumed + self.buffered)
        self._close()
        return None

    def _close(self) -> None:
        self._state = CLOSED
        self._forget()

    def _forget(self) -> None:
        self._buffer.clear()
        self._start = 0
