"""From an app to an installed wheel, with the real program, and what is in the wheel."""

import ast
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import zipfile
from dataclasses import dataclass
from pathlib import Path

import covet_runtime
import pytest
from codegen import HELLO, REPOSITORY, Result, codegen, environment, new_environment, write

HELLO_APP = REPOSITORY / "examples" / "hello" / "app.py"


@dataclass(frozen=True)
class Built:
    """A project with the wheel that was built in it."""

    folder: Path
    result: Result

    @property
    def wheel(self) -> Path:
        (wheel,) = (self.folder / "dist").iterdir()
        return wheel

    @property
    def crate(self) -> Path:
        return self.folder / "build" / "covet" / "hello_covet"

    def read(self, name):
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.read(name)

    def read_metadata(self, name):
        with zipfile.ZipFile(self.wheel) as archive:
            (path,) = (n for n in archive.namelist() if n.endswith(f".dist-info/{name}"))
            return archive.read(path).decode("utf-8")


def project(folder):
    """A copy of the hello example. The name of its folder is the name of the app."""
    (folder / "hello").mkdir(parents=True)
    shutil.copy(HELLO_APP, folder / "hello")
    return folder / "hello"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = project(tmp_path_factory.mktemp("built"))
    result = codegen("build", "app.py", cwd=folder)
    assert result.code == 0, result.stderr
    return Built(folder, result)


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The interpreter of a fresh environment: our packages and the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    python = new_environment(folder / "venv")
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    ours = "\n".join(dict.fromkeys(sysconfig.get_path(p) for p in ("purelib", "platlib")))
    (Path(place.stdout.strip()) / "ours.pth").write_text(ours, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python,
         "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", built.wheel],
        check=True,
    )  # fmt: skip
    return python


