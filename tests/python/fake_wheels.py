"""Stand-ins for generated wheels: the same files and names, matched by the pure tier."""

from __future__ import annotations

import textwrap
import zipfile
from pathlib import Path
from typing import Any

from covet_runtime import __version__, frameworks
from covet_runtime import table as tables


def write_wheel(
    folder: Path,
    app: Any,
    name: str = "blog_covet",
    *,
    runtime_version: str = __version__,
    table_class: str = "covet_runtime.routing:RouteTable",
    entry: str = "app:app",
) -> str:
    """Write the installed form of an app's wheel into `folder`; return its fingerprint.

    `table_class` names the class of ``TABLE``, so that a test can plant a faulty one.
    """
    table = frameworks.export(app).table
    assert table is not None
    fingerprint = tables.fingerprint(table)
    module, _, attribute = table_class.partition(":")
    package = folder / name
    package.mkdir(parents=True)
    (package / "routes.toml").write_text(
        tables.to_toml(table, tables.AppInfo(name, entry, ())), encoding="utf-8"
    )
    (package / "__init__.py").write_text(
        textwrap.dedent(
            f"""
            from {module} import {attribute} as _Table

            __version__ = "1.0"
            FINGERPRINT = {fingerprint!r}
            RUNTIME_VERSION = {runtime_version!r}
            CODEGEN_VERSION = {__version__!r}
            TABLE = _Table({tables.endpoints(table)!r})
            """
        ),
        encoding="utf-8",
    )
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        f"[covet_runtime.apps]\n{fingerprint} = {name}\n", encoding="utf-8"
    )
    return fingerprint


def zip_wheel(folder: Path, target: Path) -> Path:
    """Pack what `write_wheel` wrote into a wheel file."""
    with zipfile.ZipFile(target, "w") as wheel:
        for file in sorted(folder.rglob("*")):
            wheel.write(file, file.relative_to(folder).as_posix())
    return target
