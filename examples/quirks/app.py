"""Every surprising thing about CovetPy's routing that is legal, one route each.

Nothing here is advice. The comments say what the framework does, and the compiled app does the
same. What is not here is what stops a whole app: `<int:x>`, `{x:int}`, `{user-id}` and a capture
named twice make every dynamic request fail, and covet-codegen refuses them.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Callable

import covet_runtime
from covet import Covet, CovetRouter, JSONResponse, Request, Response, StreamingResponse
from covet.core.routing import RouteGroup


def create_app() -> Covet:
    app = Covet(max_body_size=1024)
    order(app)
    literals(app)
    captures(app)
    signatures(app)
    callables(app)
    results(app)
    requests(app)
    composition(app)
    last(app)
    return app


def order(app: Covet) -> None:
    """Statics first, then the first that fits. Never the most specific, never a 405."""

    @app.get("/order/{name}")
    async def by_name(request: Request, name: str) -> str:
        return f"by_name {name}"

    # Reached by POST alone: for GET the route above comes first.
    @app.route("/order/{other}", methods=["GET", "POST"])
    async def by_other(request: Request, other: str) -> str:
        return f"by_other {other}"

    # A static path beats every capture, though it is registered last. It has no POST, so
    # POST /order/first goes on to the captures and ends in by_other.
    @app.get("/order/first")
    async def first(request: Request) -> str:
        return "first"

    @app.get("/specific/{x}/{y}")
    async def general(request: Request, x: str, y: str) -> str:
        return "general"

    # Never reached: /specific/{x}/{y} is registered before it.
    @app.get("/specific/exact/{y}")
    async def specific(request: Request, y: str) -> str:
        return "specific"

    # A static path registered again: the last one wins.
    @app.get("/twice")
    async def once(request: Request) -> str:
        return "once"

    @app.get("/twice")
    async def twice(request: Request) -> str:
        return "twice"

    # A path with a capture registered again: the first one wins.
    @app.get("/again/{x}")
    async def again(request: Request, x: str) -> str:
        return "again"

    @app.get("/again/{x}")
    async def in_vain(request: Request, x: str) -> str:
        return "in vain"

    # A string is a list of letters: this answers the methods G, E and T.
    @app.route("/letters", methods="GET")
    async def letters(request: Request) -> str:
        return str(request.method)

    # Methods are upper-cased here, but compared as they come: `get` is another method.
    @app.route("/lower/{x}", methods=["get"])
    async def lower(request: Request, x: str) -> str:
        return "lower"

    # No methods: a route that is in the table and answers nothing.
    @app.route("/never/{x}", methods=[])
    async def never(request: Request, x: str) -> str:
        return "never"

    # With and without a slash are two paths, and neither redirects to the other.
    @app.get("/slash/")
    async def slash(request: Request) -> str:
        return "slash"


def literals(app: Covet) -> None:
    """A path with a capture becomes a regular expression, and nothing in it is escaped."""

    # The dot is any character: /file.txt, /fileXtxt and /file/txt.
    @app.get("/file.{ext}")
    async def file(request: Request, ext: str) -> str:
        return ext

    @app.get("/dots/{a}.{b}.{c}.{d}.{e}")
    async def dots(request: Request, a: str, b: str, c: str, d: str, e: str) -> list[str]:
        return [a, b, c, d, e]

    # The plus repeats: /ab/1 and /aab/1, but not /a+b/1.
    @app.get("/a+b/{x}")
    async def plus(request: Request, x: str) -> str:
        return f"plus {x}"

    # Without a capture the same characters are themselves.
    @app.get("/c++")
    async def static_plus(request: Request) -> str:
        return "static plus"

    @app.get("/[xyz]/{x}")
    async def character_class(request: Request, x: str) -> str:
        return f"class {x}"

    # So groups work as well, and a named group is one more capture.
    @app.get(r"/v(?P<version>\d+)/{x}")
    async def version(request: Request, version: int, x: str) -> list[Any]:
        return [version, x]

    # A caret in front and a dollar behind are anchors already there.
    @app.get("^/caret/{x}")
    async def caret(request: Request, x: str) -> str:
        return f"caret {x}"

    @app.get("/dollar/{x}$")
    async def dollar(request: Request, x: str) -> str:
        return f"dollar {x}"

    # In a static path the dollar is a dollar.
    @app.get("/price$")
    async def price(request: Request) -> str:
        return "price"

    # `{` or `<` alone makes a path dynamic, but captures nothing. `}` and `>` alone do not.
    @app.get("/open{")
    async def open_brace(request: Request) -> str:
        return "open brace"

    @app.get("/open<")
    async def open_angle(request: Request) -> str:
        return "open angle"

    @app.get("/empty/{}")
    async def empty_braces(request: Request) -> str:
        return "empty braces"

    @app.get("/close}>")
    async def close(request: Request) -> str:
        return "close"

    @app.get("/naïve/{x}")
    async def naive(request: Request, x: str) -> str:
        return x


def captures(app: Covet) -> None:
    """A capture is one or more characters other than a slash, then maybe an int."""

    # Each capture takes what it can: 1-2-3 is "1-2" and 3, abc is "ab" and "c".
    @app.get("/range/{low}-{high}")
    async def span(request: Request, low: Any, high: Any) -> list[Any]:
        return [low, high]

    @app.get("/pair/{a}{b}")
    async def pair(request: Request, a: Any, b: Any) -> list[Any]:
        return [a, b]

    @app.get("/flask/<x>")
    async def flask(request: Request, x: Any) -> list[Any]:
        return [x]

    # In a path with braces, <b> is text.
    @app.get("/mixed/{a}/<b>")
    async def mixed(request: Request, a: Any) -> list[Any]:
        return [a]

    # Whatever str.isdigit() accepts becomes int(value): 007 is 7 and ٣ is 3. int() refuses ² and
    # more than 4300 digits, outside of all error handling: the server answers a plain 500.
    @app.get("/digits/{n}")
    async def digits(request: Request, n: Any) -> list[Any]:
        return [n]

    # One newline (%0A) after the end is let through; a capture takes it as part of its value.
    @app.get("/line/{x}/end")
    async def line_end(request: Request, x: Any) -> list[Any]:
        return [x]

    @app.get("/line/{x}")
    async def line(request: Request, x: Any) -> list[Any]:
        return [x]

    # Static paths are exact.
    @app.get("/line")
    async def static_line(request: Request) -> str:
        return "static line"

    # Any Python identifier is a name.
    @app.get("/name/{prénom}")
    async def name(request: Request, prénom: str) -> str:
        return prénom

    # An empty segment never fills a capture, and double slashes are kept.
    @app.get("//double")
    async def double(request: Request) -> str:
        return "double"

    @app.get("/double//{x}")
    async def double_inside(request: Request, x: Any) -> list[Any]:
        return [x]


def signatures(app: Covet) -> None:
    """Captures that the signature names are passed by position, in the order of the signature."""

    @app.get("/swapped/{a}/{b}")
    async def swapped(request: Request, b: Any, a: Any) -> dict[str, Any]:
        return {"a": a, "b": b}

    # The one value is the first argument: it arrives in `page`.
    @app.get("/signature/{id}")
    async def signature(request: Request, page: int = 1, id: Any = None) -> list[Any]:
        return [page, id]

    # By position, so a keyword-only parameter never gets it: 500.
    @app.get("/keyword/{x}")
    async def keyword(request: Request, *, x: Any) -> list[Any]:
        return [x]

    # A capture that nobody asks for is dropped; it stays in request.path_params.
    @app.get("/ignored/{x}")
    async def ignored(request: Request) -> list[Any]:
        return [dict(request.path_params)]

    # A parameter that is no capture: 500, unless it has a default.
    @app.get("/missing/{x}")
    async def missing(request: Request, x: Any, y: Any) -> list[Any]:
        return [x, y]

    # *args is just a parameter called args, **params one called params.
    @app.get("/star/{args}/{x}")
    async def star(request: Request, *args: Any) -> list[Any]:
        return list(args)

    @app.get("/stars/{x}")
    async def stars(request: Request, **params: Any) -> list[Any]:
        return [params]

    # A static handler gets the request alone, so `size` is always the default.
    @app.get("/static/default")
    async def static_default(request: Request, size: int = 10) -> list[int]:
        return [size]

    @app.get("/static/required")
    async def static_required(request: Request, size: int) -> list[int]:
        return [size]


class AsyncCallable:
    async def __call__(self, request: Request, x: Any) -> list[Any]:
        return [x]


class Callables:
    def __call__(self, request: Request, x: Any) -> list[Any]:
        return ["called", x]

    async def method(self, request: Request, x: Any) -> list[Any]:
        return ["method", x]


async def prefixed(prefix: str, request: Request, x: Any) -> list[Any]:
    return [prefix, x]


def callables(app: Covet) -> None:
    """Anything callable is a handler. Only what asyncio calls a coroutine function is awaited."""

    # A function that returns a coroutine: the text of the coroutine, with 200.
    @app.get("/forgotten/{x}")
    def forgotten(request: Request, x: Any) -> Awaitable[list[Any]]:
        return prefixed("forgotten", request, x)

    # So does an object whose __call__ is async.
    app.get("/object/async/{x}")(AsyncCallable())
    app.get("/object/{x}")(Callables())

    # A bound method takes no attributes, so the decorators fail. The router takes it.
    app.router.add_route("/method/{x}", Callables().method, ["GET"])

    app.get("/partial/{x}")(functools.partial(prefixed, "partial"))
    app.get("/lambda/{x}")(lambda request, x: [x])


@dataclass
class Point:
    x: int
    y: int


class Token(bytes):
    """A subclass of bytes is not bytes."""


RESULTS: dict[str, Callable[[], Any]] = {
    # Not a body and a status: the text of the tuple, with 200.
    "tuple": lambda: ({"error": "gone"}, 410),
    "int": lambda: 42,
    "true": lambda: True,
    "point": lambda: Point(1, 2),
    "token": lambda: Token(b"abc"),
    "ordered": lambda: OrderedDict([("b", 1), ("a", 2)]),
    "nothing": lambda: None,
    "text": lambda: "",
    # JSON as Python writes it: NaN is written, keys become strings, a lone surrogate is a 500.
    "nan": lambda: {"nan": float("nan"), "inf": float("-inf")},
    "keys": lambda: {1: "int", None: "none", False: "bool"},
    "surrogate": lambda: ["\ud800"],
    "set": lambda: [{1}],
    "bytes": lambda: {"b": b"abc"},
    # JSONResponse(None) is an empty object.
    "json-none": lambda: JSONResponse(None),
    "json-indent": lambda: JSONResponse({"b": 1, "a": [1]}, indent=2, sort_keys=True),
    # Its own headers keep their case and come first; a security header of its own stays.
    "headers": lambda: Response("x", headers={"X-Trace": "1", "X-Frame-Options": "SAMEORIGIN"}),
    "length": lambda: Response("four", headers={"Content-Length": "4"}),
    "cookie": lambda: with_cookie(),
    "latin": lambda: Response("é", charset="latin-1"),
    "snowman": lambda: Response("x", headers={"X-Snowman": "☃"}),
    "teapot": lambda: Response({"short": True}, status_code=418),
    # A StreamingResponse is none of the types that are sent: its text, with 200.
    "stream": lambda: StreamingResponse(["never", "sent"]),
}


def with_cookie() -> Response:
    """`set_cookie` is accepted, and the cookie is not sent."""
    response = Response("cookie")
    response.set_cookie("session", "1")
    return response


def results(app: Covet) -> None:
    """What the values that handlers return become."""

    @app.get("/results/{kind}")
    def result(request: Request, kind: str) -> Any:
        return RESULTS[kind]()


def requests(app: Covet) -> None:
    """What handlers see of a request."""

    # The body is counted as it is read: too large is a 413 when the handler reads it ...
    @app.post("/limit")
    async def limit(request: Request) -> dict[str, Any]:
        return {"read": await request.json()}

    # ... unless the handler catches it, and never when nobody reads it.
    @app.post("/limit/caught")
    async def caught(request: Request) -> str:
        try:
            await request.json()
        except Exception as error:
            return str(error)
        return "small"

    @app.post("/limit/unread")
    async def unread(request: Request) -> str:
        return "unread"

    # GET has no limit.
    @app.get("/limit")
    async def unlimited(request: Request) -> int:
        return len(await request.json())

    # Forms and request.body are always empty.
    @app.post("/form")
    async def form(request: Request) -> list[Any]:
        return [await request.form(), (await request.body.read()).decode()]

    # Of a header sent twice the last one stays, in the place of the last.
    @app.get("/headers")
    async def headers(request: Request) -> dict[str, str]:
        return dict(request.headers.items())

    # There is no request.user: 500.
    @app.get("/user")
    async def user(request: Request) -> Any:
        return request.user

    # One handler for both: with GET it gets the request, as a WebSocket three arguments.
    @app.route("/both", methods=["GET", "WEBSOCKET"])
    async def both(request: Any, receive: Any = None, send: Any = None) -> str:
        if send is not None:
            await send({"type": "websocket.send", "text": "socket"})
            await send({"type": "websocket.close", "code": 1000})
        return "page"


async def passes(request: Request) -> None:
    """Middleware of a group that returns nothing: the request stays."""


def composition(app: Covet) -> None:
    """Prefixes are put in front, character by character."""

    async def fix(request: Request, x: Any = None) -> list[Any]:
        return ["fix", x]

    router = CovetRouter()
    router.add_route("fix", fix, ["GET"])
    router.add_route("fix/{x}", fix, ["GET"])
    app.include_router(router, prefix="/pre")

    # A group takes the slashes from the end of its prefix.
    group = RouteGroup("/group//")

    @group.get("/{x}")
    async def grouped(request: Request, x: Any) -> list[Any]:
        return [x]

    group.include_in_router(app.router)

    # With middleware the wrapper hides the signature: captures are not passed, so 500 ...
    guarded = RouteGroup("/guarded", middleware=[passes])

    @guarded.get("/argument/{x}")
    async def argument(request: Request, x: Any) -> list[Any]:
        return [x]

    @guarded.get("/params/{x}")
    async def params(request: Request) -> list[Any]:
        return [request.path_params["x"]]

    # ... but the wrapper takes *args, so a capture called args is passed.
    @guarded.get("/args/{args}")
    async def wrapper_args(request: Request, x: Any) -> list[Any]:
        return [x]

    # The wrapper awaits the handler, so a sync one is a 500.
    @guarded.get("/sync")
    def sync(request: Request) -> dict[str, str]:
        return {"never": "sent"}

    guarded.include_in_router(app.router)


def last(app: Covet) -> None:
    """Routes that would hide others, so they stand at the end."""

    # One segment with a dash in it, whatever it is.
    @app.get("/{left}-{right}")
    async def dash(request: Request, left: Any, right: Any) -> list[Any]:
        return [left, right]

    # ^/either|or/{x}$ is "starts with /either", or "or/" and a value. The first has no value for
    # x, and the framework raises: every GET below /either that gets here is a plain 500 of the
    # server. With a shorter left side, say /e|or/{x}, it would take /empty/1 and all the like.
    @app.get("/either|or/{x}")
    async def either(request: Request, x: Any) -> list[Any]:
        return [x]


app = create_app()
covet_runtime.install(app)

if __name__ == "__main__":
    app.run()
