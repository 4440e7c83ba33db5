"""Connections that end, wait or overflow, and the servers they belong to."""

import asyncio
import contextlib
import contextvars
import socket
import threading
from time import sleep

import pytest
from covet_runtime.http import Limits
from covet_runtime.server.settings import Settings
from serving_apps import GET, OK, OURS, answer, echo, ok, show_path, sized, whole_body
from serving_harness import OLD_UVICORN, STOCK, wait_until

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n"
DISCONNECT = {"type": "http.disconnect"}


def limited(**limits):
    return Settings(limits=Limits(**limits))


def refusal(status, phrase, content=None, *, head=False):
    content = phrase if content is None else content
    return (
        b"HTTP/1.1 %d %b\r\ndate: D\r\nserver: uvicorn\r\n"
        b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
        b"connection: close\r\n\r\n" % (status, phrase, len(content))
    ) + (b"" if head else content)


BAD_REQUEST = refusal(400, b"Bad Request", b"Invalid HTTP request received.")
TIMEOUT = refusal(408, b"Request Timeout")


# Refusals.


def test_what_is_no_request(serve, logged):
    """Both say the same, and only ours says why."""
    server = serve(echo)
    assert server.answer(b"nonsense\r\n\r\n") == BAD_REQUEST
    (message,) = logged.messages()
    assert message.startswith("Invalid HTTP request received")
    assert not logged.access


REFUSED = {
    "bare line feed": (
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        BAD_REQUEST,
        "400 bare-lf at byte 14 (RFC 9112 §2.2)",
    ),
    "no host": (
        b"GET / HTTP/1.1\r\n\r\n",
        BAD_REQUEST,
        "400 host-missing at byte 18 (RFC 9112 §3.2)",
    ),
    "HEAD": (
        b"HEAD / HTTP/1.1\r\n\r\n",
        refusal(400, b"Bad Request", b"Invalid HTTP request received.", head=True),
        "400 host-missing at byte 19 (RFC 9112 §3.2)",
    ),
    "version": (
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        refusal(505, b"HTTP Version Not Supported"),
        "505 version-unsupported at byte 6 (RFC 9110 §15.6.6)",
    ),
    "request line": (
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n",
        refusal(414, b"URI Too Long"),
        "414 request-line-too-long at byte 8190 (RFC 9112 §3)",
    ),
    "expectation": (
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\nContent-Length: 1\r\n\r\n",
        refusal(417, b"Expectation Failed"),
        "417 expectation at byte 34 (RFC 9110 §10.1.1)",
    ),
    "coding": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        refusal(501, b"Not Implemented"),
        "501 transfer-coding-unknown at byte 45 (RFC 9112 §6.1)",
    ),
}


@OURS
@pytest.mark.parametrize("name", REFUSED)
def test_refusals(serve, logged, name):
    """Stock has a 400 for all of them that it does not serve."""
    request, expected, line = REFUSED[name]
    server = serve(echo)
    assert server.answer(request) == expected
    assert logged.messages() == [f"Invalid HTTP request received: {line}"]
    assert not logged.access
    assert server.state.total_requests == 0


@OURS
def test_a_refusal_behind_a_response(serve, logged):
    server = serve(echo)
    assert server.answer(GET + b"nonsense\r\n\r\n" + GET) == ok(b"") + BAD_REQUEST


@OURS
def test_a_body_over_the_limit(serve, logged):
    server = serve(echo, limited(body=5))
    assert server.answer(POST) == refusal(413, b"Content Too Large")
    assert server.answer(sized(b"12345", b"Connection: close")) == ok(
        b"12345", b"connection: close"
    )


BROKEN_CHUNK = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


@OURS
def test_a_body_that_breaks_before_the_answer(serve, logged, gate):
    """The refusal is the answer, and the app hears that nobody listens to it."""
    received = []

    async def app(scope, receive, send):
        received.append(await receive())
        gate.reach()
        received.append(await receive())
        await answer(send, b"too late")

    server = serve(app)
    client = server.connect()
    client.send(BROKEN_CHUNK)
    gate.wait_until_reached()
    client.send(b"x\r\n")
    assert client.read_all() == BAD_REQUEST
    server.wait_until(lambda: not server.state.tasks)
    assert received == [{"type": "http.request", "body": b"abc", "more_body": True}, DISCONNECT]
    assert logged.messages() == [
        "Invalid HTTP request received: 400 chunk-size at byte 64 (RFC 9112 §7.1)"
    ]
    assert not logged.access


