"""The request corpus, and how a tier is held to it.

A case is a script: what is sent and done, and what has to come out, in one order. Any tier can be
tested with it::

    for case in corpus():
        reader = tier("pure").RequestReader(limits(case.limits), websocket=case.websocket)
        assert agrees(observe(case, reader), case.expected)

How the files are written is said in ``tests/http/README.md``.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

CORPUS = Path(__file__).resolve().parents[1] / "http" / "corpus"

TIERS = ["pure", "native"]
GENERATED = "generated"

# What comes out of a reader, and what it answers, as tuples that begin with a name.
Observation = tuple[Any, ...]
Step = tuple[Any, ...]
Headers = tuple[tuple[bytes, bytes], ...]

# Up to this length an input is cut at every pair of places, up to that one at every place.
THREE_WAY = 48
TWO_WAY = 4096
# Of longer inputs: so many bytes at both ends, and so many places in between that are apart evenly.
_ENDS = 12
_STRIDES = 24
# Places around line ends, of which a longer input has too many.
_LINES = 60


class Malformed(Exception):
    """A corpus file that does not follow its own rules: the message says where."""


class Head(NamedTuple):
    """An expected head. `headers` is None when they are not compared."""

    method: str
    target: bytes
    version: str
    raw_path: bytes
    path: str
    query: bytes
    headers: Optional[Headers]
    keep_alive: bool
    expects_continue: bool
    upgrade: Optional[str]
    content_length: Optional[int]
    chunked: bool


# Where the headers are in the observation of a head, which begins with its name.
_HEADERS = 1 + Head._fields.index("headers")


@dataclass
class Case:
    """One script. `automatic`: `next_request` is called after every end of a message."""

    name: str
    place: str
    why: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    websocket: bool = True
    automatic: bool = True
    steps: list[Step] = field(default_factory=list)
    expected: list[Observation] = field(default_factory=list)

    @property
    def sent(self) -> bytes:
        """Everything that is sent, as if at once."""
        return b"".join(step[1] for step in self.steps if step[0] == "feed")

    @property
    def plain(self) -> bool:
        """Whether nothing is done but sending, on a connection like any other."""
        sending = all(step[0] in ("feed", "state") for step in self.steps)
        return sending and not self.limits and self.websocket

    def cuts(self) -> Iterator[Sequence[int]]:
        """The places at which the input is cut, one way after the other; the first is no cut.

        Byte by byte; at every place; up to `THREE_WAY` bytes at every pair of places. Inputs longer
        than `TWO_WAY` are cut where it matters: at both ends, around line ends, at even distances.
        """
        sent = self.sent
        size = len(sent)
        yield ()
        yield range(1, size)
        if size <= TWO_WAY:
            yield from ((place,) for place in range(1, size))
        else:
            yield from ((place,) for place in _places(sent))
        if size <= THREE_WAY:
            yield from combinations(range(1, size), 2)


def _places(sent: bytes) -> list[int]:
    size = len(sent)
    places = {*range(1, _ENDS), *range(size - _ENDS, size), *range(1, size, size // _STRIDES)}
    ends = [found.start() for found in re.finditer(b"[\r\n]", sent)]
    for end in ends[:: len(ends) // _LINES + 1]:
        places.update((end - 1, end, end + 1))
    return sorted(place for place in places if 0 < place < size)


# ── Running ────────────────────────────────────────────────────────────────────────────────────


class Tier(NamedTuple):
    """The implementations of one tier, wherever they live."""

    name: str
    RequestReader: Any
    RouteTable: Any
    http_parse_request: Any
    http_parse_headers_only: Any


def tier(name: str) -> Tier:
    """A tier by its name. Raises when the extension is not there or lacks something: it is built
    before the tests run, so its absence is a failure and no reason to skip anything. The generated
    tier is the wheel of the example `quirks`, with what that lacks taken from the extension."""
    if name in ("native", GENERATED):
        native: Any = importlib.import_module("covet_runtime._native")
        parts = Tier(name, *(getattr(native, part) for part in Tier._fields[1:]))
        if name == GENERATED:
            reader = importlib.import_module("quirks_covet").RequestReader
            return parts._replace(RequestReader=reader)
        return parts
    pure: Any = importlib.import_module("covet_runtime.http")
    routing: Any = importlib.import_module("covet_runtime.routing")
    return Tier(
        name,
        pure.RequestReader,
        routing.RouteTable,
        pure.http_parse_request,
        pure.http_parse_headers_only,
    )


def environment() -> dict[str, str]:
    """The environment of a process that can import what this one can."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def growth(script: str, name: str) -> int:
    """By how many bytes a tier grows in a process of its own, where nothing else moves the peak.

    `script` finds the tier's name in ``sys.argv[1]`` and prints how much `ru_maxrss` has grown.
    """
    # On Linux the peak of a process begins with that of the process which started it, and this one
    # may be larger than the script ever gets. The one in between is small.
    between = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    command = [sys.executable, "-c", script, name]
    done = subprocess.run(
        [sys.executable, "-c", between, *command],
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout) * unit


