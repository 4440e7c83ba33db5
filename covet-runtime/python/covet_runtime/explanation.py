"""What was decided about an app, route by route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from . import frameworks, installation
from . import table as tables
from ._loader import GENERATED, NATIVE
from .installation import FRAMEWORK, Installed

DIRECT = "direct"
ASGI = "asgi"
WEBSOCKET = "websocket"

# Who matches a route that this package cannot.
RE = "re"

_NOT_INSTALLED = "install() has not been called for this app"
_PURE = "pure Python calls the app for all requests"
_PROXY = (
    "with uvicorn's proxy headers, which are on by default, a request that has X-Forwarded-For or "
    "X-Forwarded-Proto goes through ASGI"
)
_INSTALLS = "covet_runtime.uvicorn:HttpProtocol calls install() when a server starts"
_ROOT_PATH = "with a root path, all requests go through ASGI"


@dataclass(frozen=True)
class RouteExplanation:
    """What becomes of one method of one route.

    `matcher` is the tier that finds it, ``"re"`` where that is Python's `re`, or ``"framework"``.
    `serializer` is who writes dicts and lists that the handler returns: ``"generated"`` for code
    made for the declared type, ``"native"`` for any type in Rust, ``"framework"``; None for a
    WebSocket. `served` is ``"direct"`` when `covet_runtime.uvicorn.HttpProtocol` calls the handler,
    ``"asgi"`` when it calls the app, and why is the `reason`; or ``"websocket"``.
    """

    method: str
    path: str
    handler: str
    matcher: str
    serializer: Optional[str]
    served: str
    reason: Optional[str]


@dataclass(frozen=True)
class Explanation:
    """What was decided about an app: its routes in the order of the table, and what goes for all.

    `tier` and `why` are as `active_tier` and `why` tell them. `decided` says which server decided
    who calls the handlers. `depends` are sentences on what else that depends on.
    """

    tier: str
    why: str
    responses: str
    routes: tuple[RouteExplanation, ...]
    decided: str
    depends: tuple[str, ...]

    def __iter__(self) -> Iterator[RouteExplanation]:
        return iter(self.routes)

    def __len__(self) -> int:
        return len(self.routes)

    def __str__(self) -> str:
        heading = ("method", "path", "handler", "matched by", "written by", "served")
        rows = [heading, *(_row(route) for route in self.routes)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
        lines = [
            f"tier: {self.tier} ({self.why})",
            f"responses: {self.responses}",
            f"decided {self.decided}",
            "",
        ]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths))
            lines.append("  ".join(cells).rstrip())
        if self.depends:
            lines += ["", *self.depends]
        return "\n".join(lines)


def _row(route: RouteExplanation) -> tuple[str, str, str, str, str, str]:
    served = route.served if route.reason is None else f"{route.served}: {route.reason}"
    return (
        route.method,
        route.path,
        route.handler,
        route.matcher,
        route.serializer or "-",
        served,
    )


def explain(app: Any) -> Explanation:
    """What was decided about an app: who finds each route, who writes its responses, and whether
    a server calls its handler directly.

    The result is a collection of routes and, as a `str`, a table to read. When no server has the
    app in this process, it is what one with uvicorn's defaults would decide.

    Raises `TypeError` when `app` is not an app at all.
    """
    if frameworks.exporter_of(app) is None:
        frameworks.export(app)  # which says it
    installed = installation.installed(app)
    if installed is None:
        return _not_installed(app)
    tier = installation.active_tier(app)
    serving = _serving(app, installed)
    return Explanation(
        tier,
        installation.why(app),
        installed.responses,
        tuple(_routes(installed, tier, serving)),
        serving.decided,
        serving.depends,
    )


def _not_installed(app: Any) -> Explanation:
    why = installation.why(app)
    exported = frameworks.export(app).table
    routes = [] if exported is None else exported.routes
    return Explanation(
        FRAMEWORK,
        why,
        FRAMEWORK,
        tuple(
            RouteExplanation(
                method, route.path, route.handler, FRAMEWORK, FRAMEWORK, ASGI, _NOT_INSTALLED
            )
            if route.kind != tables.WEBSOCKET
            else _websocket(method, route, FRAMEWORK)
            for route in routes
            for method in route.methods
        ),
        "without a server",
        (_INSTALLS,),
    )


def _websocket(method: str, route: tables.Route, matcher: str) -> RouteExplanation:
    return RouteExplanation(method, route.path, route.handler, matcher, None, WEBSOCKET, None)


def _routes(installed: Installed, tier: str, serving: _Serving) -> Iterator[RouteExplanation]:
    assert installed.export.table is not None
    regexes = set(installed.table.regex_ids())
    declared = set(installed.table.declared_ids())
    endpoints = [(route, m) for route in installed.export.table.routes for m in route.methods]
    for endpoint, (route, method) in enumerate(endpoints):
        matcher = RE if endpoint in regexes else tier
        if route.kind == tables.WEBSOCKET:
            yield _websocket(method, route, matcher)
            continue
        serializer = installed.responses
        if serializer == GENERATED and endpoint not in declared:
            # What a wheel has for all types is what the extension has.
            serializer = NATIVE
        reason = serving.reason or serving.reasons.get(endpoint)
        yield RouteExplanation(
            method,
            route.path,
            route.handler,
            matcher,
            serializer,
            DIRECT if reason is None else ASGI,
            reason,
        )


class _Serving(NamedTuple):
    """What a server does. `reason` is why it asks the app about all requests, None when it does
    not; `reasons` are those for single endpoints."""

    reason: Optional[str]
    reasons: dict[int, str]
    decided: str
    depends: tuple[str, ...]


class _Defaults(NamedTuple):
    """What a decision needs of a server, as uvicorn has it unless it is told otherwise."""

    app: Any
    root_path: str = ""


def _serving(app: Any, installed: Installed) -> _Serving:
    try:
        from .server import direct, facts
    except ImportError as error:
        return _Serving(f"there is no server: {error}", {}, "without uvicorn", ())
    running = [each for each in facts.servers() if direct.covet_app(each) is app]
    server: Any = running[0] if running else _Defaults(app)
    depends: tuple[str, ...]
    if running:
        decided = "for the server that runs"
        depends = () if server.app is app else (_PROXY,)
    else:
        decided = "without a server, as for one with uvicorn's defaults"
        depends = (_PROXY, _ROOT_PATH)
    if installed.module is None:
        return _Serving(_PURE, {}, decided, ())
    decision = direct.decide(server, installed.module)
    if decision.reason is not None:
        # It holds whatever the options are.
        depends = ()
    return _Serving(decision.reason, decision.reasons, decided, depends)
