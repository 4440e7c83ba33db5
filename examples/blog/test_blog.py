"""blog, stock and installed: the same bytes, over HTTP and over WebSockets."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import asgi
import pytest
from covet_runtime import frameworks
from harness import (
    TIERS,
    Exchange,
    assert_expected,
    assert_same,
    endpoint_of,
    endpoints,
    example,
    install,
    replay,
    unreached,
)

# path, what the client sends, what the app sends
CONVERSATIONS: list[tuple[str, list[Any], list[dict[str, Any]]]] = [
    (
        "/ws/echo",
        ["héllo", b"\x00\xff", ""],
        [
            {"type": "websocket.accept"},
            {"type": "websocket.send", "text": "héllo"},
            {"type": "websocket.send", "bytes": b"\x00\xff"},
            {"type": "websocket.send", "text": ""},
        ],
    ),
    (
        "/ws/posts/moths",
        [],
        [
            {"type": "websocket.accept"},
            {"type": "websocket.send", "text": "Ada: <3"},
            {"type": "websocket.close", "code": 1000},
        ],
    ),
    (
        "/ws/posts/nothing",
        [],
        [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 4004}],
    ),
    ("/ws/nowhere", ["x"], [{"type": "websocket.close", "code": 1000}]),
    ("/posts/1", [], [{"type": "websocket.close", "code": 1000}]),
]


@pytest.fixture(scope="module")
def module() -> Iterator[ModuleType]:
    with example(Path(__file__).parent) as imported:
        yield imported


@pytest.fixture(scope="module")
def traffic(module: ModuleType) -> list[Exchange]:
    table: list[Exchange] = importlib.import_module("traffic").TRAFFIC
    return table


def converse(app: Any) -> list[list[dict[str, Any]]]:
    async def session() -> list[list[dict[str, Any]]]:
        async with asgi.lifespan(app):
            return [await asgi.websocket(app, path, sends) for path, sends, _ in CONVERSATIONS]

    return asyncio.run(session())


def test_the_tables_reach_every_endpoint(module: ModuleType, traffic: list[Exchange]) -> None:
    app = module.create_app()
    assert len(endpoints(app)) == 47
    spoken = {endpoint_of(app, "WEBSOCKET", path) for path, _, _ in CONVERSATIONS}
    assert unreached(app, traffic) - spoken == set()


def test_the_table_says_what_is_answered(module: ModuleType) -> None:
    exported = frameworks.export(module.app)
    assert exported.table is not None
    assert exported.diagnostics == ()
    responses = {route.handler: route.response for route in exported.table.routes}
    assert responses["posts:register.<locals>.list_posts"] == "Page"
    assert responses["comments:list_comments"] == "list[Comment]"
    models = {model.name: model for model in exported.table.models}
    assert sorted(models) == ["Comment", "Month", "Page", "Post", "Profile", "User"]
    assert [(field.name, field.type) for field in models["Page"].fields] == [
        ("page", "int"),
        ("total", "int"),
        ("posts", "list[Post]"),
    ]


def test_the_stock_app_answers_as_written(module: ModuleType, traffic: list[Exchange]) -> None:
    app = module.create_app()
    assert_expected(traffic, replay(app, traffic))
    assert converse(app) == [expected for _, _, expected in CONVERSATIONS]


def test_the_visit_can_be_repeated(module: ModuleType, traffic: list[Exchange]) -> None:
    app = module.create_app()
    assert replay(app, traffic) == replay(app, traffic)


@pytest.mark.parametrize("tier", TIERS)
def test_the_installed_app_is_the_same_app(
    module: ModuleType, traffic: list[Exchange], tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = module.create_app()
    answers, messages = replay(stock, traffic), converse(stock)
    installed = install(module.create_app(), tier, monkeypatch)
    assert_same(traffic, answers, replay(installed, traffic))
    assert converse(installed) == messages
