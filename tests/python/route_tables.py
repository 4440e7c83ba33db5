"""Random route tables, paths aimed at them, and the framework's own verdict on both.

Any tier can be tested with it::

    rng = random.Random(seed)
    table = random_table(rng)
    oracle = Oracle(table)
    tier = RouteTable(oracle.endpoints)
    for path in random_paths(rng, table, 100):
        assert oracle.outcome_of(tier, path, "GET") == oracle.outcome(path, "GET")
"""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Union

from covet.core.routing import CovetRouter, RouteMatch

Route = tuple[str, Union[list[str], str]]
Outcome = tuple[Any, ...]

# A segment as written, with texts that its regular expression may meet.
_LITERALS = ["a", "b", "users", "me", "5", "é", "a b", "-", "%2F", "A", "", "x" * 40, "a\n"]
_DOTTED = ["v1.0", "a.b", ".", "f.json", "a.b.c", "..", "a.b.c.d.e"]
_OPERATORS = {
    "a+b": ["ab", "aab", "a+b"],
    "(x|y)": ["x", "y", "(x|y)"],
    "[ab]c": ["ac", "bc", "cc"],
    r"v\d": ["v1", "v٣", "vd"],
    "q?": ["q", "", "q?"],
    "(?P<opt>zz)?": ["zz", "", "12"],
    "(?P<num>[0-9]+)?": ["12", ""],
    "a|b": ["a", "b"],
    "x*": ["", "xx", "x*"],
    "}": ["}"],
    "$": ["$", ""],
    "{}": ["{}"],
    ".*": ["", "a/b", "\n"],
}
_VALUES = [
    "a", "b", "me", "users", "0", "7", "007", "-5", "5.0", "5\n", "٣", "²", "1²", "é", "a-b",
    "a-b-c", "a.b", ".", "-", "%2F", "a b", "\n", "\u2028", "\x00", "{x}", "<x>", "x" * 300,
    "5" * 50, "𝟘", "a\n\n", " ", "a.b.c", "\ud800",
]  # fmt: skip
_NAMES = ["id", "name", "a", "b", "c", "x_1", "class", "é"]


def random_table(rng: random.Random) -> list[Route]:
    """A route table that the framework can compile: ``[(path, methods)]`` as registered.

    Methods are sometimes one `str`, in lower case, repeated or missing, as apps really do it.
    """
    syntaxes = rng.choice([["{}"], ["<>"], ["{}", "<>"]])
    odd = rng.choice([0.0, 0.1, 0.4])
    table: list[Route] = []
    for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 30])):
        if table and rng.random() < 0.15:
            path = rng.choice(table)[0]
        else:
            path = _random_path(rng, rng.choice(syntaxes), odd)
        if framework_accepts(path):
            table.append((path, _random_methods(rng)))
    if rng.random() < 0.2:
        prefix = rng.choice(["/api", "/{tenant}", "/v1.0", "^/api", "/"])
        table += [(prefix + path, methods) for path, methods in table]
    return [route for route in table if framework_accepts(route[0])]


def _random_path(rng: random.Random, syntax: str, odd: float) -> str:
    names = rng.sample(_NAMES, len(_NAMES))
    count = rng.choice([0, 1, 1, 2, 2, 3, 4])
    path = "".join("/" + _random_segment(rng, syntax, odd, names) for _ in range(count))
    path += rng.choice(["", "", "", "/"])
    if rng.random() < odd:
        path = rng.choice(["^" + path, path + "$", path[1:], path + "\n", path + "<"])
    return path


def _random_segment(rng: random.Random, syntax: str, odd: float, names: list[str]) -> str:
    def capture() -> str:
        return f"{syntax[0]}{names.pop() if names else 'last'}{syntax[1]}"

    if rng.random() < 0.4:
        return rng.choice(_LITERALS[:4])
    if rng.random() < odd:
        return rng.choice([*_OPERATORS, "<c>"])
    if rng.random() < odd:
        return rng.choice(_DOTTED)
    if rng.random() < odd:
        return rng.choice(
            [
                f"{capture()}-{capture()}",
                f"f.{capture()}",
                f"{capture()}.{capture()}",
                f"{capture()}{capture()}",
                f"a{capture()}",
                f"{capture()}b",
            ]
        )
    return capture() if rng.random() < 0.6 else rng.choice(_LITERALS)


# As apps write them: a `str` registers each of its letters.
_METHODS: list[list[str] | str] = [
    ["GET"], ["GET"], ["GET"], ["POST"], ["GET", "POST"], ["get"], "GET", [], ["GET", "GET"],
    ["WEBSOCKET"],
]  # fmt: skip


