"""`explain`, on the examples and on what stands in the way of a route."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import covet_runtime
import pytest
from covet import Covet
from covet_runtime import installation
from covet_runtime.explanation import ASGI, DIRECT, RE, WEBSOCKET
from covet_runtime.server.facts import Server, servers
from covet_runtime.server.settings import Settings
from covet_runtime.uvicorn import HttpProtocol

uvicorn = pytest.importorskip("uvicorn")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NATIVE = pytest.mark.skipif(not covet_runtime.has_rust(), reason="the extension is not built")


def shop():
    app = Covet()

    @app.get("/")
    async def index(request):
        return {"a": 1}

    @app.route("/items/{key}", methods=["GET", "PUT"])
    def item(request, key):
        return key

    @app.route("/live", methods=["WEBSOCKET"])
    async def live(scope, receive, send):
        pass

    return app


def served(app):
    return {(route.method, route.path): route.served for route in covet_runtime.explain(app)}


@NATIVE
def test_an_app_that_is_served_directly():
    app = shop()
    covet_runtime.install(app, require="native")
    found = covet_runtime.explain(app)
    assert (found.tier, found.responses) == ("native", "native")
    assert [(each.method, each.path, each.served) for each in found] == [
        ("GET", "/", DIRECT),
        ("WEBSOCKET", "/live", WEBSOCKET),
        ("GET", "/items/{key}", DIRECT),
        ("PUT", "/items/{key}", DIRECT),
    ]
    assert {each.matcher for each in found} == {"native"}
    assert [each.serializer for each in found] == ["native", None, "native", "native"]
    assert {each.reason for each in found} == {None}
    assert found.routes[0].handler.endswith("shop.<locals>.index")
    assert len(found) == 4
    assert "proxy headers" in found.depends[0]
    assert "root path" in found.depends[1]


@NATIVE
def test_what_stands_in_the_way_of_all_routes():
    app = shop()
    covet_runtime.install(app, require="native")
    app.debug = True
    found = covet_runtime.explain(app)
    assert {each.reason for each in found if each.served == ASGI} == {"it is in debug mode"}
    assert found.depends == ()


@NATIVE
def test_what_only_re_can_match():
    app = shop()

    @app.get("/{a}-(b|c)")
    async def odd(request, a):
        return a

    covet_runtime.install(app, require="native")
    found = covet_runtime.explain(app)
    assert [each.path for each in found if each.matcher == RE] == ["/{a}-(b|c)"]
    assert {each.served for each in found} == {ASGI, WEBSOCKET}


def test_pure_python():
    app = shop()
    covet_runtime.install(app, require="pure")
    found = covet_runtime.explain(app)
    assert (found.tier, found.responses) == ("pure", "framework")
    assert {(each.matcher, each.served) for each in found} == {("pure", ASGI), ("pure", WEBSOCKET)}
    assert found.routes[0].serializer == "framework"
    assert "pure Python" in found.routes[0].reason


def test_an_app_that_is_not_installed():
    found = covet_runtime.explain(shop())
    assert found.tier == "framework"
    assert {each.reason for each in found} == {
        "install() has not been called for this app",
        None,
    }
    assert "install() has not been called" in str(found)
    assert "HttpProtocol" in found.depends[0]


def test_what_is_no_app():
    with pytest.raises(TypeError, match="object is not an app"):
        covet_runtime.explain(object())


@NATIVE
@pytest.mark.parametrize("options", [{}, {"proxy_headers": False}, {"root_path": "/api"}])
def test_a_server_that_runs(options):
    import asyncio

    app = shop()
    covet_runtime.install(app, require="native")

    async def run():
        usual = {"lifespan": "off", "ws": "none", "log_config": None}
        config = uvicorn.Config(app, http=HttpProtocol, **usual, **options)
        state = uvicorn.server.ServerState()
        server = Server.of(HttpProtocol, config, state, {})
        assert server in servers()
        assert server.settings == Settings.from_environment()
        return covet_runtime.explain(app)

    found = asyncio.run(run())
    assert found.decided == "for the server that runs"
    if "root_path" in options:
        assert found.routes[0].reason == "it has a root path"
        assert found.depends == ()
    else:
        assert found.routes[0].served == DIRECT
        assert len(found.depends) == (0 if options else 1)


def test_the_text():
    app = shop()
    covet_runtime.install(app, require="pure")
    lines = str(covet_runtime.explain(app)).splitlines()
    assert lines[0] == "tier: pure (pure was asked for)"
    table = lines[lines.index("") + 1 :]
    assert " ".join(table[0].split()) == "method path handler matched by written by served"
    place = table[0].index("path")
    assert [line[place:].split()[0] for line in table[1:5]] == [
        "/",
        "/live",
        "/items/{key}",
        "/items/{key}",
    ]
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/app.py")))
@pytest.mark.parametrize("tier", ["pure", pytest.param("native", marks=NATIVE)])
def test_the_command_on_the_examples(name, tier):
    if name == "metrics":
        pytest.importorskip("prometheus_client")
    done = subprocess.run(
        [sys.executable, "-m", "covet_runtime", "explain", "app.py"],
        cwd=EXAMPLES / name,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "COVET_TIER": tier,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(Path(covet_runtime.__file__).resolve().parents[1]),
        },
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"tier: {tier} (")
    direct = sum(line.endswith("  direct") for line in lines)
    # The others have middleware, or paths that only Python's re can match.
    assert direct == ({"hello": 4, "metrics": 3}.get(name, 0) if tier == "native" else 0)


def test_the_command_on_what_is_no_app(tmp_path):
    (tmp_path / "app.py").write_text("app = 1\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "covet_runtime", "explain", "app.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(covet_runtime.__file__).resolve().parents[1]),
        },
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_the_tier_of_the_app_that_was_installed_last(monkeypatch):
    monkeypatch.setattr(installation, "_apps", [])
    assert covet_runtime.get_metrics()["tier"] is None
    app = shop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        covet_runtime.install(app, require="pure")
    assert covet_runtime.get_metrics()["tier"] == "pure"
