"""What is the same for all connections of a server, looked up once instead of for each of them."""

from __future__ import annotations

import asyncio
import logging
import weakref
from dataclasses import replace
from types import ModuleType
from typing import Any, Optional, Protocol

from . import native
from .answers import DefaultHeaders
from .direct import Decision
from .routes import Labels
from .settings import Settings

# Where a server state keeps the servers that were made for it. They then live as long as it does.
_KEPT = "_covet_servers"

# Limits are positive, and uvicorn allows a keep-alive time of zero.
_AT_ONCE = 1e-6


# Those that exist, for whoever wants to know how an app is served.
_servers: weakref.WeakSet[Any] = weakref.WeakSet()


def servers() -> list[Server]:
    """The servers of this process."""
    return list(_servers)


class NativeServer(Protocol):
    """The server of a native tier."""

    def connect(self) -> Any:
        """A new connection: an `asyncio.Protocol` with the method ``shutdown``."""


class Server:
    """One server: an app, uvicorn's state and settings, and the loop that it runs on.

    The attributes are what connections of every tier read, and none of them changes but
    `default_headers`, which belongs to `answers`.
    """

    def __init__(
        self,
        settings: Settings,
        config: Any,
        server_state: Any,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        if not config.loaded:
            config.load()
        self.settings = settings
        self.config = config
        self.server_state = server_state
        self.app_state = app_state
        self.loop = loop
        self.limits = replace(
            settings.limits, keep_alive_seconds=max(config.timeout_keep_alive, _AT_ONCE)
        )
        self.logger = logging.getLogger("uvicorn.error")
        self.access_logger = logging.getLogger("uvicorn.access")
        self.access_log = self.access_logger.hasHandlers()
        self.app = config.loaded_app
        self.root_path: str = config.root_path
        self.raw_root_path = self.root_path.encode()
        self.asgi_version: str = config.asgi_version
        self.limit_concurrency: Optional[int] = config.limit_concurrency
        self.ws_protocol_class = config.ws_protocol_class
        # uvicorn knows it since 0.40, which needs Python 3.10.
        self.reset_contextvars: bool = getattr(config, "reset_contextvars", False)
        self.connections: set[Any] = server_state.connections
        self.tasks: set[Any] = server_state.tasks
        self.default_headers = DefaultHeaders([])
        # How the requests for the app are answered, once that was decided.
        self.decision: Optional[Decision] = None
        # The table that requests are read with, and the module of the tier that does it.
        self.table: Optional[Any] = None
        self.native_module: Optional[ModuleType] = None
        # What requests are counted under, in the pure tier.
        self.labels: Optional[Labels] = None
        _servers.add(self)
        self._native: Optional[NativeServer] = native.server(self)

    @classmethod
    def of(
        cls,
        protocol_class: Any,
        config: Any,
        server_state: Any,
        app_state: dict[str, Any],
        loop: Optional[asyncio.AbstractEventLoop] = None,
    ) -> Server:
        """The server for these, which is made once.

        `protocol_class` has the `settings`. Without a `loop` it is the one that is running.
        """
        if loop is None:
            loop = asyncio.get_event_loop()
        settings = protocol_class.settings
        kept: Optional[list[Server]] = getattr(server_state, _KEPT, None)
        if kept is None:
            kept = []
            setattr(server_state, _KEPT, kept)
        for server in kept:
            if (
                server.config is config
                and server.loop is loop
                and server.app_state is app_state
                and server.settings is settings
            ):
                return server
        server = cls(settings, config, server_state, app_state, loop)
        kept.append(server)
        return server

    def connect(self) -> Any:
        """A new connection of the best tier."""
        if self._native is not None:
            return self._native.connect()
        # What a native tier serves needs none of this.
        from .pure import Connection

        return Connection(self)
