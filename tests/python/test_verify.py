"""Verification: what it asks, and that it really fails when a tier is wrong."""

import argparse
import json
import os
import random
import subprocess
import sys
import textwrap

import pytest
from covet import Covet
from covet_runtime import frameworks, routing, verification
from covet_runtime import table as tables
from covet_runtime.verification import compare, default_requests, witnesses
from covet_runtime.witnesses import KINDS
from fake_wheels import write_wheel, zip_wheel
from route_tables import random_table


async def index(request):
    return {}


async def user(request, id):
    return {"user": id}


async def me(request, tail):
    return {"me": tail}


async def part(request, a, b):
    return [a, b]


def blog():
    app = Covet()
    app.get("/")(index)
    app.route("/users/{id}/x", methods=["GET", "POST"])(user)
    app.get("/users/me/{tail}")(me)
    app.get("/f.{a}-{b}")(part)
    app.get("/a+/{id}")(user)
    return app


def table_of(app):
    return frameworks.export(app).table


def endpoints_of(app):
    return tables.endpoints(table_of(app))


def diverge(table_class, app=None, requests=4000):
    app = app or blog()
    made = witnesses(table_of(app), 0, requests)
    return compare(app, {"pure": table_class(endpoints_of(app))}, made)[1]


def test_the_pure_tier_passes():
    assert diverge(routing.RouteTable) == []


@pytest.mark.parametrize("seed", range(8))
def test_the_pure_tier_passes_on_random_tables(seed):
    app = Covet()
    for path, methods in random_table(random.Random(seed)):
        app.router.add_route(path, index, methods)
    if table_of(app) is not None:
        assert diverge(routing.RouteTable, app, 1500) == []


class WrongOrder(routing.RouteTable):
    """Swaps the two routes that overlap."""

    def __init__(self, endpoints):
        swapped = [*endpoints[:1], endpoints[3], endpoints[2], endpoints[1], *endpoints[4:]]
        super().__init__(swapped)
        self._back = {1: 3, 3: 1}

    def match_route(self, path, method):
        found = super().match_route(path, method)
        return found and (self._back.get(found[0], found[0]), found[1])

    def match_id(self, path, method):
        found = super().match_id(path, method)
        return self._back.get(found, found)

    def bind(self, handlers, *others):
        return super().bind([handlers[i] for i in (0, 3, 2, 1, 4, 5)], *others)


def test_a_wrong_order_is_found_with_its_witness():
    first = diverge(WrongOrder)[0]
    assert (first.tier, first.method, first.path) == ("pure", "GET", "/users/me/x")
    assert first.expected.endswith("test_verify:user(id='me')")
    assert first.actual.endswith("test_verify:me(tail='x')")
    assert first.witness == "wanted by GET /users/{id}/x and GET /users/me/{tail}"


def broken(change_match=None, change_id=None):
    """A table class whose three ways of matching are changed."""

    class Broken(routing.RouteTable):
        def match_route(self, path, method):
            return (change_match or routing.RouteTable.match_route)(self, path, method)

        def match_id(self, path, method):
            return (change_id or routing.RouteTable.match_id)(self, path, method)

        def bind(self, *given):
            return super().bind(*given)

    return Broken


def no_newline(self, path, method):
    return None if path.endswith("\n") else routing.RouteTable.match_route(self, path, method)


def strings_only(self, path, method):
    found = routing.RouteTable.match_route(self, path, method)
    return found and (found[0], {name: str(value) for name, value in found[1].items()})


def only_ascii_digits(self, path, method):
    if "²" in path:
        return None
    return routing.RouteTable.match_route(self, path, method)


def other_order_of_parameters(self, path, method):
    found = routing.RouteTable.match_route(self, path, method)
    return found and (found[0], dict(reversed(list(found[1].items()))))


def any_method(self, path, method):
    return routing.RouteTable.match_route(self, path, method.upper())


def one_slash(self, path, method):
    return routing.RouteTable.match_route(self, path.replace("//", "/"), method)


def literal_dots(self, path, method):
    if path.startswith("/f") and not path.startswith("/f."):
        return None
    return routing.RouteTable.match_route(self, path, method)


def no_regex(self, path, method):
    return None if path.startswith("/aa") else routing.RouteTable.match_route(self, path, method)


