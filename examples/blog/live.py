"""WebSockets: CovetPy accepts the connection, then calls `handler(scope, receive, send)`."""

from __future__ import annotations

from typing import Any

from store import store


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") is not None:
            await send({"type": "websocket.send", "text": message["text"]})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})


async def watch(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Captures are not passed to WebSocket handlers, so the path is taken apart here."""
    slug = scope["path"].rsplit("/", 1)[-1]
    post = store.post(slug)
    if post is None:
        await send({"type": "websocket.close", "code": 4004})
        return
    for comment in store.comments_of(post["id"]):
        await send({"type": "websocket.send", "text": f"{comment['author']}: {comment['text']}"})
    await send({"type": "websocket.close", "code": 1000})
