"""uvicorn for the soak test: ``python -m serving_apps.soak_server APP PROTOCOL PORT [FOLDER]``.

Warnings and errors of all loggers are written as lines of JSON, so that whatever else is on the
standard error is something that nobody has caught. With a folder, uvicorn reloads the app whenever
a Python file changes in it.
"""

import functools
import json
import logging
import socket
import sys
from typing import Optional

import uvicorn
from uvicorn.supervisors.statreload import StatReload

# Seconds that requests may go on for when the server is told to end.
GRACE = 5


class Lines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        return json.dumps(
            {
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
                "exception": kind.__name__ if kind else "",
                "traceback": self.formatException(record.exc_info) if record.exc_info else "",
            }
        )


def main() -> None:
    """The command."""
    app, protocol, port, *watched = sys.argv[1:]
    config = make_config(app, protocol, int(port), watched)
    run = functools.partial(serve, app, protocol, int(port))
    if watched:
        log_as_json()
        StatReload(config, target=run, sockets=[config.bind_socket()]).run()
    else:
        run()


def make_config(app: str, protocol: str, port: int, watched: list[str]) -> uvicorn.Config:
    """How uvicorn serves; it reloads when something changes in the folders of `watched`."""
    return uvicorn.Config(
        f"serving_apps.soaked:{app}",
        host="127.0.0.1",
        port=port,
        http=protocol,
        loop="uvloop",
        lifespan="off",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        reload=bool(watched),
        reload_dirs=watched or None,
        timeout_graceful_shutdown=GRACE,
    )


def serve(
    app: str, protocol: str, port: int, sockets: Optional[list[socket.socket]] = None
) -> None:
    """Serve until told to end, on sockets that are there already or on `port`."""
    log_as_json()
    # Only now, since imports may warn.
    from serving_apps import soaked

    server = uvicorn.Server(make_config(app, protocol, port, []))
    soaked.server_state = server.server_state
    server.run(sockets=sockets)


def log_as_json() -> None:
    """Have all loggers write lines of JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)


if __name__ == "__main__":
    main()