def limits(values: dict[str, Any]) -> Any:
    """The limits of a connection. One object for many readers: checking them takes its time."""
    return importlib.import_module("covet_runtime.http").Limits(**values)


def observe(
    case: Case, reader: Any, cuts: Iterable[int] = (), heads: Optional[list[Any]] = None
) -> list[Observation]:
    """Run the script of a case on a new reader, its input cut at `cuts`.

    Data are put together as far as nothing else came between. The last observation is the state at
    the end. The heads themselves go to `heads`.
    """
    seen: list[Observation] = []
    places = iter([*cuts, 1 << 62])
    place = next(places)
    sent = 0
    now = 0.0
    for step in case.steps:
        if step[0] == "feed":
            data = step[1]
            now = step[2]
            at = 0
            while at < len(data):
                while place <= sent:
                    place = next(places)
                size = min(place - sent, len(data) - at)
                reader.feed(data[at : at + size], now)
                take(reader, seen, case.automatic, now, heads)
                at += size
                sent += size
        else:
            now = _act(reader, step, seen, now)
            take(reader, seen, case.automatic, now, heads)
    seen.append(("state", reader.state))
    return seen


def take(
    reader: Any,
    seen: list[Observation],
    automatic: bool = True,
    now: float = 0.0,
    heads: Optional[list[Any]] = None,
) -> None:
    """Take all events of a reader to `seen`."""
    event = reader.next_event()
    while event is not None:
        if type(event) is bytes:
            if seen and seen[-1][0] == "data":
                seen[-1] = ("data", seen[-1][1] + event)
            else:
                seen.append(("data", event))
        else:
            kind = type(event).__name__
            if kind == "RequestHead":
                seen.append(head_tuple(event))
                if heads is not None:
                    heads.append(event)
            elif kind == "End":
                seen.append(("end", tuple(event.trailers)))
                if automatic:
                    reader.next_request(now)
            else:
                seen.append(rejection_tuple(event))
        event = reader.next_event()


def head_tuple(head: Any) -> Observation:
    return (
        "head",
        head.method,
        head.target,
        head.http_version,
        head.raw_path,
        head.path,
        head.query_string,
        tuple(head.headers),
        head.keep_alive,
        head.expects_continue,
        head.upgrade,
        head.content_length,
        head.chunked,
    )


def rejection_tuple(rejection: Any) -> Observation:
    return (
        "reject",
        rejection.code,
        rejection.status,
        rejection.offset,
        rejection.head_request,
    )


