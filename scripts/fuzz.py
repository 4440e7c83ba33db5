"""Looks for inputs that the Rust parsers do not survive. Run by ``make fuzz``.

It builds the targets of `tests/fuzz` with libFuzzer and AddressSanitizer, and runs each for a
while, beginning with the kept inputs, with every case of `tests/http/corpus`, and with what earlier
runs on this machine have found. An input that panics, reads out of bounds, takes too long or takes
too much memory ends the run; it is minimised and shown.

Rust's stable toolchain has AddressSanitizer, behind a switch that it only takes from itself:
`RUSTC_BOOTSTRAP`. Nothing that ships is built that way.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUZZ = ROOT / "tests" / "fuzz"
CASES = ROOT / "tests" / "http" / "corpus"
OUT = ROOT / "target" / "fuzz"

# The longest input of each target. The reader's has room for a few messages; what is longer is a
# matter of the limits, which the target makes small.
TARGETS = {"head": 4096, "chunked": 2048, "query": 2048, "reader": 4096}

# The inputs of a target that the repository holds.
MOST_KEPT = 250

RUSTFLAGS = [
    # libFuzzer counts the edges that an input takes, and learns what comparisons compare with.
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    # A branch that is folded into a computation is none that can be counted.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Zsanitizer=address",
]

LIMITS = [
    "-timeout=5",
    "-rss_limit_mb=1024",
    "-malloc_limit_mb=64",
]

# Leaks are looked for with ptrace, which containers forbid; a leak that repeats meets the memory
# limit. The quarantine of freed memory would by itself be half of that.
ASAN_OPTIONS = "detect_leaks=0:quarantine_size_mb=32:abort_on_error=0"


def main() -> int:
    """Run the targets. Returns 1 when one of them found something."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--target", choices=[*TARGETS, ""], default="", help="one, instead of all")
    parser.add_argument("--seconds", type=int, default=20, help="for each target (default: 20)")
    parser.add_argument("--merge", action="store_true", help="minimise the kept inputs anew")
    options = parser.parse_args()

    missing = "no time is given to it" if options.seconds < 1 else what_is_missing()
    if missing:
        print(f"Fuzzing is left out: {missing}.")
        return 0
    programs = build()
    targets = [options.target] if options.target else list(TARGETS)
    for target in targets:
        write_seeds(target)
    if options.merge:
        for target in targets:
            merge(programs / target, target)
        return 0
    failed = [t for t in targets if not run(programs / t, t, options.seconds)]
    if failed:
        print(f"\nFuzzing found something: {', '.join(failed)}")
    return 1 if failed else 0


def what_is_missing() -> str:
    """Why this machine cannot fuzz, or an empty string."""
    if platform.system() != "Linux":
        return "it is set up for Linux alone"
    if cxx() is None:
        return "it needs a C++ compiler, and there is none on PATH"
    libraries = subprocess.run(
        ["rustc", "--print", "target-libdir"], check=True, capture_output=True, text=True
    ).stdout.strip()
    if not any(Path(libraries).glob("librustc-*rt.asan.a")):
        return "this Rust toolchain has no AddressSanitizer for its own platform"
    return ""


def cxx() -> str | None:
    """The C++ compiler, which libFuzzer itself is compiled with."""
    names = [os.environ["CXX"]] if "CXX" in os.environ else ["c++", "g++", "clang++"]
    return next((name for name in names if shutil.which(name)), None)


def build() -> Path:
    """Build all targets. Returns the directory of their programs."""
    version = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"^host: (.*)$", version, re.MULTILINE)
    assert found is not None, version
    host = found.group(1)
    # With a target given, the flags are not those of build scripts.
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--features", "libfuzzer"]
    places = ["--manifest-path", str(FUZZ / "Cargo.toml"), "--target-dir", str(OUT / "build")]
    variables = {**os.environ, "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": " ".join(RUSTFLAGS)}
    variables.pop("CARGO_ENCODED_RUSTFLAGS", None)
    variables["CXX"] = cxx() or "c++"
    print("Building the fuzz targets", flush=True)
    subprocess.run([*command, *places, "--target", host], check=True, env=variables)
    return OUT / "build" / host / "release"


