"""The head of a response, from what an app sends to the bytes that are written.

As far as an app sends what HTTP/1.1 allows, the bytes are those of uvicorn's own protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, Optional

from .answers import FRAMING, default_headers

if TYPE_CHECKING:
    from .facts import Server

_BAD_NAME = re.compile(rb'[\x00-\x1f\x7f()<>@,;:\[\]={} \t\\"]').search
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search

_PHRASES = {int(status): status.phrase for status in HTTPStatus}
# All that uvicorn has, in order.
STATUS_LINES = {
    status: f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n".encode("ascii")
    for status in range(100, 600)
}

# Responses that end with their head, whatever its fields say (RFC 9112 §6.3).
_BODILESS = frozenset((204, 304))


class ResponseHead(NamedTuple):
    """A head, and what follows it.

    `keep_alive` is False when the connection ends with the response. `bodiless` responses have
    nothing behind their head. Others are `chunked`, or have `length` bytes, or end with their
    connection if that is None.
    """

    data: bytes
    keep_alive: bool
    bodiless: bool
    chunked: bool
    length: Optional[int]


def response_head(
    server: Server,
    method: str,
    http_version: str,
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    keep_alive: bool,
) -> ResponseHead:
    """The head of the response to a request of this `method` and `http_version`.

    `keep_alive` is whether the request leaves the connection open. Raises `RuntimeError` for a
    header that cannot be sent and for an interim status, `KeyError` for one that is none.
    """
    if status < 200:
        raise RuntimeError(f"Expected a final status in 'http.response.start', but got {status}.")
    defaults = default_headers(server)
    content = [STATUS_LINES[status], defaults.block]
    framing = defaults.framing
    for name, value in headers:
        name = _field_name(name)
        if _BAD_VALUE(value):
            raise RuntimeError("Invalid HTTP header value.")
        if name in FRAMING:
            # A client of HTTP/1.0 takes chunks for content (RFC 9112 §6.1).
            if name == b"transfer-encoding" and http_version == "1.0":
                continue
            framing = [*framing, (name, value)]
        content += (name, b": ", value, b"\r\n")

    chunked: Optional[bool] = None
    length = 0
    closes = False
    for name, value in framing:
        if name == b"content-length":
            if chunked is None:
                length = int(value.decode())
                chunked = False
        elif name == b"transfer-encoding":
            if value.lower() == b"chunked":
                chunked = True
        elif b"close" in [option.strip() for option in value.lower().split(b",")]:
            closes = True

    if not keep_alive and not closes:
        content.append(b"connection: close\r\n")
    bodiless = method == "HEAD" or status in _BODILESS
    ends_with_connection = False
    if chunked is None and not bodiless:
        if http_version == "1.0":
            ends_with_connection = True
        else:
            chunked = True
            content.append(b"transfer-encoding: chunked\r\n")
    content.append(b"\r\n")
    return ResponseHead(
        b"".join(content),
        keep_alive and not closes,
        bodiless,
        bool(chunked),
        None if ends_with_connection else length,
    )


@lru_cache(maxsize=1024)
def _field_name(name: bytes) -> bytes:
    """A name as it is written. Apps have few of them, and send them again and again."""
    if _BAD_NAME(name):
        raise RuntimeError("Invalid HTTP header name.")
    return name.lower()
