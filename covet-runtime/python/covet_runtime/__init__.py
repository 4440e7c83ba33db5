"""Runtime of covet-codegen: runs a CovetPy app on its compiled front end.

    from covet_runtime import install

    app = Covet()
    ...
    install(app)

From then on the app is matched by the wheel that was generated for it, without a wheel by the Rust
extension, without that by pure Python. All three answer exactly as the framework does.

    print(covet_runtime.explain(app))

shows what that means for each route: who finds it, who writes its response, and whether a server
with `covet_runtime.uvicorn.HttpProtocol` calls its handler directly, or why not. `get_metrics`
tells what the process has counted, and `covet_runtime.prometheus` tells it to Prometheus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._loader import (
    COMPONENTS,
    SHARED,
    VERSION,
    CovetRuntimeWarning,
    TierUnavailable,
    component,
    get_rust_module,
    has_rust,
    rust_version,
    shared,
)
from .installation import Installation, active_tier, install, uninstall, why

if TYPE_CHECKING:
    from .explanation import explain
    from .http.events import End
    from .http.limits import Limits
    from .http.message import http_parse_headers_only, http_parse_request
    from .http.reader import RequestReader
    from .http.rejection import IncompleteRequest, InvalidRequest, Rejection
    from .json import json_dumps_bytes, json_dumps_rust, json_dumps_smart, json_loads
    from .metrics import get_metrics
    from .query import parse_query
    from .routing import RouteEngine, RouteTable

    RUST_VERSION: str | None

__version__ = VERSION

__all__ = [
    "RUST_VERSION",
    "CovetRuntimeWarning",
    "End",
    "IncompleteRequest",
    "Installation",
    "InvalidRequest",
    "Limits",
    "Rejection",
    "RequestReader",
    "RouteEngine",
    "RouteTable",
    "TierUnavailable",
    "__version__",
    "active_tier",
    "explain",
    "get_metrics",
    "get_rust_module",
    "has_rust",
    "http_parse_headers_only",
    "http_parse_request",
    "install",
    "json_dumps_bytes",
    "json_dumps_rust",
    "json_dumps_smart",
    "json_loads",
    "parse_query",
    "uninstall",
    "why",
]


def __getattr__(name: str) -> Any:
    """Resolve what depends on the tier when it is asked for, so that importing loads nothing."""
    if name == "RUST_VERSION":
        return rust_version()
    if name in COMPONENTS:
        return component(name)
    if name in SHARED:
        return shared(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
