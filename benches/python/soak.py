"""Servers under everything at once for a long time: who leaks, who errs, who gives wrong answers.

    python benches/python/soak.py [--minutes 10] [--stock] [--tier pure] [--only covet]

Prepares the environment of the other benchmarks and starts two servers on one core, an installed
CovetPy app and a bare ASGI app, on uvicorn with our protocol class, or with uvicorn's own when
``--stock``. wrk keeps them busy with pipelined requests, while the clients of soak_clients.py do
what clients do: keep-alive, chunks, HEAD, slow reading and writing, going away at any byte, and
what is no request at all. Every answer is checked.

Exits with 1 when an answer was wrong, when a server logged an error that nobody had asked for, when
connections or tasks are left at the end, or when a server's memory has grown by more than
``--growth`` MiB from the beginning, after a fifth of the time or a minute to warm up, to the end.

With ``--reload SECONDS`` uvicorn reloads the app that often. Then connections may be cut between
the moment that it is told to and the first answer of the new process, and at no other.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import json
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Optional

import program
from contenders import Unavailable
from load import HOW_TO_GET_IT, has_wrk
from running import Cores, Running, StartError, take_cores
from servers import PROTOCOL, Kind, start
from soak_clients import (
    BARE_CLIENTS,
    CLIENTS,
    PATIENCE,
    Ask,
    Client,
    Connection,
    Cut,
    Target,
    Wrong,
    head_of,
)

APP = "serving_apps/soaked"
SCRIPT = Path(__file__).with_name("soak.lua")
CONNECTIONS = 16
# Seconds from one look at a server to the next.
PERIOD = 5.0
# Seconds that a server has to forget its clients.
FORGET = 10.0
# So many examples of what went wrong are shown.
EXAMPLES = 10
GROWTH = 8.0
# So many tasks may wait for requests.
SPARE = 64

# Errors that our clients ask for, by the class of the exception.
INTENDED = ("Intended",)
# What uvicorn's own protocol logs when a client goes away at a bad moment: it writes to a
# transport that is closed, and CovetPy then starts a second response.
STOCK_ERRORS = ("the handler is closed", "but got 'http.response.start'")
# The lines of a traceback that are shown, from its end.
TRACEBACK = 6


@dataclass
class Sample:
    """A server at a moment."""

    seconds: float
    resident_mib: float
    files: int
    connections: int
    tasks: int
    spare: int
    objects: int


@dataclass
class Soaked:
    """A server and what was seen of it."""

    name: str
    server: Running
    path: str
    samples: list[Sample] = field(default_factory=list)
    # Answers that were checked, and how often each client has done its thing.
    answers: int = 0
    clients: collections.Counter[str] = field(default_factory=collections.Counter)
    wrong: list[str] = field(default_factory=list)
    left: str = ""
    # From when to when it was being reloaded, and how many answers that has cost.
    reloads: list[tuple[float, float]] = field(default_factory=list)
    cut: int = 0

    @property
    def target(self) -> Target:
        """The server as clients know it."""
        return Target(self.server.port, self.name == "bare")

    def was_reloaded_since(self, moment: float) -> bool:
        """Whether a reload has ended since then, or has not ended yet."""
        return bool(self.reloads) and self.reloads[-1][1] >= moment


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Soak servers in everything that clients do.")
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="instead of 10")
    parser.add_argument("--stock", action="store_true", help="uvicorn's own protocol")
    parser.add_argument("--tier", default="native", help="generated, native (the default) or pure")
    parser.add_argument("--only", choices=["covet", "bare"], help="one of the two apps")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what clients do")
    parser.add_argument(
        "--growth", type=float, default=GROWTH, metavar="MIB", help=f"instead of {GROWTH:g}"
    )
    parser.add_argument("--reload", type=float, metavar="SECONDS", help="reload the app that often")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to FILE")
    parser.add_argument("--here", action="store_true", help="prepare no environment")
    options = parser.parse_args()
    if not has_wrk():
        print(HOW_TO_GET_IT, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    if not options.here:
        is_compiled = options.tier == "generated" and not options.stock
        return program.run_in_environment([APP] if is_compiled else [])
    try:
        return _soak(options)
    except (StartError, Unavailable) as reason:
        print(reason, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _leave(number: int, frame: Optional[FrameType]) -> None:
    raise SystemExit(128 + number)


def _soak(options: argparse.Namespace) -> int:
    cores = take_cores()
    names = [options.only] if options.only else ["covet", "bare"]
    with contextlib.ExitStack() as servers:
        soaked = []
        folder = Path(servers.enter_context(tempfile.TemporaryDirectory()))
        for name in names:
            server = servers.enter_context(start(_kind(name, options, folder), cores, {}))
            soaked.append(Soaked(name, server, "/users/ada" if name == "covet" else "/"))
        asyncio.run(_run(soaked, cores, options, folder))
        failures = [line for each in soaked for line in _report(each, options)]
    if options.json is not None:
        document = {each.name: [asdict(sample) for sample in each.samples] for each in soaked}
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print("\n" + ("\n".join(["FAIL", *failures]) if failures else "pass"))
    return 1 if failures else 0


def _kind(name: str, options: argparse.Namespace, folder: Path) -> Kind:
    protocol = "httptools" if options.stock else PROTOCOL
    environment = {} if options.stock else {"COVET_TIER": options.tier, "SOAK_INSTALL": "1"}
    return Kind(
        f"soak {name}",
        "",
        lambda port: [
            *(sys.executable, "-X", "faulthandler"),
            *("-m", "serving_apps.soak_server", name, protocol, str(port)),
            *([str(folder)] if options.reload else []),
        ],
        environment=environment,
    )


# ── Running ────────────────────────────────────────────────────────────────────────────────────


async def _run(
    soaked: list[Soaked], cores: Cores, options: argparse.Namespace, folder: Path
) -> None:
    duration = options.minutes * 60
    until = time.monotonic() + duration
    tasks = [asyncio.create_task(_watch(each, until)) for each in soaked]
    tasks += [asyncio.create_task(_load(each, cores, duration)) for each in soaked]
    if options.reload:
        tasks.append(asyncio.create_task(_reload(soaked, folder, options.reload, until)))
    for each in soaked:
        clients = BARE_CLIENTS if each.target.bare else CLIENTS
        for client, count in clients:
            for number in range(count):
                chance = random.Random(f"{options.seed} {each.name} {client.__name__} {number}")
                tasks.append(asyncio.create_task(_repeat(each, client, chance, until)))
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for each in soaked:
        each.left = await _what_is_left(each)


async def _repeat(each: Soaked, client: Client, chance: random.Random, until: float) -> None:
    """Have a client do its thing again and again."""
    while time.monotonic() < until and each.server.is_running():
        began = time.monotonic()
        try:
            checked = await asyncio.wait_for(client(each.target, chance), PATIENCE)
            each.answers += checked
            each.clients[client.__name__] += 1
        except asyncio.TimeoutError:
            each.wrong.append(f"{client.__name__}: not done after {PATIENCE:g} s")
        except (Wrong, OSError, EOFError, ValueError) as error:
            if isinstance(error, (Cut, OSError, EOFError)) and each.was_reloaded_since(began):
                each.cut += 1
                continue
            each.wrong.append(f"{client.__name__}: {type(error).__name__}: {error}")
            # A server that fails all the time is not to fill the memory here.
            await asyncio.sleep(0.1)


async def _reload(soaked: list[Soaked], folder: Path, period: float, until: float) -> None:
    """Have uvicorn reload the apps every `period` seconds, all at once."""
    watched = folder / "watched.py"
    watched.touch()
    # uvicorn looks at the file for the first time when its process is there.
    await asyncio.sleep(period)
    while time.monotonic() < until - period:
        processes = [(await _state(each))["process"] for each in soaked]
        began = time.monotonic()
        for each in soaked:
            each.reloads.append((began, float("inf")))
        watched.touch()
        for each, before in zip(soaked, processes):
            while each.server.is_running() and await _process(each) in (None, before):
                await asyncio.sleep(0.05)
            each.reloads[-1] = (began, time.monotonic())
        await asyncio.sleep(period)


async def _process(each: Soaked) -> Optional[int]:
    """The process that answers, if one does."""
    with contextlib.suppress(OSError, EOFError, Wrong, asyncio.TimeoutError):
        return (await asyncio.wait_for(_state(each), PATIENCE))["process"]
    return None


async def _load(each: Soaked, cores: Cores, duration: float) -> None:
    """Full load from wrk."""
    process = await asyncio.create_subprocess_exec(
        *("taskset", "-c", str(cores.client)),
        *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, int(duration))}s", "-s", str(SCRIPT)),
        f"http://127.0.0.1:{each.server.port}/",
        env={**os.environ, "SOAK_PATH": each.path},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [line for line in output.splitlines() if line.startswith("FIGURES ")]
    if not lines:
        each.wrong.append(f"wrk failed: {output.strip()}")
        return
    said = json.loads(lines[0].partition(" ")[2])
    each.answers += said.pop("answers")
    # On a busy machine an answer may take more than the two seconds that wrk allows.
    said.pop("timeout")
    if each.reloads:
        # wrk does not say when.
        each.cut += said.pop("read") + said.pop("write") + said.pop("connect")
    each.wrong += [f"wrk: {count} {name}" for name, count in said.items() if count]
    each.wrong += [f"wrk: {line}" for line in output.splitlines() if line.startswith("EXAMPLE ")]


async def _watch(each: Soaked, until: float) -> None:
    """Look at the server from time to time."""
    began = time.monotonic()
    while time.monotonic() < until and each.server.is_running():
        looked = time.monotonic()
        try:
            state = await _state(each)
        except (Cut, OSError, EOFError):
            if not each.was_reloaded_since(looked):
                raise
            continue
        each.samples.append(
            Sample(
                round(time.monotonic() - began, 1),
                round(each.server.resident_bytes() / 2**20, 2),
                each.server.open_files(),
                state["connections"],
                state["tasks"],
                state["spare"],
                state["objects"],
            )
        )
        await asyncio.sleep(PERIOD)


async def _state(each: Soaked) -> dict[str, int]:
    connection = await Connection.open(each.server.port)
    try:
        ask = Ask(head_of("GET", "/state"), 200, None)
        connection.writer.write(ask.raw)
        state: dict[str, int] = json.loads((await connection.check(ask)).body)
        return state
    finally:
        await connection.close()


async def _what_is_left(each: Soaked) -> str:
    """What the server still has when all clients are gone; nothing but the one that asks."""
    if not each.server.is_running():
        return "the server has ended"
    until = time.monotonic() + FORGET
    while True:
        state = await _state(each)
        # The server's own task and, in most servers, that of the request.
        if state["connections"] <= 1 and state["tasks"] <= 2 and state["spare"] <= SPARE:
            return ""
        if time.monotonic() > until:
            return (
                f"{state['connections']} connections, {state['tasks']} tasks "
                f"and {state['spare']} spare ones are left"
            )
        await asyncio.sleep(0.2)


# ── Reporting ──────────────────────────────────────────────────────────────────────────────────


def _report(each: Soaked, options: argparse.Namespace) -> Iterator[str]:
    """Print what was seen. The failures."""
    print(f"\n{each.name}: {each.answers:,} answers checked, apart from wrk by")
    print("  " + ", ".join(f"{name} {count:,}" for name, count in each.clients.most_common()))
    if each.reloads:
        longest = max(end - began for began, end in each.reloads)
        print(
            f"  {len(each.reloads)} reloads of at most {longest:.1f} s, "
            f"in which {each.cut:,} answers were cut off"
        )
    _print_samples(each.samples)
    errors = _log(each.server.said(), STOCK_ERRORS if options.stock else ())
    for number, wrong in enumerate(each.wrong):
        if number < EXAMPLES:
            yield f"  {each.name}: {wrong}"
    if len(each.wrong) > EXAMPLES:
        yield f"  {each.name}: and {len(each.wrong) - EXAMPLES} more"
    yield from (f"  {each.name}: logged {line}" for line in errors)
    if each.left:
        yield f"  {each.name}: {each.left}"
    grown = growth(each.samples, options.minutes * 60)
    if grown is None:
        print("  too short to tell about memory")
        return
    print(f"  memory has grown by {grown:.1f} MiB after warm-up; {options.growth:g} are allowed")
    if grown > options.growth:
        yield f"  {each.name}: memory has grown by {grown:.1f} MiB"


def _print_samples(samples: list[Sample]) -> None:
    columns = ("seconds", "resident_mib", "files", "connections", "tasks", "spare", "objects")
    print("".join(f"{name:>14}" for name in columns))
    # Not all of a long run.
    step = max(1, len(samples) // 20)
    for sample in samples[::step]:
        print("".join(f"{getattr(sample, name):>14,}" for name in columns))


def growth(samples: list[Sample], duration: float) -> Optional[float]:
    """MiB from the first to the last fifth of the samples after the warm-up."""
    warm = [s for s in samples if s.seconds >= min(60.0, duration / 5)]
    fifth = len(warm) // 5
    if not fifth:
        return None
    first, last = warm[:fifth], warm[-fifth:]
    return statistics.median(s.resident_mib for s in last) - statistics.median(
        s.resident_mib for s in first
    )


def _log(text: str, known: tuple[str, ...]) -> list[str]:
    """Print what the server has logged, by kind. The errors that nobody had asked for.

    `known` is what an error may say.
    """
    kinds: collections.Counter[str] = collections.Counter()
    errors: dict[str, str] = {}
    for line in text.splitlines():
        record = _record(line)
        if record is None:
            # Nobody has caught it: an exception in a destructor, or a crash.
            kinds[f"not logged: {line}"] += 1
            errors[line] = line
            continue
        # Numbers and addresses are not what tells kinds of lines apart.
        message = re.sub(r"0x[0-9a-f]+|\d+", "N", record["message"].strip())
        kind = f"{record['level']} {record['logger']}: {message} {record['exception']}".strip()
        kinds[kind] += 1
        traceback = record["traceback"].splitlines()
        if record["level"] not in ("ERROR", "CRITICAL") or record["exception"] in INTENDED:
            continue
        if not any(words in line for words in known for line in (message, *traceback[-1:])):
            errors.setdefault(kind, "\n    ".join([kind, *traceback[-TRACEBACK:]]))
    for kind, count in kinds.most_common(2 * EXAMPLES):
        print(f"  {count:>8,} × {kind[:150]}")
    return list(errors.values())[:EXAMPLES]


def _record(line: str) -> Optional[dict[str, Any]]:
    """A line that `soak_server` has formatted."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


if __name__ == "__main__":
    raise SystemExit(main())
