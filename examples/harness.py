"""What the tests of the examples share.

Every example is a table of exchanges: a request, and what the stock framework answers to it. The
tests check the table against the stock app, check that it reaches every endpoint, and then demand
the same whole responses from the app with `covet_runtime.install(app)` on every tier.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Optional, Union

import asgi
import covet_runtime
import pytest

TIERS = ("pure", "native", "generated")


@dataclass(frozen=True)
class Exchange:
    """One request and the stock app's answer to it.

    `body` is the exact body, or a dict or list whose compact JSON is the exact body, or None when
    the body is not worth spelling out. With `raises` the exception leaves the app and the server
    answers a plain 500.
    """

    method: str
    path: str
    status: int = 200
    body: Union[bytes, str, dict[str, Any], list[Any], None] = None
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    send: bytes = b""
    chunks: Optional[tuple[bytes, ...]] = None
    answer_headers: tuple[tuple[str, str], ...] = ()
    raises: Optional[type[Exception]] = None

    def __str__(self) -> str:
        target = f"{self.path}?{self.query}" if self.query else self.path
        return f"{self.method} {target[:60].encode('unicode_escape').decode('ascii')}"

    @property
    def expected_body(self) -> Optional[bytes]:
        if isinstance(self.body, (dict, list)):
            return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Raised:
    """The answer of an app that let an exception through."""

    kind: str
    message: str


Answer = Union[asgi.Response, Raised]


@contextmanager
def example(folder: Path) -> Iterator[ModuleType]:
    """Import `folder/app.py` as it is imported in production: as `app`, its folder on the path.

    The handlers then have the names that a wheel was built for. The path and every module of the
    folder are taken back on exit.
    """
    before = set(sys.modules)
    path = list(sys.path)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    shadowed = sys.modules.pop("app", None)
    try:
        with warnings.catch_warnings():
            # The app installs itself as it is imported, with whatever tier there is.
            warnings.simplefilter("ignore", covet_runtime.CovetRuntimeWarning)
            module = importlib.import_module("app")
        yield module
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before | {"app"}:
            origin = getattr(sys.modules.get(name), "__file__", None)
            if origin is not None and Path(origin).parent == folder:
                del sys.modules[name]
        if shadowed is not None:
            sys.modules["app"] = shadowed


def install(app: Any, tier: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Install exactly `tier` on `app`, or skip the test when this environment cannot have it."""
    if tier == "native" and not covet_runtime.has_rust():
        pytest.skip("the native extension of covet_runtime is not built in this environment")
    monkeypatch.setenv("COVET_TIER", tier)
    try:
        covet_runtime.install(app, require=tier)
    except covet_runtime.TierUnavailable as unavailable:
        if tier != "generated":
            raise
        pytest.skip(f"no wheel of this example is installed: {unavailable}")
    assert covet_runtime.active_tier(app) == tier
    return app


def replay(app: Any, traffic: Sequence[Exchange]) -> list[Answer]:
    """Start the app, send it all of `traffic` in order, and stop it."""

    async def answer(exchange: Exchange) -> Answer:
        try:
            return await asgi.request(
                app,
                exchange.method,
                exchange.path,
                headers=exchange.headers,
                body=exchange.send,
                chunks=exchange.chunks,
                query=exchange.query,
            )
        except asgi.ProtocolError:
            raise
        except Exception as error:
            return Raised(type(error).__name__, str(error))

    async def session() -> list[Answer]:
        async with asgi.lifespan(app):
            return [await answer(exchange) for exchange in traffic]

    return asyncio.run(session())


def assert_expected(traffic: Sequence[Exchange], answers: Sequence[Answer]) -> None:
    """Every answer is the one its exchange spells out."""
    assert len(answers) == len(traffic)
    for exchange, answer in zip(traffic, answers):
        if exchange.raises is not None:
            assert isinstance(answer, Raised), f"{exchange}: {answer}"
            assert answer.kind == exchange.raises.__name__, str(exchange)
            continue
        assert isinstance(answer, asgi.Response), f"{exchange}: {answer}"
        assert answer.status == exchange.status, f"{exchange}: {answer}"
        if exchange.expected_body is not None:
            assert answer.body == exchange.expected_body, str(exchange)
        for name, value in exchange.answer_headers:
            assert answer.header(name) == value.encode("latin-1"), f"{exchange}: {name}"


def assert_same(
    traffic: Sequence[Exchange], stock: Sequence[Answer], installed: Sequence[Answer]
) -> None:
    """Status, headers in order and body bytes are the same, request by request."""
    assert len(stock) == len(installed) == len(traffic)
    for exchange, expected, actual in zip(traffic, stock, installed):
        assert actual == expected, str(exchange)


Endpoint = tuple[int, str, str]


def endpoints(app: Any) -> set[Endpoint]:
    """Every (place, path, method) of the router; statics have the place -1, as they come first."""
    router = app.router
    statics = {
        (-1, path, method) for path, methods in router.static_routes.items() for method in methods
    }
    dynamics = {
        (place, route.pattern, method)
        for place, route in enumerate(router.dynamic_routes)
        for method in route.methods
    }
    return statics | dynamics


def endpoint_of(app: Any, method: str, path: str) -> Optional[Endpoint]:
    """The endpoint that the stock router picks, or None for a 404."""
    router = app.router
    if method in router.static_routes.get(path, {}):
        return (-1, path, method)
    router._compile_dynamic_routes()
    for place, route in enumerate(router.dynamic_routes):
        if method in route.methods and route.regex_pattern.match(path):
            return (place, route.pattern, method)
    return None


def unreached(app: Any, traffic: Sequence[Exchange]) -> set[Endpoint]:
    """The endpoints of a stock app that no request of `traffic` arrives at."""
    reached = {endpoint_of(app, exchange.method, exchange.path) for exchange in traffic}
    return {endpoint for endpoint in endpoints(app) if endpoint not in reached}
