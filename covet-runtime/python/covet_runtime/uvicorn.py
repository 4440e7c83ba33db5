"""HTTP/1.1 for uvicorn, under the policy of this package.

    uvicorn app:app --http covet_runtime.uvicorn:HttpProtocol

Valid requests are served as uvicorn's own protocol serves them, to the byte. What is not valid is
refused as `RequestReader` refuses it, and clients that do not get on are not waited for.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Optional

from .server.facts import Server
from .server.settings import Settings


class HttpProtocol:
    """What uvicorn makes its connections of.

    The settings are those of the environment when this module is imported, so that a bad value ends
    uvicorn before it listens. A subclass may have others::

        class Strict(HttpProtocol):
            settings = Settings(limits=Limits(body=1_000_000))
    """

    settings: ClassVar[Settings] = Settings.from_environment()

    def __new__(
        cls,
        config: Any,
        server_state: Any,
        app_state: dict[str, Any],
        _loop: Optional[asyncio.AbstractEventLoop] = None,
    ) -> Any:
        """A connection of the best tier that there is, which is no instance of this class."""
        return Server.of(cls, config, server_state, app_state, _loop).connect()
