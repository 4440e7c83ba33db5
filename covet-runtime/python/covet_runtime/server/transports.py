"""What a connection sets on the transport that it is given."""

from __future__ import annotations

import contextlib
import socket
from typing import Any


def send_at_once(transport: Any) -> None:
    """Send small segments without waiting for the client to acknowledge what went before.

    asyncio sees to it only for sockets that were made with the protocol number of TCP, and uvicorn
    makes its own without one. Then the last part of a streamed response takes 40 ms.
    """
    connection = transport.get_extra_info("socket")
    if getattr(connection, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return
    # There are transports whose socket is none, or is closed by now.
    with contextlib.suppress(AttributeError, OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
