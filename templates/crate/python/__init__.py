"""The compiled front end of the CovetPy app ``{{entry}}``."""

from covet_runtime import metrics as _metrics

from {{name}} import _native
from {{name}}._native import (
    CODEGEN_VERSION,
    FINGERPRINT,
    ROUTES,
    RUNTIME_VERSION,
    TABLE,
    RequestReader,
    match_id,
    match_route,
{{imported_serializers}})

__version__ = "{{wheel_version}}"

# What is counted here belongs to `covet_runtime.get_metrics()`.
_metrics.watch(_native)

__all__ = [
    "CODEGEN_VERSION",
    "FINGERPRINT",
    "ROUTES",
    "RUNTIME_VERSION",
    "TABLE",
    "RequestReader",
    "__version__",
    "match_id",
    "match_route",
{{exported_serializers}}]
