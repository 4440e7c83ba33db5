"""Conversations that are made of a table: one request each, for all that an app can do.

The requests to the examples are those of the examples' own tests; what the app of this directory
returns and raises, and what the app without a framework sends, is listed in those apps.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apps
from conversation import CORPUS, Await, Chapter, Conversation, Send

FOLDER = Path(__file__).resolve().parent
TESTS = FOLDER.parent


def chapters() -> list[Chapter]:
    """All of them, without answers."""
    made = "Made of {} by record.py: change that, not the requests here."
    traffic = [("hello", "test_hello"), ("blog", "traffic"), ("quirks", "test_quirks")]
    chapters = [
        _chapter(
            f"{app}-traffic",
            app,
            [f"Every request of the tests of the example {app}.", made.format("these tests")],
            _exchanges(app, module),
        )
        for app, module in traffic
    ]
    results = ["What becomes of every kind of result.", made.format("RESULTS in app.py")]
    failures = ["What becomes of every kind of error.", made.format("FAILURES in app.py")]
    messages = ["What becomes of ASGI messages.", made.format("HANDLERS in bare.py")]
    old = ["The same to a client that speaks HTTP/1.0.", made.format("HANDLERS in bare.py")]
    heads = ["The same in answer to HEAD.", made.format("HANDLERS in bare.py")]
    chapters += [
        _chapter("results", "covet", results, _results()),
        _chapter("failures", "covet", failures, _failures()),
        _chapter("messages", "bare", messages, _messages("GET", "1.1")),
        _chapter("messages-1.0", "bare", old, _messages("GET", "1.0")),
        _chapter("messages-head", "bare", heads, _messages("HEAD", "1.1")),
    ]
    return chapters


def _chapter(
    name: str, app: str, preface: list[str], conversations: Iterable[Conversation]
) -> Chapter:
    return Chapter(CORPUS / f"{name}.txt", app, preface, list(conversations))


def _conversation(name: str, request: bytes) -> Conversation:
    return Conversation(name, steps=[Send(request), Await()])


def _request(method: str, target: str, version: str = "1.1", body: bytes = b"") -> bytes:
    framing = f"Content-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {target} HTTP/{version}\r\nHost: example.org\r\n{framing}\r\n"
    return head.encode() + body


# ── The examples ───────────────────────────────────────────────────────────────────────────────


def _exchanges(app: str, module: str) -> Iterator[Conversation]:
    used: dict[str, int] = {}
    for exchange in _traffic(app, module):
        name = _name(f"{exchange.method} {exchange.path} {exchange.query}")
        used[name] = used.get(name, 0) + 1
        if used[name] > 1:
            name = f"{name}-{used[name]}"
        yield _conversation(name, _exchange(exchange))


def _traffic(app: str, module: str) -> list[Any]:
    """The table TRAFFIC of an example, which is in a test or beside it."""
    modules, path = set(sys.modules), list(sys.path)
    folder = apps.EXAMPLES / app
    sys.path[:0] = [str(folder), str(apps.EXAMPLES), str(TESTS / "python")]
    try:
        return list(importlib.import_module(module).TRAFFIC)
    finally:
        sys.path[:] = path
        sys.modules.pop(module if module not in modules else "", None)


def _name(text: str) -> str:
    ascii_only = quote(text, safe=" /.-~").replace("%", "_")
    return re.sub(r"[^A-Za-z0-9_.~]+", "-", ascii_only).strip("-")[:60]


def _exchange(exchange: Any) -> bytes:
    target = quote(exchange.path, safe="/:@!$&'()*+,;=-._~")
    if exchange.query:
        target += f"?{exchange.query}"
    lines = [f"{exchange.method} {target} HTTP/1.1", "Host: example.org"]
    lines += [f"{name}: {value}" for name, value in exchange.headers]
    body: bytes = exchange.send
    if exchange.chunks is not None:
        lines.append("Transfer-Encoding: chunked")
        parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in exchange.chunks if part]
        body = b"".join([*parts, b"0\r\n\r\n"])
    elif body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


# ── The apps of this directory ─────────────────────────────────────────────────────────────────


def _results() -> Iterator[Conversation]:
    for name in _own("app").RESULTS:
        yield _conversation(f"sync-{name}", _request("GET", f"/sync/{name}"))
        yield _conversation(f"async-{name}", _request("GET", f"/async/{name}"))
    for name in ("dict", "none", "response-204", "response-304-body", "huge-str", "surrogate"):
        yield _conversation(f"head-{name}", _request("HEAD", f"/async/{name}"))
        yield _conversation(f"post-{name}", _request("POST", f"/async/{name}", body=b"{}"))


def _failures() -> Iterator[Conversation]:
    for name in _own("app").FAILURES:
        for kind in ("sync", "async"):
            yield _conversation(f"{kind}-{name}", _request("GET", f"/fail/{kind}/{name}"))
        yield _conversation(f"late-{name}", _request("POST", f"/fail/late/{name}", body=b"{}"))
    yield _conversation("missing-argument", _request("GET", "/fail/required"))


def _messages(method: str, version: str) -> Iterator[Conversation]:
    for name in _own("bare").HANDLERS:
        yield _conversation(name, _request(method, f"/{name}", version))
    yield _conversation("missing", _request(method, "/missing", version))


def _own(name: str) -> Any:
    return apps.module(FOLDER / f"{name}.py")
