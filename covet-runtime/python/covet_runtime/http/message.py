"""One message in memory: what a parser gives, without what a connection needs to know.

Host and Content-Length are not looked at here. A server wants a `RequestReader`.
"""

from __future__ import annotations

from typing import Any, Union

from .. import metrics, timing
from . import syntax
from .grammar import WHITE
from .limits import Limits
from .rejection import IncompleteRequest, InvalidRequest
from .scan import HeadScan

Data = Union[bytes, bytearray, memoryview]

_LIMITS = Limits()
_WHITE = WHITE.decode("ascii")


def http_parse_request(data: Data) -> dict[str, Any]:
    """Parse one HTTP/1.1 request.

    Returns ``{"method": str, "path": str, "version": "HTTP/1.1", "headers": {lower-case name: str},
    "body": bytes | None}``. The path is the request target as sent. Values are decoded as UTF-8;
    those of one name are joined with ``", "``, or with ``"; "`` for ``cookie``. The body is
    whatever follows the head, None when nothing does.

    Raises `InvalidRequest`, `IncompleteRequest` when the head is not complete, `UnicodeDecodeError`
    for a value that is no UTF-8, and `TypeError` when `data` is not bytes-like.
    """
    content = _content(data)
    message, end = _parse(content)
    message["body"] = content[end:] or None
    return message


def http_parse_headers_only(data: Data) -> dict[str, Any]:
    """`http_parse_request` without the key ``"body"``."""
    return _parse(_content(data))[0]


def _content(data: Data) -> bytes:
    if isinstance(data, bytes):
        return data
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    raise TypeError(f"a request is bytes, not {type(data).__name__}")


@timing.HEADS.times
def _parse(data: bytes) -> tuple[dict[str, Any], int]:
    """The message, and where its head ends."""
    try:
        parsed, end = syntax.whole(data, _LIMITS) or _judge(data)
    except InvalidRequest as fault:
        metrics.count_rejection(fault.code)
        raise
    message: dict[str, Any] = {
        "method": parsed.method.decode("ascii"),
        "path": parsed.target.decode("ascii"),
        "version": "HTTP/1.1" if parsed.minor else "HTTP/1.0",
        "headers": _headers(parsed.lines),
    }
    metrics.count_parse()
    return message, end


def _judge(data: bytes) -> tuple[syntax.Head, int]:
    """Split a head that is not as plain as most are. Raises."""
    scan = HeadScan(_LIMITS)
    end = scan.advance(data)
    if end is None:
        raise IncompleteRequest(len(data))
    return syntax.head(data, scan.line, end, _LIMITS.fields), end


def _headers(lines: bytes) -> dict[str, str]:
    try:
        text = lines.decode("utf-8")
    except UnicodeDecodeError:
        # The error has to be that of the one value.
        for line in lines.split(b"\r\n"):
            line.partition(b":")[2].strip(WHITE).decode("utf-8")
        raise
    headers: dict[str, str] = {}
    for field in text.split("\r\n")[:-1]:
        name, _, value = field.partition(":")
        name = name.lower()
        value = value.strip(_WHITE)
        if name in headers:
            value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
        headers[name] = value
    return headers
