"""Servers for the tests of serving, in every tier and as uvicorn has it, on every loop."""

from __future__ import annotations

import asyncio
import logging

import pytest
from covet_runtime.server.settings import Settings
from serving_harness import STOCK, TIERS, Gate, LoopThread, Running, protocol


@pytest.fixture(scope="session", params=["asyncio", "uvloop"])
def loop_thread(request):
    if request.param == "uvloop":
        new_loop = pytest.importorskip("uvloop").new_event_loop
    else:
        new_loop = asyncio.new_event_loop
    thread = LoopThread(new_loop)
    yield thread
    thread.close()


@pytest.fixture(params=[*TIERS, STOCK])
def tier(request):
    """Every tier, and uvicorn's own protocol, whose behaviour is the same unless a test says so."""
    return request.param


@pytest.fixture
def serve(loop_thread, tier, logged):
    """Make a server of an app. It is stopped after the test."""
    servers = []

    def serve(app, settings=None, **options):
        protocol_class = protocol(tier, Settings() if settings is None else settings)
        server = Running(loop_thread, protocol_class, app, **options)
        servers.append(server)
        return server

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def gate():
    return Gate()


class Logged(logging.Handler):
    """What a server has logged."""

    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def bad(self):
        """Warnings and errors."""
        return [record for record in self.records if record.levelno >= logging.WARNING]

    def messages(self):
        """What the warnings and errors say."""
        return [record.getMessage() for record in self.bad()]

    @property
    def access(self):
        return [record for record in self.records if record.name == "uvicorn.access"]


@pytest.fixture
def logged():
    handler = Logged()
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    yield handler
    for logger, (level, propagate) in zip(loggers, before):
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
