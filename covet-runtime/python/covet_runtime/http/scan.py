"""Where a head ends, when it arrives in pieces of any size.

The scan remembers how far it got, so a head that comes byte by byte costs no more than a few looks
at every byte. It knows only about lines: what is in them is judged when all of them are there, so
that the verdict does not depend on how they came.
"""

from __future__ import annotations

import re
from typing import Union

from .grammar import CR, LF, TOKEN
from .limits import Limits
from .rejection import InvalidRequest

Buffer = Union[bytes, bytearray]

# A line feed before an empty line. The bare line feeds are refused, but only once it is known
# which of them comes first.
END = re.compile(rb"\n\r?\n")
# How much of `END` may stand at the end of what was scanned already.
OVERLAP = 2


class HeadScan:
    """One head. All positions count from the first byte after the previous message.

    `line` is where the request line begins, -1 while there are only empty lines; `scanned` how far
    the scan got; `examined` how many bytes it looked at.
    """

    __slots__ = ("_leading", "_limits", "_line_feed", "examined", "line", "scanned")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._leading = 0
        self._line_feed = -1
        self.line = -1
        self.scanned = 0
        self.examined = 0

    def advance(self, buffer: Buffer, origin: int = 0) -> int | None:
        """Go on. `buffer[origin:]` begins with everything that the last call was given.

        Returns the position after the head, or None while more is needed. Raises `InvalidRequest`
        when the head cannot become valid any more.
        """
        if self.line < 0 and not self._skip_empty_lines(buffer, origin):
            return None
        if self._line_feed < 0 and not self._find_line_feed(buffer, origin):
            return None
        return self._find_end(buffer, origin)

    def _skip_empty_lines(self, buffer: Buffer, origin: int) -> bool:
        """Whether the request line has begun."""
        while origin + self.scanned < len(buffer):
            position = origin + self.scanned
            byte = buffer[position]
            self.examined += 1
            if byte in TOKEN:
                self.line = self.scanned
                return True
            if byte not in (CR, LF):
                raise InvalidRequest("method", self.scanned)
            if self._leading == self._limits.leading_lines:
                raise InvalidRequest("leading-lines", self.scanned)
            if byte == LF:
                raise InvalidRequest("bare-lf", self.scanned)
            if position + 1 == len(buffer):
                return False
            self.examined += 1
            if buffer[position + 1] != LF:
                raise InvalidRequest("bare-cr", self.scanned)
            self._leading += 1
            self.scanned += 2
        return False

    def _find_line_feed(self, buffer: Buffer, origin: int) -> bool:
        """Whether the request line is complete."""
        limit = self.line + self._limits.request_line
        start, stop = origin + self.scanned, min(len(buffer), origin + limit + len(b"\r\n"))
        found = buffer.find(b"\n", start, stop)
        if found < 0:
            self.examined += stop - start
            self.scanned = stop - origin
            if self.scanned < limit + len(b"\r\n"):
                return False
            raise InvalidRequest("request-line-too-long", limit)
        self.examined += found + 1 - start
        self.scanned = found - origin
        self._line_feed = self.scanned
        if self.scanned - (buffer[found - 1] == CR) > limit:
            raise InvalidRequest("request-line-too-long", limit)
        return True

    def _find_end(self, buffer: Buffer, origin: int) -> int | None:
        limit = self.line + self._limits.head
        start = origin + max(self._line_feed, self.scanned - OVERLAP)
        stop = min(len(buffer), origin + limit)
        found = END.search(buffer, start, stop)
        if found:
            self.examined += found.end() - start
            self.scanned = found.end() - origin
            return self.scanned
        self.examined += max(0, stop - start)
        self.scanned = stop - origin
        if self.scanned == limit:
            raise InvalidRequest("head-too-large", limit)
        return None
