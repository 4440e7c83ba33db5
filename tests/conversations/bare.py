"""An ASGI app without a framework: it sends and receives exactly the messages that a path names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, MutableMapping
from typing import Any, Callable, Optional

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[[Any, Receive, Send], Awaitable[Any]]

HANDLERS: dict[str, Handler] = {}


async def app(scope: Any, receive: Receive, send: Send) -> Any:
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
        return None
    answer: Handler = HANDLERS.get(scope["path"].strip("/"), missing)
    return await answer(scope, receive, send)


def create_app() -> Any:
    return app


async def lifespan(scope: Any, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            scope["state"]["started"] = True
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def handler(function: Handler) -> Handler:
    name = getattr(function, "__name__", "")
    HANDLERS[name.replace("_", "-")] = function
    return function


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data: Optional[bytes] = None, more: Optional[bool] = None) -> Message:
    message: Message = {"type": "http.response.body"}
    if data is not None:
        message["body"] = data
    if more is not None:
        message["more_body"] = more
    return message


def length(value: int) -> tuple[bytes, bytes]:
    return (b"content-length", b"%d" % value)


async def text(send: Send, content: str) -> None:
    data = content.encode("utf-8", "backslashreplace")
    await send(start(200, length(len(data))))
    await send(body(data))


async def missing(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(404, length(7)))
    await send(body(b"no such"))


# ── Responses that are right ───────────────────────────────────────────────────────────────────


@handler
async def plain(scope: Any, receive: Receive, send: Send) -> None:
    await text(send, "plain")


@handler
async def without_length(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(b"chunk"))


@handler
async def without_headers(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})


@handler
async def parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    for part in (b"one", b"", b"three", b"\r\n0\r\n\r\n"):
        await send(body(part, more=True))
    await send(body(b"end"))


@handler
async def slow_parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await asyncio.sleep(0.005)
    await send(body(b"one", more=True))
    await asyncio.sleep(0)
    await send(body(b"two", more=True))
    await asyncio.sleep(0.005)
    await send(body())


@handler
async def parts_of_a_length(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(6)))
    for part in (b"a", b"bc", b"def"):
        await send(body(part, more=True))
    await send(body(b""))


@handler
async def large_parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    for _ in range(20):
        await send(body(b"x" * 100_000, more=True))
    await send(body())


@handler
async def early_hints(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(103, (b"link", b"</style.css>")))
    await send(body())


@handler
async def own_date(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, (b"Date", b"never"), (b"SERVER", b"mine"), length(0)))
    await send(body())


@handler
async def own_chunked(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, (b"Transfer-Encoding", b"Chunked")))
    await send(body(b"abc"))


@handler
async def length_and_chunked(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(3), (b"transfer-encoding", b"chunked")))
    await send(body(b"abc"))


@handler
async def two_lengths(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(3), length(4)))
    await send(body(b"abc"))


@handler
async def own_close(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, (b"connection", b"close"), length(3)))
    await send(body(b"bye"))


@handler
async def repeated_headers(scope: Any, receive: Receive, send: Send) -> None:
    cookies = [(b"Set-Cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"SET-COOKIE", b"c=3")]
    await send(start(200, *cookies, length(0)))
    await send(body())


@handler
async def iterable_headers(scope: Any, receive: Receive, send: Send) -> None:
    message = start()
    message["headers"] = ((name, b"1") for name in (b"x-a", b"x-b"))
    await send(message)
    await send(body(b"x"))


# ── Statuses ───────────────────────────────────────────────────────────────────────────────────


def answers(status: int, *headers: tuple[bytes, bytes], content: bytes = b"body") -> Handler:
    async def answer(scope: Any, receive: Receive, send: Send) -> None:
        await send(start(status, *headers))
        await send(body(content))

    return answer


for _status in (100, 101, 199, 204, 205, 226, 299, 304, 418, 451, 599, 600, 99, 0, -1):
    HANDLERS[f"status-{_status}"] = answers(_status)
    HANDLERS[f"status-{_status}-length"] = answers(_status, length(4))
    HANDLERS[f"status-{_status}-empty"] = answers(_status, content=b"")


# ── Responses that are wrong ───────────────────────────────────────────────────────────────────


@handler
async def returns_something(scope: Any, receive: Receive, send: Send) -> Any:
    await text(send, "and a result")
    return 1


@handler
async def returns_only(scope: Any, receive: Receive, send: Send) -> Any:
    return "result"


@handler
async def nothing(scope: Any, receive: Receive, send: Send) -> None:
    pass


@handler
async def start_only(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())


@handler
async def start_of_a_length_only(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(5)))


@handler
async def not_completed(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(b"part", more=True))


@handler
async def body_first(scope: Any, receive: Receive, send: Send) -> None:
    await send(body(b"body"))


@handler
async def start_twice(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(start())


@handler
async def start_after_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(b"part", more=True))
    await send(start())


@handler
async def after_the_end(scope: Any, receive: Receive, send: Send) -> None:
    await text(send, "complete")
    await send(body(b"more"))


@handler
async def unknown_message(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.push"})


@handler
async def unknown_message_later(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(4)))
    await send({"type": "http.response.trailers", "headers": []})


@handler
async def too_long(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(3)))
    await send(body(b"four"))


@handler
async def too_long_later(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(3)))
    await send(body(b"12", more=True))
    await send(body(b"34"))


@handler
async def too_short(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(5)))
    await send(body(b"four"))


@handler
async def odd_length(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, (b"content-length", b"four")))
    await send(body(b"four"))


@handler
async def header_name(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, (b"x split", b"1")))
    await send(body())


@handler
async def header_value(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, (b"x-split", b"1\r\nset-cookie: a=1")))
    await send(body())


@handler
async def header_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, ("x-name", "text")))  # type: ignore[arg-type]
    await send(body())


@handler
async def body_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send({"type": "http.response.body", "body": "text"})


@handler
async def raises(scope: Any, receive: Receive, send: Send) -> None:
    raise ValueError("before anything")


@handler
async def raises_after_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(4)))
    raise ValueError("the head is held")


@handler
async def raises_after_start_and_pause(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(4)))
    await asyncio.sleep(0.01)
    raise ValueError("the head is out")


@handler
async def raises_after_part(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(b"part", more=True))
    raise ValueError("in the middle")


@handler
async def raises_after_end(scope: Any, receive: Receive, send: Send) -> None:
    await text(send, "complete")
    raise ValueError("after all")


@handler
async def catches_its_error(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, length(3)))
    try:
        await send(body(b"four"))
    except RuntimeError:
        await send(body(b"six"))


@handler
async def exits(scope: Any, receive: Receive, send: Send) -> None:
    raise SystemExit(1)


@handler
async def is_cancelled(scope: Any, receive: Receive, send: Send) -> None:
    raise asyncio.CancelledError


@handler
async def is_cancelled_after_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    raise asyncio.CancelledError


# ── Requests ───────────────────────────────────────────────────────────────────────────────────


@handler
async def scope(scope: Any, receive: Receive, send: Send) -> None:
    """The whole scope but the peers' addresses, in its order."""
    lines = [f"{name}: {value!r}" for name, value in scope.items() if name not in _ADDRESSES]
    await text(send, "\r\n".join([" ".join(scope), *lines, ""]))


