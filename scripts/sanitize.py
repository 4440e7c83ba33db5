"""Runs tests of the extension with AddressSanitizer. Run by ``make sanitize``.

The tests say whether what Rust makes of an object is right; this says whether it read the object
within its bounds, and nothing that was freed. Three things make that possible:

* The extension is compiled with AddressSanitizer and with the checks that debug builds have.
  Rust's stable toolchain has the sanitizer behind a switch that it only takes from itself,
  `RUSTC_BOOTSTRAP`. Nothing that ships is built that way.
* Python itself is not compiled so. The sanitizer's run-time library therefore has to be loaded
  before anything else. Rust has it as an archive for programs alone, of which a shared library is
  made here.
* Python takes the memory of each object from `malloc` (`PYTHONMALLOC`), so that the sanitizer knows
  where each object begins and ends. Otherwise it would see one block for many of them.

Wheels are built by the tests themselves, through covet-codegen. The `cargo` and `rustc` that it
finds are scripts, which build in the same way, and keep the sanitizer from the compiler itself:
it hangs.
"""

from __future__ import annotations

import importlib.machinery
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "target" / "sanitize"
REPORT = OUT / "report"

TESTS = [
    "test_json_equivalence.py",
    "test_json_corpus.py",
    "test_json_resources.py",
    "test_http_components.py",
    "test_http_corpus.py",
    "test_native_routing.py",
    *(GENERATED := ["test_generated_serializers.py", "test_class_serializers.py"]),
]

# Other tiers have no code of ours that could misuse memory. How much memory and time is used, and
# how much of the stack, is not what it is without the sanitizer.
SELECTED = " and ".join(
    [
        f"({' or '.join(['native', *(name.removesuffix('.py') for name in GENERATED)])})",
        *(f"not {name}" for name in ("memory", "growth", "buffer", "small_stack", "take_turns")),
    ]
)

# An optimised build, since that is what ships, but with every check and with lines in its reports.
PROFILE = {
    "CARGO_PROFILE_RELEASE_DEBUG": "line-tables-only",
    "CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS": "true",
    "CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS": "true",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_STRIP": "none",
}

# What makes cargo take the sanitizer.
COMPILER = {
    **PROFILE,
    "RUSTC_BOOTSTRAP": "1",
    "RUSTFLAGS": "-Zsanitizer=address",
}

# Python does not free everything when it ends, so leaks are for the tests to find.
ASAN_OPTIONS = f"detect_leaks=0:allow_addr2line=1:log_path={REPORT}"


def main() -> int:
    """Build and run. Returns 1 when a test fails or memory is misused."""
    missing = what_is_missing()
    if missing:
        print(f"Sanitizing is left out: {missing}.")
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    runtime = build_runtime()
    package = build_package()
    variables = environment(runtime, package, build_programs())
    if not finds_misuse(variables):
        print("AddressSanitizer does not work here: it missed a write out of bounds.")
        return 1
    return run(variables)


def what_is_missing() -> str:
    """Why this cannot be done here, or an empty string."""
    if platform.system() != "Linux":
        return "it is set up for Linux alone"
    if not all(map(shutil.which, (compiler(), "ar"))):
        return "it needs a C toolchain, and there is none on PATH"
    if archive() is None:
        return "this Rust toolchain has no AddressSanitizer for its own platform"
    return ""


def compiler() -> str:
    return os.environ.get("CC", "cc")


def archive() -> Path | None:
    """The sanitizer's run-time library as Rust has it."""
    libraries = output("rustc", "--print", "target-libdir").strip()
    return next(Path(libraries).glob("librustc-*rt.asan.a"), None)


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def build_runtime() -> Path:
    """Make a shared library of the archive. Returns it."""
    static = archive()
    assert static is not None, "what_is_missing has looked for it"
    parts = Path(shutil.copy(static, OUT / "asan.a"))
    # This one makes a program start the sanitizer before all else. A shared library must not have
    # it, and starts it with the first call of `malloc`.
    for part in re.findall(r"^asan_preinit.*$", output("ar", "t", str(parts)), re.MULTILINE):
        output("ar", "d", str(parts), part)
    # By its usual name, libasan.so, it would be taken for a second one.
    shared = OUT / "sanitizer.so"
    everything = ["-Wl,--whole-archive", str(parts), "-Wl,--no-whole-archive"]
    libraries = ["-lpthread", "-ldl", "-lrt", "-lm"]
    output(compiler(), "-shared", "-o", str(shared), *everything, *libraries)
    return shared