@OURS
def test_a_body_that_breaks_within_the_answer(serve, logged, gate):
    received = []

    async def app(scope, receive, send):
        received.append(await receive())
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        gate.reach()
        received.append(await receive())
        await send({"type": "http.response.body", "body": b"b"})

    server = serve(app)
    client = server.connect()
    client.send(BROKEN_CHUNK)
    gate.wait_until_reached()
    client.send(b"x\r\n")
    assert client.read_all() == OK + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n"
    server.wait_until(lambda: not server.state.tasks)
    assert received[1] == DISCONNECT


# Disconnections.


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_disconnection_while_receiving(serve, gate, how):
    """It reaches everyone who waits, and whoever asks later."""
    received = []

    async def app(scope, receive, send):
        waiting = [asyncio.ensure_future(receive()) for _ in range(3)]
        await asyncio.sleep(0)
        gate.reach()
        received.extend(await asyncio.gather(*waiting))
        received.append(await receive())
        await answer(send, b"nobody is there")
        await answer(send, b"nobody is there")

    server = serve(app)
    client = server.connect()
    client.send(POST)
    gate.wait_until_reached()
    getattr(client, how)()
    server.wait_until(lambda: not server.state.tasks)
    assert received == [DISCONNECT] * 4
    server.wait_until(lambda: not server.state.connections)
    assert server.state.total_requests == 0


def test_a_disconnection_while_the_app_is_busy(serve, gate, logged):
    received = []

    async def app(scope, receive, send):
        await whole_body(receive)
        gate.reach()
        received.append(await receive())
        await answer(send, b"nobody is there")

    server = serve(app)
    client = server.connect()
    client.send(GET)
    gate.wait_until_reached()
    client.close()
    server.wait_until(lambda: not server.state.tasks)
    assert received == [DISCONNECT]
    assert not logged.messages()
    assert not logged.access


@OURS
def test_half_a_request_at_the_end(serve, logged):
    """A client that only stops sending hears why it is not served. Stock says nothing."""
    server = serve(echo)
    client = server.connect()
    client.send(b"GET / HT")
    client.half_close()
    assert client.read_all() == BAD_REQUEST
    client = server.connect()
    client.send(POST + b"abc")
    client.half_close()
    assert client.read_all() == BAD_REQUEST
    refused = [record for record in logged.records if "at byte" in record.getMessage()]
    assert [(each.levelname, each.getMessage().split(" at")[0]) for each in refused] == [
        ("INFO", "Invalid HTTP request received: 400 incomplete-head"),
        ("INFO", "Invalid HTTP request received: 400 incomplete-body"),
    ]


def test_a_client_that_leaves_between_requests(serve, logged):
    server = serve(echo)
    client = server.connect()
    client.half_close()
    assert client.is_closed()
    client = server.connect()
    client.send(GET)
    client.read_response()
    client.half_close()
    assert client.is_closed()
    server.wait_until(lambda: not server.state.connections)
    assert not logged.messages()


# Too much at once.


def send_until_stuck(client, data):
    """Send until nothing has been taken for a while. How much was."""
    sent = 0
    client.socket.settimeout(0.2)
    with contextlib.suppress(socket.timeout):
        while sent < len(data):
            sent += client.socket.send(memoryview(data)[sent : sent + 65536])
    client.socket.settimeout(20)
    return sent


@OURS
def test_small_segments_are_sent_at_once(serve):
    transports = []

    async def app(scope, receive, send):
        (connection,) = server.state.connections
        transports.append(connection.transport)
        await answer(send, b"")

    server = serve(app)
    client = server.connect()
    client.send(GET)
    client.read_response()

    async def look():
        sock = transports[0].get_extra_info("socket")
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert server.thread.run(look())


