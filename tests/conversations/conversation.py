"""Conversations between a client and a server, and the files that they are kept in.

The notation is described in README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Union

import notation

CORPUS = Path(__file__).resolve().parent / "corpus"


@dataclass(frozen=True)
class Send:
    """The client writes these bytes at once."""

    data: bytes


@dataclass(frozen=True)
class Await:
    """The client reads an answer before it goes on."""


@dataclass(frozen=True)
class HalfClose:
    """The client says that it will write no more, and still reads."""


Step = Union[Send, Await, HalfClose]


@dataclass
class Outcome:
    """What the client got, answer by answer, and what the server left in its logs.

    `end` says whether the server had closed the connection when it had nothing more to say. `log`
    has the lines of the access log and of the error log, in order of each.
    """

    answers: list[bytes] = field(default_factory=list)
    end: str = ""
    log: list[str] = field(default_factory=list)


@dataclass
class Conversation:
    """A script of the client, the answers of stock, and ours where they differ on purpose.

    `reason` is the heading in differences.md that says why. `drip` cuts what is sent into pieces of
    so many bytes.
    """

    name: str
    why: str = ""
    drip: int = 0
    steps: list[Step] = field(default_factory=list)
    stock: Outcome = field(default_factory=Outcome)
    reason: str = ""
    ours: Optional[Outcome] = None

    @property
    def expected(self) -> Outcome:
        """What our server has to answer."""
        return self.stock if self.ours is None else self.ours


@dataclass
class Chapter:
    """One file: a theme, the app that it is about, its conversations in the order to be played.

    `recorded` names the versions of stock.
    """

    path: Path
    app: str = ""
    preface: list[str] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    recorded: str = ""


class Malformed(Exception):
    """A file that does not follow the notation: the message says where."""


def chapters() -> list[Chapter]:
    return [read(path) for path in sorted(CORPUS.glob("*.txt"))]


def read(path: Path) -> Chapter:
    lines = path.read_text(encoding="utf-8").split("\n")
    try:
        return _Reader(path, lines).chapter()
    except (ValueError, KeyError, IndexError) as error:
        raise Malformed(f"{path}: {error}") from error


class _Reader:
    def __init__(self, path: Path, lines: list[str]) -> None:
        self.chapter_read = Chapter(path)
        self.lines = lines
        self.place = 0

    def chapter(self) -> Chapter:
        while self.place < len(self.lines):
            line = self.lines[self.place]
            self.place += 1
            keyword, _, rest = line.partition(" ")
            if keyword == "#" and not self.chapter_read.app:
                self.chapter_read.preface.append(rest)
            elif keyword == "app":
                self.chapter_read.app = rest
            elif keyword == "recorded":
                self.chapter_read.recorded = rest
            elif keyword == "conversation":
                self.chapter_read.conversations.append(self.conversation(rest))
            elif line.strip() and keyword != "#":
                raise ValueError(f"line {self.place}: {line!r} is in no conversation")
        return self.chapter_read

    def conversation(self, name: str) -> Conversation:
        one = Conversation(name)
        outcome = one.stock
        while self.place < len(self.lines):
            line = self.lines[self.place]
            keyword, _, rest = line.partition(" ")
            if keyword == "conversation":
                break
            if keyword in (">", "<"):
                data = self.block(keyword)
                if keyword == ">":
                    one.steps.append(Send(data))
                    continue
                if outcome is one.stock:
                    one.steps.append(Await())
                outcome.answers.append(data)
                continue
            self.place += 1
            if keyword == "why":
                one.why = rest
            elif keyword == "drip":
                one.drip = int(rest)
            elif keyword == "half-close":
                one.steps.append(HalfClose())
            elif keyword in ("open", "closed"):
                outcome.end = keyword
            elif keyword == "log":
                outcome.log.append(rest)
            elif keyword == "ours":
                one.reason = rest
                outcome = one.ours = Outcome()
            elif line and keyword not in ("#", "--", "then"):
                raise ValueError(f"line {self.place}: unknown keyword {keyword!r}")
        if not one.steps or not isinstance(one.steps[-1], Await):
            one.steps.append(Await())
        return one

    def block(self, mark: str) -> bytes:
        first = self.place
        while self.lines[self.place].partition(" ")[0] == mark:
            self.place += 1
        texts = [line[2:] for line in self.lines[first : self.place]]
        # A mark alone is an answer that has not been recorded, or none.
        if mark == "<" and texts == [""]:
            return b""
        return notation.encode(texts)


def write(chapter: Chapter) -> None:
    text = "\n".join(_chapter(chapter))
    with chapter.path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text.rstrip("\n") + "\n")


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield from (f"# {line}".rstrip() for line in chapter.preface)
    yield ""
    yield f"app {chapter.app}"
    if chapter.recorded:
        yield f"recorded {chapter.recorded}"
    for one in chapter.conversations:
        yield ""
        yield from _conversation(one)


def _conversation(one: Conversation) -> Iterator[str]:
    yield f"conversation {one.name}"
    if one.why:
        yield f"why {one.why}"
    if one.drip:
        yield f"drip {one.drip}"
    answers = iter(one.stock.answers)
    for index, step in enumerate(one.steps):
        if isinstance(step, Send):
            if index and isinstance(one.steps[index - 1], Send):
                yield "--"
            yield from _block(">", step.data)
        elif isinstance(step, HalfClose):
            yield "half-close"
        else:
            yield from _block("<", next(answers, b""))
    yield from _end(one.stock)
    if one.ours is not None:
        yield f"ours {one.reason}"
        for index, answer in enumerate(one.ours.answers):
            if index:
                yield "then"
            yield from _block("<", answer)
        yield from _end(one.ours)


def _block(mark: str, data: bytes) -> Iterator[str]:
    if not data:
        yield mark
    for line in notation.decode(data):
        yield f"{mark} {line}" if line else mark


def _end(outcome: Outcome) -> Iterator[str]:
    if outcome.end:
        yield outcome.end
    yield from (f"log {line}" for line in outcome.log)
