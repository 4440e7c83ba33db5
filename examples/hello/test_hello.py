"""hello, stock and installed: the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from harness import (
    TIERS,
    Exchange,
    assert_expected,
    assert_same,
    endpoints,
    example,
    install,
    replay,
    unreached,
)

TRAFFIC = [
    Exchange("GET", "/", 200, {"message": "Hello, World!"}),
    Exchange("GET", "/", 200, {"message": "Hello, World!"}, query="ignored=1"),
    Exchange("GET", "/healthz", 200, "ok"),
    Exchange("GET", "/hello/Ada", 200, {"message": "Hello, Ada!"}),
    Exchange("GET", "/hello/Grace Hopper", 200, {"message": "Hello, Grace Hopper!"}),
    Exchange("GET", "/hello/мир", 200, {"message": "Hello, мир!"}),
    Exchange("GET", "/hello/007", 200, {"message": "Hello, 7!"}),  # digits arrive as an int
    Exchange("POST", "/echo", 200, {"you_sent": {"a": [1, None]}}, send=b'{"a": [1, null]}'),
    Exchange("POST", "/echo", 200, {"you_sent": [1, 2]}, chunks=(b"[1,", b"", b"2]")),
    Exchange("POST", "/echo", 200, {"you_sent": {}}),
    Exchange("POST", "/echo", 500, {"error": "Internal Server Error"}, send=b"{"),
    Exchange("GET", "/echo", 404, {"error": "Not Found", "path": "/echo"}),
    Exchange("POST", "/", 404, {"error": "Not Found", "path": "/"}),
    Exchange("GET", "/hello/", 404, {"error": "Not Found", "path": "/hello/"}),
    Exchange("GET", "/hello/Ada/", 404, {"error": "Not Found", "path": "/hello/Ada/"}),
    Exchange("HEAD", "/hello/Ada", 404, {"error": "Not Found", "path": "/hello/Ada"}),
    Exchange("GET", "/hello/a/b", 404, {"error": "Not Found", "path": "/hello/a/b"}),
]


@pytest.fixture(scope="module")
def module() -> Iterator[ModuleType]:
    with example(Path(__file__).parent) as imported:
        yield imported


def test_the_table_reaches_every_endpoint(module: ModuleType) -> None:
    app = module.create_app()
    assert len(endpoints(app)) == 4
    assert unreached(app, TRAFFIC) == set()


def test_the_stock_app_answers_as_written(module: ModuleType) -> None:
    assert_expected(TRAFFIC, replay(module.create_app(), TRAFFIC))


@pytest.mark.parametrize("tier", TIERS)
def test_the_installed_app_is_the_same_app(
    module: ModuleType, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = replay(module.create_app(), TRAFFIC)
    installed = install(module.create_app(), tier, monkeypatch)
    assert_same(TRAFFIC, stock, replay(installed, TRAFFIC))
