"""Connections that become WebSockets, and those that do not."""

import logging

import pytest
from covet_runtime.http import Limits
from covet_runtime.server.settings import Settings
from serving_apps import GET, OURS, echo, ok

websockets = pytest.importorskip("websockets")
client = pytest.importorskip("websockets.sync.client")

UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
HANDSHAKE = b"GET /ws HTTP/1.1\r\nHost: a\r\n" + UPGRADE + KEY + b"\r\n"
ACCEPTED = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
# "hello", masked with zeros.
FRAME = b"\x81\x85\0\0\0\0hello"

SANSIO = "websockets-sansio"


async def talk(scope, receive, send):
    if scope["type"] == "http":
        await echo(scope, receive, send)
        return
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": scope["path"] + message["text"]})


def test_a_conversation(serve):
    server = serve(talk, ws=SANSIO)
    with client.connect(f"ws://127.0.0.1:{server.port}/a", proxy=None) as connection:
        for text in ("x", "y" * 100_000):
            connection.send(text)
            assert connection.recv() == "/a" + text


def test_a_refused_conversation(serve):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.close"})

    server = serve(app, ws=SANSIO)
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        client.connect(f"ws://127.0.0.1:{server.port}/a", proxy=None)
    assert refused.value.response.status_code == 403


def test_a_websocket_behind_requests(serve):
    server = serve(talk, ws=SANSIO)
    plain = server.connect()
    plain.send(GET)
    assert plain.read_response() == ok(b"")
    plain.send(HANDSHAKE)
    head = plain.read_until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert ACCEPTED in head
    plain.send(FRAME)
    assert plain.read_exactly(10) == b"\x81\x08/wshello"


@OURS
def test_bytes_behind_the_handshake_are_not_lost(serve):
    """A client need not wait for the answer, though most do. Stock drops them."""
    server = serve(talk, ws=SANSIO)
    plain = server.connect()
    plain.send(GET + HANDSHAKE + FRAME)
    assert plain.read_response() == ok(b"")
    assert plain.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
    assert plain.read_exactly(10) == b"\x81\x08/wshello"


def test_the_time_of_a_websocket_is_its_own(serve):
    """No deadline of ours is left behind."""
    settings = Settings(limits=Limits(head_seconds=0.1, body_seconds=0.1))
    server = serve(talk, settings, ws=SANSIO, timeout_keep_alive=0.1)
    plain = server.connect()
    plain.send(HANDSHAKE)
    plain.read_until(b"\r\n\r\n")
    plain.socket.settimeout(0.4)
    with pytest.raises(OSError, match="timed out"):
        plain.read_some()
    plain.socket.settimeout(20)
    plain.send(FRAME)
    assert plain.read_exactly(10) == b"\x81\x08/wshello"


@OURS
@pytest.mark.parametrize(
    "request_bytes",
    [
        HANDSHAKE.replace(b"13", b"12"),
        HANDSHAKE.replace(b"GET", b"POST"),
    ],
)
def test_a_handshake_that_is_none(serve, logged, request_bytes):
    """RFC 6455 §4.4. In stock it depends on the library."""
    server = serve(talk, ws=SANSIO)
    assert server.answer(request_bytes) == (
        b"HTTP/1.1 426 Upgrade Required\r\ndate: D\r\nserver: uvicorn\r\n"
        b"content-type: text/plain; charset=utf-8\r\ncontent-length: 16\r\n"
        b"connection: close, upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n"
        b"Upgrade Required"
    )


def test_an_upgrade_without_websockets_is_a_request(serve, logged):
    client = serve(echo, ws="none").connect()
    client.send(HANDSHAKE)
    assert client.read_response() == ok(b"")
    assert [message[:30] for message in logged.messages()] == [
        "Unsupported upgrade request.",
        "No supported WebSocket library",
    ]


@OURS
def test_an_ignored_upgrade_keeps_its_body_and_its_connection(serve, logged):
    """Stock loses the body, and what comes behind it."""
    client = serve(echo, ws="none").connect()
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n" + UPGRADE + b"\r\nabc"
    client.send(request + request + GET)
    assert client.read_response() == ok(b"abc")
    assert client.read_response() == ok(b"abc")
    assert client.read_response() == ok(b"")


@OURS
def test_an_upgrade_to_something_else(serve, logged):
    """It may be ignored (RFC 9110 §7.8), and the connection goes on."""
    client = serve(talk, ws=SANSIO).connect()
    request = (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\nabc"
    )
    for _ in range(2):
        client.send(request)
        assert client.read_response() == ok(b"abc")
    assert logged.messages() == ["Unsupported upgrade request."] * 2


def test_an_upgrade_that_is_not_asked_for_in_connection(serve, logged):
    client = serve(talk, ws=SANSIO).connect()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" + KEY + b"\r\n")
    assert client.read_response() == ok(b"")
    assert not logged.messages()


def test_the_trace_of_an_upgrade(serve, logged):
    logging.getLogger("uvicorn.error").setLevel(5)
    server = serve(talk, ws=SANSIO)
    plain = server.connect()
    plain.send(HANDSHAKE)
    plain.read_until(b"\r\n\r\n")
    traced = [record.getMessage() for record in logged.records if record.levelno == 5]
    assert f"{plain.address} - Upgrading to WebSocket" in traced
