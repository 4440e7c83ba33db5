"""Parsing of requests as Python sees it: our tiers, httptools, gunicorn_h1c and h11.

    python benches/python/parsing.py [--quick] [--json FILE]

Prepares an environment for this interpreter under target/benches (see environment.py), checks
that all contenders read the same, measures them in interleaved rounds and prints medians in ns for
one request, ratios, and whether the bars hold. ``--strict`` exits with 1 when one does not.
``--here`` measures with what is installed beside the running interpreter.

Every request is a new `bytes`, as a socket gives it. The loop around the calls is measured like a
contender and taken out of all times alike. Garbage collection is off, as in `timeit`; making what
was read includes throwing it away.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Union

import program
from contenders import Unavailable
from measuring import Contest, measure, ratio
from parsers import COMPONENTS, CONNECTIONS, PIECES, ROUTES, Headers, Kind, Parser, Request
from report import Bar, Contests, Verdict, document, ending, judge
from workload import Answer
from workload import routes as table

# A batch has at most this many requests.
BATCH = 100

PATH = f"/api/v1/things{ROUTES - 1}/a001/parts/z001"
ENDPOINT = Answer(len(table(ROUTES)) - 1, {"thing": "a001", "part": "z001"})

API = [
    ("Host", "api.example.com"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept", "application/json"),
    ("Accept-Language", "en-GB,en;q=0.7"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Referer", "https://www.example.com/parts"),
    ("Cookie", "session=5f2b7a1c9d3e4f60; theme=dark"),
    ("Connection", "keep-alive"),
]
BROWSER = [
    ("Host", "api.example.com"),
    ("Connection", "keep-alive"),
    ("Cache-Control", "max-age=0"),
    ("sec-ch-ua", '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"'),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", '"Linux"'),
    ("Upgrade-Insecure-Requests", "1"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36",
    ),
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
        "image/apng,*/*;q=0.8",
    ),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-User", "?1"),
    ("Sec-Fetch-Dest", "document"),
    ("Referer", "https://www.example.com/parts/a001"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en;q=0.9,de;q=0.8"),
    ("Cookie", "session=5f2b7a1c9d3e4f60; theme=dark; consent=necessary; csrftoken=Jq3vXh2"),
    ("If-None-Match", 'W/"6a1f0c6b2d"'),
    ("X-Request-Id", "9f86d081-884c-4d65-9a2f-eaa0c55ad015"),
    ("X-Tenant", "example"),
]
assert (len(API), len(BROWSER)) == (8, 20)


@dataclass(frozen=True, eq=False)
class Case:
    """Requests of one kind, and who is given them."""

    name: str
    kinds: tuple[Kind, ...]
    target: str
    headers: list[tuple[str, str]]
    # In how many pieces a request comes; None for one that is not in a list.
    pieces: Union[int, None] = None

    def data(self) -> bytes:
        """The bytes of one request."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return f"GET {self.target} HTTP/1.1\r\n{lines}\r\n".encode()

    def requests(self, count: int) -> list[Any]:
        """`count` requests, none of them the same object as another."""
        data = bytearray(self.data())
        if self.pieces is None:
            return [bytes(data) for _ in range(count)]
        number = min(self.pieces, len(data))
        cuts = [len(data) * n // number for n in range(number + 1)]
        spans = list(zip(cuts, cuts[1:]))
        return [[bytes(data[start:end]) for start, end in spans] for _ in range(count)]

    def is_read_by(self, parser: Parser) -> bool:
        """Whether a parser reads the request right, as far as it goes."""
        headers: Headers = [(n.lower().encode(), value.encode()) for n, value in self.headers]
        expected = Request("GET", self.target.encode(), headers)
        if parser.routed:
            expected = expected._replace(endpoint=ENDPOINT.route, params=ENDPOINT.parameters)
        # Twice, since the second request on a connection is as good as the first.
        return [parser.ask(data) for data in self.requests(2)] == [expected] * 2


EVERY_BYTE = 1 << 16
CASES = (
    Case("component, simple", COMPONENTS, "/", [("Host", "a.example")]),
    Case("component, 8 headers", COMPONENTS, PATH, API),
    Case("component, 20 headers", COMPONENTS, PATH, BROWSER),
    Case("connection, 1 header", CONNECTIONS, PATH, API[:1]),
    Case("connection, 8 headers", CONNECTIONS, PATH, API),
    Case("connection, 20 headers", CONNECTIONS, PATH, BROWSER),
    *(
        Case(f"8 headers in {name}", PIECES, PATH, API, pieces)
        for name, pieces in (
            ("1 piece", 1),
            ("2 pieces", 2),
            ("10 pieces", 10),
            ("single bytes", EVERY_BYTE),
        )
    ),
)


def _bars() -> Iterator[Bar]:
    for case, limit in (("simple", 3), ("20 headers", 6)):
        for suffix in ("", ", headers"):
            ours, other, name = f"native{suffix}", f"pure{suffix}", f"component, {case}"
            yield Bar(f"{ours}: {name}", (ours, name), (other, name), limit, True)
    case = "connection, 8 headers"
    for tier in ("generated", "native"):
        for ours, peer, limit in (
            ("", "httptools", 5),
            (", parameters", "httptools", 5),
            ("", "h1c, path", 1),
            (", parameters", "h1c, parameters", 1),
            (", everything", "h1c, everything", 1),
            (", everything", "h1c, protocol", 1),
            (", everything", "httptools, uvicorn", 1),
            ("", "h11", 5),
        ):
            contender = (tier + ours, case)
            yield Bar(f"{tier}{ours}: 8 headers", contender, (peer, case), limit, True)


BARS = tuple(_bars())

DISTRIBUTIONS = ("covet-runtime", "httptools", "gunicorn_h1c", "h11")

# The contenders of each case by name.
Field = dict[Case, dict[str, Parser]]


def main() -> int:
    """The command."""
    options = program.arguments("Measure parsing of requests from Python.").parse_args()
    return program.run(options, [f"app_{ROUTES}"], _benchmark)


def _benchmark(options: argparse.Namespace, missing: dict[str, str]) -> program.Results:
    contests = _measure(_line_up(missing, options.only), options.rounds)
    verdicts = judge(BARS, contests)
    return program.Results(
        _text(contests, missing, verdicts),
        document(contests, missing, verdicts, DISTRIBUTIONS),
        all(verdict.passed for verdict in verdicts),
    )


def _line_up(missing: dict[str, str], only: Union[list[str], None]) -> Field:
    """Make every contender for every case. All read every request right, or nothing is measured.

    Notes in `missing` why one cannot take part.
    """
    field: Field = {}
    for case in CASES:
        field[case] = {}
        for kind in case.kinds:
            if only and kind.name not in only:
                continue
            try:
                parser = _make(kind.make)
            except Unavailable as reason:
                missing.setdefault(kind.name, str(reason))
                continue
            if not case.is_read_by(parser):
                raise SystemExit(f"{kind.name} misreads {case.name}; nothing was measured")
            field[case][kind.name] = parser
    return field


def _make(make: Callable[[], Parser]) -> Parser:
    try:
        return make()
    except ImportError as error:
        raise Unavailable(str(error)) from error


def _measure(field: Field, rounds: int) -> Contests:
    contests: dict[Case, dict[str, Contest]] = {}
    loops = []
    for case, parsers in field.items():
        loops.append(Contest("pass", {}, case.requests, item="data"))
        contests[case] = {
            name: Contest(parser.statement, parser.names, case.requests, item="data")
            for name, parser in parsers.items()
        }
    measured = [contest for by_name in contests.values() for contest in by_name.values()]
    measure(measured, loops, rounds, batches=5, most=BATCH)
    return contests


def _text(contests: Contests, missing: dict[str, str], verdicts: list[Verdict]) -> str:
    lines = ["ns for one request, median; in brackets as a multiple of the first line"]
    for case, by_name in contests.items():
        lines.append(f"\n{case.name}  ({len(case.data())} bytes)")
        base = next(iter(by_name.values()), None)
        for name, contest in by_name.items():
            line = f"  {name:<26}{statistics.median(contest.times):>12,.0f}"
            if base is not None and contest is not base:
                line += f"   ({ratio(contest, base):.2f}×)"
            lines.append(line)
    for title, kinds in (("component", COMPONENTS), ("connection", CONNECTIONS)):
        lines.append(f"\nwhat a {title} does for one request")
        lines += [f"  {kind.name:<26}{kind.work}" for kind in kinds]
    return "\n".join(lines + ending(missing, verdicts))


if __name__ == "__main__":
    raise SystemExit(main())
