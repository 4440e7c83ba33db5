"""What covet-codegen says when it cannot do what it is asked: code, cause, cure, and no traces."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from codegen import (
    HELLO,
    binary,
    codegen,
    copy_of_runtime,
    environment,
    new_environment,
    programs,
    snapshot,
    write,
)

FINDINGS, COULD_NOT_RUN = 1, 2

unix_only = pytest.mark.skipif(os.name == "nt", reason="links programs and sends signals")


def refused(result, code, exit_code, *texts):
    """Check a refusal: exactly this error, with these texts, and nothing on standard output."""
    assert result.codes == [code], result.stderr
    assert result.code == exit_code
    assert result.stdout == ""
    for text in texts:
        assert text in result.stderr, result.stderr
    assert "= help: " in result.stderr


_remembered = {}


def remember(folder):
    """Take down what is in `folder`, for `untouched` to compare."""
    _remembered[folder] = snapshot(folder)
    return folder


@pytest.fixture
def untouched(tmp_path):
    """A working directory which must afterwards be as it was when it was remembered."""
    yield tmp_path
    assert snapshot(tmp_path) == _remembered.pop(tmp_path)


COMMANDS = ["build", "export", "verify", "check", "report"]

BAD_APPS = {
    "misspelt file": (
        {"app": HELLO, "other": ""}, "ap.py", "CVT001",
        ["there is no file `ap.py`", "did you mean `app.py`?"],
    ),
    "misspelt module": (
        {"shop": HELLO}, "shpo:app", "CVT001",
        ["there is no module `shpo`", "did you mean `shop`?"],
    ),
    "failing import": (
        {"app": "import helper\n", "helper": "def limit():\n    return int('many')\nlimit()\n"},
        "app.py", "CVT002",
        ["raised ValueError: invalid literal for int()", "helper.py:2",
         "in limit", "make the module importable"],
    ),
    "missing dependency": (
        {"app": "import no_such_package\n"}, "app.py", "CVT002",
        ["No module named 'no_such_package'", "install what provides `no_such_package` for"],
    ),
    "syntax error": (
        {"app": "from covet import Covet\n\napp = = Covet()\n"}, "app.py", "CVT002",
        ["SyntaxError", "app.py:3", "app = = Covet()"],
    ),
    "exit at import": (
        {"app": "import sys\nsys.exit(3)\n"}, "app.py", "CVT002",
        ["raised SystemExit(3)", "app.py:2", "if __name__ == '__main__'"],
    ),
    "server at import": (
        {"app": HELLO + "\n    app.run(port=0)\n"}, "app.py", "CVT007",
        ["app.py calls `app.run()` while it is imported", "app.py:", "if __name__ == '__main__'"],
    ),
    "no app": (
        {"app": "x = 1\n"}, "app.py", "CVT003",
        ["app.py holds no CovetPy app", "make one with `app = covet.Covet()`"],
    ),
    "misspelt app": (
        {"shop": HELLO}, "shop.py:ap", "CVT003",
        ["shop.py has no `ap`", "did you mean `app`?"],
    ),
    "several apps": (
        {"two": "from covet import Covet\na = Covet()\nb = Covet()\n"}, "two.py", "CVT004",
        ["two.py holds 2 apps", "name one: `two.py:a`, `two.py:b`"],
    ),
    "not an app": (
        {"app": HELLO + "\n    answer = 42\n"}, "app.py:answer", "CVT005",
        ["`app.py:answer` is a int", "name an app: `app.py:app`"],
    ),
    "factory without a call": (
        {"app": "from covet import Covet\ndef create_app():\n    return Covet()\n"},
        "app.py:create_app", "CVT005", ["`app.py:create_app()`"],
    ),
    "failing factory": (
        {"app": "def create_app():\n    raise KeyError('DATABASE_URL')\n"},
        "app.py:create_app()", "CVT005",
        ["raised KeyError: 'DATABASE_URL'", "app.py:2", "make it work without a running server"],
    ),
    "no routes": (
        {"app": "from covet import Covet\napp = Covet()\n"}, "app.py", "CVT006",
        ["the app in app.py has no routes", "declare them"],
    ),
    "another class": (
        {"app": "from covet import Covet\nclass Mine(Covet): ...\napp = Mine()\n"},
        "app.py", "CVT010", ["app:Mine, a subclass of Covet", "use `covet.Covet()` itself"],
    ),
    "bad name": (
        {"app": HELLO}, "app.py --name two-words", "CVT033",
        ["`two-words`", "choose another with --name"],
    ),
    "name of a dependency": (
        {"app": HELLO}, "app.py --name syn", "CVT033",
        ["`syn` is the name of something that the wheel needs", "--name"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_APPS)
def test_apps_that_cannot_be_read(case, untouched):
    files, arguments, code, texts = BAD_APPS[case]
    remember(write(untouched, **files))
    for command in COMMANDS:
        result = codegen(command, *arguments.split(), cwd=untouched)
        refused(result, code, FINDINGS, *texts)
        # What users see of a traceback is their own code.
        assert "importlib" not in result.stderr
        assert "target.py" not in result.stderr


def test_threads_of_the_app_keep_nobody_waiting(tmp_path):
    thread = (
        "\n    import threading, time\n    threading.Thread(target=time.sleep, args=(300,)).start()"
    )
    write(tmp_path, app=HELLO + thread)
    start = time.monotonic()
    for command in ("export", "verify"):
        assert codegen(command, "app.py", cwd=tmp_path).code == 0
    assert time.monotonic() - start < 150


def test_the_app_may_change_the_directory(tmp_path):
    write(tmp_path, app=HELLO + "\n    import os\n    os.chdir('/')\n")
    (tmp_path / "dist").mkdir()
    result = codegen("verify", "app.py", "--wheel", "dist", cwd=tmp_path)
    refused(result, "CVT061", FINDINGS, str(tmp_path / "dist"))


def test_all_poisoned_routes_at_once(untouched):
    source = f"""{HELLO}
    for path in ["/<int:x>", "/{{user-id}}", "/{{a}}/{{a}}", "/{{b}}/[", "/fine/{{c}}"]:
        app.router.add_route(path, user, ["GET"])
    """
    remember(write(untouched, app=source))
    result = codegen("build", "app.py", cwd=untouched)
    assert result.code == FINDINGS
    assert result.codes == ["CVT012", "CVT013", "CVT014", "CVT015"]
    assert result.stderr.count("= help: ") == 4
    assert result.stderr.count("app.py:10") == 4
    assert "/fine/" not in result.stderr


SIGNATURES = """
    from covet import Covet

    app = Covet()

    @app.get("/users/{user_id}")
    async def user(request, page=1, user_id=None):
        return user_id

    @app.get("/posts/{key}")
    async def post(request, *, key):
        return key

    @app.get("/search")
    async def search(request, words):
        return words
