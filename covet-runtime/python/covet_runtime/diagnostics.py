"""Findings about a user's app: a code, one sentence of cause, one of cure, and a place.

Every finding has a stable code (``CVT0xx``), so that users can look it up and machines can filter
it. Findings are collected and reported together. `Refused` carries them to the command line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

ERROR = "error"
WARNING = "warning"
NOTE = "note"

APP_NOT_FOUND = "CVT001"
IMPORT_FAILED = "CVT002"
NO_APP = "CVT003"
SEVERAL_APPS = "CVT004"
NOT_AN_APP = "CVT005"
NO_ROUTES = "CVT006"
SERVES = "CVT007"
FOREIGN_APP = "CVT010"
FOREIGN_ROUTER = "CVT011"
TYPED_CONVERTER = "CVT012"
INVALID_NAME = "CVT013"
DUPLICATE_NAME = "CVT014"
INVALID_LITERAL = "CVT015"
NOT_UNICODE = "CVT016"
LEFT_TO_RE = "CVT020"
GENERIC_SERIALIZER = "CVT021"
CONTRADICTION = "CVT033"
OTHER_RUNTIME = "CVT042"
MISPLACED = "CVT086"
NEVER_CALLED = "CVT087"


@dataclass(frozen=True)
class Location:
    """A place in the user's source. `file` is an absolute path, `line` counts from 1."""

    file: str
    line: int
    name: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding. `message` says what is wrong, `help` what to do about it."""

    code: str
    severity: str
    message: str
    help: str
    location: Location | None = None


class Refused(Exception):
    """The app cannot be compiled. `diagnostics` says why, at least one of them an error."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{found.code}: {found.message}" for found in self.diagnostics))


def error(code: str, message: str, help: str, location: Location | None = None) -> Diagnostic:
    return Diagnostic(code, ERROR, message, help, location)


def warning(code: str, message: str, help: str, location: Location | None = None) -> Diagnostic:
    return Diagnostic(code, WARNING, message, help, location)


def note(code: str, message: str, help: str, location: Location | None = None) -> Diagnostic:
    return Diagnostic(code, NOTE, message, help, location)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(found.severity == ERROR for found in diagnostics)


def printable(text: str) -> str:
    """`text` with lone surrogates written as backslash escapes, so that it can be encoded."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def display_path(file: str) -> str:
    """`file` relative to the current directory when it lies below it, else as it is."""
    here = os.path.join(os.getcwd(), "")
    return file[len(here) :] if file.startswith(here) else file


def location_as_json(location: Location) -> dict[str, object]:
    """The shape of a location in a report: ``{"file", "line", "name"}``."""
    return {
        "file": printable(display_path(location.file)),
        "line": location.line,
        "name": printable(location.name),
    }


def as_json(found: Diagnostic) -> dict[str, object]:
    """The shape of a finding in a report: all five keys, `location` may be None."""
    return {
        "code": found.code,
        "severity": found.severity,
        "message": printable(found.message),
        "help": printable(found.help),
        "location": location_as_json(found.location) if found.location else None,
    }
