"""Load from wrk on a core of its own, and what it says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from running import Cores
from workloads import Workload

SCRIPT = Path(__file__).with_name("serving.lua")
CONNECTIONS = 64
# How wrk's errors are called, apart from timeouts, which a busy machine can cause on its own.
ERRORS = ("connect", "read", "write", "status")

HOW_TO_GET_IT = (
    "wrk is not on PATH; on Debian and Ubuntu `apt-get install wrk`, elsewhere see "
    "https://github.com/wg/wrk"
)


class LoadError(Exception):
    """wrk did not get the answers it asked for."""


@dataclass(frozen=True)
class Load:
    """What wrk measured; latencies are in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    most: float
    timeouts: int


def has_wrk() -> bool:
    """Whether there is anything to measure with."""
    return shutil.which("wrk") is not None


def load(cores: Cores, port: int, workload: Workload, seconds: int) -> Load:
    """Put the server at `port` under load. Raises `LoadError` when an answer is an error."""
    environment = dict(os.environ)
    if workload.body:
        environment["BENCH_BODY"] = workload.body.decode()
    command = [
        *("taskset", "-c", str(cores.client)),
        *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT)),
        f"http://127.0.0.1:{port}{workload.path}",
    ]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise LoadError(f"wrk failed: {(done.stderr or done.stdout).strip()}")
    return _parse(done.stdout)


def _parse(output: str) -> Load:
    (line,) = (line for line in output.splitlines() if line.startswith("FIGURES "))
    said = json.loads(line.partition(" ")[2])
    errors = [f"{said[name]} {name} errors" for name in ERRORS if said[name]]
    if errors or not said["requests"]:
        raise LoadError(", ".join(errors) or "no request was answered")
    return Load(
        said["requests"],
        said["microseconds"] / 1e6,
        said["p50"] / 1e3,
        said["p99"] / 1e3,
        said["most"] / 1e3,
        said["timeout"],
    )
