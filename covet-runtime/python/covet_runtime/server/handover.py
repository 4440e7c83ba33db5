"""Leaves a connection to the WebSocket protocol that uvicorn has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from uvicorn.protocols.utils import get_remote_addr

from . import logs

if TYPE_CHECKING:
    from .facts import Server


class Head(Protocol):
    """What is needed of the head of a request, of any tier."""

    @property
    def method(self) -> str: ...
    @property
    def target(self) -> bytes: ...
    @property
    def headers(self) -> list[tuple[bytes, bytes]]: ...


def hand_over(server: Server, connection: Any, transport: Any, head: Head, rest: bytes) -> None:
    """Give the `transport` of `connection` to a new WebSocket protocol.

    That reads the request itself: it is given the `head` anew, and the `rest`, which is everything
    that was received behind it. The connection must not touch its transport afterwards.
    """
    logs.upgrading(server, get_remote_addr(transport))
    server.connections.discard(connection)
    protocol = server.ws_protocol_class(
        config=server.config,
        server_state=server.server_state,
        app_state=server.app_state,
    )
    protocol.connection_made(transport)
    protocol.data_received(serialized(head) + rest)
    transport.set_protocol(protocol)


def serialized(head: Head) -> bytes:
    """The head of an HTTP/1.1 request as bytes. The names of its fields are in lower case."""
    lines = [b"%b %b HTTP/1.1\r\n" % (head.method.encode("ascii"), head.target)]
    lines += [b"%b: %b\r\n" % field for field in head.headers]
    return b"".join((*lines, b"\r\n"))
