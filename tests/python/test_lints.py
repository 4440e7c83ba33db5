"""What the lints say of random tables, held against the framework itself.

The lints decide by automata. Here the framework's own router and `re` have the last word: requests
that are to show something have to show it, and a route that is called unreachable must never be
found, whatever is asked for.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from covet_runtime import pattern
from many_tables import routes_toml
from route_tables import Oracle, framework_accepts, random_paths, random_table

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()

TABLES = 400
PATHS = 300

# Tables of these meet each other all the time.
PIECES = ["a", "b", "{}", "a{}", "{}a", "{}-{}", "{}{}", ".", "{}.a", ""]


class Route(NamedTuple):
    """A route of the exported table."""

    path: str
    methods: list[str]
    handler: Any
    expression: re.Pattern[str] | None


class Case(NamedTuple):
    """A table, and what the lints say of it."""

    table: list[tuple[str, Any]]
    oracle: Oracle
    routes: list[Route]
    findings: list[tuple[int, dict[str, Any]]]
    overlaps: list[tuple[int, int, str]]


def crowded_table(rng: random.Random) -> list[tuple[str, list[str]]]:
    """A table of short paths, many of which overlap."""
    table = []
    for _ in range(rng.choice([2, 4, 8, 16])):
        path = "".join("/" + rng.choice(PIECES) for _ in range(rng.choice([1, 2, 2, 3])))
        for name in "uvwxyz":
            path = path.replace("{}", f"{{{name}}}", 1)
        methods = rng.choice([["GET"], ["GET"], ["PUT"], ["GET", "PUT"]])
        if framework_accepts(path):
            table.append((path, methods))
    return table or [("/", ["GET"])]


def routes_of(oracle: Oracle) -> list[Route]:
    """The routes as they are in routes.toml: endpoints of one handler and path, side by side."""
    routes: list[Route] = []
    expressions = {info.pattern: info.regex_pattern for info in oracle.router.dynamic_routes}
    for (path, method), handler in zip(oracle.endpoints, oracle.handlers):
        last = routes[-1] if routes else None
        if last is None or (last.path, last.handler) != (path, handler):
            routes.append(Route(path, [], handler, expressions.get(path)))
        routes[-1].methods.append(method)
    return routes


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Random tables, all linted by one run of the program for it."""
    rng = random.Random(17)
    folder = tmp_path_factory.mktemp("lints")
    tables: list[list[Any]] = []
    while len(tables) < TABLES:
        table = crowded_table(rng) if len(tables) % 2 else random_table(rng)
        # A route without methods is in the table and has no endpoint to know it by.
        table = [(path, methods) for path, methods in table if methods]
        if table:
            tables.append(table)
    oracles = [Oracle(table) for table in tables]
    for number, oracle in enumerate(oracles):
        (folder / f"{number}.toml").write_bytes(routes_toml(oracle).encode("utf-8"))
    subprocess.run(
        ["cargo", "run", "-q", "--locked", "-p", "covet-tests", "--bin", "lint-tables", "--",
         folder, folder / "found"],
        cwd=REPOSITORY, env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)}, check=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    lines = (folder / "found").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(tables)
    return [
        Case(table, oracle, routes_of(oracle), found["findings"], found["overlaps"])
        for table, oracle, found in zip(tables, oracles, map(json.loads, lines))
    ]


def request(witness: str) -> tuple[str, str]:
    """Method and path, as the server gives them to the app."""
    method, _, target = witness.partition(" ")
    assert target.startswith("/")
    assert target.isascii()
    return method, unquote(target)


def matches(route: Route, path: str) -> bool:
    if route.expression is None:
        return route.path == path
    return route.expression.match(path) is not None


class Finding(NamedTuple):
    """A finding, and the route and the methods that it is about."""

    case: Case
    route: Route
    methods: list[str]
    severity: str
    code: str
    message: str
    witness: str | None


def findings(cases: list[Case], *codes: str) -> Iterator[Finding]:
    for case in cases:
        for position, found in case.findings:
            if found["code"] in codes:
                route = case.routes[position]
                subject, _, _ = found["message"].partition("route '")
                methods = subject.removesuffix(" of ").split(", ")
                yield Finding(
                    case, route, methods if subject.endswith(" of ") else route.methods,
                    found["severity"], found["code"], found["message"], found["witness"],
                )  # fmt: skip


def handler_found(oracle: Oracle, path: str, method: str) -> Any:
    """The handler that the framework finds, None when there is none or it raises."""
    try:
        found = oracle.router.match_route(path, method)
    except Exception:
        return None
    return found and found.handler


def test_overlaps_are_matched_by_both_routes(cases):
    count = 0
    for case in cases:
        for first, second, witness in case.overlaps:
            method, path = request(witness)
            for route in (case.routes[first], case.routes[second]):
                assert method in route.methods
                assert matches(route, path), (route, witness)
            count += 1
    assert count > 1_000


def test_a_route_that_is_never_reached_is_never_found(cases):
    rng = random.Random(3)
    count = 0
    for finding in findings(cases, "CVT080", "CVT081", "CVT083"):
        if finding.severity != "error":
            continue
        paths = random_paths(rng, finding.case.table, PATHS)
        paths += [request(witness)[1] for _, _, witness in finding.case.overlaps]
        for path in paths:
            # Other paths are those of no request.
            for method in finding.methods if path.startswith("/") else []:
                found = handler_found(finding.case.oracle, path, method)
                assert found is not finding.route.handler, (finding, path)
        count += 1
    assert count > 350


def test_a_route_that_no_random_path_finds_is_called_unreachable(cases):
    """The other way round it is a guess, which holds for nearly all routes of short paths."""
    rng = random.Random(5)
    reached, unreached, called = 0, 0, 0
    for case in cases[1::2]:
        found = {
            (id(handler_found(case.oracle, path, method)), method)
            for path in random_paths(rng, case.table, PATHS)
            for method in ("GET", "PUT")
        }
        never = {
            (id(finding.route.handler), method)
            for finding in findings([case], "CVT080", "CVT081")
            for method in finding.methods
        }
        for route in case.routes:
            for method in route.methods:
                endpoint = (id(route.handler), method)
                reached += endpoint in found
                unreached += endpoint not in found
                called += endpoint in never
                assert not (endpoint in never and endpoint in found), route
    assert reached > 500
    assert called > 0.8 * unreached, (called, unreached)


def test_witnesses_show_what_is_said(cases):
    count: dict[str, int] = defaultdict(int)
    for finding in findings(cases, "CVT080", "CVT081", "CVT082", "CVT085"):
        if finding.witness is None:
            continue
        method, path = request(finding.witness)
        assert method in finding.methods
        assert matches(finding.route, path), finding
        # What is left to `re` may take the path besides.
        if not any(is_left_to_re(route) for route in finding.case.routes):
            found = handler_found(finding.case.oracle, path, method)
            assert (found is finding.route.handler) == (finding.code == "CVT085"), finding
            count[finding.code] += 1
    assert len(count) == 4, count
    assert min(count.values()) > 20, count


def is_left_to_re(route: Route) -> bool:
    return isinstance(pattern.parse(route.path), pattern.Regex)
