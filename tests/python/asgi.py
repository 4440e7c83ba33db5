"""A small in-process ASGI driver: one call, one WebSocket conversation, one lifespan.

It checks what a server would trip over (messages out of order, a second start, text where bytes
belong), keeps every header in the order it was sent, and lets exceptions of the app through, which
is where a server writes its own 500.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Iterable, MutableMapping, Sequence
from typing import Any, Callable, NamedTuple, Optional, Union
from urllib.parse import quote

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
Text = Union[str, bytes]
Header = tuple[bytes, bytes]


class Response(NamedTuple):
    """A whole response; `headers` is in the order the app sent it."""

    status: int
    headers: list[Header]
    body: bytes

    def header(self, name: str) -> Optional[bytes]:
        """The first value of a header, whatever the case of its name."""
        wanted = name.lower().encode("latin-1")
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class ProtocolError(AssertionError):
    """The app sent something that is not ASGI."""


def call(
    app: App,
    method: str,
    path: str,
    *,
    headers: Iterable[tuple[Text, Text]] = (),
    body: bytes = b"",
    chunks: Optional[Sequence[bytes]] = None,
    query: Text = b"",
) -> Response:
    """Send one request to `app` in an event loop of its own and return the whole response."""
    return asyncio.run(
        request(app, method, path, headers=headers, body=body, chunks=chunks, query=query)
    )


async def request(
    app: App,
    method: str,
    path: str,
    *,
    headers: Iterable[tuple[Text, Text]] = (),
    body: bytes = b"",
    chunks: Optional[Sequence[bytes]] = None,
    query: Text = b"",
) -> Response:
    """Like `call`, inside a running loop. `path` is the decoded path; `chunks` replaces `body`."""
    scope = {"type": "http", "method": method, **_connection(path, headers, query, "http")}
    parts = [body] if chunks is None else list(chunks) or [b""]
    incoming = [
        {"type": "http.request", "body": part, "more_body": index < len(parts)}
        for index, part in enumerate(parts, start=1)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return _response(sent)


async def websocket(
    app: App,
    path: str,
    incoming: Iterable[Text] = (),
    *,
    headers: Iterable[tuple[Text, Text]] = (),
    query: Text = b"",
    close_code: int = 1000,
) -> list[dict[str, Any]]:
    """Connect, send each of `incoming`, disconnect; return every message of the app."""
    scope = {"type": "websocket", "subprotocols": [], **_connection(path, headers, query, "ws")}
    messages: list[Message] = [{"type": "websocket.connect"}]
    for data in incoming:
        kind = "text" if isinstance(data, str) else "bytes"
        messages.append({"type": "websocket.receive", kind: data})
    sent: list[dict[str, Any]] = []

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        return {"type": "websocket.disconnect", "code": close_code}

    async def send(message: Message) -> None:
        if sent and sent[-1]["type"] == "websocket.close":
            raise ProtocolError(f"{message['type']} after websocket.close")
        if not sent and message["type"] not in ("websocket.accept", "websocket.close"):
            raise ProtocolError(f"{message['type']} before websocket.accept")
        sent.append(dict(message))

    await app(scope, receive, send)
    return sent


@contextlib.asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[None]:
    """Run the start-up handlers of `app`, then the block, then its shutdown handlers."""
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.ensure_future(app(scope, to_app.get, from_app.put))

    async def phase(name: str) -> None:
        await to_app.put({"type": f"lifespan.{name}"})
        answer = asyncio.ensure_future(from_app.get())
        await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            await task
            raise ProtocolError(f"the app ended before lifespan.{name}.complete")
        message = answer.result()
        if message["type"] != f"lifespan.{name}.complete":
            raise RuntimeError(f"{message['type']}: {message.get('message', '')}")

    try:
        await phase("startup")
        yield
        await phase("shutdown")
        await task
    finally:
        task.cancel()


def _connection(
    path: str, headers: Iterable[tuple[Text, Text]], query: Text, scheme: str
) -> dict[str, Any]:
    """The part of a scope that HTTP and WebSocket share."""
    return {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": scheme,
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
        "path": path,
        "raw_path": quote(path, safe="/:@!$&'()*+,;=-._~", errors="surrogatepass").encode("ascii"),
        "query_string": _bytes(query),
        "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in headers],
        "state": {},
    }


def _bytes(text: Text) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


def _response(sent: list[Message]) -> Response:
    """Fold the messages of one response, refusing what a server would refuse."""
    if not sent or sent[0]["type"] != "http.response.start":
        raise ProtocolError(f"no http.response.start first: {[m['type'] for m in sent]}")
    start, *rest = sent
    headers = [(name, value) for name, value in start.get("headers", ())]
    for name, value in headers:
        if type(name) is not bytes or type(value) is not bytes:
            raise ProtocolError(f"header is not bytes: {name!r}: {value!r}")
    body = []
    for index, message in enumerate(rest, start=1):
        if message["type"] != "http.response.body":
            raise ProtocolError(f"unexpected {message['type']}")
        if message.get("more_body", False) != (index < len(rest)):
            raise ProtocolError("more_body does not agree with the messages that follow")
        body.append(bytes(message.get("body", b"")))
    if not body:
        raise ProtocolError("no http.response.body")
    return Response(start["status"], headers, b"".join(body))
