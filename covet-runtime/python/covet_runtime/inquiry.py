"""What ``covet-codegen explain`` asks of the app's interpreter.

covet-codegen decides by itself which route answers a path. What only this interpreter can tell is
asked here: what was decided about the app, which of the routes that are left to `re` match, and
what a handler is called with.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Optional
from urllib.parse import unquote

from covet_runtime import explanation, pattern
from covet_runtime import table as tables
from covet_runtime.frameworks import Export
from covet_runtime.table import Route


def report(
    app: Any, exported: Export, paths: Sequence[str], candidates: Iterable[int]
) -> dict[str, object]:
    """The answers for an installed `app`, as JSON.

    `paths` are as in a URL. `candidates` are the endpoints whose handlers may be called for the
    first of them; the routes left to `re` that match it are looked at as well.
    """
    assert exported.table is not None
    said = explanation.explain(app)
    subjects = [
        _Subject(endpoint, route, method)
        for endpoint, (route, method) in enumerate(
            (route, method) for route in exported.table.routes for method in route.methods
        )
    ]
    decoded = [unquote(path) for path in paths]
    left_to_re = [subject for subject in subjects if subject.is_left_to_re()]
    matched = [[each.endpoint for each in left_to_re if each.matches(path)] for path in decoded]
    called = {*candidates, *(matched[0] if matched else ())}
    return {
        "fingerprint": tables.fingerprint(exported.table),
        "tier": said.tier,
        "why": said.why,
        "responses": said.responses,
        "decided": said.decided,
        "depends": said.depends,
        "routes": [asdict(route) for route in said],
        "left_to_re": matched,
        "calls": [
            subjects[endpoint].call(decoded[0], exported.handlers[endpoint])
            for endpoint in sorted(called)
        ],
    }


class _Subject:
    """One endpoint."""

    def __init__(self, endpoint: int, route: Route, method: str) -> None:
        self.endpoint = endpoint
        self.route = route
        self.method = method

    def is_left_to_re(self) -> bool:
        return isinstance(pattern.parse(self.route.path), pattern.Regex)

    def matches(self, path: str) -> bool:
        return self._match(path) is not None

    def call(self, path: str, handler: Any) -> dict[str, object]:
        """What the handler is called with for a path that the endpoint matches."""
        result: dict[str, object] = {"endpoint": self.endpoint, "values": [], "arguments": []}
        try:
            values = {name: _converted(text) for name, text in self._captures(path).items()}
        except Exception as error:
            # Nobody catches it before the server does.
            result["raises"] = f"{type(error).__name__}: {error}"
            return result
        result["values"] = [[name, repr(value)] for name, value in values.items()]
        if self.route.kind != tables.WEBSOCKET:
            try:
                result["arguments"] = self._arguments(values, handler)
            except TypeError as error:
                result["refused"] = str(error)
        return result

    def _match(self, path: str) -> Optional[re.Match[str]]:
        return re.match(pattern.source(self.route.path), path)

    def _captures(self, path: str) -> dict[str, Any]:
        if not self.route.dynamic:
            return {}
        found = self._match(path)
        return {} if found is None else found.groupdict()

    def _arguments(self, values: dict[str, object], handler: Any) -> list[list[str]]:
        """The handler's parameters behind the request, and what each is given."""
        passed = [values[name] for name in self.route.parameters if name in values]
        _request, *others = inspect.signature(handler).bind(None, *passed).arguments.items()
        return [[name, repr(value)] for name, value in others]


def _converted(text: Any) -> object:
    # A group that took no part is None, and the framework fails as this does.
    return int(text) if text.isdigit() else text
