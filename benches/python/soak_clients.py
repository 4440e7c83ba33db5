"""The clients of the soak test: well-behaved ones, slow ones, broken ones. All check what they get.

A client is a coroutine function that does its thing once on a connection of its own and gives the
number of answers that it has checked. It raises `Wrong` when one is not as it should be.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Optional

import workloads

# Seconds that anything may take.
PATIENCE = 30.0

LARGE = b"0123456789abcdef" * 65536
HELLO = workloads.to_json(workloads.HELLO).encode()


class Wrong(Exception):
    """An answer is not as it should be."""


class Cut(Wrong):
    """The connection has ended where an answer was due."""


class Answer(NamedTuple):
    """A response."""

    status: int
    fields: dict[bytes, bytes]
    body: bytes


class Ask(NamedTuple):
    """A request and what its answer has to be."""

    raw: bytes
    status: int
    # None when it does not matter.
    body: Optional[bytes]
    head: bool = False


class Connection:
    """A connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int, buffer: int = 0) -> Connection:
        """Connect; `buffer` is how much the system keeps of what was not read."""
        connecting = socket.socket()
        if buffer:
            connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connecting.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connecting, ("127.0.0.1", port))
            reader, writer = await asyncio.open_connection(sock=connecting, limit=buffer or 2**16)
        except BaseException:
            connecting.close()
            raise
        return cls(reader, writer)

    async def answer(self, head: bool = False, pause: float = 0) -> Answer:
        """Read a response, `pause` seconds after each piece."""
        try:
            raw = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            raise Cut(f"the connection ended instead of an answer: {error.partial!r}") from error
        first, *lines = raw[:-4].split(b"\r\n")
        fields = {}
        for line in lines:
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        status = int(first.split(b" ")[1])
        if head or status in (204, 304):
            return Answer(status, fields, b"")
        return Answer(status, fields, await self._body(fields, pause))

    async def _body(self, fields: dict[bytes, bytes], pause: float) -> bytes:
        if b"content-length" in fields:
            return await self._exactly(int(fields[b"content-length"]), pause)
        if fields.get(b"transfer-encoding") != b"chunked":
            return await self.reader.read()
        body = b""
        while True:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            chunk = await self._exactly(size + 2, pause)
            if not chunk.endswith(b"\r\n"):
                raise Wrong(f"a chunk ends with {chunk[-2:]!r}")
            if not size:
                return body
            body += chunk[:-2]

    async def _exactly(self, size: int, pause: float) -> bytes:
        parts = []
        while size:
            part = await self.reader.read(min(size, 65536))
            if not part:
                raise Cut(f"the connection ended {size} bytes before the end of the body")
            parts.append(part)
            size -= len(part)
            if pause:
                await asyncio.sleep(pause)
        return b"".join(parts)

    async def check(self, ask: Ask, pause: float = 0) -> Answer:
        """Read the answer to a request. Raises `Wrong`."""
        answer = await self.answer(ask.head, pause)
        right = answer.status == ask.status and (ask.body is None or answer.body == ask.body)
        if not right:
            raise Wrong(f"{ask.raw[:60]!r} is answered with {answer.status} {answer.body[:60]!r}")
        return answer

    async def expect_end(self) -> None:
        """The server closes the connection and says nothing more."""
        with contextlib.suppress(ConnectionError):
            rest = await self.reader.read()
            if rest:
                raise Wrong(f"something after the last answer: {rest[:60]!r}")

    async def close(self) -> None:
        """Close it as a browser does."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    def abort(self, reset: bool) -> None:
        """Go away without another word; the server is told so when `reset`."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        self.writer.transport.abort()


class Target(NamedTuple):
    """The server, and what its app can do."""

    port: int
    bare: bool


Client = Callable[[Target, random.Random], Awaitable[int]]


# ── Requests ───────────────────────────────────────────────────────────────────────────────────


def head_of(method: str, path: str, *fields: str) -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: soak", *fields, "", ""]).encode()