_ADDRESSES = ("client", "server")


@handler
async def state(scope: Any, receive: Receive, send: Send) -> None:
    """The state of the lifespan is there, and what a request puts there is not."""
    seen = dict(scope["state"])
    scope["state"]["request"] = 1
    await text(send, repr(seen))


@handler
async def echo(scope: Any, receive: Receive, send: Send) -> None:
    data = b""
    while True:
        message = await receive()
        data += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send(start(200, length(len(data))))
    await send(body(data))


@handler
async def messages(scope: Any, receive: Receive, send: Send) -> None:
    """Each message as it comes. The body of a small request that arrives at once is one message."""
    seen = []
    while True:
        message = await receive()
        seen.append(repr(message))
        if not message.get("more_body"):
            break
    await text(send, "\r\n".join([*seen, ""]))


@handler
async def receives_after_response(scope: Any, receive: Receive, send: Send) -> None:
    await text(send, "complete")
    first, second = await receive(), await receive()
    if first != {"type": "http.disconnect"} or second != first:
        raise ValueError(f"received {first} and {second}")


@handler
async def waits_for_disconnect(scope: Any, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    await text(send, "nobody hears this")


@handler
async def starts_before_reading(scope: Any, receive: Receive, send: Send) -> None:
    """The client waits for the head before it sends the body."""
    await send(start())
    message = await receive()
    await send(body(message.get("body", b"")))


@handler
async def answers_first_part(scope: Any, receive: Receive, send: Send) -> None:
    message = await receive()
    await text(send, f"{len(message['body']) > 0}")