"""


def test_signatures_that_do_not_fit_are_warnings(tmp_path):
    write(tmp_path, app=SIGNATURES)
    result = codegen("export", "app.py", cwd=tmp_path)
    assert result.code == 0
    assert result.stdout.count("[[routes]]") == 3
    assert (
        result.stderr
        == """\
warning[CVT087]: route '/search' (app:search): every request is a 500, because nothing gives it \
`words`: the path has no captures
--> app.py:14
 = help: give `words` a default, or read it from the request

warning[CVT086]: route '/users/{user_id}' (app:user): the value of {user_id} arrives in `page`, \
since values are passed by position
--> app.py:6
 = help: write `page` after the parameters that are captures

warning[CVT087]: route '/posts/{key}' (app:post): every request is a 500, because values of \
captures are passed by position, and `key` takes none
--> app.py:10
 = help: write `key` before the `*`
"""
    )


def test_what_the_app_prints_is_not_the_result(tmp_path):
    quiet = write(tmp_path / "quiet", app=HELLO)
    source = "import os\nprint('connecting')\nos.system('echo from a child')\n"
    loud = write(tmp_path / "loud", app=source)
    with (loud / "app.py").open("a", encoding="utf-8") as file:
        file.write((quiet / "app.py").read_text(encoding="utf-8"))
    name = ["--name", "hello_covet"]
    expected = codegen("export", "app.py", *name, cwd=quiet)
    assert expected.code == 0, expected.stderr
    result = codegen("export", "app.py", *name, cwd=loud)
    assert (result.code, result.stdout) == (0, expected.stdout)
    assert "connecting" in result.stderr
    assert "from a child" in result.stderr


# --- routes.toml -------------------------------------------------------------------------------

TABLE = """\
schema = 1

[app]
name = "hello_covet"
entry = "app:app"
middleware = []

