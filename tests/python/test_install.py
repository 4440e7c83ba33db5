"""install and uninstall on real apps of the framework."""

import asyncio
import copy
import gc
import importlib
import logging
import os
import pickle
import subprocess
import sys
import threading
import types
import warnings
import weakref
from pathlib import Path
from typing import List, Optional, TypedDict  # noqa: UP035

import asgi
import covet_runtime
import pytest
from covet import Covet
from covet.core.routing import CovetRouter, RouteMatch
from covet_runtime import (
    CovetRuntimeWarning,
    TierUnavailable,
    _loader,
    active_tier,
    install,
    installation,
    routing,
    target,
    uninstall,
    wheels,
    why,
)
from covet_runtime import table as tables
from fake_wheels import write_wheel
from route_tables import outcome, random_paths, random_table

HERE = Path(__file__).parent

SHOP = """\
import sys
from typing import TypedDict
import covet_runtime
from covet import Covet

app = Covet()

class Order(TypedDict):
    id: int

@app.get("/orders/{id}")
async def order(request, id) -> Order:
    return id

if __name__ == "__main__":
    covet_runtime.install(app)
    sys.stderr.write(covet_runtime.why(app))
"""


class Row(TypedDict):
    id: int
    next: Optional["Row"]
    names: List[str]  # noqa: UP006


class Nothing(TypedDict):
    pass


def rows(request) -> List[Row]: ...  # noqa: UP006


def nothing(request) -> Nothing: ...


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """No extension, no other app, nothing asked for."""
    monkeypatch.setattr(_loader, "_loaded", _loader.Native(None, "there is no extension"))
    monkeypatch.setattr(_loader, "_warned", True)
    monkeypatch.setattr(installation, "_apps", [])
    monkeypatch.delenv("COVET_TIER", raising=False)
    monkeypatch.delenv("COVET_USE_RUST", raising=False)


@pytest.fixture
def native(monkeypatch):
    """A stand-in for the extension."""

    class NativeTable(routing.RouteTable):
        pass

    module = types.ModuleType("covet_runtime._native")
    module.RouteTable = NativeTable
    monkeypatch.setattr(_loader, "_loaded", _loader.Native(module, "it is loaded"))
    return module


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A directory for wheels on the path of imports."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0].endswith("_covet")]:
        del sys.modules[name]


async def index(request):
    return {"page": "index"}


async def user(request, id):
    return {"user": id}


async def post(request, slug):
    return [slug]


def blog():
    app = Covet()
    app.get("/")(index)
    app.route("/users/{id}", methods=["GET", "POST"])(user)
    app.get("/posts/<slug>")(post)
    return app


def is_untouched(app):
    names = {"match_route", "add_route", "__getstate__", "_covet_runtime"}
    return type(app) is Covet and names.isdisjoint(vars(app.router))


