"""Finding the generated wheel of an app, and telling when a wheel is out of date.

A generated wheel announces itself with an entry point of the group ``covet_runtime.apps``: its name
is the fingerprint of the route table it was generated from, its value the module to import. So the
right wheel is found without importing or reading any other. Only when there is none, the
``routes.toml`` inside the other wheels tell whether one of them is an older wheel of this app.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Optional

from . import table as tables
from ._loader import VERSION
from .table import Table

GROUP = "covet_runtime.apps"

# A warning names this many differing routes and counts the rest.
MAX_DIFFERENCES = 8


class Found(NamedTuple):
    """The generated module of an app, or None and the reason.

    `faulty` tells a wheel that should have served the app but cannot from no wheel at all.
    """

    module: Optional[ModuleType]
    reason: str
    faulty: bool


def find(table: Table, wheel: str | None = None) -> Found:
    """The installed module that was generated from exactly `table`.

    `wheel` names the module to take, instead of asking the entry points.
    """
    fingerprint = tables.fingerprint(table)
    if wheel is not None:
        return _load(wheel, table, fingerprint)
    installed = _installed()
    faults = []
    for module in sorted(module for name, module in installed if name == fingerprint):
        found = _load(module, table, fingerprint)
        if found.module is not None:
            return found
        faults.append(found.reason)
    if faults:
        return Found(None, "; ".join(faults), True)
    for module in sorted({module for name, module in installed if name != fingerprint}):
        document = _read_routes(module)
        if document is None:
            continue
        renamed = _renamed_module(table, document)
        if renamed is not None:
            return Found(None, _renamed(module, *renamed, document), True)
        if _same_app(table, document):
            return Found(None, _stale(module, table, document), True)
    return Found(None, "no generated wheel of this app is installed", False)


def _installed() -> list[tuple[str, str]]:
    """``(fingerprint, module)`` of every generated wheel in this environment."""
    found = []
    for distribution in importlib.metadata.distributions():
        try:
            points = distribution.entry_points
            found += [(point.name, point.value) for point in points if point.group == GROUP]
        except Exception:  # the broken metadata of some other package is no matter of this app
            continue
    return found


def _load(name: str, table: Table, fingerprint: str) -> Found:
    """Import one generated module and see whether it fits."""
    try:
        module = importlib.import_module(name)
        fault = check(module, table, fingerprint)
    except Exception as error:  # a wheel that fails in any way must not take the app with it
        reason = f"the generated wheel {name} cannot be imported: {type(error).__name__}: {error}"
        return Found(None, reason, True)
    if fault is not None:
        return Found(None, fault, True)
    version = getattr(module, "__version__", "of unknown version")
    return Found(module, f"the generated wheel {name} {version} matches", False)


def check(module: ModuleType, table: Table, fingerprint: str | None = None) -> str | None:
    """What keeps a generated module from serving `table`, None when nothing does."""
    name = module.__name__
    expected = fingerprint or tables.fingerprint(table)
    if expected != module.FINGERPRINT:
        return _stale(name, table, _read_routes(name))
    if module.RUNTIME_VERSION != VERSION:
        return (
            f"the generated wheel {name} was built for covet_runtime {module.RUNTIME_VERSION}, "
            f"this is {VERSION}; {_repair(_read_routes(name))}"
        )
    return None


# A parsed routes.toml.
_Document = dict[str, Any]


def _read_routes(module: str) -> _Document | None:
    """The ``routes.toml`` inside a generated package, without importing it."""
    try:
        spec = importlib.util.find_spec(module)
        locations = spec.submodule_search_locations if spec is not None else None
        if not locations:
            return None
        text = Path(locations[0], "routes.toml").read_text(encoding="utf-8")
        document = parse_toml(text)
        # Whatever else is wrong with it shows here, once for all.
        _endpoints(document["routes"])
    except Exception:  # it only improves a message
        return None
    return document


def parse_toml(text: str) -> _Document:
    """Parse a ``routes.toml``.

    Python before 3.11 has no TOML parser. There only the canonical form is understood, in which
    each value stands on its line and is JSON as well. Raises `ValueError` for anything else.
    """
    if sys.version_info >= (3, 11):
        import tomllib

        return tomllib.loads(text)
    return parse_canonical_toml(text)


def parse_canonical_toml(text: str) -> _Document:
    """Parse the TOML that `table.to_toml` writes. Raises `ValueError` for anything else."""
    document: _Document = {}
    section = document
    rows: list[Any] = []
    for line in text.split("\n"):
        if line.startswith("[["):
            section = {}
            document.setdefault(line.strip("[]"), []).append(section)
        elif line.startswith("["):
            section = document.setdefault(line.strip("[]"), {})
        elif line.startswith("  "):
            rows.append(json.loads(_ROW_KEY.sub(_json_key, line.strip(" ,"))))
        elif line and line != "]" and not line.startswith("#"):
            key, _, value = line.partition(" = ")
            section[key] = rows = [] if value == "[" else json.loads(value)
    return document


# A table in an array has a line of its own: `  { name = "id", type = "int" },`.
_ROW_KEY = re.compile(r'("(?:[^"\\]|\\.)*")|([a-z]+) =')


def _json_key(match: re.Match[str]) -> str:
    return match[1] or f'"{match[2]}":'


def _same_app(table: Table, document: _Document) -> bool:
    """Whether a wheel was evidently generated from an earlier state of this app.

    Two apps may share a handler or two, such as a health check, and a small app may share half of
    its own with a large one. An app that has grown since keeps at least a third.
    """
    ours = {route.handler for route in table.routes}
    theirs = {route["handler"] for route in document["routes"]}
    return 3 * len(ours & theirs) >= max(len(ours), len(theirs), 1)


def _renamed_module(table: Table, document: _Document) -> Optional[tuple[str, str]]:
    """What a module was called in the wheel's table and is called now.

    None unless the names of modules, of handlers, of the classes in their annotations and of
    models, are all that sets the tables apart.
    """
    live = json.loads(tables.canonical_json(table))
    if any(live[name] != document.get(name, {}) for name in _SECTIONS):
        return None
    for name in ("routes", "models"):
        if _without_modules(live.get(name, [])) != _without_modules(document.get(name, [])):
            return None
    for theirs, ours in zip(document["routes"], table.routes):
        before, now = (each.partition(":")[0] for each in (theirs["handler"], ours.handler))
        if before != now:
            return before, now
    return None


_MODULE = re.compile(r"[^\W\d][\w.]*(?=:)")


def _without_modules(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Routes or models less the names of modules in them."""
    found = []
    for item in items:
        facts = {key: item[key] for key in item if key not in tables.FROM_BODIES}
        for key in ("handler", "returns", "type"):
            if key in facts:
                facts[key] = _MODULE.sub("", facts[key])
        found.append(facts)
    return found


