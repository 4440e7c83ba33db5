"""Real clients at our server in real processes: workers, TLS, reloading, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Optional

import covet_runtime
import pytest

pytest.importorskip("uvicorn", reason="uvicorn serves these tests")

if importlib.util.find_spec("covet_runtime.uvicorn") is None:
    pytest.skip("covet_runtime has no server here", allow_module_level=True)

from uvicorn_process import PATIENCE, Certificate, Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks of POSIX")

REQUESTS = 200  # of each client that sends many

SERVED = """
import asyncio
import hashlib
import os

import covet_runtime
from covet import Covet

app = Covet()


@app.get("/")
async def index(request):
    return {"message": "Hello, World!"}


@app.get("/users/{id}")
def user(request, id):
    return {"id": id}


@app.get("/pid")
def pid(request):
    return {"pid": os.getpid()}


@app.post("/echo")
async def echo(request):
    return {"read": await request.json()}


@app.get("/large")
def large(request):
    return "x" * 3_000_000


@app.get("/slow")
async def slow(request):
    print("slow has begun", flush=True)
    await asyncio.sleep(0.7)
    return "done"


covet_runtime.install(app, require=os.environ["COVET_TIER"])
"""


class Kind(NamedTuple):
    """How a server is run."""

    tier: str
    loop: str
    workers: int
    tls: bool

    def __str__(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{self.tier}-{self.loop}-{self.workers}-{scheme}"


KINDS = [
    Kind(*kind)
    for kind in product(("pure", "native"), ("asyncio", "uvloop"), (1, 2), (False, True))
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Made for this run, with whatever can make one."""
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    if importlib.util.find_spec("trustme") is not None:
        import trustme

        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        chain = issued.cert_chain_pems[0].bytes() + authority.cert_pem.bytes()
        made.certificate.write_bytes(chain)
        made.key.write_bytes(issued.private_key_pem.bytes())
        return made
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("neither trustme nor openssl is there to make a certificate")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return made


def folder_of(path: Path) -> Path:
    (path / "served.py").write_text(SERVED, encoding="utf-8")
    return path


def needs(kind: Kind) -> None:
    if kind.tier == "native" and not covet_runtime.has_rust():
        pytest.skip("the native extension of covet_runtime is not built in this environment")
    if kind.loop == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")


