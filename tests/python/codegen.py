"""Runs the real covet-codegen on apps that are written for a test.

The program is ``$COVET_CODEGEN_BIN``, or the one that is installed beside the interpreter, or the
one that cargo built last. What it compiles is kept in ``$COVET_CODEGEN_CACHE``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

import covet_runtime
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()
CACHE = Path(os.environ.get("COVET_CODEGEN_CACHE") or REPOSITORY / "target" / "covet-cache")

RUNTIME = Path(covet_runtime.__file__).parent

HELLO = """
    from covet import Covet

    app = Covet()

    @app.get("/")
    async def index(request):
        return "hello"

    @app.get("/users/{user_id}")
    async def user(request, user_id):
        return user_id
"""


def binary() -> Path:
    """The program under test."""
    name = "covet-codegen.exe" if os.name == "nt" else "covet-codegen"
    chosen = os.environ.get("COVET_CODEGEN_BIN")
    if chosen:
        return Path(chosen).resolve()
    places = [Path(sys.executable).parent, TARGET / "release", TARGET / "debug"]
    found = next((place / name for place in places if (place / name).is_file()), None)
    if found is None:
        pytest.fail("covet-codegen is not built; run `cargo build --package covet-codegen`")
    return found


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in order."""
        return re.findall(r"^error\[(CVT\d+)\]", self.stderr, re.MULTILINE)


def environment(**changes: Union[str, Path, None]) -> dict[str, str]:
    """The environment of a run. None removes a variable."""
    given = {
        "COVET_CODEGEN_CACHE": CACHE.resolve(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_COLOR": "1",
        "VIRTUAL_ENV": None,
        "COVET_TIER": None,
        "COVET_USE_RUST": None,
        **changes,
    }
    result = dict(os.environ)
    for name, value in given.items():
        result.pop(name, None)
        if value is not None:
            result[name] = str(value)
    return result


def codegen(
    *arguments: Union[str, Path],
    cwd: Path,
    python: Union[str, Path, None] = sys.executable,
    program: Optional[Path] = None,
    **changes: Union[str, Path, None],
) -> Result:
    """Run covet-codegen in `cwd`. `changes` are variables of its environment."""
    command = [str(program or binary()), *map(str, arguments)]
    if python is not None and arguments[0] != "generate":
        command += ["--python", str(python)]
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert "panicked" not in done.stderr, done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


def write(folder: Path, **files: str) -> Path:
    """Write Python files into `folder`, ``name="source"``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return folder


def snapshot(folder: Path) -> dict[str, Optional[bytes]]:
    """Everything below `folder`: the content of files, None for directories."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def copy_of_runtime(folder: Path) -> Path:
    """A copy of the installed covet_runtime that a test may damage, for ``PYTHONPATH``."""
    shutil.copytree(RUNTIME, folder / "covet_runtime", ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "covet_runtime"


def new_environment(folder: Path) -> Path:
    """A virtual environment with nothing in it; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def programs(folder: Path, *names: str) -> Path:
    """A directory with links to these programs and no others."""
    folder.mkdir(parents=True)
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for name in names:
        found = shutil.which(name, path=places)
        assert found is not None, f"{name} is not on PATH"
        (folder / name).symlink_to(found)
    return folder
