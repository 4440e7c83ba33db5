"""The bytes of responses, and what becomes of apps that send no good ones."""

import asyncio

import pytest
from serving_apps import GET, LAST, OK, OURS, answer, echo, ok, sized, whole_body
from serving_harness import OLD_UVICORN, STOCK

HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
OLD = b"GET / HTTP/1.0\r\n\r\n"
ERROR = (
    b"HTTP/1.1 500 Internal Server Error\r\ndate: D\r\nserver: uvicorn\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 21\r\nconnection: close\r\n\r\n"
    b"Internal Server Error"
)


def start(status=200, *headers):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content=b"", more=False):
    return {"type": "http.response.body", "body": content, "more_body": more}


def sends(*messages):
    """An app that sends these."""

    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    return app


LENGTH_3 = (b"content-length", b"3")

# Response, request, messages. Everything here is the same for stock.
EXACT = {
    "content-length": (
        OK + b"content-length: 3\r\nconnection: close\r\n\r\nabc",
        LAST,
        [start(200, LENGTH_3), body(b"abc")],
    ),
    "several parts": (
        OK + b"content-length: 3\r\nconnection: close\r\n\r\nabc",
        LAST,
        [start(200, LENGTH_3), body(b"a", True), body(b"", True), body(b"bc")],
    ),
    "chunked": (
        OK + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        LAST,
        [start(), body(b"abc")],
    ),
    "chunked in several parts": (
        OK + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        b"14\r\n" + b"x" * 20 + b"\r\n1\r\ny\r\n0\r\n\r\n",
        LAST,
        [start(), body(b"x" * 20, True), body(b"", True), body(b"y", True), body()],
    ),
    "chunked by the app": (
        OK + b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        LAST,
        [start(200, (b"Transfer-Encoding", b"chunked")), body(b"abc")],
    ),
    "headers as they are sent": (
        OK + b"x-a: 1\r\nx-a: 2\r\nset-cookie: a=b; c\r\ncontent-length: 0\r\nx-utf: \xc3\xa9\t\r\n"
        b"connection: close\r\n\r\n",
        LAST,
        [
            start(
                200,
                (b"X-A", b"1"),
                (b"x-a", b"2"),
                (b"Set-Cookie", b"a=b; c"),
                (b"Content-Length", b"0"),
                (b"x-utf", b"\xc3\xa9\t"),
            ),
            body(),
        ],
    ),
    "closed by the app": (
        OK + b"connection: Close\r\ncontent-length: 3\r\n\r\nabc",
        GET,
        [start(200, (b"Connection", b"Close"), LENGTH_3), body(b"abc")],
    ),
    "no phrase": (
        b"HTTP/1.1 299 \r\ndate: D\r\nserver: uvicorn\r\ncontent-length: 3\r\n"
        b"connection: close\r\n\r\nabc",
        LAST,
        [start(299, LENGTH_3), body(b"abc")],
    ),
    "HEAD": (
        OK + b"content-length: 3\r\nconnection: close\r\n\r\n",
        HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        [start(200, LENGTH_3), body(b"abc")],
    ),
    "HEAD, no length": (
        OK + b"connection: close\r\n\r\n",
        HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        [start(), body(b"abc", True), body(b"")],
    ),
    "204": (
        b"HTTP/1.1 204 No Content\r\ndate: D\r\nserver: uvicorn\r\nconnection: close\r\n\r\n",
        LAST,
        [start(204), body()],
    ),
    "204 of length 0": (
        b"HTTP/1.1 204 No Content\r\ndate: D\r\nserver: uvicorn\r\ncontent-length: 0\r\n"
        b"connection: close\r\n\r\n",
        LAST,
        [start(204, (b"content-length", b"0")), body()],
    ),
    "304": (
        b"HTTP/1.1 304 Not Modified\r\ndate: D\r\nserver: uvicorn\r\netag: x\r\n"
        b"connection: close\r\n\r\n",
        LAST,
        [start(304, (b"etag", b"x")), body()],
    ),
    "HTTP/1.0": (
        OK + b"content-length: 3\r\nconnection: close\r\n\r\nabc",
        OLD,
        [start(200, LENGTH_3), body(b"abc")],
    ),
    "HTTP/1.0 that asks for more": (
        OK + b"content-length: 3\r\nconnection: close\r\n\r\nabc",
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        [start(200, LENGTH_3), body(b"abc")],
    ),
    "without headers": (
        OK + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        LAST,
        [{"type": "http.response.start", "status": 200}, {"type": "http.response.body"}],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_the_bytes_of_a_response(serve, tier, name):
    if tier == STOCK and OLD_UVICORN and name.startswith("HTTP/1.0"):
        pytest.skip("this uvicorn does not say that it closes the connection")
    expected, request, messages = EXACT[name]
    assert serve(sends(*messages)).answer(request) == expected


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({"date_header": False}, b"server: uvicorn\r\n"),
        ({"server_header": False}, b"date: D\r\n"),
        ({"headers": [("X-Mine", "1")]}, b"date: D\r\nserver: uvicorn\r\nx-mine: 1\r\n"),
    ],
)
def test_default_headers(serve, options, lines):
    server = serve(sends(start(200, LENGTH_3), body(b"abc")), **options)
    assert server.answer(LAST) == (
        b"HTTP/1.1 200 OK\r\n%bcontent-length: 3\r\nconnection: close\r\n\r\nabc" % lines
    )


