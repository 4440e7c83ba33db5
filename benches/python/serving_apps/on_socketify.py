"""socketify, which is its own server: ``python -m serving_apps.on_socketify PORT``.

Handlers that wait for nothing are plain functions, which is the faster of the two ways it has.
"""

import asyncio
import json
import sys
from typing import Any

import workloads
from socketify import App, AppListenOptions


class Compact:
    dumps = staticmethod(workloads.to_json)
    loads = staticmethod(json.loads)


def hello(response: Any, request: Any) -> None:
    response.end(workloads.HELLO)


def get_user(response: Any, request: Any) -> None:
    response.end(workloads.user(request.get_parameter(0)))


def post_order(response: Any, request: Any) -> None:
    body = bytearray()

    def on_data(response: Any, chunk: Any, last: bool) -> None:
        if chunk is not None:
            body.extend(chunk)
        if last:
            response.end(workloads.ordered(json.loads(body)))

    response.on_aborted(lambda response: None)
    response.on_data(on_data)


async def sleep(response: Any, request: Any) -> None:
    await asyncio.sleep(0)
    response.end(workloads.ASLEEP)


def get_thing(response: Any, request: Any) -> None:
    response.end(workloads.thing(request.get_parameter(0), request.get_parameter(1)))


app = App()
app.json_serializer(Compact)
app.get("/", hello)
app.get("/users/:name", get_user)
app.post("/orders", post_order)
app.get("/sleep", sleep)
for number in range(workloads.ROUTES):
    app.get(workloads.thing_path(number).replace("{", ":").replace("}", ""), get_thing)

if __name__ == "__main__":
    app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"))
    app.run()
