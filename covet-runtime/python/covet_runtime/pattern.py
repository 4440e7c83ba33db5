"""The path dialect of CovetPy: what a path as written in a route really matches.

The framework turns a dynamic path into a regular expression by textual replacement and escapes
nothing. So every path is, in truth, regular expression source. This module sorts paths by what
that source asks for:

* `Static`: no ``{`` and no ``<``. Matched by equality.
* `Compiled`: text, ``.`` and captures only. A tree can match it.
* `Regex`: anything else that `re` accepts. Only `re` can match it faithfully.
* `Poisoned` is raised when `re` rejects the source. In the framework one such route makes every
  dynamic look-up of the whole app raise.

`covet_runtime._native` holds the same classification in Rust (``src/routing/pattern.rs``).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Union

# Characters that mean something to `re` outside of a character class. "." is missing on purpose:
# "any character but a newline" is simple enough for the tree.
METACHARACTERS = frozenset("^$*+?{}[]\\|()")

# Each "." may stand for a "/", so a path with n of them is entered into the tree 2**n times.
MAX_ANY = 3

# The tree is as deep as its longest path, and what walks it recursively must not run out of stack.
MAX_SLASHES = 200

_BRACE = re.compile(r"\{([^}]+)\}")
_ANGLE = re.compile(r"<([^>]+)>")
# The framework replaces converter by converter, and the text of one replacement is seen by the
# next. The bare form comes last and finds the "<name>" that a converter has just written.
_CONVERTERS = (
    (re.compile(r"<int:([^>]+)>"), r"\d+"),
    (re.compile(r"<str:([^>]+)>"), "[^/]+"),
    (re.compile(r"<float:([^>]+)>"), r"[\d.]+"),
)
_SEGMENT = "[^/]+"


class Poisoned(ValueError):
    """The framework cannot compile this path, and with it no dynamic route of the app.

    `kind` is ``"typed"`` (a converter such as ``<int:id>`` or ``{id:int}``), ``"name"`` (not a
    valid capture name), ``"duplicate"`` (a capture name used twice) or ``"literal"`` (the text
    between the captures is not a valid regular expression). `detail` says what is wrong with it.
    """

    def __init__(self, path: str, kind: str, detail: str) -> None:
        super().__init__(f"path {path!r} cannot be compiled: {detail}")
        self.path = path
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True)
class Literal:
    """Text that matches itself."""

    text: str


@dataclass(frozen=True)
class AnyCharacter:
    """One character that is not a newline. It may be a slash."""


@dataclass(frozen=True)
class Capture:
    """One or more characters that are not a slash, kept under a name."""

    name: str


ANY = AnyCharacter()
Element = Union[Literal, AnyCharacter, Capture]


@dataclass(frozen=True)
class Static:
    """A path that matches only itself."""

    text: str


@dataclass(frozen=True)
class Compiled:
    """A dynamic path that a tree can match.

    `elements` alternate freely, but two literals never stand side by side. `source` is the
    framework's regular expression, anchors included.
    """

    elements: tuple[Element, ...]
    source: str


@dataclass(frozen=True)
class Regex:
    """A dynamic path that is left to `re`. `reason` is a clause that says why."""

    source: str
    reason: str
    expression: re.Pattern[str]


Pattern = Union[Static, Compiled, Regex]


def is_static(path: str) -> bool:
    """Whether the framework looks `path` up by equality."""
    return "{" not in path and "<" not in path


def parse(path: str) -> Pattern:
    """Classify one path as written in a route. Raises `Poisoned` when `re` rejects it."""
    if is_static(path):
        return Static(path)
    expression = source(path)
    pieces = cut(path)
    reason = _reason_for_regex(pieces)
    if reason is None:
        return Compiled(_elements(pieces), expression)
    return Regex(expression, reason, _compile(path, expression, pieces))


def source(path: str) -> str:
    """The regular expression that the framework writes for a dynamic path."""
    text = path
    if "{" in path and "}" in path:
        text = _BRACE.sub(lambda found: _group(found[1], _SEGMENT), text)
    elif "<" in path and ">" in path:
        for converter, body in _CONVERTERS:
            text = converter.sub(lambda found, body=body: _group(found[1], body), text)  # type: ignore[misc]
        text = _ANGLE.sub(lambda found: _group(found[1], _SEGMENT), text)
    start = "" if text.startswith("^") else "^"
    end = "" if text.endswith("$") else "$"
    return f"{start}{text}{end}"


def _group(name: str, body: str) -> str:
    return f"(?P<{name}>{body})"


# A path cut at its captures: text and names by turns, text first and last.
_Pieces = list[str]


def cut(path: str) -> _Pieces:
    """Cut a dynamic path into texts (even positions) and capture names (odd positions).

    The anchors that a path may bring along belong to the source and are no text.
    """
    if "{" in path and "}" in path:
        pieces = _BRACE.split(path)
    elif ">" in path:
        pieces = _ANGLE.split(path)
    else:
        pieces = [path]
    if pieces[0].startswith("^"):
        pieces[0] = pieces[0][1:]
    if pieces[-1].endswith("$"):
        pieces[-1] = pieces[-1][:-1]
    return pieces


def _reason_for_regex(pieces: _Pieces) -> str | None:
    """Why `re` has to match this path, or None when a tree can."""
    texts, names = pieces[0::2], pieces[1::2]
    for text in texts:
        if not METACHARACTERS.isdisjoint(text):
            operator = next(character for character in text if character in METACHARACTERS)
            return f"its text contains {operator!r}, a regular expression operator"
    for name in names:
        if not (name.isascii() and name.isidentifier()):
            return f"the capture name {name!r} is not an ASCII identifier"
    if len(set(names)) != len(names):
        return "a capture name is used twice"
    slashes = sum(text.count("/") for text in texts)
    if slashes > MAX_SLASHES:
        return f"it has {slashes} slashes"
    dots = sum(text.count(".") for text in texts)
    if dots > MAX_ANY:
        return f"its text contains {dots} dots, each of which matches any character"
    return None


def _elements(pieces: _Pieces) -> tuple[Element, ...]:
    elements: list[Element] = []
    for position, piece in enumerate(pieces):
        if position % 2:
            elements.append(Capture(piece))
            continue
        for count, text in enumerate(piece.split(".")):
            if count:
                elements.append(ANY)
            if text:
                elements.append(Literal(text))
    return tuple(elements)


def _compile(path: str, source: str, pieces: _Pieces) -> re.Pattern[str]:
    """Compile as the framework does, or raise `Poisoned`. Odd literals make `re` warn; not here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(source)
        except Exception as error:  # re.error mostly, but OverflowError, RecursionError… as well
            kind, detail = _fault(pieces, error)
            raise Poisoned(path, kind, detail) from error


def _fault(pieces: _Pieces, error: Exception) -> tuple[str, str]:
    """Name the first thing in the path that explains why `re` gave up."""
    names = pieces[1::2]
    seen = set()
    for name in names:
        if ":" in name:
            return "typed", f"the framework has no working converter for {name!r}"
        if not name.isidentifier():
            return "name", f"{name!r} is not a valid capture name"
        if name in seen:
            return "duplicate", f"the capture name {name!r} is used twice"
        seen.add(name)
    return "literal", f"its text is not a valid regular expression: {error}"
