"""Compiles many route tables at once, as covet-codegen would compile each of them alone.

The first module that asks has the Rust program ``many-tables`` write one crate for all tables and
has maturin build it, without optimisation. Cargo keeps its work in ``target/many-tables``, so an
unchanged set of tables costs nothing the next time.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import time
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import covet
from covet_runtime import frameworks
from covet_runtime import table as tables
from route_tables import Oracle

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()


def routes_toml(oracle: Oracle, name: str = "many_covet") -> str:
    """The ``routes.toml`` of an app whose router is the oracle's, from the real exporter."""
    app = covet.Covet()
    app.router = oracle.router
    table = frameworks.export(app).table
    assert table is not None
    assert tables.endpoints(table) == oracle.endpoints
    return tables.to_toml(table, tables.AppInfo(name, "app:app", ()))


def compile_tables(texts: Sequence[str], folder: Path) -> list[tuple[Any, list[str]]]:
    """The ``RouteTable`` and the handlers of each ``routes.toml``. `folder` is for scratch."""
    place = folder / "tables"
    place.mkdir()
    for number, text in enumerate(texts):
        (place / f"{number}.toml").write_bytes(text.encode("utf-8"))
    crate = TARGET / "many-tables" / "crate"
    started = time.monotonic()
    _run("cargo", "run", "-q", "--locked", "-p", "covet-tests", "--bin", "many-tables", "--",
         place, crate, CARGO_TARGET_DIR=TARGET)  # fmt: skip
    generated = time.monotonic()
    _run(sys.executable, "-m", "maturin", "build", "--locked", "-m", crate / "Cargo.toml",
         "-i", sys.executable, "-o", folder / "wheels",
         CARGO_TARGET_DIR=TARGET / "many-tables" / "cargo",
         CARGO_PROFILE_DEV_DEBUG="0", CARGO_PROFILE_DEV_OPT_LEVEL="0")  # fmt: skip
    built = time.monotonic()
    print(
        f"{len(texts)} tables generated in {generated - started:.0f} s, "
        f"compiled in {built - generated:.0f} s"
    )
    return _load(next((folder / "wheels").glob("*.whl")), folder)


def _run(*command: str | Path, **environment: str | Path) -> None:
    given = {name: str(value) for name, value in environment.items()}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=REPOSITORY,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # The emitted code and the runtime have to compile without a remark.
    assert "warning" not in done.stderr.replace("warning: unused config key", ""), done.stderr


def _load(wheel: Path, folder: Path) -> list[tuple[Any, list[str]]]:
    with zipfile.ZipFile(wheel) as archive:
        extension = next(name for name in archive.namelist() if "/_native." in name)
        file = archive.extract(extension, folder)
    loader = importlib.machinery.ExtensionFileLoader("_native", file)
    spec = importlib.util.spec_from_file_location("_native", file, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        # Odd literals make `re` warn when the module compiles them.
        warnings.simplefilter("ignore")
        loader.exec_module(module)
    compiled: list[tuple[Any, list[str]]] = module.TABLES
    return compiled