def _act(reader: Any, step: Step, seen: list[Observation], now: float) -> float:
    """One step that is not feeding. Returns the time."""
    name = step[0]
    if name == "next":
        now = step[1]
        seen.append((name, reader.next_request(now)))
    elif name == "continue":
        seen.append((name, reader.send_continue()))
    elif name == "take":
        seen.append((name, reader.take_rest()))
    elif name == "deadline":
        deadline = reader.deadline
        seen.append((name, None if deadline is None else round(deadline, 6)))
    elif name == "wants":
        seen.append((name, reader.wants_input))
    elif name in ("state", "buffered"):
        seen.append((name, getattr(reader, name)))
    else:
        now = step[1]
        rejection = reader.eof() if name == "eof" else reader.expire(now)
        seen.append((name,))
        if rejection is not None:
            seen.append(rejection_tuple(rejection))
    return now


def agrees(seen: Sequence[Observation], expected: Sequence[Observation]) -> bool:
    """Whether that is what was expected, but for headers that are not compared."""
    return len(seen) == len(expected) and all(
        one == other
        or (
            one[0] == other[0] == "head"
            and other[_HEADERS] is None
            and one[:_HEADERS] == other[:_HEADERS]
            and one[_HEADERS + 1 :] == other[_HEADERS + 1 :]
        )
        for one, other in zip(seen, expected)
    )


def show(observations: Iterable[Observation]) -> str:
    """One observation per line, long ones cut."""
    lines = (ascii(observation) for observation in observations)
    return "\n".join(line if len(line) < 600 else f"{line[:500]} …" for line in lines)


# ── Reading ────────────────────────────────────────────────────────────────────────────────────


def corpus() -> list[Case]:
    """All cases, in the order of the files. Raises `Malformed`."""
    cases: list[Case] = []
    for file in sorted(CORPUS.glob("*.txt")):
        cases += read(file.read_text("utf-8"), file.stem)
    return cases


def read(text: str, theme: str) -> list[Case]:
    """The cases of one file. `theme` is what it is called."""
    parts: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("case "):
            parts.append((number, []))
        elif not parts:
            raise Malformed(f"{theme}:{number}: a line before the first case")
        parts[-1][1].append(line)
    return [_Script(f"{theme}:{number}", lines).case for number, lines in parts]