def run(program: Path, target: str, seconds: int) -> bool:
    """Fuzz for a while. Returns whether nothing was found."""
    found, artifacts = OUT / "found" / target, OUT / "artifacts" / target
    for directory in (found, artifacts):
        directory.mkdir(parents=True, exist_ok=True)
    print(f"\n== {target}, {seconds} s", flush=True)
    command = [
        *libfuzzer(program),
        f"-max_len={TARGETS[target]}",
        f"-max_total_time={seconds}",
        f"-artifact_prefix={artifacts}/",
        "-print_final_stats=1",
    ]
    log = OUT / f"{target}.log"
    with log.open("w", encoding="utf-8", errors="replace") as written:
        code = subprocess.run(
            [*command, *inputs(target)],
            env=environment(),
            stdout=written,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    report = log.read_text(encoding="utf-8", errors="replace")
    if code == 0:
        print_statistics(report)
        return True
    print(what_failed(report))
    artifact = re.search(r"Test unit written to (.*)", report)
    if artifact:
        show(program, Path(artifact.group(1)))
    print(f"The whole log is {log.relative_to(ROOT)}.")
    return False


def what_failed(report: str) -> str:
    """The part of a log that says what went wrong: of a panic its message, of an error of memory
    the stack without what is below the target."""
    panic = re.search(r"^thread .* panicked.*?(?=^==\d+==)", report, re.MULTILINE | re.DOTALL)
    if panic:
        return panic.group()
    error = re.search(r"^==\d+== ?ERROR.*", report, re.MULTILINE | re.DOTALL)
    lines = error.group().splitlines()[:60] if error else report.splitlines()[-40:]
    below = re.compile(r"\s+#\d+ .*(libfuzzer|/rustc/|_start|__libc)")
    return "\n".join(line for line in lines if not below.match(line))


def libfuzzer(program: Path) -> list[str]:
    return [str(program), *LIMITS, f"-dict={FUZZ / 'http.dict'}"]


def inputs(target: str) -> list[str]:
    """The directories of inputs: what is found is written into the first."""
    return [str(OUT / "found" / target), str(FUZZ / "corpus" / target), str(OUT / "seeds" / target)]


def environment() -> dict[str, str]:
    return {**os.environ, "ASAN_OPTIONS": ASAN_OPTIONS, "RUST_BACKTRACE": "0"}


def print_statistics(report: str) -> None:
    """The last line of progress, and the totals that say how the run went."""
    for line in reversed(report.splitlines()):
        progress = re.match(r"#\d+\s+DONE\s+(.*)", line)
        if progress:
            print(progress.group(1))
            break
    wanted = "number_of_executed_units", "new_units_added", "slowest_unit_time_sec", "peak_rss_mb"
    totals = dict(re.findall(r"stat::(\w+):\s+(\d+)", report))
    print(", ".join(f"{name.replace('_', ' ')} {totals.get(name, '?')}" for name in wanted))


def show(program: Path, artifact: Path) -> None:
    """Minimise the input that failed, and show it."""
    smaller = artifact.with_name(f"minimised-{artifact.name}")
    subprocess.run(
        [
            *libfuzzer(program),
            "-minimize_crash=1",
            "-max_total_time=30",
            f"-exact_artifact_path={smaller}",
            str(artifact),
        ],
        env=environment(),
        capture_output=True,
        check=False,
    )
    smallest = smaller if smaller.exists() else artifact
    print(f"The input, {smallest.relative_to(ROOT)}:\n{smallest.read_bytes()!r}")
    print(f"To see it fail again: {program.relative_to(ROOT)} {smallest.relative_to(ROOT)}")


def merge(program: Path, target: str) -> None:
    """Keep the fewest of all inputs that together still take every edge, however often, but no
    more than a repository should hold."""
    kept, fewer = FUZZ / "corpus" / target, OUT / "merged" / target
    shutil.rmtree(fewer, ignore_errors=True)
    for directory in (fewer, kept, OUT / "found" / target):
        directory.mkdir(parents=True, exist_ok=True)
    print(f"Merging {target}", flush=True)
    subprocess.run(
        [
            *libfuzzer(program),
            f"-max_len={TARGETS[target]}",
            "-set_cover_merge=1",
            "-use_counters=0",
            str(fewer),
            *inputs(target),
        ],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    # They are written in the order of what each adds: the last ones are an edge each.
    files = sorted(fewer.iterdir(), key=lambda file: file.stat().st_mtime_ns)[:MOST_KEPT]
    shutil.rmtree(kept)
    kept.mkdir()
    for file in files:
        shutil.copyfile(file, kept / file.name)
    print(f"{len(files)} inputs of {sum(file.stat().st_size for file in files)} bytes")


def write_seeds(target: str) -> None:
    """Make inputs of the cases of `tests/http/corpus`."""
    directory = OUT / "seeds" / target
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name, case in cases():
        for number, seed in enumerate(seeds(target, case)):
            (directory / f"{name}-{number}").write_bytes(seed)


def seeds(target: str, sent: bytes) -> Iterator[bytes]:
    """What a target makes of the bytes of one case."""
    if target == "query":
        yield from re.findall(rb"\?(\S*)", sent)
    elif target == "head":
        yield b"\x00" + sent
        yield b"\x01" + sent
    elif target == "chunked":
        head, _, body = sent.partition(b"\r\n\r\n")
        if b"chunked" in head:
            for choice in (0x00, 0x01, 0x11):
                yield bytes([choice, 0x07, 0, 0]) + body
    else:
        # Nothing unusual, small limits, these with an early response, a connection taken over.
        for choice in (0x00, 0x01, 0x11, 0x20):
            yield bytes([choice, 0x0F, 0, 0]) + sent


def cases() -> Iterator[tuple[str, bytes]]:
    """The name of each case and the bytes that it sends; `tests/http/README.md` has the format."""
    for file in sorted(CASES.glob("*.txt")):
        name, sent = "", b""
        for line in file.read_bytes().splitlines():
            keyword, _, rest = line.strip(b" ").partition(b" ")
            if keyword == b"case":
                if sent:
                    yield name, sent
                name, sent = f"{file.stem}-{rest.decode()}", b""
            elif keyword in (b"line", b"send"):
                sent += unescape(rest) + (b"\r\n" if keyword == b"line" else b"")
        if sent:
            yield name, sent


def unescape(text: bytes) -> bytes:
    """The bytes that a text of the corpus stands for."""
    text = re.sub(rb"(?<!\\)\{[!|]\}", b"", text)
    text = re.sub(rb"(?<!\\)\{(.*?)\*(\d+)\}", lambda m: m.group(1) * int(m.group(2)), text)
    plain = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"s": b" "}

    def byte(escape: re.Match[bytes]) -> bytes:
        code = escape.group(1)
        return bytes([int(code[1:], 16)]) if code[:1] == b"x" else plain.get(code, code)

    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|.)", byte, text)


if __name__ == "__main__":
    sys.exit(main())
