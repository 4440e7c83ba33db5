"""Reading the route table of an app, whatever framework it is written for.

Each framework is one module of this package with one `Exporter`, listed in `EXPORTERS`. None of
them imports its framework: an app that exists has done so already.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from covet_runtime import compat
from covet_runtime.frameworks.covet import CovetExporter
from covet_runtime.frameworks.interface import Export, Exporter

__all__ = ["EXPORTERS", "Export", "Exporter", "export", "exporter_of", "servers", "supports"]

EXPORTERS: tuple[Exporter, ...] = (CovetExporter(),)


def exporter_of(thing: object) -> Optional[Exporter]:
    """The framework that recognises `thing` as an app of its own, None when none does."""
    return next((exporter for exporter in EXPORTERS if exporter.recognises(thing)), None)


def supports(thing: object) -> bool:
    """Whether `thing` is an app that can be compiled as far as its class tells."""
    return any(exporter.supports(thing) for exporter in EXPORTERS)


def servers() -> dict[str, str]:
    """What serves apps, of any framework, as `Exporter.servers` says it."""
    return {name: call for exporter in EXPORTERS for name, call in exporter.servers().items()}


def export(app: object, flags: Optional[tuple[str, ...]] = None) -> Export:
    """Read the route table of `app`, with these compat flags or those that it declares.

    Raises TypeError when no framework recognises it.
    """
    exporter = exporter_of(app)
    if exporter is None:
        raise TypeError(f"{type(app).__name__} is not an app of a framework that can be compiled")
    found = exporter.export(app)
    flags = compat.declared(app) if flags is None else flags
    if found.table is None or not flags:
        return found
    return replace(found, table=replace(found.table, compat=flags))
