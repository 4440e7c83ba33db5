"""metrics, stock and installed: the same bytes. And a scrape."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import uvicorn_process
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

pytest.importorskip("prometheus_client")

HERE = Path(__file__).parent

TRAFFIC = [
    Exchange("GET", "/", 200, {"message": "Hello, World!"}),
    Exchange("GET", "/hello/Ada", 200, {"message": "Hello, Ada!"}),
    Exchange("GET", "/metrics/", 404, {"error": "Not Found", "path": "/metrics/"}),
]
SCRAPE = Exchange("GET", "/metrics")


@pytest.fixture(scope="module")
def module() -> Iterator[ModuleType]:
    import prometheus_client

    with example(HERE) as imported:
        yield imported
    for collector in list(prometheus_client.REGISTRY._collector_to_names):
        if type(collector).__module__ == "covet_runtime.prometheus":
            prometheus_client.REGISTRY.unregister(collector)


def test_the_table_reaches_every_endpoint(module: ModuleType) -> None:
    app = module.create_app()
    assert len(endpoints(app)) == 3
    assert unreached(app, [*TRAFFIC, SCRAPE]) == set()


def test_the_stock_app_answers_as_written(module: ModuleType) -> None:
    assert_expected(TRAFFIC, replay(module.create_app(), TRAFFIC))


@pytest.mark.parametrize("tier", TIERS)
def test_the_installed_app_is_the_same_app(
    module: ModuleType, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = replay(module.create_app(), TRAFFIC)
    installed = install(module.create_app(), tier, monkeypatch)
    assert_same(TRAFFIC, stock, replay(installed, TRAFFIC))


@pytest.mark.parametrize("tier", ["pure", "native"])
def test_a_scrape(tier: str, tmp_path: Path) -> None:
    import covet_runtime

    if tier == "native" and not covet_runtime.has_rust():
        pytest.skip("the native extension of covet_runtime is not built in this environment")
    (tmp_path / "app.py").write_bytes((HERE / "app.py").read_bytes())
    with uvicorn_process.running(tmp_path, "app:app", tier=tier) as server:
        for _ in range(3):
            urllib.request.urlopen(f"{server.url}/hello/Ada").close()
        with urllib.request.urlopen(f"{server.url}/metrics") as response:
            assert response.headers["content-type"].startswith("text/plain; version=")
            lines = response.read().decode().splitlines()
    labels = '{method="GET",route="/hello/{name}",status="200"}'
    assert f"covet_http_requests_total{labels} 3.0" in lines
    assert any(line.startswith(f'covet_tier_info{{tier="{tier}"') for line in lines)
