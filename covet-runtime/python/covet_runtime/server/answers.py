"""Bytes of answers that no app has a say in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..http.grammar import STATUS_PHRASES
from ..http.rejection import answer

if TYPE_CHECKING:
    from .facts import Server

Headers = Sequence[tuple[bytes, bytes]]

# The fields of a response that decide about the connection.
FRAMING = frozenset((b"connection", b"content-length", b"transfer-encoding"))

_CONTENTS = {400: b"Invalid HTTP request received."}


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
    """The whole answer to a request that is refused, with uvicorn's text for a 400.

    `status` and `head_request` are as in `rejection.answer`.
    """
    content = _CONTENTS.get(status) or STATUS_PHRASES[status].encode("ascii")
    return answer(status, content, head_request, default_headers_block(server))