def test_a_response_that_is_not_read(serve):
    """`send` waits, for any number of tasks, until the client reads."""
    sent = []
    part = b"x" * 100_000
    count = 200

    async def app(scope, receive, send):
        headers = [(b"content-length", b"%d" % (len(part) * count))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

        async def some(number):
            for _ in range(number):
                await send({"type": "http.response.body", "body": part, "more_body": True})
                sent.append(1)

        await asyncio.gather(some(count // 2), some(count - count // 2 - 1))
        await send({"type": "http.response.body", "body": part})
        sent.append(1)

    server = serve(app)
    client = server.connect()
    client.send(GET)
    head = client.read_until(b"\r\n\r\n")
    before = -1
    while before < len(sent):
        before = len(sent)
        sleep(0.05)
    assert len(sent) < count
    assert len(client.read_exactly(len(part) * count)) == len(part) * count
    wait_until(lambda: len(sent) == count)
    assert head == OK + b"content-length: %d\r\n\r\n" % (len(part) * count)


def test_a_disconnection_while_sending(serve, logged):
    """Whoever waits to send goes on, and sends to nobody."""
    ended = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})

        async def some():
            for _ in range(100):
                await send(
                    {"type": "http.response.body", "body": b"x" * 500_000, "more_body": True}
                )
            ended.append(1)

        await asyncio.gather(some(), some())
        ended.append(await receive())

    server = serve(app)
    client = server.connect(receive_buffer=4096)
    client.send(GET)
    client.read_until(b"\r\n\r\n")
    client.reset()
    server.wait_until(lambda: not server.state.tasks)
    assert ended == [1, 1, DISCONNECT]
    server.wait_until(lambda: not server.state.connections)


def test_a_body_that_is_not_received(serve, gate):
    """The client can send no more than buffers hold, until the app receives."""
    size = 64_000_000

    async def app(scope, receive, send):
        await gate.wait()
        length = 0
        more = True
        while more:
            message = await receive()
            length += len(message["body"])
            more = message["more_body"]
        await answer(send, b"%d" % length)

    server = serve(app)
    client = server.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
    gate.wait_until_reached()
    piece = b"x" * 65536
    sent = send_until_stuck(client, piece * (size // len(piece) + 1))
    assert sent < size / 2
    gate.open()
    while sent < size:
        sent += client.socket.send(piece[: size - sent])
    assert client.read_response() == ok(b"%d" % size)


@OURS
def test_more_pipelined_requests_than_are_kept(serve, gate):
    """They wait with the client. Stock stops to read at the first of them."""

    async def app(scope, receive, send):
        if scope["path"] == "/first":
            await gate.wait()
        await answer(send, b"")

    server = serve(app, limited(pipeline=1000))
    client = server.connect()
    client.send(GET.replace(b"/ ", b"/first "))
    gate.wait_until_reached()
    count = 500_000
    assert send_until_stuck(client, GET * count) < len(GET) * count
    gate.open()
    for _ in range(200):
        assert client.read_response() == ok(b"")


# Time.


@OURS
def test_a_head_that_does_not_come(serve, logged):
    """Slow clients are not waited for. Stock waits for ever."""
    server = serve(echo, limited(head_seconds=0.1))
    assert server.answer(b"GET / HTT") == TIMEOUT
    (message,) = logged.messages()
    assert message.startswith("Invalid HTTP request received: 408 head-timeout at byte 9")


@OURS
def test_a_connection_on_which_nothing_comes(serve, logged):
    assert serve(echo, limited(head_seconds=0.1)).connect().is_closed()
    assert not logged.messages()


@OURS
def test_a_head_that_comes_byte_by_byte(serve, logged):
    """Every byte in time does not make a head in time."""
    client = serve(echo, limited(head_seconds=0.2)).connect()
    client.socket.settimeout(0.02)
    client.send(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(1000):
        client.send(b"x")
        try:
            answered = client.read_some()
            break
        except OSError:
            continue
    assert answered.startswith(b"HTTP/1.1 408 ")


@OURS
def test_a_body_that_does_not_come(serve, logged):
    received = []

    async def app(scope, receive, send):
        received.append(await receive())
        received.append(await receive())
        await answer(send, b"too late")

    server = serve(app, limited(body_seconds=0.1))
    assert server.answer(POST + b"abc") == TIMEOUT
    server.wait_until(lambda: not server.state.tasks)
    assert received == [{"type": "http.request", "body": b"abc", "more_body": True}, DISCONNECT]
    (message,) = logged.messages()
    assert message.startswith("Invalid HTTP request received: 408 body-timeout")


@OURS
def test_a_body_at_a_good_rate_has_more_time(serve):
    client = serve(echo, limited(body_seconds=0.05, body_rate=3)).connect()
    client.send(POST)
    for part in (b"abc", b"def"):
        client.send(part)
        sleep(0.2)
    assert client.read_response() == ok(b"abcdef")


@OURS
def test_an_unread_body_has_to_come_in_time(serve, logged):
    client = serve(show_path, limited(body_seconds=0.1)).connect()
    client.send(POST)
    assert client.read_response() == ok(b"/")
    assert client.is_closed()
    assert not logged.messages()


@OURS
def test_a_slow_app_is_no_slow_client(serve, gate):
    """While nothing is read from the client, its time stands still."""

    async def app(scope, receive, send):
        await gate.wait()
        await answer(send, b"%d" % len(await whole_body(receive)))

    client = serve(app, limited(body_seconds=0.5, body_rate=1e9)).connect()
    content = b"x" * 1_000_000
    sender = threading.Thread(target=client.send, args=(sized(content),))
    sender.start()
    gate.wait_until_reached()
    sleep(0.7)
    gate.open()
    assert client.read_response() == ok(b"1000000")
    sender.join()


@OURS
def test_a_client_that_waits_for_the_app_is_not_slow(serve, gate):
    async def app(scope, receive, send):
        await gate.wait()
        await answer(send, await whole_body(receive))

    client = serve(app, limited(body_seconds=0.2)).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    gate.wait_until_reached()
    sleep(0.4)
    gate.open()
    assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"abc")
    assert client.read_response() == ok(b"abc")


def test_an_idle_connection_is_closed(serve, logged):
    client = serve(echo, timeout_keep_alive=0.1).connect()
    client.send(GET)
    assert client.read_response() == ok(b"")
    assert client.is_closed()
    assert not logged.messages()


def test_a_keep_alive_time_of_zero(serve):
    assert serve(echo, timeout_keep_alive=0).answer(GET) == ok(b"")


def test_a_connection_that_is_used_is_not_idle(serve):
    async def app(scope, receive, send):
        await asyncio.sleep(0.3)
        await answer(send, b"")

    client = serve(app, timeout_keep_alive=0.2).connect()
    for _ in range(2):
        client.send(GET)
        assert client.read_response() == ok(b"")


# The server.

BUSY = refusal(503, b"Service Unavailable")


def test_too_many_connections(serve, logged):
    server = serve(echo, limit_concurrency=2)
    first = server.connect()
    first.send(GET)
    assert first.read_response() == ok(b"")
    assert server.answer(GET) == BUSY
    assert logged.messages() == ["Exceeded concurrency limit."]
    server.wait_until(lambda: len(server.state.connections) == 1)
    first.send(GET)
    assert first.read_response() == ok(b"")


def test_what_the_server_counts(serve, gate):
    async def app(scope, receive, send):
        await gate.wait()
        await answer(send, b"")

    server = serve(app)
    client = server.connect()
    client.send(GET + GET)
    gate.wait_until_reached()
    assert len(server.state.connections) == len(server.state.tasks) == 1
    assert server.state.total_requests == 0
    gate.open()
    client.read_response()
    client.read_response()
    server.wait_until(lambda: not server.state.tasks)
    assert server.state.total_requests == 2
    client.close()
    server.wait_until(lambda: not server.state.connections)


def test_a_shutdown_closes_idle_connections(serve):
    server = serve(echo)
    fresh = server.connect()
    used = server.connect()
    used.send(GET)
    assert used.read_response() == ok(b"")
    server.wait_until(lambda: len(server.state.connections) == 2)
    finished = server.shut_down()
    assert fresh.is_closed()
    assert used.is_closed()
    finished.result(20)


def test_a_shutdown_waits_for_responses(serve, tier, gate):
    async def app(scope, receive, send):
        await gate.wait()
        await answer(send, b"abc")

    server = serve(app)
    client = server.connect()
    client.send(GET)
    gate.wait_until_reached()
    finished = server.shut_down()
    server.wait_until(lambda: not server.server.servers[0].is_serving())
    gate.open()
    told = () if tier == STOCK and OLD_UVICORN else (b"connection: close",)
    assert client.read_all() == ok(b"abc", *told)
    finished.result(20)


def test_a_shutdown_within_a_response(serve, gate):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await gate.wait()
        await send({"type": "http.response.body", "body": b"b"})

    server = serve(app)
    client = server.connect()
    client.send(GET)
    gate.wait_until_reached()
    finished = server.shut_down()
    server.wait_until(lambda: not server.server.servers[0].is_serving())
    gate.open()
    assert client.read_all() == (
        OK + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    )
    finished.result(20)


def test_a_shutdown_that_runs_out_of_patience(serve, gate, logged):
    async def app(scope, receive, send):
        gate.reach()
        await asyncio.sleep(60)

    server = serve(app, timeout_graceful_shutdown=0.1)
    client = server.connect()
    client.send(GET)
    gate.wait_until_reached()
    finished = server.shut_down()
    assert client.read_all().startswith(b"HTTP/1.1 500 ")
    finished.result(20)
    assert logged.messages()[-1] == "Exception in ASGI application\n"


@OURS
def test_a_task_that_is_cancelled_before_it_begins(serve):
    """As in a shutdown. Stock leaves the client to wait."""
    server = serve(echo)

    async def cancel_what_begins():
        def factory(loop, coroutine, **options):
            task = asyncio.Task(coroutine, loop=loop, **options)
            if coroutine.__name__ in ("run", "request"):
                task.cancel()
            return task

        asyncio.get_running_loop().set_task_factory(factory)

    async def as_usual():
        asyncio.get_running_loop().set_task_factory(None)

    server.thread.run(cancel_what_begins())
    try:
        assert server.answer(GET) == b""
    finally:
        server.thread.run(as_usual())


# Context.

name = contextvars.ContextVar("name", default="nobody")


async def remember(scope, receive, send):
    """Answer with the name that is remembered, and remember another."""
    before = name.get()
    name.set(scope["path"])
    await whole_body(receive)
    await answer(send, before.encode())


def test_requests_share_no_context(serve):
    client = serve(remember).connect()
    for path in (b"/a", b"/b"):
        client.send(GET.replace(b"/ ", path + b" "))
        assert client.read_response() == ok(b"nobody")


@OURS
def test_pipelined_requests_share_no_context(serve):
    """In stock each of them begins in the context of the one before."""
    client = serve(remember).connect()
    client.send(GET.replace(b"/ ", b"/a ") * 3)
    for _ in range(3):
        assert client.read_response() == ok(b"nobody")


@OURS
def test_requests_share_no_context_after_a_pause(serve):
    """The loop of asyncio calls a transport in the context that had it go on reading."""
    client = serve(remember).connect()
    for _ in range(3):
        client.send(sized(b"x" * 2_000_000))
        assert client.read_response() == ok(b"nobody")


@OURS
def test_requests_see_the_context_of_the_server(serve):
    """Unless uvicorn is asked to reset it, which versions for Python 3.9 always do."""
    token = name.set("server")
    try:
        client = serve(remember).connect()
    finally:
        name.reset(token)
    for _ in range(2):
        client.send(GET)
        assert client.read_response() in (ok(b"server"), ok(b"nobody"))


def test_the_context_can_be_reset(serve):
    uvicorn = pytest.importorskip("uvicorn")
    try:
        uvicorn.Config(echo, reset_contextvars=True)
    except TypeError:
        pytest.skip("this uvicorn has no such option")
    token = name.set("server")
    try:
        client = serve(remember, reset_contextvars=True).connect()
    finally:
        name.reset(token)
    for _ in range(2):
        client.send(GET)
        assert client.read_response() == ok(b"nobody")
