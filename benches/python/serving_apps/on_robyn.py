"""Robyn, which is its own server: ``python -m serving_apps.on_robyn PORT``."""

import asyncio
import sys
from typing import Any

import workloads
from robyn import Request, Robyn

app = Robyn(__file__)


@app.get("/")
async def hello(request: Request) -> Any:
    return workloads.HELLO


@app.get("/users/:name")
async def get_user(request: Request) -> Any:
    return workloads.user(request.path_params["name"])


@app.post("/orders")
async def post_order(request: Request) -> Any:
    return workloads.ordered(request.json())


@app.get("/sleep")
async def sleep(request: Request) -> Any:
    await asyncio.sleep(0)
    return workloads.ASLEEP


async def get_thing(request: Request) -> Any:
    parameters = request.path_params
    return workloads.thing(parameters["thing"], parameters["part"])


for number in range(workloads.ROUTES):
    path = workloads.thing_path(number).replace("{", ":").replace("}", "")
    app.get(path)(get_thing)

if __name__ == "__main__":
    app.start(host="127.0.0.1", port=int(sys.argv[1]), _check_port=False)
