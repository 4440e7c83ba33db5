"""What the tests of `check` share: reading its report, and forging what was kept."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional, Union

from codegen import codegen
from covet_runtime import __version__, wheels


def checked(app: str, *options: Union[str, Path], cwd: Path) -> dict[str, Any]:
    """The report of a run of `check`, which has to be all that it prints."""
    result = codegen("check", app, *options, "--format", "json", cwd=cwd)
    report: dict[str, Any] = json.loads(result.stdout)
    assert result.stderr == ""
    assert result.code == report["exit_code"]
    return report


def codes(report: Mapping[str, Any]) -> list[str]:
    """The codes of the findings, but for what lints find in the table itself."""
    found = [each["code"] for each in report["findings"]]
    return [code for code in found if not code.startswith("CVT08")]


def verdicts(report: Mapping[str, Any]) -> dict[str, str]:
    return {each["kind"]: each["verdict"] for each in report["compared"]}


def record(crate: Path, file: str, content: bytes) -> None:
    """Have a generated file be as if the generator had written `content`."""
    (crate / file).write_bytes(content)
    owned = crate / ".covet-codegen.json"
    document = json.loads(owned.read_text(encoding="utf-8"))
    document["files"][file] = hashlib.sha256(content).hexdigest()
    owned.write_text(json.dumps(document), encoding="utf-8")


def fingerprint(routes: Path) -> str:
    """The fingerprint of a canonical table, as docs/routes-toml.md describes it."""
    table = wheels.parse_toml(routes.read_text(encoding="utf-8"))
    del table["app"]
    table.setdefault("compat", {})
    for route in table["routes"]:
        route.pop("suspends")
        route.pop("headers", None)
    text = json.dumps(table, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def forge_wheel(
    routes: Path,
    target: Path,
    *,
    version: str = __version__,
    announced: Optional[str] = None,
    verification: Optional[Mapping[str, Any]] = {},
    after: Optional[Mapping[str, bytes]] = None,
) -> Path:
    """A wheel as `build` leaves it, less the compiled module.

    `after` is what somebody has changed since.
    """
    table = wheels.parse_toml(routes.read_text(encoding="utf-8"))
    name = table["app"]["name"]
    of_table = announced or fingerprint(routes)
    info = f"{name}-{version}+{of_table[:12]}.dist-info"
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}+{of_table[:12]}\n"
    files = {
        f"{name}/__init__.py": b"",
        f"{name}/routes.toml": routes.read_bytes(),
        f"{info}/METADATA": f"{metadata}Requires-Dist: covet-runtime=={version}\n".encode(),
        f"{info}/entry_points.txt": f"[covet_runtime.apps]\n{of_table}={name}\n".encode(),
    }
    if verification is not None:
        report = {"fingerprint": of_table, "divergences": [], **verification}
        files[f"{name}/verification.json"] = json.dumps(report).encode()
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,"]).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in {**files, **(after or {})}.items():
            wheel.writestr(path, content)
    return target


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
