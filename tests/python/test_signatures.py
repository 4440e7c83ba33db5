"""What is said of handlers that cannot take what they are called with, and what becomes of it."""

from __future__ import annotations

import functools
import json
import logging
import random
from typing import Any

import asgi
import pytest
from covet import Covet
from covet.core.routing import RouteGroup
from covet_runtime import frameworks, signatures
from covet_runtime.diagnostics import Diagnostic


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The framework logs every error 500 with its traceback."""
    caplog.set_level(logging.CRITICAL)


def check(app: Covet) -> list[Diagnostic]:
    exported = frameworks.export(app)
    assert not exported.has_errors, exported.diagnostics
    return list(signatures.check(exported))


def of(path: str, handler: Any, methods: tuple[str, ...] = ("GET",)) -> list[Diagnostic]:
    app = Covet()
    app.router.add_route(path, handler, list(methods))
    return check(app)


def test_a_value_in_the_place_of_a_default() -> None:
    app = Covet()

    @app.get("/users/{id}")
    async def user(request: Any, page: int = 1, id: Any = None) -> list[Any]:
        return [page, id]

    (found,) = check(app)
    assert (found.code, found.severity) == ("CVT086", "warning")
    assert found.message == (
        f"route '/users/{{id}}' ({__name__}:test_a_value_in_the_place_of_a_default.<locals>.user)"
        ": the value of {id} arrives in `page`, since values are passed by position"
    )
    assert found.help == "write `page` after the parameters that are captures"
    assert found.location is not None
    assert asgi.call(app, "GET", "/users/seven").body == b'["seven",null]'


# What is written behind `def handler`, the path, and what is said of it.
NEVER_CALLED = {
    "keyword-only": ("(request, *, x)", "/{x}", "write `x` before the `*`"),
    "keyword-only with a default": ("(request, *, x=1)", "/{x}", "write `x` before the `*`"),
    "an argument that nothing gives": ("(request, x, y)", "/{x}", "nothing gives it `y`"),
    "a keyword that nothing gives": ("(request, x, *, user)", "/{x}", "nothing gives it `user`"),
    "static": ("(request, size)", "/", "the path has no captures"),
    "no parameters": ("()", "/", "let the request be its first parameter"),
    "no parameters, dynamic": ("()", "/{x}", "let the request be its first parameter"),
    "keywords alone": ("(**everything)", "/", "let the request be its first parameter"),
    "a capture called like the keywords": ("(request, **x)", "/{x}", "2 arguments and takes 1"),
}

CALLED = {
    "as written": ("(request, a, b)", "/{a}/{b}"),
    "in another order than the path": ("(request, b, a)", "/{a}/{b}"),
    "not all captures": ("(request, b)", "/{a}/{b}"),
    "defaults last": ("(request, a, size=1)", "/{a}"),
    "keyword-only with a default": ("(request, a, *, size=1)", "/{a}"),
    "any number": ("(request, *args)", "/{args}"),
    "any request": ("(*args)", "/{x}"),
    "keywords": ("(request, a, **rest)", "/{a}"),
    "static with a default": ("(request, size=1)", "/"),
    "positional only": ("(request, a, /)", "/{a}"),
    "left to re": ("(request, year, x)", r"/(?P<year>\\d+)/{x}"),
}


def handler(signature: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(f"async def handler{signature}: return dict(locals(), request=None)", namespace)
    return namespace["handler"]


@pytest.mark.parametrize("case", NEVER_CALLED)
def test_handlers_that_can_never_be_called(case: str) -> None:
    signature, path, text = NEVER_CALLED[case]
    (found,) = of(path, handler(signature))
    assert (found.code, found.severity) == ("CVT087", "warning")
    assert "every request is a 500, because " in found.message
    assert text in f"{found.message} {found.help}"


@pytest.mark.parametrize("case", CALLED)
def test_handlers_that_can_be_called(case: str) -> None:
    signature, path = CALLED[case]
    assert of(path, handler(signature)) == []


def test_random_signatures_against_the_framework() -> None:
    """Each handler is called through the app: with a 500 or a wrong value, or neither."""
    rng = random.Random(11)
    seen = {"CVT086": 0, "CVT087": 0, "": 0}
    for _ in range(1_500):
        names = rng.sample("abcd", rng.randint(0, 4))
        parts, star, default = ["request"], False, False
        for name in names:
            if not star and rng.random() < 0.15:
                parts.append(rng.choice(["*", "*rest"]))
                star = True
            default = rng.random() < 0.4 or (default and not star)
            parts.append(f"{name}='default'" if default else name)
        if parts[-1] == "*":
            parts.pop()
        captures = rng.sample("abcd", rng.randint(0, 3))
        app = Covet()
        path = "".join(f"/{{{name}}}" for name in captures) or "/"
        app.router.add_route(path, handler(f"({', '.join(parts)})"), ["GET"])
        found = check(app)
        assert len(found) <= 1
        code = found[0].code if found else ""
        values = "".join(f"/value-{name}" for name in captures) or "/"
        response = asgi.call(app, "GET", values)
        if response.status == 500:
            expected = "CVT087"
        else:
            body = json.loads(response.body)
            wrong = any(
                str(value).startswith("value-") and value != f"value-{name}"
                for name, value in body.items()
            )
            expected = "CVT086" if wrong else ""
        assert code == expected, (path, parts, found)
        seen[code] += 1
    assert min(seen.values()) > 50, seen


def test_websockets_are_called_with_three_arguments() -> None:
    three = handler("(scope, receive, send)")
    one = handler("(websocket, id)")
    assert of("/live/{id}", three, ("WEBSOCKET",)) == []
    (found,) = of("/live/{id}", one, ("WEBSOCKET",))
    assert found.code == "CVT087"
    assert "closes the connection" in found.message
    (found,) = of("/live", three, ("GET", "WEBSOCKET"))
    assert found.message.startswith("GET of route '/live'")
    both = handler("(request, receive=None, send=None)")
    assert of("/live", both, ("GET", "WEBSOCKET")) == []


def test_nothing_is_said_of_what_a_decorator_hides() -> None:
    inner = handler("(request, user, id)")

    @functools.wraps(inner)
    async def with_user(request: Any, *values: Any) -> Any:
        return await inner(request, "somebody", *values)

    assert of("/{id}", with_user) == []
    assert of("/{id}", functools.partial(with_user)) == []


class Callable:
    def __call__(self, request: Any, x: Any) -> None: ...

    def method(self, request: Any, x: Any, y: Any) -> None: ...


def test_other_callables() -> None:
    assert of("/{x}", Callable()) == []
    assert [found.code for found in of("/{y}", Callable())] == ["CVT087"]
    assert of("/{x}/{y}", Callable().method) == []
    assert [found.code for found in of("/{x}", Callable().method)] == ["CVT087"]
    partial = functools.partial(handler("(first, request, x)"), 1)
    assert of("/{x}", partial) == []
    assert [found.code for found in of("/", partial)] == ["CVT087"]
    assert of("/", dict) == []


def test_groups_with_middleware_pass_no_captures() -> None:
    async def passes(request: Any) -> None: ...

    app = Covet()
    group = RouteGroup("/admin", middleware=[passes])
    group.get("/users/{id}")(handler("(request, id)"))
    group.get("/posts/{id}")(handler("(request)"))
    group.include_in_router(app.router)
    (found,) = check(app)
    assert found.code == "CVT087"
    assert "a group with middleware passes no captures" in found.message
    assert asgi.call(app, "GET", "/admin/users/7").status == 500
    assert asgi.call(app, "GET", "/admin/posts/7").status == 200
