r"""Bytes as text that a reviewer can read, and back.

A line of text stands for its bytes and CR LF, unless it ends with a backslash: then it is
continued, without a line end, on the next line or not at all. Escapes are `\r`, `\n`, `\t`, `\s` (a
space at an end of a line, where an editor might strip it), `\xHH` and `\\`; `\(ab*3)` is `ababab`.
Everything else is itself, in UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

WIDTH = 96  # where a long line is wrapped

_NAMED = {"r": b"\r", "n": b"\n", "t": b"\t", "s": b" ", "\\": b"\\"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|\((.*?)\*(\d+)\)|([rnts\\]))", re.DOTALL)
# A unit of up to 16 bytes that is repeated so often that nobody wants to read it.
_REPEATED = re.compile(rb"(?s)(.{1,16}?)\1{31,}")


def encode(lines: Iterable[str]) -> bytes:
    """The bytes that lines stand for."""
    return b"".join(map(_line, lines))


def decode(data: bytes) -> Iterator[str]:
    """The lines that stand for bytes: the inverse of `encode`."""
    while data:
        line, end, data = data.partition(b"\r\n")
        yield from _wrapped(_units(line), bool(end))


def _line(text: str) -> bytes:
    stripped = text.rstrip("\\")
    # An even number of backslashes at the end is that many halves, an odd one leaves a mark.
    if (len(text) - len(stripped)) % 2:
        return _bytes(text[:-1])
    return _bytes(text) + b"\r\n"


def _bytes(text: str) -> bytes:
    parts = []
    place = 0
    for found in _ESCAPE.finditer(text):
        parts.append(_plain(text[place : found.start()]))
        number, unit, count, name = found.groups()
        if number is not None:
            parts.append(bytes([int(number, 16)]))
        elif unit is not None:
            parts.append(_bytes(unit) * int(count))
        else:
            parts.append(_NAMED[name])
        place = found.end()
    return b"".join([*parts, _plain(text[place:])])


def _plain(text: str) -> bytes:
    if "\\" in text:
        raise ValueError(f"a backslash that begins no escape: {text!r}")
    return text.encode()


def _units(data: bytes) -> list[str]:
    """What must not be divided when a line is wrapped, in order."""
    units: list[str] = []
    place = 0
    for found in _REPEATED.finditer(data):
        unit = "".join(_characters(found[1]))
        if ")" in unit or "*" in unit:
            continue
        units += _characters(data[place : found.start()])
        units.append(f"\\({unit}*{len(found[0]) // len(found[1])})")
        place = found.end()
    return [*units, *_characters(data[place:])]


def _characters(data: bytes) -> Iterator[str]:
    for character in data.decode("utf-8", "surrogateescape"):
        if character == "\\":
            yield "\\\\"
        elif character in "\r\n\t":
            yield {"\r": "\\r", "\n": "\\n", "\t": "\\t"}[character]
        elif character.isprintable():
            yield character
        else:
            for byte in character.encode("utf-8", "surrogateescape"):
                yield f"\\x{byte:02x}"


def _wrapped(units: list[str], ended: bool) -> Iterator[str]:
    line = ""
    for unit in units:
        if line and len(line) + len(unit) > WIDTH:
            yield line + "\\"
            line = ""
        line += unit
    if ended:
        yield line[:-1] + "\\s" if line.endswith(" ") else line
    elif line:
        yield line + "\\"