def _renamed(module: str, before: str, now: str, document: _Document) -> str:
    """Say that the app was started in another way than its wheel was built for."""
    entry = str(document.get("app", {}).get("entry", f"{before}:app"))
    server = f"uvicorn --factory {entry[:-2]}" if entry.endswith("()") else f"uvicorn {entry}"
    return (
        f"the generated wheel {module} was built from these very routes, but with handlers of the "
        f"module {before}, which this process calls {now}; start the app by that name, as "
        f"`{server}` does, not by its file nor under another program, or build it by the "
        "name that is used here"
    )


def _stale(module: str, table: Table, document: _Document | None) -> str:
    """Say that a wheel is out of date, in what, and how to repair it."""
    if document is None:
        return f"the generated wheel {module} is not of this app's routes; {_repair(None)}"
    found = differences(table, document)
    shown = found[:MAX_DIFFERENCES]
    if len(found) > len(shown):
        shown.append(f"and {len(found) - len(shown)} more")
    return f"the generated wheel {module} is stale ({'; '.join(shown)}); {_repair(document)}"


def _repair(document: _Document | None) -> str:
    entry = (document or {}).get("app", {}).get("entry", "APP")
    return f"run `covet-codegen build {entry}` and install the new wheel"


def differences(table: Table, document: Mapping[str, Any]) -> list[str]:
    """What sets a live table apart from the ``routes.toml`` of a wheel, most telling first."""
    live = json.loads(tables.canonical_json(table))
    now, before = _endpoints(live["routes"]), _endpoints(document["routes"])
    found = [f"added {name}" for name in now if name not in before]
    found += [f"removed {name}" for name in before if name not in now]
    for name, facts in now.items():
        if name in before and facts != before[name]:
            found.append(f"changed {name}: {_changes(before[name], facts)}")
    if not found and list(now) != list(before):
        found.append("the order of the routes changed")
    found += _model_differences(live.get("models", []), document.get("models", []))
    for section in _SECTIONS:
        if live[section] != document.get(section, {}):
            found.append(f"{section}: {_changes(document.get(section, {}), live[section])}")
    return found


def _model_differences(live: list[Any], document: list[Any]) -> list[str]:
    now, before = _models(live), _models(document)
    found = [f"added model {name}" for name in now if name not in before]
    found += [f"removed model {name}" for name in before if name not in now]
    for name, facts in now.items():
        if name in before and list(facts.items()) != list(before[name].items()):
            changes = _changes(before[name], facts) or "the order of the fields"
            found.append(f"changed model {name}: {changes}")
    return found


def _models(models: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name → what is known of a model, with an item for each field."""
    found = {}
    for model in models:
        facts = {key: model[key] for key in ("type", "kind", "base") if key in model}
        for field in model.get("fields", []):
            known = {key: field[key] for key in ("attribute", "optional") if key in field}
            facts[f"field {field['name']}"] = (
                {"type": field["type"], **known} if known else field["type"]
            )
        found[model["name"]] = facts
    return found


# What a table holds besides its routes and models.
_SECTIONS = ("framework", "limits", "compat")


def _endpoints(routes: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """``"GET /path"`` → what is known of it. The first of equal endpoints is the one in effect."""
    found: dict[str, dict[str, Any]] = {}
    for route in routes:
        left_out = ("path", "methods", *tables.FROM_BODIES)
        facts = {key: route[key] for key in route if key not in left_out}
        for method in route["methods"]:
            found.setdefault(f"{method} {route['path']}", facts)
    return found


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return ", ".join(f"{key} {before.get(key)!r} → {now.get(key)!r}" for key in keys)