def run(python, code, cwd):
    """What `code` prints, from JSON, when it runs in `cwd` without a warning of ours."""
    done = subprocess.run(
        [python, "-c", textwrap.dedent(code)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_the_report(built):
    said = built.result.stdout
    assert "compiled 4 of 4 routes" in said
    assert "in the tiers generated, native, pure: no difference" in said
    assert f"wrote dist/{built.wheel.name}" in said.replace("\\", "/")
    assert f"{sys.executable} -m pip install dist" in said
    # Neither progress without a terminal nor warnings of anybody's.
    assert built.result.stderr == ""


def test_what_was_built_is_as_it_should_be(built, tmp_path):
    """Also when handlers stand in other lines than they did."""
    folder = shutil.copytree(built.folder, tmp_path / "hello", symlinks=True)
    for line in ("", "# moved\n\n"):
        app = folder / "app.py"
        app.write_text(line + app.read_text(encoding="utf-8"), encoding="utf-8")
        result = codegen("check", "app.py", "--wheel", built.wheel, cwd=folder)
        assert (result.code, result.stderr) == (0, "")
        assert "the crate in build" in result.stdout
        assert f"the wheel {built.wheel} is of them" in result.stdout


def test_the_compiler_has_no_remarks(built):
    """Neither on the emitted code nor on the runtime that is vendored beside it."""
    log = (built.crate / "build.log").read_text(encoding="utf-8")
    assert "warning" not in log, log


def test_the_wheel_is_found_and_used(built, installed):
    found, said = run(
        installed,
        """
        import inspect, json, app, covet_runtime, hello_covet
        print(json.dumps({
            "tier": covet_runtime.active_tier(app.app),
            "latest": covet_runtime.active_tier(),
            "why": covet_runtime.why(app.app),
            "file": hello_covet.__file__,
            "version": hello_covet.__version__,
            "fingerprint": hello_covet.FINGERPRINT,
            "versions": [hello_covet.CODEGEN_VERSION, hello_covet.RUNTIME_VERSION],
            "routes": hello_covet.ROUTES,
            "routes_is_tuple": isinstance(hello_covet.ROUTES, tuple),
            "signatures": [str(inspect.signature(f))
                           for f in (hello_covet.match_route, hello_covet.match_id)],
            "installed": vars(covet_runtime.install(app.app)),
            "match": repr(app.app.router.match_route("/hello/007", "GET").params),
        }))
        """,
        built.folder,
    )
    assert "RuntimeWarning: the generated" not in said
    assert "CovetRuntimeWarning" not in said
    assert (found["tier"], found["latest"]) == ("generated", "generated")
    assert found["why"] == f"the generated wheel hello_covet {found['version']} matches"
    assert str(installed.parents[1]) in found["file"]
    assert found["version"].startswith(f"{covet_runtime.__version__}+{found['fingerprint'][:12]}")
    assert f"-{found['version']}-" in built.wheel.name
    assert found["versions"] == [covet_runtime.__version__] * 2
    assert found["routes_is_tuple"]
    assert found["routes"] == [
        ["GET", "/", "app:create_app.<locals>.index"],
        ["GET", "/healthz", "app:create_app.<locals>.health"],
        ["POST", "/echo", "app:create_app.<locals>.echo"],
        ["GET", "/hello/{name}", "app:create_app.<locals>.hello"],
    ]
    assert found["signatures"] == ["(path, method)"] * 2
    assert found["installed"]["wheel"] == "hello_covet"
    assert found["installed"]["fingerprint"] == found["fingerprint"]
    assert found["match"] == "{'name': 7}"


def test_the_module_matches_by_itself(built, installed):
    found, _ = run(
        installed,
        r"""
        import json
        from hello_covet import TABLE, match_id, match_route
        requests = [("/", "GET"), ("/", "POST"), ("/hello/5", "GET"), ("/hello/x", "GET"),
                    ("/hello/x\n", "GET"), ("/hello/", "GET"), ("/echo", "POST"), ("", "")]
        print(json.dumps([
            [match_route(*r) for r in requests],
            [match_route(path=p, method=m) == match_route(p, m) for p, m in requests],
            [match_id(*r) for r in requests],
            [TABLE.match_route(*r) == match_route(*r) for r in requests],
            TABLE.regex_ids(),
        ]))
        """,
        built.folder,
    )
    matches, by_name, ids, by_table, regexes = found
    assert matches == [
        [0, {}], None, [3, {"name": 5}], [3, {"name": "x"}], [3, {"name": "x\n"}], None, [2, {}],
        None,
    ]  # fmt: skip
    assert ids == [match and match[0] for match in matches]
    assert all(by_name)
    assert all(by_table)
    assert regexes == []


def test_a_stale_wheel_is_named(installed, tmp_path):
    """The wheel is that of an older table: one warning that names the routes, or an error."""
    folder = project(tmp_path)
    source = HELLO_APP.read_text(encoding="utf-8")
    source = source.replace('"/healthz"', '"/health"')
    (folder / "app.py").write_text(source, encoding="utf-8")
    found, _ = run(
        installed,
        """
        import json, warnings
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            import app, covet_runtime
        ours = [str(w.message) for w in warned
                if issubclass(w.category, covet_runtime.CovetRuntimeWarning)]
        tier, why = covet_runtime.active_tier(app.app), covet_runtime.why(app.app)
        try:
            covet_runtime.install(app.app, require="generated")
            raised = None
        except covet_runtime.TierUnavailable as error:
            raised = str(error)
        print(json.dumps([ours, tier, why, raised, covet_runtime.active_tier(app.app)]))
        """,
        folder,
    )
    warned, tier, why, raised, tier_after = found
    assert len(warned) == 1
    for text in (warned[0], why, raised):
        assert "hello_covet is stale" in text
        assert "added GET /health" in text
        assert "removed GET /healthz" in text
        assert "covet-codegen build app:app" in text
    assert tier == tier_after == "native"


def test_what_is_in_the_wheel(built):
    with zipfile.ZipFile(built.wheel) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert len(names) == len(set(names))
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    package = {name for name in names if name.startswith("hello_covet/")}
    assert package == {
        f"hello_covet/{name}"
        for name in ("__init__.py", "__init__.pyi", f"_native{suffix}", "py.typed", "routes.toml",
                     "verification.json")
    }  # fmt: skip
    fingerprint = json.loads(built.read("hello_covet/verification.json"))["fingerprint"]
    entry_points = built.read_metadata("entry_points.txt").split()
    assert entry_points == ["[covet_runtime.apps]", f"{fingerprint}=hello_covet"]
    metadata = built.read_metadata("METADATA")
    assert f"Requires-Dist: covet-runtime=={covet_runtime.__version__}" in metadata


def test_record_is_right_for_every_file(built):
    with zipfile.ZipFile(built.wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    (record,) = (name for name in contents if name.endswith(".dist-info/RECORD"))
    rows = [line.rsplit(",", 2) for line in contents[record].decode("utf-8").splitlines()]
    assert sorted(row[0] for row in rows) == sorted(contents)
    for name, digest, size in rows:
        if name == record:
            assert (digest, size) == ("", "")
            continue
        sha256 = base64.urlsafe_b64encode(hashlib.sha256(contents[name]).digest())
        assert digest == "sha256=" + sha256.decode().rstrip("="), name
        assert int(size) == len(contents[name]), name


def test_the_stub_tells_what_is_there(built):
    stub = ast.parse(built.read("hello_covet/__init__.pyi").decode("utf-8"))
    told = {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
    told |= {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    module = ast.parse(built.read("hello_covet/__init__.py").decode("utf-8"))
    assigned = {n.targets[0].id: n.value for n in module.body if isinstance(n, ast.Assign)}
    assert set(ast.literal_eval(assigned["__all__"])) == told


def test_the_verification_is_in_the_wheel(built):
    report = json.loads(built.read("hello_covet/verification.json"))
    assert report["tiers"] == {"generated": True, "native": True, "pure": True}
    assert report["divergences"] == []
    assert report["requests"] >= 1000
    assert report["routes"] == 4


def test_the_table_in_the_wheel_is_the_exported_one(built):
    exported = codegen("export", "app.py", cwd=built.folder)
    assert exported.code == 0, exported.stderr
    assert built.read("hello_covet/routes.toml") == exported.stdout.encode("utf-8")


def test_exporting_is_deterministic(built, tmp_path):
    first = codegen("export", "app.py", cwd=built.folder).stdout
    for seed in ("0", "1", "4294967295"):
        again = codegen("export", "app.py", cwd=built.folder, PYTHONHASHSEED=seed)
        assert again.stdout == first
    # Neither the place of the app nor how it is named counts.
    elsewhere = project(tmp_path)
    assert codegen("export", elsewhere / "app.py", cwd=built.folder).stdout == first
    assert codegen("export", "app:app", cwd=elsewhere).stdout == first
    written = codegen("export", "app.py", "-o", tmp_path / "routes.toml", cwd=elsewhere)
    assert (written.code, written.stdout) == (0, "")
    assert (tmp_path / "routes.toml").read_bytes() == first.encode("utf-8")


def test_generate_gives_the_crate_that_build_does(built, tmp_path):
    table = built.read("hello_covet/routes.toml")
    (tmp_path / "routes.toml").write_bytes(table)
    result = codegen("generate", "routes.toml", "-o", "crate", cwd=tmp_path)
    assert result.code == 0, result.stderr
    # But for the places of the handlers, which the table does not tell.
    differing = {
        path.relative_to(tmp_path / "crate").as_posix()
        for path in (tmp_path / "crate").rglob("*")
        if path.is_file()
        and path.read_bytes() != (built.crate / path.relative_to(tmp_path / "crate")).read_bytes()
    }
    assert differing <= {"src/routes.rs", ".covet-codegen.json"}


def test_building_again_writes_nothing_and_gives_the_same_wheel(built):
    def times():
        return {
            path: path.stat().st_mtime_ns
            for path in built.crate.rglob("*")
            if path.is_file() and path.name != "build.log"
        }

    before, wheel = times(), built.wheel.read_bytes()
    result = codegen("build", "app.py", cwd=built.folder)
    assert result.code == 0, result.stderr
    assert times() == before
    assert built.wheel.read_bytes() == wheel


def test_the_wheel_does_not_tell_where_it_was_built(built, tmp_path):
    elsewhere = Built(project(tmp_path / "another" / "place"), built.result)
    result = codegen("build", "app.py", cwd=elsewhere.folder)
    assert result.code == 0, result.stderr
    assert elsewhere.wheel.name == built.wheel.name
    assert elsewhere.wheel.read_bytes() == built.wheel.read_bytes()


def test_verify_a_wheel(built, tmp_path):
    report = tmp_path / "report.json"
    result = codegen(
        "verify", "app.py", "--wheel", built.wheel, "--requests", "500", "--seed", "7",
        "--report", report, cwd=built.folder,
    )  # fmt: skip
    assert result.code == 0, result.stderr
    assert "no difference in 500 requests (tiers generated, native, pure, seed 7)" in result.stdout
    assert json.loads(report.read_text(encoding="utf-8"))["seed"] == 7


def test_verify_a_stale_wheel(built, tmp_path):
    folder = project(tmp_path)
    with (folder / "app.py").open("a", encoding="utf-8") as file:
        file.write("\n\n@app.get('/late')\ndef late(request):\n    return ''\n")
    result = codegen("verify", "app.py", "--wheel", built.wheel, cwd=folder)
    assert result.code == 1
    assert result.codes == ["CVT061"]
    assert "added GET /late" in result.stderr
    assert "covet-codegen build" in result.stderr


def test_routes_left_to_re_are_counted_and_can_be_refused(tmp_path):
    source = f"""{HELLO}
    app.router.add_route("/a+b/{{x}}", user, ["GET"])
    """
    folder = write(tmp_path / "odd", app=source)
    result = codegen("build", "app.py", "--deny-fallback", cwd=folder)
    assert (result.code, result.codes) == (1, ["CVT020"])
    assert "1 of 3 routes" in result.stderr
    assert "note[CVT020]" in result.stderr
    assert not (folder / "build").exists()
    result = codegen("build", "app.py", cwd=folder)
    assert result.code == 0, result.stderr
    assert "compiled 2 of 3 routes" in result.stdout
    assert "1 left to Python's `re`: /a+b/{x}" in result.stdout
    assert "note[CVT020]" in result.stderr
