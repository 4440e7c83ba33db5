"""Refusals: why, where, and what is answered. None of them repeats anything of the input."""

from __future__ import annotations

from dataclasses import dataclass

from .grammar import REASONS, STATUS_PHRASES

# A 426 says what to upgrade to (RFC 9110 §15.5.22), and which version is known (RFC 6455 §4.4).
_CLOSE = b"connection: close\r\n"
_CLOSE_OR_UPGRADE = (
    b"connection: close, upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
)
_UPGRADE_REQUIRED = 426


class _Refusal:
    """What follows from the code of a refusal."""

    code: str

    @property
    def status(self) -> int:
        return REASONS[self.code].status

    @property
    def section(self) -> str:
        """Where the rule is: ``"RFC 9112 §2.2"``."""
        return REASONS[self.code].section


@dataclass(frozen=True)
class Rejection(_Refusal):
    """The last event of a connection: its request is refused, and nothing after it can be trusted.

    `code` is one of the codes of ``grammar.json``. `offset` counts bytes from the first one after
    the previous request. `head_request` is True when the request line began with ``HEAD``.
    """

    code: str
    offset: int
    head_request: bool = False

    @property
    def message(self) -> str:
        """One line for people, without code and place."""
        return f"Invalid request: {REASONS[self.code].text}"

    def __str__(self) -> str:
        return describe(self.code, self.offset)

    def response(self) -> bytes:
        """The answer, to be sent as it is before the connection is closed."""
        content = f"{self.message} ({self.code})\n".encode()
        return answer(self.status, content, self.head_request)

    def log_line(self) -> str:
        """``400 bare-lf at byte 17 (RFC 9112 §2.2)``"""
        return f"{self.status} {self.code} at byte {self.offset} ({self.section})"


def answer(status: int, content: bytes, head_request: bool, fields: bytes = b"") -> bytes:
    """The whole answer to a request that is refused, after which the connection is closed.

    `status` is one that a reason of the grammar has, `fields` are lines for the front. An answer to
    HEAD has no content, and says how long it would have been (RFC 9110 §9.3.2).
    """
    return b"".join(
        (
            b"HTTP/1.1 %d %b\r\n" % (status, STATUS_PHRASES[status].encode("ascii")),
            fields,
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\n" % len(content),
            _CLOSE_OR_UPGRADE if status == _UPGRADE_REQUIRED else _CLOSE,
            b"\r\n",
            b"" if head_request else content,
        )
    )


class InvalidRequest(_Refusal, ValueError):
    """Bytes that are no request. `code` and `offset` are as in `Rejection`."""

    def __init__(self, code: str, offset: int) -> None:
        super().__init__(describe(code, offset))
        self.code = code
        self.offset = offset

    def __reduce__(self) -> tuple[type[InvalidRequest], tuple[str, int]]:
        return type(self), (self.code, self.offset)


class IncompleteRequest(_Refusal, ValueError):
    """The beginning of a request, with nothing wrong so far. `offset` is how much there is."""

    code = "incomplete-head"

    def __init__(self, offset: int) -> None:
        super().__init__("Incomplete request")
        self.offset = offset

    def __reduce__(self) -> tuple[type[IncompleteRequest], tuple[int]]:
        return type(self), (self.offset,)


def describe(code: str, offset: int) -> str:
    """``Invalid request: <text> (bare-lf, RFC 9112 §2.2, byte 17)``"""
    reason = REASONS[code]
    return f"Invalid request: {reason.text} ({code}, {reason.section}, byte {offset})"
