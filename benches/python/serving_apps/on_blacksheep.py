"""BlackSheep."""

import asyncio
from typing import Any

import workloads
from blacksheep import Application, Request, get, json, post

app = Application()


@get("/")
async def hello() -> Any:
    return json(workloads.HELLO)


@get("/users/{name}")
async def get_user(name: str) -> Any:
    return json(workloads.user(name))


@post("/orders")
async def post_order(request: Request) -> Any:
    return json(workloads.ordered(await request.json()))


@get("/sleep")
async def sleep() -> Any:
    await asyncio.sleep(0)
    return json(workloads.ASLEEP)


async def get_thing(thing: str, part: str) -> Any:
    return json(workloads.thing(thing, part))


for number in range(workloads.ROUTES):
    app.router.add_get(workloads.thing_path(number), get_thing)
