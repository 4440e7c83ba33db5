"""Which route a request is for, for those who count: the app finds its handlers itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from .. import installation, traffic
from .. import table as tables
from . import direct

if TYPE_CHECKING:
    from .facts import Server


def table_of(server: Server) -> Optional[Any]:
    """The `RouteTable` of the routes of a server's app as they are now, None when there is none."""
    installed = _installed(server)
    return None if installed is None else installed.table


def _installed(server: Server) -> Optional[installation.Installed]:
    app = direct.covet_app(server)
    return None if app is None else installation.installed(app)


class Labels:
    """What requests are counted under, for connections that leave matching to the app."""

    def __init__(self, server: Server) -> None:
        installed = _installed(server)
        self.table: Optional[Any] = None
        self._endpoints: list[tuple[str, str]] = []
        if installed is not None and installed.export.table is not None:
            self.table = installed.table
            self._endpoints = tables.endpoints(installed.export.table)

    @classmethod
    def of(cls, server: Server) -> Labels:
        """Those of a server, which are made anew when the routes of its app are others."""
        labels = server.labels
        if labels is None or labels.table is not table_of(server):
            labels = server.labels = cls(server)
        return labels

    def of_request(self, method: str, path: str) -> traffic.Label:
        """The label of a request for `path`, which is as the app sees it."""
        endpoint: Optional[int] = None
        if self.table is not None:
            try:
                endpoint = self.table.match_id(path, method)
            except Exception:  # of an expression, which the app is going to fail with as well
                endpoint = None
        return traffic.label(None if endpoint is None else self._endpoints[endpoint], method)
