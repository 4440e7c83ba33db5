"""What ``covet-codegen doctor`` finds on a machine that can build, and on others."""

import json
import os
import sys
from pathlib import Path

import pytest
from codegen import codegen, copy_of_runtime, new_environment, programs, snapshot

unix_only = pytest.mark.skipif(os.name == "nt", reason="links programs")

NAMES = {
    "python", "covet_runtime", "framework", "maturin", "cargo", "rustc", "linker", "cache", "disk",
    "crates", "configuration",
}  # fmt: skip


def examined(cwd, **changes):
    """The checks by name. Whatever it finds, it changes nothing."""
    before = snapshot(cwd)
    result = codegen("doctor", "--format", "json", cwd=cwd, **changes)
    assert snapshot(cwd) == before
    report = json.loads(result.stdout)
    assert result.stderr == ""
    assert result.code == (0 if report["works"] else 1)
    problems = [each for each in report["checks"] if each["status"] == "problem"]
    assert report["works"] == (not problems)
    for each in report["checks"]:
        assert ("help" in each) == (each["status"] != "ok"), each
    return {each["name"]: each for each in report["checks"]}


def test_a_machine_that_can_build(tmp_path):
    found = examined(tmp_path)
    assert set(found) == NAMES
    for name in NAMES - {"crates", "covet_runtime", "disk"}:
        assert found[name]["status"] == "ok", found[name]
    assert "problem" not in {each["status"] for each in found.values()}
    version = ".".join(map(str, sys.version_info[:3]))
    assert f"cpython {version}, " in found["python"]["found"]
    assert str(Path(sys.executable)) in found["python"]["found"]
    assert "given with --python" in found["python"]["found"]
    assert found["framework"]["found"].startswith("covet 0.1.0b6")
    assert found["maturin"]["found"].startswith("maturin ")


def test_for_people(tmp_path):
    result = codegen("doctor", cwd=tmp_path)
    assert result.code == 0
    for name in NAMES:
        assert any(f"  {name} " in line for line in result.stdout.splitlines()), name
    assert "A build can work here." in result.stdout
    result = codegen("doctor", cwd=tmp_path, PATH=tmp_path)
    assert result.code == 1
    assert "No build can work here: " in result.stdout
    assert "[CVT043]" in result.stdout
    assert "help: install Rust from https://rustup.rs" in result.stdout


def test_no_interpreter(tmp_path):
    found = examined(tmp_path, python="./no/python")
    assert found["python"]["code"] == "CVT040"
    # What can be said without one is said.
    assert set(found) == NAMES - {"covet_runtime", "framework", "maturin"}
    found = examined(tmp_path, python=None, VIRTUAL_ENV=tmp_path / "gone")
    assert "$VIRTUAL_ENV" in found["python"]["found"]


def test_an_interpreter_with_nothing_in_it(tmp_path):
    found = examined(tmp_path, python=new_environment(tmp_path / "venv"))
    assert found["python"]["status"] == "ok"
    assert found["covet_runtime"]["code"] == "CVT041"
    assert "-m pip install covet-runtime==" in found["covet_runtime"]["help"]


def test_without_the_framework(tmp_path):
    python = new_environment(tmp_path / "venv")
    copy_of_runtime(tmp_path / "runtime")
    found = examined(tmp_path, python=python, PYTHONPATH=tmp_path / "runtime")
    assert found["framework"]["status"] == "problem"
    assert "pip install covet==0.1.0b6" in found["framework"]["help"]


def test_another_framework(tmp_path):
    metadata = tmp_path / "site" / "covet-9.9.9.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: covet\nVersion: 9.9.9\n")
    found = examined(tmp_path, PYTHONPATH=tmp_path / "site")
    assert found["framework"]["status"] == "warning"
    assert "covet 9.9.9" in found["framework"]["found"]


def test_the_pure_tier(tmp_path):
    found = examined(tmp_path, COVET_USE_RUST="0")
    assert found["covet_runtime"]["status"] == "warning"
    assert "the environment asks for pure Python" in found["covet_runtime"]["found"]


