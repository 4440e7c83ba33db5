"""Proving on the user's own route table that every tier answers as the framework does.

`compare` puts requests, usually those of `witnesses`, to the framework's own router and to each
tier. `run` is the ``verify`` command.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import shutil
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Optional

from . import _loader, diagnostics, frameworks, handlers, installation, routing, wheels
from . import table as tables
from . import target as targets
from ._loader import GENERATED, NATIVE, PURE
from .diagnostics import Refused
from .frameworks import Export
from .table import Table
from .witnesses import KINDS, Witness, default_requests, shorten, witnesses

__all__ = [
    "Comparison",
    "Divergence",
    "TimeLimit",
    "Witness",
    "compare",
    "default_requests",
    "generated",
    "run",
    "witnesses",
]

# More than this of one tier say nothing new.
MAX_DIVERGENCES = 100

_OK = 0
_DIVERGED = 1
_COULD_NOT_RUN = 2


@dataclass(frozen=True)
class Divergence:
    """A request that a tier answers in another way than the framework."""

    tier: str
    method: str
    path: str
    expected: str
    actual: str
    witness: str


class Comparison(NamedTuple):
    """What came of comparing the tiers with the framework."""

    requests: int
    divergences: list[Divergence]
    # How many requests there were of each kind.
    kinds: dict[str, int]
    # How long the framework and each tier took, in seconds.
    seconds: dict[str, float]


class TimeLimit:
    """A time after which nothing more is begun; None is no limit. It counts from now."""

    def __init__(self, seconds: Optional[float]) -> None:
        self._deadline = None if seconds is None else time.perf_counter() + seconds
        # Whether something was kept from being begun.
        self.was_reached = False

    def is_over(self) -> bool:
        if self._deadline is not None and time.perf_counter() >= self._deadline:
            self.was_reached = True
        return self.was_reached


# What the framework is called beside the tiers.
FRAMEWORK = "framework"


def compare(
    app: Any,
    route_tables: Mapping[str, Any],
    requests: Iterable[Witness],
    limit: Optional[TimeLimit] = None,
) -> Comparison:
    """Put each request to the framework's router and to the table of each tier.

    Compared are the handler's identity, the parameters with their types and their order, and the
    exception with its arguments. When the time is up no more requests are made; a request is never
    cut short. Raises `Refused` when the app cannot be exported.
    """
    export = _export(app)
    framework = installation.own_method(app.router, "match_route")
    tiers = [_Tier(name, table, app.router, export) for name, table in route_tables.items()]
    with warnings.catch_warnings():
        # The framework compiles odd literals at the first request, and `re` warns of them.
        warnings.simplefilter("ignore")
        app.router._compile_dynamic_routes()
    found: list[Divergence] = []
    kinds = dict.fromkeys(KINDS, 0)
    seconds = dict.fromkeys((FRAMEWORK, *route_tables), 0.0)
    clock = time.perf_counter
    for request in requests:
        if limit is not None and limit.is_over():
            break
        before = clock()
        kinds[request.kind] = kinds.get(request.kind, 0) + 1
        expected = _outcome(framework, request)
        after = clock()
        seconds[FRAMEWORK] += after - before
        for tier in tiers:
            before = after
            actual = tier.deviation(request, expected)
            after = clock()
            seconds[tier.name] += after - before
            if actual is None or tier.diverged >= MAX_DIVERGENCES:
                continue
            tier.diverged += 1
            found.append(
                Divergence(
                    tier.name, request.method, request.path, str(expected), actual, request.why
                )
            )
    made = sum(kinds.values())
    kinds = {kind: count for kind, count in kinds.items() if count}
    return Comparison(made, found, kinds, seconds)


@dataclass(frozen=True)
class _Outcome:
    """What a matcher did, in a form that can be compared."""

    handler: object = None
    params: tuple[tuple[str, type, Any], ...] = ()
    error: Optional[tuple[type, tuple[Any, ...]]] = None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Outcome)
            and self.handler is other.handler
            and self.params == other.params
            and self.error == other.error
        )

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.error[0].__name__}{self.error[1]!r}"
        if self.handler is None:
            return "no route"
        values = ", ".join(f"{name}={shorten(value)}" for name, _, value in self.params)
        return f"{handlers.reference(self.handler)}({values})"


def _outcome(match_route: Callable[[str, str], Any], request: Witness) -> _Outcome:
    try:
        found = match_route(request.path, request.method)
    except Exception as error:
        return _Outcome(error=(type(error), error.args))
    if found is None:
        return _Outcome()
    params = tuple((name, type(value), value) for name, value in found.params.items())
    return _Outcome(found.handler, params)


class _Match(NamedTuple):
    """What `RouteTable.match_route` gives, in the shape of the framework's RouteMatch."""

    handler: Any
    params: Mapping[str, Any]