@pytest.mark.parametrize(
    "fault",
    [no_newline, strings_only, only_ascii_digits, other_order_of_parameters, any_method, one_slash,
     literal_dots, no_regex],
)  # fmt: skip
def test_faults_are_found(fault):
    assert diverge(broken(change_match=fault))


def test_a_wrong_id_is_found():
    def shifted(self, path, method):
        found = routing.RouteTable.match_id(self, path, method)
        return found and found - 1

    assert diverge(broken(change_id=shifted))[0].actual.startswith("match_id: ")


def test_divergences_have_a_limit():
    class Nothing(routing.RouteTable):
        def match_route(self, path, method):
            return None

    assert len(diverge(Nothing)) == verification.MAX_DIVERGENCES


class TestWitnesses:
    def test_are_the_same_in_every_process(self):
        code = """
            import sys, test_verify
            made = test_verify.witnesses(test_verify.table_of(test_verify.blog()), 1, 1000)
            print([tuple(each) for each in made], file=sys.stdout)
        """
        printed = set()
        for seed in ("0", "1", "2"):
            command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)]
            environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
            here = os.path.dirname(os.path.abspath(__file__))
            done = subprocess.run(
                command, cwd=here, env=environment, capture_output=True, check=True
            )
            printed.add(done.stdout)
        assert len(printed) == 1

    def test_have_a_kind_each(self):
        kinds = {each.kind for each in witnesses(table_of(blog()), 0, 20_000)}
        assert kinds == set(KINDS)

    def test_are_reproducible_and_different(self):
        table = table_of(blog())
        one, again = list(witnesses(table, 1, 3000)), list(witnesses(table, 1, 3000))
        assert one == again
        assert one != list(witnesses(table, 2, 3000))
        assert len({(each.method, each.path) for each in one}) == len(one) == 3000

    def test_hold_what_the_rules_turn_on(self):
        paths = {each.path for each in witnesses(table_of(blog()), 0, 20_000)}
        prefix = "/users/me/"
        for value in (
            "",
            "0",
            "007",
            "-5",
            "5.0",
            "5\n",
            "٣",
            "²",
            "5" * 40,
            "a/b",
            "%2F",
            "\u2028",
        ):
            assert prefix + value in paths
        assert {"/\n", "//", "/users/me/x", "/users/a/x/", "/users/a/x\n", "/USERS/A/X"} <= paths

    def test_long_values_where_they_cannot_hang_a_regular_expression(self):
        app = Covet()
        app.get("/{a}-{b}")(part)
        paths = {each.path for each in witnesses(table_of(app), 0, 5000)}
        assert "/" + "5" * 4301 + "-a" in paths
        assert max(map(len, paths)) >= 10_000
        app.get("/{a}.{b}")(part)
        assert max(len(each.path) for each in witnesses(table_of(app), 0, 5000)) < 500

    def test_large_tables_are_sampled(self):
        app = Covet()
        for number in range(3000):
            app.get(f"/r{number}/{{id}}")(user)
        table = table_of(app)
        count = default_requests(3000)
        made = list(witnesses(table, 0, count))
        assert count == 6000
        assert len(made) == count
        assert {f"/r{number}/a" for number in range(3000)} <= {each.path for each in made}

    def test_an_empty_table(self):
        assert list(witnesses(table_of(Covet()), 0, 50))


APP = """
from covet import Covet
import covet_runtime

app = Covet()

@app.get("/")
async def index(request): ...

@app.get("/users/{id}")
async def user(request, id): ...

@app.get("/users/<name>")
async def shadowed(request, name): ...

covet_runtime.install(app, require="generated")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with an app, as the working directory."""
    (tmp_path / "shop.py").write_text(textwrap.dedent(APP))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    for name in [name for name in sys.modules if name in ("shop", "shop_covet")]:
        del sys.modules[name]


def verify(project, **given):
    args = {"app": "shop.py", "report": str(project / "report.json"), "name": None,
            "wheel_path": None, "module": None, "seed": None, "requests": 500, "time": None,
            "installed": False, "timing": False, "app_dir": None, **given}  # fmt: skip
    code = verification.run(argparse.Namespace(**args))
    return code, json.loads((project / "report.json").read_text(encoding="utf-8"))


def shop():
    import shop

    return shop.app


@pytest.fixture
def built(project):
    """The unpacked wheel of the project's app."""
    verify(project)  # imports the app as the command does
    write_wheel(project / "build", shop(), "shop_covet")
    return project / "build"


