"""uvicorn for the soak test: ``python -m serving_apps.soak_server APP PROTOCOL PORT``.

Warnings and errors of all loggers are written as lines of JSON, so that whatever else is on the
standard error is something that nobody has caught.
"""

import json
import logging
import sys

import uvicorn


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
    app, protocol, port = sys.argv[1:]
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    # Only now, since imports may warn.
    from serving_apps import soaked

    config = uvicorn.Config(
        f"serving_apps.soaked:{app}",
        host="127.0.0.1",
        port=int(port),
        http=protocol,
        loop="uvloop",
        lifespan="off",
        proxy_headers=False,
        access_log=False,
        log_config=None,
    )
    server = uvicorn.Server(config)
    soaked.server_state = server.server_state
    server.run()


if __name__ == "__main__":
    main()
