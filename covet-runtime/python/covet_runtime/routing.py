"""Route matching in pure Python: the tier that is always there.

`RouteTable` gives for every path and method exactly what the framework's own router gives, the
exception included. The framework tries dynamic routes one after the other; here a tree over the
segments of the path finds the candidates, so the time of a match does not grow with the table.

How the tree stays exact:

* There is one tree per method. A node has literal children and one child for "any segment but the
  empty one". Several routes may match a path; the one registered first wins, so the walk follows
  both kinds of children and prunes branches that only hold later routes.
* A segment that is more than one literal or one capture (``{a}-{b}``, ``v1.0``) enters the tree as
  "any segment", and a "." also as a "/". That finds too much, so such a route is confirmed with
  its regular expression.
* ``$`` accepts one newline behind the end. A path that ends with one is walked twice.
* What only `re` can match (`pattern.Regex`) is tried in its place in the order.

Everything is immutable once it is built, so threads share it without a lock.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from operator import length_hint
from typing import Any, Optional, Union

from . import json, pattern, plain, timing
from .pattern import ANY, Capture, Compiled, Literal, Poisoned, Regex

Value = Union[str, int]
Params = dict[str, Value]

# Above every id that a table can hold.
_NO_ID = 1 << 62


class RouteTable:
    """The endpoints of one app, ready to match.

    `endpoints` are ``(path as written, METHOD)`` pairs; the position of a pair is its id. Static
    paths beat dynamic ones; among equal static endpoints the last wins, among dynamic ones the
    first. Raises `ValueError` naming the path when the framework could not compile it.
    """

    def __init__(self, endpoints: Sequence[tuple[str, str]]) -> None:
        self._statics: dict[str, dict[str, int]] = {}
        self._methods: dict[str, _Dynamics] = {}
        self._regex_ids: list[int] = []
        self._size = 0
        patterns: dict[str, pattern.Pattern] = {}
        for path, method in endpoints:
            if not isinstance(path, str) or not isinstance(method, str):
                raise TypeError(f"an endpoint is a pair of str, not {(path, method)!r}")
            parsed = patterns.get(path)
            if parsed is None:
                parsed = patterns[path] = pattern.parse(path)
            self._add(parsed, method)

    def _add(self, parsed: pattern.Pattern, method: str) -> None:
        endpoint = self._size
        self._size += 1
        if isinstance(parsed, pattern.Static):
            self._statics.setdefault(parsed.text, {})[method] = endpoint
            return
        dynamics = self._methods.get(method)
        if dynamics is None:
            dynamics = self._methods[method] = _Dynamics()
        if isinstance(parsed, Regex):
            self._regex_ids.append(endpoint)
            dynamics.add_regex(endpoint, parsed)
        else:
            dynamics.add_compiled(endpoint, parsed)

    @timing.MATCHES.times
    def match_route(self, path: str, method: str) -> tuple[int, Params] | None:
        """The winning endpoint and its parameters, or None.

        A value made of digits becomes an `int`. As in the framework, a value such as ``"²"`` or
        one of more than 4300 digits raises `ValueError`, and a group that took no part in the
        match of a regular expression raises `AttributeError`.
        """
        timing.matches[0] += 1
        endpoint = self._match_static(path, method)
        if endpoint is not None:
            return endpoint, {}
        hit = self._match_dynamic(path, method)
        if hit is None:
            return None
        return hit[0], _convert(_raw_params(hit))

    @timing.MATCHES.times
    def match_id(self, path: str, method: str) -> int | None:
        """The winning endpoint, or None. Converts no value, so it raises nothing."""
        timing.matches[0] += 1
        endpoint = self._match_static(path, method)
        if endpoint is not None:
            return endpoint
        hit = self._match_dynamic(path, method)
        return None if hit is None else hit[0]

    def regex_ids(self) -> list[int]:
        """The endpoints that are left to Python's `re`, in order."""
        return list(self._regex_ids)

    def declared_ids(self) -> list[int]:
        """The endpoints whose responses are written by a function made for their type: none."""
        return []

    def serializer(self, endpoint: int, *, models: bool = False) -> Callable[[object], bytes]:
        """A function that writes what the handler of an endpoint returns as JSON in UTF-8.

        What it writes is the same for every endpoint. With `models` it writes dataclasses and the
        like as `covet_runtime.plain` does. Raises `IndexError` when there is no such endpoint.
        """
        if not 0 <= endpoint < self._size:
            raise IndexError(f"no endpoint {endpoint}")
        return plain.json_dumps_models if models else json.json_dumps_bytes

    def bind(
        self,
        handlers: Sequence[Any],
        answers: Sequence[Any],
        route_match: Callable[[Any, Params], Any],
        original: Callable[[Any, Any], Any],
    ) -> Callable[[str, str], Any]:
        """A function ``(path, method) -> RouteMatch | None`` for one app.

        `handlers` and `answers` are indexed by id. ``answers[id]`` is the finished match of a
        static endpoint and None for a dynamic one. `route_match` makes the match of a dynamic
        endpoint. `original` is asked whenever an argument is not exactly a `str`, and always once
        the function's attribute ``retire`` has been called.
        """
        if len(handlers) != self._size or len(answers) != self._size:
            raise ValueError(
                f"the table has {self._size} endpoints, "
                f"got {len(handlers)} handlers and {len(answers)} answers"
            )
        handlers = tuple(handlers)
        statics: dict[str, dict[str, Any]] = {}
        for path, ids in self._statics.items():
            for method, endpoint in ids.items():
                if answers[endpoint] is None:
                    raise ValueError(f"static endpoint {method} {path} has no answer")
                statics.setdefault(path, {})[method] = answers[endpoint]
        dynamics = self._methods
        matches = timing.matches
        retired = False

        def retire() -> None:
            nonlocal retired
            retired = True

        def match_route(path: str, method: str) -> Any:
            if path.__class__ is not str or method.__class__ is not str or retired:
                return original(path, method)
            matches[0] += 1
            found = statics.get(path)
            if found is not None:
                answer = found.get(method)
                if answer is not None:
                    return answer
            routes = dynamics.get(method)
            if routes is None:
                return None
            hit = routes.find(path)
            if hit is None:
                return None
            endpoint, captures, source = hit
            # Nearly every hit is an exact one; its values need no dict of strings in between.
            if captures is None:
                params = _convert(_raw_params(hit))
            else:
                params = {}
                for name, position in captures:
                    value = source[position]
                    params[name] = int(value) if value.isdigit() else value
            return route_match(handlers[endpoint], params)

        matcher = timing.MATCHES.times(match_route)
        matcher.retire = retire  # type: ignore[attr-defined]
        return matcher

    def _match_static(self, path: str, method: str) -> int | None:
        if not isinstance(path, str) or not isinstance(method, str):
            raise TypeError("path and method must be str")
        found = self._statics.get(path)
        return None if found is None else found.get(method)

    def _match_dynamic(self, path: str, method: str) -> _Hit | None:
        dynamics = self._methods.get(method)
        return None if dynamics is None else dynamics.find(path)


