"""quirks, stock and installed: the same bytes, however odd."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import asgi
import pytest
from harness import (
    TIERS,
    Answer,
    Exchange,
    assert_expected,
    assert_same,
    endpoint_of,
    endpoints,
    example,
    install,
    replay,
    unreached,
)

ERROR = {"error": "Internal Server Error"}
TOO_LARGE = {"error": "Payload Too Large", "max_size": 1024}
TEXT = "text/plain; charset=utf-8"
CAUGHT = "Request body exceeded the limit of 1024 bytes"
BIG = b"[" + b"1," * 600 + b"1]"


def get(path: str, body: Any, **more: Any) -> Exchange:
    return Exchange("GET", path, 200, body, **more)


def missing(path: str, method: str = "GET") -> Exchange:
    return Exchange(method, path, 404, {"error": "Not Found", "path": path})


def fails(path: str, **more: Any) -> Exchange:
    """The app answers 500."""
    return Exchange("GET", path, 500, ERROR, **more)


def raises(path: str, error: type[Exception]) -> Exchange:
    """The app raises, and the server answers 500."""
    return Exchange("GET", path, 500, raises=error)


ORDER = [
    get("/order/first", "first"),
    get("/order/second", "by_name second"),
    Exchange("POST", "/order/first", 200, "by_other first"),
    missing("/order/first", "DELETE"),
    missing("/order/first", "HEAD"),
    missing("/order/first", "OPTIONS"),
    get("/specific/exact/1", "general"),
    get("/twice", "twice"),
    get("/again/1", "again"),
    Exchange("G", "/letters", 200, "G"),
    Exchange("E", "/letters", 200, "E"),
    Exchange("T", "/letters", 200, "T"),
    missing("/letters"),
    get("/lower/1", "lower"),
    missing("/lower/1", "get"),
    missing("/never/1"),
    get("/slash/", "slash"),
    missing("/slash"),
    missing("/again/1/"),
    missing("/order/first/"),
]

LITERALS = [
    get("/file.txt", "txt"),
    get("/fileXtxt", "txt"),
    get("/file/txt", "txt"),
    missing("/file\ntxt"),
    missing("/file."),
    get("/dots/1.b.c.d.e", [1, "b", "c", "d", "e"]),
    get("/dots/a.b.c.d.e.f", ["a.b", "c", "d", "e", "f"]),
    get("/dots/a-b-c-d-e", ["a", "b", "c", "d", "e"]),
    missing("/dots/a.b.c.d"),
    get("/ab/1", "plus 1"),
    get("/aaab/1", "plus 1"),
    missing("/a+b/1"),
    get("/c++", "static plus"),
    missing("/cc"),
    get("/y/1", "class 1"),
    missing("/[xyz]/1"),
    get("/v12/x", [12, "x"]),
    get("/v٣/x", [3, "x"]),
    missing("/vv/x"),
    get("/caret/1", "caret 1"),
    missing("^/caret/1"),
    get("/dollar/1", "dollar 1"),
    get("/dollar/1$", "dollar 1$"),
    get("/price$", "price"),
    missing("/price"),
    get("/open{", "open brace"),
    get("/open{\n", "open brace"),
    get("/open<", "open angle"),
    get("/empty/{}", "empty braces"),
    missing("/empty/1"),
    get("/close}>", "close"),
    missing("/close}>\n"),
    get("/naïve/ß", "ß"),
]

CAPTURES = [
    get("/range/1-2", [1, 2]),
    get("/range/1-2-3", ["1-2", 3]),
    missing("/range/-"),
    get("/range/---", ["-", "-"]),
    get("/pair/abc", ["ab", "c"]),
    get("/pair/12", [1, 2]),
    missing("/pair/1"),
    get("/flask/5", [5]),
    get("/mixed/1/<b>", [1]),
    missing("/mixed/1/2"),
    get("/digits/7", [7]),
    get("/digits/007", [7]),
    get("/digits/٣", [3]),
    get("/digits/１２", [12]),
    get("/digits/-5", ["-5"]),
    get("/digits/5.0", ["5.0"]),
    get("/digits/1_000", ["1_000"]),
    get("/digits/½", ["½"]),
    get("/digits/" + "9" * 4300, "[" + "9" * 4300 + "]"),
    raises("/digits/" + "9" * 4301, ValueError),
    raises("/digits/²", ValueError),
    raises("/digits/1²", ValueError),
    get("/digits/%2F", ["%2F"]),
    get("/digits/ 5", [" 5"]),
    get("/digits/\u0000", ["\u0000"]),
    get("/digits/😀", ["😀"]),
    get("/line/1/end", [1]),
    get("/line/1/end\n", [1]),
    missing("/line/1/end\n\n"),
    get("/line/5\n", ["5\n"]),
    get("/line/\n", ["\n"]),
    get("/line", "static line"),
    missing("/line\n"),
    get("/name/Zoë", "Zoë"),
    get("//double", "double"),
    missing("/double"),
    get("/double//1", [1]),
    missing("/double/1"),
    missing("/double//"),
    missing("/double///1"),
    missing(""),
    missing("*"),
]

SIGNATURES = [
    get("/swapped/1/2", {"a": 1, "b": 2}),
    get("/signature/5", [5, None]),
    fails("/keyword/1"),
    get("/ignored/1", [{"x": 1}]),
    fails("/missing/1"),
    get("/star/1/2", [1]),
    get("/stars/1", [{}]),
    get("/static/default", [10]),
    get("/static/default", [10], query="size=3"),
    fails("/static/required"),
]

CALLABLES = [
    get("/object/1", ["called", 1]),
    get("/method/1", ["method", 1]),
    get("/partial/1", ["partial", 1]),
    get("/lambda/1", [1]),
]

RESULTS = [
    get("/results/tuple", "({'error': 'gone'}, 410)"),
    get("/results/int", "42"),
    get("/results/true", "True"),
    get("/results/point", "Point(x=1, y=2)"),
    get(
        "/results/token", "b'abc'", answer_headers=(("content-type", "text/plain; charset=utf-8"),)
    ),
    get("/results/ordered", {"b": 1, "a": 2}),
    Exchange("GET", "/results/nothing", 204, ""),
    get("/results/text", ""),
    get("/results/nan", '{"nan":NaN,"inf":-Infinity}'),
    get("/results/keys", '{"1":"int","null":"none","false":"bool"}'),
    fails("/results/surrogate"),
    fails("/results/set"),
    fails("/results/bytes"),
    get("/results/json-none", {}),
    get("/results/json-indent", '{\n  "a":[\n    1\n  ],\n  "b":1\n}'),
    get(
        "/results/headers",
        "x",
        answer_headers=(("x-trace", "1"), ("x-frame-options", "SAMEORIGIN")),
    ),
    get("/results/length", "four", answer_headers=(("content-length", "4"),)),
    get("/results/cookie", "cookie"),
    get("/results/latin", b"\xe9"),
    fails("/results/snowman"),
    Exchange("GET", "/results/teapot", 418, {"short": True}),
    fails("/results/unknown"),
]

REQUESTS = [
    Exchange("POST", "/limit", 200, {"read": [1]}, send=b"[1]"),
    Exchange("POST", "/limit", 413, TOO_LARGE, send=BIG),
    Exchange("POST", "/limit", 413, TOO_LARGE, chunks=(b"[", b"1," * 512, b"1]")),
    Exchange("POST", "/limit", 200, None, send=b'"' + b"x" * 1022 + b'"'),
    Exchange(
        "POST", "/limit/caught", 200, "Request body exceeded the limit of 1024 bytes", send=BIG
    ),
    Exchange("POST", "/limit/unread", 200, "unread", send=BIG),
    get("/limit", "601", send=BIG),
    Exchange(
        "POST",
        "/form",
        200,
        [{}, ""],
        send=b"a=1",
        headers=(("content-type", "application/x-www-form-urlencoded"),),
    ),
    get(
        "/headers",
        {"x-name": "Zoë", "accept": "b"},
        headers=(("Accept", "a"), ("X-Name", "Zoë"), ("accept", "b")),
    ),
    fails("/user"),
    get("/both", "page"),
]

COMPOSITION = [
    get("/prefix", ["fix", None]),
    get("/prefix/1", ["fix", 1]),
    missing("/pre/fix"),
    get("/group/1", [1]),
    missing("/group//1"),
    fails("/guarded/argument/1"),
    get("/guarded/params/1", [1]),
    get("/guarded/args/1", [1]),
    fails("/guarded/sync"),
]

LAST = [
    get("/a-b", ["a", "b"]),
    get("/either-1", ["either", 1]),
    missing("/-"),
    raises("/either", AttributeError),
    raises("/eitherway/1", AttributeError),
    Exchange("GET", "or/1", 200, [1]),
    missing("/or/1"),
    missing("/either", "POST"),
]

TRAFFIC = [
    *ORDER,
    *LITERALS,
    *CAPTURES,
    *SIGNATURES,
    *CALLABLES,
    *RESULTS,
    *REQUESTS,
    *COMPOSITION,
    *LAST,
]

# The bodies hold the address of an object.
ADDRESSES = [
    get("/forgotten/1", "<coroutine object prefixed at 0x>"),
    get("/object/async/1", "<coroutine object AsyncCallable.__call__ at 0x>"),
    get("/results/stream", "<covet.core.http.StreamingResponse object at 0x>"),
]

# Hidden behind a route that is registered before them.
HIDDEN = {
    ("/order/{other}", "GET"),
    ("/specific/exact/{y}", "GET"),
    ("/again/{x}", "GET"),
}


@pytest.fixture(scope="module")
def module() -> Iterator[ModuleType]:
    with example(Path(__file__).parent) as imported:
        yield imported


def without_addresses(answers: Sequence[Answer]) -> list[Answer]:
    masked: list[Answer] = []
    for answer in answers:
        assert isinstance(answer, asgi.Response), answer
        assert answer.header("content-length") == str(len(answer.body)).encode()
        body = re.sub(rb"0x[0-9a-fA-F]+", b"0x", answer.body)
        headers = [header for header in answer.headers if header[0] != b"content-length"]
        masked.append(asgi.Response(answer.status, headers, body))
    return masked


def test_the_table_reaches_every_endpoint_that_can_be_reached(module: ModuleType) -> None:
    app = module.create_app()
    assert len(endpoints(app)) == 73
    left = unreached(app, [*TRAFFIC, *ADDRESSES])
    left -= {endpoint_of(app, "WEBSOCKET", "/both")}
    assert {(path, method) for _, path, method in left} == HIDDEN


def test_the_stock_app_answers_as_written(module: ModuleType) -> None:
    assert_expected(TRAFFIC, replay(module.create_app(), TRAFFIC))


@pytest.mark.parametrize("tier", TIERS)
def test_the_installed_app_is_the_same_app(
    module: ModuleType, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = replay(module.create_app(), TRAFFIC)
    installed = install(module.create_app(), tier, monkeypatch)
    assert_same(TRAFFIC, stock, replay(installed, TRAFFIC))


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("tier", ["stock", *TIERS])
def test_objects_are_sent_as_their_text(
    module: ModuleType, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = module.create_app()
    stock = without_addresses(replay(app, ADDRESSES))
    assert_expected(ADDRESSES, stock)
    if tier != "stock":
        installed = install(module.create_app(), tier, monkeypatch)
        assert_same(ADDRESSES, stock, without_addresses(replay(installed, ADDRESSES)))


@pytest.mark.parametrize("tier", ["stock", *TIERS])
def test_one_handler_for_a_page_and_a_socket(
    module: ModuleType, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = module.create_app()
    if tier != "stock":
        install(app, tier, monkeypatch)
    assert asyncio.run(asgi.websocket(app, "/both")) == [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "socket"},
        {"type": "websocket.close", "code": 1000},
    ]


@pytest.mark.parametrize("tier", ["stock", *TIERS])
def test_a_route_can_be_added_while_the_app_runs(
    module: ModuleType, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = module.create_app()
    if tier != "stock":
        install(app, tier, monkeypatch)

    async def late(request: Any, x: Any = "static") -> list[Any]:
        return ["late", x]

    before = [missing("/late"), missing("/late/1")]
    assert_expected(before, replay(app, before))
    app.get("/late")(late)
    app.get("/late/{x}")(late)
    app.get("/twice")(late)
    after = [
        get("/late", ["late", "static"]),
        get("/late/1", ["late", 1]),
        get("/twice", ["late", "static"]),
        get("/digits/1", [1]),
        missing("/later/1"),
    ]
    assert_expected(after, replay(app, after))
