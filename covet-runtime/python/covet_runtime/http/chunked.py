"""Bodies in chunks (RFC 9112 §7.1), decoded as they come.

A size line is usually short and complete: one regular expression takes it. Any other goes byte by
byte through a small machine, which alone knows extensions and faults. Every byte is taken once,
and the state is kept in between, so a body costs the same however it is cut.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import syntax
from .body import PIECE
from .framing import Headers
from .grammar import (
    CR,
    FORBIDDEN_TRAILERS,
    HEX,
    LF,
    QUOTED,
    QUOTED_PAIR,
    TOKEN,
    expression,
    unexpected,
)
from .limits import MAX_CHUNK_SIZE_DIGITS, Limits
from .rejection import InvalidRequest
from .scan import END, OVERLAP

_SIZE_LINE = expression(b"(<hex>{1,%d})\r\n" % MAX_CHUNK_SIZE_DIGITS)
_EMPTY_LINE = expression(b"\r?\n")

# The states within a size line.
_SIZE = 0  # before its first digit
_DIGITS = 1
_NAME = 2  # of an extension, before its first byte
_IN_NAME = 3
_VALUE = 4  # of an extension, before its first byte
_IN_VALUE = 5
_QUOTED = 6
_ESCAPED = 7  # behind a backslash
_UNQUOTED = 8  # behind the closing quotation mark
_LINE_FEED = 9  # behind the CR
# The others.
_DATA = 10
_DATA_CR = 11
_DATA_LF = 12
_TRAILERS = 13
_END = 14


def _moves(members: Iterable[int], state: int, **others: int) -> dict[int, int]:
    """From a byte to the next state. `others` are moves by the names of these bytes."""
    named = {"quote": 0x22, "semicolon": 0x3B, "equals": 0x3D, "backslash": 0x5C, "cr": CR}
    moves = dict.fromkeys(members, state)
    moves.update((named[name], other) for name, other in others.items())
    return moves


# By the state within a size line. A byte that is missing is a fault.
_MOVES = {
    _SIZE: _moves(HEX, _DIGITS),
    _DIGITS: _moves(HEX, _DIGITS, semicolon=_NAME, cr=_LINE_FEED),
    _NAME: _moves(TOKEN, _IN_NAME),
    _IN_NAME: _moves(TOKEN, _IN_NAME, equals=_VALUE, semicolon=_NAME, cr=_LINE_FEED),
    _VALUE: _moves(TOKEN, _IN_VALUE, quote=_QUOTED),
    _IN_VALUE: _moves(TOKEN, _IN_VALUE, semicolon=_NAME, cr=_LINE_FEED),
    _QUOTED: _moves(QUOTED, _QUOTED, quote=_UNQUOTED, backslash=_ESCAPED),
    _ESCAPED: _moves(QUOTED_PAIR, _QUOTED),
    _UNQUOTED: _moves((), _QUOTED, semicolon=_NAME, cr=_LINE_FEED),
    _LINE_FEED: {LF: _DATA},
}


class ChunkedDecoder:
    """One body in chunks. `body.Decoder` says what the attributes are."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._state = _SIZE
        self._line = 0  # where the size line began
        self._digits = 0
        self._size = 0  # in the size line, as far as that is read
        self._rest = 0  # of the chunk's data
        self._extensions = 0
        self._scanned = 0  # of the trailer section
        self.data: bytes | bytearray = b""
        self.finished = False
        self.fault: InvalidRequest | None = None
        self.trailers: Headers = []
        self.remaining: int | None = None
        self.received = 0
        self.examined = 0

    @property
    def in_trailers(self) -> bool:
        return self._state == _TRAILERS

    def decode(self, buffer: bytearray, position: int, end: int, shift: int) -> int:
        data = self.data = bytearray()
        try:
            while len(data) < PIECE and self.fault is None:
                before = position
                position = self._step(buffer, position, end, shift, data)
                if position == before:
                    break
        except InvalidRequest as fault:
            self.fault = fault
        return position

    def _step(self, buffer: bytearray, position: int, end: int, shift: int, data: bytearray) -> int:
        """Decode at least one byte, if there is one."""
        state = self._state
        if state == _SIZE:
            return self._short_chunks(buffer, position, end, shift, data)
        if state <= _LINE_FEED:
            return self._size_line(buffer, position, end, shift)
        if state == _DATA:
            return self._take_data(buffer, position, end, data)
        if state <= _DATA_LF:
            return self._chunk_end(buffer, position, end, shift)
        if state == _TRAILERS:
            return self._trailer_section(buffer, position, end, shift)
        return position

    def _short_chunks(
        self, buffer: bytearray, position: int, end: int, shift: int, data: bytearray
    ) -> int:
        """Take whole chunks as long as there are any, then leave the next one to the machine."""
        size_line, most = _SIZE_LINE.match, self._limits.chunk_size_digits
        while True:
            found = size_line(buffer, position, end)
            if found is None or found.end(1) - position > most:
                return self._size_line(buffer, position, end, shift)
            size = int(found[1], 16)
            if self._is_too_large(size):
                return self._size_line(buffer, position, end, shift)
            start = found.end()
            stop = start + size
            self.examined += start - position
            self._begin_data(size)
            if (
                not size
                or len(data) + size > PIECE
                or stop + len(b"\r\n") > end
                or not buffer.startswith(b"\r\n", stop)
            ):
                return start
            data += buffer[start:stop]
            self.examined += len(b"\r\n")
            self.received += size
            self._state = _SIZE
            position = stop + len(b"\r\n")

    def _size_line(self, buffer: bytearray, position: int, end: int, shift: int) -> int:
        """Take a size line byte by byte, as far as it is there."""
        start = position
        state = self._state
        if state == _SIZE:
            self._line = position + shift
            self._digits = self._size = 0
        try:
            while position < end and state != _DATA:
                byte = buffer[position]
                following = _MOVES[state].get(byte)
                if following is None:
                    raise _misplaced(state, byte, position + shift)
                self._count(following, byte, position + shift)
                state = following
                position += 1
        except InvalidRequest as fault:
            self.fault = fault
        self.examined += position - start
        self._state = state
        if state == _DATA:
            self._begin_data(self._size)
        return position

    def _count(self, following: int, byte: int, offset: int) -> None:
        if following == _DIGITS:
            if self._digits == self._limits.chunk_size_digits:
                raise InvalidRequest("chunk-size", offset)
            self._digits += 1
            self._size = self._size * 16 + int(chr(byte), 16)
        elif following < _LINE_FEED:
            if self._extensions == self._limits.chunk_extensions:
                raise InvalidRequest("chunk-extensions-too-long", offset)
            self._extensions += 1
        elif following == _DATA and self._is_too_large(self._size):
            raise InvalidRequest("body-too-large", self._line)

    def _is_too_large(self, size: int) -> bool:
        """Whether a chunk of this size would exceed the limit of the body."""
        limit = self._limits.body
        return limit is not None and size > 0 and self.received + size > limit

    def _begin_data(self, size: int) -> None:
        self._rest = size
        self._state = _DATA if size else _TRAILERS

    def _take_data(self, buffer: bytearray, position: int, end: int, data: bytearray) -> int:
        piece = buffer[position : min(end, position + self._rest, position + PIECE - len(data))]
        data += piece
        self.received += len(piece)
        self._rest -= len(piece)
        if not self._rest:
            self._state = _DATA_CR
        return position + len(piece)

    def _chunk_end(self, buffer: bytearray, position: int, end: int, shift: int) -> int:
        """Take one byte of the CRLF behind the data."""
        if position == end:
            return position
        self.examined += 1
        if buffer[position] != (CR if self._state == _DATA_CR else LF):
            raise InvalidRequest("chunk-end", position + shift)
        self._state = _DATA_LF if self._state == _DATA_CR else _SIZE
        return position + 1

    def _trailer_section(self, buffer: bytearray, position: int, end: int, shift: int) -> int:
        """Take the trailer section when all of it is there. It ends as a head does."""
        limit = self._limits.trailers
        stop = min(end, position + limit)
        start = position + max(0, self._scanned - OVERLAP)
        found = _EMPTY_LINE.match(buffer, position, stop) or END.search(buffer, start, stop)
        self.examined += max(0, (found.end() if found else stop) - start)
        if found is None:
            self._scanned = stop - position
            if self._scanned == limit:
                raise InvalidRequest("trailers-too-large", position + limit + shift)
            return position
        section = bytes(buffer[position : found.end()])
        self.examined += len(section)
        try:
            self.trailers = _trailers(section, self._limits.fields)
        except InvalidRequest as fault:
            raise InvalidRequest(fault.code, fault.offset + position + shift) from None
        self._state = _END
        self.finished = True
        return found.end()


def _misplaced(state: int, byte: int, offset: int) -> InvalidRequest:
    if state == _LINE_FEED:
        return InvalidRequest("bare-cr", offset - 1)
    default = "chunk-size" if state <= _DIGITS else "chunk-extension"
    # A carriage return is not called bare here: it may begin the end of a line that ends too early.
    return InvalidRequest(default if byte == CR else unexpected(byte, default), offset)


def _trailers(section: bytes, max_fields: int) -> Headers:
    trailers = []
    for span in syntax.fields(section, 0, max_fields, "trailers-too-large"):
        name = section[span.name : span.name_end].lower()
        if name in FORBIDDEN_TRAILERS:
            raise InvalidRequest("trailer-field", span.name)
        trailers.append((name, section[span.value : span.value_end]))
    return trailers
