"""Request targets (RFC 9112 §3.2) and authorities, which Host fields hold too."""

from __future__ import annotations

from typing import NamedTuple, Optional

from .grammar import expression

MAX_PORT = 65535

# A host without user information, and a port that may be empty: the one group. Two colons at least
# make an IPv6 address. No two repetitions that meet can match the same byte, so that a long value
# takes no longer than its length.
_HOST_AND_PORT = (
    rb"(?:(?=<host>|%)<host>*(?:%<hex><hex><host>*)*|\[(?=[^:\]]*:[^:\]]*:)<ip_literal>+\])"
    rb"(?::([0-9]{0,5}))?"
)
_AUTHORITY = expression(_HOST_AND_PORT)
_ABSOLUTE = expression(rb"(?i:https?)://(" + _HOST_AND_PORT + rb")(/[^?]*)?(?:\?(.*))?")


class Target(NamedTuple):
    """A request target in its parts. `authority` is None unless the target is a whole URI."""

    path: bytes
    query: bytes
    authority: Optional[bytes] = None


def split(method: bytes, target: bytes) -> Target | None:
    """Take a target apart that consists of allowed bytes. None when it has no form for `method`."""
    if method == b"CONNECT":
        return Target(target, b"") if _has_port(target) else None
    if target.startswith(b"/"):
        path, _, query = target.partition(b"?")
        return Target(path, query)
    if target == b"*":
        return Target(target, b"") if method == b"OPTIONS" else None
    return _absolute(method, target)


def is_authority(value: bytes) -> bool:
    """Whether a Host field may have this value."""
    found = _AUTHORITY.fullmatch(value)
    return found is not None and int(found[1] or 0) <= MAX_PORT


def _has_port(value: bytes) -> bool:
    found = _AUTHORITY.fullmatch(value)
    return found is not None and bool(found[1]) and int(found[1]) <= MAX_PORT


def _absolute(method: bytes, target: bytes) -> Target | None:
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        return None
    authority, port, path, query = found.groups()
    if int(port or 0) > MAX_PORT:
        return None
    if path is None:
        # RFC 9112 §3.2.4: this is how the asterisk looks on its way through a proxy.
        path = b"*" if method == b"OPTIONS" and query is None else b"/"
    return Target(path, query or b"", authority)
