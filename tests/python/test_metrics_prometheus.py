"""What Prometheus is told, by one process and by several."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import covet_runtime
import pytest
import uvicorn_process
from covet_runtime import metrics, traffic

prometheus_client = pytest.importorskip("prometheus_client")

from covet_runtime import prometheus, samples  # noqa: E402  # when there is a client

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "metrics" / "app.py"
TIERS = ["pure", *(["native"] if covet_runtime.has_rust() else [])]

LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")


def parsed(text):
    """The samples of a text: ``{(name, labels): value}``."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = LINE.fullmatch(line).groups()
            found[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels or ""))] = float(value)
    return found


def key(name, **labels):
    return name, frozenset(labels.items())


@pytest.fixture(autouse=True)
def _from_zero():
    metrics.reset_metrics()
    yield
    metrics.reset_metrics()


def count(route, method, status, seconds):
    traffic.begin()
    traffic.end(traffic.Label(route, method), status, seconds, broken_off=status == 0)


def test_one_process():
    registry = prometheus_client.CollectorRegistry()
    prometheus.register(registry)
    count("/a/{b}", "GET", 200, 0.0002)
    count("/a/{b}", "GET", 404, 0.3)
    count("<none>", "other", traffic.NO_STATUS, 100.0)
    metrics.count_rejection("host")
    found = parsed(prometheus.scrape(registry).decode())
    name = "covet_http_requests_total"
    assert found[key(name, route="/a/{b}", method="GET", status="200")] == 1
    assert found[key(name, route="/a/{b}", method="GET", status="404")] == 1
    assert found[key(name, route="<none>", method="other", status="none")] == 1
    assert found[key("covet_http_rejections_total", code="host")] == 1
    assert found[key("covet_http_broken_off_total")] == 1
    assert found[key("covet_http_answered_total", by="asgi")] == 3
    name = "covet_http_request_duration_seconds"
    labels = {"route": "/a/{b}", "method": "GET"}
    buckets = {
        bound: found[key(f"{name}_bucket", le=bound, **labels)]
        for bound in ("0.0001", "0.00025", "0.25", "0.5", "10.0", "+Inf")
    }
    assert list(buckets.values()) == [0, 1, 1, 2, 2, 2]
    assert found[key(f"{name}_count", **labels)] == 2
    assert found[key(f"{name}_sum", **labels)] == pytest.approx(0.3002)
    labels["route"], labels["method"] = "<none>", "other"
    assert found[key(f"{name}_bucket", le="10.0", **labels)] == 0
    assert found[key(f"{name}_bucket", le="+Inf", **labels)] == 1


def test_mismatches_and_the_tier(monkeypatch):
    counted = covet_runtime.get_metrics()
    counted["json_unlike"] = {"GET /": {"User.id": 7}}
    counted["tier"] = "generated"
    monkeypatch.setattr(samples, "get_metrics", lambda: counted)
    registry = prometheus_client.CollectorRegistry()
    prometheus.register(registry)
    found = parsed(prometheus.scrape(registry).decode())
    assert found[key("covet_json_mismatches_total", route="GET /", place="User.id")] == 7
    version = covet_runtime.__version__
    assert found[key("covet_tier_info", tier="generated", version=version)] == 1


def test_every_metric_has_its_name_once():
    registry = prometheus_client.CollectorRegistry()
    prometheus.register(registry)
    with pytest.raises(ValueError, match="covet_http_requests"):
        prometheus.register(registry)
    names = [metric.name for metric in samples.METRICS]
    assert len(set(names)) == len(names)
    assert sorted(family.name for family in registry.collect()) == sorted(names)


def test_without_the_client():
    code = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "try:\n    import covet_runtime.prometheus\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "covet_runtime.prometheus needs prometheus_client: "
        "pip install 'covet-runtime[prometheus]'\n"
    )


# Several processes.


def get(url):
    # Each time on a new connection, for which the kernel chooses a process.
    with urllib.request.urlopen(url) as response:
        return response.read().decode()


def workers(server):
    """The worker processes that a server has said to have started."""
    return {int(each) for each in re.findall(r"Started server process \[(\d+)\]", server.printed())}


def wait_for(what):
    deadline = time.monotonic() + uvicorn_process.PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


@pytest.mark.skipif(os.name != "posix", reason="uvicorn's workers need fork or signals")
@pytest.mark.parametrize("tier", TIERS)
def test_several_processes(tmp_path, tier, monkeypatch):
    files = tmp_path / "metrics"
    files.mkdir()
    (tmp_path / "app.py").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(files))
    options = ["--workers", "2", "--no-access-log"]
    labels = {"route": "/hello/{name}", "method": "GET"}
    requests = key("covet_http_requests_total", status="200", **labels)
    durations = key("covet_http_request_duration_seconds_count", **labels)
    beyond = key("covet_http_request_duration_seconds_bucket", le="+Inf", **labels)
    tiers = key("covet_tier_info", tier=tier, version=covet_runtime.__version__)
    with uvicorn_process.running(tmp_path, "app:app", options, tier=tier) as server:
        scrape = lambda: parsed(get(f"{server.url}/metrics"))  # noqa: E731
        wait_for(lambda: len(workers(server)) == 2)
        made = 0

        def both_have_answered():
            nonlocal made
            made += 10
            for _ in range(10):
                get(f"{server.url}/hello/x")
            written = [path.read_bytes() for path in files.glob("counter_*.db")]
            return sum(b"/hello/{name}" in each for each in written) == 2

        wait_for(both_have_answered)
        # What the other process has not yet written, it writes within a second.
        found = wait_for(lambda: (it := scrape()).get(requests) == made and it)
        assert found[durations] == found[beyond] == made
        assert found[tiers] == 2
        assert found[key("covet_http_in_flight")] >= 1

        # One is killed. What it has counted stays, what was open in it does not.
        victim = min(workers(server))
        connections = sorted(path.name for path in files.glob("gauge_live*"))
        assert f"gauge_livesum_{victim}.db" in connections
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: len(workers(server)) == 3)
        found = wait_for(lambda: (it := scrape()).get(tiers) == 2 and it)
        assert found[requests] == made
        assert not (files / f"gauge_livesum_{victim}.db").exists()

        # The one that replaces it counts on.
        for _ in range(20):
            get(f"{server.url}/hello/x")
        wait_for(lambda: scrape()[requests] == made + 20)


def test_a_mirror_writes_what_was_added(tmp_path, monkeypatch):
    """The mirror in a process of its own: the client decides at its import what values are."""
    code = """
import os, sys
from covet_runtime import metrics, prometheus, traffic
import prometheus_client

def count(seconds):
    traffic.begin()
    traffic.end(traffic.Label("/", "GET"), 200, seconds, False)

def show():
    for line in prometheus.scrape().decode().splitlines():
        if line.startswith(("covet_http_requests_total", "covet_http_request_duration_seconds_c")):
            print(line.rpartition(" ")[2])

registry = prometheus_client.CollectorRegistry()
prometheus.register(registry)
prometheus.register(prometheus_client.CollectorRegistry())
assert list(registry.collect()) == []
count(1)
show()
count(2)
show()
metrics.reset_metrics()
count(3)
show()
if hasattr(os, "fork"):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        count(4)
        show()
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    show()
"""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COVET_TIER": "pure"},
    )
    expected = ["1.0", "2.0", "3.0"] + (["4.0", "4.0"] if hasattr(os, "fork") else [])
    assert done.stdout.split() == [number for number in expected for _ in range(2)]
    # The process has said that it ended.
    assert not list(tmp_path.glob("gauge_live*"))
