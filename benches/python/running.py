"""Servers as processes: pinned to a core, stopped while others are measured, and ended.

A server gets a session of its own, so that its workers are found and ended with it. Everything it
has started is known by that session's id, which is the id of the first process. It needs Linux,
for /proc and for the pinning.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Optional

from environment import HERE, last_line

# Seconds that a server has to answer its first request, and to end when it is told to.
START = 20
END = 5

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

# What a user may have set for servers of theirs.
FOREIGN = ("COVET_", "GRANIAN_", "ROBYN_", "UVICORN_", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS")


class StartError(Exception):
    """Says why a server does not answer."""


@dataclass(frozen=True)
class Cores:
    """A processor core for the server and one for everything else."""

    server: int
    client: int


def take_cores() -> Cores:
    """Choose the cores and move this process to the client's. Raises `StartError`."""
    if not hasattr(os, "sched_getaffinity"):
        raise StartError("serving is measured on Linux only")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise StartError("serving needs two processor cores, one for the server")
    chosen = Cores(cores[-1], cores[0])
    os.sched_setaffinity(0, {chosen.client})
    return chosen


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Running:
    """A server that runs; a context manager that ends it."""

    def __init__(
        self,
        command: list[str],
        port: int,
        core: int,
        log: Path,
        environment: Mapping[str, str],
        discard_output: bool = False,
    ) -> None:
        self.port = port
        self.log = log
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(FOREIGN)}
        with log.open("wb") as file:
            output: IO[bytes] | int = subprocess.DEVNULL if discard_output else file
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *command],
                cwd=HERE,
                env={**inherited, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=file,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.end()

    def wait_until_listening(self) -> None:
        """Wait for the server. Raises `StartError`."""
        until = time.monotonic() + START
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise StartError(f"ended by itself: {last_line(self.said())}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        raise StartError(f"did not listen within {START} s: {last_line(self.said())}")

    def said(self) -> str:
        """What the server has logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def pause(self) -> None:
        """Stop the server where it is, so that its timers do not disturb others."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def processor_seconds(self) -> float:
        """The time that all its processes have had on a processor."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self._processes()) / TICKS

    def resident_bytes(self) -> int:
        """The memory that its processes have; what they share counts for each."""
        return sum(int(fields[21]) for _, fields in self._processes()) * PAGE

    def open_files(self) -> int:
        """The open files of its processes, connections among them."""
        count = 0
        for pid, _ in self._processes():
            with contextlib.suppress(OSError):
                count += len(os.listdir(f"/proc/{pid}/fd"))
        return count

    def is_running(self) -> bool:
        """Whether its first process is there."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the server and what it has started."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(END)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        # A worker may live longer than the process that started it.
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for pid, _ in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _processes(self) -> Iterator[tuple[int, list[str]]]:
        """The ids of the session's processes, and their /proc/<pid>/stat from the state on."""
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                text = Path("/proc", name, "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            # The name before the last parenthesis may hold anything.
            fields = text.rpartition(")")[2].split()
            if int(fields[3]) == self.pid:
                yield int(name), fields
