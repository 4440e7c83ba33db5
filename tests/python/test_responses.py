"""The answers of installed apps: whole responses as the stock app gives them, in every tier."""

import asyncio
import collections
import copy
import dataclasses
import decimal
import functools
import gc
import logging
import pickle
import re
import sys
import types
import weakref

import asgi
import covet_runtime
import pytest
from covet import Covet
from covet.core import app as core
from covet.core.http import JSONResponse, Request, Response
from covet_runtime import _loader, installation, json, metrics, routing, uninstall, why
from fake_wheels import write_wheel

EXTENSION = _loader.extension()

# What is put on an app.
PUT = {"_handle_http", "__getstate__", "_covet_runtime"}


class Counting(routing.RouteTable):
    """The pure table, which tells who asked for the serializer of which endpoint."""

    def __init__(self, endpoints):
        super().__init__(endpoints)
        self._names = [f"{method} {path}" for path, method in endpoints]

    def serializer(self, endpoint, *, models=False):
        write = super().serializer(endpoint, models=models)

        def serialize(obj):
            WRITTEN.append(self._names[endpoint])
            return write(obj)

        return serialize


WRITTEN = []


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """No extension, no other app, nothing asked for."""
    monkeypatch.setattr(_loader, "_loaded", _loader.Native(None, "there is no extension"))
    monkeypatch.setattr(_loader, "_warned", True)
    monkeypatch.setattr(installation, "_apps", [])
    monkeypatch.delenv("COVET_TIER", raising=False)
    monkeypatch.delenv("COVET_USE_RUST", raising=False)
    WRITTEN.clear()


def stand_in(monkeypatch):
    module = types.ModuleType("covet_runtime._native")
    module.RouteTable = Counting

    def generic(obj):
        WRITTEN.append("generic")
        return json.json_dumps_bytes(obj)

    module.json_dumps_bytes = generic
    monkeypatch.setattr(_loader, "_loaded", _loader.Native(module, "it is loaded"))


@pytest.fixture
def counted(monkeypatch):
    """A stand-in for the extension whose serializers put down their routes in `WRITTEN`."""
    stand_in(monkeypatch)


@pytest.fixture(params=["pure", "stand-in", "native", "generated"])
def install(request, monkeypatch, tmp_path):
    """`install` with one tier. The wheel is a stand-in, too: the table is the pure one."""
    tier = request.param
    if tier == "native":
        if EXTENSION.module is None:
            pytest.fail(f"the extension is not built: {EXTENSION.reason}")
        monkeypatch.setattr(_loader, "_loaded", EXTENSION)
    if tier == "stand-in":
        stand_in(monkeypatch)

    def install(app):
        if tier == "generated":
            monkeypatch.syspath_prepend(str(tmp_path))
            write_wheel(tmp_path, app)
        done = covet_runtime.install(app)
        assert done.tier == {"stand-in": "native"}.get(tier, tier)
        assert done.responses == ("framework" if tier == "pure" else done.tier)
        return app

    yield install
    sys.modules.pop("blog_covet", None)


ADDRESS = re.compile(rb"0x[0-9a-f]+")


def answer(app, method, path, **options):
    """A whole response without addresses in memory, or the exception that left the app."""
    try:
        response = asgi.call(app, method, path, **options)
    except Exception as error:
        return type(error), str(error)
    length = str(len(response.body)).encode()
    headers = [
        (name, b"the right one" if name.lower() == b"content-length" and value == length else value)
        for name, value in response.headers
    ]
    return response.status, headers, ADDRESS.sub(b"0x", response.body)