class _Script:
    """Builds a case from its lines."""

    def __init__(self, place: str, lines: list[str]) -> None:
        self.case = Case("", place)
        self._now = 0.0
        self._sent = 0  # since the first byte of the message
        self._marked: Optional[int] = None
        self._pointed = False
        self._head: Optional[dict[str, Any]] = None
        self._trailers: Optional[list[tuple[bytes, bytes]]] = None
        line = ""
        try:
            for line in lines:
                self._line(*line.partition(" ")[::2]) if line[0] != " " else self._detail(line)
            self._finish(lines)
        except (AttributeError, ValueError, KeyError, Malformed) as error:
            reason = f"{place}: {line}: {type(error).__name__}: {error}"
            raise Malformed(reason) from error

    def _line(self, keyword: str, rest: str) -> None:
        if keyword not in ("limits", "websocket", "case", "why"):
            self._close_details()
        getattr(self, f"_on_{keyword}")(rest)

    # What a case is.

    def _on_case(self, rest: str) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rest):
            raise Malformed("a name is made of a-z, 0-9 and -")
        self.case.name = rest

    def _on_why(self, rest: str) -> None:
        if not re.match(r"RFC \d{4} §[0-9.]+: .", rest):
            raise Malformed("a reason begins with an RFC and its section")
        self.case.why = rest

    def _on_limits(self, rest: str) -> None:
        for part in rest.split():
            name, _, value = part.partition("=")
            self.case.limits[name] = float(value) if "." in value else int(value)

    def _on_websocket(self, rest: str) -> None:
        self.case.websocket = {"off": False}[rest]

    # What is sent and done.

    def _on_line(self, rest: str) -> None:
        self._on_send(rest + r"\r\n")

    def _on_send(self, rest: str) -> None:
        data = b""
        for part in re.split(r"(\{[!|]\})", rest):
            if part == "{!}":
                if self._marked is not None:
                    raise Malformed("a second mark")
                self._marked = self._sent
            elif part == "{|}":
                self._sent = 0
            else:
                data += unescape(part)
                self._sent += len(unescape(part))
        if data:
            steps = self.case.steps
            if steps and steps[-1][0] == "feed" and steps[-1][2] == self._now:
                data = steps.pop()[1] + data
            steps.append(("feed", data, self._now))

    def _on_now(self, rest: str) -> None:
        self._now = float(rest)

    def _on_next(self, rest: str) -> None:
        self.case.automatic = False
        self._do(("next", self._now), ("next", _YES[rest]))

    def _on_continue(self, rest: str) -> None:
        interim = b"HTTP/1.1 100 Continue\r\n\r\n"
        self._do(("continue",), ("continue", interim if _YES[rest] else b""))

    def _on_eof(self, rest: str) -> None:
        self._do(("eof", self._now), ("eof",))

    def _on_expire(self, rest: str) -> None:
        self._do(("expire", self._now), ("expire",))

    def _on_take(self, rest: str) -> None:
        self._do(("take",), ("take", unescape(rest)))

    def _on_state(self, rest: str) -> None:
        self._do(("state",), ("state", rest))

    def _on_deadline(self, rest: str) -> None:
        self._do(("deadline",), ("deadline", None if rest == "none" else float(rest)))

    def _on_buffered(self, rest: str) -> None:
        self._do(("buffered",), ("buffered", int(rest)))

    def _on_wants(self, rest: str) -> None:
        self._do(("wants",), ("wants", _YES[rest]))

    def _do(self, step: Step, answer: Observation) -> None:
        self.case.steps.append(step)
        self.case.expected.append(answer)

    # What is expected.

    def _on_head(self, rest: str) -> None:
        method, target, version = rest.split(" ")
        if version not in ("1.0", "1.1"):
            raise Malformed("the version is 1.0 or 1.1")
        self._head = {"method": method, "target": unescape(target), "version": version}

    def _on_data(self, rest: str) -> None:
        expected = self.case.expected
        data = unescape(rest)
        if expected and expected[-1][0] == "data":
            data = expected.pop()[1] + data
        expected.append(("data", data))

    def _on_end(self, rest: str) -> None:
        self._trailers = []

    def _on_reject(self, rest: str) -> None:
        found = re.fullmatch(r"(\d{3}) ([a-z0-9-]+)( for HEAD)?", rest)
        if found is None or self._marked is None:
            raise Malformed("a rejection needs a status, a code and a mark in what is sent")
        self._pointed = True
        status, code, head = found.groups()
        self.case.expected.append(("reject", code, int(status), self._marked, head is not None))

    def _detail(self, line: str) -> None:
        keyword, _, rest = line.strip().partition(" ")
        if self._trailers is not None:
            {"trailer": self._trailers}[keyword].append(_field(rest))
        elif self._head is None:
            raise Malformed("a detail of nothing")
        elif keyword == "field":
            self._head.setdefault("fields", []).append(_field(rest))
        elif keyword in self._head:
            raise Malformed("said twice")
        else:
            self._head[keyword] = rest

    def _close_details(self) -> None:
        if self._head is not None:
            self.case.expected.append(("head", *_head(self._head)))
        if self._trailers is not None:
            self.case.expected.append(("end", tuple(self._trailers)))
        self._head = self._trailers = None

    def _finish(self, lines: list[str]) -> None:
        self._close_details()
        case = self.case
        if not case.name or not case.why or not case.expected:
            raise Malformed("a case has a name, a why, and something that is expected")
        if (self._marked is None) == self._pointed:
            raise Malformed("a mark that no rejection points at")
        case.expected.append(("state", self._last_state()))

    def _last_state(self) -> str:
        """What the state at the end is when no line says it."""
        last = self.case.expected[-1]
        if last[0] == "state":
            return str(last[1])
        if last[0] == "reject" or last == ("next", False):
            return "closed"
        if last[0] == "end" or last == ("next", True):
            heads = [Head(*item[1:]) for item in self.case.expected if item[0] == "head"]
            return "idle" if heads[-1].keep_alive else "closed"
        raise Malformed("the state at the end is not said")


