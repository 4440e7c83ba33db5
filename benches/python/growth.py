"""How the generated crate grows with the models of an app.

    python benches/python/growth.py
    python benches/python/growth.py --here --json growth.json

Apps are made with one model of more and more fields, and with more and more models. For each it
takes the time of `covet-codegen generate`, and of cargo for the generated crate alone: all of them
are generated into one directory, so that the runtime in it, which stays the same, is compiled once
and beforehand. The size is that of the library that a wheel holds.

Growth is linear when nothing that was measured between the smallest and the largest app is more
than a quarter beside the line through those two.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from environment import ROOT, TARGET, Environment

FIELDS = (10, 50, 100, 200)
MODELS = (10, 50, 100, 200, 400)
FIELDS_OF_EACH = 8

TYPES = ("int", "str", "bool", "float", "Optional[str]", "str", "int", "List[str]")

# How far beside the line is still on it.
TOLERANCE = 0.25

FOLDER = TARGET / "benches" / "growth"
NAME = "growth"

# Runs a command and prints what it took: seconds of the processor, and the most memory that one
# of its processes had. On Linux that begins with the memory of who started it, so that is small.
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


@dataclass(frozen=True)
class Figures:
    """What an app took."""

    count: int
    # Bytes of `src/responses.rs` and of the library.
    source: int
    library: int
    # Seconds of the processor.
    generating: float
    compiling: float
    # Bytes, of the process that had most.
    memory: int


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--here", action="store_true", help="prepare no environment")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    options = parser.parse_args()
    if not options.here:
        environment = Environment()
        environment.prepare([])
        return subprocess.run([str(environment.python), *sys.argv, "--here"]).returncode

    program = _program()
    _compile(program, fields_of(1))
    series = {
        "fields of one model": [_compile(program, fields_of(n), n) for n in FIELDS],
        f"models of {FIELDS_OF_EACH} fields": [_compile(program, models_of(n), n) for n in MODELS],
    }
    for name, figures in series.items():
        print(f"\n{name}")
        print(*_table(figures), sep="\n")
    if options.json is not None:
        document = {name: [asdict(each) for each in figures] for name, figures in series.items()}
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


# ── Apps ───────────────────────────────────────────────────────────────────────────────────────


def fields_of(count: int) -> str:
    """An app that returns one model of so many fields."""
    return _app(_model("Model", count), ["Model"])


def models_of(count: int) -> str:
    """An app with so many models, each returned by a route of its own."""
    names = [f"Model{number}" for number in range(count)]
    return _app("\n\n".join(_model(name, FIELDS_OF_EACH) for name in names), names)


def _model(name: str, fields: int) -> str:
    lines = [f"    field_{number}: {TYPES[number % len(TYPES)]}" for number in range(fields)]
    return "\n".join([f"class {name}(TypedDict):", *lines])


def _app(models: str, names: list[str]) -> str:
    routes = (
        f'@app.get("/{name.lower()}")\nasync def get_{name.lower()}(request) -> {name}: ...'
        for name in names
    )
    head = (
        "from typing import List, Optional, TypedDict\n\nfrom covet import Covet\n\napp = Covet()"
    )
    return "\n\n\n".join([head, models, *routes]) + "\n"


# ── Measuring ──────────────────────────────────────────────────────────────────────────────────


def _program() -> Path:
    _run("cargo", "build", "--quiet", "--release", "--locked", "--package", "covet-codegen")
    return TARGET / "release" / ("covet-codegen.exe" if os.name == "nt" else "covet-codegen")


def _compile(program: Path, app: str, count: int = 1) -> Figures:
    FOLDER.mkdir(parents=True, exist_ok=True)
    source, table, crate = FOLDER / f"{NAME}.py", FOLDER / "routes.toml", FOLDER / "crate"
    source.write_text(app, encoding="utf-8")
    _run(program, "export", source, "--python", sys.executable, "-o", table)
    generating, _ = _measure(program, "generate", table, "-o", crate)
    compiling, memory = _measure(
        *("cargo", "build", "--quiet", "--release", "--locked"),
        *("--manifest-path", crate / "Cargo.toml", "--target-dir", FOLDER / "cargo"),
    )
    libraries = (FOLDER / "cargo" / "release").glob(f"*{NAME}_covet.*")
    (library,) = (file for file in libraries if file.suffix in (".so", ".dylib", ".dll"))
    figures = Figures(
        count,
        (crate / "src" / "responses.rs").stat().st_size,
        library.stat().st_size,
        generating,
        compiling,
        memory,
    )
    print(f"  {count}: {figures.compiling:.1f} s, {figures.library:,} bytes", flush=True)
    return figures


def _measure(*command: str | Path) -> tuple[float, int]:
    """The seconds and the bytes that a command takes."""
    said = _run(sys.executable, "-c", MEASURED, *command).splitlines()[-1]
    code, seconds, memory = said.split()
    if code != "0":
        raise SystemExit(f"{command[0]} failed")
    return float(seconds), int(memory) * (1 if sys.platform == "darwin" else 1024)


def _run(*command: str | Path) -> str:
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(TARGET),
        "PYO3_PYTHON": sys.executable,
    }
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


# ── Judging ────────────────────────────────────────────────────────────────────────────────────

COLUMNS: dict[str, tuple[str, Callable[[Figures], float]]] = {
    "source, KiB": ("{:.0f}", lambda figures: figures.source / 1024),
    "library, KiB": ("{:.0f}", lambda figures: figures.library / 1024),
    "generate, ms": ("{:.0f}", lambda figures: figures.generating * 1000),
    "compile, s": ("{:.1f}", lambda figures: figures.compiling),
    "memory, MiB": ("{:.0f}", lambda figures: figures.memory / 1024 / 1024),
}


def _table(figures: list[Figures]) -> Iterator[str]:
    yield "".join(f"{name:>15}" for name in ("", *COLUMNS))
    for each in figures:
        cells = [form.format(value(each)) for form, value in COLUMNS.values()]
        yield "".join(f"{cell:>15}" for cell in (f"{each.count}", *cells))
    slopes = [_slope(figures, value) for _, value in COLUMNS.values()]
    yield "".join(f"{cell:>15}" for cell in ("for one more", *(f"{s:.3g}" for s in slopes)))
    for name, (_, value) in COLUMNS.items():
        worst = max(abs(beside) for beside in beside_the_line(figures, value))
        verdict = "linear" if worst <= TOLERANCE else "NOT linear"
        yield f"  {name}: {verdict}, at most {worst:.0%} beside the line"


def _slope(figures: list[Figures], value: Callable[[Figures], float]) -> float:
    first, last = figures[0], figures[-1]
    return (value(last) - value(first)) / (last.count - first.count)


def beside_the_line(figures: list[Figures], value: Callable[[Figures], float]) -> Iterator[float]:
    """How far each is from the line through the first and the last, as a part of what that says."""
    slope = _slope(figures, value)
    for each in figures:
        expected = value(figures[0]) + slope * (each.count - figures[0].count)
        yield value(each) / expected - 1


if __name__ == "__main__":
    raise SystemExit(main())