def answers(app, requests, caplog):
    """The answers to (method, path) pairs, and what the framework logs meanwhile."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG, core.logger.name):
        found = [answer(app, *request) for request in requests]
    logged = [
        (record.name, record.levelname, record.getMessage(), bool(record.exc_info))
        for record in caplog.records
        if record.name == core.logger.name
    ]
    return found, logged


# ── Results ────────────────────────────────────────────────────────────────────────────────────


class Liar(dict):
    def items(self):
        return [("a", "lie")]


class Changing(dict):
    """Its items are others each time."""

    def items(self):
        self["n"] = self.get("n", 0) + 1
        return [("n", self["n"])]


class Rows(list):
    def __iter__(self):
        return iter(["lie"])


class SaysDict:
    __class__ = dict


class SaysResponse(dict):
    __class__ = Response


class Mine(Response):
    pass


class NoHash(type):
    def __eq__(cls, other):
        return cls is other


class Unhashable(metaclass=NoHash):
    def __str__(self):
        return "an object whose class has no hash"


class UnhashableResponse(Response, metaclass=NoHash):
    pass


@dataclasses.dataclass
class Point:
    x: int = 1


Pair = collections.namedtuple("Pair", "a b")


def with_headers():
    return Response("x", headers={"X-Own": "1", "cache-control": "max-age=5"}, status_code=418)


def closed_coroutine():
    async def nothing(): ...

    made = nothing()
    made.close()
    return made


def cycle():
    found = {}
    found["self"] = [found]
    return found


def deep():
    found = []
    for _ in range(100_000):
        found = [found]
    return found


RESULTS = {
    "dict": lambda: {"id": 7, "name": "Ünï", "none": None, "list": [1.5, True], "q": '"\\/\n\x7f'},
    "empty dict": dict,
    "list": lambda: [{"a": 1}, 2, "3"],
    "empty list": list,
    "odd keys": lambda: {None: 1, True: 2, 1.5: 3, 7: 4},
    "nan": lambda: {"n": float("nan"), "i": float("-inf")},
    "large int": lambda: [10**40],
    "tuples": lambda: [(1, 2), Pair(3, 4)],
    "OrderedDict": lambda: collections.OrderedDict(b=1, a=2),
    "Counter": lambda: collections.Counter("aab"),
    "lying dict": lambda: Liar(a="truth"),
    "changing dict": lambda: Changing(n=1),
    "lying list": lambda: Rows([1, 2]),
    "says it is a dict": SaysDict,
    "dict that says it is a Response": SaysResponse,
    "surrogate": lambda: {"text": "\ud800"},
    "surrogate key": lambda: {"\udfff": 1},
    "Decimal": lambda: {"price": decimal.Decimal("1.50")},
    "set": lambda: [{1}],
    "odd key": lambda: {(1, 2): 3},
    "cycle": cycle,
    "deep": deep,
    "str": lambda: "Grüße",
    "str with a surrogate": lambda: "\ud800",
    "bytes": lambda: b"\x00\xff",
    "None": lambda: None,
    "Response": with_headers,
    "Response of a dict": lambda: Response({"a": 1}),
    "JSONResponse": lambda: JSONResponse({"a": "ü"}, status_code=201),
    "subclass of Response": lambda: Mine("mine"),
    "object of a class without a hash": Unhashable,
    "Response of a class without a hash": lambda: UnhashableResponse("mine"),
    "tuple": lambda: ({"a": 1}, 404),
    "int": lambda: 5,
    "True": lambda: True,
    "dataclass": Point,
    "generator": lambda: (x for x in ()),
    "coroutine": closed_coroutine,
    "mappingproxy": lambda: types.MappingProxyType({"a": 1}),
}


def app_of_results():
    app = Covet()
    for number, make in enumerate(RESULTS.values()):

        def sync(request, make=make):
            return make()

        async def coroutine(request, make=make):
            await asyncio.sleep(0)
            return make()

        def plain(request, x, make=make):
            return make()

        async def waiting(request, x, make=make):
            return make()

        app.get(f"/{number}/sync")(sync)
        app.get(f"/{number}/async")(coroutine)
        app.get(f"/{number}/sync/{{x}}")(plain)
        # Given to the router itself, so the framework has noted nothing on it.
        app.router.add_route(f"/{number}/async/{{x}}", waiting, ["GET"])
    return app


@pytest.fixture(scope="module")
def stock():
    return app_of_results()


@pytest.mark.parametrize("way", ["sync", "async", "sync/x", "async/x"])
def test_every_result(install, stock, caplog, way):
    app = install(app_of_results())
    for number, name in enumerate(RESULTS):
        request = [("GET", f"/{number}/{way}")]
        assert answers(app, request, caplog) == answers(stock, request, caplog), name


def test_which_results_have_which_status(stock):
    """Control: what is meant to fail fails, and what is JSON is JSON."""
    found = {name: answer(stock, "GET", f"/{number}/sync") for number, name in enumerate(RESULTS)}
    assert {name for name, (status, *_) in found.items() if status == 500} == {
        "surrogate", "surrogate key", "Decimal", "set", "odd key", "cycle", "deep",
        "says it is a dict", "dict that says it is a Response", "str with a surrogate",
    }  # fmt: skip
    assert found["nan"][2] == b'{"n":NaN,"i":-Infinity}'
    assert found["None"][0] == 204


@pytest.mark.parametrize("path", ["/none", "/ü", "", '/"\\', "/\udc80", "/\x00\n", "*"])
@pytest.mark.parametrize("method", ["GET", "POST", "get"])
def test_no_route(install, caplog, path, method):
    app = Covet()
    app.get("/s")(result_of({}))
    expected = answers(app, [(method, path)], caplog)
    assert answers(install(app), [(method, path)], caplog) == expected
    assert expected[0][0][0] == (UnicodeEncodeError if path == "/\udc80" else 404)


def result_of(value):
    """A new handler: the framework writes on those that it is given."""

    async def handler(request):
        return value

    return handler


# ── Who writes ─────────────────────────────────────────────────────────────────────────────────


def blog():
    app = Covet()

    @app.get("/page")
    async def page(request):
        return {"page": 1}

    @app.route("/users/{id}", methods=["GET", "PUT"])
    def user(request, id):
        return [id]

    @app.get("/text")
    async def text(request):
        return "text"

    return app


def written(app, *paths):
    WRITTEN.clear()
    for path in paths:
        asgi.call(app, "GET", path)
    return list(WRITTEN)


ALL = ("/page", "/users/5", "/text", "/none")
BY_ROUTE = ["GET /page", "GET /users/{id}", "generic"]


def test_each_route_has_its_serializer(counted):
    app = blog()
    assert covet_runtime.install(app).responses == "native"
    assert written(app, *ALL) == BY_ROUTE


def test_subclasses_are_written_by_the_serializer(counted):
    app = Covet()
    for name in ("OrderedDict", "lying dict", "lying list", "says it is a dict", "str", "tuple"):
        app.get(f"/{name}")(result_of(RESULTS[name]()))
    covet_runtime.install(app)
    paths = list(app.router.static_routes)
    assert written(app, *paths) == [f"GET {path}" for path in paths[:4]]


def test_static_routes_do_not_ask_the_router(counted):
    app = blog()
    covet_runtime.install(app)
    app.router.match_route = None
    assert written(app, "/page") == ["GET /page"]


def test_routes_of_one_handler_share_the_first_one(counted):
    app = Covet()
    handler = result_of({})
    app.router.add_route("/socket", handler, ["WEBSOCKET"])
    for path in ("/a", "/b", "/c/{x}"):
        app.router.add_route(path, handler, ["GET"])
    covet_runtime.install(app)
    assert written(app, "/a", "/b", "/c/1") == ["GET /a"] * 3


def test_pure_python_has_nothing_to_win():
    app = blog()
    done = covet_runtime.install(app)
    assert (done.tier, done.responses) == ("pure", "framework")
    assert PUT.isdisjoint(vars(app))
    assert "responses" not in done.why


def test_a_handler_that_comes_later(counted):
    app = blog()
    covet_runtime.install(app)
    app.get("/late")(result_of({"late": 1}))
    assert written(app, "/late") == ["generic"]
    # The next match builds a new table, and with it new serializers.
    assert written(app, "/users/5", "/late", "/page") == [
        "GET /users/{id}",
        "GET /late",
        "GET /page",
    ]


def test_a_table_that_cannot_be_compiled_gives_all_back(counted, caplog):
    app = blog()
    covet_runtime.install(app)
    app.get("/<int:x>")(result_of({}))
    assert covet_runtime.active_tier(app) == "framework"
    assert PUT.isdisjoint(vars(app))
    assert written(app, "/page") == []


def test_handlers_that_are_replaced(install):
    """Also the framework's own oddity: its table of static routes is not told by the router."""
    apps = blog(), install(blog())
    for app in apps:
        asgi.call(app, "GET", "/page")
        app.router.add_route("/page", result_of({"page": 2}), ["GET"])
        app.router.add_route("/users/{id}", result_of({"never": 1}), ["GET"])
    stale = [[answer(app, "GET", path) for path in ALL] for app in apps]
    assert stale[0] == stale[1]
    assert b'{"page":1}' in stale[0][0]
    for app in apps:
        app.get("/page")(result_of({"page": 3}))
    fresh = [[answer(app, "GET", path) for path in ALL] for app in apps]
    assert fresh[0] == fresh[1]
    assert b'{"page":3}' in fresh[0][0]


