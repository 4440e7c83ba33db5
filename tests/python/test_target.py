"""From an argument such as ``app.py:name`` to an app and the name of its wheel."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from covet_runtime import naming, target
from covet_runtime.diagnostics import Diagnostic, Refused
from covet_runtime.target import load

ONE_APP = "from covet import Covet\napp = Covet()\n"


class Project:
    """A directory to write an app into, which is also the current directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, file: str, source: str = ONE_APP) -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), "utf-8")
        return path

    def refused(self, argument: str, name: str | None = None) -> Diagnostic:
        """The only finding about an argument that cannot be resolved."""
        with pytest.raises(Refused) as raised:
            load(argument, name)
        (found,) = raised.value.diagnostics
        assert found.severity == "error"
        assert found.message[0].islower() or found.message[0] == "`"
        assert found.help
        return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose imports are forgotten afterwards."""
    root = tmp_path / "my-blog"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = dict(sys.modules)
    yield Project(root)
    for name in set(sys.modules) - set(before):
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]
    for name, module in before.items():
        sys.modules.setdefault(name, module)


# ── What can be named ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("argument", "entry"),
    [
        ("shop.py", "shop:app"),
        ("shop.py:app", "shop:app"),
        ("./shop.py:second", "shop:second"),
        ("shop", "shop:app"),
        ("shop:second", "shop:second"),
        ("shop.py:holder.app", "shop:holder.app"),
        ("shop.py:create_app()", "shop:create_app()"),
        ("shop:holder.make()", "shop:holder.make()"),
    ],
)
def test_ways_to_name_an_app(project: Project, argument: str, entry: str) -> None:
    project.write(
        "shop.py",
        """
        from covet import Covet
        second = Covet()
        app = Covet()
        def create_app(debug=False):
            return app
        class holder:
            app = second
            make = staticmethod(lambda: second)
        """,
    )
    loaded = load(argument)
    module = sys.modules["shop"]
    wanted = module.app if entry in ("shop:app", "shop:create_app()") else module.second
    assert loaded == target.Target(wanted, entry, "shop_covet")


def test_an_absolute_path(project: Project) -> None:
    path = project.write("deep/down/shop.py")
    assert load(str(path)).entry == "shop:app"
    assert sys.path[0] == str(path.parent)


def test_a_file_in_a_package_has_a_dotted_name(project: Project) -> None:
    project.write("src/blog/__init__.py", "")
    project.write("src/blog/web/__init__.py", "")
    project.write("src/blog/web/views.py", "from ..models import app")
    project.write("src/blog/models.py")
    loaded = load("src/blog/web/views.py")
    assert loaded.entry == "blog.web.views:app"
    assert loaded.name == "views_covet"
    assert sys.path[0] == str(project.root / "src")


def test_a_package_itself(project: Project) -> None:
    project.write("blog/__init__.py")
    assert load("blog/__init__.py").entry == "blog:app"
    assert load("blog").entry == "blog:app"


def test_a_folder_that_cannot_be_a_package_is_none(project: Project) -> None:
    project.write("__init__.py", "")
    project.write("app.py")
    assert load("app.py").entry == "app:app"


def test_a_module_from_the_current_directory(project: Project) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/mod.py")
    assert load("pkg.mod").entry == "pkg.mod:app"
    assert sys.path[0] == os.getcwd()


def test_a_module_from_another_directory(project: Project) -> None:
    project.write("above/pkg/__init__.py", "")
    project.write("above/pkg/mod.py")
    assert target.load("pkg.mod", directory="above").entry == "pkg.mod:app"
    assert sys.path[0] == os.path.abspath("above")
    # A file is where the path says.
    with pytest.raises(Refused):
        target.load("pkg/mod.py", directory="above")


@pytest.mark.parametrize(
    ("source", "chosen"),
    [
        ("app = Covet(); application = Covet(); other = Covet()", "app"),
        ("other = Covet(); application = Covet()", "application"),
        ("site = Covet()", "site"),
        ("site = Covet(); same = site", "site"),
        ("app = None; site = Covet()", "site"),
        ("router = CovetRouter(); site = Covet()", "site"),
        ("router = CovetRouter()", "router"),
        ("class Mine(Covet): pass\napp = Mine(); site = Covet()", "app"),
    ],
)
def test_the_app_is_found(project: Project, source: str, chosen: str) -> None:
    project.write("shop.py", f"from covet import Covet, CovetRouter\n{source}\n")
    assert load("shop.py").entry == f"shop:{chosen}"


def test_an_app_knows_when_it_is_read(project: Project) -> None:
    project.write(
        "shop.py",
        """
        from covet import Covet
        from covet_runtime.target import is_loading
        imported = is_loading()
        app = Covet()
        def make():
            global called
            called = is_loading()
            return app
        """,
    )
    load("shop.py:make()")
    module = sys.modules["shop"]
    assert (module.imported, module.called, target.is_loading()) == (True, True, False)


# ── CVT001: not there ──────────────────────────────────────────────────────────────────────────


def test_a_missing_file(project: Project) -> None:
    project.write("application.py")
    found = project.refused("aplication.py")
    assert found.code == "CVT001"
    assert found.help == "did you mean `application.py`?"
    assert project.refused("zzz.py").code == "CVT001"
    assert project.refused("none/of/this.py").code == "CVT001"


def test_a_missing_module(project: Project) -> None:
    project.write("shop.py")
    found = project.refused("shpo")
    assert (found.code, found.help) == ("CVT001", "did you mean `shop`?")
    assert project.refused("shop.views").code == "CVT001"
    assert project.refused("no.such.module:app").code == "CVT001"


def test_a_directory(project: Project) -> None:
    project.write("web/zoo.py")
    project.write("web/app.py")
    found = project.refused("web/")
    assert (found.code, found.help) == ("CVT001", "name the file of the app, such as `web/app.py`")
    assert "`./" in project.refused(".").help


@pytest.mark.parametrize("argument", ["my-app", "a b", "app..x", ":app", "", "x.txt", "app:1+1"])
def test_nonsense(project: Project, argument: str) -> None:
    assert project.refused(argument).code == "CVT001"


def test_a_file_name_that_cannot_be_imported(project: Project) -> None:
    project.write("my.app.py")
    project.write("blog/app.txt")
    assert project.refused("my.app.py").code == "CVT001"
    assert project.refused("blog/app.txt").code == "CVT001"


# ── CVT002: the import fails ───────────────────────────────────────────────────────────────────


def test_an_import_error(project: Project) -> None:
    project.write("helper.py", "def f():\n    return 1 / 0\n")
    path = project.write("shop.py", "import helper\n\nhelper.f()\n")
    found = project.refused("shop.py")
    assert found.code == "CVT002"
    first, *trace = found.message.splitlines()
    assert first == "importing shop.py raised ZeroDivisionError: division by zero"
    files = [line.split('"')[1] for line in trace if line.startswith("  File")]
    assert files == [str(path), str(project.root / "helper.py")]
    assert found.location is not None
    assert (found.location.file, found.location.line) == (str(project.root / "helper.py"), 2)


def test_causes_are_trimmed_too(project: Project) -> None:
    project.write(
        "shop.py",
        """
        try:
            import nothing_here
        except ImportError as error:
            raise ValueError("a\\nb") from error
        """,
    )
    found = project.refused("shop.py")
    assert found.message.startswith("importing shop.py raised ValueError: a\n")
    assert "nothing_here" in found.message
    assert "importlib" not in found.message
    assert "target.py" not in found.message


def test_a_missing_dependency(project: Project) -> None:
    project.write("shop.py", "import json\nimport nothing_here\n")
    found = project.refused("shop.py")
    assert found.code == "CVT002"
    assert found.help == f"install what provides `nothing_here` for {sys.executable}"
    assert found.location is not None
    assert found.location.line == 2


def test_a_syntax_error(project: Project) -> None:
    path = project.write("shop.py", "x = 1\ndef f(:\n")
    found = project.refused("shop.py")
    assert found.code == "CVT002"
    assert "SyntaxError: " in found.message.splitlines()[0]
    assert found.location is not None
    assert (found.location.file, found.location.line) == (str(path), 2)


def test_other_exits_are_findings(project: Project) -> None:
    project.write("shop.py", "raise SystemExit('bye')")
    found = project.refused("shop.py")
    assert found.code == "CVT002"
    assert "'bye'" in found.message
    assert "__main__" in found.help
    project.write("shop2.py", "raise BaseException('odd')")
    assert project.refused("shop2.py").code == "CVT002"


def test_an_interrupt_is_the_users(project: Project) -> None:
    project.write("shop.py", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load("shop.py")
    assert not target.is_loading()


def test_a_module_name_that_is_taken(project: Project) -> None:
    project.write("json.py")
    found = project.refused("json.py")
    assert found.code == "CVT002"
    assert "rename" in found.help


# ── CVT007: a server that would never return ───────────────────────────────────────────────────

# None of these would serve for long, if it came to that.
RUNNING = {
    "the app's own": ("app.run(nonsense=1)", "app.run()"),
    "uvicorn's": ("import uvicorn; uvicorn.run(app, nonsense=1)", "uvicorn.run()"),
    "by its own name": ("from uvicorn import run; run(app, nonsense=1)", "uvicorn.run()"),
    "from its module": ("from uvicorn.main import run; run(app, nonsense=1)", "uvicorn.run()"),
    "the server": ("import uvicorn; uvicorn.Server(None).run()", "Server.run()"),
    "as a coroutine": (
        "import asyncio, uvicorn; asyncio.run(uvicorn.Server(None).serve())",
        "Server.serve()",
    ),
    "the framework's": (
        "from covet.core.http_server import run_server; run_server(app, port='')",
        "run_server()",
    ),
}


@pytest.fixture(params=["new", "imported before"])
def servers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the app is the first to import uvicorn."""
    if request.param == "imported before":
        importlib.import_module("uvicorn")
        return
    for name in [name for name in sys.modules if name.partition(".")[0] == "uvicorn"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize("case", RUNNING)
def test_a_server_at_import(project: Project, case: str) -> None:
    code, call = RUNNING[case]
    path = project.write("shop.py", f"{ONE_APP}def serve():\n    {code}\nserve()\n")
    found = project.refused("shop.py")
    assert found.code == "CVT007"
    assert found.message == f"shop.py calls `{call}` while it is imported"
    assert "__main__" in found.help
    assert found.location is not None
    assert (found.location.file, found.location.line) == (str(path), 4)


@pytest.mark.parametrize("end", ["pass", "raise SystemExit(0)", "raise RuntimeError"])
def test_a_server_whose_end_is_caught(project: Project, end: str) -> None:
    source = f"{ONE_APP}try:\n    app.run(nonsense=1)\nexcept BaseException:\n    {end}\n"
    project.write("shop.py", source)
    assert project.refused("shop.py").code == "CVT007"


def test_a_server_in_a_factory(project: Project) -> None:
    source = f"{ONE_APP}def make():\n    app.run(nonsense=1)\n    return app\n"
    path = project.write("shop.py", source)
    found = project.refused("shop.py:make()")
    assert found.code == "CVT007"
    assert found.message == "the factory `shop.py:make()` calls `app.run()`"
    assert found.location is not None
    assert (found.location.file, found.location.line) == (str(path), 4)


@pytest.mark.usefixtures("servers")
def test_servers_are_left_as_they_were(project: Project) -> None:
    """Also for an app that has kept one."""
    finders = list(sys.meta_path)
    project.write("shop.py", f"{ONE_APP}from uvicorn import run\nkept = app.run\n")
    app: Any = load("shop.py").app
    uvicorn: Any = sys.modules["uvicorn.main"]
    assert sys.meta_path == finders
    assert "run" not in vars(app)
    assert type(app).run.__module__ == "covet.core.app"
    assert not hasattr(type(app).run, "__wrapped__")
    assert uvicorn.run is sys.modules["uvicorn"].run
    assert not hasattr(uvicorn.run, "__wrapped__")
    assert "exec_module" not in vars(uvicorn.__spec__.loader)
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        sys.modules["shop"].run(app, nonsense=1)


def test_a_server_in_a_thread_is_no_matter(project: Project) -> None:
    project.write(
        "shop.py",
        """
        import threading
        from covet import Covet
        app = Covet()
        errors = []
        def serve():
            try:
                app.run(nonsense=1)
            except TypeError as error:
                errors.append(error)
        thread = threading.Thread(target=serve)
        thread.start()
        thread.join()
        """,
    )
    load("shop.py")
    assert len(sys.modules["shop"].errors) == 1


# ── CVT003 to CVT005: no app, several apps, something else ─────────────────────────────────────


def test_no_app(project: Project) -> None:
    project.write("shop.py", "x = 1")
    found = project.refused("shop.py")
    assert found.code == "CVT003"
    assert "app = covet.Covet()" in found.help


def test_no_app_but_a_factory(project: Project) -> None:
    project.write("shop.py", "def make_app(debug=True): ...")
    assert "`shop.py:make_app()`" in project.refused("shop.py").help


def test_a_factory_of_the_framework_is_not_offered(project: Project) -> None:
    project.write("shop.py", "from covet import create_app")
    assert "create_app" not in project.refused("shop.py").help
    project.write("shop2.py", "def create_app(settings): ...")
    assert "create_app" not in project.refused("shop2.py").help


def test_a_misspelt_name(project: Project) -> None:
    project.write("shop.py")
    found = project.refused("shop.py:ap")
    assert (found.code, found.help) == ("CVT003", "did you mean `app`?")


def test_several_apps(project: Project) -> None:
    project.write("shop.py", "from covet import Covet\na = Covet()\nb = Covet()")
    found = project.refused("shop.py")
    assert (found.code, found.help) == ("CVT004", "name one: `shop.py:a`, `shop.py:b`")


@pytest.mark.parametrize(
    ("attribute", "part"),
    [
        ("make", "name it as `shop.py:make()`"),
        ("Covet", "name an app: `shop.py:app`"),
        ("number", "is a int"),
        ("number()", "leave out the parentheses"),
        ("amake()", "is async"),
        ("needy()", "needs arguments"),
        ("wrong()", "returned a int"),
        ("broken()", "ZeroDivisionError"),
        ("leaving()", "SystemExit"),
        ("make(1)", "with arguments"),
    ],
)
def test_what_is_not_an_app(project: Project, attribute: str, part: str) -> None:
    project.write(
        "shop.py",
        """
        from covet import Covet
        app = Covet()
        number = 1
        def make(): return app
        async def amake(): return app
        def needy(settings): return app
        def wrong(): return 1
        def broken(): return 1 / 0
        def leaving(): raise SystemExit
        """,
    )
    found = project.refused(f"shop.py:{attribute}")
    assert found.code == "CVT005"
    assert part in f"{found.message} {found.help}"


# ── The name of the wheel ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("module", "folder", "name"),
    [
        ("blog", "/srv/x", "blog_covet"),
        ("pkg.blog", "/srv/x", "blog_covet"),
        ("app", "/srv/my-blog", "my_blog_covet"),
        ("main", "/srv/My Blog!", "my_blog_covet"),
        ("app", "/srv/api", "api_covet"),
        ("app", "/srv/2048", "app_2048_covet"),
        ("app", "/srv/блог", "app_covet"),
        ("app", "/", "app_covet"),
        ("blog.app", "/srv/x", "blog_covet"),
        ("blog.web.asgi", "/srv/x", "web_covet"),
        ("blog.__main__", "/srv/x", "blog_covet"),
        ("app.main", "/srv/x", "app_covet"),
        ("Blog", "/srv/x", "blog_covet"),
        ("_blog", "/srv/x", "blog_covet"),
        ("class_", "/srv/x", "class_covet"),
    ],
)
def test_default_names(module: str, folder: str, name: str) -> None:
    assert naming.default(module, folder) == name
    naming.check(name, module)


def test_the_folder_of_a_generic_module(project: Project) -> None:
    project.write("app.py")
    project.write("site/main.py")
    assert load("app").name == "my_blog_covet"
    assert load("site/main.py").name == "site_covet"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("my-blog", "is not a module name"),
        ("2048", "is not a module name"),
        ("_blog", "is not a module name"),
        ("blög", "is not a module name"),
        ("class", "is not a module name"),
        ("", "is not a module name"),
        ("json", "standard library"),
        ("sys", "standard library"),
        ("shop", "the module of the app itself"),
    ],
)
def test_names_that_cannot_be(project: Project, name: str, part: str) -> None:
    project.write("shop.py", "raise RuntimeError('not even imported')")
    found = project.refused("shop.py", name)
    assert found.code == "CVT033"
    assert part in found.message
    assert "--name" in found.help


def test_a_name_of_ones_own(project: Project) -> None:
    project.write("shop.py")
    assert load("shop.py", "mine").name == "mine"


def test_a_default_name_that_is_taken(project: Project) -> None:
    project.write("shop_covet/__init__.py", "")
    project.write("shop_covet/shop.py")
    assert "the module of the app itself" in project.refused("shop_covet/shop.py").message
