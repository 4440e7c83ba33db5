"""Shows which lines of the Rust runtime its own tests run. Run by ``make coverage``.

Every line of the HTTP parser has to be run by a test of covet-runtime; a line that is not makes
this fail. The other files are shown, and nothing is asked of them.

The tool is cargo-tarpaulin, installed into `target/tools`: it reads the compiler's own counters,
and unlike other tools it needs no component of the Rust toolchain beyond the minimal profile.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "target" / "tools"
OUT = ROOT / "target" / "coverage"
VERSION = "0.37.5"

# Where every line has to be run.
COMPLETE = "covet-runtime/src/http/"

# Lines by file that no test runs, and the number of lines that could be.
Uncovered = dict[str, tuple[list[int], int]]


def main() -> int:
    """Measure and report. Returns 1 when a line that has to be run is not."""
    tarpaulin = install()
    measure(tarpaulin)
    return report(read(OUT / "lcov.info"))


def install() -> Path:
    """Install the tool at its version, unless it is there."""
    program = TOOLS / "bin" / ("cargo-tarpaulin.exe" if os.name == "nt" else "cargo-tarpaulin")
    if program.exists():
        found = subprocess.run(
            [str(program), "--version"], check=True, capture_output=True, text=True
        ).stdout
        if found.split()[-1] == VERSION:
            return program
    print(f"Installing cargo-tarpaulin {VERSION} into target/tools, once", flush=True)
    command = ["cargo", "install", "cargo-tarpaulin", "--version", VERSION, "--locked", "--debug"]
    places = ["--root", str(TOOLS), "--target-dir", str(TOOLS / "build")]
    # Without its defaults it leaves out what uploads reports. Compiled quickly, it is fast enough.
    quick = {"CARGO_PROFILE_DEV_DEBUG": "0"}
    subprocess.run(
        [*command, "--no-default-features", "--quiet", "--force", *places],
        check=True,
        env={**os.environ, **quick},
    )
    shutil.rmtree(TOOLS / "build", ignore_errors=True)
    return program


def measure(tarpaulin: Path) -> None:
    """Run the tests and write `lcov.info` and `tarpaulin-report.html`."""
    OUT.mkdir(parents=True, exist_ok=True)
    command = [str(tarpaulin), "tarpaulin", "--engine", "llvm", "--packages", "covet-runtime"]
    reports = ["--out", "Lcov", "--out", "Html", "--output-dir", str(OUT)]
    places = ["--include-files", "covet-runtime/src/*", "--target-dir", str(OUT / "build")]
    log = OUT / "tarpaulin.log"
    print(
        f"Running the tests of covet-runtime; their output is in {log.relative_to(ROOT)}",
        flush=True,
    )
    # A function that is inlined has counters in every codegen unit, and only one of them is read:
    # there must be no more than one unit.
    single = {"CARGO_INCREMENTAL": "0", "CARGO_PROFILE_DEV_CODEGEN_UNITS": "1"}
    with log.open("w", encoding="utf-8") as written:
        code = subprocess.run(
            [*command, *reports, *places, "--lib", "--locked", "--skip-clean", "--color", "never"],
            cwd=ROOT,
            env={**os.environ, **single},
            stdout=written,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if code:
        print(log.read_text(encoding="utf-8", errors="replace"))
        sys.exit(code)


def read(lcov: Path) -> Uncovered:
    """What the report says of each file of the runtime."""
    files: Uncovered = {}
    for record in lcov.read_text(encoding="utf-8").split("end_of_record"):
        source = re.search(r"^SF:(.*)$", record, re.MULTILINE)
        if source is None:
            continue
        name = Path(source.group(1)).resolve().relative_to(ROOT).as_posix()
        lines = [
            (int(line), int(count)) for line, count in re.findall(r"^DA:(\d+),(\d+)", record, re.M)
        ]
        files[name] = [line for line, count in lines if not count], len(lines)
    return files


def report(files: Uncovered) -> int:
    """Print the table. Returns 1 when a line that has to be run is not."""
    width = max(map(len, files), default=0)
    print(f"{'':{width}}  lines   run")
    for name, (uncovered, count) in sorted(files.items()):
        share = 100 * (count - len(uncovered)) / count if count else 100
        # Rounded down: 100 is all of them.
        print(f"{name:{width}}  {count:5}  {int(share * 10) / 10:5}%")
    print(f"\nThe lines themselves are in {(OUT / 'tarpaulin-report.html').relative_to(ROOT)}.")

    complete = {name: lines for name, (lines, _) in files.items() if name.startswith(COMPLETE)}
    if not complete:
        print(f"No line of {COMPLETE} was seen: this measured something else.")
        return 1
    missing = {name: lines for name, lines in complete.items() if lines}
    for name, lines in sorted(missing.items()):
        print(f"No test runs {name}, lines {', '.join(map(str, lines))}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
