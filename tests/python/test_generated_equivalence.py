"""Every tier against the framework's own router, on many random route tables.

``COVET_TEST_SEED``, ``COVET_TEST_TABLES`` and ``COVET_TEST_REQUESTS`` choose other tables, and how
many tables and requests for each there are.
"""

import functools
import logging
import os
import random

import covet_runtime.routing
import pytest
from hostile_tables import HOSTILE
from many_tables import compile_tables, routes_toml
from route_tables import Oracle, outcome, random_paths, random_table

SEED = os.environ.get("COVET_TEST_SEED", "1")
TABLES = int(os.environ.get("COVET_TEST_TABLES", "200"))
REQUESTS = int(os.environ.get("COVET_TEST_REQUESTS", "5000"))

METHODS = ["GET", "GET", "GET", "GET", "POST", "G", "E", "get", "GET ", "GET\n", "WEBSOCKET", ""]


@functools.cache
def table_of(number):
    """The table with this number that the framework can compile and that has an endpoint."""
    rng = random.Random(f"{SEED}/{number}")
    while True:
        table = random_table(rng)
        if Oracle(table).endpoints:
            return table


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    """The framework logs an error for each random path that it refuses."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, _quiet):
    """The generated tier of every table of this module, by number or name."""
    print(f"COVET_TEST_SEED={SEED}")
    wanted = {number: Oracle(table_of(number)) for number in range(TABLES)}
    wanted.update({name: hostile.oracle() for name, hostile in HOSTILE.items()})
    texts = [routes_toml(oracle) for oracle in wanted.values()]
    return dict(zip(wanted, compile_tables(texts, tmp_path_factory.mktemp("many"))))


def tiers_of(oracle, generated):
    import covet_runtime._native

    return {
        "generated": generated,
        "native": covet_runtime._native.RouteTable(oracle.endpoints),
        "pure": covet_runtime.routing.RouteTable(oracle.endpoints),
    }


def divergence(oracle, tiers, requests):
    """The first request that a tier answers in another way than the framework, or None."""
    asked = [(name, tier, oracle.bind(tier)) for name, tier in tiers.items()]
    for path, method in requests:
        expected = oracle.outcome(path, method)
        for name, tier, bound in asked:
            for actual in (oracle.outcome_of(tier, path, method), outcome(bound, path, method)):
                if actual != expected:
                    return name, method, path, expected, actual
            found = tier.match_id(path, method)
            handler = None if found is None else oracle.handlers[found].__name__
            if expected[0] != "raises" and handler != (expected[1:2] or (None,))[0]:
                return name, method, path, expected, ("match_id", found)
    return None


def requests_of(rng, table, count):
    own = [method for _, methods in table for method in methods]
    for path in random_paths(rng, table, count):
        yield path, rng.choice(own if own and rng.random() < 0.5 else METHODS)


@pytest.mark.parametrize("number", range(TABLES))
def test_random_tables(compiled, number):
    table = table_of(number)
    oracle = Oracle(table)
    tiers = tiers_of(oracle, compiled[number][0])
    requests = requests_of(random.Random(f"{SEED}/{number}/requests"), table, REQUESTS)
    found = divergence(oracle, tiers, requests)
    assert found is None, f"COVET_TEST_SEED={SEED}, table {number}: {found} on {table}"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tables(compiled, name):
    hostile = HOSTILE[name]
    oracle = hostile.oracle()
    generated, handlers = compiled[name]
    assert handlers == [f"{h.__module__}:{h.__qualname__}" for h in oracle.handlers]
    meant = list(hostile.requests())
    chance = requests_of(random.Random(name), hostile.table, hostile.random_requests)
    assert divergence(oracle, tiers_of(oracle, generated), [*meant, *chance]) is None
    hits = sum(oracle.outcome(*request)[0] == "matches" for request in meant)
    assert hits >= len(oracle.endpoints) / 2


class Crooked:
    """A tier with one fault."""

    def __init__(self, tier, fault):
        self.tier = tier
        self.match_id = tier.match_id
        self.bind = tier.bind
        self.match_route = lambda path, method: fault(tier.match_route, path, method)


def _ignores_a_newline(match_route, path, method):
    return match_route(path.rstrip("\n"), method)


def _keeps_text(match_route, path, method):
    found = match_route(path, method)
    return found and (found[0], {name: str(value) for name, value in found[1].items()})


def _turns_parameters_round(match_route, path, method):
    found = match_route(path, method)
    return found and (found[0], dict(reversed(list(found[1].items()))))


def _takes_the_next(match_route, path, method):
    found = match_route(path, method)
    return found and (found[0] ^ 1, found[1])


def _says_something_else(match_route, path, method):
    try:
        return match_route(path, method)
    except ValueError:
        raise ValueError("not a number") from None


@pytest.mark.parametrize(
    "fault",
    [_ignores_a_newline, _keeps_text, _turns_parameters_round, _takes_the_next,
     _says_something_else],
)  # fmt: skip
def test_the_comparison_can_fail(fault):
    """Control: without it, a comparison that compares nothing would pass as well."""
    table = [("/u/{id}/{name}", ["GET"]), ("/v/{id}/{name}/x", ["GET"])]
    oracle = Oracle(table)
    tier = covet_runtime.routing.RouteTable(oracle.endpoints)
    requests = list(requests_of(random.Random(1), table, 2000))
    assert divergence(oracle, {"pure": tier}, requests) is None
    assert divergence(oracle, {"crooked": Crooked(tier, fault)}, requests) is not None


def test_a_stale_generated_table_is_noticed(compiled):
    """Control: the generated tables are told apart, so none stands in for another."""
    noticed = 0
    for number in range(min(TABLES, 20)):
        table = table_of(number)
        oracle = Oracle(table)
        other = compiled[(number + 1) % TABLES][0]
        tier = covet_runtime.routing.RouteTable(oracle.endpoints)
        matched = Crooked(tier, lambda _, *request, other=other: other.match_route(*request))
        requests = requests_of(random.Random(number), table, 300)
        noticed += divergence(oracle, {"generated": matched}, requests) is not None
    assert noticed >= min(TABLES, 20) // 2
