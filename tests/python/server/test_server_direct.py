"""Handlers of CovetPy's that are called without ASGI: as if the framework had called them."""

import asyncio
import copy
import json
import pickle

import pytest
from covet import Covet
from covet.core import app as core
from covet.core import http
from covet_runtime.server.settings import Settings
from serving_apps import GET, sized
from serving_harness import STOCK, TIERS, Gate, Running, protocol

CLOSE = b"Connection: close\r\n"


def get(path, *lines):
    return b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (path, b"".join(lines))


@pytest.fixture
def is_direct(tier):
    """Checks that the requests for an app are answered without asking it."""

    def is_direct(server):
        if tier == "native":
            assert server.decision.reason is None
            assert server.decision.reasons == {}

    return is_direct


def everything():
    app = Covet()
    results = {
        "dict": {"a": [1, None, "é"]},
        "list": [1.5, True],
        "text": "é",
        "bytes": b"\0\xff",
        "none": None,
        "number": 7,
        "tuple": (1, 2),
        "empty": {},
        "surrogate": {"a": "\udc80"},
        "bad-text": "\udc80",
        "set": {"a": {1}},
        "response": http.Response("made", status_code=201, headers={"X-A": "b"}),
    }

    def add(path, result):
        @app.get(f"/sync/{path}")
        def sync(request):
            return result

        @app.get(f"/async/{path}")
        async def coroutine(request):
            return result

        @app.get(f"/later/{path}")
        async def later(request):
            await asyncio.sleep(0)
            return result

    for path, result in results.items():
        add(path, result)

    @app.get("/raise")
    def fail(request):
        raise ValueError("mine")

    @app.get("/raise/later")
    async def fail_later(request):
        await asyncio.sleep(0)
        raise LookupError("mine")

    @app.get("/exit")
    def leave(request):
        raise SystemExit(1)

    @app.get("/u/{a}/{b}")
    async def parameters(request, b, a=None, c=3):
        return [a, b, c, dict(request.path_params)]

    @app.post("/")
    async def read(request):
        return [await request.json(), request.method, request.url, request.content_length]

    paths = [f"/{way}/{path}" for way in ("sync", "async", "later") for path in results]
    return app, [*paths, "/raise", "/raise/later", "/exit", "/u/5/x%20y?q=1", "/u/%C2%B2/1", "/no"]


def judged(loop_thread, make, talk):
    """What `talk` makes of servers of `make()`, in every tier, is what stock has done."""
    found = {}
    for tier in (STOCK, *TIERS):
        server = Running(loop_thread, protocol(tier, Settings()), make())
        try:
            found[tier] = talk(server)
        finally:
            server.stop()
    stock = found.pop(STOCK)
    for tier, ours in found.items():
        assert ours == stock, tier
    return stock


def test_every_kind_of_result(loop_thread, logged):
    _, paths = everything()

    def talk(server):
        answers = [server.answer(get(path.encode(), CLOSE)) for path in paths]
        answers.append(server.answer(sized(b'{"a": [1]}', CLOSE.strip())))
        return answers

    stock = judged(loop_thread, lambda: everything()[0], talk)
    assert len({answer[:12] for answer in stock}) == 5


def test_what_is_logged_of_exceptions(loop_thread, logged, caplog):
    def talk(server):
        caplog.clear()
        logged.records.clear()
        for path in (b"/raise", b"/raise/later", b"/exit"):
            server.answer(get(path, CLOSE))
        records = [r for r in caplog.records if r.name.startswith("covet.")] + logged.bad()
        return [
            (r.name, r.levelname, r.getMessage(), type(r.exc_info[1]))
            for r in records
            if r.exc_info
        ]

    assert len(judged(loop_thread, lambda: everything()[0], talk)) == 3


def test_responses_keep_the_order_of_their_requests(serve, is_direct):
    app = Covet()

    @app.get("/{kind}/{number}")
    async def handler(request, kind, number):
        if kind == "slow":
            await asyncio.sleep(0.001)
        if kind == "bad":
            raise ValueError
        return f"{kind} {number}" if kind != "none" else None

    server = serve(app)
    kinds = [("fast", "slow", "bad", "none", "fast")[number % 5] for number in range(100)]
    client = server.connect()
    client.send(b"".join(get(b"/%b/%d" % (kind.encode(), i)) for i, kind in enumerate(kinds)))
    for number, kind in enumerate(kinds):
        head, _, body = client.read_response().partition(b"\r\n\r\n")
        assert head[9:12] == {"bad": b"500", "none": b"204"}.get(kind, b"200")
        if kind in ("fast", "slow"):
            assert body == b"%b %d" % (kind.encode(), number)
    is_direct(server)


