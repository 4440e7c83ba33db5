"""What the fields of a head mean for the connection: whose request it is and where its body ends.

Every rule reads one answer out of the fields or refuses them. Two answers to the same question are
refused as well, even when they are equal, because the next program on the way may take the other.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from . import target as targets
from .grammar import SINGLETONS, TOKEN, WHITE
from .limits import MAX_SIZE

# Field lines in their order: lower-case name, value without white space around it.
Headers = list[tuple[bytes, bytes]]

# What of a field is at fault.
NAME = 0
VALUE = 1
# No field is at fault: one is missing.
END = -1

WEBSOCKET = "websocket"
WEBSOCKET_VERSION = b"13"


class Fault(Exception):
    """Fields that are refused: the code, the number of the field line, and what part of it."""

    def __init__(self, code: str, field: int, part: int) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.part = part


class Framing(NamedTuple):
    """The answers. `content_length` is None for a body without one, or for no body."""

    keep_alive: bool
    expects_continue: bool
    upgrade: Optional[str]
    content_length: Optional[int]
    chunked: bool


class Fields:
    """The fields of one head, by number and by name."""

    __slots__ = ("_distinct", "last", "lines")

    def __init__(self, lines: Headers) -> None:
        self.lines = lines
        # The last value of every name.
        self.last = dict(lines)
        self._distinct = len(self.last) == len(lines)

    def numbers(self, name: bytes) -> list[int]:
        """Which field lines have this name."""
        return [number for number, (other, _) in enumerate(self.lines) if other == name]

    def second(self, name: bytes) -> int | None:
        """The field line that has this name for the second time."""
        return None if self._distinct else next(iter(self.numbers(name)[1:]), None)

    def elements(self, name: bytes) -> list[bytes]:
        """The elements of a list field (RFC 9110 §5.6.1), over all its lines, empty ones too."""
        if name not in self.last:
            return []
        if self._distinct:
            values = [self.last[name]]
        else:
            values = [value for other, value in self.lines if other == name]
        return [element.strip(WHITE) for value in values for element in value.split(b",")]

    def first_repetition(self) -> int | None:
        """The first field line that repeats a field which may stand only once."""
        if self._distinct:
            return None
        seen = set()
        for number, (name, _) in enumerate(self.lines):
            if name in seen:
                return number
            if name in SINGLETONS:
                seen.add(name)
        return None


def judge(
    method: str, minor: int, fields: Fields, body_limit: int | None, websocket: bool
) -> Framing:
    """Judge the fields of an HTTP/1.`minor` request. Raises `Fault` for the first rule broken."""
    _check_host(minor, fields)
    repetition = fields.first_repetition()
    if repetition is not None:
        raise Fault("field-repeated", repetition, NAME)
    last = fields.last
    length = _content_length(fields) if b"content-length" in last else None
    chunked = b"transfer-encoding" in last
    if chunked:
        _check_transfer_encoding(minor, fields)
    expected = minor == 1 and b"expect" in last
    if expected:
        _check_expectations(fields)
    options = fields.elements(b"connection")
    if options:
        options = [option.lower() for option in options]
    keep_alive = b"close" not in options and (minor == 1 or b"keep-alive" in options)
    upgrade = None
    if minor == 1 and b"upgrade" in options and b"upgrade" in last:
        upgrade = _upgrade(method, fields, websocket)
    if length is not None and body_limit is not None and length > body_limit:
        raise Fault("body-too-large", fields.numbers(b"content-length")[0], VALUE)
    return Framing(keep_alive, expected and (chunked or bool(length)), upgrade, length, chunked)


def _check_host(minor: int, fields: Fields) -> None:
    repetition = fields.second(b"host")
    if repetition is not None:
        raise Fault("host-repeated", repetition, NAME)
    host = fields.last.get(b"host")
    if host is None:
        if minor == 1:
            raise Fault("host-missing", END, END)
    elif not targets.is_authority(host):
        raise Fault("host", fields.numbers(b"host")[0], VALUE)


def _content_length(fields: Fields) -> int:
    numbers = fields.numbers(b"content-length")
    value = fields.lines[numbers[0]][1]
    # Python refuses to read numbers of thousands of digits, so the zeros go first.
    digits = value.lstrip(b"0") or b"0"
    if not value.isdigit() or len(digits) > len(str(MAX_SIZE)) or int(digits) > MAX_SIZE:
        raise Fault("content-length", numbers[0], VALUE)
    if len(numbers) > 1:
        raise Fault("content-length-repeated", numbers[1], NAME)
    return int(digits)


def _check_transfer_encoding(minor: int, fields: Fields) -> None:
    """See that the one coding is chunked."""
    numbers = fields.numbers(b"transfer-encoding")
    if minor == 0:
        raise Fault("transfer-encoding-http10", numbers[0], NAME)
    if b"content-length" in fields.last:
        raise Fault("content-length-with-transfer-encoding", numbers[0], NAME)
    codings = [
        (number, coding.strip(WHITE))
        for number in numbers
        for coding in fields.lines[number][1].split(b",")
    ]
    for position, (number, coding) in enumerate(codings, start=1):
        if not coding or not TOKEN.issuperset(coding):
            raise Fault("transfer-encoding", number, VALUE)
        if coding.lower() != b"chunked":
            raise Fault("transfer-coding-unknown", number, VALUE)
        if position < len(codings):
            raise Fault("transfer-encoding", number, VALUE)


def _check_expectations(fields: Fields) -> None:
    for number in fields.numbers(b"expect"):
        if fields.lines[number][1].lower() != b"100-continue":
            raise Fault("expectation", number, VALUE)


def _upgrade(method: str, fields: Fields, websocket: bool) -> str | None:
    """The protocol to upgrade to: WebSocket if it is offered, otherwise the first."""
    protocols = [
        element.lower().decode("latin-1") for element in fields.elements(b"upgrade") if element
    ]
    if WEBSOCKET not in protocols:
        return protocols[0] if protocols else None
    # More than one version has been refused as a repetition.
    version = fields.last.get(b"sec-websocket-version")
    if websocket and (method != "GET" or version != WEBSOCKET_VERSION):
        raise Fault("websocket-upgrade", fields.numbers(b"upgrade")[0], NAME)
    return WEBSOCKET
