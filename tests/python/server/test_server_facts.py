"""Settings, and what the connections of a server share."""

import asyncio
import contextlib
import re
from pathlib import Path

import pytest
import uvicorn
from covet_runtime import CovetRuntimeWarning
from covet_runtime.http import Limits
from covet_runtime.http.grammar import REASONS
from covet_runtime.server import answers, settings
from covet_runtime.server.facts import Server
from covet_runtime.server.settings import Settings
from covet_runtime.uvicorn import HttpProtocol
from serving_apps import LAST, echo, ok
from serving_harness import Running
from uvicorn.server import ServerState

ROOT = Path(__file__).resolve().parents[3]


def test_settings_of_an_empty_environment():
    assert Settings.from_environment({}) == Settings() == Settings(Limits(), False)
    assert Settings.from_environment({"COVET_HTTP_BODY": "", "OTHER": "x"}) == Settings()


def test_settings_of_the_environment():
    assert Settings.from_environment(
        {
            "COVET_HTTP_HEAD_SECONDS": "1.5",
            "COVET_HTTP_BODY_SECONDS": "2",
            "COVET_HTTP_BODY_RATE": "1e3",
            "COVET_HTTP_BODY": "0",
            "COVET_HTTP_PIPELINE": "4",
            "COVET_HTTP_DRAIN": "5",
            "COVET_HTTP_HEAD": "16384",
            "COVET_HTTP_FIELDS": "7",
            "COVET_HTTP_ACCESS_LOG_DURATION": "1",
        }
    ) == Settings(
        Limits(
            head_seconds=1.5,
            body_seconds=2,
            body_rate=1000,
            body=0,
            pipeline=4,
            drain=5,
            head=16384,
            fields=7,
        ),
        access_log_duration=True,
    )


def test_the_settings_are_documented():
    """The variables of docs/serving.md, which has all of them, mean its defaults."""
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"(?m)^\| `(COVET_HTTP_\w+)` \| ([^|]+) \|", text))
    assert set(rows) == {*settings._VARIABLES, settings.ACCESS_LOG_DURATION}
    given = {name: value for name, value in rows.items() if value != "no limit"}
    assert set(rows) - set(given) == {"COVET_HTTP_BODY"}
    assert Settings.from_environment(given) == Settings()


def test_a_short_head_has_a_short_request_line():
    limits = Settings.from_environment({"COVET_HTTP_HEAD": "1000"}).limits
    assert (limits.head, limits.request_line) == (1000, 1000)


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("HEAD_SECONDS", "0", "a positive number of seconds"),
        ("HEAD_SECONDS", "soon", "a positive number of seconds"),
        ("BODY_SECONDS", "inf", "a positive number of seconds"),
        ("BODY_RATE", "nan", "a positive number of bytes in a second"),
        ("BODY", "-1", "a whole number of bytes from 0 to 9223372036854775807"),
        ("BODY", "1_000", "a whole number of bytes from 0 to 9223372036854775807"),
        ("BODY", "9" * 5000, "a whole number of bytes from 0 to 9223372036854775807"),
        ("HEAD", "16777217", "a whole number of bytes from 1 to 16777216"),
        ("FIELDS", "²", "a whole number of fields from 1 to 1000"),
        ("FIELDS", "0", "a whole number of fields from 1 to 1000"),
        ("ACCESS_LOG_DURATION", "yes", "0 or 1"),
    ],
)
def test_bad_values(name, value, right):
    expected = re.escape(f"COVET_HTTP_{name}={value!r} is not {right}")
    with pytest.raises(ValueError, match=f"^{expected}$"):
        Settings.from_environment({f"COVET_HTTP_{name}": value})


def test_unknown_variables():
    with pytest.warns(CovetRuntimeWarning) as warnings:
        assert Settings.from_environment({"COVET_HTTP_BODY_SECOND": "1"}) == Settings()
    (warning,) = warnings
    assert str(warning.message) == (
        "the environment variable COVET_HTTP_BODY_SECOND is not known; "
        "did you mean COVET_HTTP_BODY_SECONDS?"
    )


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    with contextlib.closing(loop):
        yield loop


def config_of(**options):
    return uvicorn.Config(echo, ws="none", log_config=None, **options)


def test_a_server_is_made_once(loop):
    config, state, app_state = config_of(), ServerState(), {}
    server = Server.of(HttpProtocol, config, state, app_state, loop)
    assert Server.of(HttpProtocol, config, state, app_state, loop) is server
    assert Server.of(HttpProtocol, config_of(), state, app_state, loop) is not server
    assert Server.of(HttpProtocol, config, ServerState(), app_state, loop) is not server

    class Strict(HttpProtocol):
        settings = Settings(Limits(body=1))

    strict = Server.of(Strict, config, state, app_state, loop)
    assert strict.limits.body == 1
    assert Server.of(HttpProtocol, config, state, app_state, loop) is server


def test_the_facts(loop):
    config, state, app_state = config_of(timeout_keep_alive=7, root_path="/é"), ServerState(), {}
    server = Server.of(HttpProtocol, config, state, app_state, loop)
    assert server.app is config.loaded_app
    assert server.limits == Limits(keep_alive_seconds=7)
    assert server.root_path == "/é"
    assert server.tasks is state.tasks
    assert server.connections is state.connections
    assert server.app_state is app_state
    assert server.ws_protocol_class is None
    assert server.reset_contextvars is False


def test_uvicorn_takes_the_class(loop_thread):
    """By its name, as on the command line."""
    server = Running(loop_thread, "covet_runtime.uvicorn:HttpProtocol", echo)
    try:
        assert server.config.http_protocol_class is HttpProtocol
        assert not hasattr(HttpProtocol, "alpn_protocols")
        assert server.answer(LAST) == ok(b"", b"connection: close")
    finally:
        server.stop()


def test_every_refusal_has_an_answer(loop):
    state = ServerState()
    state.default_headers = [(b"Date", b"x"), (b"server", b"uvicorn")]
    server = Server.of(HttpProtocol, config_of(), state, {}, loop)
    for reason in REASONS.values():
        head, _, content = answers.refusal(server, reason.status, False).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % reason.status)
        assert b"\r\ndate: x\r\nserver: uvicorn\r\ncontent-type: text/plain" in head
        assert b"\r\ncontent-length: %d\r\nconnection: close" % len(content) in head
        assert answers.refusal(server, reason.status, True) == head + b"\r\n\r\n"


def test_default_headers_are_made_once_for_each_list(loop):
    state = ServerState()
    state.default_headers = [(b"Date", b"x")]
    server = Server.of(HttpProtocol, config_of(), state, {}, loop)
    block = answers.default_headers_block(server)
    assert block == b"date: x\r\n"
    assert answers.default_headers_block(server) is block
    state.default_headers = [(b"Date", b"y")]
    assert answers.default_headers_block(server) == b"date: y\r\n"
