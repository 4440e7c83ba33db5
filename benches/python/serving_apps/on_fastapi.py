"""FastAPI."""

import asyncio

import workloads
from fastapi import FastAPI, Request

app = FastAPI(openapi_url=None)


# Without annotations of what is returned, which FastAPI would validate.
@app.get("/")
async def hello():  # type: ignore[no-untyped-def]
    return workloads.HELLO


@app.get("/users/{name}")
async def get_user(name: str):  # type: ignore[no-untyped-def]
    return workloads.user(name)


@app.post("/orders")
async def post_order(request: Request):  # type: ignore[no-untyped-def]
    return workloads.ordered(await request.json())


@app.get("/sleep")
async def sleep():  # type: ignore[no-untyped-def]
    await asyncio.sleep(0)
    return workloads.ASLEEP


async def get_thing(thing: str, part: str):  # type: ignore[no-untyped-def]
    return workloads.thing(thing, part)


for number in range(workloads.ROUTES):
    app.get(workloads.thing_path(number))(get_thing)