def test_responses_that_nobody_reads_for_a_while(serve, is_direct):
    app = Covet()
    content = b"x" * 300_000

    @app.get("/{number}")
    def handler(request, number):
        return b"%d " % number + content

    server = serve(app)
    client = server.connect(receive_buffer=4096)
    client.send(b"".join(get(b"/%d" % number) for number in range(40)))
    for number in range(40):
        assert client.read_response().endswith(b"\r\n\r\n%d %b" % (number, content))
    is_direct(server)


def change_route(app):
    @app.get("/added")
    def added(request):
        return "added"


def change_table(app):
    app.router.static_routes["/a"]["GET"] = lambda request: "put into the table"


def change_debug(app):
    app.debug = True


class Middleware:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def send_more(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-middleware", b"1")]
            await send(message)

        await self.app(scope, receive, send_more)


def change_middleware(app):
    app.add_middleware(Middleware)


def change_method(app):
    async def handle(scope, receive, send):
        await app._send_raw(200, b"text/plain", b"replaced", send)

    app._handle_http = handle


def change_result(app):
    async def send_result(result, send):
        await app._send_raw(200, b"text/plain", b"replaced result", send)

    app._send_result = send_result


def change_class(app):
    class Other(type(app)):
        async def _send_result(self, result, send):
            await self._send_raw(200, b"text/plain", b"of another class", send)

    app.__class__ = Other


def change_limit(app):
    app.max_body_size = 1


def change_matching(app):
    app.router.match_route = lambda path, method: None


@pytest.mark.parametrize(
    "change",
    [
        change_route,
        change_table,
        change_debug,
        change_middleware,
        change_method,
        change_result,
        change_class,
        change_limit,
        change_matching,
    ],
    ids=lambda change: change.__name__,
)
@pytest.mark.parametrize("when", ["pipelined", "one by one"])
def test_a_handler_that_changes_the_app(loop_thread, logged, change, when):
    requests = [
        get(b"/a"),
        get(b"/change"),
        get(b"/a"),
        get(b"/d/1"),
        get(b"/raise"),
        get(b"/added"),
        sized(b'"long"'),
    ]

    def make():
        app = Covet()

        @app.get("/a")
        def static(request):
            return "static"

        @app.get("/d/{x}")
        def dynamic(request, x):
            return {"x": x}

        @app.get("/raise")
        def fail(request):
            raise ValueError("mine")

        @app.post("/")
        async def read(request):
            return await request.json()

        @app.get("/change")
        def handler(request):
            change(app)
            return "changed"

        return app

    def talk(server):
        client = server.connect()
        if when == "pipelined":
            client.send(b"".join(requests))
            return [client.read_response() for _ in requests]
        answers = []
        for request in requests:
            client.send(request)
            answers.append(client.read_response())
        return answers

    def without_traces(answers):
        return [answer.partition(b'"traceback"')[0] for answer in answers]

    judged(loop_thread, make, lambda server: without_traces(talk(server)))


def test_a_framework_that_is_changed(serve, is_direct, monkeypatch):
    app = Covet()

    @app.get("/")
    def handler(request):
        return {"a": 1}

    server = serve(app)
    client = server.connect()
    client.send(GET)
    assert client.read_response().endswith(b'{"a":1}')
    is_direct(server)
    monkeypatch.setattr(core, "_fast_json_bytes", lambda result: b"other")
    client.send(GET)
    assert client.read_response().endswith(b"other")


NAMES = [name for name in http.Request.__slots__ if name not in ("_receive", "headers")]


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error)


def facts(request):
    """What can be read of a request."""
    return {
        **{name: getattr(request, name) for name in NAMES},
        "headers": dict(request.headers),
        "path": request.path,
        "query": str(request.query.get("q")),
        "content": (request.content_type, request.content_length, request.get_body_bytes()),
        "is": [request.is_json(), request.is_form(), request.is_multipart()],
        "websocket": request.is_websocket(),
        "accepts": request.accepts("text/html"),
        "cookies": request.cookies(),
        "header": [request.get_header("X-A"), request.has_header("x-b")],
        "is a request": isinstance(request, http.Request),
        "class": (type(request).__name__, type(request).__module__, type(request).__doc__),
        "repr": repr(request).partition(" at ")[0],
        "dict": hasattr(request, "__dict__"),
        "new": attempt(setattr, request, "anything", 1),
        "missing": attempt(getattr, request, "user"),
        "pickled": attempt(pickle.dumps, request) is not None,
        "equal": request == request and hash(request) == hash(request),
    }


def genuine(request):
    other = http.Request(scope=request.scope, receive=request._receive)
    other.path_params = request.path_params
    return other