def build_package() -> Path:
    """Build the extension, and put it together with its Python package. Returns where that is."""
    host = platform_of_rust()
    print("Building the extension", flush=True)
    what = ["--package", "covet-runtime", "--features", "module", "--lib", "--crate-type", "cdylib"]
    # With a target given, the flags are not those of build scripts.
    places = ["--target", host, "--target-dir", str(OUT / "build")]
    variables = {
        **os.environ,
        **COMPILER,
        "PYO3_PYTHON": sys.executable,
        "PYO3_BUILD_EXTENSION_MODULE": "1",
    }
    variables.pop("CARGO_ENCODED_RUSTFLAGS", None)
    subprocess.run(
        ["cargo", "rustc", "--quiet", "--release", "--locked", *what, *places],
        cwd=ROOT,
        check=True,
        env=variables,
    )
    package = OUT / "package" / "covet_runtime"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(ROOT / "covet-runtime" / "python" / "covet_runtime", package)
    library = OUT / "build" / host / "release" / "libcovet_runtime.so"
    extension = package / f"_native{importlib.machinery.EXTENSION_SUFFIXES[0]}"
    shutil.copy(library, extension)
    assert b"__asan_report_load" in extension.read_bytes(), "it was built without the sanitizer"
    return package.parent


def platform_of_rust() -> str:
    found = re.search(r"^host: (.*)$", output("rustc", "-vV"), re.MULTILINE)
    assert found is not None
    return found.group(1)


def build_programs() -> Path:
    """Write the scripts that build wheels with the sanitizer. Returns their folder."""
    # With a target given, the flags are not those of build scripts.
    variables = {**COMPILER, "CARGO_BUILD_TARGET": platform_of_rust()}
    folder = OUT / "bin"
    folder.mkdir(exist_ok=True)
    for name in ("cargo", "rustc"):
        program = shutil.which(name)
        assert program is not None, "the extension was built with it"
        lines = [
            "#!/bin/sh",
            "unset LD_PRELOAD ASAN_OPTIONS CARGO_ENCODED_RUSTFLAGS",
            *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
            f'exec {shlex.quote(program)} "$@"',
        ]
        script = folder / name
        script.write_text("\n".join([*lines, ""]), encoding="utf-8")
        script.chmod(0o755)
    return folder


def environment(runtime: Path, package: Path, programs: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ASAN_OPTIONS": ASAN_OPTIONS,
        "LD_PRELOAD": str(runtime),
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(package),
        # Each value takes several times as long.
        "COVET_JSON_VALUES": os.environ.get("COVET_JSON_VALUES", "10000"),
        # Nothing that is built here is taken for what is built without the sanitizer.
        "CARGO_TARGET_DIR": str(OUT / "generated"),
        "COVET_CODEGEN_CACHE": str(OUT / "generated" / "cache"),
    }


def finds_misuse(variables: dict[str, str]) -> bool:
    """Whether a write behind the end of a `bytes` is noticed."""
    code = "import ctypes; ctypes.memset(b'x' * 100, 0, 200)"
    forget_reports()
    done = subprocess.run([sys.executable, "-c", code], env=variables, check=False)
    return done.returncode != 0 and "heap-buffer-overflow" in report()


def run(variables: dict[str, str]) -> int:
    """Run the tests. Returns 1 when one of them fails."""
    forget_reports()
    log = OUT / "pytest.log"
    print(f"Running {', '.join(TESTS)}", flush=True)
    command = [sys.executable, "-m", "pytest", "--verbose", "-p", "no:cacheprovider"]
    tests = [str(ROOT / "tests" / "python" / test) for test in TESTS]
    with log.open("w", encoding="utf-8") as written:
        code = subprocess.run(
            [*command, "-k", SELECTED, *tests],
            cwd=ROOT,
            env=variables,
            stdout=written,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if code == 0 and not report():
        print(lines[-1])
        return 0
    # When memory is misused Python ends at once: the last line is the test that did it.
    print("\n".join([*lines[-40:], *report().splitlines()[:60]]))
    print(f"The whole log is {log.relative_to(ROOT)}, reports are {REPORT.relative_to(ROOT)}.*.")
    return 1


def report() -> str:
    """What the sanitizer said, in every process."""
    files = sorted(OUT.glob(f"{REPORT.name}.*"))
    return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def forget_reports() -> None:
    for file in OUT.glob(f"{REPORT.name}.*"):
        file.unlink()


if __name__ == "__main__":
    sys.exit(main())
