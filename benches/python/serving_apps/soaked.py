"""The apps of the soak test: one of CovetPy, and a bare one that does what CovetPy cannot.

Both tell at ``/state`` what the server keeps.
"""

import asyncio
import gc
import os
from typing import Any, Optional
from urllib.parse import parse_qs

import workloads
from covet import Covet

LARGE = "0123456789abcdef" * 65536
# Set by `soak_server`.
server_state: Optional[Any] = None


class Intended(Exception):
    """Raised because a request asked for it."""


def state() -> dict[str, int]:
    """How much there is of what could be left behind."""
    tasks = asyncio.all_tasks()
    at_work = server_state.tasks if server_state else set()
    # Our protocol keeps tasks that wait for requests.
    spare = {task for task in tasks if is_spare(task) and task not in at_work}
    return {
        "connections": len(server_state.connections) if server_state else 0,
        "tasks": len(tasks - spare),
        "spare": len(spare),
        "objects": len(gc.get_objects()),
        "process": os.getpid(),
    }


def is_spare(task: "asyncio.Task[Any]") -> bool:
    """Whether a task was made by our protocol."""
    kind = type(task.get_coro())
    return (kind.__module__, kind.__name__) == ("covet_runtime", "Job")


covet = Covet()


@covet.get("/")
async def hello(request: Any) -> Any:
    return workloads.HELLO


@covet.get("/state")
async def get_state(request: Any) -> Any:
    return state()


@covet.get("/users/{name}")
async def get_user(request: Any, name: str) -> Any:
    return workloads.user(name)


@covet.post("/echo")
async def echo(request: Any) -> Any:
    try:
        return await request.json()
    except ValueError:
        # The framework takes the end of the connection for the end of the body.
        raise Intended from None


@covet.get("/large")
async def large(request: Any) -> Any:
    return LARGE


@covet.get("/sleep")
async def sleep(request: Any) -> Any:
    await asyncio.sleep(0.001)
    return workloads.ASLEEP


@covet.get("/raise")
async def fail(request: Any) -> Any:
    raise Intended


if os.environ.get("SOAK_INSTALL"):
    import covet_runtime

    covet_runtime.install(covet)


# ── Bare ASGI ──────────────────────────────────────────────────────────────────────────────────


async def bare(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise RuntimeError("the soaked app serves HTTP alone")
    handler = HANDLERS.get(scope["path"], answer_hello)
    await handler(scope, receive, send)


async def _send(send: Any, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer_hello(scope: Any, receive: Any, send: Any) -> None:
    await _send(send, workloads.to_json(workloads.HELLO).encode())


async def answer_state(scope: Any, receive: Any, send: Any) -> None:
    await _send(send, workloads.to_json(state()).encode())


async def answer_echo(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await _send(send, body)


async def answer_stream(scope: Any, receive: Any, send: Any) -> None:
    """Parts without a length beforehand, as the query says."""
    query = parse_qs(scope["query_string"].decode())
    parts, size = int(query["parts"][0]), int(query["size"][0])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(parts):
        part = bytes([97 + number % 26]) * size
        await send({"type": "http.response.body", "body": part, "more_body": True})
        if number % 3 == 0:
            await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b""})


async def answer_large(scope: Any, receive: Any, send: Any) -> None:
    """As much as a slow reader makes the server wait for, in parts."""
    body = LARGE.encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for start in range(0, len(body), 65536):
        part = body[start : start + 65536]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def raise_at_once(scope: Any, receive: Any, send: Any) -> None:
    raise Intended


async def raise_in_between(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * 10, "more_body": True})
    raise Intended


async def wait_for_the_end(scope: Any, receive: Any, send: Any) -> None:
    """Answer once the client has gone, which then is too late."""
    while (await receive())["type"] != "http.disconnect":
        pass
    await _send(send, b"too late")


HANDLERS = {
    "/state": answer_state,
    "/echo": answer_echo,
    "/stream": answer_stream,
    "/large": answer_large,
    "/raise": raise_at_once,
    "/cut": raise_in_between,
    "/wait": wait_for_the_end,
}
