"""A uvicorn in a process of its own, as it is started in production."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Optional

import covet_runtime

OURS = "covet_runtime.uvicorn:HttpProtocol"
PATIENCE = 30.0  # seconds until a server has to be up, a response complete, a process gone

_RUNNING = re.compile(r"running on (https?)://127\.0\.0\.1:(\d+)")


class Certificate(NamedTuple):
    """A certificate for 127.0.0.1 that signs itself, and its key."""

    certificate: Path
    key: Path


class Running(NamedTuple):
    """A server: `log` is the file with everything that it prints."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def running(
    folder: Path,
    app: str,
    options: Sequence[str] = (),
    *,
    tier: str = "pure",
    certificate: Optional[Certificate] = None,
) -> Iterator[Running]:
    """Serve `app`, which is imported from `folder`, on a free port."""
    runtime = Path(covet_runtime.__file__).resolve().parents[1]
    path = [str(folder), str(runtime), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path)), "COVET_TIER": tier}
    command = [sys.executable, "-m", "uvicorn", app, "--http", OURS, *options]
    command += ["--host", "127.0.0.1", "--port", "0", "--no-use-colors"]
    if certificate is not None:
        command += ["--ssl-certfile", str(certificate.certificate)]
        command += ["--ssl-keyfile", str(certificate.key)]
    log = folder / "uvicorn.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield Running(process, url_of(process, log), log)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False


def url_of(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the server prints, once every worker has started."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        printed = log.read_text(encoding="utf-8", errors="replace")
        found = _RUNNING.search(printed)
        # With workers or a reloader, a process says so before it listens.
        if found and "Application startup complete" in printed and listens(int(found[2])):
            return f"{found[1]}://127.0.0.1:{found[2]}"
        time.sleep(0.02)
    raise RuntimeError(f"uvicorn did not start:\n{log.read_text(errors='replace')}")
