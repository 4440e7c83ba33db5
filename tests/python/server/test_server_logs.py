"""What is logged, and when."""

import asyncio
import logging

import pytest
from covet_runtime.server.settings import Settings
from serving_apps import GET, LAST, OURS, answer, echo

TIMED = Settings(access_log_duration=True)


def test_the_access_log(serve, logged):
    async def app(scope, receive, send):
        await send(
            {"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]}
        )
        await send({"type": "http.response.body"})

    server = serve(app, root_path="/root")
    client = server.connect()
    client.send(b"PUT /a%20b/%C3%A9?x=%20 HTTP/1.1\r\nHost: a\r\n\r\n")
    client.read_response()
    client.send(b"HEAD / HTTP/1.0\r\n\r\n")
    client.read_all()
    first, second = logged.access
    assert first.levelno == logging.INFO
    assert first.msg == '%s - "%s %s HTTP/%s" %d'
    assert first.args == (client_of(first), "PUT", "/root/a%20b/%C3%A9?x=%20", "1.1", 404)
    assert second.args == (client_of(first), "HEAD", "/root/", "1.0", 404)
    assert not hasattr(first, "duration")


def client_of(record):
    host, port = record.args[0].split(":")
    assert host == "127.0.0.1"
    assert int(port)
    return record.args[0]


def test_the_access_log_comes_with_the_head(serve, logged, gate):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await gate.wait()
        await send({"type": "http.response.body"})

    server = serve(app)
    client = server.connect()
    client.send(LAST)
    client.read_until(b"a")
    assert len(logged.access) == 1
    gate.open()
    client.read_all()
    assert len(logged.access) == 1


def test_no_access_log(serve, logged):
    server = serve(echo, access_log=False)
    # uvicorn takes the handlers away, which the tests have put there.
    assert server.config.access_log is False
    server.answer(LAST)


@OURS
def test_durations(serve, logged):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await asyncio.sleep(0.1)
        assert not logged.access
        await send({"type": "http.response.body"})

    server = serve(app, TIMED)
    assert server.answer(LAST).startswith(b"HTTP/1.1 200 OK")
    (record,) = logged.access
    assert 0.09 < record.duration < 20
    assert record.args[1:] == ("GET", "/", "1.1", 200)
    assert not logged.messages()


@OURS
def test_the_duration_of_a_response_that_breaks_off(serve, logged):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise ValueError

    server = serve(app, TIMED)
    server.answer(LAST)
    server.wait_until(lambda: not server.state.tasks)
    (record,) = logged.access
    assert record.duration > 0


@OURS
def test_the_duration_of_an_error(serve, logged):
    async def app(scope, receive, send):
        raise ValueError

    serve(app, TIMED).answer(GET)
    (record,) = logged.access
    assert record.args[-1] == 500
    assert record.duration >= 0


@pytest.mark.parametrize("level", [logging.INFO, 5])
def test_traces_of_connections(serve, logged, level):
    logging.getLogger("uvicorn.error").setLevel(level)
    server = serve(echo)
    client = server.connect()
    client.send(GET)
    client.read_response()
    address = client.address
    client.close()
    server.wait_until(lambda: not server.state.connections)
    traced = [record.getMessage() for record in logged.records if record.levelno == 5]
    expected = [f"{address} - HTTP connection made", f"{address} - HTTP connection lost"]
    assert [line for line in traced if "HTTP" in line] == (expected if level == 5 else [])


def test_an_error_is_logged_with_its_traceback(serve, logged):
    error = ValueError("mine")

    async def app(scope, receive, send):
        raise error

    serve(app).answer(GET)
    (record,) = logged.bad()
    assert (record.name, record.levelno) == ("uvicorn.error", logging.ERROR)
    assert record.exc_info[1] is error


def test_the_log_has_what_middleware_made_of_the_scope(serve, logged):
    async def app(scope, receive, send):
        scope["client"] = ("proxy", 1)
        scope["path"] = "/other"
        await answer(send, b"")

    serve(app).answer(LAST)
    assert logged.access[0].args == ("proxy:1", "GET", "/other", "1.1", 200)
