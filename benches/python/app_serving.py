"""The CovetPy app of the serving benchmark, for `covet-codegen build` and for the servers."""

import asyncio
from typing import Any

import workloads
from covet import Covet

app = Covet()


@app.get("/")
async def hello(request: Any) -> Any:
    return workloads.HELLO


@app.get("/users/{name}")
async def get_user(request: Any, name: str) -> Any:
    return workloads.user(name)


@app.post("/orders")
async def post_order(request: Any) -> Any:
    return workloads.ordered(await request.json())


@app.get("/sleep")
async def sleep(request: Any) -> Any:
    await asyncio.sleep(0)
    return workloads.ASLEEP


async def get_thing(request: Any, thing: str, part: str) -> Any:
    return workloads.thing(thing, part)


for number in range(workloads.ROUTES):
    # Not by the router's own method: the framework would look into the handler at each request.
    app.get(workloads.thing_path(number))(get_thing)
