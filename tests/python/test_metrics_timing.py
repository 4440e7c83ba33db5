"""How often and how long is parsed and matched."""

from __future__ import annotations

import os
import subprocess
import sys

import covet_runtime
import pytest
from covet_runtime import CovetRuntimeWarning, metrics, timing

TIERS = ["pure", *(["native"] if covet_runtime.has_rust() else [])]

CODE = """
import json, warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from covet import Covet
import covet_runtime

engine = covet_runtime.RouteEngine()
engine.add_route("/a/{b}", ["GET"], 1)
table = covet_runtime.RouteTable([("/", "GET")])
engine.match_route("/a/b", "GET")
engine.match_route("/nowhere", "GET")
table.match_route("/", "GET")
table.match_id("/", "GET")
app = Covet()
app.router.add_route("/c", lambda request: None, ["GET"])
covet_runtime.install(app)
app.router.match_route("/c", "GET")
covet_runtime.http_parse_request(b"GET / HTTP/1.1\\r\\n\\r\\n")
try:
    covet_runtime.http_parse_request(b"?")
except ValueError:
    pass
reader = covet_runtime.RequestReader()
reader.feed(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n", 0.0)
reader.next_event()
print(json.dumps(covet_runtime.get_metrics()))
"""


def run(tier, **environment):
    import json

    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{CODE}"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COVET_TIER": tier, **environment},
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_is_timed_unless_it_is_asked_for(tier):
    found = run(tier, COVET_METRICS="")
    assert (found["http_parse_count"], found["route_match_count"]) == (2, 5)
    assert (found["http_parse_avg_ns"], found["route_match_avg_ns"]) == (0, 0)


@pytest.mark.parametrize("tier", TIERS)
def test_times(tier):
    found = run(tier, COVET_METRICS="timing")
    assert (found["http_parse_count"], found["route_match_count"]) == (2, 5)
    assert 0 < found["http_parse_avg_ns"] < 1e8
    assert 0 < found["route_match_avg_ns"] < 1e8


def test_a_value_that_is_not_known(monkeypatch):
    monkeypatch.setenv(timing.VARIABLE, "time")
    with pytest.warns(CovetRuntimeWarning, match="COVET_METRICS='time' is not 'timing'"):
        assert not timing.wanted()


def test_averages(monkeypatch):
    monkeypatch.setattr(timing.MATCHES, "count", 4)
    monkeypatch.setattr(timing.MATCHES, "nanoseconds", 10)
    assert covet_runtime.get_metrics()["route_match_avg_ns"] == 2.5
    metrics.reset_metrics()
    assert covet_runtime.get_metrics()["route_match_count"] == 0