_YES = {"yes": True, "no": False}


def _head(said: dict[str, Any]) -> Head:
    """An expected head, with the defaults for what is not said."""
    target: bytes = said.pop("target")
    version: str = said.pop("version")
    start, _, query = target.partition(b"?")
    path = unescape(said.pop("path")) if "path" in said else start
    raw_path = unescape(said.pop("raw-path")) if "raw-path" in said else path
    if b"%" in start and raw_path is path:
        raise Malformed("a target with a % needs a path and a raw-path")
    fields: Optional[list[tuple[bytes, bytes]]] = said.pop("fields", None)
    body: str = said.pop("body", "none")
    head = Head(
        method=said.pop("method"),
        target=target,
        version=version,
        raw_path=raw_path,
        path=path.decode("utf-8"),
        query=unescape(said.pop("query")) if "query" in said else query,
        headers=None if fields is None else tuple(fields),
        keep_alive=_YES[said.pop("keep-alive", "yes" if version == "1.1" else "no")],
        expects_continue=_YES[said.pop("expects-continue", "no")],
        upgrade=said.pop("upgrade", None),
        content_length=None if body in ("none", "chunked") else int(body),
        chunked=body == "chunked",
    )
    if said:
        raise Malformed(f"unknown: {', '.join(said)}")
    return head


def _field(text: str) -> tuple[bytes, bytes]:
    name, separator, value = text.partition(":")
    if not separator:
        raise Malformed("a field is NAME: VALUE")
    return unescape(name), unescape(value[1:] if value[:1] == " " else value)


_ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "s": b" ", "\\": b"\\", "{": b"{", "}": b"}"}
_PIECE = re.compile(
    r"""\\x(?P<hex>[0-9a-f]{2}) | \\(?P<escape>[rnts\\{}]) | (?P<plain>[^\\{}])
    | \{(?P<repeated>(?:[^\\{}]|\\.)+)\*(?P<count>[0-9]+)\}""",
    re.VERBOSE,
)


def unescape(text: str) -> bytes:
    """The bytes that a text of the corpus stands for, marks excluded."""
    data = bytearray()
    position = 0
    while position < len(text):
        found = _PIECE.match(text, position)
        if found is None:
            raise Malformed(f"no escape: {text[position : position + 8]}")
        position = found.end()
        kind, part = str(found.lastgroup), found[str(found.lastgroup)]
        if kind == "hex":
            data.append(int(part, 16))
        elif kind == "escape":
            data += _ESCAPES[part]
        elif kind == "count":
            data += unescape(found["repeated"]) * int(part)
        else:
            data += part.encode("ascii")
    return bytes(data)


def escape(data: bytes) -> str:
    """The opposite of `unescape`, without repetitions."""
    special = {value[0]: f"\\{name}" for name, value in _ESCAPES.items() if name != "s"}
    return "".join(
        special.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")
        for byte in data
    )


def as_case(name: str, data: bytes, seen: Sequence[Observation]) -> str:
    """A case to paste into the corpus: what was sent, and what a tier made of it.

    The expectation still has to be checked against the rules, and the place of a rejection turned
    into a mark.
    """
    lines = [f"case {name}", "why RFC 9112 §2: ?"]
    parts: list[Union[bytes, Any]] = re.split(rb"(?<=\n)", data)
    lines += [f"send {escape(part)}" for part in parts if part]
    lines += [f"# {line}" for line in show(seen).splitlines()]
    return "\n".join(lines)