def test_a_runtime_of_another_version(tmp_path):
    loader = copy_of_runtime(tmp_path / "other") / "_loader.py"
    text = loader.read_text(encoding="utf-8")
    loader.write_text(text.replace('VERSION = "0.1.0"', 'VERSION = "9.9.9"'), encoding="utf-8")
    found = examined(tmp_path, PYTHONPATH=tmp_path / "other")
    assert found["covet_runtime"]["code"] == "CVT042"
    assert "9.9.9" in found["covet_runtime"]["found"]


def test_a_runtime_that_is_broken(tmp_path):
    package = tmp_path / "other" / "covet_runtime"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ValueError('not today')\n")
    found = examined(tmp_path, PYTHONPATH=tmp_path / "other")
    assert found["covet_runtime"]["code"] == "CVT042"
    assert "not today" in found["covet_runtime"]["found"]


def fake(folder, name, text):
    """A program that prints `text` and fails when that is nothing."""
    folder.mkdir(exist_ok=True)
    script = folder / name
    script.write_text(f"#!/bin/sh\n{f'echo {text!r}' if text else 'exit 3'}\n", encoding="utf-8")
    script.chmod(0o755)
    return folder


@unix_only
def test_an_old_compiler(tmp_path):
    path = programs(tmp_path / "bin", "cargo")
    found = examined(tmp_path, PATH=fake(path, "rustc", "rustc 1.70.0 (90c541806 2023-05-31)"))
    assert found["rustc"]["code"] == "CVT043"
    assert "1.89 is the oldest that will do" in found["rustc"]["found"]
    assert "rustup update" in found["rustc"]["help"]
    assert "linker" not in found
    found = examined(tmp_path, PATH=fake(path, "rustc", ""))
    assert found["rustc"]["status"] == "problem"


@unix_only
def test_no_linker(tmp_path):
    found = examined(tmp_path, PATH=programs(tmp_path / "bin", "cargo", "rustc"))
    assert found["linker"]["code"] == "CVT045"
    assert "gcc" in found["linker"]["help"]


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("no directory")
    found = examined(tmp_path, COVET_CODEGEN_CACHE=tmp_path / "file" / "cache")
    assert found["cache"]["code"] == "CVT051"
    assert "COVET_CODEGEN_CACHE" in found["cache"]["help"]


def test_the_cache_is_measured_and_not_made(tmp_path):
    place = tmp_path / "cache"
    found = examined(tmp_path, COVET_CODEGEN_CACHE=place)
    assert found["cache"]["found"].endswith(f"{place}, empty")
    (place / "a" / "b").mkdir(parents=True)
    (place / "a" / "b" / "c").write_bytes(b"x" * (3 << 20))
    assert examined(tmp_path, COVET_CODEGEN_CACHE=place)["cache"]["found"].endswith("3 MiB")


def test_crates_that_have_to_be_fetched(tmp_path):
    # Only rustup needs the other home, and it has a variable of its own.
    homes = {"CARGO_HOME": tmp_path / "home"}
    if "RUSTUP_HOME" not in os.environ:
        homes["RUSTUP_HOME"] = Path.home() / ".rustup"
    found = examined(tmp_path, **homes)
    assert found["crates"]["status"] == "warning"
    assert "the next build fetches them" in found["crates"]["found"]
    (tmp_path / "pyproject.toml").write_text("[tool.covet-codegen]\noffline = true\n")
    assert examined(tmp_path, **homes)["crates"]["status"] == "problem"


def test_the_configuration_in_effect(tmp_path):
    (tmp_path / ".git").mkdir()
    assert "no [tool.covet-codegen]" in examined(tmp_path)["configuration"]["found"]
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.covet-codegen]\nseed = 1\napp = 'x.py'\n")
    assert examined(tmp_path)["configuration"]["found"] == "pyproject.toml: seed, app"
    file.write_text("[tool.covet-codegen]\nsed = 1\n")
    found = examined(tmp_path)["configuration"]
    assert found["code"] == "CVT034"
    assert found["found"] == "pyproject.toml:2: unknown key `sed` in [tool.covet-codegen]"
    assert found["help"] == "did you mean `seed`?"
    file.write_text("[tool.covet-codegen]\npython = './no/python'\n")
    assert examined(tmp_path, python=None)["python"]["code"] == "CVT040"