class Falsy:
    """Tables may be edited by anyone."""

    def __init__(self, handler):
        self.handler, self.params = handler, {}

    def __bool__(self):
        return False


def test_a_match_that_is_false_is_none(counted):
    app = blog()
    covet_runtime.install(app)
    app.router.match_route = lambda path, method: Falsy(result_of({}))
    assert asgi.call(app, "GET", "/users/1").status == 404


# ── What somebody else has replaced ────────────────────────────────────────────────────────────


def shouting(obj):
    return json.json_dumps_bytes(obj).upper()


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (lambda m, app: m.setattr(core, "_fast_json_bytes", shouting), "covet.core.app._f"),
        (
            lambda m, app: m.setattr(
                core, "_fast_json_bytes", functools.wraps(core._fast_json_bytes)(shouting)
            ),
            "covet.core.app._fast_json_bytes was replaced",
        ),
        (
            lambda m, app: m.setattr(core, "_json_dumps", lambda obj, **_: repr(obj)),
            "covet.core.app._json_dumps was replaced",
        ),
        (lambda m, app: m.setattr(core, "_json_encoder", object()), "another encoder"),
        (
            lambda m, app: m.setattr(Covet, "_send_result", lambda *_: None),
            "Covet._send_result was replaced",
        ),
        (
            lambda m, app: m.setattr(Covet, "_handle_http", lambda *_: None),
            "Covet._handle_http was replaced",
        ),
        (
            lambda m, app: vars(app).update(_send_result=None),
            "the app has a _send_result of its own",
        ),
        (
            lambda m, app: vars(app).update(_handle_http=None),
            "the app has a _handle_http of its own",
        ),
        (
            lambda m, app: vars(app).update(__getstate__=dict),
            "the app has a __getstate__ of its own",
        ),
        (
            lambda m, app: m.setattr("covet.__version__", "0.1.0b7"),
            "CovetPy 0.1.0b7 may answer in other ways than 0.1.0b6",
        ),
        (lambda m, app: m.delattr(core, "_json_dumps"), "AttributeError: "),
    ],
)
def test_before_is_said_and_left_alone(counted, monkeypatch, patch, reason):
    app = blog()
    patch(monkeypatch, app)
    before = dict(vars(app))
    done = covet_runtime.install(app)
    assert (done.tier, done.responses) == ("native", "framework")
    assert f"responses are left to the framework: {reason}" in done.why
    assert done.why == why(app)
    assert vars(app) == before
    assert app.router.match_route("/users/1", "GET").params == {"id": 1}