[framework]
name = "covet"
version = "0.1.0b6"

[limits]
max_body_size = 0

[[routes]]
kind = "http"
dynamic = false
path = "/"
methods = ["GET"]
handler = "app:index"
parameters = []
coroutine = true
suspends = false
"""


@pytest.mark.parametrize(
    ("change", "code", "texts"),
    [
        (("schema = 1", "schema = 2"), "CVT031",
         ["schema 2 is newer than 1", "routes.toml:1:10", "install the covet-codegen that wrote"]),
        (("[limits]", "[limits"), "CVT030", ["routes.toml:12:", "mend the file"]),
        (("kind =", "sort ="), "CVT032", ["routes.toml:16:1", "`sort`", "docs/routes-toml.md"]),
        (('["GET"]', "7"), "CVT032", ["routes.toml:19:11", "methods = 7"]),
        (("dynamic = false", "dynamic = true"), "CVT033", ["routes.toml:15:1", "export the table"]),
    ],
    ids=["newer schema", "malformed", "unknown key", "wrong type", "contradiction"],
)  # fmt: skip
def test_tables_that_are_wrong(change, code, texts, untouched):
    (untouched / "routes.toml").write_text(TABLE.replace(*change), encoding="utf-8")
    result = codegen("generate", "routes.toml", "-o", "crate", cwd=remember(untouched))
    refused(result, code, FINDINGS, *texts)
    assert "^" in result.stderr


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b""], ids=["missing", "binary", "empty"])
def test_tables_that_are_none(content, untouched):
    if content is not None:
        (untouched / "routes.toml").write_bytes(content)
    result = codegen("generate", "routes.toml", "-o", "crate", cwd=remember(untouched))
    assert result.code in (FINDINGS, COULD_NOT_RUN)
    assert len(result.codes) == 1
    assert "= help: " in result.stderr


# --- places to write to ------------------------------------------------------------------------


def unwritable(folder):
    """A directory in which nobody can create anything, root included."""
    (folder / "file").write_text("not a directory", encoding="utf-8")
    return folder / "file" / "out"


@pytest.mark.parametrize("command", ["export -o", "generate -o", "build --crate-dir"])
def test_output_that_cannot_be_written(command, untouched):
    write(untouched, app=HELLO)
    (untouched / "routes.toml").write_text(TABLE, encoding="utf-8")
    out = unwritable(untouched)
    command, option = command.split()
    subject = "routes.toml" if command == "generate" else "app.py"
    result = codegen(command, subject, option, out, cwd=remember(untouched))
    refused(result, "CVT051", COULD_NOT_RUN, "cannot write", str(out), "permissions")


def test_a_wheel_that_has_no_place_is_refused_before_it_is_built(tmp_path):
    write(tmp_path, app=HELLO)
    out = unwritable(tmp_path)
    result = codegen("build", "app.py", "--out", out, "--crate-dir", "crate", cwd=tmp_path)
    refused(result, "CVT051", COULD_NOT_RUN, str(out))
    assert not (tmp_path / "crate" / "build.log").exists()


@unix_only
def test_output_without_permission(tmp_path):
    if os.geteuid() == 0:
        # To root no permission is missing; the tests above have what stops root as well.
        return
    write(tmp_path, app=HELLO)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for command in ("export", "build"):
        result = codegen(command, "app.py", "-o", closed / "out", cwd=tmp_path)
        refused(result, "CVT051", COULD_NOT_RUN, "permissions")


@pytest.mark.parametrize("command", ["generate -o", "build --crate-dir"])
def test_directories_of_others(command, untouched):
    write(untouched, app=HELLO)
    (untouched / "routes.toml").write_text(TABLE, encoding="utf-8")
    (untouched / "thesis").mkdir()
    (untouched / "thesis" / "chapter.tex").write_text("years of work", encoding="utf-8")
    command, option = command.split()
    subject = "routes.toml" if command == "generate" else "app.py"
    result = codegen(command, subject, option, "thesis", cwd=remember(untouched))
    refused(result, "CVT050", COULD_NOT_RUN, "thesis", "nothing was changed")


# --- interpreters ------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_no_interpreter(command, untouched):
    write(untouched, app=HELLO)
    result = codegen(command, "app.py", cwd=remember(untouched), python="./no/python")
    refused(result, "CVT040", COULD_NOT_RUN, "./no/python", "--python")
    result = codegen(command, "app.py", cwd=untouched, python=None, VIRTUAL_ENV=untouched / "gone")
    refused(result, "CVT040", COULD_NOT_RUN, "$VIRTUAL_ENV", "--python")
    result = codegen(command, "app.py", cwd=untouched, python=None, PATH=untouched / "gone")
    refused(result, "CVT040", COULD_NOT_RUN, "python3", "activate the app's environment")


@unix_only
def test_an_interpreter_that_is_none(untouched):
    write(untouched, app=HELLO)
    fake = untouched / "python"
    fake.write_text("#!/bin/sh\necho broken >&2\nexit 3\n", encoding="utf-8")
    fake.chmod(0o755)
    result = codegen("export", "app.py", cwd=remember(untouched), python=fake)
    refused(result, "CVT040", COULD_NOT_RUN, "is no Python that works", "broken")


def test_an_interpreter_without_the_runtime(tmp_path):
    write(tmp_path, app=HELLO)
    python = new_environment(tmp_path / "venv")
    before = snapshot(tmp_path)
    result = codegen("build", "app.py", cwd=tmp_path, python=python)
    refused(result, "CVT041", COULD_NOT_RUN, "-m pip install covet-runtime==")
    assert str(python) in result.stderr
    assert snapshot(tmp_path) == before


def test_a_runtime_of_another_version(untouched):
    write(untouched / "app", app=HELLO)
    package = copy_of_runtime(untouched / "other")
    loader = package / "_loader.py"
    text = loader.read_text(encoding="utf-8")
    assert 'VERSION = "0.1.0"' in text
    loader.write_text(text.replace('VERSION = "0.1.0"', 'VERSION = "9.9.9"'), encoding="utf-8")
    remember(untouched)
    for command in COMMANDS:
        result = codegen(command, "app.py", cwd=untouched / "app", PYTHONPATH=untouched / "other")
        refused(result, "CVT042", result.code, "9.9.9", "install covet-runtime==0.1.0")
        assert result.code in (FINDINGS, COULD_NOT_RUN)


def test_something_else_called_covet_runtime(untouched):
    write(untouched / "app", app=HELLO)
    write(untouched / "other" / "covet_runtime", __init__="")
    result = codegen(
        "build", "app.py", cwd=remember(untouched) / "app", PYTHONPATH=untouched / "other"
    )
    refused(result, "CVT042", result.code, "covet-runtime==")


# --- programs ----------------------------------------------------------------------------------


def test_no_cargo(untouched):
    write(untouched, app=HELLO)
    (untouched / "empty").mkdir()
    result = codegen("build", "app.py", cwd=remember(untouched), PATH=untouched / "empty")
    refused(result, "CVT043", COULD_NOT_RUN, "cargo is not on PATH", "https://rustup.rs")


@unix_only
def test_no_maturin(tmp_path):
    """Neither beside covet-codegen, nor beside the interpreter, nor on PATH, nor as its module."""
    write(tmp_path, app=HELLO)
    python = new_environment(tmp_path / "venv")
    copy_of_runtime(tmp_path / "runtime")
    alone = tmp_path / "alone" / "covet-codegen"
    alone.parent.mkdir()
    shutil.copy(binary(), alone)
    before = snapshot(tmp_path)
    result = codegen(
        "build", "app.py", cwd=tmp_path, python=python, program=alone,
        PATH=programs(tmp_path / "bin", "cargo", "rustc"), PYTHONPATH=tmp_path / "runtime",
    )  # fmt: skip
    refused(result, "CVT044", COULD_NOT_RUN, "maturin is missing", "pip install 'maturin")
    shutil.rmtree(tmp_path / "bin")
    assert snapshot(tmp_path) == before


@unix_only
def test_no_linker(tmp_path):
    write(tmp_path, app=HELLO)
    path = programs(tmp_path / "bin", "cargo", "rustc", "maturin")
    result = codegen("build", "app.py", "--offline", cwd=tmp_path, PATH=path)
    refused(result, "CVT045", COULD_NOT_RUN, "rustc finds no linker", "gcc")
    assert not list(tmp_path.rglob("*.whl"))


FAKE_MATURIN = """\
#!{python}
import sys
sys.path[:0] = [{here!r}, {app!r}]
import app, fake_wheels, pathlib
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
fake_wheels.write_wheel(out / "app.whl", app.app, {name!r})
"""


@unix_only
def test_a_built_wheel_that_cannot_be_read(tmp_path):
    write(tmp_path / "app", app=HELLO)
    alone = tmp_path / "alone" / "covet-codegen"
    alone.parent.mkdir()
    shutil.copy(binary(), alone)
    values = {"here": str(Path(__file__).parent), "app": str(tmp_path / "app"), "name": "app_covet"}
    maturin = alone.with_name("maturin")
    maturin.write_text(FAKE_MATURIN.format(python=sys.executable, **values))
    maturin.chmod(0o755)
    result = codegen("build", "app.py", "--name", "app_covet", cwd=tmp_path / "app", program=alone)
    refused(result, "CVT046", COULD_NOT_RUN, "the built wheel cannot be read", "build again")


# --- builds that end early ---------------------------------------------------------------------

DAMAGE = """

