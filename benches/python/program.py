"""What the benchmarks have in common as programs: options, the environment, and how they end."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment import Environment

ROUNDS = 51
QUICK_ROUNDS = 5


@dataclass(frozen=True)
class Results:
    """What a benchmark has found."""

    text: str
    # The same for machines, see `report.document`.
    document: dict[str, Any]
    # Whether all bars hold.
    passed: bool


# Measures with the options given and what could not be installed, to which it may add.
Benchmark = Callable[[argparse.Namespace, dict[str, str]], Results]


def arguments(
    description: str, rounds: int = ROUNDS, quick: int = QUICK_ROUNDS
) -> argparse.ArgumentParser:
    """The options that every benchmark has; it may add its own."""
    parser = argparse.ArgumentParser(description=description)
    parser.set_defaults(rounds=rounds)
    parser.add_argument("--rounds", type=int, metavar="N", help=f"instead of {rounds}")
    parser.add_argument(
        "--quick",
        dest="rounds",
        action="store_const",
        const=quick,
        help=f"{quick} rounds",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--here", action="store_true", help="prepare no environment")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar fails")
    parser.add_argument("--only", metavar="NAME", action="append", help="measure these contenders")
    return parser


def run(
    options: argparse.Namespace,
    apps: Iterable[str],
    benchmark: Benchmark,
    beside: Iterable[str] = (),
) -> int:
    """Run a benchmark in an environment that has the wheels of `apps`. The exit code.

    `beside` are the peers that have an environment of their own.
    """
    environment = Environment()
    if not options.here:
        return run_in_environment(apps, beside)
    results = benchmark(options, environment.missing())
    print(results.text)
    if options.json is not None:
        options.json.write_text(json.dumps(results.document, indent=1) + "\n")
    return 0 if results.passed or not options.strict else 1


def run_in_environment(apps: Iterable[str], beside: Iterable[str] = ()) -> int:
    """Prepare an environment and run this program in it. The exit code."""
    environment = Environment()
    print("preparing the environment")
    try:
        environment.prepare(apps, beside)
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        return 2
    command = [str(environment.python), *sys.argv, "--here"]
    variables = {**os.environ, "PYTHONHASHSEED": "0"}
    if os.name == "posix":
        # In this process, so that signals reach the one that has something to clean up.
        sys.stdout.flush()
        os.execve(command[0], command, variables)
    return subprocess.run(command, env=variables).returncode
