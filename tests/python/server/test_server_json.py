"""`await request.json()` in handlers: what CovetPy reads, on every tier and without any of ours."""

import asyncio
import gzip
import inspect
import json
import warnings

import covet_runtime
import pytest
from covet import Covet
from covet.core import http
from serving_apps import OURS
from serving_harness import STOCK

# What a handler finds out is told by it as the text of this.
TOLD = b"\r\n\r\n"


@pytest.fixture
def installed(tier):
    """An app with one handler, and ours installed unless the tier has nothing of it."""
    apps = []

    def installed(handler, limit=None):
        app = Covet()
        if limit is not None:
            app.max_body_size = limit
        for known in ("get", "post"):
            getattr(app, known)("/")(handler)
        if tier != STOCK:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                covet_runtime.install(app)
            apps.append(app)
        return app

    yield installed
    for app in apps:
        covet_runtime.uninstall(app)


@pytest.fixture
def told(serve, installed):
    """Serve a handler, send it a body, and give what it returns, or a status other than 200."""

    def told(handler, body, method="POST", limit=None, segments=None, fields=b""):
        head = b"%s / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n"
        head %= (method.encode(), len(body), fields)
        client = serve(installed(handler, limit)).connect()
        for segment in segments(head, body) if segments else (head + body,):
            client.send(segment)
        response = client.read_response()
        if response.startswith(b"HTTP/1.1 200"):
            return response.partition(TOLD)[2].decode()
        return int(response[9:12])

    return told


BODIES = [
    b"{}", b"[]", b'{"a": [1, 2.5, "\xc3\xa9", null, true]}', b'{"a": 1, "b": 2, "a": 3}', b"5",
    b'"text"', b"null", b"false", b"0", b"", b" ", b"nonsense", b"{", b'{"a": NaN}', b"\xff",
    b"\xef\xbb\xbf{}", b"[" * 300 + b"]" * 300, b'"\\ud800"', b"9" * 30, b"1e400", b"[1,]",
    b'{"long": "' + b"x" * 60_000 + b'"}', b'{"longer": "' + b"x" * 200_000 + b'"}',
]  # fmt: skip


def expected(body):
    if not body:
        return "{}"
    try:
        return repr(json.loads(body.decode("utf-8")))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


async def read(request):
    try:
        return repr(await request.json())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
def test_bodies(told, body):
    assert told(read, body) == expected(body)
    assert told(read, body, "GET") == expected(body)


@pytest.mark.parametrize("body", [b'{"a": 1}', b"null", b"", b"nonsense"])
def test_bodies_in_segments(told, body):
    def apart(head, body):
        return (head, body[:1], body[1:])

    assert told(read, body, segments=apart) == expected(body)
    assert told(read, body, segments=lambda head, body: (head[:9], head[9:] + body)) == expected(
        body
    )


def test_an_error_is_answered_as_by_the_framework(told):
    async def handler(request):
        return await request.json()

    assert told(handler, b'{"a": 1}') == '{"a":1}'
    assert told(handler, b"nonsense") == 500


def test_what_is_read_is_kept(told):
    async def handler(request):
        one = await request.json()
        return repr([one is await request.json(), request._json_cache is one])

    for body in (b"{}", b"[1]", b"[]", b'"a"', b"0"):
        assert told(handler, body) == "[True, True]"


async def is_waiting(awaitable):
    """Whether something does not come to its end in a while."""
    task = asyncio.ensure_future(awaitable)
    await asyncio.wait([task], timeout=0.05)
    waits = not task.done()
    task.cancel()
    return waits


def test_what_was_read_is_not_received_again(told):
    async def handler(request):
        return repr([await request.json(), await is_waiting(request._receive())])

    assert told(handler, b"[1]") == "[[1], True]"
    assert told(handler, b"null") == "[None, True]"
    assert told(handler, b"") == "[{}, True]"

    async def again(request):
        results = []
        for _ in range(2):
            try:
                results.append(await asyncio.wait_for(request.json(), 0.05))
            except Exception as error:
                results.append(type(error).__name__)
        return repr(results)

    assert told(again, b"null") == "[None, 'TimeoutError']"
    assert told(again, b"nonsense") == "['JSONDecodeError', 'TimeoutError']"


