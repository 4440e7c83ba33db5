"""The blog behind a real uvicorn, stock and installed: the same responses on the wire."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import covet_runtime
import pytest

if TYPE_CHECKING:
    from harness import Exchange

pytest.importorskip("uvicorn", reason="uvicorn serves these tests")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BLOG = EXAMPLES / "blog"
PATIENCE = 30.0  # seconds until a server has to be up, or a response complete

# What uvicorn serves: a fresh app of the example, stock unless TIER names a tier.
SERVED = """
import os

import app as blog
import covet_runtime

app = blog.create_app()
if os.environ["TIER"] != "stock":
    covet_runtime.install(app, require=os.environ["TIER"])
    assert covet_runtime.active_tier(app) == os.environ["TIER"]
"""


class Wire(NamedTuple):
    """A response as the client sees it; `headers` in order, without Date."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


@pytest.fixture(scope="module")
def traffic() -> Iterator[list[Exchange]]:
    """The blog's own table of requests."""
    path, modules = list(sys.path), set(sys.modules)
    sys.path[:0] = [str(BLOG), str(EXAMPLES)]
    try:
        yield importlib.import_module("traffic").TRAFFIC
    finally:
        sys.path[:] = path
        for name in {"traffic", "harness"} - modules:
            sys.modules.pop(name, None)


@contextlib.contextmanager
def serving(folder: Path, tier: str) -> Iterator[int]:
    """Run uvicorn on a free port of its own choice, and yield the port."""
    (folder / "served.py").write_text(SERVED, encoding="utf-8")
    log = folder / f"{tier}.log"
    runtime = Path(covet_runtime.__file__).resolve().parents[1]
    path = [str(folder), str(BLOG), str(runtime), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path)), "TIER": tier}
    env.pop("COVET_TIER", None)
    if tier != "stock":
        env["COVET_TIER"] = tier
    command = [sys.executable, "-m", "uvicorn", "served:app"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-access-log", "--no-use-colors"]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, *options], cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            yield port_of(server, log)
        finally:
            server.terminate()
            try:
                server.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()


def port_of(server: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        written = log.read_text(encoding="utf-8", errors="replace")
        running = re.search(r"running on http://127\.0\.0\.1:(\d+)", written)
        if running is not None:
            return int(running.group(1))
        if server.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"uvicorn did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


def visit(port: int, traffic: list[Exchange]) -> list[Wire]:
    return [fetch(port, exchange) for exchange in traffic]


def fetch(port: int, exchange: Exchange) -> Wire:
    target = quote(exchange.path, safe="/:@!$&'()*+,;=-._~")
    if exchange.query:
        target = f"{target}?{exchange.query}"
    body: Any = exchange.send or None
    if exchange.chunks is not None:
        body = iter(exchange.chunks)  # http.client then sends a chunked body
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request(exchange.method, target, body=body, headers=dict(exchange.headers))
        response = connection.getresponse()
        headers = [pair for pair in response.getheaders() if pair[0].lower() != "date"]
        return Wire(response.status, response.reason, headers, response.read())


@pytest.fixture(scope="module")
def stock(traffic: list[Exchange], tmp_path_factory: pytest.TempPathFactory) -> list[Wire]:
    with serving(tmp_path_factory.mktemp("stock"), "stock") as port:
        return visit(port, traffic)


def test_the_stock_server_answers_as_written(traffic: list[Exchange], stock: list[Wire]) -> None:
    assert [answer.status for answer in stock] == [exchange.status for exchange in traffic]
    for exchange, answer in zip(traffic, stock):
        if exchange.raises is not None:
            assert answer.body == b"Internal Server Error"
        elif exchange.method == "HEAD":
            assert answer.body == b""
        elif exchange.expected_body is not None:
            assert answer.body == exchange.expected_body, str(exchange)


@pytest.mark.parametrize("tier", ["pure", "native"])
def test_the_installed_server_is_the_same_server(
    traffic: list[Exchange], stock: list[Wire], tier: str, tmp_path: Path
) -> None:
    assert tier == "pure" or covet_runtime.has_rust(), "make test builds the extension"
    with serving(tmp_path, tier) as port:
        installed = visit(port, traffic)
    assert len(installed) == len(stock)
    for exchange, expected, actual in zip(traffic, stock, installed):
        assert actual == expected, str(exchange)
