"""The grammar of requests as ``grammar.json`` has it, in the shapes that parsers want.

The Rust tables are checked against the same file, so that no tier can be laxer than another.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

CR = 0x0D
LF = 0x0A
HTAB = 0x09
SPACE = 0x20
DELETE = 0x7F

# The white space that may surround a field's value (OWS, RFC 9110 §5.6.3).
WHITE = b" \t"


class Reason(NamedTuple):
    """Why a request is refused: a stable code, a status, a section such as ``"RFC 9112 §3"``."""

    code: str
    status: int
    section: str
    text: str


_GRAMMAR: dict[str, Any] = json.loads(
    Path(__file__).with_name("grammar.json").read_text(encoding="utf-8")
)

# Every class of bytes by its name.
CLASSES: dict[str, frozenset[int]] = {
    name: frozenset(members.encode("latin-1")) for name, members in _GRAMMAR["classes"].items()
}
# The limits that hold when nothing else is said. `Limits` says what they mean.
LIMITS: dict[str, Any] = _GRAMMAR["limits"]
REASONS: dict[str, Reason] = {entry["code"]: Reason(**entry) for entry in _GRAMMAR["reasons"]}
# The names of fields that are known in advance, in the order of their numbers in the Rust tiers.
FIELD_NAMES: tuple[bytes, ...] = tuple(name.encode("ascii") for name in _GRAMMAR["field_names"])
# Fields that may stand only once. Host and Content-Length have reasons of their own.
SINGLETONS: frozenset[bytes] = frozenset(name.encode("ascii") for name in _GRAMMAR["singletons"])
FORBIDDEN_TRAILERS: frozenset[bytes] = frozenset(
    name.encode("ascii") for name in _GRAMMAR["forbidden_trailers"]
)
STATUS_PHRASES: dict[int, str] = {
    int(status): phrase for status, phrase in _GRAMMAR["status_phrases"].items()
}

TOKEN = CLASSES["token"]
HEX = CLASSES["hex"]
QUOTED = CLASSES["quoted"]
QUOTED_PAIR = CLASSES["quoted_pair"]


def one_of(name: str) -> bytes:
    """The source of a regular expression for one byte of a class: ``[…]``."""
    return b"[" + re.escape(bytes(sorted(CLASSES[name]))) + b"]"


def expression(source: bytes) -> re.Pattern[bytes]:
    """Compile a regular expression in which ``<name>`` stands for one byte of that class."""
    return re.compile(re.sub(rb"<(\w+)>", lambda found: one_of(found[1].decode("ascii")), source))


def unexpected(byte: int, default: str) -> str:
    """The code for a byte that may not stand where it does; `default` for a printable one."""
    if byte == CR:
        return "bare-cr"
    if byte == LF:
        return "bare-lf"
    if byte < SPACE or byte == DELETE:
        return "control-character"
    return default
