"""Plain ASGI middleware: log how long a request took, and sign the response."""

from __future__ import annotations

import logging
import time
from typing import Any

logger = logging.getLogger("blog.access")


class Timing:
    """Adds one header to every response and logs the time between request and response."""

    def __init__(self, app: Any, served_by: str = "blog") -> None:
        self.app = app
        self.header = (b"x-served-by", served_by.encode("latin-1"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        start = time.perf_counter()

        async def signed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], self.header]
                took = (time.perf_counter() - start) * 1000
                status = message["status"]
                logger.info("%s %s %d %.2f ms", scope["method"], scope["path"], status, took)
            await send(message)

        await self.app(scope, receive, signed)
