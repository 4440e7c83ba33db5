"""The floor of whatever serves on uvloop: a constant for every time that something is received.

    python -m serving_apps.floor PORT

Nothing is read or decided. It costs what the kernel, uvloop and two calls of Python's do.
"""

import asyncio
import sys
from typing import Any

import uvloop
import workloads

BODY = workloads.to_json(workloads.HELLO).encode()
# As many fields as the others send.
ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    b"server: uvicorn\r\n"
    b"content-type: application/json; charset=utf-8\r\n"
    b"content-length: %d\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"x-frame-options: DENY\r\n"
    b"x-xss-protection: 0\r\n"
    b"referrer-policy: strict-origin-when-cross-origin\r\n"
    b"cache-control: no-store\r\n"
    b"\r\n" % len(BODY)
) + BODY


class Constant(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.write = transport.write

    def data_received(self, data: bytes) -> None:
        self.write(ANSWER)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Constant, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(serve(int(sys.argv[1])))