def test_a_default_header_that_closes(serve):
    server = serve(sends(start(200, LENGTH_3), body(b"abc")), headers=[("Connection", "close")])
    assert server.answer(GET) == OK + b"connection: close\r\ncontent-length: 3\r\n\r\nabc"


def test_default_headers_follow_the_clock(serve):
    server = serve(sends(start(200, LENGTH_3), body(b"abc")))
    client = server.connect()
    for value in (b"one", b"two"):
        server.state.default_headers = [(b"X-Value", value)]
        client.send(GET)
        expected = b"HTTP/1.1 200 OK\r\nx-value: %b\r\ncontent-length: 3\r\n\r\nabc" % value
        assert client.read_response() == expected


@OURS
@pytest.mark.parametrize("status", [204, 304])
def test_no_body_where_none_may_be(serve, status):
    """Stock writes it, and the client takes it for the next response."""
    server = serve(sends(start(status, (b"content-length", b"3")), body(b"abc")))
    client = server.connect()
    for _ in range(2):
        client.send(GET)
        assert client.read_response().endswith(b"content-length: 3\r\n\r\n")
    client.send(HEAD)
    assert client.read_response().endswith(b"content-length: 3\r\n\r\n")


@OURS
def test_a_304_may_tell_a_length_that_it_does_not_have(serve):
    """RFC 9110 §15.4.5. Stock misses the body."""
    server = serve(sends(start(304, LENGTH_3), body()))
    client = server.connect()
    client.send(GET)
    assert client.read_response().endswith(b"\r\ncontent-length: 3\r\n\r\n")
    client.send(GET)
    assert client.read_response().endswith(b"\r\ncontent-length: 3\r\n\r\n")


@OURS
@pytest.mark.parametrize("headers", [(), ((b"Transfer-Encoding", b"chunked"),)])
def test_a_client_of_1_0_gets_no_chunks(serve, headers):
    """RFC 9112 §6.1: it would take them for content. Stock sends them."""
    server = serve(sends(start(200, *headers), body(b"abc", True), body(b"def")))
    assert server.answer(OLD) == OK + b"connection: close\r\n\r\nabcdef"


def test_head_and_body_are_one_write_when_they_can_be(serve):
    """The tiers that hold the head back have the same bytes, and the same order."""
    large = b"x" * 200_000
    server = serve(
        sends(start(200, (b"content-length", b"200003")), body(large, True), body(b"abc"))
    )
    assert server.answer(LAST).endswith(b"xabc")
    server = serve(sends(start(), body(large)))
    assert server.answer(LAST).endswith(b"\r\n\r\n30d40\r\n" + large + b"\r\n0\r\n\r\n")


def test_a_head_does_not_wait_for_its_body(serve, gate):
    """A client may decide by the head whether to go on."""

    async def app(scope, receive, send):
        await send(start(200, LENGTH_3))
        await gate.wait()
        await send(body(b"abc"))

    server = serve(app)
    client = server.connect()
    client.send(GET)
    assert client.read_until(b"\r\n\r\n") == OK + b"content-length: 3\r\n\r\n"
    gate.open()
    assert client.read_exactly(3) == b"abc"