class TestRun:
    def test_without_a_wheel(self, project):
        code, report = verify(project)
        assert code == 0
        assert report["tiers"]["pure"]
        assert not report["tiers"]["generated"]
        assert report["divergences"] == []
        assert (report["protocol"], report["seed"], report["routes"]) == (1, 0, 3)
        assert report["requests"] == 500
        assert report["fingerprint"] == tables.fingerprint(table_of(shop()))

    def test_what_was_done_is_told(self, project):
        _, report = verify(project)
        assert report["endpoints"] == 3
        assert report["requested"] == 500
        assert sum(report["kinds"].values()) == 500
        assert list(report["kinds"]) == [kind for kind in KINDS if kind in report["kinds"]]
        assert report["reasons"]["generated"] == "no wheel was given"
        assert not report["out_of_time"]
        # A wheel holds its report and is the same each time.
        assert "seconds" not in report
        assert verify(project)[1] == report
        _, report = verify(project, timing=True)
        assert {"all", "framework", "pure"} <= set(report["seconds"])

    def test_no_more_requests_than_there_is_time_for(self, project):
        code, report = verify(project, time=1e-9, requests=10_000)
        assert (code, report["requests"], report["out_of_time"]) == (0, 0, True)
        assert (report["requested"], report["time_limit"]) == (10_000, 1e-9)
        _, report = verify(project, time=3600)
        assert (report["requests"], report["out_of_time"]) == (500, False)

    def test_the_installed_wheel(self, project, built, monkeypatch):
        monkeypatch.syspath_prepend(str(built))
        code, report = verify(project, installed=True)
        assert (code, report["tiers"]["generated"]) == (0, True)
        assert report["reasons"]["generated"] == "the generated wheel shop_covet 1.0 matches"
        # One of an older table is no reason to fail.
        shop().get("/new")(index)
        code, report = verify(project, installed=True)
        assert (code, report["tiers"]["generated"]) == (0, False)
        assert "added GET /new" in report["reasons"]["generated"]
        sys.modules.pop("shop_covet", None)

    def test_a_wheel_in_a_directory_or_a_file(self, project, built):
        (project / "dist").mkdir()
        wheel = zip_wheel(built, project / "dist" / "shop_covet-1.0-py3-none-any.whl")
        for where in (built, wheel, project / "dist"):
            code, report = verify(project, wheel_path=str(where), module="shop_covet")
            assert (code, report["divergences"]) == (0, [])
            assert report["tiers"]["generated"]
            assert "shop_covet" not in sys.modules
            assert str(built) not in sys.path

    def test_a_wrong_wheel_is_found_out(self, project, built):
        source = (built / "shop_covet" / "__init__.py").read_text()
        wrong = source.replace("'/users/{id}'", "'/users/x{id}'")
        (built / "shop_covet" / "__init__.py").write_text(wrong)
        code, report = verify(project, wheel_path=str(built), seed=3)
        assert code == 1
        assert {each["tier"] for each in report["divergences"]} == {"generated"}
        first = report["divergences"][0]
        assert first == {
            "tier": "generated",
            "method": "GET",
            "path": "/users/a",
            "expected": "shop:user(id='a')",
            "actual": "shop:shadowed(name='a')",
            "witness": "hits GET /users/{id}",
        }

    def test_a_stale_wheel_cannot_be_verified(self, project, built):
        shop().get("/new")(index)
        code, report = verify(project, wheel_path=str(built))
        assert code == 2
        (found,) = report["diagnostics"]
        assert found["code"] == "CVT061"
        assert "added GET /new" in found["message"]

    def test_what_cannot_run(self, project, built):
        (project / "bad.whl").write_text("no zip")
        (project / "poisoned.py").write_text(APP.replace("{id}", "<int:id>"))
        for given, code in [
            ({"wheel_path": "bad.whl"}, "CVT061"),
            ({"wheel_path": "missing.whl"}, "CVT061"),
            ({"wheel_path": str(project)}, "CVT061"),
            ({"wheel_path": str(built), "module": "json.nothing"}, "CVT061"),
            ({"app": "missing.py"}, "CVT001"),
            ({"app": "poisoned.py"}, "CVT012"),
        ]:
            exit_code, report = verify(project, **given)
            assert exit_code == 2
            assert report["diagnostics"][0]["code"] == code
        sys.modules.pop("poisoned", None)