def test_who_has_begun_to_receive(told):
    async def handler(request):
        message = await request._receive()
        return repr([message["body"], await is_waiting(request.json())])

    assert told(handler, b"[1]") == "[b'[1]', True]"


def test_another_body(told):
    async def handler(request):
        async def receive():
            return {"type": "http.request", "body": b"[2]"}

        found = []
        request._body = b"[1]"
        found.append(await request.json())
        request._body = request._json_cache = None
        request._receive = receive
        found.append(await request.json())
        request._json_cache = "kept"
        found.append(await request.json())
        return repr(found)

    assert told(handler, b"[0]") == "[[1], [2], 'kept']"


@pytest.mark.parametrize("size", [99, 100, 101])
def test_the_limit(told, size):
    body = b'"' + b"x" * (size - 2) + b'"'

    async def handler(request):
        return await request.json()

    is_larger = size > 100
    assert told(handler, body, limit=100) == (413 if is_larger else body.decode()[1:-1])
    assert told(handler, body, "GET", limit=100) == body.decode()[1:-1]
    for none in (0, -1):
        assert told(handler, body, limit=none) == body.decode()[1:-1]
    for other in (100.0, 2**70, True):
        too_large = size > other
        assert told(handler, body, limit=other) == (413 if too_large else body.decode()[1:-1])


def test_more_than_the_limit_in_parts(told):
    body = b'"' + b"x" * 300_000 + b'"'

    async def handler(request):
        return str(len(await request.json()))

    assert told(handler, body, limit=300_002) == "300000"
    assert told(handler, body, limit=300_001) == 413


def test_a_client_that_waits_to_be_asked(serve, installed):
    client = serve(installed(read)).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_response() == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"[1]")
    assert client.read_response().endswith(TOLD + b"[1]")


def test_a_function_in_the_place_of_json_loads(told, monkeypatch):
    original = json.loads

    def other(text, **options):
        # Whoever else reads JSON in this process is left alone.
        return ["other", text] if text == "[1]" else original(text, **options)

    monkeypatch.setattr(json, "loads", other)
    assert told(read, b"[1]") == "['other', '[1]']"


def test_a_method_in_the_place_of_the_frameworks(told, monkeypatch):
    async def other(self):
        return "other"

    async def handler(request):
        return repr(await request.json())

    monkeypatch.setattr(http.Request, "json", other)
    assert told(handler, b"[1]") == "'other'"


def test_the_method_looks_the_same(told):
    async def handler(request):
        method = request.json
        return repr([inspect.iscoroutinefunction(method), method.__qualname__, method.__doc__])

    own = http.Request.json
    assert told(handler, b"[1]") == repr([True, own.__qualname__, own.__doc__])


def test_other_attributes_beside_it(told):
    async def handler(request):
        return repr([request.method, await request.json(), request.headers.get("host"),
                     request.content_length, request.path])  # fmt: skip

    assert told(handler, b"[1]") == "['POST', [1], 'a', 3, '/']"


@OURS
def test_it_is_read_in_one_go(told, tier):
    """The native tier does not make a way to receive what is there already."""

    async def handler(request):
        value = await request.json()
        slot = http.Request._receive
        try:
            slot.__get__(request)
        except AttributeError:
            return f"{value} at once"
        return f"{value} received"

    usual = "received" if tier == "pure" else "at once"
    assert told(handler, b"[1]") == f"[1] {usual}"
    assert told(handler, b"[NaN]") == "[nan] received"


def test_a_body_that_is_compressed(told):
    assert told(read, gzip.compress(b"[1]")) == expected(gzip.compress(b"[1]"))