class _Tier:
    """One tier, asked in all the ways in which it can be asked."""

    def __init__(self, name: str, table: Any, router: Any, export: Export) -> None:
        self.name = name
        self.diverged = 0
        self._table = table
        self._handlers = export.handlers
        self._bound = installation.bind(router, export, table)

    def deviation(self, request: Witness, expected: _Outcome) -> str | None:
        """What the tier does when that is not what is expected."""
        for match_route in (self._bound, self._match_by_table):
            actual = _outcome(match_route, request)
            if actual != expected:
                return str(actual)
        # No look-up of an id converts a value, so it must not raise whatever is expected.
        identity = _outcome(self._match_by_id, request)
        if identity.error is not None or (
            expected.error is None and identity.handler is not expected.handler
        ):
            return f"match_id: {identity}"
        return None

    def _match_by_table(self, path: str, method: str) -> _Match | None:
        found = self._table.match_route(path, method)
        return None if found is None else _Match(self._handlers[found[0]], found[1])

    def _match_by_id(self, path: str, method: str) -> _Match | None:
        found = self._table.match_id(path, method)
        return None if found is None else _Match(self._handlers[found], {})


def run(args: argparse.Namespace) -> int:
    """``python -m covet_runtime verify``: compare all tiers there are, and write the report.

    `args` has what the parser of that command gives. Returns the exit code: 0 all equal, 1
    something diverged, 2 could not run.
    """
    from .__main__ import PROTOCOL, write_report

    report: dict[str, object] = {"protocol": PROTOCOL}
    try:
        findings = _verify(args)
    except Refused as refused:
        report["diagnostics"] = [diagnostics.as_json(each) for each in refused.diagnostics]
        write_report(args.report, report)
        return _COULD_NOT_RUN
    report.update(findings)
    write_report(args.report, report)
    return _DIVERGED if report["divergences"] else _OK


def _verify(args: argparse.Namespace) -> dict[str, object]:
    loaded = targets.load(args.app, args.name, args.app_dir)
    export = _export(loaded.app)
    assert export.table is not None
    seed = 0 if args.seed is None else args.seed
    endpoints = tables.endpoints(export.table)
    requests = default_requests(len(endpoints)) if args.requests is None else args.requests
    begin = time.perf_counter()
    with contextlib.ExitStack() as cleanup:
        route_tables = {PURE: _construct(PURE, routing.RouteTable, endpoints)}
        reasons = {PURE: "it is always there"}
        native = _loader.extension()
        reasons[NATIVE] = native.reason
        if native.module is not None:
            route_tables[NATIVE] = _construct(NATIVE, native.module.RouteTable, endpoints)
        wheel, reasons[GENERATED] = _wheel(args, loaded.name, export.table, cleanup)
        if wheel is not None:
            route_tables[GENERATED] = wheel.TABLE
        limit = TimeLimit(args.time)
        planned = witnesses(export.table, seed, requests, limit.is_over)
        made = compare(loaded.app, route_tables, planned, limit)
    report: dict[str, object] = {
        "fingerprint": tables.fingerprint(export.table),
        "tiers": {tier: tier in route_tables for tier in _loader.TIERS},
        "reasons": {tier: reasons[tier] for tier in _loader.TIERS},
        "seed": seed,
        "routes": len(export.table.routes),
        "endpoints": len(endpoints),
        "requested": requests,
        "requests": made.requests,
        "kinds": made.kinds,
        "time_limit": args.time,
        "out_of_time": limit.was_reached,
        "divergences": [asdict(each) for each in made.divergences],
    }
    if args.timing:  # a wheel holds its report, and is the same each time that it is built
        report["seconds"] = {
            "all": round(time.perf_counter() - begin, 6),
            **{name: round(value, 6) for name, value in made.seconds.items()},
        }
    return report


