"""Bytes of answers that no app has a say in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..http.grammar import STATUS_PHRASES
from ..http.rejection import UPGRADE_REQUIRED

if TYPE_CHECKING:
    from .facts import Server

Headers = Sequence[tuple[bytes, bytes]]

# The fields of a response that decide about the connection.
FRAMING = frozenset((b"connection", b"content-length", b"transfer-encoding"))

_CONTENTS = {400: b"Invalid HTTP request received."}
_CLOSE = b"connection: close\r\n"
# A 426 says what to upgrade to (RFC 9110 §15.5.22), and which version is known (RFC 6455 §4.4).
_CLOSE_OR_UPGRADE = (
    b"connection: close, upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
)


class DefaultHeaders:
    """The headers that begin every response.

    `source` is uvicorn's list of them, `block` their field lines, `framing` those of them that
    decide about the connection.
    """

    __slots__ = ("block", "framing", "source")

    def __init__(self, source: Headers) -> None:
        self.source = source
        lowered = [(name.lower(), value) for name, value in source]
        self.block = b"".join(b"%b: %b\r\n" % line for line in lowered)
        self.framing = [line for line in lowered if line[0] in FRAMING]


def default_headers(server: Server) -> DefaultHeaders:
    """The default headers of now. uvicorn makes a new list once a second, for the date."""
    source = server.server_state.default_headers
    if server.default_headers.source is not source:
        server.default_headers = DefaultHeaders(source)
    return server.default_headers


def default_headers_block(server: Server) -> bytes:
    """The field lines that begin every response."""
    return default_headers(server).block


def refusal(server: Server, status: int, head_request: bool) -> bytes:
    """The whole answer to a request that is refused, after which the connection is closed.

    `status` is one that a reason of the grammar has. An answer to HEAD has no content, and says how
    long it would have been (RFC 9110 §9.3.2).
    """
    phrase = STATUS_PHRASES[status].encode("ascii")
    content = _CONTENTS.get(status, phrase)
    return b"".join(
        (
            b"HTTP/1.1 %d %b\r\n" % (status, phrase),
            default_headers_block(server),
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\n" % len(content),
            _CLOSE_OR_UPGRADE if status == UPGRADE_REQUIRED else _CLOSE,
            b"\r\n",
            b"" if head_request else content,
        )
    )
