"""The golden `responses.rs` are Rust that neither the compiler nor clippy has a remark on.

All of them are modules of one crate, which is otherwise the one that covet-codegen generates for
one of the tables. So the runtime is checked once, and cargo keeps that in
``target/golden-responses``.
"""

import os
import shutil
import subprocess
import sys

import pytest
from codegen import REPOSITORY, TARGET, codegen

TABLES = REPOSITORY / "tests" / "golden" / "tables"
GOLDEN = {file.parent.name: file for file in sorted(TABLES.glob("*/responses.rs"))}

FOLDER = TARGET / "golden-responses"


@pytest.fixture(scope="module")
def crate():
    result = codegen(
        "generate", TABLES / "models" / "routes.toml", "-o", FOLDER / "crate", cwd=REPOSITORY
    )
    assert result.code == 0, result.stderr
    # In a copy, for covet-codegen would find that somebody has changed its files.
    copy = FOLDER / "copy"
    shutil.copytree(FOLDER / "crate", copy, dirs_exist_ok=True)
    shutil.rmtree(copy / "src")
    (copy / "src").mkdir()
    for name, file in GOLDEN.items():
        shutil.copy(file, copy / "src" / f"table_{name}.rs")
    modules = "".join(f"mod table_{name};\n" for name in GOLDEN)
    uses = "".join(f"    (table_{name}::RESPONSES, table_{name}::MODELS),\n" for name in GOLDEN)
    (copy / "src" / "lib.rs").write_text(
        f"//! All golden tables.\n\n{modules}\n"
        "use covet_runtime::python::Write;\nuse covet_runtime::python::json::Model;\n\n"
        "/// What a table has.\npub type Table = (&'static [Option<Write>], &'static [Model]);\n\n"
        f"/// Each of them.\npub static TABLES: &[Table] = &[\n{uses}];\n",
        encoding="utf-8",
    )
    return copy


def test_there_are_golden_responses():
    assert {"hostile", "hundred", "models", "shapes"} <= set(GOLDEN)


def test_clippy_has_no_remarks(crate):
    done = subprocess.run(
        ["cargo", "clippy", "--locked", "--quiet", "--manifest-path", crate / "Cargo.toml",
         "--", "-D", "warnings"],
        env={**os.environ, "CARGO_TARGET_DIR": FOLDER / "cargo", "PYO3_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr
