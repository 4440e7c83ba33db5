"""``covet-codegen check``: its texts, its formats, and what it says to bad input.

`BLESS=1` writes the expected texts in ``tests/golden/check`` anew.
"""

import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checking import checked, codes, forge_wheel, record, verdicts
from codegen import HELLO, REPOSITORY, codegen, copy_of_runtime, snapshot, write
from covet_runtime import __version__

GOLDEN = REPOSITORY / "tests" / "golden" / "check"

OK, FINDINGS, COULD_NOT_RUN = 0, 1, 2

# What becomes of HELLO in the tests below.
CHANGED = """
    from covet import Covet

    app = Covet(max_body_size=100)

    @app.get("/")
    async def index(request) -> str:
        return "hello"

    @app.route("/users/{user_id}", methods=["PUT"])
    async def user(request, user_id):
        return user_id

    @app.get("/new/{x}")
    async def new(request, x):
        return x
"""

# One route of it is left to `re`, which is a note.
NOTED = HELLO + '\n    app.router.add_route("/a+b/{user_id}", user, ["GET"])\n'


def export(folder, app="app.py"):
    result = codegen("export", app, "-o", "routes.toml", cwd=folder)
    assert result.code == OK, result.stderr


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder with an app and its table, and its crate beside it."""
    place = tmp_path_factory.mktemp("template")
    folder = write(place / "hello", app=HELLO)
    export(folder)
    assert codegen("generate", "routes.toml", "-o", "../crate", cwd=folder).code == OK
    return place


_templates = {}


@pytest.fixture
def folder(template, tmp_path):
    """A copy of the folder."""
    folder = shutil.copytree(template / "hello", tmp_path / "hello")
    _templates[folder] = template
    yield folder
    del _templates[folder]


def generate(folder):
    """Put the crate where it is looked for."""
    return shutil.copytree(_templates[folder] / "crate", folder / "build" / "covet" / "hello_covet")


def assert_golden(name, text, folder):
    """Compare with a file, less what depends on the machine and the version."""
    replacements = {
        shlex.quote(sys.executable): "python",
        str(folder): "FOLDER",
        f'"{__version__}"': '"VERSION"',
        f"covet-codegen {__version__}": "covet-codegen VERSION",
        f"this is {__version__}": "this is VERSION",
    }
    for old, new in replacements.items():
        text = text.replace(old, new)
    file = GOLDEN / name
    if os.environ.get("BLESS"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
    assert text == file.read_text(encoding="utf-8")


# --- texts -------------------------------------------------------------------------------------


def nothing_kept(folder):
    (folder / "routes.toml").unlink()
    return [], FINDINGS


def as_kept(folder):
    generate(folder)
    return [], OK


def table_changed(folder):
    generate(folder)
    write(folder, app=CHANGED)
    return [], FINDINGS


def table_in_another_form(folder):
    file = folder / "routes.toml"
    text = file.read_text(encoding="utf-8").replace("[limits]", "# as ever\n[limits]")
    file.write_bytes(text.replace("\n", "\r\n").encode())
    return [], OK


def body_changed(folder):
    write(folder, app=HELLO.replace('return "hello"', 'return request.headers.get("range")'))
    return [], OK


def moved_routes(folder):
    first = '    @app.get("/a/{a}")\n    async def a(request, a): ...\n'
    second = '    @app.get("/b/{b}")\n    async def b(request, b): ...\n'
    write(folder, app=HELLO + first + second)
    export(folder)
    write(folder, app=HELLO + second + first)
    return [], FINDINGS


def many_changes(folder):
    more = "    for n in range(40):\n        app.router.add_route(f'/more/{n}', index, ['GET'])\n"
    write(folder, app=HELLO + more)
    return [], FINDINGS


def files_edited(folder):
    crate = generate(folder)
    (crate / "src" / "routes.rs").write_text("mine")
    (crate / "README.md").unlink()
    (crate / "python" / "hello_covet" / "more.py").write_text("mine")
    return [], FINDINGS


def other_version(folder):
    crate = generate(folder)
    owned = crate / ".covet-codegen.json"
    text = owned.read_text(encoding="utf-8").replace(f'"{__version__}"', '"0.0.9"')
    owned.write_text(text, encoding="utf-8")
    return [], FINDINGS


def other_build(folder):
    record(generate(folder), "src/lib.rs", b"// older\n")
    return [], FINDINGS


def table_of_the_crate_lost(folder):
    crate = generate(folder)
    (crate / "python" / "hello_covet" / "routes.toml").unlink()
    write(folder, app=CHANGED)
    (folder / "routes.toml").unlink()
    return [], FINDINGS


def wheel_fits(folder):
    forge_wheel(folder / "routes.toml", folder / "hello.whl")
    return ["--wheel", "hello.whl"], OK


def wheel_stale(folder):
    forge_wheel(folder / "routes.toml", folder / "hello.whl")
    write(folder, app=CHANGED)
    return ["--wheel", "hello.whl"], FINDINGS


def wheel_of_another_app(folder):
    other = write(folder.parent / "other", other=CHANGED)
    export(other, "other.py")
    forge_wheel(other / "routes.toml", folder / "other.whl")
    return ["--wheel", "other.whl"], FINDINGS


def wheel_of_another_version(folder):
    (folder / "dist").mkdir()
    forge_wheel(folder / "routes.toml", folder / "dist" / "hello.whl", version="0.0.9")
    return ["--wheel", "dist/hello.whl"], FINDINGS


def wheel_edited(folder):
    changed = {"hello_covet/__init__.py": b"evil()"}
    forge_wheel(folder / "routes.toml", folder / "hello.whl", after=changed)
    return ["--wheel", "hello.whl"], FINDINGS


def wheel_unproven(folder):
    forge_wheel(folder / "routes.toml", folder / "hello.whl", verification=None)
    return ["--wheel", "hello.whl"], FINDINGS


def wheel_that_is_none(folder):
    (folder / "hello.whl").write_bytes(b"PK is how a wheel begins")
    return ["--wheel", "hello.whl"], FINDINGS


def table_that_is_no_toml(folder):
    (folder / "routes.toml").write_text("schema = = 1\n")
    return [], FINDINGS


def table_of_a_newer_schema(folder):
    text = (folder / "routes.toml").read_text(encoding="utf-8")
    (folder / "routes.toml").write_text(text.replace("schema = 1", "schema = 2"), encoding="utf-8")
    return [], FINDINGS


def table_that_is_binary(folder):
    (folder / "routes.toml").write_bytes(b"\xff\xfe\x00")
    return [], FINDINGS


def files_that_are_missing(folder):
    options = ["--routes", "gone.toml", "--wheel", "dist/gone.whl", "--crate-dir", "gone crate"]
    return options, COULD_NOT_RUN


def crate_of_somebody_else(folder):
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.tex").write_text("years")
    return ["--crate-dir", "thesis"], COULD_NOT_RUN


def crate_that_is_empty(folder):
    (folder / "empty").mkdir()
    return ["--crate-dir", "empty"], COULD_NOT_RUN


def crate_with_a_broken_list(folder):
    (generate(folder) / ".covet-codegen.json").write_text("{")
    return [], COULD_NOT_RUN


def fallback_denied(folder):
    write(folder, app=NOTED)
    export(folder)
    return ["--deny-fallback"], FINDINGS


def fallback_noted(folder):
    write(folder, app=NOTED)
    export(folder)
    return [], OK


def fallback_allowed(folder):
    write(folder, app=NOTED)
    export(folder)
    return ["--deny-fallback", "--allow", "CVT020"], OK


def allowed(folder):
    (folder / "routes.toml").unlink()
    return ["--allow", "CVT070"], OK


def allowed_for_nothing(folder):
    return ["--allow", "CVT071", "--allow", "CVT020,CVT071"], FINDINGS


def allowed_what_cannot_be(folder):
    table_that_is_no_toml(folder)
    return ["--allow", "CVT030"], FINDINGS


def quoted_repair(folder):
    write(folder, **{"it's": CHANGED})
    return ["--name", "hello_covet", "--crate-dir", generate(folder)], FINDINGS


CASES = [
    nothing_kept, as_kept, table_changed, table_in_another_form, body_changed, moved_routes,
    many_changes, files_edited, other_version, other_build, table_of_the_crate_lost, wheel_fits,
    wheel_stale, wheel_of_another_app, wheel_of_another_version, wheel_edited, wheel_unproven,
    wheel_that_is_none, table_that_is_no_toml, table_of_a_newer_schema, table_that_is_binary,
    files_that_are_missing, crate_of_somebody_else, crate_that_is_empty, crate_with_a_broken_list,
    fallback_denied, fallback_noted, fallback_allowed, allowed, allowed_for_nothing,
    allowed_what_cannot_be, quoted_repair,
]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="the texts have paths and errors of Unix in them")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_texts(case, folder):
    options, code = case(folder)
    app = "it's.py" if case is quoted_repair else "app.py"
    before = snapshot(folder)
    result = codegen("check", app, *options, cwd=folder)
    said = f"exit code {result.code}\n--- stdout\n{result.stdout}--- stderr\n{result.stderr}"
    assert result.code == code, said
    assert_golden(f"{case.__name__}.txt", said, folder)
    # It never writes anything.
    assert snapshot(folder) == before


@pytest.mark.skipif(os.name == "nt", reason="the commands are quoted for a shell of Unix")
def test_the_command_that_repairs_does(folder):
    """What the cure says is run as it stands, and then all is well."""
    generate(folder)
    write(folder, **{"it's": CHANGED})
    options = ["--name", "hello_covet", "--routes", "my routes.toml"]
    shutil.move(folder / "routes.toml", folder / "my routes.toml")
    report = checked("it's.py", *options, cwd=folder)
    assert codes(report) == ["CVT071", "CVT071"]
    routes, crate = (each["repair"] for each in report["compared"])
    program, *words = shlex.split(routes)
    assert program == "covet-codegen"
    at = words.index("--python")
    assert words[at + 1] == sys.executable
    assert codegen(*words[:at], *words[at + 2 :], cwd=folder).code == OK
    # The build of a wheel takes long; the directory is what it would take.
    assert shlex.split(crate)[1:3] == ["build", "it's.py"]
    write_crate = ["generate", "my routes.toml", "-o", "build/covet/hello_covet"]
    assert codegen(*write_crate, cwd=folder).code == OK
    report = checked("it's.py", *options, cwd=folder)
    assert (codes(report), report["exit_code"]) == ([], OK)


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch")
def test_the_diff_is_a_patch(folder):
    write(folder, app=CHANGED)
    diff = codegen("check", "app.py", cwd=folder).stdout
    subprocess.run(["patch", "-p0"], input=diff.encode(), cwd=folder, check=True, timeout=60)
    assert checked("app.py", cwd=folder)["exit_code"] == OK


@pytest.mark.parametrize("option", ["--routes", "--wheel"])
def test_a_directory_in_place_of_a_file(option, folder):
    (folder / "place").mkdir()
    result = codegen("check", "app.py", option, "place", cwd=folder)
    assert (result.codes, result.code) == (["CVT001"], COULD_NOT_RUN)
    assert "cannot read" in result.stderr


def test_a_file_in_place_of_a_directory(folder):
    result = codegen("check", "app.py", "--crate-dir", "app.py", cwd=folder)
    assert (result.codes, result.code) == (["CVT050"], COULD_NOT_RUN)


@pytest.mark.parametrize("code", ["CVT999", "all", "", "CVT"])
def test_codes_that_there_are_not(code, folder):
    result = codegen("check", "app.py", "--allow", code, cwd=folder)
    assert result.code == COULD_NOT_RUN
    assert "--allow" in result.stderr


# --- formats -----------------------------------------------------------------------------------


def poisoned(folder):
    write(folder, app=HELLO + '\n    app.router.add_route("/<int:x>", user, ["GET"])\n')
    return [], FINDINGS


def no_app(folder):
    (folder / "app.py").unlink()
    return [], FINDINGS


STATES = [
    as_kept, nothing_kept, table_changed, body_changed, files_edited, wheel_stale,
    table_of_a_newer_schema, files_that_are_missing, poisoned, no_app, fallback_denied,
]  # fmt: skip


def run(folder, options, form, seed="0"):
    options = [*options, "--format", form]
    return codegen("check", "app.py", *options, cwd=folder, PYTHONHASHSEED=seed)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_formats_are_alone_and_always_the_same(state, folder):
    options, code = state(folder)
    before = snapshot(folder)
    for form in ("text", "json", "github", "sarif"):
        first = run(folder, options, form, "1")
        second = run(folder, options, form, str(random.randrange(2, 1000)))
        assert (first.stdout, first.stderr) == (second.stdout, second.stderr)
        assert (first.code, second.code) == (code, code)
        if form != "text":
            assert first.stderr == ""
        if form == "json":
            assert json.loads(first.stdout)["exit_code"] == code
        if form == "sarif":
            assert_sarif(json.loads(first.stdout), code)
        if form == "github":
            assert_workflow_commands(first.stdout)
    assert snapshot(folder) == before


@pytest.mark.skipif(os.name == "nt", reason="the texts have paths of Unix in them")
@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_golden_formats(form, folder):
    options, _ = table_changed(folder)
    assert_golden(f"table_changed.{form}", run(folder, options, form).stdout, folder)


COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\n\r]*)(?:,\w+=[^,:\n\r]*)*)::(.*)")


def assert_workflow_commands(text):
    """Each line is a command whose values are escaped, or plain text."""
    for line in text.splitlines():
        if not line.startswith("::"):
            assert re.match(r"\d+ routes?\b", line), line
            continue
        match = COMMAND.fullmatch(line)
        assert match, line
        properties = dict(pair.split("=", 1) for pair in match[2].split(","))
        assert re.fullmatch(r"CVT\d{3}", properties["title"])
        assert set(properties) <= {"file", "line", "col", "title"}
        for value in [*properties.values(), match[3]]:
            assert re.fullmatch(r"(?:[^%]|%25|%0D|%0A|%3A|%2C)*", value), value


def test_places_are_those_in_the_repository(folder):
    """Annotations go by the root of the repository, wherever in it the command runs."""
    (folder.parent / ".git").mkdir()
    write(folder, app=CHANGED)
    said = run(folder, [], "github").stdout
    assert said.startswith("::error file=hello/routes.toml,line="), said
    log = json.loads(run(folder, [], "sarif").stdout)
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "hello/routes.toml", "uriBaseId": "%SRCROOT%"}
    files = {
        each["physicalLocation"]["artifactLocation"]["uri"] for each in result["relatedLocations"]
    }
    assert files == {"hello/app.py", "hello/routes.toml"}
    # In the document for programs they are as the command line has them.
    (finding,) = checked("app.py", cwd=folder)["findings"]
    assert finding["location"]["file"] == "routes.toml"


def test_fingerprints_outlive_lines_that_move(folder):
    def prints():
        log = json.loads(run(folder, [], "sarif").stdout)
        return [each["partialFingerprints"] for each in log["runs"][0]["results"]]

    write(folder, app=CHANGED)
    before = prints()
    source = (folder / "app.py").read_text(encoding="utf-8")
    (folder / "app.py").write_text("# moved\n\n\n" + source, encoding="utf-8")
    assert prints() == before != []


# What an object of a log may hold and must hold, from the specification:
# https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
SHAPES = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool", "results"}, {"columnKind", "originalUriBaseIds", "invocations"}),
    "driver": ({"name", "version", "informationUri", "rules"}, {"semanticVersion"}),
    "rule": ({"id", "name", "shortDescription", "helpUri"}, {"fullDescription", "help"}),
    "result": (
        {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"},
        {"relatedLocations"},
    ),
    "location": ({"physicalLocation"}, {"id", "message", "logicalLocations"}),
    "physical": ({"artifactLocation"}, {"region"}),
    "artifact": ({"uri"}, {"uriBaseId"}),
    "region": ({"startLine"}, {"startColumn"}),
}


def assert_shape(name, value):
    required, optional = SHAPES[name]
    assert required <= set(value) <= required | optional, (name, value)


def assert_sarif(log, code):
    """Check a log for what the specification and code scanning demand of it."""
    schema = os.environ.get("SARIF_SCHEMA")
    if schema:
        import jsonschema

        document = json.loads(Path(schema).read_text(encoding="utf-8"))
        jsonschema.Draft7Validator(document).validate(log)
    assert_shape("log", log)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert_shape("run", run)
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert run["invocations"] == [{"executionSuccessful": code < 2, "exitCode": code}]
    driver = run["tool"]["driver"]
    assert_shape("driver", driver)
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert_shape("rule", rule)
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", rule["name"])
        assert rule["shortDescription"]["text"]
        assert rule["helpUri"].endswith(f"docs/diagnostics.md#{rule['id'].lower()}")
    seen = []
    for result in run["results"]:
        assert_shape("result", result)
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        seen.append(result["partialFingerprints"]["covetFinding/v1"])
        # Code scanning takes no finding without a place.
        assert result["locations"] or code == COULD_NOT_RUN or not Path("app.py").exists()
        related = result.get("relatedLocations", [])
        assert [each["id"] for each in related] == list(range(1, len(related) + 1))
        for location in [*result["locations"], *related]:
            assert_place(location)
    assert len(set(seen)) == len(seen)


def assert_place(location):
    assert_shape("location", location)
    physical = location["physicalLocation"]
    assert_shape("physical", physical)
    artifact = physical["artifactLocation"]
    assert_shape("artifact", artifact)
    assert re.fullmatch(r"[A-Za-z0-9._~/%:-]+", artifact["uri"])
    relative = not artifact["uri"].startswith(("/", "file:"))
    assert relative == (artifact.get("uriBaseId") == "%SRCROOT%")
    if "region" in physical:
        assert_shape("region", physical["region"])
        assert all(number >= 1 for number in physical["region"].values())


# --- what is compared --------------------------------------------------------------------------


@pytest.mark.parametrize("example", ["hello", "blog", "quirks"])
def test_examples(example, tmp_path):
    """The table of an example is what is exported of it. The quirks alone are found fault with."""
    folder = shutil.copytree(REPOSITORY / "examples" / example, tmp_path / example)
    export(folder)
    assert codegen("generate", "routes.toml", "-o", "crate", cwd=folder).code == OK
    report = checked("app.py", "--crate-dir", "crate", cwd=folder)
    lints = [each for each in report["findings"] if each["code"].startswith("CVT08")]
    others = [each for each in report["findings"] if each not in lints]
    assert {each["severity"] for each in others} <= {"note"}
    is_odd = example == "quirks"
    assert report["exit_code"] == (FINDINGS if is_odd else OK)
    assert ({"error", "warning"} <= {each["severity"] for each in lints}) == is_odd
    assert verdicts(report) == {"routes": "same", "crate": "same"}
    assert report["app"]["name"] == f"{example}_covet"


def test_the_only_crate_is_found_by_the_name_of_the_app(folder):
    """A crate of another name is read ahead, but is none of this app."""
    crate = generate(folder)
    crate.rename(crate.with_name("other_covet"))
    assert verdicts(checked("app.py", cwd=folder)) == {"routes": "same"}
    shutil.copytree(crate.with_name("other_covet"), crate)
    assert verdicts(checked("app.py", cwd=folder)) == {"routes": "same", "crate": "same"}


def test_a_runtime_of_another_version(folder, tmp_path):
    package = copy_of_runtime(tmp_path / "other")
    loader = package / "_loader.py"
    text = loader.read_text(encoding="utf-8")
    loader.write_text(text.replace(f'"{__version__}"', '"9.9.9"'), encoding="utf-8")
    result = codegen("check", "app.py", cwd=folder, PYTHONPATH=tmp_path / "other")
    assert (result.codes, result.code) == (["CVT042"], COULD_NOT_RUN)


def test_the_help_has_examples(folder):
    result = codegen("check", "--help", cwd=folder, python=None)
    assert result.code == OK
    assert "covet-codegen check app.py" in result.stdout
    assert "Exit codes" in result.stdout