def a_body(chance: random.Random, most: int = 20_000) -> bytes:
    """JSON as CovetPy writes it, so that it comes back as it was."""
    size = int(most ** chance.random())
    return workloads.to_json(
        {"text": "é" * (size // 2), "number": chance.randrange(10**9)}
    ).encode()


def a_get(target: Target, chance: random.Random) -> Ask:
    """A request without a body."""
    if target.bare:
        parts, size = chance.randrange(1, 30), chance.randrange(1, 3000)
        body = b"".join(bytes([97 + number % 26]) * size for number in range(parts))
        stream = Ask(head_of("GET", f"/stream?parts={parts}&size={size}"), 200, body)
        return chance.choice([stream, Ask(head_of("GET", "/"), 200, HELLO)])
    name = "".join(chance.choices("abcdefghij", k=chance.randrange(1, 40)))
    user = workloads.to_json(workloads.user(name)).encode()
    missing = f'{{"error":"Not Found","path":"/none/{name}"}}'.encode()
    return chance.choice(
        [
            Ask(head_of("GET", "/", "Accept: */*", "User-Agent: soak"), 200, HELLO),
            Ask(head_of("GET", f"/users/{name}"), 200, user),
            Ask(head_of("GET", f"/none/{name}"), 404, missing),
            Ask(head_of("GET", "/sleep"), 200, workloads.to_json(workloads.ASLEEP).encode()),
        ]
    )


def a_post(chance: random.Random) -> Ask:
    """A request with a body of known length."""
    body = a_body(chance)
    fields = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    return Ask(head_of("POST", "/echo", *fields) + body, 200, body)


def a_chunked(chance: random.Random) -> Ask:
    """A request with a body in chunks."""
    body = a_body(chance)
    raw = head_of("POST", "/echo", "Content-Type: application/json", "Transfer-Encoding: chunked")
    start = 0
    while start < len(body):
        end = min(len(body), start + chance.randrange(1, 4000))
        raw += b"%x\r\n%s\r\n" % (end - start, body[start:end])
        start = end
    return Ask(raw + b"0\r\n\r\n", 200, body)


def a_request(target: Target, chance: random.Random) -> Ask:
    """Any valid request."""
    kind = chance.randrange(3)
    return [lambda: a_get(target, chance), lambda: a_post(chance), lambda: a_chunked(chance)][
        kind
    ]()


# ── Clients ────────────────────────────────────────────────────────────────────────────────────


async def keep_alive(target: Target, chance: random.Random) -> int:
    """One request after the other."""
    connection = await Connection.open(target.port)
    count = chance.randrange(1, 100)
    for _ in range(count):
        ask = a_request(target, chance)
        connection.writer.write(ask.raw)
        await connection.check(ask)
    await connection.close()
    return count


async def pipelining(target: Target, chance: random.Random) -> int:
    """Many requests at once, cut anywhere."""
    connection = await Connection.open(target.port)
    asks = [a_request(target, chance) for _ in range(chance.randrange(2, 20))]
    raw = b"".join(ask.raw for ask in asks)
    cut = chance.randrange(len(raw))
    connection.writer.write(raw[:cut])
    await asyncio.sleep(chance.choice([0, 0, 0.01]))
    connection.writer.write(raw[cut:])
    for ask in asks:
        await connection.check(ask)
    await connection.close()
    return len(asks)


async def heads(target: Target, chance: random.Random) -> int:
    """HEAD, and a GET after it, which would meet any byte of a body."""
    connection = await Connection.open(target.port)
    status = 200 if target.bare else 404
    head = Ask(head_of("HEAD", "/"), status, b"", head=True)
    get = Ask(head_of("GET", "/"), 200, HELLO)
    connection.writer.write(head.raw + get.raw)
    await connection.check(head)
    await connection.check(get)
    await connection.close()
    return 2


async def last_requests(target: Target, chance: random.Random) -> int:
    """Requests after which the server closes the connection."""
    connection = await Connection.open(target.port)
    old = b"GET / HTTP/1.0\r\nHost: soak\r\n\r\n"
    raw = chance.choice([old, head_of("GET", "/", "Connection: close")])
    connection.writer.write(raw)
    await connection.check(Ask(raw, 200, HELLO))
    await connection.expect_end()
    await connection.close()
    return 1


async def slow_writer(target: Target, chance: random.Random) -> int:
    """A request in small pieces with pauses."""
    connection = await Connection.open(target.port)
    ask = a_request(target, chance)
    size = max(1, len(ask.raw) // chance.randrange(2, 30))
    for start in range(0, len(ask.raw), size):
        connection.writer.write(ask.raw[start : start + size])
        await asyncio.sleep(chance.random() * 0.1)
    await connection.check(ask)
    await connection.close()
    return 1


async def slow_reader(target: Target, chance: random.Random) -> int:
    """A megabyte that is read in pieces, with a request behind it."""
    connection = await Connection.open(target.port, buffer=8192)
    ask = Ask(head_of("GET", "/large"), 200, LARGE)
    then = Ask(head_of("GET", "/"), 200, HELLO)
    connection.writer.write(ask.raw + then.raw)
    await asyncio.sleep(chance.random())
    await connection.check(ask, pause=0.002)
    await connection.check(then)
    await connection.close()
    return 2


async def aborting_writer(target: Target, chance: random.Random) -> int:
    """Ends after any byte of a request, or of several."""
    connection = await Connection.open(target.port)
    raw = b"".join(a_request(target, chance).raw for _ in range(chance.randrange(1, 4)))
    connection.writer.write(raw[: chance.randrange(len(raw) + 1)])
    await asyncio.sleep(chance.choice([0, 0.001, 0.02]))
    connection.abort(reset=chance.random() < 0.5)
    return 0


async def aborting_reader(target: Target, chance: random.Random) -> int:
    """Ends after any byte of an answer."""
    connection = await Connection.open(target.port, buffer=8192)
    connection.writer.write(head_of("GET", "/large"))
    with contextlib.suppress(asyncio.IncompleteReadError):
        await connection.reader.readexactly(chance.randrange(1, 100_000))
    connection.abort(reset=chance.random() < 0.5)
    return 0


async def half_closing(target: Target, chance: random.Random) -> int:
    """Says that nothing more will come, at once or in the middle of a request."""
    connection = await Connection.open(target.port)
    raw = a_request(target, chance).raw
    connection.writer.write(raw[: chance.randrange(len(raw))])
    connection.writer.write_eof()
    with contextlib.suppress(ConnectionError):
        await connection.reader.read()
    connection.abort(reset=False)
    return 0


async def failing(target: Target, chance: random.Random) -> int:
    """Asks for an exception; the connection goes on where the framework has answered itself."""
    connection = await Connection.open(target.port)
    ask = Ask(head_of("GET", "/raise"), 500, None)
    connection.writer.write(ask.raw)
    await connection.check(ask)
    await connection.close()
    return 1


async def cut(target: Target, chance: random.Random) -> int:
    """Asks for an exception within the body, which can only be told by closing."""
    connection = await Connection.open(target.port)
    connection.writer.write(head_of("GET", "/cut"))
    with contextlib.suppress(ConnectionError):
        received = await connection.reader.read()
        if received.partition(b"\r\n\r\n")[2] not in (b"", b"x" * 10):
            raise Wrong(f"an exception within the body is answered with {received!r}")
    await connection.close()
    return 1


async def waiting(target: Target, chance: random.Random) -> int:
    """Goes away while the app waits for just that."""
    connection = await Connection.open(target.port)
    connection.writer.write(head_of("GET", "/wait"))
    await asyncio.sleep(chance.random() * 0.1)
    connection.abort(reset=chance.random() < 0.5)
    return 0


REFUSED = (
    head_of("GET", "/", "no colon"),
    head_of("POST", "/echo", "Content-Length: ten"),
    head_of("POST", "/echo", "Content-Length: 3", "Content-Length: 4") + b"xxxx",
    head_of("POST", "/echo", "Transfer-Encoding: chunked") + b"no number\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: soak\r\nA: \x00\r\n\r\n",
)


async def refused(target: Target, chance: random.Random) -> int:
    """Sends what is no request, after one that is."""
    connection = await Connection.open(target.port)
    good = Ask(head_of("GET", "/"), 200, HELLO)
    raw = chance.choice(REFUSED)
    connection.writer.write(good.raw)
    await connection.check(good)
    connection.writer.write(raw)
    # The server may reset the connection, because it does not read what comes after.
    with contextlib.suppress(ConnectionError):
        answer = await connection.answer()
        if not 400 <= answer.status < 500:
            raise Wrong(f"{raw!r} is answered with {answer.status}")
        await connection.expect_end()
    await connection.close()
    return 2


async def silent(target: Target, chance: random.Random) -> int:
    """Says nothing at all."""
    connection = await Connection.open(target.port)
    await asyncio.sleep(chance.random())
    await connection.close()
    return 0


async def expecting(target: Target, chance: random.Random) -> int:
    """Waits for 100 Continue before it sends the body."""
    connection = await Connection.open(target.port)
    body = a_body(chance)
    fields = (
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
    )
    connection.writer.write(head_of("POST", "/echo", *fields))
    said = await connection.reader.readuntil(b"\r\n\r\n")
    if not said.startswith(b"HTTP/1.1 100 "):
        raise Wrong(f"Expect is answered with {said!r}")
    connection.writer.write(body)
    await connection.check(Ask(b"the body after 100", 200, body))
    await connection.close()
    return 1


# Each with the number of them that are active at a time.
CLIENTS: tuple[tuple[Client, int], ...] = (
    (keep_alive, 4),
    (pipelining, 4),
    (heads, 1),
    (last_requests, 1),
    (slow_writer, 8),
    (slow_reader, 4),
    (aborting_writer, 2),
    (aborting_reader, 2),
    (half_closing, 1),
    (failing, 1),
    (refused, 1),
    (silent, 4),
    (expecting, 1),
)
# Those that need an app that CovetPy cannot be.
BARE_CLIENTS: tuple[tuple[Client, int], ...] = (*CLIENTS, (cut, 1), (waiting, 4))
