"""What a framework has to offer so that its apps can be compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional, Protocol

from covet_runtime import handlers
from covet_runtime.diagnostics import Diagnostic, Location, has_errors
from covet_runtime.handlers import Handler
from covet_runtime.table import Table


@dataclass(frozen=True)
class Export:
    """What was read from an app.

    `table` is None exactly when `diagnostics` holds an error. `middleware` are references, first
    added first. `handlers` are the registered objects, one per endpoint id. `origins` are the
    functions that users wrote, one per route.
    """

    table: Optional[Table]
    middleware: tuple[str, ...]
    handlers: tuple[Handler, ...]
    origins: tuple[Handler, ...]
    diagnostics: tuple[Diagnostic, ...]

    @classmethod
    def refused(cls, *diagnostics: Diagnostic) -> Export:
        """An app whose routes cannot be read at all."""
        return cls(None, (), (), (), diagnostics)

    @property
    def has_errors(self) -> bool:
        return has_errors(self.diagnostics)

    def sources(self) -> list[Optional[Location]]:
        """Where each route's handler is written, by route. None when it is not Python code.

        Found when asked for: an app that starts up has no use for it.
        """
        return [handlers.location(origin) for origin in self.origins]


class Exporter(Protocol):
    """One framework."""

    def recognises(self, thing: object) -> bool:
        """Whether `thing` is an app of this framework, be it one that has to be refused."""

    def supports(self, thing: object) -> bool:
        """Whether `thing` is an app of the class that can be compiled."""

    def servers(self) -> Mapping[str, str]:
        """What does not return while an app is served, to how users call it.

        Functions and methods of the framework and of its usual servers, as ``module:qualname``.
        """

    def export(self, app: Any) -> Export:
        """Read an app that is recognised. Refuses by diagnostics, all at once, never by raising."""
