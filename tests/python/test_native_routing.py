"""The native tier: all that the pure tier is held to, and what only an extension can get wrong."""

import gc
import os
import random
import sys
import threading
import tracemalloc
from dataclasses import dataclass
from urllib.parse import parse_qs

import covet_runtime.query
import covet_runtime.routing
import pytest
import test_query
import test_routing_pure
from covet.core.routing import RouteMatch
from covet_runtime import _native
from hypothesis import given
from hypothesis import strategies as st
from route_tables import Oracle, outcome, random_paths, random_table
from test_query import *  # noqa: F403 - the same tests, of the native function
from test_routing_pure import *  # noqa: F403 - the same tests, of the native classes


@pytest.fixture(scope="module", autouse=True)
def _native_in_place_of_pure():
    """Let the tests that come from the other modules find the native tier."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_routing_pure, "RouteTable", _native.RouteTable)
        patch.setattr(test_routing_pure, "RouteEngine", _native.RouteEngine)
        patch.setattr(test_query, "parse_query", _native.parse_query)
        yield


def test_it_is_the_extension_that_is_tested():
    assert test_routing_pure.RouteTable is _native.RouteTable
    assert test_query.parse_query is _native.parse_query
    assert type(_native.parse_query) is type(len)


# --- calls ---------------------------------------------------------------------------------------


class Text(str):
    """A `str` that is not exactly one."""


ENDPOINTS = [("/s", "GET"), ("/{a}/{b}", "GET"), ("/z/{q}", "POST")]

CALLS = [
    (("/s", "GET"), {}),
    (("/s",), {"method": "GET"}),
    ((), {"path": "/s", "method": "GET"}),
    ((), {"method": "GET", "path": "/1/2"}),
    ((Text("/s"), Text("GET")), {}),
    ((Text("/1/é"), "GET"), {}),
    (("/\ud800/1", "GET"), {}),
    (("/1/\ud800\udfff", "GET"), {}),
    (("/1/2", "\ud800"), {}),
    (("/1/\0", "GET"), {}),
    (("/1/2", "GET\0"), {}),
    (("", ""), {}),
    ((), {}),
    (("/s",), {}),
    (("/s", "GET", "more"), {}),
    (("/s",), {"path": "/s"}),
    (("/s", "GET"), {"method": "GET"}),
    (("/s", "GET"), {"x": 1}),
    ((), {"path": "/s", "x": 1}),
    ((b"/s", "GET"), {}),
    (("/s", b"GET"), {}),
    ((None, None), {}),
    ((5, ["GET"]), {}),
]


@pytest.mark.parametrize("call", CALLS, ids=ascii)
@pytest.mark.parametrize("name", ["match_route", "match_id"])
def test_ways_to_call(call, name):
    """The same answer as in pure Python, or an exception of the same type."""
    results = []
    for tier in (covet_runtime.routing, _native):
        arguments, keywords = call
        try:
            result = getattr(tier.RouteTable(ENDPOINTS), name)(*arguments, **keywords)
            if name == "match_route" and result is not None:
                result = (result[0], [(k, type(v), v) for k, v in result[1].items()])
            results.append(result)
        except Exception as error:
            results.append(type(error))
    assert results[0] == results[1]


def test_parameters_are_exactly_str_or_int():
    found = _native.RouteTable(ENDPOINTS).match_route(Text("/5/x"), "GET")
    assert [type(value) for value in found[1].values()] == [int, str]
    assert [type(name) for name in found[1]] == [str, str]


@pytest.mark.parametrize(
    "wrong",
    [None, 5, "/s", [5], ["ab"], [("/s",)], [("/s", "GET", 1)], [(1, "GET")], [("/s", None)],
     [("/<int:x>", "GET")], [("/{a}/{a}", "GET")], [("/{x}[", "GET")]],
    ids=ascii,
)  # fmt: skip
def test_tables_that_are_wrong(wrong):
    with pytest.raises((TypeError, ValueError)):
        _native.RouteTable(wrong)


def test_a_lone_surrogate_cannot_stand_in_a_table():
    """The exporter refuses such a path, so that no tier ever meets it."""
    for endpoint in [("/\ud800", "GET"), ("/x", "\ud800")]:
        with pytest.raises(UnicodeEncodeError):
            _native.RouteTable([endpoint])
        with pytest.raises(UnicodeEncodeError):
            _native.RouteEngine().add_route(endpoint[0], [endpoint[1]], 1)


def test_a_table_cannot_be_changed():
    table = _native.RouteTable(ENDPOINTS)
    with pytest.raises(AttributeError):
        table.match_route = None
    with pytest.raises(AttributeError):
        table.other = 1


def test_functions_outlive_their_table():
    match_route = _native.RouteTable(ENDPOINTS).match_route
    gc.collect()
    assert match_route("/1/2", "GET") == (1, {"a": 1, "b": 2})


def test_answers_share_nothing():
    table = _native.RouteTable(ENDPOINTS)
    first, second = table.match_route("/1/2", "GET"), table.match_route("/1/2", "GET")
    first[1]["a"] = "changed"
    assert second[1]["a"] == table.match_route("/1/2", "GET")[1]["a"] == 1
    first = table.match_route("/s", "GET")
    first[1]["a"] = "changed"
    assert table.match_route("/s", "GET") == (0, {})


def test_more_routes_than_a_byte_can_count():
    """Ten thousand routes of each kind, and 1,000 methods."""
    statics = [(f"/s/{number}", "GET") for number in range(10_000)]
    dynamics = [(f"/d/{number}/{{x}}", "GET") for number in range(10_000)]
    methods = [("/m/{x}", f"M{number}") for number in range(1_000)]
    table = _native.RouteTable(statics + dynamics + methods)
    rng = random.Random(1)
    for number in rng.sample(range(10_000), 500):
        assert table.match_id(f"/s/{number}", "GET") == number
        assert table.match_id(f"/d/{number}/v", "GET") == 10_000 + number
    for number in range(1_000):
        assert table.match_id("/m/v", f"M{number}") == 20_000 + number


# --- threads -------------------------------------------------------------------------------------


@pytest.fixture
def _eager_switching():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_eager_switching")
def test_ten_threads_on_one_table_while_engines_grow():
    rng = random.Random(5)
    routes = [route for _ in range(6) for route in random_table(rng)]
    oracle = Oracle(routes)
    table = _native.RouteTable(oracle.endpoints)
    bound = oracle.bind(table)
    paths = random_paths(rng, routes, 400)
    expected = [oracle.outcome(path, "GET") for path in paths]
    engine = _native.RouteEngine()
    engine.add_route("/r/{id}", ["GET"], -1)
    failures = []

    def match(number):
        for at in range(number, number + 2 * len(paths)):
            path, wanted = paths[at % len(paths)], expected[at % len(paths)]
            if oracle.outcome_of(table, path, "GET") != wanted:
                failures.append(("match_route", path))
            if outcome(bound, path, "GET") != wanted:
                failures.append(("bound", path))

    def grow(number):
        for step in range(60):
            engine.add_route(f"/t{number}/{step}/{{x}}", ["GET"], number)
            engine.add_route(f"/t{number}/{step}/x+/{{x}}", ["GET"], number)
            for path, handler in [(f"/t{number}/{step}/v", number), ("/r/5", -1)]:
                found = engine.match_route(path, "GET")
                if found is None or found["handler_id"] != handler:
                    failures.append(("engine", path, found))

    threads = [threading.Thread(target=match, args=(number,)) for number in range(10)]
    threads += [threading.Thread(target=grow, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert engine.stats() == (0, 1 + 4 * 60 * 2)


# --- leaks ---------------------------------------------------------------------------------------


def leak_cases():
    """Calls of every kind, by name: hits, misses and exceptions."""
    table = _native.RouteTable([*ENDPOINTS, ("/w/{a}-{b}.x", "GET"), ("/r+/(y)?/{c}", "GET")])
    answers = [RouteMatch(len, {}), *[None] * 4]
    odd = [len] * 5
    bound = table.bind(odd, answers, RouteMatch, lambda path, method: None)
    engine = _native.RouteEngine()
    engine.add_route("/s", ["GET"], 1)
    engine.add_route("/{a}/{b}", ["GET"], 2)
    paths = ["/s", "/nothing", "/12/x", "/12/é", "/w/1-2.x", "/rr/y/z", "/1/\ud800", "/1/x\n"]
    for name, function in [("match_route", table.match_route), ("match_id", table.match_id),
                           ("bound", bound), ("engine", engine.match_route)]:  # fmt: skip
        for path in paths:
            yield f"{name} {path!a}", function, (path, "GET"), {}
        yield f"{name} of a subclass", function, (Text("/1/2"), Text("GET")), {}
        yield f"{name} by keyword", function, (), {"path": "/1/2", "method": "GET"}
        yield f"{name} of wrong types", function, (b"/s", None), {}
        yield f"{name} without arguments", function, (), {}
        yield f"{name} with a wrong keyword", function, ("/s", "GET"), {"x": 1}
    for name, function in [("match_route", table.match_route), ("bound", bound)]:
        yield f"{name} of no number", function, ("/1/²", "GET"), {}
        yield f"{name} of an empty group", function, ("/r//z", "GET"), {}
        yield f"{name} of too many digits", function, ("/1/" + "5" * 4301, "GET"), {}
    yield "access to match_route", getattr, (table, "match_route"), {}
    yield "bind", table.bind, (odd, answers, RouteMatch, len), {}
    yield "bind of too few", table.bind, ([], [], RouteMatch, len), {}
    yield "RouteTable", _native.RouteTable, (ENDPOINTS,), {}
    yield "RouteTable of poison", _native.RouteTable, ([("/{a}/{a}", "GET")],), {}
    yield "RouteTable of wrong types", _native.RouteTable, ([("/s", "GET"), (1, 2)],), {}
    yield "parse_query", _native.parse_query, ("a=1&a=%C3%A9&b=+", True), {}
    yield "parse_query of a surrogate", _native.parse_query, ("a=\ud800",), {}
    yield "parse_query of too much", _native.parse_query, ("a&b", False, 1), {}
    yield "parse_query of wrong types", _native.parse_query, (b"a",), {}


def call(function, arguments, keywords, times):
    for _ in range(times):
        try:  # noqa: SIM105 - a context manager would allocate
            function(*arguments, **keywords)
        except Exception:
            pass


# Between them about 400,000 calls.
@pytest.mark.parametrize("case", list(leak_cases()), ids=lambda case: case[0])
def test_nothing_leaks(case):
    name, function, arguments, keywords = case
    times = 500 if "RouteTable" in name or "bind" in name.split() else 8_000
    call(function, arguments, keywords, 50)
    watched = [*arguments, *keywords.values(), function, None, True, RouteMatch, len]
    gc.collect()
    references = [sys.getrefcount(thing) for thing in watched]
    grown = []
    for _ in range(3):  # what leaks does so every time; caches of the interpreter grow once
        blocks = sys.getallocatedblocks()
        call(function, arguments, keywords, times)
        gc.collect()
        grown.append(sys.getallocatedblocks() - blocks)
    assert min(grown) < times / 20
    grown = [sys.getrefcount(thing) - before for thing, before in zip(watched, references)]
    assert max(grown) < times / 20


@pytest.mark.skipif(os.name == "nt", reason="Windows has no `resource` to ask for memory")
def test_memory_outside_of_python_does_not_leak():
    """Rust allocates on its own: paths with surrogates, regex captures, errors, whole tables."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    cases = list(leak_cases())

    def work(times):
        for name, function, arguments, keywords in cases:
            call(function, arguments, keywords, times // 10 if "RouteTable" in name else times)

    work(300)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work(3_000)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit
    assert grown < 4 * 1024 * 1024


def test_tracemalloc_sees_no_growth():
    table = _native.RouteTable(ENDPOINTS)
    tracemalloc.start()
    try:
        call(table.match_route, ("/1/²", "GET"), {}, 100)
        before, _ = tracemalloc.get_traced_memory()
        call(table.match_route, ("/1/²", "GET"), {}, 20_000)
        call(table.match_route, ("/1/2", "GET"), {}, 20_000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000


def test_handlers_are_released_with_the_matcher():
    class Handler:
        pass

    handler = Handler()
    table = _native.RouteTable([("/{a}", "GET")])
    before = sys.getrefcount(handler)
    bound = table.bind([handler], [None], RouteMatch, len)
    found = [bound("/5", "GET") for _ in range(100)]
    assert all(match.handler is handler for match in found)
    del bound, found
    gc.collect()
    assert sys.getrefcount(handler) == before


@dataclass
class _Checked(RouteMatch):
    made = 0

    def __post_init__(self):
        type(self).made += 1


class _Counting(RouteMatch):
    made = 0

    def __init__(self, handler, params):
        type(self).made += 1
        super().__init__(handler, params)


class _New(RouteMatch):
    made = 0

    def __new__(cls, handler, params):
        cls.made += 1
        return super().__new__(cls)


class _Dictionary(dict):
    made = 0

    def __init__(self, handler, params):
        type(self).made += 1
        super().__init__(handler=handler, params=params)
        self.handler, self.params = handler, params


@pytest.mark.parametrize("kind", [_Checked, _Counting, _New, _Dictionary])
def test_a_class_that_somebody_put_in_the_place_of_route_match_is_called(kind):
    table = _native.RouteTable([("/{a}", "GET")])
    before = kind.made
    found = table.bind([len], [None], kind, print)("/5", "GET")
    assert type(found) is kind
    assert (found.handler, found.params) == (len, {"a": 5})
    assert kind.made == before + 1


def test_a_class_with_slots_is_filled():
    class Slots:
        __slots__ = ("handler", "params")

        def __init__(self, handler, params):
            self.handler, self.params = handler, params

    table = _native.RouteTable([("/{a}", "GET")])
    found = table.bind([len], [None], Slots, print)("/x", "GET")
    assert (type(found), found.handler, found.params) == (Slots, len, {"a": "x"})


# --- queries -------------------------------------------------------------------------------------

_QUERY = st.lists(
    st.one_of(
        st.sampled_from(["&", "&&", "=", "==", ";", "+", "%", "%2", "%zz", "%26", "%3D", "%00"]),
        st.sampled_from(["%C3%A9", "%c3%a9", "%C3", "%FF", "%ED%A0%80", "%F0%9F%98%80", "%F0%9F"]),
        st.sampled_from(["é", "日", "\U0001f600", "\ud800", "\udfff", "\0", "\n", " ", "²"]),
        st.text(max_size=4),
    ),
    max_size=12,
).map("".join)


@given(_QUERY, st.booleans(), st.one_of(st.none(), st.integers(-1, 6), st.just(2**70)))
def test_queries_are_those_of_the_standard_library(text, keep_blank_values, max_num_fields):
    results = []
    for parse in (parse_qs, _native.parse_query, covet_runtime.query.parse_query):
        try:
            parsed = parse(text, keep_blank_values=keep_blank_values, max_num_fields=max_num_fields)
            results.append(list(parsed.items()))
        except ValueError as error:
            results.append(str(error))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [(("a=&b=1", 1), {}), (("a=&b=1", ""), {}), (("a=&b=1", "no"), {}), (("a=1", False, 1.5), {}),
     (("a=1&b=2", False, 1.5), {}), (("a=1", False, -1), {}), (("", False, 0), {}),
     (("", True), {}), ((), {"qs": "a=1"}), ((Text("a=1"),), {}),
     (("a=1",), {"keep_blank_values": None, "max_num_fields": True})],
    ids=ascii,
)  # fmt: skip
def test_odd_arguments_of_a_query(arguments, keywords):
    results = []
    for parse in (covet_runtime.query.parse_query, _native.parse_query):
        try:
            results.append(parse(*arguments, **keywords))
        except Exception as error:
            results.append((type(error), str(error)))
    assert results[0] == results[1]
