"""What `get_metrics` tells, for Prometheus. Needs prometheus_client: ``covet-runtime[prometheus]``.

    from covet_runtime import prometheus

    prometheus.register()

From then on the metrics are in the registry, and in whatever shows it. `scrape` is the text of all
metrics, for a route of the app's own.

With several worker processes, prometheus_client's own mechanism adds them up: where
``PROMETHEUS_MULTIPROC_DIR`` is set, each process writes its numbers into a file there, and whoever
is asked reads all files. Counting goes on in memory as before; what was counted since is put into
the file once a second, before each scrape of the same process, and at its end.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Optional

try:
    import prometheus_client
    from prometheus_client import multiprocess, values
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )
    from prometheus_client.utils import floatToGoString
except ImportError as error:
    raise ImportError(
        "covet_runtime.prometheus needs prometheus_client: pip install 'covet-runtime[prometheus]'"
    ) from error

from . import samples
from .samples import COUNTER, GAUGE, HISTOGRAM, Metric

CONTENT_TYPE: str = prometheus_client.CONTENT_TYPE_LATEST

_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_INTERVAL = 1.0  # seconds between two writings into the file

_lock = threading.Lock()
_mirror: Optional[_Mirror] = None


def register(registry: Any = prometheus_client.REGISTRY) -> Collector:
    """Have the metrics collected with those of `registry`. Returns what does it."""
    collector = Collector()
    registry.register(collector)
    return collector


def scrape(registry: Any = prometheus_client.REGISTRY) -> bytes:
    """All metrics of `registry` in the text format of Prometheus, whose type is `CONTENT_TYPE`.

    With several processes these are the metrics of all of them, from their files.
    """
    if _directory() is not None:
        _flush()
        _forget_the_dead()
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    text: bytes = prometheus_client.generate_latest(registry)
    return text


class Collector:
    """A collector of prometheus_client.

    With several processes it collects nothing: the metrics are in the files that the
    `MultiProcessCollector` reads, which may be in the same registry. They are brought up to date.
    """

    def __init__(self) -> None:
        if _directory() is not None:
            _start_mirror()

    def describe(self) -> Iterable[Any]:
        """The metrics without numbers, so that a second one of a name is found at once."""
        return [] if _directory() is not None else [_family(each) for each in samples.METRICS]

    def collect(self) -> Iterator[Any]:
        if _directory() is not None:
            _start_mirror()
            _flush()
            _forget_the_dead()
            return
        families = {metric.name: _family(metric) for metric in samples.METRICS}
        for metric, labels, value in samples.current():
            if metric.kind == HISTOGRAM:
                families[metric.name].add_metric(labels, _cumulated(value), value.seconds)
            else:
                families[metric.name].add_metric(labels, value)
        yield from families.values()


def _family(metric: Metric) -> Any:
    kinds = {
        COUNTER: CounterMetricFamily,
        GAUGE: GaugeMetricFamily,
        HISTOGRAM: HistogramMetricFamily,
    }
    return kinds[metric.kind](metric.name, metric.help, labels=metric.labels)


def _cumulated(value: samples.Durations) -> list[tuple[str, int]]:
    sums: list[tuple[str, int]] = []
    total = 0
    for bound, number in zip(samples.BOUNDS, value.buckets):
        total += number
        sums.append((floatToGoString(bound), total))
    return sums


# Several processes.


def _directory() -> Optional[str]:
    return os.environ.get(_DIRECTORY)


class _Mirror:
    """The file of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._written: dict[tuple[str, tuple[str, ...]], float] = {}
        self._gauges: dict[tuple[str, tuple[str, ...]], Any] = {}

    def flush(self) -> None:
        """Write what is not in the file yet."""
        with self._lock:
            gone = set(self._gauges)
            for metric, labels, value in samples.current():
                if metric.kind == HISTOGRAM:
                    bounded = zip(samples.BOUNDS, value.buckets)
                    for bound, number in bounded:
                        self._add(metric, "_bucket", labels, number, bound)
                    self._add(metric, "_sum", labels, value.seconds)
                elif metric.kind == COUNTER:
                    self._add(metric, "_total", labels, value)
                else:
                    gauge = self._value(metric, "", labels, None)
                    gauge.set(value)
                    self._gauges[metric.name, labels] = gauge
                    gone.discard((metric.name, labels))
            for key in gone:
                self._gauges[key].set(0)

    def _add(
        self,
        metric: Metric,
        suffix: str,
        labels: tuple[str, ...],
        number: float,
        bound: Optional[float] = None,
    ) -> None:
        """Write how much `number` has grown: the file may hold more, from before a restart."""
        name = metric.name + suffix
        key = (name, labels if bound is None else (*labels, floatToGoString(bound)))
        # Whatever was reset counts from zero again.
        before = self._written.get(key, 0)
        more = number - before if number >= before else number
        # Every series has all of its buckets.
        value = self._value(metric, suffix, labels, bound)
        if more:
            value.inc(more)
        self._written[key] = number

    def _value(
        self, metric: Metric, suffix: str, labels: tuple[str, ...], bound: Optional[float]
    ) -> Any:
        name = metric.name + suffix
        names = metric.labels
        if bound is not None:
            names, labels = (*names, "le"), (*labels, floatToGoString(bound))
        value = self._values.get((name, labels))
        if value is None:
            value = self._values[name, labels] = values.ValueClass(
                metric.kind,
                metric.name,
                name,
                names,
                labels,
                metric.help,
                multiprocess_mode="livesum",
            )
        return value


def _start_mirror() -> None:
    global _mirror
    with _lock:
        if _mirror is not None:
            return
        _mirror = _Mirror()
    atexit.register(_end)
    if hasattr(os, "register_at_fork"):
        # A thread is not there in the child of a fork, and a lock may be held by nobody.
        os.register_at_fork(after_in_child=_start_again)
    _start_thread()


def _start_again() -> None:
    global _lock, _mirror
    mirror, _lock = _mirror, threading.Lock()
    if mirror is not None:
        mirror._lock = threading.Lock()
        _start_thread()


def _start_thread() -> None:
    threading.Thread(target=_flush_often, name="covet-metrics", daemon=True).start()


def _flush_often() -> None:
    pause = threading.Event()
    while not pause.wait(_INTERVAL):
        with contextlib.suppress(Exception):  # a directory that is gone, a disk that is full
            _flush()


def _flush() -> None:
    mirror = _mirror
    if mirror is not None:
        mirror.flush()


def _end() -> None:
    """The process ends: its counters stay, what was open in it does not."""
    with contextlib.suppress(Exception):
        _flush()
        multiprocess.mark_process_dead(os.getpid(), _directory())


def _forget_the_dead() -> None:
    """Remove what was open in processes that were killed."""
    folder = _directory()
    if folder is None or os.name != "posix":
        return
    for file in os.listdir(folder):
        kind, _, process = file.rpartition("_")
        process = process.partition(".")[0]
        if kind.startswith("gauge_live") and process.isdigit() and not _lives(int(process)):
            with contextlib.suppress(FileNotFoundError):  # others look, too
                multiprocess.mark_process_dead(int(process), folder)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True
