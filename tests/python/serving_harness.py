"""Real servers to talk to: uvicorn on a loop in a thread, and clients that write bytes.

Nothing is mocked. Only uvicorn's main loop is left out, which would take a tenth of a second for
every server; what it does once a second is done once.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
import time
from collections.abc import Awaitable, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, Callable, Optional, TypeVar

import uvicorn
from covet_runtime import has_rust
from covet_runtime.server.facts import Server
from covet_runtime.server.pure import Connection
from covet_runtime.server.settings import Settings
from covet_runtime.uvicorn import HttpProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

T = TypeVar("T")
App = Callable[[Any, Any, Any], Awaitable[Any]]

# Longer than anything takes on a busy machine. What is waited for comes much sooner.
PATIENCE = 20.0

STOCK = "stock"

# The last one for Python 3.9 is 0.39, whose own protocol is in some things less right.
OLD_UVICORN = tuple(map(int, uvicorn.__version__.split(".")[:2])) < (0, 40)


def _pure(settings: Settings) -> type:
    class Pure:
        def __new__(
            cls, config: Any, server_state: Any, app_state: Any, _loop: Any = None
        ) -> Any:  # what a protocol of uvicorn's is made with
            return Connection(Server.of(Pure, config, server_state, app_state, _loop))

    Pure.settings = settings  # type: ignore[attr-defined]
    return Pure


def _best(settings: Settings) -> type:
    return type("Protocol", (HttpProtocol,), {"settings": settings})


# What makes the protocol class of each tier. The stock one is not ours, and has no settings.
TIERS: dict[str, Callable[[Settings], type]] = {"pure": _pure}
if has_rust():
    TIERS["native"] = _best


def protocol(tier: str, settings: Settings) -> type:
    """The protocol class of a tier, with these settings."""
    if tier == STOCK:
        stock: type = HttpToolsProtocol
        return stock
    return TIERS[tier](settings)


class Gate:
    """Lets an app go on when the test says so, and tells the test that the app is there."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened: Optional[asyncio.Future[None]] = None

    def reach(self) -> None:
        self._reached.set()

    async def wait(self) -> None:
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
        self.reach()
        await self._opened

    def wait_until_reached(self) -> None:
        assert self._reached.wait(PATIENCE)

    def open(self) -> None:
        self.wait_until_reached()
        opened = self._opened
        assert opened is not None
        opened.get_loop().call_soon_threadsafe(opened.set_result, None)


class LoopThread:
    """An event loop that runs in a thread of its own."""

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self.loop = new_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop, and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


class Running:
    """A server of uvicorn's that listens."""

    def __init__(self, thread: LoopThread, protocol_class: type, app: App, **options: Any) -> None:
        options = {"lifespan": "off", "ws": "none", "port": 0, "log_config": None, **options}
        self.thread = thread
        self.config = uvicorn.Config(app, http=protocol_class, **options)
        self.server = uvicorn.Server(self.config)
        self._clients: list[Client] = []
        thread.run(self._start())

    @property
    def state(self) -> Any:
        return self.server.server_state

    @property
    def decision(self) -> Any:
        """How our native tier answers for the app, once it has had a connection; None in others."""
        ours = getattr(self.state, "_covet_servers", [])
        return ours[0].decision if ours else None

    async def _start(self) -> None:
        self.config.load()
        self.server.lifespan = self.config.lifespan_class(self.config)
        await self.server.on_tick(0)
        await self.server.startup()
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def connect(self, receive_buffer: Optional[int] = None) -> Client:
        client = Client(self.port, receive_buffer)
        self._clients.append(client)
        return client

    def answer(self, *segments: bytes) -> bytes:
        """Everything that is answered to a connection on which these are sent, one by one. The
        client then waits for the server to close it."""
        client = self.connect()
        for segment in segments:
            client.send(segment)
        return client.read_all()

    def wait_until(self, condition: Callable[[], Any]) -> None:
        """Wait until something holds, as seen by the loop."""

        async def holds() -> Any:
            return condition()

        wait_until(lambda: self.thread.run(holds()))

    def shut_down(self) -> Future[None]:
        """Begin a graceful shutdown."""
        return self.thread.start(self.server.shutdown())

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.thread.run(self._stop())

    async def _stop(self) -> None:
        for listener in self.server.servers:
            listener.close()
        deadline = time.monotonic() + PATIENCE
        while (self.state.connections or self.state.tasks) and time.monotonic() < deadline:
            for task in list(self.state.tasks):
                task.cancel()
            for connection in list(self.state.connections):
                connection.shutdown()
            await asyncio.sleep(0.001)
        assert not self.state.connections
        assert not self.state.tasks


class Client:
    """A client that writes and reads bytes, with the date of every response made the same."""

    def __init__(self, port: int, receive_buffer: Optional[int] = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self._buffer = b""

    @property
    def address(self) -> str:
        return "{}:{}".format(*self.socket.getsockname())

    def send(self, data: bytes) -> None:
        # The server may have closed the connection, and answered.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Break the connection off."""
        linger_not_at_all = b"\x01\0\0\0\0\0\0\0"
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not_at_all)
        self.socket.close()

    def read_some(self) -> bytes:
        """What is next; nothing at the end."""
        if not self._buffer:
            self._fill()
        data, self._buffer = self._buffer, b""
        return data

    def read_until(self, end: bytes) -> bytes:
        """Everything up to `end`, or up to the end of the connection."""
        while end not in self._buffer and self._fill():
            pass
        position = self._buffer.find(end)
        position = len(self._buffer) if position < 0 else position + len(end)
        return undated(self._take(position))

    def read_all(self) -> bytes:
        """Everything up to the end of the connection."""
        while self._fill():
            pass
        return undated(self._take(len(self._buffer)))

    def read_response(self, to_head: bool = False) -> bytes:
        """One response that does not end with its connection."""
        head = self.read_until(b"\r\n\r\n")
        status = int(head[9:12])
        if to_head or status < 200 or status in (204, 304):
            return head
        if b"\r\ntransfer-encoding: chunked\r\n" in head:
            return head + self.read_until(b"0\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)\r\n", head)
        assert length, head
        return head + self.read_exactly(int(length[1]))

    def read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size and self._fill():
            pass
        return self._take(size)

    def is_closed(self) -> bool:
        """Wait for the end of the connection, with nothing before it."""
        return self.read_all() == b""

    def _take(self, size: int) -> bytes:
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _fill(self) -> bool:
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            return False
        self._buffer += data
        return bool(data)


def undated(data: bytes) -> bytes:
    return re.sub(rb"\r\ndate: [^\r]+\r\n", b"\r\ndate: D\r\n", data)


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def cuts(data: bytes) -> Iterator[tuple[bytes, ...]]:
    """Some ways of sending the same bytes in several segments."""
    yield (data,)
    yield tuple(data[i : i + 1] for i in range(len(data)))
    for position in range(1, len(data), 7):
        yield data[:position], data[position:]
