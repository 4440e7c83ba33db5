"""What the native tier leaves to Python: what is rarely done, and what is uvicorn's.

The functions are called by name from ``src/python/serving``. `facts` is always the `Server` of
`covet_runtime.server.facts`.
"""

from __future__ import annotations

from collections.abc import Awaitable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Optional

from uvicorn.protocols.http.flow_control import service_unavailable as _service_unavailable
from uvicorn.protocols.utils import (
    get_local_addr,
    get_remote_addr,
    is_ssl,
)

from .. import _loader, installation
from . import answers, direct, logs, routes
from .response import STATUS_LINES
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
    made = module.Server(facts, list(STATUS_LINES.values()))
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


def connection_made(facts: Server, transport: Any) -> tuple[Any, Any, str]:
    """``server``, ``client`` and ``scheme`` of the scopes of a connection."""
    client = get_remote_addr(transport)
    send_at_once(transport)
    logs.connection_made(facts, client)
    return get_local_addr(transport), client, "https" if is_ssl(transport) else "http"


def service_unavailable(facts: Server) -> Any:
    """The app that answers for the one that has no room."""
    logs.too_many(facts)
    return _service_unavailable


def refuse(facts: Server, rejection: Rejection) -> bytes:
    """Log a refused request. Returns the answer to it."""
    logs.refused(facts, rejection)
    return answers.refusal(facts, rejection.status, rejection.head_request)


async def wait_for(awaitable: Awaitable[Any]) -> Any:
    """A coroutine of what is none."""
    return await awaitable
