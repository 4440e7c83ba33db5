"""The compiled front end of the CovetPy app ``{{entry}}``."""

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
