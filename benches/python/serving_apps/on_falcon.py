"""Falcon."""

import asyncio
import json
from functools import partial
from typing import Any

import falcon.asgi
import falcon.media
import workloads


class Hello:
    async def on_get(self, request: Any, response: Any) -> None:
        response.media = workloads.HELLO


class User:
    async def on_get(self, request: Any, response: Any, name: str) -> None:
        response.media = workloads.user(name)


class Orders:
    async def on_post(self, request: Any, response: Any) -> None:
        response.media = workloads.ordered(await request.get_media())


class Sleep:
    async def on_get(self, request: Any, response: Any) -> None:
        await asyncio.sleep(0)
        response.media = workloads.ASLEEP


class Thing:
    async def on_get(self, request: Any, response: Any, thing: str, part: str) -> None:
        response.media = workloads.thing(thing, part)


app = falcon.asgi.App()
# Falcon's handler as it is, but without spaces.
compact = falcon.media.JSONHandler(
    dumps=partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
)
app.req_options.media_handlers[falcon.MEDIA_JSON] = compact
app.resp_options.media_handlers[falcon.MEDIA_JSON] = compact

app.add_route("/", Hello())
app.add_route("/users/{name}", User())
app.add_route("/orders", Orders())
app.add_route("/sleep", Sleep())
for number in range(workloads.ROUTES):
    app.add_route(workloads.thing_path(number), Thing())