@pytest.fixture(scope="module", params=KINDS, ids=str)
def server(
    request: pytest.FixtureRequest,
    certificate: Certificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    kind: Kind = request.param
    needs(kind)
    options = ["--loop", kind.loop, "--workers", str(kind.workers), "--no-access-log"]
    shown = certificate if kind.tls else None
    folder = folder_of(tmp_path_factory.mktemp("server"))
    with running(folder, "served:app", options, tier=kind.tier, certificate=shown) as started:
        yield started
        assert "Traceback" not in started.printed()
        assert "WARNING" not in started.printed()


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str, send: Optional[bytes] = None) -> bytes:
    done = subprocess.run(command, input=send, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


# ── Clients ────────────────────────────────────────────────────────────────────────────────────


def test_curl(server: Running, certificate: Certificate) -> None:
    curl = [program("curl"), "-sS", "--http1.1", "--cacert", str(certificate.certificate)]
    url = server.url
    assert run(*curl, f"{url}/") == b'{"message":"Hello, World!"}'
    # One connection for all of them.
    count = "%{num_connects} "
    users = run(*curl, "-w", count, *(f"{url}/users/{number}" for number in range(3)))
    assert users == b'{"id":0}1 {"id":1}0 {"id":2}0 '
    assert run(*curl, "-I", f"{url}/users/1").startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert run(*curl, "--http1.0", f"{url}/users/1") == b'{"id":1}'
    document = json.dumps(["x" * 200_000]).encode()
    echoed = b'{"read":' + document + b"}"
    for headers in ([], ["-H", "Expect: 100-continue"], ["-H", "Transfer-Encoding: chunked"]):
        assert run(*curl, *headers, "--data-binary", "@-", f"{url}/echo", send=document) == echoed
    assert len(run(*curl, f"{url}/large")) == 3_000_000


def test_httpx(server: Running, certificate: Certificate) -> None:
    httpx = pytest.importorskip("httpx", reason="httpx is not installed")
    verify = ssl.create_default_context(cafile=str(certificate.certificate))
    with httpx.Client(base_url=server.url, verify=verify, timeout=PATIENCE) as client:
        for number in range(REQUESTS):
            assert client.get(f"/users/{number}").json() == {"id": number}
        assert client.post("/echo", json={"a": ["ß", None]}).json() == {"read": {"a": ["ß", None]}}
        assert client.post("/echo", content=iter([b"[1,", b"2]"])).json() == {"read": [1, 2]}
        assert client.head("/nowhere").status_code == 404
        assert client.get("/nowhere").json() == {"error": "Not Found", "path": "/nowhere"}
        with client.stream("GET", "/large") as response:
            assert sum(map(len, response.iter_bytes())) == 3_000_000


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of aiohttp with TLS, when it closes
def test_aiohttp(server: Running, certificate: Certificate) -> None:
    aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    context = ssl.create_default_context(cafile=str(certificate.certificate))

    async def session() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as client:

            async def get(path: str) -> Any:
                async with client.get(server.url + path) as response:
                    return await response.json()

            users = await asyncio.gather(*(get(f"/users/{number}") for number in range(REQUESTS)))
            assert users == [{"id": number} for number in range(REQUESTS)]
            async with client.post(f"{server.url}/echo", json=[1]) as response:
                assert await response.json() == {"read": [1]}
            async with client.get(f"{server.url}/large") as response:
                assert len(await response.read()) == 3_000_000

    asyncio.run(asyncio.wait_for(session(), PATIENCE))


def test_wrk(server: Running) -> None:
    printed = run(program("wrk"), "-t1", "-c8", "-d1s", f"{server.url}/users/1").decode()
    answered = re.search(r"(\d+) requests in", printed)
    assert answered is not None
    assert int(answered[1]) > 0
    assert "Socket errors" not in printed
    assert "Non-2xx" not in printed


def test_h2load(server: Running) -> None:
    command = [program("h2load"), "--h1", "-n", str(REQUESTS), "-c", "4", "-m", "4"]
    printed = run(*command, f"{server.url}/users/1").decode()
    assert f"{REQUESTS} succeeded, 0 failed, 0 errored" in printed


# ── Processes ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    needs(Kind("pure", request.param, 1, False))
    return str(request.param)


def ask(server: Running, path: str) -> bytes:
    """The whole of a connection with one request."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(65_536), b""))


def wait_for(condition: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_running_request_is_finished_when_the_server_is_told_to_end(
    loop: str, workers: int, tmp_path: Path
) -> None:
    options = ["--loop", loop, "--workers", str(workers)]
    with (
        running(folder_of(tmp_path), "served:app", options) as server,
        contextlib.ExitStack() as opened,
    ):
        address = ("127.0.0.1", server.port)
        client = opened.enter_context(socket.create_connection(address, PATIENCE))
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        idle = opened.enter_context(socket.create_connection(address, PATIENCE))
        wait_for(lambda: "slow has begun" in server.printed(), "the handler did not begin")
        server.process.send_signal(signal.SIGTERM)
        # Who says nothing is let go at once; the other one gets its answer, and then the end.
        assert idle.recv(1) == b""
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\ndone")
        server.process.wait(PATIENCE)
        assert "Traceback" not in server.printed()


def test_a_changed_app_is_loaded_again(loop: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    options = ["--loop", loop, "--reload", "--reload-dir", str(folder)]
    with running(folder, "served:app", options) as server:
        assert ask(server, "/").endswith(b'{"message":"Hello, World!"}')
        # A reloader that compares times needs a later one.
        time.sleep(1.1)
        changed = SERVED.replace("Hello, World!", "Hello again!")
        (folder / "served.py").write_text(changed, encoding="utf-8")

        def again() -> bool:
            with contextlib.suppress(OSError):
                return ask(server, "/").endswith(b'{"message":"Hello again!"}')
            return False

        wait_for(again, "the server was not started again")


def test_both_workers_answer(loop: str, tmp_path: Path) -> None:
    options = ["--loop", loop, "--workers", "2"]
    with running(folder_of(tmp_path), "served:app", options) as server:
        seen: set[bytes] = set()

        def two() -> bool:
            seen.add(ask(server, "/pid").rpartition(b"\r\n")[2])
            return len(seen) == 2

        wait_for(two, f"only {seen} answered")
