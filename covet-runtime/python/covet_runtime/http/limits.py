"""How much of everything a request may have."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Optional

from .grammar import LIMITS

# Heads and trailer sections are held in memory until they are complete.
MAX_HEAD = 16 * 1024 * 1024
MAX_FIELDS = 1000
# Sixteen hexadecimal digits fill 64 bits.
MAX_CHUNK_SIZE_DIGITS = 16
# Sizes are 64-bit numbers in the extension.
MAX_SIZE = (1 << 63) - 1

_SECONDS = frozenset({"head_seconds", "body_seconds", "body_rate", "keep_alive_seconds"})


@dataclass(frozen=True)
class Limits:
    """The limits of one connection. Sizes are in bytes.

    * `request_line`: without its line ending. `head`: from the request line to the empty line that
      ends the head, line endings included; at most 16 MiB.
    * `fields`: field lines of a head, and again of a trailer section; at most 1000.
    * `leading_lines`: empty lines that are skipped before a request line.
    * `chunk_size_digits`: of one chunk, at most 16. `chunk_extensions`: of all chunks of one body
      together. `trailers`: the trailer section, its end included; at most 16 MiB.
    * `drain`: of a body that nobody read, taken in for the sake of the next request. Chunk lines
      count, the trailer section does not.
    * `pipeline`: bytes that wait for their turn before `RequestReader.wants_input` turns False.
    * `body`: None for no limit, 0 for no body at all.
    * `head_seconds` until a head is there; `body_seconds` plus a second for every `body_rate` bytes
      until its body is; `keep_alive_seconds` between two requests.

    Raises `ValueError` for a limit that is out of its range, `TypeError` for one that is no number.
    """

    request_line: int = LIMITS["request_line"]
    head: int = LIMITS["head"]
    fields: int = LIMITS["fields"]
    leading_lines: int = LIMITS["leading_lines"]
    chunk_size_digits: int = LIMITS["chunk_size_digits"]
    chunk_extensions: int = LIMITS["chunk_extensions"]
    trailers: int = LIMITS["trailers"]
    drain: int = LIMITS["drain"]
    pipeline: int = LIMITS["pipeline"]
    body: Optional[int] = LIMITS["body"]
    head_seconds: float = LIMITS["head_seconds"]
    body_seconds: float = LIMITS["body_seconds"]
    body_rate: float = LIMITS["body_rate"]
    keep_alive_seconds: float = LIMITS["keep_alive_seconds"]

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))
        _at_most("head", self.head, MAX_HEAD)
        _at_most("request_line", self.request_line, self.head)
        _at_most("trailers", self.trailers, MAX_HEAD)
        _at_most("fields", self.fields, MAX_FIELDS)
        _at_most("chunk_size_digits", self.chunk_size_digits, MAX_CHUNK_SIZE_DIGITS)


def _check(name: str, value: object) -> None:
    if name == "body" and value is None:
        return
    number = (int, float) if name in _SECONDS else int
    if not isinstance(value, number) or isinstance(value, bool):
        raise TypeError(f"the limit {name} is a number, not {type(value).__name__}")
    if name == "body" and value == 0:
        return
    if not value > 0:  # says no to a NaN too
        raise ValueError(f"the limit {name} is positive, not {value}")
    if name not in _SECONDS:
        _at_most(name, value, MAX_SIZE)


def _at_most(name: str, value: float, largest: int) -> None:
    if value > largest:
        raise ValueError(f"the limit {name} is at most {largest}, not {value}")