def test_serializers_that_fail_to_come(monkeypatch):
    class Broken(routing.RouteTable):
        def serializer(self, endpoint, *, models=False):
            raise RuntimeError("no serializer today")

    module = types.SimpleNamespace(RouteTable=Broken, __name__="broken")
    monkeypatch.setattr(_loader, "_loaded", _loader.Native(module, "it is loaded"))
    app = blog()
    assert "RuntimeError: no serializer today" in covet_runtime.install(app).why
    assert PUT.isdisjoint(vars(app))
    assert asgi.call(app, "GET", "/page").body == b'{"page":1}'


def test_a_writer_that_is_replaced_afterwards(install, monkeypatch):
    app = install(blog())
    with monkeypatch.context() as patched:
        patched.setattr(core, "_fast_json_bytes", shouting)
        assert asgi.call(app, "GET", "/page").body == b'{"PAGE":1}'
        assert asgi.call(app, "GET", "/none").body == b'{"ERROR":"NOT FOUND","PATH":"/NONE"}'
    assert asgi.call(app, "GET", "/page").body == b'{"page":1}'


def test_methods_that_are_replaced_afterwards(install, monkeypatch):
    app = install(blog())
    seen = []

    def spy(name):
        original = getattr(Covet, name)

        async def replaced(self, *arguments):
            seen.append(name)
            await original(self, *arguments)

        return replaced

    with monkeypatch.context() as patched:
        for name in ("_send_raw", "_send_result", "_handle_http"):
            patched.setattr(Covet, name, spy(name))
            for path in ALL:
                asgi.call(app, "GET", path)
            counts = collections.Counter(seen)
            assert counts[name] >= 3, name
            seen.clear()
    app._send_result = types.MethodType(spy("_send_result"), app)
    asgi.call(app, "GET", "/page")
    assert seen == ["_send_result"]


def test_who_wraps_the_method(install):
    app = install(blog())
    kept, seen = app._handle_http, []

    async def traced(*arguments):
        seen.append(1)
        await kept(*arguments)

    app._handle_http = traced
    assert asgi.call(app, "GET", "/page").body == b'{"page":1}'
    uninstall(app)
    assert app._handle_http is traced
    assert asgi.call(app, "GET", "/page").body == b'{"page":1}'
    assert len(seen) == 2


