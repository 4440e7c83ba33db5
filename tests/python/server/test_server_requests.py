"""What an app is called with: scopes and bodies, however they are sent."""

import asyncio
import json

import pytest
from covet_runtime.server.settings import Settings
from serving_apps import GET, LAST, OURS, answer, echo, ok, show_path, sized, whole_body
from serving_harness import OLD_UVICORN, STOCK, TIERS, Running, cuts, protocol


async def show_scope(scope, receive, send):
    """Everything of a scope that is the same for two clients, in its order."""
    shown = {key: value for key, value in scope.items() if key not in ("client", "server")}
    order = list(scope)
    await answer(send, json.dumps([order, shown], default=repr).encode())


class Seen:
    """An app that keeps the scopes and messages that it sees."""

    def __init__(self):
        self.scopes = []
        self.messages = []

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        self.messages.append(await receive())
        await answer(send, b"")


SCOPES = {
    "plain": LAST,
    "query": b"GET /a/b?x=1&y=%20 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "empty query": b"GET /? HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "encoded": b"GET /caf%C3%A9/%2F%zz%FF HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "repeated fields": b"PUT / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\nB:\r\n"
    b"Connection: close\r\n\r\n",
    "HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP/1.0 with a host": b"HEAD /x HTTP/1.0\r\nHost: a\r\n\r\n",
    "body": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("root_path", ["", "/prefix"])
def test_scopes_are_those_of_uvicorn(loop_thread, logged, root_path):
    """The stock protocol is the judge, so this one runs every tier against it."""
    answers = {}
    for tier in (STOCK, *TIERS):
        server = Running(loop_thread, protocol(tier, Settings()), show_scope, root_path=root_path)
        answers[tier] = {name: server.answer(data) for name, data in SCOPES.items()}
        server.stop()
    stock = answers.pop(STOCK)
    assert b"raw_path" in stock["plain"]
    for ours in answers.values():
        for name in SCOPES:
            if name == "asterisk":
                # httptools has no path for it, and stock answers with a 400.
                assert b'"path": "%b*"' % root_path.encode() in ours[name]
            elif not (OLD_UVICORN and name.startswith("HTTP/1.0")):
                assert ours[name] == stock[name], name


def test_the_scope(serve):
    app = Seen()
    server = serve(app, root_path="/root")
    client = server.connect()
    client.send(b"GET /a%20b?c HTTP/1.1\r\nHost: h\r\nX-Y: Z\r\n\r\n")
    client.read_response()
    (scope,) = app.scopes
    assert list(scope.items()) == [
        ("type", "http"),
        ("asgi", {"version": "3.0", "spec_version": "2.3"}),
        ("http_version", "1.1"),
        ("server", ("127.0.0.1", server.port)),
        ("client", client.socket.getsockname()),
        ("scheme", "http"),
        ("root_path", "/root"),
        ("headers", [(b"host", b"h"), (b"x-y", b"Z")]),
        ("state", {}),
        ("method", "GET"),
        ("path", "/root/a b"),
        ("raw_path", b"/root/a%20b"),
        ("query_string", b"c"),
    ]
    assert app.messages == [{"type": "http.request", "body": b"", "more_body": False}]


def test_proxy_headers_are_taken_over(serve, logged):
    app = Seen()
    server = serve(app, proxy_headers=True, forwarded_allow_ips="*")
    client = server.connect()
    client.send(
        b"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n\r\n"
    )
    client.read_response()
    assert app.scopes[0]["client"][0] == "1.2.3.4"
    assert app.scopes[0]["scheme"] == "https"
    assert logged.access[0].args[0] == "1.2.3.4:0"


def test_the_state_is_a_copy(serve):
    async def app(scope, receive, send):
        scope["state"]["count"] = scope["state"].get("count", 0) + 1
        await answer(send, b"%d" % scope["state"]["count"])

    client = serve(app).connect()
    for _ in range(2):
        client.send(GET)
        assert client.read_response() == ok(b"1")


def test_however_a_request_is_cut(serve):
    server = serve(echo)
    request = b"POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    client = server.connect()
    for segments in cuts(request):
        for segment in segments:
            client.send(segment)
        assert client.read_response() == ok(b"hello")


def test_however_a_chunked_request_is_cut(serve):
    server = serve(echo)
    request = (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nX-T: z\r\n\r\n"
    )
    client = server.connect()
    for segments in cuts(request):
        for segment in segments:
            client.send(segment)
        assert client.read_response() == ok(b"abc0123456789")


def test_a_body_in_parts(serve):
    """`receive` gives what is there, and says whether there is more."""
    received = []

    async def app(scope, receive, send):
        while True:
            message = await receive()
            received.append((message["body"], message["more_body"]))
            if not message["more_body"]:
                break
        await answer(send, b"done")

    server = serve(app)
    client = server.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab")
    server.wait_until(lambda: received == [(b"ab", True)])
    client.send(b"cd")
    server.wait_until(lambda: received[1:] == [(b"cd", True)])
    client.send(b"ef")
    assert client.read_response() == ok(b"done")
    assert b"".join(part for part, _ in received) == b"abcdef"
    assert [more for _, more in received][-1] is False


@pytest.mark.parametrize("count", [2, 50])
def test_pipelined_requests_are_answered_in_order(serve, count):
    running = []

    async def app(scope, receive, send):
        running.append(scope["path"])
        await asyncio.sleep(0)
        assert running == [scope["path"]]
        body = await whole_body(receive)
        await answer(send, scope["path"].encode() + body)
        # From here on the next one may run.
        running.remove(scope["path"])

    client = serve(app).connect()
    requests = [
        b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n%03d" % (number, number)
        for number in range(count)
    ]
    client.send(b"".join(requests))
    for number in range(count):
        assert client.read_response() == ok(b"/%d%03d" % (number, number))


def test_pipelined_requests_behind_the_last(serve):
    """`Connection: close` makes a request the last one."""
    server = serve(echo)
    assert server.answer(LAST + GET) == ok(b"", b"connection: close")


@OURS
def test_pipelined_requests_do_not_nest(serve):
    """Thousands of them need no deeper a stack. Stock starts each in the task of the one before,
    so that with eager tasks they would."""
    count = 2000
    server = serve(echo)

    async def eager():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(getattr(asyncio, "eager_task_factory", None))
        probe = asyncio.sleep(0)
        try:
            await loop.create_task(probe)
        except TypeError:
            probe.close()
            # Some versions of uvloop and Python disagree about how such a factory is called.
            loop.set_task_factory(None)

    async def lazy():
        asyncio.get_running_loop().set_task_factory(None)

    server.thread.run(eager())
    try:
        client = server.connect()
        client.send(GET * count)
        for _ in range(count):
            assert client.read_response() == ok(b"")
    finally:
        server.thread.run(lazy())


def test_a_continue_when_the_body_is_wanted(serve, gate):
    async def app(scope, receive, send):
        await gate.wait()
        await answer(send, await whole_body(receive))

    server = serve(app)
    client = server.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
    gate.wait_until_reached()
    client.socket.settimeout(0.05)
    with pytest.raises(OSError, match="timed out"):
        client.read_some()
    client.socket.settimeout(20)
    gate.open()
    assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"abc")
    assert client.read_response() == ok(b"abc")


