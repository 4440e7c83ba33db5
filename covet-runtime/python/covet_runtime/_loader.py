"""Chooses between the Rust extension and pure Python.

The extension is optional. What it offers, the pure modules offer too, with the same behaviour, so
its absence costs speed and nothing else. It is never missed silently, though: the first use of a
pure component or of the pure tier causes one `CovetRuntimeWarning` that says why, unless the
environment asks for pure Python. Questions such as `has_rust` cause none.

Environment:

* ``COVET_TIER=generated|native|pure`` chooses a tier.
* ``COVET_USE_RUST=0`` is the same as ``COVET_TIER=pure``; ``1`` is the default.

The extension is loaded when something first asks for it, not when the package is imported.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
import threading
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Optional

VERSION = "0.1.0"

GENERATED = "generated"
NATIVE = "native"
PURE = "pure"
TIERS = (GENERATED, NATIVE, PURE)

_EXTENSION = "covet_runtime._native"

# Where the pure form of each component lives. The extension has all of them under the same names.
COMPONENTS = {
    "RequestReader": "covet_runtime.http.reader",
    "RouteEngine": "covet_runtime.routing",
    "RouteTable": "covet_runtime.routing",
    "http_parse_headers_only": "covet_runtime.http.message",
    "http_parse_request": "covet_runtime.http.message",
    "json_dumps_bytes": "covet_runtime.json",
    "json_dumps_rust": "covet_runtime.json",
    "json_dumps_smart": "covet_runtime.json",
    "json_loads": "covet_runtime.json",
    "parse_query": "covet_runtime.query",
}

# What belongs to the components and is the same in every tier. Where it lives, too.
SHARED = {
    "End": "covet_runtime.http.events",
    "IncompleteRequest": "covet_runtime.http.rejection",
    "InvalidRequest": "covet_runtime.http.rejection",
    "Limits": "covet_runtime.http.limits",
    "Rejection": "covet_runtime.http.rejection",
    "explain": "covet_runtime.explanation",
    "get_metrics": "covet_runtime.metrics",
}


class CovetRuntimeWarning(RuntimeWarning):
    """The app runs on a slower tier than it could. The message says why and how to repair it."""


class TierUnavailable(RuntimeError):
    """A tier was asked for by name and cannot be had. The message says why."""


class Native(NamedTuple):
    """The extension, or the reason why there is none."""

    module: Optional[ModuleType]
    reason: str


def has_rust() -> bool:
    """Whether components come from the Rust extension.

    Raises `ValueError` when ``COVET_TIER`` or ``COVET_USE_RUST`` has no valid value.
    """
    return available().module is not None


def get_rust_module() -> ModuleType | None:
    """The Rust extension, or None in the pure tier."""
    return available().module


def rust_version() -> str | None:
    """The version of the Rust extension in use, or None in the pure tier."""
    module = available().module
    return None if module is None else str(module.RUST_VERSION)


def component(name: str) -> Any:
    """A component by its public name, from the best tier that there is.

    Raises `TierUnavailable` when ``COVET_TIER=native`` and there is no extension.
    """
    module = native(required=requested_tier() == NATIVE).module
    return getattr(module or importlib.import_module(COMPONENTS[name]), name)


def shared(name: str) -> Any:
    """What every tier has in common, by its public name. Nothing is loaded before it is used."""
    return getattr(importlib.import_module(SHARED[name]), name)


def requested_tier() -> str | None:
    """The tier that the environment asks for, or None. An empty variable counts as unset.

    Raises `ValueError` for a value that is none of the options, and for a contradiction.
    """
    tier = os.environ.get("COVET_TIER") or None
    use_rust = os.environ.get("COVET_USE_RUST") or None
    if tier not in (None, *TIERS):
        raise ValueError(f"COVET_TIER={tier!r} is not one of {', '.join(TIERS)}")
    if use_rust not in (None, "0", "1"):
        raise ValueError(f"COVET_USE_RUST={use_rust!r} is not one of 0, 1")
    if use_rust == "0":
        if tier not in (None, PURE):
            raise ValueError(f"COVET_USE_RUST=0 contradicts COVET_TIER={tier}; unset one of them")
        return PURE
    return tier


def native(required: bool = False) -> Native:
    """The extension, for use. Warns once when it is missed.

    Raises `TierUnavailable` when it is `required` and there is none.
    """
    found = available()
    if found.module is None and required:
        raise TierUnavailable(f"the native tier was asked for, but {found.reason}")
    if found.module is None and requested_tier() != PURE:
        _warn_once(found.reason)
    return found


def available() -> Native:
    """The extension as far as the environment allows it, without a warning."""
    if requested_tier() == PURE:
        return Native(None, "the environment asks for pure Python")
    return extension()


_lock = threading.Lock()
_loaded: Native | None = None
_warned = False


def extension() -> Native:
    """The extension whatever the environment asks for. Loaded at most once."""
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load()
        return _loaded


def _load() -> Native:
    try:
        module = importlib.import_module(_EXTENSION)
    except ModuleNotFoundError as error:
        if error.name != _EXTENSION:
            return Native(None, f"the Rust extension is broken: {error}")
        return Native(None, _absence())
    except Exception as error:  # whatever goes wrong in there, the pure tier still works
        return Native(None, f"the Rust extension is broken: {type(error).__name__}: {error}")
    version = getattr(module, "RUST_VERSION", None)
    if version != VERSION:
        return Native(
            None,
            f"the Rust extension is of version {version}, the package of version {VERSION}; "
            "reinstall covet-runtime",
        )
    return Native(module, f"the Rust extension {version} is loaded")


def _absence() -> str:
    """Tell an extension of another interpreter from none at all."""
    ours = {f"_native{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES}
    found = {path.name for path in Path(__file__).parent.glob("_native.*.*")}
    others = sorted(found - ours)
    if others and not found & ours:
        return f"the Rust extension was built for another interpreter ({', '.join(others)})"
    return "the Rust extension is not installed"


def _warn_once(reason: str) -> None:
    global _warned
    with _lock:
        if _warned:
            return
        _warned = True
    warnings.warn(
        f"{reason}; running in pure Python (COVET_USE_RUST=0 accepts that silently)",
        CovetRuntimeWarning,
        stacklevel=_outside(),
    )


def _outside() -> int:
    """The stack level of the nearest caller outside this package, seen from `_warn_once`."""
    level = 1
    frame = sys._getframe(1)
    package = __name__.partition(".")[0]
    while frame.f_back is not None and (
        str(frame.f_globals.get("__name__", "")).partition(".")[0] in (package, "importlib")
    ):
        frame = frame.f_back
        level += 1
    return level
