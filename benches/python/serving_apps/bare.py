"""Two sends and nothing else: an ASGI app, and the same for granian's own interface.

Both answer with a constant. What they cost is the server.
"""

from typing import Any

import workloads

BODY = workloads.to_json(workloads.HELLO).encode()
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode()),
    ],
}
END = {"type": "http.response.body", "body": BODY}


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    # Servers try to start the lifespan, and go on when an app does not want it.
    assert scope["type"] == "http"
    await send(START)
    await send(END)


class Rsgi:
    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        protocol.response_bytes(200, [("content-type", "application/json")], BODY)


rsgi = Rsgi()