def test_another_class_afterwards(install):
    class Other(Covet):
        async def _handle_http(self, scope, receive, send):
            await self._send_raw(200, b"text/plain", b"other", send)

    app = install(blog())
    app.__class__ = Other
    assert asgi.call(app, "GET", "/page").body == b"other"


# ── Debugging ──────────────────────────────────────────────────────────────────────────────────


def failing():
    app = Covet()

    @app.get("/bad")
    async def bad(request):
        return {"bad": decimal.Decimal(1)}

    @app.get("/bad/{x}")
    def worse(request, x):
        raise KeyError(x)

    app.get("/page")(result_of({"page": 1}))
    return app


FAILING = [("GET", "/bad"), ("GET", "/bad/1"), ("GET", "/page"), ("GET", "/none")]


@pytest.mark.parametrize("at_install", [False, True])
def test_debug_is_looked_at_for_each_request(install, caplog, at_install):
    stock, app = failing(), failing()
    app.debug = at_install
    install(app)
    for debug in (at_install, not at_install, at_install):
        stock.debug = app.debug = debug
        expected = answers(stock, FAILING, caplog)
        assert answers(app, FAILING, caplog) == expected
        assert (b"Traceback" in expected[0][0][2]) == debug
        assert [message for _, _, message, _ in expected[1]] == [
            "Error handling request: Object of type Decimal is not JSON serializable",
            "Error handling request: 1",
        ]


# ── Requests ───────────────────────────────────────────────────────────────────────────────────


class Baked(Request):
    """A request on which something has set cookies. The stock one cannot hold any."""

    __slots__ = ("set_cookies",)


@pytest.mark.parametrize("cookies", [None, [], ["a=1", b"b=2"]])
def test_cookies(install, monkeypatch, caplog, cookies):
    def make(scope, receive):
        request = Baked(scope=scope, receive=receive)
        request.set_cookies = cookies
        return request

    monkeypatch.setattr(core, "Request", make)
    stock, app = failing(), install(failing())
    assert answers(app, FAILING, caplog) == answers(stock, FAILING, caplog)
    found = [value for name, value in asgi.call(app, "GET", "/page").headers
             if name == b"set-cookie"]  # fmt: skip
    assert found == ([b"a=1", b"b=2"] if cookies else [])


def reading():
    app = Covet(max_body_size=10)

    @app.route("/read", methods=["GET", "POST", "HEAD", "OPTIONS"])
    async def read(request):
        message = await request._receive()
        return {"read": len(message["body"])}

    @app.post("/read/{x}")
    async def read_all(request, x):
        length = 0
        while True:
            message = await request._receive()
            length += len(message["body"])
            if not message["more_body"]:
                return [x, length]

    @app.post("/catch")
    async def catch(request):
        try:
            await request._receive()
        except Exception as error:
            return {"caught": str(error)}

    app.post("/ignore")(result_of({"ignored": True}))
    return app


@pytest.mark.parametrize("limit", [10, 0, -1, 2.5, float("inf")])
def test_the_limit_of_a_body(install, caplog, limit):
    stock, app = reading(), install(reading())
    stock.max_body_size = app.max_body_size = limit
    for body in (b"", b"x" * 10, b"x" * 11):
        for method, path in [
            ("GET", "/read"), ("HEAD", "/read"), ("OPTIONS", "/read"), ("POST", "/read"),
            ("POST", "/read/1"), ("POST", "/catch"), ("POST", "/ignore"), ("POST", "/none"),
        ]:  # fmt: skip
            for chunks in (None, [body, body]):
                sent = {"body": body, "chunks": chunks}
                found = answer(app, method, path, **sent)
                assert found == answer(stock, method, path, **sent), (method, path)
    if limit == 10:
        assert answer(app, "POST", "/read", body=b"x" * 11)[0] == 413


def test_a_limit_that_is_none(install, caplog):
    """The framework fails within what becomes a 500. `install` refuses such an app."""
    stock, app = reading(), install(reading())
    stock.max_body_size = app.max_body_size = None
    requests = [("POST", "/read"), ("GET", "/none")]
    expected = answers(stock, requests, caplog)
    assert answers(app, requests, caplog) == expected
    assert [status for status, *_ in expected[0]] == [500, 404]


