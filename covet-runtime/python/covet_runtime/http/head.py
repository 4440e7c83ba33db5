"""The head of a request, complete and judged."""

from __future__ import annotations

from typing import Any, Optional, Protocol
from urllib.parse import unquote

from ..query import parse_query
from . import framing, syntax
from .framing import Fault, Fields, Headers
from .grammar import WHITE
from .limits import Limits
from .rejection import InvalidRequest


class Matcher(Protocol):
    """What finds the endpoint of a request: a `RouteTable` of any tier."""

    def match_route(self, path: str, method: str) -> Optional[tuple[int, dict[str, Any]]]: ...


class RequestHead:
    """One request without its body.

    * `method`: as sent; methods are case-sensitive. `target`: the request target as sent.
      `http_version`: ``"1.0"`` or ``"1.1"``.
    * `raw_path`: the path as sent, without the query; `query_string`: the query as sent, without
      the ``?``.
    * `headers`: ``(lower-case name, value)`` in the order sent, repetitions included. When the
      target is a whole URI, its authority is the value of ``host`` (RFC 9112 §3.2.2).
    * `keep_alive`: whether the connection may serve another request. `expects_continue`: whether
      the client waits for a ``100 Continue`` with its body. `upgrade`: the lower-case name of the
      protocol that the client would rather speak, or None.
    * `content_length`: in bytes, None without the field. `chunked`: whether the body is.
    """

    __slots__ = (
        "_last",
        "_match",
        "_path",
        "_table",
        "chunked",
        "content_length",
        "expects_continue",
        "headers",
        "http_version",
        "keep_alive",
        "method",
        "query_string",
        "raw_path",
        "target",
        "upgrade",
    )

    def __init__(
        self, parsed: syntax.Head, fields: Fields, answers: framing.Framing, table: Matcher | None
    ) -> None:
        self.method = parsed.method.decode("ascii")
        self.target = parsed.target
        self.http_version = "1.1" if parsed.minor else "1.0"
        self.raw_path, self.query_string, authority = parsed.parts
        self.headers: Headers = fields.lines
        self._last = fields.last
        if authority is not None:
            self._replace_host(authority)
        self.keep_alive = answers.keep_alive
        self.expects_continue = answers.expects_continue
        self.upgrade = answers.upgrade
        self.content_length = answers.content_length
        self.chunked = answers.chunked
        self._table = table
        self._path: str | None = None
        self._match: tuple[int | None, dict[str, Any] | None] | None = None

    def _replace_host(self, authority: bytes) -> None:
        host = (b"host", authority)
        if b"host" in self._last:
            self.headers = [host if line[0] == b"host" else line for line in self.headers]
        else:
            self.headers = [host, *self.headers]
        self._last[b"host"] = authority

    @property
    def path(self) -> str:
        """`raw_path` without percent-encoding; what is no UTF-8 becomes U+FFFD."""
        if self._path is None:
            self._path = unquote(self.raw_path.decode("ascii"))
        return self._path

    @property
    def endpoint(self) -> int | None:
        """The endpoint that the reader's route table finds. None for none, or without a table."""
        return self._matched()[0]

    @property
    def params(self) -> dict[str, Any] | None:
        """The parameters of `endpoint`, or None as there."""
        return self._matched()[1]

    def _matched(self) -> tuple[int | None, dict[str, Any] | None]:
        if self._match is None:
            found = None
            if self._table is not None:
                found = self._table.match_route(self.path, self.method)
            self._match = found or (None, None)
        return self._match

    def header(self, name: str) -> bytes | None:
        """The last value of a field, its name in any case. None when there is no such field."""
        if not isinstance(name, str):
            raise TypeError(f"the name of a field is a str, not {type(name).__name__}")
        try:
            return self._last.get(name.encode("ascii").lower())
        except UnicodeEncodeError:
            return None

    def __repr__(self) -> str:
        return f"<RequestHead {self.method} {self.path!r}>"

    def query(self, keep_blank_values: bool = False) -> dict[str, list[str]]:
        """The query as ``urllib.parse.parse_qs`` reads it."""
        return parse_query(self.query_string.decode("ascii"), keep_blank_values)


def parse(
    data: bytes, limits: Limits, websocket: bool, table: Matcher | None = None
) -> RequestHead:
    """Parse a complete head. Raises `InvalidRequest`."""
    parsed = syntax.head(data, 0, len(data), limits.fields)
    fields = Fields(split_lines(parsed.lines))
    method = parsed.method.decode("ascii")
    try:
        answers = framing.judge(method, parsed.minor, fields, limits.body, websocket)
    except Fault as fault:
        raise _located(fault, data, limits) from None
    return RequestHead(parsed, fields, answers, table)


def split_lines(lines: bytes) -> Headers:
    """The fields of field lines whose syntax is right."""
    headers = []
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        headers.append((name.lower(), value.strip(WHITE)))
    return headers


def _located(fault: Fault, data: bytes, limits: Limits) -> InvalidRequest:
    """Find the field at fault. That is looked up late, since most requests have none."""
    if fault.part == framing.END:
        return InvalidRequest(fault.code, len(data))
    first = syntax.after_request_line(data, 0)
    spans = list(syntax.fields(data, first, limits.fields))
    span = spans[fault.field]
    return InvalidRequest(fault.code, span.value if fault.part == framing.VALUE else span.name)