class RouteEngine:
    """A router that is filled route by route.

    The order of precedence is that of `RouteTable`. Routes may be added at any time, from any
    thread; the table is rebuilt by the next match.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endpoints: list[tuple[str, str]] = []
        self._handler_ids: list[int] = []
        self._statics = 0
        self._dynamics = 0
        self._built: tuple[RouteTable, list[int]] | None = (RouteTable(()), [])

    def add_route(self, path: str, methods: Iterable[str], handler_id: int) -> None:
        """Add one route. Methods are upper-cased; one `str` counts as its letters, as it does in
        the framework. Raises `ValueError` when the framework could not compile the path."""
        names = [method.upper() for method in methods]
        static = isinstance(pattern.parse(path), pattern.Static)
        with self._lock:
            self._endpoints += [(path, name) for name in names]
            self._handler_ids += [handler_id] * len(names)
            self._statics += static
            self._dynamics += not static
            self._built = None

    @timing.MATCHES.times
    def match_route(self, path: str, method: str) -> dict[str, Any] | None:
        """``{"handler_id": int, "params": {name: str}, "method": str}``, or None.

        `method` is compared as it is. The parameters stay strings.
        """
        timing.matches[0] += 1
        table, handler_ids = self._built or self._build()
        endpoint = table._match_static(path, method)
        params: dict[str, str] = {}
        if endpoint is None:
            hit = table._match_dynamic(path, method)
            if hit is None:
                return None
            endpoint = hit[0]
            params = _raw_params(hit)
        return {"handler_id": handler_ids[endpoint], "params": params, "method": method}

    def stats(self) -> tuple[int, int]:
        """How many static and how many dynamic routes were added."""
        with self._lock:
            return self._statics, self._dynamics

    def _build(self) -> tuple[RouteTable, list[int]]:
        with self._lock:
            if self._built is None:
                self._built = (RouteTable(self._endpoints), list(self._handler_ids))
            return self._built


# The captures of an exact route: (name, position of its segment), in order.
Captures = tuple[tuple[str, int], ...]
# (endpoint, captures, segments of the path) for an exact route,
# (endpoint, None, match object) for one that was matched by a regular expression.
_Hit = tuple[int, Optional[Captures], Any]


_Match = Callable[[str], Optional[re.Match[str]]]


class _Expression:
    """A regular expression that is compiled when it is first needed.

    It confirms a hit of the tree. Building a table must be cheap, and compiling is not.
    """

    __slots__ = ("match", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.match: _Match = self._compile_and_match

    def _compile_and_match(self, path: str) -> re.Match[str] | None:
        self.match = re.compile(self.source).match
        return self.match(path)


class _End:
    """A route that ends at a node. `confirm` is None for an exact route."""

    __slots__ = ("captures", "confirm", "endpoint")

    def __init__(self, endpoint: int, captures: Captures, confirm: _Expression | None) -> None:
        self.endpoint = endpoint
        self.captures = captures
        self.confirm = confirm

    def hit(self, path: str, segments: list[str]) -> _Hit | None:
        if self.confirm is None:
            return self.endpoint, self.captures, segments
        found = self.confirm.match(path)
        return None if found is None else (self.endpoint, None, found)


class _Node:
    """What may follow one beginning of a path."""

    __slots__ = ("ends", "literals", "lowest", "wild")

    def __init__(self, lowest: int) -> None:
        self.literals: dict[str, _Node] = {}
        self.wild: _Node | None = None
        self.ends: list[_End] = []
        # The lowest endpoint in this subtree. Endpoints are entered in ascending order, so it is
        # the one that made the node.
        self.lowest = lowest

    def child(self, segment: str | None, endpoint: int) -> _Node:
        """The child for a literal segment, or for any segment (None); made when missing."""
        if segment is None:
            if self.wild is None:
                self.wild = _Node(endpoint)
            return self.wild
        node = self.literals.get(segment)
        if node is None:
            node = self.literals[segment] = _Node(endpoint)
        return node


class _Dynamics:
    """The dynamic endpoints of one method."""

    __slots__ = ("_regexes", "_root")

    def __init__(self) -> None:
        self._root = _Node(0)
        self._regexes: list[tuple[int, _Match]] = []

    def add_regex(self, endpoint: int, parsed: Regex) -> None:
        self._regexes.append((endpoint, parsed.expression.match))

    def add_compiled(self, endpoint: int, parsed: Compiled) -> None:
        forms, captures = shapes(parsed)
        confirm = _Expression(parsed.source) if captures is None else None
        end = _End(endpoint, captures or (), confirm)
        for shape in forms:
            node = self._root
            for segment in shape:
                node = node.child(segment, endpoint)
            if end not in node.ends:
                node.ends.append(end)

    def find(self, path: str) -> _Hit | None:
        """The winning endpoint for a path, with what its parameters are made from."""
        segments = path.split("/")
        if self._regexes or path[-1:] == "\n":
            return self._find_with_extras(path, segments)
        node = self._root
        rest = iter(segments)
        # As long as only one child fits there is nothing to remember.
        for segment in rest:
            literal = node.literals.get(segment)
            if literal is None:
                if not segment or node.wild is None:
                    return None
                node = node.wild
            elif node.wild is None:
                node = literal
            else:
                index = len(segments) - length_hint(rest) - 1
                return _search(node, index, path, segments, _NO_ID)
        for end in node.ends:
            if end.confirm is None:
                return end.endpoint, end.captures, segments
            hit = end.hit(path, segments)
            if hit is not None:
                return hit
        return None

    def _find_with_extras(self, path: str, segments: list[str]) -> _Hit | None:
        best = _search(self._root, 0, path, segments, _NO_ID)
        limit = _NO_ID if best is None else best[0]
        if path.endswith("\n"):
            # On a tie the whole path wins: a capture at the end swallows the newline.
            shorter = _search(self._root, 0, path, path[:-1].split("/"), limit)
            if shorter is not None:
                best = shorter
                limit = shorter[0]
        for endpoint, match in self._regexes:
            if endpoint > limit:
                break
            found = match(path)
            if found is not None:
                return endpoint, None, found
        return best


def _search(start: _Node, index: int, path: str, segments: list[str], limit: int) -> _Hit | None:
    """The hit with the lowest endpoint below `limit`, when several children may fit.

    The walk starts at `start`, before the segment at `index`.
    """
    best: _Hit | None = None
    count = len(segments)
    pending = [(start, index)]
    while pending:
        node, index = pending.pop()
        while node.lowest < limit:
            if index == count:
                for end in node.ends:
                    if end.endpoint >= limit:
                        break
                    hit = end.hit(path, segments)
                    if hit is not None:
                        best = hit
                        limit = end.endpoint
                        break
                break
            segment = segments[index]
            index += 1
            literal = node.literals.get(segment)
            wild = node.wild if segment else None
            if literal is None:
                if wild is None:
                    break
                node = wild
            elif wild is None:
                node = literal
            elif literal.lowest < wild.lowest:
                pending.append((wild, index))
                node = literal
            else:
                pending.append((literal, index))
                node = wild
    return best


# The segments of a path: text, or None for "any segment but the empty one".
Shape = tuple[Optional[str], ...]


def shapes(parsed: Compiled) -> tuple[list[Shape], Captures | None]:
    """The ways in which a path can be cut into segments, and its captures.

    The first shape takes every "." for another character than a slash. The captures are None when
    the shapes allow more than the path does, so that a hit has to be confirmed.
    """
    dots = parsed.elements.count(ANY)
    forms: list[Shape] = []
    captures: list[tuple[str, int]] = []
    exact = dots == 0
    for slashes in itertools.product((False, True), repeat=dots):
        shape: list[str | None] = []
        for position, segment in enumerate(_segments(parsed.elements, slashes)):
            if not segment:
                shape.append("")
            elif len(segment) == 1 and isinstance(segment[0], Literal):
                shape.append(segment[0].text)
            else:
                shape.append(None)
                if len(segment) == 1 and isinstance(segment[0], Capture):
                    captures.append((segment[0].name, position))
                else:
                    exact = False
        forms.append(tuple(shape))
    return forms, tuple(captures) if exact else None


def _segments(
    elements: tuple[pattern.Element, ...], slashes: tuple[bool, ...]
) -> list[list[pattern.Element]]:
    """Cut the elements at each "/". `slashes` tells for each `ANY` whether it stands for one."""
    segments: list[list[pattern.Element]] = [[]]
    cuts = iter(slashes)
    for element in elements:
        if isinstance(element, Literal):
            first, *others = element.text.split("/")
            if first:
                segments[-1].append(Literal(first))
            segments += [[Literal(text)] if text else [] for text in others]
        elif element is ANY and next(cuts):
            segments.append([])
        else:
            segments[-1].append(element)
    return segments


def _raw_params(hit: _Hit) -> dict[str, str]:
    _, captures, source = hit
    if captures is None:
        groups: dict[str, str] = source.groupdict()
        return groups
    return {name: source[position] for name, position in captures}


def _convert(raw: dict[str, str]) -> Params:
    params: Params = {}
    for name, value in raw.items():
        params[name] = int(value) if value.isdigit() else value
    return params


__all__ = ["Poisoned", "RouteEngine", "RouteTable"]