@pytest.fixture
def handle(serve, is_direct):
    """Has a request handled by a function, and returns the text that that has returned."""

    def handle(function, request=None):
        app = Covet()

        @app.post("/p/{x}")
        async def handler(request, x):
            result = function(request)
            return await result if asyncio.iscoroutine(result) else result

        server = serve(app)
        client = server.connect()
        lines = b"Host: a\r\nX-A: 1\r\nCookie: c=d; e=f\r\nContent-Type: application/json\r\n"
        body = b'{"k": [1, 2]}'
        head = b"POST /p/%%C3%%A9?q=%%20z HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n"
        client.send(head % (lines, len(body)) + body)
        response = client.read_response()
        assert response.startswith(b"HTTP/1.1 200 "), response
        is_direct(server)
        return response.partition(b"\r\n\r\n")[2].decode()

    return handle


def test_requests_are_like_genuine_ones(handle):
    def compare(request):
        found = facts(request)
        expected = facts(genuine(request))
        for name, value in expected.items():
            if name not in ("_cookies_cache", "_query"):
                assert found[name] == value, name
        return "same"

    assert handle(compare) == "same"


@pytest.mark.parametrize("name", [*NAMES, "_receive", "headers"])
def test_attributes_are_set_and_deleted_like_genuine_ones(handle, name):
    def use(request):
        setattr(request, name, "set")
        assert getattr(request, name) == "set"
        delattr(request, name)
        with pytest.raises(AttributeError):
            getattr(request, name)
        with pytest.raises(AttributeError):
            delattr(request, name)
        for other in NAMES:
            if other != name:
                getattr(request, other)
        return "done"

    assert handle(use) == "done"


@pytest.mark.parametrize("name", [*NAMES, "_receive", "headers"])
def test_attributes_are_deleted_before_they_are_read(handle, name):
    def use(request):
        delattr(request, name)
        return f"{hasattr(request, name)} {request.has_header('x-a') if name != 'headers' else 1}"

    assert handle(use) in ("False True", "False 1")


def test_a_scope_that_is_changed(handle):
    def use(request):
        request.scope["path"] = request.scope["method"] = "changed"
        request.scope["headers"] = []
        return f"{request.path} {request.method} {request.get_header('x-a')}"

    assert handle(use) == "/p/é POST 1"


def test_copies(handle):
    async def use(request):
        other = copy.copy(request)
        assert other is not request
        assert other.scope is request.scope
        assert isinstance(other, http.Request)
        return f"{other.path} {await other.json()} {type(attempt(copy.deepcopy, request))}"

    assert handle(use).startswith("/p/é {'k': [1, 2]} ")


def test_requests_in_other_tasks(handle):
    async def use(request):
        async def read():
            return await request.json(), request.path_params["x"]

        content, x = await asyncio.ensure_future(read())
        return json.dumps([content, x, await request.json()], ensure_ascii=False)

    assert handle(use) == '[{"k": [1, 2]}, "é", {"k": [1, 2]}]'


def test_requests_that_are_kept(handle):
    kept = []

    def keep(request):
        kept.append(request)
        return "kept"

    handle(keep)
    (request,) = kept
    assert request.path == "/p/é"
    assert request.get_header("x-a") == "1"
    assert dict(request.path_params) == {"x": "é"}
    assert request.scope["method"] == "POST"


def test_a_client_that_goes_during_a_handler(serve, is_direct):
    app, gate, over = Covet(), Gate(), Gate()

    @app.get("/")
    async def handler(request):
        await gate.wait()
        over.reach()
        return "nobody"

    server = serve(app)
    client = server.connect()
    client.send(GET)
    gate.wait_until_reached()
    client.close()
    server.wait_until(lambda: not server.state.connections)
    gate.open()
    over.wait_until_reached()
    server.wait_until(lambda: not server.state.tasks)
    is_direct(server)


def test_a_handler_that_is_cancelled(serve, is_direct, logged):
    app, gate = Covet(), Gate()

    @app.get("/")
    async def handler(request):
        await gate.wait()

    server = serve(app)
    client = server.connect()
    client.send(GET)
    gate.wait_until_reached()

    async def cancel():
        (task,) = server.state.tasks
        task.cancel()

    server.thread.run(cancel())
    assert client.read_all().startswith(b"HTTP/1.1 500 ")
    assert logged.messages() == ["Exception in ASGI application\n"]
    is_direct(server)


def test_a_shutdown_during_a_handler(serve, is_direct):
    app, gate = Covet(), Gate()

    @app.get("/")
    async def handler(request):
        await gate.wait()
        return "last"

    server = serve(app)
    client = server.connect()
    client.send(GET)
    gate.wait_until_reached()
    stopping = server.shut_down()
    server.wait_until(lambda: not server.server.servers[0].is_serving())
    gate.open()
    assert client.read_all().count(b"HTTP/1.1 200 OK") == 1
    stopping.result(20)
    is_direct(server)
