"""The environment of the benchmarks: built under target/, once for each interpreter.

Everything that is measured is installed from this tree or from requirements.txt, into an
environment of its own; nothing of the interpreter's own packages takes part.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()

MATURIN = "maturin>=1.16,<2"


class Environment:
    """A virtual environment with everything that is compared."""

    def __init__(self) -> None:
        version = "python-{}.{}".format(*sys.version_info)
        self.folder = TARGET / "benches" / version
        self.python = self._python("venv")
        self._missing = self.folder / "missing.json"

    def prepare(self, apps: Iterable[str], beside: Iterable[str] = ()) -> None:
        """Create the environment or bring it up to date with this tree.

        `apps` are modules below this directory, as paths, whose wheels are needed, `beside`
        packages that cannot live with the others and get an environment each. Raises
        `CalledProcessError`.
        """
        if not self.python.exists():
            self._run(sys.executable, "-m", "venv", self.folder / "venv")
            self._pip(MATURIN)
        missing = self._install_requirements()
        for package in beside:
            missing.update(self._install_beside(package))
        self._missing.write_text(json.dumps(missing))
        self._build(ROOT / "covet-runtime")
        self._build(ROOT / "benches" / "floor")
        for app in apps:
            self._generate(app)

    def python_beside(self, package: str) -> Path:
        """The interpreter of the environment that a package has for itself."""
        return self._python(f"venv-{package}")

    def missing(self) -> dict[str, str]:
        """What could not be installed, and why."""
        if not self._missing.exists():
            return {}
        reasons: dict[str, str] = json.loads(self._missing.read_text())
        return reasons

    def _install_requirements(self) -> dict[str, str]:
        """Install each requirement; the names and reasons of those that do not."""
        missing = {}
        for line in (HERE / "requirements.txt").read_text().splitlines():
            if not line or line.startswith("#"):
                continue
            try:
                self._pip(line)
            except subprocess.CalledProcessError as error:
                missing[line.partition("==")[0]] = last_line(error.stderr)
        return missing

    def _install_beside(self, package: str) -> dict[str, str]:
        """Install requirements-<package>.txt into an environment; why, if that fails."""
        python = self.python_beside(package)
        try:
            if not python.exists():
                self._run(sys.executable, "-m", "venv", self.folder / f"venv-{package}")
            self._pip("--requirement", HERE / f"requirements-{package}.txt", python=python)
        except subprocess.CalledProcessError as error:
            return {package: last_line(error.stderr)}
        return {}

    def _build(self, project: Path) -> None:
        """Build a Rust extension in release mode and install it."""
        manifest = project / "Cargo.toml"
        wheels = self.folder / "wheels" / project.name
        self._run(
            self.python,
            *("-m", "maturin", "build", "--release", "--quiet", "--auditwheel", "skip"),
            *("--manifest-path", manifest, "--interpreter", self.python, "--out", wheels),
        )
        self._install_newest(wheels)

    def _generate(self, app: str) -> None:
        """Compile an app, as a user would, and install its wheel."""
        wheels = self.folder / "wheels" / app
        self._run(
            *("cargo", "run", "--quiet", "--release", "--package", "covet-codegen", "--"),
            *("build", HERE / f"{app}.py", "--python", self.python, "--out", wheels),
            *("--crate-dir", self.folder / "crates" / app),
        )
        self._install_newest(wheels)

    def _install_newest(self, wheels: Path) -> None:
        newest = max(wheels.glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime)
        self._pip("--force-reinstall", "--no-deps", newest)

    def _pip(self, *arguments: str | Path, python: Path | None = None) -> None:
        self._run(
            *(
                python or self.python,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ),
            *arguments,
        )

    def _python(self, name: str) -> Path:
        scripts = "Scripts" if os.name == "nt" else "bin"
        return self.folder / name / scripts / Path(sys.executable).name

    def _run(self, *command: str | Path) -> None:
        words = [str(word) for word in command]
        print("  " + " ".join(Path(words[0]).name if n == 0 else w for n, w in enumerate(words)))
        subprocess.run(words, cwd=ROOT, check=True, stderr=subprocess.PIPE, text=True)


def last_line(text: str) -> str:
    """The last line of a program's complaint, where the reason usually is."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"