@OURS
def test_no_continue_when_the_body_is_not_wanted(serve):
    """Nobody knows whether the body will come, so that the connection cannot go on. Stock goes on,
    and takes the next request for the body."""

    async def app(scope, receive, send):
        await answer(send, b"no")

    server = serve(app)
    client = server.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_all() == ok(b"no")


@OURS
def test_no_continue_when_the_body_is_there(serve):
    """RFC 9110 §10.1.1 lets a server leave it out then. Stock does not."""
    server = serve(echo)
    assert server.answer(sized(b"abc", b"Expect: 100-continue", b"Connection: close")) == ok(
        b"abc", b"connection: close"
    )


@OURS
def test_an_unread_body_is_drained(serve):
    """A small one, for the sake of the next request."""
    server = serve(show_path)
    client = server.connect()
    client.send(b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"x" * 400)
    assert client.read_response() == ok(b"/1")
    client.send(b"x" * 600 + b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.read_response() == ok(b"/2")


@OURS
def test_a_long_unread_body_closes_the_connection(serve):
    """Stock reads all of it, however long it is."""
    server = serve(show_path)
    client = server.connect()
    client.send(b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
    assert client.read_all() == ok(b"/1")


@OURS
def test_a_chunked_unread_body_is_drained_to_the_limit(serve):
    server = serve(show_path)
    client = server.connect()
    head = b"POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    client.send(head)
    assert client.read_response() == ok(b"/1")
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    client.send(chunk * 4 + b"0\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.read_response() == ok(b"/2")
    client.send(head + chunk * 100)
    # What was not read makes the system reset the connection, perhaps before it was answered.
    assert client.read_all() in (ok(b"/1"), b"")


def test_a_receive_behind_the_body_waits_for_the_end(serve):
    after = []

    async def app(scope, receive, send):
        await whole_body(receive)
        waiting = [asyncio.ensure_future(receive()) for _ in range(2)]
        await asyncio.sleep(0)
        await answer(send, b"done")
        after.extend(await asyncio.gather(*waiting))
        after.append(await receive())

    server = serve(app)
    client = server.connect()
    client.send(sized(b"abc"))
    assert client.read_response() == ok(b"done")
    server.wait_until(lambda: after == [{"type": "http.disconnect"}] * 3)
    client.send(GET)
    assert client.read_response() == ok(b"done")


def test_a_cancelled_receive_loses_nothing(serve, gate):
    async def app(scope, receive, send):
        first = await receive()
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        gate.reach()
        await answer(send, first["body"] + await whole_body(receive))

    client = serve(app).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
    gate.wait_until_reached()
    client.send(b"def")
    assert client.read_response() == ok(b"abcdef")


@OURS
@pytest.mark.parametrize("method", [b"BREW", b"get", b"M-SEARCH"])
def test_any_token_is_a_method(serve, method):
    """Whether it is a good one is for the app to say. Stock refuses those it does not know."""

    async def app(scope, receive, send):
        await answer(send, scope["method"].encode())

    server = serve(app)
    assert server.answer(LAST.replace(b"GET", method)) == ok(method, b"connection: close")


@OURS
def test_white_space_around_values_is_no_part_of_them(serve):
    app = Seen()
    client = serve(app).connect()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX:  y \t\r\n\r\n")
    client.read_response()
    assert app.scopes[0]["headers"] == [(b"host", b"a"), (b"x", b"y")]


@OURS
def test_a_whole_uri_as_target(serve):
    """Its authority is the host (RFC 9112 §3.2.2). Stock keeps the field."""
    app = Seen()
    client = serve(app).connect()
    client.send(b"GET http://b/x?y HTTP/1.1\r\nHost: a\r\n\r\n")
    client.read_response()
    (scope,) = app.scopes
    assert scope["headers"] == [(b"host", b"b")]
    assert (scope["path"], scope["query_string"]) == ("/x", b"y")
