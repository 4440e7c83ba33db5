"""HTTP/1.1 requests in pure Python: the tier that is always there, and the judge of the others.

    reader = RequestReader(now=time.monotonic())
    reader.feed(received, time.monotonic())
    while (event := reader.next_event()) is not None:
        ...

One grammar decides for all tiers what a request is: ``grammar.json``, with every class of bytes,
every limit and every reason for a refusal. Nothing of it is written down a second time.

* `grammar` loads it; `limits` and `rejection` are its limits and its reasons as Python values.
* `scan` finds where a head ends, however it arrives; `syntax` splits a head into its parts;
  `target` sorts request targets; `framing` judges what the fields mean; `head` puts that together.
* `body` and `chunked` decode bodies; `reader` reads the requests of a connection, and gives heads,
  data and `events`.
* `message` parses one message that is in memory, without a connection.

A request is refused rather than repaired. Wherever RFC 9112 allows a recipient to be lenient, two
programs on the way may read two different requests from the same bytes.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .events import End
    from .head import RequestHead
    from .limits import Limits
    from .message import http_parse_headers_only, http_parse_request
    from .reader import RequestReader
    from .rejection import IncompleteRequest, InvalidRequest, Rejection

# Where the names live. The extension needs the exceptions alone, so nothing is loaded in advance.
_HOMES = {
    "End": "events",
    "IncompleteRequest": "rejection",
    "InvalidRequest": "rejection",
    "Limits": "limits",
    "Rejection": "rejection",
    "RequestHead": "head",
    "RequestReader": "reader",
    "http_parse_headers_only": "message",
    "http_parse_request": "message",
}

__all__ = [
    "End",
    "IncompleteRequest",
    "InvalidRequest",
    "Limits",
    "Rejection",
    "RequestHead",
    "RequestReader",
    "http_parse_headers_only",
    "http_parse_request",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
