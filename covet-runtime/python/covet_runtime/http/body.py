"""What decodes the body of a request, and the bodies that have a length or none at all."""

from __future__ import annotations

from typing import Optional, Protocol, Union

from .framing import Headers
from .rejection import InvalidRequest

# How much of a body is given out in one piece, in bytes.
PIECE = 64 * 1024


class Decoder(Protocol):
    """One body.

    After every `decode`, `data` is what that call has decoded. When `finished` is True, the body is
    complete and `trailers` are the fields behind it. When `fault` is not None, it is broken behind
    `data`. `remaining` is how much is still to come, None when that is not known. `received` counts
    the bytes of the body without their framing, `examined` the bytes that were looked at.
    `in_trailers` is True between the last chunk and the end.
    """

    data: Union[bytes, bytearray]
    finished: bool
    fault: Optional[InvalidRequest]
    trailers: Headers
    remaining: Optional[int]
    received: int
    examined: int

    @property
    def in_trailers(self) -> bool: ...

    def decode(self, buffer: bytearray, position: int, end: int, shift: int) -> int:
        """Decode `buffer[position:end]` as far as it goes, up to `PIECE` bytes of data.

        Returns the position to go on from. `shift` is what has to be added to a position for an
        offset within the message.
        """


class PlainDecoder:
    """A body of `length` bytes, 0 for none. Nothing in it can be wrong, nor is it looked at."""

    def __init__(self, length: int) -> None:
        self.data: bytes | bytearray = b""
        self.finished = length == 0
        self.fault: InvalidRequest | None = None
        self.trailers: Headers = []
        self.remaining: int | None = length
        self.received = 0
        self.examined = 0
        self.in_trailers = False
        self._length = length

    def decode(self, buffer: bytearray, position: int, end: int, shift: int) -> int:
        rest = self._length - self.received
        self.data = buffer[position : min(end, position + rest, position + PIECE)]
        self.received += len(self.data)
        self.remaining = self._length - self.received
        self.finished = self.remaining == 0
        return position + len(self.data)