def test_the_order_of_effects(install, monkeypatch):
    events = []
    request_class, limited, raw = core.Request, Covet._size_limited_receive, Covet._send_raw

    def make(**given):
        events.append("request")
        return request_class(**given)

    def limit(self, receive):
        events.append("limit")
        return limited(self, receive)

    async def send_raw(self, status, *rest):
        events.append(status)
        await raw(self, status, *rest)

    monkeypatch.setattr(core, "Request", make)
    monkeypatch.setattr(Covet, "_size_limited_receive", limit)
    monkeypatch.setattr(Covet, "_send_raw", send_raw)

    def build():
        app = Covet()

        @app.post("/s")
        async def static(request):
            events.append("handler")
            return Liar(a=1)

        @app.post("/d/{x}")
        def dynamic(request, x):
            events.append(("handler", x))
            raise ValueError(x)

        return app

    def effects(app):
        events.clear()
        for path in ("/s", "/d/1", "/d/²", "/none"):
            events.append(answer(app, "POST", path)[0])
        return list(events)

    found = effects(install(build()))
    assert found == effects(build())
    assert found == ["limit", "request", "handler", 200, 200,
                     "limit", "request", ("handler", 1), 500, 500,
                     ValueError, 404, 404]  # fmt: skip


@pytest.mark.parametrize("path", ["/{x}", "/s"])
@pytest.mark.parametrize("scope", [{}, {"path": "/s"}, {"path": ["/s"], "method": "GET"}])
def test_scopes_that_no_server_sends(install, path, scope):
    def outcome(app):
        coroutine = app({"type": "http", **scope}, None, None)
        with pytest.raises((KeyError, TypeError)) as caught:
            coroutine.send(None)
        return caught.type, caught.value.args

    def build():
        app = Covet()
        app.get(path)(result_of({}))
        return app

    assert outcome(install(build())) == outcome(build())


class Odd:
    """A handler that is no function, and that cannot be hashed."""

    __hash__ = None
    __name__ = __qualname__ = "odd"

    def __init__(self, coroutine):
        self._covet_is_coroutine = coroutine

    def __call__(self, request, y=1, x=2):
        answer = {"x": x, "y": y}

        async def later():
            return answer

        return later() if self._covet_is_coroutine else answer


def test_handlers_that_are_no_functions(install, caplog):
    def build():
        app = Covet()
        app.router.add_route("/s", Odd(False), ["GET"])
        app.router.add_route("/d/{x}/{z}", Odd(True), ["GET"])

        def keyword_only(request, *, x):
            return x

        def by_signature(request, b="b", a="a"):
            return [a, b]

        def request_in_path(request, x):
            return [str(type(request)), x]

        app.router.add_route("/r/{request}/{x}", request_in_path, ["GET"])
        app.router.add_route("/k/{x}", keyword_only, ["GET"])
        app.router.add_route("/a/{a}", by_signature, ["GET"])
        return app

    requests = [("GET", path) for path in ("/s", "/d/7/8", "/k/1", "/a/9", "/r/1/2")]
    expected = answers(build(), requests, caplog)
    assert answers(install(build()), requests, caplog) == expected
    assert [found[0] for found in expected[0]] == [200, 200, 500, 200, 200]


# ── The loop ───────────────────────────────────────────────────────────────────────────────────


def test_requests_that_overlap(install):
    def build():
        app = Covet()
        arrived, go_on = [], []

        @app.get("/wait/{name}")
        async def wait(request, name):
            arrived.append(name)
            if len(arrived) == 3:
                for event in go_on:
                    event.set()
            else:
                go_on.append(asyncio.Event())
                await go_on[-1].wait()
            await asyncio.sleep(0)
            return {"name": name, "params": dict(request.path_params)}

        return app

    async def three(app):
        names = ["a", "b", "c"]
        return await asyncio.gather(*(asgi.request(app, "GET", f"/wait/{n}") for n in names))

    found = asyncio.run(three(install(build())))
    assert found == asyncio.run(three(build()))
    assert found[1].body == b'{"name":"b","params":{"name":"b"}}'


def test_cancelling(install, caplog):
    def build(seen):
        app = Covet()

        @app.get("/slow")
        async def slow(request):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        @app.get("/exit")
        async def leave(request):
            raise asyncio.CancelledError("by itself")

        return app

    async def cancel(app, seen):
        task = asyncio.ensure_future(asgi.request(app, "GET", "/slow"))
        await asyncio.sleep(0.01)
        task.cancel()
        for each in (task, asgi.request(app, "GET", "/exit")):
            with pytest.raises(asyncio.CancelledError):
                await each
        seen.append(len(caplog.records))

    outcomes = []
    for make in (lambda app: app, install):
        seen = []
        app = make(build(seen))
        caplog.clear()
        asyncio.run(cancel(app, seen))
        outcomes.append(seen)
    assert outcomes == [["cancelled", 0]] * 2