def test_a_head_is_sent_when_the_app_waits_for_the_body(serve):
    async def app(scope, receive, send):
        await send(start(200, LENGTH_3))
        content = await whole_body(receive)
        await send(body(content))

    client = serve(app).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
    assert client.read_until(b"\r\n\r\n") == OK + b"content-length: 3\r\n\r\n"
    client.send(b"abc")
    assert client.read_exactly(3) == b"abc"


def test_buffers_are_bytes_too(serve):
    server = serve(
        sends(start(200, (b"content-length", b"6")), body(bytearray(b"abc"), True), body(b"def"))
    )
    assert server.answer(LAST) == ok(b"abcdef", b"connection: close")
    server = serve(sends(start(), body(memoryview(b"abc"))))
    assert server.answer(LAST).endswith(b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")


# What goes wrong.


def failing(error):
    async def app(scope, receive, send):
        raise error

    return app


@pytest.mark.parametrize(
    "error",
    [
        ValueError,
        SystemExit,
        KeyboardInterrupt,
        asyncio.CancelledError,
        GeneratorExit,
    ],
)
def test_whatever_an_app_raises(serve, logged, error):
    server = serve(failing(error))
    assert server.answer(GET) == ERROR
    assert logged.messages() == ["Exception in ASGI application\n"]
    assert logged.bad()[0].exc_info[0] is error
    assert server.answer(LAST) == ERROR


def test_an_app_that_cancels_itself(serve, logged):
    async def app(scope, receive, send):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    assert serve(app).answer(GET) == ERROR
    assert logged.messages() == ["Exception in ASGI application\n"]


def test_an_error_to_head(serve):
    assert serve(failing(ValueError())).answer(HEAD) == ERROR[: -len(b"Internal Server Error")]


def test_an_app_that_sends_nothing(serve, logged):
    assert serve(sends()).answer(GET) == ERROR
    assert logged.messages() == ["ASGI callable returned without starting response."]


def test_an_app_that_returns_something(serve, logged):
    async def app(scope, receive, send):
        return "x"

    assert serve(app).answer(GET) == b""
    assert logged.messages() == ["ASGI callable should return None, but returned 'x'."]


def test_an_app_that_returns_something_behind_its_response(serve, logged):
    async def app(scope, receive, send):
        await answer(send, b"abc")
        return 0

    assert serve(app).answer(GET) == ok(b"abc")
    assert logged.messages() == ["ASGI callable should return None, but returned '0'."]


async def wait_for_the_head_to_be_written():
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_an_error_behind_the_head(serve, logged):
    async def app(scope, receive, send):
        await send(start(200, LENGTH_3))
        await wait_for_the_head_to_be_written()
        raise ValueError

    assert serve(app).answer(GET) == OK + b"content-length: 3\r\n\r\n"
    assert logged.messages() == ["Exception in ASGI application\n"]


def test_an_error_in_the_body(serve, logged):
    async def app(scope, receive, send):
        await send(start(200, LENGTH_3))
        await send(body(b"a", True))
        raise ValueError

    assert serve(app).answer(GET) == OK + b"content-length: 3\r\n\r\na"


def test_an_error_behind_the_response(serve, logged):
    async def app(scope, receive, send):
        await answer(send, b"abc")
        raise ValueError

    assert serve(app).answer(GET) == ok(b"abc")
    assert logged.messages() == ["Exception in ASGI application\n"]


@OURS
def test_an_error_while_the_head_is_held_back(serve, logged):
    """Stock has written it, and can only cut the response off: the client sees a 200."""

    async def app(scope, receive, send):
        await send(start(200, LENGTH_3))
        raise ValueError

    assert serve(app).answer(GET) == ERROR
    assert logged.messages() == ["Exception in ASGI application\n"]
    assert [record.args[-1] for record in logged.access] == [500]


@OURS
def test_an_app_that_sends_a_head_alone(serve, logged):
    """As above: where stock cuts a 200 off, there is still time for a 500."""
    assert serve(sends(start(200, LENGTH_3))).answer(GET) == ERROR
    assert logged.messages() == ["ASGI callable returned without completing response."]


def test_an_app_that_does_not_complete(serve, logged):
    server = serve(sends(start(200, LENGTH_3), body(b"ab", True)))
    assert server.answer(GET) == OK + b"content-length: 3\r\n\r\nab"
    assert logged.messages() == ["ASGI callable returned without completing response."]


def error_of(*messages):
    """An app that sends these, and the errors of the last one."""
    errors = []

    async def app(scope, receive, send):
        for message in messages[:-1]:
            await send(message)
        try:
            await send(messages[-1])
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
            raise

    return app, errors


START_EXPECTED = "RuntimeError: Expected ASGI message 'http.response.start', but got '{}'."
BODY_EXPECTED = "RuntimeError: Expected ASGI message 'http.response.body', but got '{}'."
TOO_LATE = "RuntimeError: Unexpected ASGI message '{}' sent, after response already completed."

BAD_MESSAGES = {
    "body first": (START_EXPECTED.format("http.response.body"), [body()]),
    "something first": (START_EXPECTED.format("x"), [{"type": "x"}]),
    "two heads": (BODY_EXPECTED.format("http.response.start"), [start(), start()]),
    "body behind the body": (TOO_LATE.format("http.response.body"), [start(), body(), body()]),
    "head behind the body": (TOO_LATE.format("http.response.start"), [start(), body(), start()]),
    "too long": (
        "RuntimeError: Response content longer than Content-Length",
        [start(200, LENGTH_3), body(b"abcd")],
    ),
    "too long in parts": (
        "RuntimeError: Response content longer than Content-Length",
        [start(200, LENGTH_3), body(b"abc", True), body(b"d", True)],
    ),
    "too short": (
        "RuntimeError: Response content shorter than Content-Length",
        [start(200, LENGTH_3), body(b"ab")],
    ),
    "too short in parts": (
        "RuntimeError: Response content shorter than Content-Length",
        [start(200, LENGTH_3), body(b"a", True), body(b"b")],
    ),
    "name": ("RuntimeError: Invalid HTTP header name.", [start(200, (b"a b", b"c"))]),
    "line break in a value": (
        "RuntimeError: Invalid HTTP header value.",
        [start(200, (b"a", b"b\r\nc: d"))],
    ),
    "no status": ("KeyError: 'status'", [{"type": "http.response.start"}]),
    "status of no class": ("KeyError: 600", [start(600)]),
    "no type": ("KeyError: 'type'", [{}]),
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_messages_that_may_not_come(serve, tier, logged, name):
    if tier == STOCK and OLD_UVICORN and name == "name":
        pytest.skip("this uvicorn does not look at names")
    expected, messages = BAD_MESSAGES[name]
    app, errors = error_of(*messages)
    serve(app).answer(GET)
    assert errors == [expected]


SHORT = {
    "too long in parts": OK + b"content-length: 3\r\n\r\nabc",
    "too short in parts": OK + b"content-length: 3\r\n\r\nab",
    "body behind the body": OK + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "body first": ERROR,
}


@pytest.mark.parametrize("name", SHORT)
def test_what_was_written_before_the_error(serve, logged, name):
    app, _ = error_of(*BAD_MESSAGES[name][1])
    assert serve(app).answer(GET) == SHORT[name]


@OURS
@pytest.mark.parametrize("name", ["two heads", "too long", "too short", "name", "no status"])
def test_an_error_before_anything_was_written(serve, logged, name):
    """Stock has written the head, or takes it for written, and closes the connection."""
    app, _ = error_of(*BAD_MESSAGES[name][1])
    assert serve(app).answer(GET) == ERROR


@OURS
@pytest.mark.parametrize("status", [100, 103, 199])
def test_an_interim_status_is_no_response(serve, logged, status):
    """A client would wait for the final one. Stock sends it."""
    app, errors = error_of(start(status))
    assert serve(app).answer(GET) == ERROR
    assert errors == [
        f"RuntimeError: Expected a final status in 'http.response.start', but got {status}."
    ]


@OURS
def test_an_app_may_try_again(serve):
    """A head that was refused was never sent."""

    async def app(scope, receive, send):
        with pytest.raises(RuntimeError):
            await send(start(200, (b"bad name", b"")))
        await answer(send, b"abc")

    assert serve(app).answer(LAST) == ok(b"abc", b"connection: close")


def test_a_500_leaves_other_connections_alone(serve, logged):
    async def app(scope, receive, send):
        if scope["path"] == "/bad":
            raise ValueError
        await echo(scope, receive, send)

    server = serve(app)
    good = server.connect()
    good.send(GET)
    assert good.read_response() == ok(b"")
    assert server.answer(GET.replace(b"/ ", b"/bad ")) == ERROR
    good.send(sized(b"abc"))
    assert good.read_response() == ok(b"abc")
