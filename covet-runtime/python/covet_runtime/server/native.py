"""What the native tier leaves to Python: what is rarely done, and what is uvicorn's.

The functions are called by name from ``src/python/serving``. `facts` is always the `Server` of
`covet_runtime.server.facts`.
"""

from __future__ import annotations

import http
from collections.abc import Awaitable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Optional

from uvicorn.protocols.http.flow_control import service_unavailable as _service_unavailable
from uvicorn.protocols.utils import (
    get_local_addr,
    get_path_with_query_string,
    get_remote_addr,
    is_ssl,
)

from .. import _loader, installation
from . import answers, direct, handover, logs, routes
from .transports import send_at_once

if TYPE_CHECKING:
    from ..http.rejection import Rejection
    from .facts import Server


def server(facts: Server) -> Optional[Any]:
    """The server of the tier that serves the app, None for the pure one.

    An app whose routes can be compiled is installed, unless it was. Never raises: the pure tier can
    always serve.
    """
    try:
        return _server(facts)
    except Exception:
        facts.logger.exception("Served in pure Python, because the native tier has failed:")
        return None


def _server(facts: Server) -> Optional[Any]:
    module = _module(facts)
    if module is None:
        return None
    facts.native_module = module
    made = module.Server(facts, status_lines())
    made.answer_by(*plan(facts))
    return made


def plan(facts: Server) -> tuple[Optional[Any], Optional[Any]]:
    """The plans for the app as it is now, and the table of its routes."""
    facts.table = None
    module = _module(facts)
    if module is None or module is not facts.native_module:
        # Another module is for connections of another server.
        facts.decision = direct.Decision("its tier has changed since the server was started", {})
        return None, None
    facts.decision = direct.decide(facts, module)
    table = routes.table_of(facts)
    if isinstance(table, module.RouteTable):
        facts.table = table
    return facts.decision.plans, facts.table


def is_outdated(facts: Server) -> bool:
    """Whether the table that the plans came with is that of other routes."""
    return routes.table_of(facts) is not facts.table


def _module(facts: Server) -> Optional[ModuleType]:
    app = direct.covet_app(facts)
    if app is not None:
        found = installation.installed(app) or _installed(facts, app)
        if found is not None:
            return found.module
    return _loader.available().module


def _installed(facts: Server, app: Any) -> Optional[installation.Installed]:
    try:
        installation.install(app)
    except (ValueError, _loader.TierUnavailable) as error:
        facts.logger.warning("%s", error)
    return installation.installed(app)


def status_lines() -> list[bytes]:
    """The status lines of the statuses from 100 to 599, with the phrases of this Python."""
    phrases = {status.value: status.phrase for status in http.HTTPStatus}
    return [
        b"HTTP/1.1 %d %b\r\n" % (status, phrases.get(status, "").encode("ascii"))
        for status in range(100, 600)
    ]


def connection_made(facts: Server, transport: Any) -> tuple[Any, Any, str]:
    """``server``, ``client`` and ``scheme`` of the scopes of a connection."""
    client = get_remote_addr(transport)
    send_at_once(transport)
    logs.connection_made(facts, client)
    return get_local_addr(transport), client, "https" if is_ssl(transport) else "http"


def connection_lost(facts: Server, client: Any) -> None:
    """The connection is gone."""
    logs.connection_lost(facts, client)


def service_unavailable(facts: Server) -> Any:
    """The app that answers for the one that has no room."""
    logs.too_many(facts)
    return _service_unavailable


def refuse(facts: Server, rejection: Rejection) -> bytes:
    """Log a refused request. Returns the answer to it."""
    logs.refused(facts, rejection)
    return answers.refusal(facts, rejection.status, rejection.head_request)


def hand_over(facts: Server, connection: Any, transport: Any, head: Any, rest: bytes) -> None:
    """Leave the connection to a WebSocket protocol."""
    handover.hand_over(facts, connection, transport, head, rest)


def log_access(facts: Server, scope: Any, status: int, duration: Optional[float] = None) -> None:
    """Log a response."""
    if logs.logs_access(facts):
        path = get_path_with_query_string(scope)
        version = scope["http_version"]
        logs.access(facts, scope["client"], scope["method"], path, version, status, duration)


def log_failure(facts: Server, error: BaseException) -> None:
    """The app has raised."""
    logs.failure(facts, error)


def log_returned(facts: Server, value: object) -> None:
    """The app has returned something."""
    logs.returned(facts, value)


def log_silent(facts: Server) -> None:
    """The app has returned, and sent nothing."""
    logs.not_started(facts)


def log_incomplete(facts: Server) -> None:
    """The app has returned in the middle of a response."""
    logs.not_completed(facts)


def log_upgrade(facts: Server) -> None:
    """A request asks for a protocol that it does not get."""
    logs.upgrade_ignored(facts)


async def wait_for(awaitable: Awaitable[Any]) -> Any:
    """A coroutine of what is none."""
    return await awaitable
