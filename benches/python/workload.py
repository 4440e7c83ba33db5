"""The route tables and the requests that every contender gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional, Union

# Sizes of the tables: this many dynamic routes, and a static one for every ten of them.
SIZES = (10, 300, 1000)
NAMES = ("thing", "part")

# A batch has at most this many requests.
BATCH = 100


class Route(NamedTuple):
    """One route; all are GET, so that no contender can skip one by its method."""

    path: str
    parameters: tuple[str, ...]


def routes(size: int) -> list[Route]:
    """The table of `size` dynamic routes. The position of a route is what all answers name."""
    statics = [Route(f"/pages/about{n}", ()) for n in range(size // 10)]
    dynamics = [Route(f"/api/v1/things{n}/{{thing}}/parts/{{part}}", NAMES) for n in range(size)]
    return statics + dynamics


def make_app(size: int) -> Any:
    """A CovetPy app with the table of that size."""
    from covet import Covet

    app = Covet()
    for position, route in enumerate(routes(size)):
        app.router.add_route(route.path, make_handler(position), ["GET"])
    return app


def make_handler(position: int) -> Callable[..., Any]:
    """A handler that can be told from the others."""

    async def handler(request: Any, thing: Any = None, part: Any = None) -> int:
        return position

    handler.position = position  # type: ignore[attr-defined]
    return handler


class Answer(NamedTuple):
    """What a request has to be answered with: the route's position and the parameters."""

    route: int
    parameters: dict[str, Union[str, int]]


@dataclass(frozen=True)
class Case:
    """Requests of one kind against one table."""

    name: str
    size: int
    # Which function of the floor builds answers like these.
    floor: str
    # The path with places for two values, and the route's position or None.
    path: str
    route: Optional[int]
    digits: bool = False

    def values(self, number: int) -> tuple[str, str]:
        """The two values of the request `number`."""
        if self.digits:
            return str(1000 + number), str(9999 - number)
        return f"a{number:03}", f"z{number:03}"

    def has_values(self) -> bool:
        """Whether the answers have parameters."""
        return self.route is not None and "{}" in self.path

    def requests(self, count: int) -> list[tuple[str, str]]:
        """`count` requests, all of new `str` objects: as a server makes them, never seen before.

        So no hash of a path is known beforehand and no method is identical with another.
        """
        paths = (self.path.format(*self.values(number)).encode() for number in range(count))
        return [(path.decode(), b"GET".decode()) for path in paths]

    def answer(self, number: int) -> Optional[Answer]:
        """What the request `number` has to be answered with."""
        if self.route is None:
            return None
        if not self.has_values():
            return Answer(self.route, {})
        first, second = self.values(number)
        if self.digits:
            return Answer(self.route, dict(zip(NAMES, (int(first), int(second)))))
        return Answer(self.route, dict(zip(NAMES, (first, second))))


def _dynamic(name: str, size: int, n: int, digits: bool = False) -> Case:
    path = f"/api/v1/things{n}/{{}}/parts/{{}}"
    floor = "two_numbers" if digits else "two_texts"
    return Case(name, size, floor, path, size // 10 + n, digits)


def _miss(name: str, size: int, path: str) -> Case:
    return Case(name, size, "nothing", path, None)


CASES = (
    Case("static", 300, "no_parameters", "/pages/about17", 17),
    _dynamic("first of 300", 300, 0),
    _dynamic("first of 300, digits", 300, 0, digits=True),
    _dynamic("last of 300", 300, 299),
    _dynamic("last of 300, digits", 300, 299, digits=True),
    _dynamic("last of 10", 10, 9),
    _dynamic("last of 1000", 1000, 999),
    _miss("miss of 300", 300, "/api/v1/nothings/{}/parts/{}"),
    _miss("late miss of 300", 300, "/api/v1/things299/{}/parts/{}/more"),
    _miss("foreign miss of 300", 300, "/wp-admin/{}.php?{}"),
    _miss("miss of 10", 10, "/api/v1/nothings/{}/parts/{}"),
    _miss("miss of 1000", 1000, "/api/v1/nothings/{}/parts/{}"),
)
