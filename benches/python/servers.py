"""Who serves: the contenders of the serving benchmark and how each is started."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import workloads
from contenders import Unavailable
from environment import TARGET, Environment
from running import Cores, Running, StartError, free_port
from workloads import BARE, HELLO_JSON, OF_FRAMEWORKS, Workload

FOLDER = TARGET / "benches" / "serving"

STOCK = "CovetPy, uvicorn"
STOCK_DEFAULTS = "CovetPy, uvicorn, defaults"
GENERATED = "ours, generated"
NATIVE = "ours, native"
PURE = "ours, pure"
RSGI = "bare RSGI, granian"
NGINX = "nginx"
FLOOR = "uvloop, a constant"
STOCK_BARE = "bare ASGI, uvicorn"
OURS_BARE = "bare ASGI, ours"

TIERS = (GENERATED, NATIVE, PURE)
PROTOCOL = "covet_runtime.uvicorn:HttpProtocol"

# Peers with requirements that contradict those of others have an environment of their own.
BESIDE = ("robyn",)


# What starts a server on a port of the loopback interface.
Command = Callable[[int], "list[str]"]


@dataclass(frozen=True)
class Kind:
    """A contender before it runs."""

    name: str
    # For the legend.
    what: str
    command: Command
    workloads: tuple[Workload, ...] = OF_FRAMEWORKS
    environment: Mapping[str, str] = field(default_factory=dict)
    # The requirement that it cannot do without.
    package: str = ""
    # The contender whose answers these are byte for byte, but for the date.
    like: str = ""
    discard_output: bool = False


def start(kind: Kind, cores: Cores, missing: Mapping[str, str]) -> Running:
    """Start a contender and wait until it listens. Raises `Unavailable`."""
    if kind.package in missing:
        raise Unavailable(missing[kind.package])
    FOLDER.mkdir(parents=True, exist_ok=True)
    port = free_port()
    log = FOLDER / (kind.name.replace(",", "").replace(" ", "-") + ".log")
    command = kind.command(port)
    running = Running(command, port, cores.server, log, kind.environment, kind.discard_output)
    try:
        running.wait_until_listening()
    except BaseException as error:
        running.end()
        if isinstance(error, StartError):
            raise Unavailable(str(error)) from error
        raise
    return running


# Without the access log and without looking for proxies, whom nobody asks for here.
QUIET = ("--log-level", "warning", "--no-access-log", "--no-proxy-headers")


def uvicorn(app: str, http: str = "httptools", options: tuple[str, ...] = QUIET) -> Command:
    """One worker of uvicorn on uvloop."""
    return lambda port: [
        *(sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port)),
        *("--loop", "uvloop", "--http", http, *options),
    ]


def _granian(app: str, interface: str) -> Command:
    return lambda port: [
        *(sys.executable, "-m", "granian", app, "--interface", interface),
        *("--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--workers", "1"),
        *("--log-level", "warning"),
    ]


def _module(name: str, environment: str = "", options: tuple[str, ...] = ()) -> Command:
    def command(port: int) -> list[str]:
        python = sys.executable
        if environment and Environment().python_beside(environment).exists():
            python = str(Environment().python_beside(environment))
        return [python, "-m", name, str(port), *options]

    return command


_NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  # The usual thousand would have connections closed under load.
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  server {{
    listen 127.0.0.1:{port};
    default_type application/json;
    location / {{ return 200 '{answer}'; }}
  }}
}}
"""


def _nginx(port: int) -> list[str]:
    # Debian keeps it where only root's PATH looks.
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        raise Unavailable("not on PATH; on Debian and Ubuntu `apt-get install nginx-light`")
    configuration = FOLDER / "nginx.conf"
    answer = workloads.to_json(workloads.HELLO)
    text = _NGINX.format(folder=FOLDER, port=port, answer=answer)
    configuration.write_text(text, encoding="utf-8")
    return [program, "-p", str(FOLDER), "-e", "stderr", "-c", str(configuration)]


_OURS = uvicorn("serving_apps.installed:app", PROTOCOL)

KINDS = (
    Kind(
        STOCK, "httptools and uvloop, no access log, no proxy headers", uvicorn("app_serving:app")
    ),
    Kind(
        STOCK_DEFAULTS,
        "as uvicorn starts by default: access log (to /dev/null), proxy headers",
        uvicorn("app_serving:app", options=()),
        like=STOCK,
        discard_output=True,
    ),
    *(
        Kind(
            name,
            f"the app installed and uvicorn with our protocol, COVET_TIER={name.split()[-1]}",
            _OURS,
            environment={"COVET_TIER": name.split()[-1]},
            like=STOCK,
        )
        for name in TIERS
    ),
    Kind("CovetPy, granian", "ASGI, one worker", _granian("app_serving:app", "asgi")),
    Kind(
        RSGI,
        "granian's own interface, one call with a constant",
        _granian("serving_apps.bare:rsgi", "rsgi"),
        (HELLO_JSON,),
        package="granian",
    ),
    Kind(
        "Falcon, uvicorn",
        "ASGI, uvicorn as for CovetPy",
        uvicorn("serving_apps.on_falcon:app"),
        package="falcon",
    ),
    Kind(
        "BlackSheep, uvicorn",
        "uvicorn as for CovetPy",
        uvicorn("serving_apps.on_blacksheep:app"),
        package="blacksheep",
    ),
    Kind(
        "FastAPI, uvicorn",
        "uvicorn as for CovetPy, no models",
        uvicorn("serving_apps.on_fastapi:app"),
        package="fastapi",
    ),
    Kind(
        "Robyn",
        "one process, one worker",
        _module("serving_apps.on_robyn", "robyn", ("--disable-openapi", "--log-level", "ERROR")),
        package="robyn",
    ),
    Kind(
        "socketify",
        "plain functions as handlers where nothing is awaited",
        _module("serving_apps.on_socketify"),
        package="socketify",
    ),
    Kind(NGINX, "return 200 with a constant, one worker", _nginx, (HELLO_JSON,)),
    Kind(
        FLOOR,
        "a constant for whatever is received, unread: the floor of servers on uvloop",
        _module("serving_apps.floor"),
        (HELLO_JSON,),
        like=STOCK,
    ),
    Kind(
        STOCK_BARE,
        "two sends of constants, uvicorn as for CovetPy",
        uvicorn("serving_apps.bare:asgi"),
        (BARE,),
    ),
    Kind(
        OURS_BARE,
        "the same app, uvicorn with our protocol in its best tier",
        uvicorn("serving_apps.bare:asgi", PROTOCOL),
        (BARE,),
        like=STOCK_BARE,
    ),
    Kind(
        "bare ASGI, granian",
        "the same app",
        _granian("serving_apps.bare:asgi", "asgi"),
        (BARE,),
        package="granian",
    ),
)
