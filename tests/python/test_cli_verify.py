"""``covet-codegen verify`` as a command of its own: what it compares, and what it tells."""

import json
import os
import re
import shlex
import subprocess
import sys
import time

import pytest
from codegen import HELLO, codegen, copy_of_runtime, write

WHEEL = """
import sys
sys.path[:0] = [{here!r}, "."]
from pathlib import Path
import app, fake_wheels
fake_wheels.write_wheel(Path("site"), app.app, "app_covet")
"""

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture
def project(tmp_path):
    """An app, and ``site`` with the installed form of its wheel."""
    write(tmp_path, app=HELLO)
    write(tmp_path / "elsewhere", make=WHEEL.format(here=HERE))
    command = [sys.executable, "-W", "ignore", tmp_path / "elsewhere" / "make.py"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path


def tiers(text):
    """What is said of each tier."""
    return dict(re.findall(r"^  (generated|native|pure) +(.*)$", text, re.M))


def test_the_installed_wheel_is_taken(project):
    result = codegen("verify", "app.py", cwd=project, PYTHONPATH=project / "site")
    assert result.code == 0, result.stderr
    assert re.match(r"no difference in \d+ requests \(tiers generated, ", result.stdout)
    assert tiers(result.stdout)["generated"].startswith("equal, ")
    assert "the generated wheel app_covet 1.0 matches" in result.stdout


def test_without_a_wheel_it_says_why(project):
    result = codegen("verify", "app.py", cwd=project)
    assert result.code == 0, result.stderr
    expected = "not compared: no generated wheel of this app is installed"
    assert tiers(result.stdout)["generated"] == expected
    write(project, app=HELLO + "\n    app.get('/late')(index)\n")
    result = codegen("verify", "app.py", cwd=project, PYTHONPATH=project / "site")
    assert result.code == 0
    assert "not compared: the generated wheel app_covet is stale" in result.stdout
    assert "added GET /late" in result.stdout


def test_without_the_extension_it_says_why(project):
    package = copy_of_runtime(project / "other")
    for file in package.glob("_native.*.*"):
        file.unlink()
    result = codegen("verify", "app.py", cwd=project, PYTHONPATH=project / "other")
    assert tiers(result.stdout)["native"].startswith("not compared: the Rust extension is ")
    assert "(tiers pure, seed 0)" in result.stdout


def test_the_report(project):
    result = codegen(
        "verify", "app.py", "--requests", "300", "--seed", "5", "--report", "report.json",
        cwd=project,
    )  # fmt: skip
    report = json.loads((project / "report.json").read_text(encoding="utf-8"))
    assert (report["seed"], report["requests"], report["requested"]) == (5, 300, 300)
    counts = [int(count) for count in re.findall(r"^ +(\d+)  \w", result.stdout, re.M)]
    assert sum(counts) == 300
    assert counts == list(report["kinds"].values())
    assert "made from 2 endpoints" in result.stdout
    assert re.search(r"^it took \d+\.\d\d s", result.stdout, re.M)
    assert set(report["seconds"]) >= {"all", "framework", "pure"}
    # It is of the shape that is documented.
    page = os.path.join(HERE, os.pardir, os.pardir, "docs", "verification.md")
    with open(page, encoding="utf-8") as file:
        documented = re.findall(r"^\| `(\w+)` \|", file.read(), re.M)
    assert sorted(documented) == sorted(report)


def repeated(text):
    (line,) = re.findall(r"^the same requests again: covet-codegen (.*)$", text, re.M)
    return shlex.split(line)


def made(text):
    """The report less the times, which differ."""
    return re.sub(r"\d+\.\d\d", "…", text)


@pytest.mark.skipif(os.name == "nt", reason="the command is for a POSIX shell")
def test_the_command_that_makes_the_same_requests_again(project):
    write(project, **{"a factory": HELLO + "\n    def make():\n        return app\n"})
    (project / "a factory.py").rename(project / "factory.py")
    for arguments in (
        ["app.py"],
        ["factory.py:make()", "--seed", "3", "--requests", "200", "--name", "x_covet"],
    ):
        first = codegen("verify", *arguments, cwd=project)
        again = codegen(*repeated(first.stdout), cwd=project, python=None)
        assert again.code == 0, again.stderr
        assert made(again.stdout) == made(first.stdout)


DAMAGE = """

def _damage():
    honest = RouteTable.match_route

    def match_route(self, path, method):
        return None if path == "/users/007" else honest(self, path, method)

    RouteTable.match_route = match_route

_damage()
"""


def test_a_difference(project):
    package = copy_of_runtime(project / "other")
    with (package / "routing.py").open("a", encoding="utf-8") as file:
        file.write(DAMAGE)
    result = codegen(
        "verify", "app.py", "--seed", "3", "--report", "report.json", cwd=project,
        PYTHONPATH=project / "other",
    )  # fmt: skip
    assert (result.code, result.stdout) == (1, "")
    assert result.codes == ["CVT060"]
    assert "1 difference in " in result.stderr
    assert tiers(result.stderr)["pure"].startswith("1 difference, ")
    # How to see it again, and all of it, are left on failure too.
    assert "--seed 3" in " ".join(repeated(result.stderr))
    report = json.loads((project / "report.json").read_text(encoding="utf-8"))
    assert [each["path"] for each in report["divergences"]] == ["/users/007"]


def test_a_time_limit(project):
    begin = time.monotonic()
    result = codegen(
        "verify", "app.py", "--time", "1", "--requests", "100000000", "--report", "report.json",
        cwd=project,
    )  # fmt: skip
    assert time.monotonic() - begin < 60
    assert result.code == 0, result.stderr
    report = json.loads((project / "report.json").read_text(encoding="utf-8"))
    assert report["out_of_time"]
    assert report["time_limit"] == 1
    assert f"the time was up after {report['requests']} of 100000000 requests" in result.stdout
    assert 0 < report["requests"] < 100_000_000
    for wrong in ("0", "-1", "soon"):
        assert codegen("verify", "app.py", f"--time={wrong}", cwd=project).code == 2


def test_a_time_limit_for_a_table_that_has_few_requests(project):
    """Most of what is made from one static route was made before, and none of that is counted."""
    source = HELLO.partition('    @app.get("/users')[0]
    write(project, app=source)
    begin = time.monotonic()
    result = codegen("verify", "app.py", "--time", "0.5", "--requests", "1000000000", cwd=project)
    assert time.monotonic() - begin < 60
    assert result.code == 0, result.stderr
    assert "the time was up after " in result.stdout


def test_two_hash_seeds_make_the_same_requests(project):
    reports = []
    for seed in ("1", "2"):
        result = codegen("verify", "app.py", cwd=project, PYTHONHASHSEED=seed)
        reports.append(made(result.stdout))
    assert reports[0] == reports[1]
