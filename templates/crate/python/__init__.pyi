from typing import Any, Optional, Union

__version__: str

CODEGEN_VERSION: str
"""The version of covet-codegen that generated the module."""

RUNTIME_VERSION: str
"""The version of covet-runtime that the module works with."""

FINGERPRINT: str
"""Hexadecimal SHA-256 of the route table that the module was generated from."""

ROUTES: tuple[tuple[str, str, str], ...]
"""Method, path as written and handler (``module:qualname``) of every endpoint; the index is the id."""

TABLE: Any
"""The route table as `covet_runtime.install` takes it: a `covet_runtime.RouteTable`.

``TABLE.serializer(id)`` is the function that writes what the handler of an endpoint returns as JSON.
"""

RequestReader: Any
"""`covet_runtime.RequestReader`, which with ``table=TABLE`` matches paths as they arrive and knows the
field names that the app reads."""

def match_route(
    path: str, method: str
) -> Optional[tuple[int, dict[str, Union[str, int]]]]:
    """The id and the path parameters of the endpoint that answers a request, or None.

    `path` is decoded, without the query string. Parameters are what the framework passes to
    handlers: integers where the text is all digits. Raises ValueError where the framework does:
    for superscript digits, and for numbers beyond the interpreter's limit on digits.
    """

def match_id(path: str, method: str) -> Optional[int]:
    """The id alone."""
{{declared_serializers}}