def _damage():
    honest = RouteTable.match_route

    def match_route(self, path, method):
        return None if path == "/users/007" else honest(self, path, method)

    RouteTable.match_route = match_route

_damage()
"""


def test_a_divergence_keeps_the_wheel_back(tmp_path):
    write(tmp_path / "app", app=HELLO)
    package = copy_of_runtime(tmp_path / "other")
    with (package / "routing.py").open("a", encoding="utf-8") as file:
        file.write(DAMAGE)
    result = codegen("build", "app.py", cwd=tmp_path / "app", PYTHONPATH=tmp_path / "other")
    refused(
        result, "CVT060", FINDINGS, "GET /users/007", "the pure tier", "no route",
        "the wheel was not handed over",
    )  # fmt: skip
    assert not list(tmp_path.rglob("*.whl"))
    # `verify` says the same without building anything.
    result = codegen("verify", "app.py", cwd=tmp_path / "app", PYTHONPATH=tmp_path / "other")
    refused(result, "CVT060", FINDINGS, "GET /users/007")


SLOW_COMPILER = """\
#!/bin/sh
case "$*" in
*"--crate-name slow_covet"*)
    : > "{marker}"
    exec sleep 300
    ;;
esac
exec "$@"
"""


@contextlib.contextmanager
def build_in_progress(folder):
    """A build of ``slow_covet`` that has got as far as compiling the crate, and stays there."""
    marker = folder / "compiling"
    wrapper = folder / "compiler"
    wrapper.write_text(SLOW_COMPILER.format(marker=marker), encoding="utf-8")
    wrapper.chmod(0o755)
    with (folder / "output").open("wb") as output:
        build = subprocess.Popen(
            [binary(), "build", "app.py", "--name", "slow_covet", "--python", sys.executable],
            cwd=folder,
            env=environment(RUSTC_WRAPPER=wrapper),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            # A job in the background ignores it, and hands that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        deadline = time.monotonic() + 300
        while not marker.exists():
            said = (folder / "output").read_text(encoding="utf-8")
            assert build.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        yield build
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(build.pid, signal.SIGKILL)
        build.wait()
    marker.unlink()


@unix_only
def test_a_second_build_and_an_interrupted_one(tmp_path):
    write(tmp_path, app=HELLO)
    again = ["build", "app.py", "--name", "slow_covet"]
    with build_in_progress(tmp_path):
        crate = snapshot(tmp_path / "build")
        result = codegen(*again, cwd=tmp_path)
        refused(result, "CVT052", COULD_NOT_RUN, "slow_covet", "wait for it", "--crate-dir")
        assert snapshot(tmp_path / "build") == crate
    # Nothing is left that a user would take for a wheel.
    assert not list(tmp_path.rglob("*.whl"))

    result = codegen(*again, cwd=tmp_path)
    assert result.code == 0, result.stderr
    assert len(list((tmp_path / "dist").iterdir())) == 1
    left = {name for name in snapshot(tmp_path / "build") if "/.covet-" in name}
    assert left == {f"covet/slow_covet/.covet-codegen.{end}" for end in ("json", "lock")}


@unix_only
def test_an_interruption_by_the_user(tmp_path):
    """Ctrl-C reaches the whole process group. The wheel that was there before stays whole."""
    write(tmp_path, app=HELLO)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "older.whl").write_bytes(b"older")
    with build_in_progress(tmp_path) as build:
        os.killpg(build.pid, signal.SIGINT)
        assert build.wait(timeout=60) != 0
    assert snapshot(tmp_path / "dist") == {"older.whl": b"older"}
