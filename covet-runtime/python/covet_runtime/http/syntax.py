"""The parts of a head: request line and field lines (RFC 9112 §3 and §5).

One regular expression says which heads are accepted. Only for a head that is not, the parts are
walked through in their order, to say what is wrong with it first and at which byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from . import target as targets
from .grammar import CR, HTAB, LF, SPACE, WHITE, expression, unexpected
from .limits import Limits
from .rejection import InvalidRequest
from .target import Target

# No two repetitions that meet can match the same byte: time is proportional to length.
_HEAD = expression(
    rb"(<token>+) (<target>+) HTTP/1\.([01])\r\n((?:<token>+:<value>*\r\n)*)\r\n",
)
_VERSION = expression(rb"HTTP/[0-9]\.[0-9]")
_KNOWN_VERSIONS = (b"HTTP/1.0", b"HTTP/1.1")
_TOKENS = expression(rb"<token>*")
_TARGETS = expression(rb"<target>*")
_VALUES = expression(rb"<value>*")


class Head(NamedTuple):
    """A head whose syntax is right. `lines` are its field lines, every one with its CRLF."""

    method: bytes
    target: bytes
    minor: int
    parts: Target
    lines: bytes


class Span(NamedTuple):
    """Where a field is: its name, and its value without the white space around it."""

    name: int
    name_end: int
    value: int
    value_end: int


def head(data: bytes, start: int, end: int, max_fields: int) -> Head:
    """Split the head that is `data[start:end]`. Raises `InvalidRequest`."""
    found = _HEAD.match(data, start, end)
    if found is not None:
        method, target, minor, lines = found.groups()
        parts = targets.split(method, target)
        if parts is not None and lines.count(b"\n") <= max_fields:
            return Head(method, target, int(minor), parts, lines)
    raise _fault(data, start, max_fields)


def whole(data: bytes, limits: Limits) -> tuple[Head, int] | None:
    """Split the head that `data` begins with, and say where it ends. None when in doubt.

    This takes what a `HeadScan` and `head` take, but for empty lines in front, in one step.
    """
    found = _HEAD.match(data)
    if found is None:
        return None
    method, target, minor, lines = found.groups()
    parts = targets.split(method, target)
    if (
        parts is None
        or lines.count(b"\n") > limits.fields
        or found.start(4) - len(b"\r\n") > limits.request_line
        or found.end() > limits.head
    ):
        return None
    return Head(method, target, int(minor), parts, lines), found.end()


def fields(
    data: bytes, position: int, max_fields: int, too_many: str = "too-many-fields"
) -> Iterator[Span]:
    """Walk through field lines, up to the empty line that ends them.

    Raises `InvalidRequest`, with the code `too_many` at the beginning of the field that is.
    """
    count = 0
    while not data.startswith(b"\r\n", position):
        byte = data[position]
        if byte in (CR, LF):
            raise InvalidRequest(unexpected(byte, "field-name"), position)
        if byte in WHITE:
            raise InvalidRequest("obs-fold", position)
        if count == max_fields:
            raise InvalidRequest(too_many, position)
        colon = _name_end(data, position)
        line_end = _value_end(data, colon + 1)
        value, value_end = colon + 1, line_end
        while value < value_end and data[value] in WHITE:
            value += 1
        while value < value_end and data[value_end - 1] in WHITE:
            value_end -= 1
        yield Span(position, colon, value, value_end)
        count += 1
        position = line_end + len(b"\r\n")


def _name_end(data: bytes, position: int) -> int:
    end = _TOKENS.match(data, position).end()  # type: ignore[union-attr]
    byte = data[end]
    if byte == ord(":") and end > position:
        return end
    if byte in (SPACE, HTAB):
        raise InvalidRequest("space-before-colon", end)
    if data.startswith(b"\r\n", end):
        raise InvalidRequest("field-without-colon", end)
    raise InvalidRequest(unexpected(byte, "field-name"), end)


def _value_end(data: bytes, position: int) -> int:
    end = _VALUES.match(data, position).end()  # type: ignore[union-attr]
    if data.startswith(b"\r\n", end):
        return end
    raise InvalidRequest(unexpected(data[end], "control-character"), end)


def _fault(data: bytes, start: int, max_fields: int) -> InvalidRequest:
    """What is wrong first with a head that is not accepted."""
    try:
        for _ in fields(data, after_request_line(data, start), max_fields):
            pass
    except InvalidRequest as fault:
        return fault
    raise AssertionError("a head was refused that has nothing wrong")


def after_request_line(data: bytes, start: int) -> int:
    """The position of the first field line. Raises `InvalidRequest`."""
    method_end = _TOKENS.match(data, start).end()  # type: ignore[union-attr]
    _expect_space(data, method_end, "method")
    target = method_end + 1
    target_end = _TARGETS.match(data, target).end()  # type: ignore[union-attr]
    if target_end == target and data[target] == SPACE:
        raise InvalidRequest("request-target", target)
    _expect_space(data, target_end, "request-target")
    version = target_end + 1
    line_feed = data.index(b"\n", version)
    has_return = line_feed > version and data[line_feed - 1] == CR
    name = data[version : line_feed - has_return]
    if _VERSION.fullmatch(name) is None:
        raise InvalidRequest("version", version)
    if name not in _KNOWN_VERSIONS:
        raise InvalidRequest("version-unsupported", version)
    if not has_return:
        raise InvalidRequest("bare-lf", line_feed)
    if targets.split(data[start:method_end], data[target:target_end]) is None:
        raise InvalidRequest("request-target", target)
    return line_feed + 1


def _expect_space(data: bytes, position: int, default: str) -> None:
    byte = data[position]
    if byte == SPACE:
        return
    if byte == LF or data.startswith(b"\r\n", position):
        raise InvalidRequest("request-line", position)
    raise InvalidRequest(unexpected(byte, default), position)
