"""A CovetPy app with one route for everything that a handler can do to a server.

It is played against stock and against ours; what its handlers do is therefore odd rather than good.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Callable

from covet import Covet, JSONResponse, Response, StreamingResponse, html_response, redirect_response

LIMIT = 4096


def create_app() -> Covet:
    app = Covet(max_body_size=LIMIT)
    results(app)
    failures(app)
    waits(app)
    requests(app)
    parameters(app)
    return app


@dataclass
class Point:
    x: int
    y: int


class Text(str):
    pass


class Blob(bytes):
    pass


class Table(dict):  # type: ignore[type-arg]
    pass


class Rows(list):  # type: ignore[type-arg]
    pass


class Teapot(Response):
    pass


def numbers() -> Iterator[int]:
    yield 1


RESULTS: dict[str, Callable[[], Any]] = {
    "dict": lambda: {"a": 1, "b": [True, None, 1.5, "x"]},
    "empty-dict": dict,
    "list": lambda: [1, "two", {"three": 3}],
    "empty-list": list,
    "dict-subclass": lambda: Table(a=1),
    "ordered-dict": lambda: OrderedDict([("b", 1), ("a", 2)]),
    "list-subclass": lambda: Rows([1, 2]),
    "str": lambda: "text",
    "empty-str": str,
    "str-subclass": lambda: Text("text"),
    "bytes": lambda: b"\x00\xff",
    "empty-bytes": bytes,
    "bytes-subclass": lambda: Blob(b"blob"),
    "bytearray": lambda: bytearray(b"array"),
    "none": lambda: None,
    "true": lambda: True,
    "int": lambda: 42,
    "float": lambda: 1e100,
    "tuple": lambda: ("text", 201),
    "set": lambda: {1},
    "dataclass": lambda: Point(1, 2),
    "generator": numbers,
    "exception": lambda: ValueError("returned"),
    "class": lambda: Point,
    "unicode": lambda: {"смысл": "ß€😀\u2028"},
    "unicode-str": lambda: "ß€😀",
    "control-characters": lambda: {"all": '\x00\x1f\x7f"\\\n'},
    "numbers": lambda: [0, -1, 10**30, 0.1, -0.0, 1e-7, float("inf"), float("nan")],
    "keys": lambda: {1: "int", None: "none", False: "bool", 1.5: "float"},
    "surrogate": lambda: {"text": "\ud800"},
    "surrogate-str": lambda: "\ud800",
    "decimal": lambda: {"price": Decimal("1.10")},
    "set-inside": lambda: [{1}],
    "tuple-key": lambda: {(1, 2): 3},
    "circular": lambda: circular(),
    "huge-list": lambda: ["item"] * 40_000,
    "huge-str": lambda: "x" * 1_000_000,
    "huge-bytes": lambda: b"\x00\xff" * 300_000,
    "response": lambda: Response("text"),
    "response-empty": lambda: Response(),
    "response-dict": lambda: Response({"a": 1}),
    "response-list": lambda: Response([1]),
    "response-bytes": lambda: Response(b"\x00\xff"),
    "response-none": lambda: Response(None),
    "response-int": lambda: Response(5),
    "response-subclass": lambda: Teapot("short", status_code=418),
    "response-headers": lambda: Response("x", headers={"X-Trace": "1", "Server": "mine"}),
    "response-security": lambda: Response("x", headers={"X-Frame-Options": "SAMEORIGIN"}),
    "response-type": lambda: Response("a,b", media_type="text/csv"),
    "response-latin": lambda: Response("é", charset="latin-1"),
    "response-cookie": lambda: with_cookie(),
    "response-close": lambda: Response("bye", headers={"Connection": "close"}),
    "response-close-list": lambda: Response("bye", headers={"Connection": "Foo, CLOSE"}),
    "response-keep-alive": lambda: Response("stay", headers={"Connection": "keep-alive"}),
    "response-date": lambda: Response("x", headers={"X-Date": "today", "Vary": "Accept"}),
    "response-length": lambda: Response("four", headers={"Content-Length": "4"}),
    "response-length-short": lambda: Response("four", headers={"Content-Length": "3"}),
    "response-length-long": lambda: Response("four", headers={"Content-Length": "5"}),
    "response-length-odd": lambda: Response("four", headers={"Content-Length": "four"}),
    "response-chunked": lambda: Response("four", headers={"Transfer-Encoding": "chunked"}),
    "response-header-unicode": lambda: Response("x", headers={"X-Snowman": "☃"}),
    "response-header-latin": lambda: Response("x", headers={"X-Name": "Zoë"}),
    "response-header-newline": lambda: Response("x", headers={"X-Split": "a\r\nb: c"}),
    "response-header-name": lambda: Response("x", headers={"X Split": "a"}),
    "response-header-empty": lambda: Response("x", headers={"X-Empty": ""}),
    "response-header-spaces": lambda: Response("x", headers={"X-Wide": " a "}),
    "response-200": lambda: Response("ok", status_code=200),
    "response-201": lambda: Response({"id": 1}, status_code=201, headers={"Location": "/1"}),
    "response-204": lambda: Response("", status_code=204),
    "response-204-body": lambda: Response("body", status_code=204),
    "response-205": lambda: Response("", status_code=205),
    "response-304": lambda: Response("", status_code=304, headers={"ETag": '"1"'}),
    "response-304-body": lambda: Response("body", status_code=304),
    "response-100": lambda: Response("body", status_code=100),
    "response-199": lambda: Response("body", status_code=199),
    "response-299": lambda: Response("body", status_code=299),
    "response-500": lambda: Response("mine", status_code=500),
    "response-599": lambda: Response("mine", status_code=599),
    "response-600": lambda: Response("mine", status_code=600),
    "response-999": lambda: Response("mine", status_code=999),
    "response-0": lambda: Response("mine", status_code=0),
    "response-status-str": lambda: Response("mine", status_code="200"),  # type: ignore[arg-type]
    "json-response": lambda: JSONResponse({"b": 1, "a": "ß"}),
    "json-none": lambda: JSONResponse(None),
    "json-status": lambda: JSONResponse([1], status_code=202),
    "json-indent": lambda: JSONResponse({"b": 1, "a": [1]}, indent=2, sort_keys=True),
    "html": lambda: html_response("<p>ß</p>"),
    "redirect": lambda: redirect_response("/elsewhere"),
    "streaming": lambda: StreamingResponse(["never", "sent"]),
}


def circular() -> list[Any]:
    rows: list[Any] = []
    rows.append(rows)
    return rows


def with_cookie() -> Response:
    response = Response("cookie")
    response.set_cookie("session", "1", max_age=60)
    return response


def results(app: Covet) -> None:
    """Every kind of result, from a handler of either kind."""

    def register(name: str, make: Callable[[], Any]) -> None:
        @app.get(f"/sync/{name}")
        def sync(request: Any) -> Any:
            return make()

        @app.route(f"/async/{name}", methods=["GET", "HEAD", "POST"])
        async def asynchronous(request: Any) -> Any:
            return make()

    for name, make in RESULTS.items():
        register(name, make)


class Oops(Exception):
    status_code = 409


FAILURES: dict[str, Callable[[], BaseException]] = {
    "value": lambda: ValueError("oops"),
    "status": lambda: Oops("oops"),
    "unicode": lambda: ValueError("ß\ud800"),
    "stop": lambda: StopAsyncIteration(),
    "recursion": lambda: RecursionError("deep"),
    "timeout": lambda: TimeoutError(),
    "exit": lambda: SystemExit(3),
    "interrupt": lambda: GeneratorExit(),
    "cancelled": lambda: asyncio.CancelledError(),
}


def failures(app: Covet) -> None:
    """Every way to fail: at once, after a pause, after the body was read."""

    def register(name: str, make: Callable[[], BaseException]) -> None:
        @app.get(f"/fail/sync/{name}")
        def sync(request: Any) -> Any:
            raise make()

        @app.get(f"/fail/async/{name}")
        async def asynchronous(request: Any) -> Any:
            raise make()

        @app.post(f"/fail/late/{name}")
        async def late(request: Any) -> Any:
            await request.json()
            await asyncio.sleep(0)
            raise make()

    for name, make in FAILURES.items():
        register(name, make)

    @app.get("/fail/required")
    async def required(request: Any, missing: Any) -> Any:
        return missing


def waits(app: Covet) -> None:
    """Handlers that give way to others, or ask who they are."""

    @app.get("/sleep/zero")
    async def zero(request: Any) -> str:
        for _ in range(3):
            await asyncio.sleep(0)
        return "slept"

    @app.get("/sleep/short")
    async def short(request: Any) -> str:
        await asyncio.sleep(0.01)
        return "slept"

    @app.get("/sleep/timeout")
    async def timeout(request: Any) -> str:
        try:
            await asyncio.wait_for(asyncio.sleep(5), 0.01)
        except asyncio.TimeoutError:
            return "timed out"
        return "slept"

    @app.get("/task")
    async def task(request: Any) -> list[Any]:
        current = asyncio.current_task()
        return [current is not None, current in asyncio.all_tasks()]

    @app.get("/task/child")
    async def child(request: Any) -> list[int]:
        async def double(value: int) -> int:
            await asyncio.sleep(0)
            return 2 * value

        return list(await asyncio.gather(double(1), double(2)))

    @app.get("/task/cancel")
    async def cancel(request: Any) -> str:
        current = asyncio.current_task()
        assert current is not None
        current.cancel()
        await asyncio.sleep(0)
        return "not cancelled"

    @app.get("/task/cancel/caught")
    async def caught(request: Any) -> str:
        current = asyncio.current_task()
        assert current is not None
        current.cancel()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            return "cancelled"
        return "not cancelled"


def requests(app: Covet) -> None:
    """What handlers read of a request."""

    @app.route("/json", methods=["GET", "POST", "PUT", "OPTIONS"])
    async def json(request: Any) -> dict[str, Any]:
        return {"read": await request.json()}

    @app.post("/json/twice")
    async def twice(request: Any) -> list[Any]:
        return [await request.json(), await request.json()]

    @app.post("/json/caught")
    async def caught(request: Any) -> str:
        try:
            await request.json()
        except Exception as error:
            return type(error).__name__
        return "read"

    @app.post("/form")
    async def form(request: Any) -> Any:
        return await request.form()

    @app.post("/text")
    async def text(request: Any) -> str:
        return str((await request.body.read()).decode())

    @app.post("/unread")
    async def unread(request: Any) -> str:
        return "unread"

    @app.post("/unread/sync")
    def unread_sync(request: Any) -> str:
        return "unread"

    @app.post("/unread/late")
    async def unread_late(request: Any) -> str:
        await asyncio.sleep(0.01)
        return "unread"

    @app.get("/headers")
    async def headers(request: Any) -> dict[str, Any]:
        return dict(request.headers.items())

    @app.get("/header")
    def header(request: Any) -> list[Any]:
        return [request.get_header("x-name"), request.headers.get("X-NAME"), request.content_type]

    @app.get("/query")
    async def query(request: Any) -> list[Any]:
        raw = request.scope["query_string"].decode("latin-1")
        return [request.query.get("a"), request.query.get("b", "no b"), raw]

    @app.get("/cookies")
    async def cookies(request: Any) -> dict[str, str]:
        return dict(request.cookies())

    @app.route("/facts", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
    def facts(request: Any) -> list[Any]:
        return [request.method, request.path, request.scheme]

    @app.get("/scope")
    async def scope(request: Any) -> list[Any]:
        known = {name: request.scope[name] for name in ("type", "asgi", "http_version", "method")}
        return [list(request.scope), known, request.scope["raw_path"].decode("latin-1")]


def parameters(app: Covet) -> None:
    """Path parameters, in odd orders and of odd kinds."""

    @app.get("/users/{id}")
    async def user(request: Any, id: Any) -> list[Any]:
        return [type(id).__name__, id]

    @app.get("/sync-users/{id}")
    def sync_user(request: Any, id: Any) -> list[Any]:
        return [type(id).__name__, id]

    @app.get("/swapped/{a}/{b}")
    async def swapped(request: Any, b: Any, a: Any) -> dict[str, Any]:
        return {"a": a, "b": b}

    @app.get("/first/{id}")
    async def first(request: Any, page: Any = 1, id: Any = None) -> list[Any]:
        return [page, id]

    @app.get("/keyword/{x}")
    async def keyword(request: Any, *, x: Any) -> Any:
        return [x]

    @app.get("/dropped/{x}/{y}")
    def dropped(request: Any, y: Any) -> list[Any]:
        return [y, dict(request.path_params)]

    @app.route("/methods/{x}", methods=["GET", "HEAD", "OPTIONS", "DELETE"])
    async def methods(request: Any, x: Any) -> list[Any]:
        return [request.method, x]

    @app.get("/ß/{x}")
    async def unicode(request: Any, x: Any) -> list[Any]:
        return [x]
