"""A connection in pure Python: what comes from the transport, from the clock and from the server.

The reader says what the client asks for, the exchange what the app answers. Here is when.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from typing import TYPE_CHECKING, Any, Optional

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, service_unavailable
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

from .. import traffic
from ..http.events import End
from ..http.framing import WEBSOCKET
from ..http.head import RequestHead
from ..http.reader import RequestReader
from ..http.rejection import Rejection
from . import answers, logs
from .clock import Clock
from .exchange import Exchange
from .handover import hand_over
from .routes import Labels
from .transports import send_at_once

if TYPE_CHECKING:
    from .facts import Server

# Loops do not wait much longer at once, and not all of them say so.
_LONGEST_WAIT = 24 * 3600.0
# Timers are that exact. One that is early must not be set for no time at all, again and again.
_SHORTEST_WAIT = 0.001


class Connection(asyncio.Protocol):
    """One connection of a server.

    Requests are answered one after the other. While one is, the reader may have bytes of the next,
    up to its limit; then nothing is read.

    `writable` is False while the transport has more to send than it wants to.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.writable = True
        self._clock = Clock()
        self._reader = RequestReader(
            server.limits, websocket=server.ws_protocol_class is not None, now=self._clock.now()
        )
        self.transport: Any = None  # as uvicorn's own protocols call it
        self._exchange: Optional[Exchange] = None
        self._reading = True
        self._drained: Optional[asyncio.Event] = None
        self._timer: Optional[asyncio.TimerHandle] = None
        self._wakes = 0.0  # when the timer does
        self._is_counted = False

    # What the transport tells.

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        # Tasks begin in a copy of this. The transport's own calls cannot be trusted to: whoever
        # has it pause and go on makes them run in his context.
        self._context = contextvars.copy_context()
        self._local = get_local_addr(transport)
        self._remote = get_remote_addr(transport)
        self._scheme = "https" if is_ssl(transport) else "http"
        self._labels = Labels.of(self.server)
        self._count(True)
        self.server.connections.add(self)
        send_at_once(transport)
        logs.connection_made(self.server, self._remote)
        self._watch()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._count(False)
        self.server.connections.discard(self)
        logs.connection_lost(self.server, self._remote)
        if self._exchange is not None and not self._exchange.complete:
            self._exchange.disconnect()
        self._exchange = None
        self.resume_writing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.close()

    def data_received(self, data: bytes) -> None:
        self._clock.go()
        self._reader.feed(data, self._clock.now())
        self._advance()

    def eof_received(self) -> None:
        rejection = self._reader.eof()
        if rejection is not None:
            self._refuse(rejection)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        if self._drained is not None:
            self._drained.set()
            self._drained = None

    def _count(self, is_open: bool) -> None:
        if self._is_counted != is_open:
            self._is_counted = is_open
            traffic.connections(1 if is_open else -1)

    # What the server tells.

    def shutdown(self) -> None:
        """Close the connection, as soon as the response in progress is complete."""
        if self._exchange is None or self._exchange.complete:
            self.close()
        else:
            self._exchange.keep_alive = False

    # What the exchange tells.

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        """Close the connection when everything is written."""
        if not self.transport.is_closing():
            self.transport.close()

    async def drain(self) -> None:
        """Wait until the transport wants more to send, or is gone."""
        if not self.writable:
            if self._drained is None:
                self._drained = asyncio.Event()
            await self._drained.wait()

    def want_body(self, may_continue: bool) -> None:
        """The app asks for the body. `may_continue` allows a ``100 Continue``."""
        if may_continue:
            interim = self._reader.send_continue()
            if interim:
                self.write(interim)
                self._go()
        if not self._reading and self._reader.wants_input:
            self._resume_reading()

    def response_complete(self, exchange: Exchange) -> None:
        """Go on with the next request, if there can be one."""
        server = self.server
        server.server_state.total_requests += 1
        if not exchange.keep_alive:
            self.close()
        if self.transport.is_closing():
            return
        self._clock.go()
        if not self._reader.next_request(self._clock.now()):
            self.close()
            return
        if not self._reading:
            self._resume_reading()
        if self._reader.buffered:
            # Not from here, where the app is still running.
            server.loop.call_soon(self._advance, context=self._context)
        self._watch()

    # Requests.

    def _advance(self) -> None:
        """Take what the reader makes of the bytes that it has."""
        if self.transport.is_closing():
            return
        reader = self._reader
        while True:
            event = reader.next_event()
            if event is None:
                break
            if isinstance(event, RequestHead):
                if event.upgrade is not None and self._upgrade(event):
                    return
                self._begin(event)
            elif isinstance(event, Rejection):
                self._refuse(event)
                return
            elif self._exchange is None or self._exchange.complete:
                # The app answered while the last head was taken from the reader.
                continue
            elif isinstance(event, End):
                self._exchange.end_body()
            else:
                self._exchange.take_body(event)
        if reader.closed:
            # More of a body came than is worth reading for the sake of another request.
            self.close()
            return
        waiting = 0 if self._exchange is None else self._exchange.waiting
        if waiting > HIGH_WATER_LIMIT or not reader.wants_input:
            self._pause_reading()
        self._watch()

    def _begin(self, head: RequestHead) -> None:
        """Call the app for a request."""
        server = self.server
        app = server.app
        limit = server.limit_concurrency
        if limit is not None and (len(server.connections) >= limit or len(server.tasks) >= limit):
            app = service_unavailable
            logs.too_many(server)
        # HTTP/1.0 could be kept alive, too. uvicorn does not.
        keep_alive = head.keep_alive and head.http_version != "1.0"
        scope = self._scope(head)
        label = self._labels.of_request(scope["method"], scope["path"])
        exchange = self._exchange = Exchange(self, scope, keep_alive, label)
        if head.expects_continue and not self._reader.buffered:
            self._clock.stop()
        # A task runs in a copy of the context that it is made in.
        context = contextvars.Context() if server.reset_contextvars else self._context.copy()
        task = context.run(server.loop.create_task, exchange.run(app))
        task.add_done_callback(functools.partial(self._task_done, exchange))
        server.tasks.add(task)

    def _task_done(self, exchange: Exchange, task: asyncio.Task[None]) -> None:
        self.server.tasks.discard(task)
        # Once it runs, a task answers whatever happens. It may have been cancelled before, or in
        # its last step, when all is answered.
        if task.cancelled() and not exchange.complete:
            self.close()

    def _scope(self, head: RequestHead) -> dict[str, Any]:
        server = self.server
        return {
            "type": "http",
            "asgi": {"version": server.asgi_version, "spec_version": "2.3"},
            "http_version": head.http_version,
            "server": self._local,
            "client": self._remote,
            "scheme": self._scheme,
            "root_path": server.root_path,
            "headers": head.headers,
            "state": server.app_state.copy(),
            "method": head.method,
            "path": server.root_path + head.path,
            "raw_path": server.raw_root_path + head.raw_path,
            "query_string": head.query_string,
        }

    def _upgrade(self, head: RequestHead) -> bool:
        """Leave the connection to a WebSocket protocol. False when that is not what is asked for,
        or there is none."""
        if head.upgrade != WEBSOCKET or self.server.ws_protocol_class is None:
            logs.upgrade_ignored(self.server)
            return False
        rest = self._reader.take_rest()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._count(False)
        hand_over(self.server, self, self.transport, head, rest)
        return True

    def _refuse(self, rejection: Rejection) -> None:
        """Answer a request that is refused, unless it is being answered, and close."""
        logs.refused(self.server, rejection)
        exchange = self._exchange
        if exchange is None or exchange.complete or exchange.disconnect(rejection.status):
            self.write(answers.refusal(self.server, rejection.status, rejection.head_request))
        self.close()

    # Reading.

    def _pause_reading(self) -> None:
        if self._reading and not self.transport.is_closing():
            self._reading = False
            self._clock.stop()
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        self._reading = True
        if not self.transport.is_closing():
            # Whatever the transport calls from now on, it calls in the context that this runs in.
            self._context.copy().run(self.transport.resume_reading)
        self._go()

    # Deadlines.

    def _go(self) -> None:
        """Time passes for the client again."""
        self._clock.go()
        self._watch()

    def _watch(self) -> None:
        """See that the timer wakes at the reader's deadline, or before. It is not moved to a later
        one, which would have to be done for every request, but set anew when it has woken."""
        deadline = self._reader.deadline
        if deadline is None or self._clock.stopped:
            return
        if self._timer is not None:
            if self._wakes <= deadline:
                return
            self._timer.cancel()
        wait = min(max(deadline - self._clock.now(), _SHORTEST_WAIT), _LONGEST_WAIT)
        self._wakes = deadline
        self._timer = self.server.loop.call_later(wait, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._clock.stopped or self.transport.is_closing():
            return
        rejection = self._reader.expire(self._clock.now())
        if rejection is not None:
            self._refuse(rejection)
        elif self._reader.closed:
            # Nothing had begun, or its response is sent.
            self.close()
        else:
            self._watch()
