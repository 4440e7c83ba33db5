"""Requests, apps, and what they answer, for the tests of serving."""

from __future__ import annotations

from typing import Any

import pytest
from serving_harness import TIERS

# For tests of what differs from uvicorn's own protocol. They say why.
OURS = pytest.mark.parametrize("tier", TIERS, indirect=True)

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ndate: D\r\nserver: uvicorn\r\n"


def sized(content: bytes, *more: bytes) -> bytes:
    """A request with a body, and more field lines."""
    lines = b"".join(
        line + b"\r\n" for line in (b"Host: a", b"Content-Length: %d" % len(content), *more)
    )
    return b"POST / HTTP/1.1\r\n" + lines + b"\r\n" + content


def ok(content: bytes, *more: bytes) -> bytes:
    """The response of the apps here, with more field lines."""
    lines = b"".join(line + b"\r\n" for line in (b"content-length: %d" % len(content), *more))
    return OK + lines + b"\r\n" + content


async def answer(send: Any, content: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", b"%d" % len(content))
    await send({"type": "http.response.start", "status": 200, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": content})


async def whole_body(receive: Any) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message["body"]
        if not message["more_body"]:
            return body


async def echo(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, await whole_body(receive))


async def show_path(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, scope["path"].encode())
