"""Whole calls of an app as a server makes them: CovetPy alone, and installed on the native tier.

    python benches/python/answering.py [--quick] [--json FILE]

Prepares the environment of the other benchmarks, checks that both apps send the same messages,
measures them in interleaved rounds and prints medians in ns for one call. The handlers do next to
nothing, nobody waits for anything, and what is sent is thrown away, so that a call is what the
framework and the runtime do.

Times are of the processor, where there is a clock for them.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from typing import Any

import covet_runtime
import program
from covet import Covet
from measuring import PROCESSOR_TIME, Contest, measure, ratio
from report import document

STOCK = "CovetPy"
INSTALLED = "installed"
# A batch has at most this many calls.
BATCH = 200

DISTRIBUTIONS = ("covet", "covet-runtime")

USER = {"id": 7, "name": "Ada Lovelace", "email": "ada@example.org", "active": True, "score": 9.5}
RESULTS: dict[str, Callable[[], Any]] = {
    "dict of 5 fields": lambda: dict(USER),
    "list of 100": lambda: [dict(USER) for _ in range(100)],
    "str": lambda: "hello",
    "None": lambda: None,
}


class Case:
    """A request by its path."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"accept", b"*/*")],
        }

    def contest(self, app: Any) -> Contest:
        statement = "try: app(scope, receive, send).send(None)\nexcept StopIteration: pass"
        if app is None:
            statement = "pass"
        names = {"app": app, "scope": self.scope, "receive": _receive, "send": _send}
        return Contest(statement, names, range, item="_", clock=PROCESSOR_TIME)


CASES = (
    *(Case(f"{name}, static", f"/{number}") for number, name in enumerate(RESULTS)),
    *(Case(f"{name}, dynamic", f"/{number}/5") for number, name in enumerate(RESULTS)),
    Case("no route", "/none"),
)


def main() -> int:
    """The command."""
    parser = program.arguments("Measure whole calls of an app.")
    return program.run(parser.parse_args(), [], _benchmark)


def _benchmark(options: argparse.Namespace, missing: dict[str, str]) -> program.Results:
    apps = {STOCK: _app(), INSTALLED: _app()}
    done = covet_runtime.install(apps[INSTALLED], require="native")
    if done.responses != "native":
        raise SystemExit(f"{done.why}; nothing was measured")
    for case in CASES:
        if _messages(apps[STOCK], case) != _messages(apps[INSTALLED], case):
            raise SystemExit(f"the apps differ for {case.name}; nothing was measured")
    contests = {case: {name: case.contest(app) for name, app in apps.items()} for case in CASES}
    measured = [contest for by_name in contests.values() for contest in by_name.values()]
    measure(measured, [CASES[0].contest(None)], options.rounds, batches=5, most=BATCH)
    lines = [f"ns for one call, median{STOCK:>24}{INSTALLED:>12}    ratio"]
    for case, by_name in contests.items():
        times = "".join(f"{statistics.median(each.times):>12,.0f}" for each in by_name.values())
        times += f"{ratio(by_name[STOCK], by_name[INSTALLED]):>8.2f}×"
        lines.append(f"{case.name:<35}{times}")
    return program.Results(
        "\n".join(lines), document(contests, missing, [], DISTRIBUTIONS), passed=True
    )


def _app() -> Covet:
    """An app with a static and a dynamic route for each result."""
    app = Covet()
    for number, make in enumerate(RESULTS.values()):

        async def static(request: Any, make: Callable[[], Any] = make) -> Any:
            return make()

        def dynamic(make: Callable[[], Any]) -> Callable[..., Any]:
            async def handler(request: Any, id: int) -> Any:
                return make()

            return handler

        app.get(f"/{number}")(static)
        app.get(f"/{number}/{{id}}")(dynamic(make))
    return app


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: dict[str, Any]) -> None:
    pass


def _messages(app: Any, case: Case) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    call = app(case.scope, _receive, send)
    try:
        call.send(None)
    except StopIteration:
        return sent
    raise SystemExit(f"{case.name} waits; nothing was measured")


if __name__ == "__main__":
    raise SystemExit(main())