def _random_methods(rng: random.Random) -> list[str] | str:
    return rng.choice(_METHODS)


def random_paths(rng: random.Random, table: Sequence[Route], count: int) -> list[str]:
    """Paths of which many match something in `table`, and most others only just do not."""
    paths = []
    for _ in range(count):
        path = _fill(rng, rng.choice(table)[0]) if table else "/"
        for _ in range(rng.choice([0, 0, 0, 1, 2])):
            path = _damage(rng, path)
        paths.append(path)
    return paths


_PLACEHOLDER = re.compile(r"\{[^}]+\}|<[^>]+>")


def _fill(rng: random.Random, path: str) -> str:
    """Replace captures by values and operators by something they may match."""
    if rng.random() < 0.05:
        return path
    for operator, samples in _OPERATORS.items():
        while operator in path and rng.random() < 0.9:
            path = path.replace(operator, rng.choice(samples), 1)
    path = _PLACEHOLDER.sub(lambda _: rng.choice(_VALUES), path)
    if "." in path and rng.random() < 0.5:
        path = path.replace(".", rng.choice("./x\n"), 1)
    return path.lstrip("^") if rng.random() < 0.9 else path


def _damage(rng: random.Random, path: str) -> str:
    at = rng.randrange(len(path) + 1)
    return rng.choice(
        [
            path + "\n",
            path + "\n\n",
            path + "/",
            path[:-1],
            path[:at] + path[at + 1 :],
            path[:at] + rng.choice("/ab.\n5") + path[at:],
            path.upper(),
            path.replace("/", "//", 1),
            path + "/" + rng.choice(_VALUES),
        ]
    )


def framework_accepts(path: str) -> bool:
    """Whether the framework can compile a route with this path."""
    router = CovetRouter()
    router.add_route(path, framework_accepts, ["GET"])
    try:
        compile_quietly(router)
    except Exception:
        return False
    return True


def compile_quietly(router: CovetRouter) -> None:
    """Let the framework compile its routes; odd literals make `re` warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        router._compile_dynamic_routes()


class Oracle:
    """A router of the framework with a handler of its own for each route of a table.

    `endpoints`, `handlers` and `answers` are what a tier's `RouteTable` and its ``bind`` take.
    """

    def __init__(self, table: Sequence[Route]) -> None:
        self.router = CovetRouter()
        for number, (path, methods) in enumerate(table):
            self.router.add_route(path, _handler(number), methods)
        compile_quietly(self.router)
        self.endpoints: list[tuple[str, str]] = []
        self.handlers: list[Any] = []
        self.answers: list[Any] = []
        for path, by_method in self.router.static_routes.items():
            by_handler: dict[int, list[str]] = {}
            for method in sorted(by_method):
                by_handler.setdefault(id(by_method[method]), []).append(method)
            for method in (method for methods in by_handler.values() for method in methods):
                answer = self.router.match_route(path, method)
                self._add(path, method, by_method[method], answer)
        for route in self.router.dynamic_routes:
            for method in sorted(set(route.methods)):
                self._add(route.pattern, method, route.handler, None)

    def _add(self, path: str, method: str, handler: Any, answer: Any) -> None:
        self.endpoints.append((path, method))
        self.handlers.append(handler)
        self.answers.append(answer)

    def outcome(self, path: str, method: str) -> Outcome:
        """What the framework does: handler and parameters, nothing, or an exception."""
        return outcome(self.router.match_route, path, method)

    def outcome_of(self, tier: Any, path: str, method: str) -> Outcome:
        """The same for the ``match_route`` of a tier's `RouteTable`."""

        def match_route(path: str, method: str) -> Any:
            found = tier.match_route(path, method)
            return None if found is None else RouteMatch(self.handlers[found[0]], found[1])

        return outcome(match_route, path, method)

    def bind(self, tier: Any) -> Callable[[str, str], Any]:
        """The matcher that ``install`` would put into the router."""
        bound: Callable[[str, str], Any] = tier.bind(
            self.handlers, self.answers, RouteMatch, self.router.match_route
        )
        return bound


def outcome(match_route: Callable[[str, str], Any], path: str, method: str) -> Outcome:
    """Call `match_route` and describe what came of it, so that two of them can be compared."""
    try:
        found = match_route(path, method)
    except Exception as error:
        return "raises", type(error), error.args
    if found is None:
        return ("none",)
    params = [(name, type(value), value) for name, value in found.params.items()]
    return "matches", found.handler.__name__, params


def _handler(number: int) -> Callable[..., None]:
    def handler(request: object, *values: object) -> None: ...

    handler.__name__ = f"route {number}"
    return handler