class TestMatching:
    def test_the_app_answers_as_before(self):
        requests = [("GET", "/"), ("POST", "/"), ("GET", "/users/007"), ("GET", "/users/x\n"),
                    ("POST", "/users/a"), ("GET", "/posts/a/b"), ("GET", "/no")]  # fmt: skip
        app = blog()
        before = [asgi.call(app, *request) for request in requests]
        done = install(app)
        assert (done.tier, done.endpoints, done.left_to_re, done.wheel) == ("pure", 4, 0, None)
        assert [asgi.call(app, *request) for request in requests] == before

    def test_static_answers_are_the_framework_s_own(self):
        app = blog()
        given = CovetRouter.match_route(app.router, "/", "GET")
        install(app)
        answer = app.router.match_route("/", "GET")
        assert answer is given
        assert answer is app.router.match_route("/", "GET")
        assert answer.params is CovetRouter._EMPTY_PARAMS
        assert type(app.router.match_route("/users/1", "GET")) is RouteMatch

    def test_the_cache_of_the_framework_is_left_alone(self):
        app = blog()
        install(app)
        app.router.match_route("/", "GET")
        assert app.router._static_match_cache == {}

    def test_who_kept_the_matcher_sees_late_routes(self):
        app = blog()
        install(app)
        kept = app.router.match_route
        seen = []

        def traced(path, method):
            seen.append(path)
            return kept(path, method)

        app.router.match_route = traced
        app.get("/late")(index)
        assert app.router.match_route("/late", "GET").handler is index
        assert app.router.match_route("/users/1", "GET").params == {"id": 1}
        assert seen == ["/late", "/users/1"]
        assert active_tier(app) == "framework"
        with pytest.raises(ValueError, match="match_route of its own"):
            install(app)
        uninstall(app)
        assert app.router.match_route is traced

    def test_a_patch_of_add_route_stays(self):
        app = blog()
        install(app)
        kept, seen = app.router.add_route, []

        def audited(path, handler, methods):
            seen.append(path)
            kept(path, handler, methods)

        app.router.add_route = audited
        for path in ("/late", "/later"):
            app.get(path)(index)
            assert app.router.match_route(path, "GET").handler is index
        assert seen == ["/late", "/later"]
        uninstall(app)
        assert app.router.add_route is audited

    def test_strange_arguments_reach_the_framework(self):
        app = blog()
        install(app)
        expected = outcome(types.MethodType(CovetRouter.match_route, app.router), [], "GET")
        assert expected[0] == "raises"
        assert outcome(app.router.match_route, [], "GET") == expected

    def test_random_tables(self):
        import random

        for seed in range(15):
            rng = random.Random(seed)
            table = random_table(rng)
            app = Covet()
            for number, (path, methods) in enumerate(table):
                # A fresh function each, because the framework marks what it registers.
                app.router.add_route(path, lambda request, n=number: n, methods)
            try:
                install(app, require="pure")
            except ValueError:
                assert any(ord(c) > 0xD7FF for path, _ in table for c in path)
                continue
            oracle = types.MethodType(CovetRouter.match_route, app.router)
            for path in random_paths(rng, table, 50):
                try:
                    expected = oracle(path, "GET")
                except Exception as error:
                    with pytest.raises(type(error)):
                        app.router.match_route(path, "GET")
                else:
                    assert app.router.match_route(path, "GET") == expected

    def test_the_rest_of_the_app_goes_on_working(self):
        class Header:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                async def marked(message):
                    if message["type"] == "http.response.start":
                        message["headers"].append([b"x-marked", b"1"])
                    await send(message)

                await self.app(scope, receive, marked)

        app = blog()
        install(app)
        app.add_middleware(Header)
        more = CovetRouter()
        more.add_route("/static", index, ["GET"])
        more.add_route("/{x}", post, ["GET"])
        app.include_router(more, "/more")
        assert asgi.call(app, "GET", "/users/1").header("x-marked") == b"1"
        assert asgi.call(app, "GET", "/more/static").status == 200
        assert app.router.match_route("/more/5", "GET").params == {"x": 5}
        assert len(app.routes) == 6

    def test_with_the_framework_s_test_client(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from covet.testing import TestClient

        app = blog()
        install(app)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = asyncio.run(TestClient(app).get("/users/7"))
        assert answer.status_code == 200
        assert answer.json() == {"user": 7}


class TestLifeCycle:
    def test_uninstall_restores_exactly(self):
        app = blog()
        before = dict(vars(app.router))
        install(app)
        assert not is_untouched(app)
        uninstall(app)
        assert is_untouched(app)
        assert vars(app.router) == before
        assert active_tier(app) == "framework"
        uninstall(app)

    def test_an_add_route_of_the_instance_is_kept(self):
        app = blog()
        calls = []
        plain = app.router.add_route

        def traced(*args):
            calls.append(args[0])
            plain(*args)

        app.router.add_route = traced
        install(app)
        app.get("/late/{x}")(lambda request, x: x)
        assert calls == ["/late/{x}"]
        assert app.router.match_route("/late/5", "GET").params == {"x": 5}
        uninstall(app)
        assert app.router.add_route is traced

    def test_a_match_route_of_the_instance_is_refused(self):
        app = blog()
        app.router.match_route = lambda path, method: None
        with pytest.raises(ValueError, match="match_route of its own"):
            install(app)

    def test_install_twice(self):
        app = blog()
        assert install(app) == install(app)
        uninstall(app)
        assert is_untouched(app)

    def test_install_again_rereads_the_table(self):
        app = blog()
        install(app)
        app.router.static_routes["/hidden"] = {"GET": index}
        assert app.router.match_route("/hidden", "GET") is None
        install(app)
        assert app.router.match_route("/hidden", "GET").handler is index

    def test_several_apps(self):
        first, second = blog(), Covet()
        second.get("/{only}")(post)
        install(first)
        install(second, require="pure")
        assert second.router.match_route("/users/1", "GET") is None
        assert first.router.match_route("/users/1", "GET").params == {"id": 1}
        uninstall(first)
        assert active_tier(first) == "framework"
        assert active_tier(second) == "pure"

    def test_the_latest_living_app_is_meant(self):
        first, second = blog(), blog()
        install(first)
        install(second)
        uninstall(second)
        assert why() == why(first)
        del first
        gc.collect()
        assert why() == "there is no extension"

    @pytest.mark.parametrize("duplicate", [
        copy.deepcopy,
        lambda app: pickle.loads(pickle.dumps(app)),
        lambda app: pickle.loads(pickle.dumps(app, protocol=0)),
    ])  # fmt: skip
    def test_copies_are_not_installed(self, duplicate):
        app = blog()
        install(app)
        twin = duplicate(app)
        assert is_untouched(twin)
        assert not is_untouched(app)
        app.get("/late")(index)
        twin.get("/{only}/twin")(post)
        assert twin.router.match_route("/late", "GET") is None
        assert app.router.match_route("/x/twin", "GET") is None
        for each in (app, twin):
            assert each.router.match_route("/users/1", "GET").params == {"id": 1}
        assert (active_tier(app), active_tier(twin)) == ("pure", "framework")
        assert install(twin).endpoints == 5

    def test_a_copy_has_what_was_there_before(self):
        app = blog()
        plain = app.router.add_route
        app.router.add_route = traced = lambda *args: plain(*args)
        install(app)
        assert vars(copy.copy(app.router))["add_route"] is traced

    def test_the_module_may_be_reloaded(self):
        app = blog()
        install(app)
        before = dict(vars(installation))
        try:
            importlib.reload(installation)
            assert installation.active_tier(app) == "pure"
            installation.install(app)
            installation.uninstall(app)
        finally:
            vars(installation).update(before)
        assert is_untouched(app)

    def test_apps_are_not_kept_alive(self):
        def make():
            app = Covet()

            @app.get("/{x}")
            def handler(request, x):
                return app.debug

            install(app)
            app.router.match_route("/x", "GET")
            return weakref.ref(app), weakref.ref(app.router)

        gone = make()
        gc.collect()
        assert [each() for each in gone] == [None, None]

    def test_not_while_the_app_is_only_read(self, monkeypatch):
        monkeypatch.setattr(target, "_loading", True)
        app = blog()
        assert install(app, require="generated").tier == "framework"
        assert is_untouched(app)


class TestRefusals:
    @pytest.mark.parametrize("path", ["/<int:x>", "/{id:int}", "/{a}/{a}", "/({x}"])
    def test_a_poisoned_table(self, path):
        app = blog()
        app.get(path)(user)
        app.get("/{also-bad}")(user)
        with pytest.raises(ValueError, match="help:") as caught:
            install(app)
        assert str(caught.value).count("CVT0") == 2
        assert is_untouched(app)

    def test_a_foreign_class(self):
        class Mine(Covet):
            pass

        with pytest.raises(ValueError, match="CVT010"):
            install(Mine())

    def test_a_handler_that_is_none(self):
        app = blog()
        app.router.add_route("/none", None, ["GET"])
        with pytest.raises(ValueError, match="CVT033"):
            install(app)
        assert is_untouched(app)

    def test_not_an_app(self):
        with pytest.raises(TypeError):
            install(42)

    def test_unknown_tier(self):
        with pytest.raises(ValueError, match="'rust' is not one of"):
            install(blog(), require="rust")


class TestLateRoutes:
    def test_count_at_once(self, caplog):
        app = blog()
        install(app)
        with caplog.at_level(logging.WARNING, "covet_runtime"):
            for number in range(3):
                app.get(f"/late{number}/{{x}}")(post)
                assert app.router.match_route(f"/late{number}/5", "GET").params == {"x": 5}
        assert len(caplog.records) == 1
        assert "'/late0/{x}' was added after install()" in caplog.text
        assert active_tier(app) == "pure"
        assert "added after install()" in why(app)
        assert app.router.match_route.__qualname__.startswith("RouteTable.")

    def test_one_rebuild_for_many(self, monkeypatch):
        app = blog()
        install(app)
        built = []
        table = routing.RouteTable
        monkeypatch.setattr(routing, "RouteTable", lambda given: built.append(1) or table(given))
        for number in range(5):
            app.get(f"/late{number}")(index)
        assert not built
        app.router.match_route("/late4", "GET")
        app.router.match_route("/late3", "GET")
        assert len(built) == 1

    def test_a_poisoned_one_gives_the_table_back_to_the_framework(self, caplog):
        app = blog()
        install(app)
        app.get("/<int:x>")(user)
        assert active_tier(app) == "framework"
        assert "CVT012" in why(app)
        assert "match_route" not in vars(app.router)
        with pytest.raises(Exception, match="unknown extension"):
            app.router.match_route("/users/1", "GET")
        uninstall(app)
        assert is_untouched(app)

    def test_a_generated_app_goes_on_natively(self, site, native):
        app = blog()
        write_wheel(site, app)
        assert install(app).tier == "generated"
        app.get("/late")(index)
        assert active_tier(app) == "native"
        assert "does not know" in why(app)

    def test_pure_stays_pure(self, native):
        app = blog()
        install(app, require="pure")
        app.get("/late")(index)
        assert active_tier(app) == "pure"

    def test_not_after_uninstall(self):
        app = blog()
        install(app)
        stale = app.router.add_route
        uninstall(app)
        stale("/late", index, ["GET"])
        assert is_untouched(app)
        assert app.router.match_route("/late", "GET").handler is index

    def test_the_add_route_of_an_earlier_installation(self):
        app = blog()
        install(app)
        kept = app.router.add_route
        uninstall(app)
        install(app)
        kept("/late/{x}", post, ["GET"])
        assert app.router.match_route("/late/5", "GET").params == {"x": 5}

    @pytest.mark.parametrize("then", [
        lambda app: None,
        lambda app: uninstall(app),
        lambda app: active_tier(app),
        lambda app: app.get("/later/{x}")(post),
    ])  # fmt: skip
    def test_who_wraps_the_matcher_that_waits(self, then):
        app = blog()
        install(app)
        app.get("/late/{x}")(post)
        kept, seen = app.router.match_route, []

        def traced(path, method):
            seen.append(path)
            return kept(path, method)

        app.router.match_route = traced
        then(app)
        for _ in range(2):
            assert app.router.match_route("/late/5", "GET").params == {"x": 5}
        assert seen == ["/late/5"] * 2
        assert active_tier(app) == "framework"
        assert app.router.match_route is traced

    def test_who_wraps_it_before_a_poisoned_route_counts(self):
        app = blog()
        install(app)
        app.get("/<int:x>")(user)
        kept = app.router.match_route
        app.router.match_route = lambda path, method: kept(path, method)
        with pytest.raises(Exception, match="unknown extension"):
            app.router.match_route("/users/1", "GET")

    def test_who_kept_the_matcher_that_waited(self):
        app = blog()
        install(app)
        app.get("/late/{x}")(post)
        kept = app.router.match_route
        assert active_tier(app) == "pure"
        app.router.match_route = lambda path, method: kept(path, method)
        assert app.router.match_route("/late/5", "GET").params == {"x": 5}

    def test_threads(self):
        app = blog()
        install(app)
        failures = []
        done = threading.Event()

        def match():
            while not done.is_set():
                try:
                    assert app.router.match_route("/users/5", "GET").params == {"id": 5}
                except Exception as error:
                    failures.append(error)

        def add(number):
            for step in range(30):
                path = f"/t{number}/{step}"
                app.router.add_route(path + "/{x}", post, ["GET"])
                found = app.router.match_route(path + "/v", "GET")
                if found is None or found.params != {"x": "v"}:
                    failures.append(path)

        matching = [threading.Thread(target=match) for _ in range(2)]
        adding = [threading.Thread(target=add, args=(number,)) for number in range(3)]
        for thread in matching + adding:
            thread.start()
        for thread in adding:
            thread.join()
        done.set()
        for thread in matching:
            thread.join()
        assert not failures
        assert len(app.router.dynamic_routes) == 2 + 90


class TestTiers:
    def test_the_best_there_is(self, site, native):
        app = blog()
        assert install(app).tier == "native"
        assert "no generated wheel" in why(app)
        fingerprint = write_wheel(site, app)
        done = install(app)
        assert (done.tier, done.wheel, done.fingerprint) == ("generated", "blog_covet", fingerprint)
        assert active_tier() == "generated"
        assert "blog_covet 1.0 matches" in why()
        assert app.router.match_route("/users/5", "GET").params == {"id": 5}

    def test_required(self, site, native):
        app = blog()
        write_wheel(site, app)
        for tier in ("generated", "native", "pure"):
            assert install(app, require=tier).tier == tier

    @pytest.mark.parametrize("tier", ["generated", "native"])
    def test_required_and_missing(self, tier):
        app = blog()
        with pytest.raises(TierUnavailable):
            install(app, require=tier)
        assert is_untouched(app)

    def test_by_environment(self, site, native, monkeypatch):
        app = blog()
        monkeypatch.setenv("COVET_TIER", "generated")
        with pytest.raises(TierUnavailable, match="no generated wheel"):
            install(app)
        write_wheel(site, app)
        assert install(app).tier == "generated"
        monkeypatch.delenv("COVET_TIER")
        monkeypatch.setenv("COVET_USE_RUST", "0")
        assert install(app).tier == "pure"
        with pytest.raises(TierUnavailable, match=r"requires generated.*asks for pure"):
            install(app, require="generated")

    def test_a_missing_extension_is_no_secret(self, monkeypatch):
        monkeypatch.setattr(_loader, "_warned", False)
        with pytest.warns(CovetRuntimeWarning, match="there is no extension") as caught:
            install(blog())
        assert caught[0].filename == __file__


class TestFaultyWheels:
    def test_a_stale_wheel_is_named_with_what_differs(self, site):
        app = blog()
        write_wheel(site, app, entry="blog:app")
        app.get("/new/{x}")(post)
        app.router.static_routes["/"]["GET"] = user
        del app.router.dynamic_routes[0]
        with pytest.warns(CovetRuntimeWarning) as caught:
            done = install(app)
        assert done.tier == "pure"
        (warning,) = caught
        text = str(warning.message)
        assert warning.filename == __file__
        for part in ("blog_covet is stale", "added GET /new/{x}", "removed GET /users/{id}",
                     "removed POST /users/{id}", "changed GET /: handler", ":index' → '",
                     "`covet-codegen build blog:app`"):  # fmt: skip
            assert part in text
        with pytest.raises(TierUnavailable) as refused:
            install(app, require="generated")
        assert str(refused.value) == text
        assert "blog_covet" not in sys.modules

    def test_many_differences_are_counted(self, site):
        app = blog()
        write_wheel(site, app)
        for number in range(20):
            app.get(f"/more/{number}")(index)
        with pytest.warns(CovetRuntimeWarning, match="added GET /more/7; and 12 more"):
            install(app)

    def test_other_differences(self, site):
        app = blog()
        write_wheel(site, app)
        app.router.dynamic_routes.reverse()
        with pytest.warns(CovetRuntimeWarning, match="the order of the routes changed"):
            install(app)
        app.router.dynamic_routes.reverse()
        app.max_body_size = 5
        with pytest.warns(CovetRuntimeWarning, match="limits: max_body_size 10485760 → 5"):
            install(app)

    def test_models_that_differ(self, site, monkeypatch):
        app = Covet()
        app.get("/rows")(rows)
        write_wheel(site, app)

        def difference(annotations):
            monkeypatch.setattr(Row, "__annotations__", annotations)
            with pytest.warns(CovetRuntimeWarning) as caught:
                install(app)
            return str(caught[0].message).partition("is stale (")[2].partition(");")[0]

        before = dict(Row.__annotations__)
        assert difference({**before, "id": str, "new": int}) == (
            "changed model Row: field id 'int' → 'str', field new None → 'int'"
        )
        assert difference(dict(reversed(before.items()))) == (
            "changed model Row: the order of the fields"
        )
        monkeypatch.setattr(Row, "__annotations__", before)
        app.get("/nothing")(nothing)
        with pytest.warns(CovetRuntimeWarning, match="added GET /nothing; added model Nothing"):
            install(app)

    def test_a_module_of_another_name(self, site, monkeypatch):
        """What `python pkg/app.py` makes of an app that was built as `pkg.app`."""
        app = blog()
        for handler in (index, user, post):
            monkeypatch.setattr(handler, "__module__", "pkg.app")
        write_wheel(site, app, entry="pkg.app:create_app()")
        for handler in (index, user, post):
            monkeypatch.setattr(handler, "__module__", "app")
        with pytest.warns(CovetRuntimeWarning, match="these very routes"):
            assert install(app).tier == "pure"
        for part in ("the module pkg.app, which this process calls app",
                     "`uvicorn --factory pkg.app:create_app` does"):  # fmt: skip
            assert part in why(app)
        # Anything else that differs is named as ever.
        app.max_body_size = 5
        monkeypatch.setattr(user, "__module__", "pkg.app")
        monkeypatch.setattr(post, "__module__", "pkg.app")
        with pytest.warns(CovetRuntimeWarning, match="limits: max_body_size"):
            install(app)

    @pytest.mark.parametrize("command", [["pkg/app.py"], ["-m", "cProfile", "pkg/app.py"]])
    def test_a_file_that_runs_as_main(self, site, tmp_path, command):
        (tmp_path / "pkg").mkdir()
        (tmp_path / "pkg" / "__init__.py").write_text("")
        (tmp_path / "pkg" / "app.py").write_text(SHOP)
        script = (
            "import pathlib, sys\n"
            f"sys.path[:0] = [{str(HERE)!r}, '.']\n"
            "import fake_wheels, pkg.app\n"
            f"site = pathlib.Path({str(site)!r})\n"
            "fake_wheels.write_wheel(site, pkg.app.app, entry='pkg.app:app')"
        )

        def python(*arguments):
            environment = {**os.environ, "PYTHONPATH": str(site)}
            return subprocess.run(
                [sys.executable, "-W", "ignore", *arguments],
                cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
            )  # fmt: skip

        python("-c", script)
        assert python("-m", "pkg.app").stderr.startswith("the generated wheel blog_covet 1.0 match")
        for part in ("the module pkg.app, which this process calls", "`uvicorn pkg.app:app` does"):
            assert part in python(*command).stderr

    def test_a_wheel_of_another_app_is_none_of_ours(self, site):
        other = Covet()
        for number in range(5):
            other.get(f"/{number}")(types.FunctionType(index.__code__, {}, f"other{number}"))
        other.get("/health")(index)
        for route in other.router.static_routes.values():
            for handler in route.values():
                handler.__qualname__ = handler.__name__
        write_wheel(site, other, "other_covet")
        app = blog()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert install(app).tier == "pure"

    def test_named_explicitly(self, site):
        app = blog()
        write_wheel(site, app, "my_covet")
        (site / "my_covet-1.0.dist-info" / "entry_points.txt").unlink()
        assert install(app).tier == "pure"
        assert install(app, wheel="my_covet").wheel == "my_covet"
        app.get("/new")(index)
        with pytest.warns(CovetRuntimeWarning, match="my_covet is stale .added GET /new"):
            install(app, wheel="my_covet")
        with pytest.warns(CovetRuntimeWarning, match="no_covet cannot be imported"):
            install(app, wheel="no_covet")

    @pytest.mark.parametrize("text", [b"[x]\nfoo\n", b"\xff\xfe[x"])
    def test_broken_metadata_of_others(self, site, text):
        other = site / "zzz-1.0.dist-info"
        other.mkdir()
        (other / "METADATA").write_text("Name: zzz\nVersion: 1.0\n")
        (other / "entry_points.txt").write_bytes(text)
        app = blog()
        write_wheel(site, app)
        assert install(app).wheel == "blog_covet"

    def test_for_another_runtime(self, site):
        app = blog()
        write_wheel(site, app, runtime_version="0.0.1")
        with pytest.warns(CovetRuntimeWarning, match=r"built for covet_runtime 0\.0\.1"):
            assert install(app).tier == "pure"

    def test_that_cannot_be_imported(self, site):
        app = blog()
        write_wheel(site, app)
        (site / "blog_covet" / "__init__.py").write_text("1 / 0")
        with pytest.warns(CovetRuntimeWarning, match="ZeroDivisionError"):
            assert install(app).tier == "pure"

    def test_canonical_toml_needs_no_parser(self, monkeypatch):
        monkeypatch.setitem(Row.__annotations__, 'a "] = {,\\\n', int)
        app = blog()
        app.get('/q"\x7f\t\u2028/{x}')(post)
        app.get("/back\\slash")(index)
        app.get("/rows")(rows)
        app.get("/nothing")(nothing)
        table = covet_runtime.frameworks.export(app).table
        assert [len(model.fields) for model in table.models] == [0, 4]
        text = tables.to_toml(table, tables.AppInfo("a_covet", "app:app", ("m:M",)))
        document = wheels.parse_canonical_toml(text)
        assert document == wheels.parse_toml(text)
        assert document["app"]["middleware"] == ["m:M"]
        assert wheels.differences(table, document) == []
