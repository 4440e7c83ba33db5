"""Every line that a connection logs. Loggers, formats and arguments are uvicorn's own, because
that is what people have configured handlers, formatters and alerts for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Optional

from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.utils import get_path_with_query_string

if TYPE_CHECKING:
    from ..http.rejection import Rejection
    from .facts import Server

Address = Optional[tuple[str, int]]

# Refusals of requests that were cut off: their clients have gone away, which is nobody's fault.
_CUT_OFF = frozenset(("incomplete-head", "incomplete-body"))

_NO_WEBSOCKETS = (
    "No supported WebSocket library detected. Please use \"pip install 'uvicorn[standard]'\", "
    "or install 'websockets' or 'wsproto' manually."
)


def logs_access(server: Server) -> bool:
    """Whether `access` would log anything, so that its arguments need not be made in vain."""
    return server.access_log and server.access_logger.isEnabledFor(logging.INFO)


def access(
    server: Server,
    client: Address,
    method: str,
    path_with_query: str,
    http_version: str,
    status: int,
    duration: Optional[float] = None,
) -> None:
    """Log a response. `client` and `path_with_query` are as the app's scope has them, which
    middleware may have changed. `duration` is in seconds, and becomes an attribute of the record.
    """
    server.access_logger.info(
        '%s - "%s %s HTTP/%s" %d',
        _address(client),
        method,
        path_with_query,
        http_version,
        status,
        extra=None if duration is None else {"duration": duration},
    )


def answered(server: Server, scope: Any, status: int, duration: Optional[float] = None) -> None:
    """Log the response to the request of a scope. `duration` is as in `access`."""
    if logs_access(server):
        path, version = get_path_with_query_string(scope), scope["http_version"]
        access(server, scope.get("client"), scope["method"], path, version, status, duration)


def refused(server: Server, rejection: Rejection) -> None:
    """A request was refused: why, and at which byte. Nothing of the request is repeated."""
    level = logging.INFO if rejection.code in _CUT_OFF else logging.WARNING
    server.logger.log(level, "Invalid HTTP request received: %s", rejection.log_line())


def failure(server: Server, exc: BaseException) -> None:
    """The app has raised."""
    server.logger.error("Exception in ASGI application\n", exc_info=exc)


def returned(server: Server, result: object) -> None:
    """The app has returned something."""
    server.logger.error("ASGI callable should return None, but returned '%s'.", result)


def not_started(server: Server) -> None:
    """The app has returned, and sent nothing."""
    server.logger.error("ASGI callable returned without starting response.")


def not_completed(server: Server) -> None:
    """The app has returned in the middle of a response."""
    server.logger.error("ASGI callable returned without completing response.")


def too_many(server: Server) -> None:
    """There are more connections or tasks than ``limit_concurrency``."""
    server.logger.warning("Exceeded concurrency limit.")


def upgrade_ignored(server: Server) -> None:
    """A request asks for another protocol, and is served as it is."""
    server.logger.warning("Unsupported upgrade request.")
    if server.ws_protocol_class is None:
        server.logger.warning(_NO_WEBSOCKETS)


def _address(client: Address) -> str:
    return f"{client[0]}:{client[1]}" if client else ""


def connection_made(server: Server, client: Address) -> None:
    _trace(server, client, "%sHTTP connection made")


def connection_lost(server: Server, client: Address) -> None:
    _trace(server, client, "%sHTTP connection lost")


def upgrading(server: Server, client: Address) -> None:
    _trace(server, client, "%sUpgrading to WebSocket")


def _trace(server: Server, client: Address, line: str) -> None:
    if server.logger.level <= TRACE_LOG_LEVEL:
        server.logger.log(TRACE_LOG_LEVEL, line, f"{_address(client)} - " if client else "")