def test_exits_leave_the_app(install):
    app = Covet()

    @app.get("/exit")
    def leave(request):
        raise SystemExit(3)

    install(app)
    coroutine = app({"type": "http", "path": "/exit", "method": "GET"}, None, None)
    with pytest.raises(SystemExit):
        coroutine.send(None)


def test_a_client_that_has_gone(install, caplog):
    """The framework takes that for an error of the handler, and answers once more."""

    async def attempts(app, path):
        sent = []

        async def send(message):
            sent.append(message["type"])
            raise OSError("gone")

        with pytest.raises(OSError, match="gone"):
            await app({"type": "http", "path": path, "method": "GET"}, None, send)
        return sent

    stock, app = blog(), install(blog())
    for path in ALL:
        expected = asyncio.run(attempts(stock, path))
        assert asyncio.run(attempts(app, path)) == expected
        assert len(expected) == (1 if path == "/none" else 2)


def test_the_other_protocols(install):
    def build(seen):
        app = Covet()

        async def echo(scope, receive, send):
            await receive()
            await send({"type": "websocket.send", "text": "hello"})

        app.router.add_route("/ws", echo, ["WEBSOCKET"])
        app.on_startup(lambda: seen.append("up"))
        app.on_shutdown(lambda: seen.append("down"))
        return app

    async def session(app):
        async with asgi.lifespan(app):
            return [await asgi.websocket(app, path, ["x"]) for path in ("/ws", "/none")]

    seen = []
    assert asyncio.run(session(install(build(seen)))) == asyncio.run(session(build(seen)))
    assert seen == ["up", "down"] * 2


# ── Middleware ─────────────────────────────────────────────────────────────────────────────────


class Marking:
    """Adds a header to each response. It can be copied and pickled."""

    def __init__(self, app, mark=b"1"):
        self.mark = mark

    async def __call__(self, scope, receive, send):
        async def marked(message):
            if message["type"] == "http.response.start":
                message["headers"].append([b"x-mark", self.mark])
            await send(message)

        await self.app(scope, receive, marked)


def marks(app):
    headers = asgi.call(app, "GET", "/page").headers
    return [value for name, value in headers if name == b"x-mark"]


def test_middleware_before_and_after(counted):
    app = blog()
    app.add_middleware(Marking)
    chain = app._middleware_chain
    covet_runtime.install(app)
    assert app._middleware_chain is chain
    assert written(app, *ALL) == BY_ROUTE
    app.add_middleware(Marking, mark=b"2")
    assert written(app, *ALL) == BY_ROUTE
    assert marks(app) == [b"2", b"1"]
    covet_runtime.install(app)
    assert written(app, *ALL) == BY_ROUTE
    uninstall(app)
    assert written(app, *ALL) == []
    assert marks(app) == [b"2", b"1"]
    assert app._middleware[-1].app == types.MethodType(Covet._handle_http, app)


def test_a_chain_that_others_have_changed(counted):
    app = blog()
    app.add_middleware(Marking)
    inner, seen = app._middleware[0].app, []

    async def traced(*arguments):
        seen.append(1)
        await inner(*arguments)

    app._middleware[0].app = traced
    covet_runtime.install(app)
    assert app._middleware[0].app is traced
    assert marks(app) == [b"1"]
    assert seen == [1]


def test_middleware_of_two_apps(counted):
    """The framework lets it serve the app that had it last, and so it stays."""
    first, second = blog(), blog()
    shared = Marking(None)
    first.add_middleware(shared)
    second.add_middleware(shared)
    covet_runtime.install(first)
    assert shared.app.__self__ is second
    covet_runtime.install(second)
    assert shared.app is vars(second)["_handle_http"]
    uninstall(first)
    assert written(first, "/page") == ["GET /page"]


# ── Life cycle ─────────────────────────────────────────────────────────────────────────────────


def test_uninstall_restores_exactly(counted):
    app = blog()
    before = dict(vars(app))
    covet_runtime.install(app)
    assert set(vars(app)) - set(before) == PUT
    kept = app._handle_http
    uninstall(app)
    assert vars(app) == before
    uninstall(app)
    # Who has kept the method has the framework's answers.
    app._handle_http = kept
    assert written(app, *ALL) == []
    assert asgi.call(app, "GET", "/page").body == b'{"page":1}'


def test_several_apps(counted):
    first, second = blog(), blog()
    covet_runtime.install(first)
    covet_runtime.install(second)
    uninstall(first)
    assert written(first, *ALL) == []
    assert written(second, *ALL) == BY_ROUTE


