"""What is counted of what servers answer: the same in every tier."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import covet_runtime
import pytest
from covet import Covet
from covet_runtime import metrics, traffic
from covet_runtime.http.limits import Limits
from covet_runtime.server.settings import Settings
from serving_apps import LAST, OURS, answer, echo, sized
from serving_harness import wait_until

pytestmark = OURS


@pytest.fixture(autouse=True)
def _from_zero(tier):
    metrics.reset_metrics()
    yield
    metrics.reset_metrics()


def counted(name):
    return covet_runtime.get_metrics()[name]


def shop(middleware=False):
    app = Covet()

    @app.get("/")
    async def index(request):
        return {"a": 1}

    @app.get("/items/{key}")
    def item(request, key):
        return {"key": key}

    @app.post("/items/{key}")
    async def change(request, key):
        raise ValueError(key)

    @app.get("/nothing")
    async def nothing(request):
        return None

    if middleware:

        class Middleware:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                await self.app(scope, receive, send)

        app.add_middleware(Middleware)
    return app


def request(line, *fields):
    lines = [b"%b HTTP/1.1" % line, b"Host: a", b"Connection: close", *fields]
    return b"\r\n".join((*lines, b"", b""))


LINES = [
    b"GET /",
    b"GET /",
    b"GET /items/1",
    b"GET /items/two?x=1",
    b"POST /items/1",
    b"GET /nothing",
    b"GET /nowhere",
    b"DELETE /",
    b"PURGE /",
    b"SPAM /nowhere",
]
EXPECTED = {
    "/": {"GET": {200: 2}},
    "/items/{key}": {"GET": {200: 2}, "POST": {500: 1}},
    "/nothing": {"GET": {204: 1}},
    "<none>": {"GET": {404: 1}, "DELETE": {404: 1}, "other": {404: 2}},
}


@pytest.mark.parametrize("middleware", [False, True])
def test_requests_by_route_method_and_status(serve, tier, middleware):
    server = serve(shop(middleware))
    for line in LINES:
        server.answer(request(line))
    found = covet_runtime.get_metrics()
    assert found["http_requests"] == EXPECTED
    assert found["http_request_count"] == len(LINES)
    assert found["http_broken_off_count"] == 0
    direct = 6 if tier == "native" and not middleware else 0
    assert found["http_direct_count"] == direct
    assert found["http_asgi_count"] == len(LINES) - direct
    for route, methods in EXPECTED.items():
        for method, statuses in methods.items():
            timed = found["http_durations"][route][method]
            assert timed["count"] == sum(timed["buckets"]) == sum(statuses.values())
            assert 0 < timed["seconds"] < 20
            assert len(timed["buckets"]) == len(traffic.BOUNDS) + 1


def test_requests_of_one_connection(serve):
    client = serve(shop()).connect()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 40)
    for _ in range(40):
        client.read_response()
    # The last one is counted when it is written, and may be read before.
    wait_until(lambda: counted("http_requests") == {"/": {"GET": {200: 40}}})


def test_a_root_path_is_a_part_of_what_is_matched(serve):
    app = shop()

    @app.get("/api/deep")
    async def deep(request):
        return "deep"

    server = serve(app, root_path="/api")
    assert server.answer(request(b"GET /deep")).endswith(b"deep")
    assert counted("http_requests") == {"/api/deep": {"GET": {200: 1}}}


def test_a_route_that_is_left_to_an_expression(serve):
    app = shop()

    @app.get("/a|/b/{x}")
    async def either(request, **params):
        return "either"

    app.router.add_route(r"/n/\d+{x}", either, ["GET"])
    server = serve(app)
    head = server.answer(request(b"GET /n/12"))[:12]
    found = counted("http_requests")
    status = int(head[9:12])
    assert list(found.values()) == [{"GET": {status: 1}}]


def test_a_route_that_is_added_later(serve):
    app = shop()
    server = serve(app)
    server.answer(request(b"GET /"))

    @app.get("/late/{x}")
    async def late(request, x):
        return x

    server.answer(request(b"GET /late/x"))
    server.answer(request(b"GET /"))
    found = counted("http_requests")
    assert found == {"/": {"GET": {200: 2}}, "/late/{x}": {"GET": {200: 1}}}


def test_an_app_without_a_table(serve):
    server = serve(echo)
    server.answer(LAST)
    server.answer(sized(b"abc", b"Connection: close"))
    assert counted("http_requests") == {"<none>": {"GET": {200: 1}, "POST": {200: 1}}}
    assert counted("http_asgi_count") == 2


def test_what_a_stopped_server_has_answered_stays_counted(serve):
    for _ in range(2):
        server = serve(shop())
        server.answer(request(b"GET /"))
        server.stop()
    assert counted("http_requests") == {"/": {"GET": {200: 2}}}


def test_durations(serve):
    async def app(scope, receive, send):
        await asyncio.sleep(0.03)
        await answer(send, b"")

    serve(app).answer(LAST)
    timed = counted("http_durations")["<none>"]["GET"]
    # Timers of loops are a little early.
    assert timed["seconds"] > 0.026
    shortest = traffic.BOUNDS.index(0.05)
    assert sum(timed["buckets"][shortest:]) == 1


def test_bounds(tier):
    """Both tiers have the same ones."""
    source = (
        Path(__file__).parents[3] / "covet-runtime" / "src" / "python" / "serving" / "metrics.rs"
    )
    numbers = re.search(r"const BOUNDS: \[u64; \d+\] = \[(.*?)\]", source.read_text("utf-8"), re.S)
    native = [
        int(number) / 1e9 for number in numbers[1].replace("_", "").split(",") if number.strip()
    ]
    assert native == list(traffic.BOUNDS) == sorted(traffic.BOUNDS)


def test_what_is_open_and_in_flight(serve, gate):
    before = counted("http_connections"), counted("http_in_flight")

    def now():
        open_, in_flight = counted("http_connections"), counted("http_in_flight")
        return open_ - before[0], in_flight - before[1]

    async def app(scope, receive, send):
        await gate.wait()
        await answer(send, b"")

    server = serve(app)
    idle, busy = server.connect(), server.connect()
    busy.send(LAST)
    gate.wait_until_reached()
    wait_until(lambda: now() == (2, 1))
    assert counted("http_request_count") == 0
    gate.open()
    busy.read_all()
    wait_until(lambda: now() == (1, 0))
    idle.close()
    wait_until(lambda: now() == (0, 0))


def test_a_client_that_does_not_wait(serve, gate):
    async def app(scope, receive, send):
        gate.reach()
        while (await receive())["type"] != "http.disconnect":
            pass

    client = serve(app).connect()
    client.send(LAST)
    gate.wait_until_reached()
    client.reset()
    wait_until(lambda: counted("http_request_count") == 1)
    assert counted("http_requests") == {"<none>": {"GET": {traffic.NO_STATUS: 1}}}
    assert counted("http_broken_off_count") == 1


def test_a_response_that_breaks_off(serve):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError

    serve(app).answer(LAST)
    wait_until(lambda: counted("http_request_count") == 1)
    assert counted("http_requests") == {"<none>": {"GET": {201: 1}}}
    assert counted("http_broken_off_count") == 1


def test_a_refusal_of_a_head_is_no_request(serve):
    serve(echo).answer(b"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n")
    assert counted("http_request_count") == 0
    assert counted("http_rejections") == {"space-before-colon": 1}


def test_a_refusal_of_a_body_is_the_answer_to_its_request(serve):
    settings = Settings(limits=Limits(body=3))
    chunks = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = serve(echo, settings)
    assert server.answer(chunks, b"4\r\nabcd\r\n").startswith(b"HTTP/1.1 413 ")
    wait_until(lambda: counted("http_request_count") == 1)
    assert counted("http_requests") == {"<none>": {"POST": {413: 1}}}
    assert counted("http_rejections") == {"body-too-large": 1}
    assert counted("http_broken_off_count") == 0


def test_an_overloaded_server(serve):
    serve(shop(), limit_concurrency=1).answer(request(b"GET /"))
    assert counted("http_requests") == {"/": {"GET": {503: 1}}}


def test_a_failure_of_the_app_is_a_500(serve):
    async def app(scope, receive, send):
        raise ValueError

    serve(app).answer(LAST)
    assert counted("http_requests") == {"<none>": {"GET": {500: 1}}}


def test_counting_from_zero(serve):
    server = serve(shop())
    server.answer(request(b"GET /"))
    metrics.reset_metrics()
    assert counted("http_requests") == {}
    server.answer(request(b"GET /nothing"))
    assert counted("http_requests") == {"/nothing": {"GET": {204: 1}}}


def test_a_websocket_is_no_open_connection_of_http(serve):
    pytest.importorskip("websockets")

    async def app(scope, receive, send):
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await receive()

    before = counted("http_connections")
    client = serve(app, ws="websockets-sansio").connect()
    wait_until(lambda: counted("http_connections") == before + 1)
    client.send(
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
    assert counted("http_connections") == before
    assert counted("http_request_count") == 0
    client.close()
