"""The requests that servers are put under load with, and the answers that all of them give.

The apps of `serving_apps` import the answers from here, so nothing else may be imported.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

# Dynamic routes in the table, after those of the other workloads.
ROUTES = 300

HELLO = {"message": "Hello, World!"}
ASLEEP = {"slept": 0}

# 1,024 bytes, of which the answer has the customer and the number of lines.
ORDER: dict[str, Any] = {
    # In the order of the alphabet, in which Robyn's parser puts them.
    "customer": {"active": True, "email": "ada@example.org", "id": 7, "name": "Ada Lovelace"},
    "lines": [
        {"sku": f"A-{1000 + n}", "title": f"Engine part no. {n}", "quantity": n + 1, "price": 9.5}
        for n in range(11)
    ],
    "note": "",
}
ORDER["note"] = "x" * (1024 - len(json.dumps(ORDER, separators=(",", ":"))))


def thing_path(number: int) -> str:
    """The path of one of the many routes, with its parameters in braces."""
    return f"/api/v1/things{number}/{{thing}}/parts/{{part}}"


def user(name: str) -> dict[str, Any]:
    """The answer to a request with one path parameter."""
    return {"user": name}


def ordered(order: dict[str, Any]) -> dict[str, Any]:
    """The answer to an order."""
    return {"customer": order["customer"], "lines": len(order["lines"])}


def thing(name: str, part: str) -> dict[str, Any]:
    """The answer of one of the many routes."""
    return {"thing": name, "part": part}


def to_json(value: Any) -> str:
    """The JSON that CovetPy writes, and that everybody is therefore asked for."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Workload:
    """One request that is made again and again, and the body of its answer, whose status is 200."""

    name: str
    path: str
    answer: bytes
    body: bytes = b""

    @property
    def method(self) -> str:
        """POST when there is something to send."""
        return "POST" if self.body else "GET"

    def request(self) -> bytes:
        """The request as wrk makes it, but for the port."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if self.body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        return head.encode() + b"\r\n" + self.body


def _workload(name: str, path: str, answer: Any, body: Any = None) -> Workload:
    sent = b"" if body is None else to_json(body).encode()
    return Workload(name, path, to_json(answer).encode(), sent)


HELLO_JSON = _workload("hello", "/", HELLO)
PARAMETER = _workload("path parameter", "/users/ada", user("ada"))
POST = _workload("POST", "/orders", ordered(ORDER), ORDER)
LAST = _workload(
    f"last of {ROUTES}",
    thing_path(ROUTES - 1).format(thing="crank", part="handle"),
    thing("crank", "handle"),
)
SLEEP = _workload("sleep(0)", "/sleep", ASLEEP)
BARE = _workload("bare ASGI", "/", HELLO)

WORKLOADS = (HELLO_JSON, PARAMETER, POST, LAST, SLEEP, BARE)
# Those that take a router and handlers.
OF_FRAMEWORKS = (HELLO_JSON, PARAMETER, POST, LAST, SLEEP)