def test_apps_that_share_a_router(counted):
    first, second = blog(), Covet()
    second.router = first.router
    covet_runtime.install(first)
    covet_runtime.install(second)
    assert PUT.isdisjoint(vars(first))
    assert written(second, *ALL) == BY_ROUTE
    uninstall(second)
    assert PUT.isdisjoint(vars(second))


def test_from_native_to_pure(counted):
    app = blog()
    covet_runtime.install(app)
    assert covet_runtime.install(app, require="pure").responses == "framework"
    assert PUT.isdisjoint(vars(app))


async def page(request):
    return {"page": 1}


@pytest.mark.parametrize("duplicate", [
    copy.deepcopy,
    lambda app: pickle.loads(pickle.dumps(app)),
    lambda app: pickle.loads(pickle.dumps(app, protocol=0)),
])  # fmt: skip
def test_copies_answer_by_themselves(counted, duplicate):
    app = Covet()
    app.get("/page")(page)
    app.add_middleware(Marking)
    covet_runtime.install(app)
    twin = duplicate(app)
    assert set(vars(twin)) == set(vars(app)) - PUT
    twin.router.static_routes["/page"]["GET"] = result_of({"twin": True})
    assert asgi.call(twin, "GET", "/page").body == b'{"twin":true}'
    assert written(app, "/page") == ["GET /page"]
    assert covet_runtime.install(twin).responses == "native"
    assert written(twin, "/page") == ["GET /page"]
    assert marks(twin) == marks(app) == [b"1"]


def test_a_shallow_copy(counted):
    app = blog()
    covet_runtime.install(app)
    twin = copy.copy(app)
    assert PUT.isdisjoint(vars(twin))
    twin.max_body_size = "never looked at by the framework for a GET"
    assert written(twin, "/page") == []
    assert written(app, "/page") == ["GET /page"]


def test_apps_are_not_kept_alive(install):
    def make():
        app = install(blog())
        asgi.call(app, "GET", "/page")
        return weakref.ref(app), weakref.ref(app.router)

    gone = make()
    gc.collect()
    assert [each() for each in gone] == [None, None]


# ── Metrics ────────────────────────────────────────────────────────────────────────────────────


def test_metrics_of_several_modules(monkeypatch):
    counts = [
        {"GET /a": {"User.id": 1, "": 2}},
        {"GET /a": {"User.id": 10}, "GET /b": {"response": 5}},
    ]
    reset = []

    def module(unlike):
        return types.SimpleNamespace(
            metrics=lambda: {"http_parse_count": 0, "http_rejections": {}, "json_unlike": unlike},
            reset_metrics=lambda: reset.append(1),
        )

    monkeypatch.setattr(metrics, "_natives", lambda: [module(each) for each in counts])
    assert covet_runtime.get_metrics()["json_unlike"] == {
        "GET /a": {"User.id": 11, "": 2},
        "GET /b": {"response": 5},
    }
    assert counts[0] == {"GET /a": {"User.id": 1, "": 2}}
    metrics.reset_metrics()
    assert reset == [1, 1]


def test_metrics_without_native_modules(monkeypatch):
    monkeypatch.setattr(metrics, "_natives", list)
    assert covet_runtime.get_metrics()["json_unlike"] == {}


def test_metrics_of_the_native_tier(monkeypatch):
    monkeypatch.setattr(_loader, "_loaded", EXTENSION)
    app = Covet()
    app.get("/left")(result_of({"price": decimal.Decimal(1)}))
    app.get("/written")(result_of({"price": 1}))
    covet_runtime.install(app)
    metrics.reset_metrics()
    for path in ("/left", "/written", "/left"):
        asgi.call(app, "GET", path)
    assert covet_runtime.get_metrics()["json_unlike"] == {"GET /left": {"": 2}}
    metrics.reset_metrics()
    assert covet_runtime.get_metrics()["json_unlike"] == {}


# ── The pure table ─────────────────────────────────────────────────────────────────────────────


TABLES = [routing.RouteTable, EXTENSION.module.RouteTable]


@pytest.mark.parametrize("table", TABLES)
def test_the_serializer_of_an_endpoint(table):
    made = table([("/a", "GET"), ("/{x}", "GET")])
    for endpoint in range(2):
        assert made.serializer(endpoint)({"ü": [1.0]}) == '{"ü":[1.0]}'.encode()
        with pytest.raises(TypeError, match="Decimal"):
            made.serializer(endpoint)(decimal.Decimal(1))
    with pytest.raises(IndexError, match="no endpoint 2"):
        made.serializer(2)
