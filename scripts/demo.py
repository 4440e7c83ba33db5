"""Shows on the blog example what covet-codegen does. Run by ``make demo``.

It builds the wheel of the example, installs it beside covet_runtime, answers the same requests with
the stock app and with the compiled one, and measures the matching of both.
"""

from __future__ import annotations

import asyncio
import importlib
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BLOG = ROOT / "examples" / "blog"
OUT = ROOT / "target" / "demo" / f"{sys.version_info[0]}.{sys.version_info[1]}"

ADA = (("authorization", "Bearer ada-token"),)


class Request(NamedTuple):
    """A request to both apps."""

    method: str
    path: str
    headers: Iterable[tuple[str, str]] = ()
    body: bytes = b""


REQUESTS = (
    Request("GET", "/"),
    Request("HEAD", "/health"),
    Request("GET", "/posts/hello"),
    Request("GET", "/posts/missing"),
    Request("POST", "/posts", ADA, b'{"title": "Fresh", "body": "Hello again."}'),
    Request("POST", "/posts", (), b'{"title": "Fresh"}'),
    Request("GET", "/users/007"),
    Request("GET", "/feeds/all.xml"),
    Request("GET", "/feeds/allXxml"),
    Request("DELETE", "/"),
    Request("GET", "/no/such/page"),
)


def main() -> int:
    """Run the whole demonstration. Returns 1 when the two apps differ."""
    build()
    sys.path[:0] = [str(BLOG), str(ROOT / "tests" / "python")]
    with warnings.catch_warnings():
        # The framework warns of its own deprecated modules when it is imported.
        warnings.simplefilter("ignore")
        blog = importlib.import_module("app")
    # `blog.app` has called covet_runtime.install(app); this one never did.
    stock, compiled = blog.create_app(), blog.app
    show_tier(compiled)
    show_matches()
    equal = compare(stock, compiled)
    measure(stock, compiled)
    return 0 if equal else 1


def build() -> None:
    """Compile the example and install its wheel into this environment."""
    title("Build the wheel of examples/blog, and install it")
    program = Path(sys.executable).with_name("covet-codegen")
    command = [str(program), "build", "app.py", "--python", sys.executable]
    places = ["--out", str(OUT), "--crate-dir", str(OUT / "blog_covet")]
    print("$ covet-codegen build app.py", flush=True)
    for old in OUT.glob("*.whl"):
        old.unlink()
    started = time.perf_counter()
    subprocess.run(command + places, cwd=BLOG, check=True)
    print(f"({time.perf_counter() - started:.0f} s)\n")
    (wheel,) = OUT.glob("*.whl")
    print(f"$ pip install {wheel.relative_to(ROOT)}", flush=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(wheel)], check=True)
    importlib.invalidate_caches()


def show_tier(app: Any) -> None:
    import covet_runtime

    title("The app has found its wheel: covet_runtime.install(app)")
    print(f"active_tier(app)  {covet_runtime.active_tier(app)}")
    print(f"why(app)          {covet_runtime.why(app)}")


def show_matches() -> None:
    """Look the requests up in the generated module, without the app."""
    wheel = importlib.import_module("blog_covet")
    title("Routes matched by generated Rust: blog_covet.match_route(path, method)")
    for request in REQUESTS:
        found = wheel.match_route(request.path, request.method)
        answer = "None"
        if found is not None:
            endpoint, parameters = found
            _, path, handler = wheel.ROUTES[endpoint]
            answer = f"{path}  {handler.replace('create_app.<locals>.', '')}  {parameters or ''}"
        print(f"{request.method:6} {request.path:16} {answer}")


def compare(stock: Any, compiled: Any) -> bool:
    """Answer the requests with both apps and show whether they differ."""
    title("The same requests, answered by the stock app and by the compiled app")
    expected, actual = (asyncio.run(visit(app)) for app in (stock, compiled))
    for request, theirs, ours in zip(REQUESTS, expected, actual):
        verdict = "equal" if theirs == ours else f"DIFFERENT: {ours}"
        print(
            f"{request.method:6} {request.path:16} {theirs.status}  "
            f"{len(theirs.headers)} headers  {len(theirs.body):4} bytes  {verdict}"
        )
    return bool(expected == actual)


async def visit(app: Any) -> list[Any]:
    """Start the app, send it the requests in order, stop it."""
    import asgi

    async with asgi.lifespan(app):
        return [
            await asgi.request(app, each.method, each.path, headers=each.headers, body=each.body)
            for each in REQUESTS
        ]


def measure(stock: Any, compiled: Any) -> None:
    """Time the two apps' `router.match_route` on cases from the best to the worst."""
    title("Time of router.match_route(path, method), median")
    dynamic = [info for info in stock.router.dynamic_routes if "GET" in info.methods]
    first, last = dynamic[0].pattern, dynamic[-1].pattern
    cases = (
        ("a static route", "/health"),
        (f"the first of {len(dynamic)} dynamic GET routes", fill(first)),
        (f"the last of {len(dynamic)} dynamic GET routes", fill(last)),
        ("no route", "/no/such/page"),
    )
    print(f"{'':38} {'CovetPy':>9} {'compiled':>9}")
    for name, path in cases:
        theirs, ours = side_by_side(stock.router.match_route, compiled.router.match_route, path)
        print(f"{name:38} {theirs:6.2f} µs {ours:6.2f} µs  {theirs / ours:5.1f}×")
    print("Matching is one part of a request. Handlers, JSON and the server take what they took.")
    print("(For static routes the app asks a dictionary of its own before the router.)")


def fill(path: str) -> str:
    """A request path for a route of the blog."""
    segments = ("a" if segment[:1] in ("{", "<") else segment for segment in path.split("/"))
    return "/".join(segments)


Matcher = Callable[[str, str], object]


def side_by_side(one: Matcher, other: Matcher, path: str) -> tuple[float, float]:
    """Median microseconds per match of `path` by two functions, measured by turns."""
    rounds, calls = 41, 1_000
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for function, results in zip((one, other), times):
            started = time.perf_counter()
            for _ in range(calls):
                function(path, "GET")
            results.append((time.perf_counter() - started) / calls * 1e6)
    return statistics.median(times[0]), statistics.median(times[1])


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
