"""The workflow that ``covet-codegen init-ci`` writes: its shape, and that its commands work."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from codegen import HELLO, REPOSITORY, binary, codegen, environment, write

WORKFLOW = Path(".github", "workflows", "covet.yml")


@pytest.fixture
def project(tmp_path):
    """A repository with an app."""
    write(tmp_path, app=HELLO)
    (tmp_path / ".git").mkdir()
    return tmp_path


def load(text):
    """The workflow as values. YAML 1.1 reads the key `on` as true."""
    document = yaml.safe_load(text)
    document["on"] = document.pop(True)
    return document


def steps(document):
    return document["jobs"]["wheel"]["steps"]


def commands(document):
    """The lines that are run."""
    return [line for step in steps(document) for line in step.get("run", "").splitlines()]


def test_what_is_written(project):
    result = codegen("init-ci", "app.py", cwd=project)
    assert result.code == 0, result.stderr
    text = (project / WORKFLOW).read_text(encoding="utf-8")
    document = load(text)
    assert set(document) == {"name", "on", "permissions", "concurrency", "jobs"}
    assert document["permissions"] == {"contents": "read"}
    assert document["concurrency"]["cancel-in-progress"] is True
    assert set(document["on"]) == {"push", "pull_request"}
    job = document["jobs"]["wheel"]
    assert job["runs-on"] == "ubuntu-latest"
    assert job["timeout-minutes"] <= 60
    assert job["defaults"]["run"] == {"shell": "bash", "working-directory": "."}
    for step in steps(document):
        assert ("run" in step) != ("uses" in step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]), step
    used = [step["uses"].partition("@")[0] for step in steps(document) if "uses" in step]
    assert used[:2] == ["actions/checkout", "actions/setup-python"]
    assert used[-1] == "actions/upload-artifact"
    version = "{}.{}".format(*sys.version_info[:2])
    assert steps(document)[1]["with"] == {"python-version": version}
    assert "covet-codegen check app.py --python python --format github" in commands(document)
    assert "covet-codegen build app.py --python python --out dist" in commands(document)
    assert steps(document)[-1]["with"]["path"] == "dist/*.whl"
    # Nothing of the template is left, and all expressions are ones that are there everywhere.
    expressions = set(re.findall(r"\{\{ *(.*?) *\}\}", text))
    assert expressions == {"github.workflow", "github.ref", "runner.os", "runner.arch"}


def test_what_to_do_next(project):
    result = codegen("init-ci", "app.py", cwd=project, python=sys.executable)
    assert f"wrote {WORKFLOW}" in result.stdout.replace("/", os.sep)
    export = next(line for line in result.stdout.splitlines() if "covet-codegen export" in line)
    words = export.partition("#")[0].split()
    assert codegen(*words[1:], cwd=project).code == 0
    assert (project / "routes.toml").is_file()
    # What is done is not asked for again.
    result = codegen("init-ci", "app.py", "--force", cwd=project)
    assert "export" not in result.stdout


def test_nothing_is_overwritten(project):
    (project / WORKFLOW.parent).mkdir(parents=True)
    (project / WORKFLOW).write_text("name: mine\n", encoding="utf-8")
    result = codegen("init-ci", "app.py", cwd=project)
    assert (result.codes, result.code, result.stdout) == (["CVT050"], 2, "")
    assert "--force" in result.stderr
    assert (project / WORKFLOW).read_text(encoding="utf-8") == "name: mine\n"
    shown = codegen("init-ci", "app.py", "-o", "-", cwd=project)
    assert shown.code == 0
    assert codegen("init-ci", "app.py", "--force", cwd=project).code == 0
    assert (project / WORKFLOW).read_text(encoding="utf-8") == shown.stdout
    assert codegen("init-ci", "app.py", "-o", "other.yml", cwd=project).code == 0
    assert (project / "other.yml").read_text(encoding="utf-8") == shown.stdout


def test_a_project_in_a_directory_of_a_repository(project):
    inner = write(project / "services" / "shop", main=HELLO)
    (inner / "pyproject.toml").write_text(
        "[tool.covet-codegen]\napp = 'main:app'\nname = 'shop_covet'\nroutes = 'table.toml'\n"
    )
    (inner / "src").mkdir()
    for place in (inner, inner / "src"):
        result = codegen("init-ci", "--force", cwd=place)
        assert result.code == 0, result.stderr
        document = load((project / WORKFLOW).read_text(encoding="utf-8"))
        where = document["jobs"]["wheel"]["defaults"]["run"]["working-directory"]
        assert where == "services/shop"
        assert "covet-codegen build main:app --python python --out dist" in commands(document)
        assert steps(document)[-1]["with"]["path"] == "services/shop/dist/*.whl"
    assert "-o ../table.toml" in result.stdout
    # Another app than that of the configuration is named from here, and not by its name.
    write(inner / "src", other=HELLO)
    result = codegen("init-ci", "other.py", "-o", "-", cwd=inner / "src")
    document = load(result.stdout)
    assert "covet-codegen build other.py --name shop_covet --python python --out dist" in commands(
        document
    )


def test_requirements(project):
    def installed():
        document = load(codegen("init-ci", "app.py", "-o", "-", cwd=project).stdout)
        (line,) = (line for line in commands(document) if "pip install" in line)
        return line.split()[4:]

    assert installed() == ["covet-codegen==0.1.0", "covet"]
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert installed() == ["covet-codegen==0.1.0", "."]
    (project / "requirements.txt").write_text("covet\n")
    assert installed() == ["covet-codegen==0.1.0", "-r", "requirements.txt"]


@pytest.mark.parametrize(
    "app", ["app.py:make()", "a b/app.py", "it's.py", "a: b #c.py", "${{ secrets.TOKEN }}.py"]
)
def test_apps_with_odd_names(app, project):
    document = load(codegen("init-ci", app, "-o", "-", cwd=project).stdout)
    (line,) = (line for line in commands(document) if "covet-codegen build" in line)
    # What GitHub puts in for an expression that holds a string.
    line = line.replace("${{ '${{' }}", "${{")
    bash = shutil.which("bash")
    if bash is not None and os.name != "nt":
        script = 'covet-codegen() { printf "%s\\n" "$2"; }; ' + line
        done = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout == f"{app}\n"


def test_its_commands_work(tmp_path):
    """Every step that runs covet-codegen, on the blog."""
    bash = shutil.which("bash")
    if bash is None or os.name == "nt":
        pytest.skip("the steps are for bash")
    ignored = shutil.ignore_patterns("build", "dist", "__pycache__", "test_*")
    shutil.copytree(REPOSITORY / "examples" / "blog", tmp_path / "blog", ignore=ignored)
    (tmp_path / ".git").mkdir()
    where = tmp_path / "blog"
    assert codegen("init-ci", "app.py", cwd=where).code == 0
    assert codegen("export", "app.py", "-o", "routes.toml", cwd=where).code == 0
    document = load((tmp_path / WORKFLOW).read_text(encoding="utf-8"))
    defaults = document["jobs"]["wheel"]["defaults"]["run"]
    listed = codegen("--help", cwd=where, python=None).stdout
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "covet-codegen").symlink_to(binary())
    path = [str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    ran = []
    for step in steps(document):
        command = re.match(r"covet-codegen ([a-z-]+)", step.get("run", ""))
        if command is None or not re.search(rf"^  {command[1]} ", listed, re.M):
            continue
        done = subprocess.run(
            [bash, "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=tmp_path / defaults["working-directory"],
            env=environment(PATH=os.pathsep.join(path), VIRTUAL_ENV=sys.prefix),
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        ran.append(command[1])
    assert ran[0] == "doctor"
    assert ran[-1] == "build"
    upload = steps(document)[-1]["with"]["path"]
    assert len(list(tmp_path.glob(upload))) == 1