def _wheel(
    args: argparse.Namespace, name: str, table: Table, cleanup: contextlib.ExitStack
) -> tuple[Optional[ModuleType], str]:
    """The generated module to compare, or None, and why.

    A wheel that was given has to fit. An installed one that does not is not compared.
    """
    if args.wheel_path is not None:
        module = cleanup.enter_context(generated(args.wheel_path, args.module or name))
        _check_wheel(module, table)
        # Not where it is: this ends up in the wheel, which does not tell where it was built.
        return module, f"the wheel {module.__name__} {_version(module)} was given"
    if args.installed:
        found = wheels.find(table)
        return found.module, found.reason
    return None, "no wheel was given"


def _version(module: ModuleType) -> str:
    return str(getattr(module, "__version__", "of unknown version"))


def _export(app: Any) -> Export:
    export = frameworks.export(app)
    if export.table is None:
        raise Refused(export.diagnostics)
    return export


def _construct(tier: str, make: Callable[[Any], Any], endpoints: list[tuple[str, str]]) -> Any:
    try:
        return make(endpoints)
    except ValueError as error:
        raise Refused(
            [
                diagnostics.error(
                    "CVT060",
                    f"the {tier} tier refuses a table that the framework accepts: {error}",
                    "report this as a bug of covet_runtime, with the path",
                )
            ]
        ) from error


def _check_wheel(module: ModuleType, table: Table) -> None:
    """Raise `Refused` when a wheel was generated from another table or for another runtime."""
    fault = wheels.check(module, table)
    if fault is not None:
        cure = "build the wheel again: covet-codegen build"
        raise Refused([diagnostics.error("CVT061", fault, cure)])


@contextlib.contextmanager
def generated(where: str, name: str) -> Iterator[ModuleType]:
    """Import a generated module from a wheel file or a directory without installing it.

    A directory holds the package itself or exactly one wheel. Afterwards the import is undone.
    Raises `Refused` when there is nothing to import.
    """
    with contextlib.ExitStack() as undo:
        folder = _folder_of(Path(where), name, undo)
        before = _forget_module(name)
        undo.callback(sys.modules.update, before)
        undo.callback(_forget_module, name)
        sys.path.insert(0, folder)
        undo.callback(sys.path.remove, folder)
        importlib.invalidate_caches()
        try:
            module = importlib.import_module(name)
        except Exception as error:
            message = f"{where} cannot be imported as {name}: {type(error).__name__}: {error}"
            raise Refused([_unusable(message)]) from error
        yield module


def _folder_of(where: Path, name: str, undo: contextlib.ExitStack) -> str:
    """A directory from which `name` can be imported. A wheel is unpacked for it."""
    if where.is_dir() and not (where / name).is_dir() and not (where / f"{name}.py").is_file():
        inside = sorted(where.glob(f"{name}-*.whl"))
        if len(inside) != 1:
            raise Refused([_unusable(f"{where} holds {len(inside)} wheels of {name}, not one")])
        where = inside[0]
    if where.is_dir():
        return str(where.resolve())
    # The extension of a wheel may still be mapped when it is time to clean up (Windows).
    folder = tempfile.mkdtemp(prefix="covet-verify-")
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    try:
        with zipfile.ZipFile(where) as wheel:
            wheel.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise Refused([_unusable(f"{where} cannot be read as a wheel: {error}")]) from error
    return folder


def _forget_module(name: str) -> dict[str, ModuleType]:
    """Take a package out of `sys.modules` and return what was there."""
    names = [each for each in sys.modules if each == name or each.startswith(f"{name}.")]
    return {each: sys.modules.pop(each) for each in names}


def _unusable(message: str) -> diagnostics.Diagnostic:
    return diagnostics.error(
        "CVT061", message, "give the wheel that `covet-codegen build` left, and its module name"
    )
