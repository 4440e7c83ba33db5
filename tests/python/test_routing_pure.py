"""The pure tier against the framework's own router."""

import random
import sys
import threading
import weakref

import pytest
from covet.core.routing import RouteMatch
from covet_runtime.routing import RouteEngine, RouteTable
from route_tables import Oracle, outcome, random_paths, random_table

METHODS = ["GET", "POST", "G", "get", "WEBSOCKET", "OPTIONS", ""]


@pytest.mark.parametrize("seed", range(150))
def test_equals_the_framework(seed):
    rng = random.Random(seed)
    table = random_table(rng)
    oracle = Oracle(table)
    tier = RouteTable(oracle.endpoints)
    bound = oracle.bind(tier)
    for path in random_paths(rng, table, 80):
        method = rng.choice(["GET"] * 6 + METHODS)
        expected = oracle.outcome(path, method)
        why = f"{method} {path!r} on {table}"
        assert oracle.outcome_of(tier, path, method) == expected, why
        assert outcome(bound, path, method) == expected, why
        endpoint = tier.match_id(path, method)
        if expected[0] == "none":
            assert endpoint is None
        elif expected[0] == "matches":
            assert oracle.handlers[endpoint].__name__ == expected[1]


def check(table, *requests):
    """Compare a table with the framework on some requests; return the ids."""
    oracle = Oracle(table)
    tier = RouteTable(oracle.endpoints)
    for path, method in requests:
        assert oracle.outcome_of(tier, path, method) == oracle.outcome(path, method), path
    return [tier.match_id(path, method) for path, method in requests]


def gets(*paths):
    return [(path, ["GET"]) for path in paths]


@pytest.mark.parametrize(
    "value",
    ["", "0", "7", "007", "-5", "5.0", "5\n", "\n", "٣", "²", "1" * 4300, "1" * 4301, "x" * 10_000,
     "a/b", "%2F", "é", "\u2028", "\ud800"],
    ids=lambda value: ascii(value)[:12],
)  # fmt: skip
def test_values(value):
    paths = [f"/u/{value}", f"/v/{value}/x", f"/v/{value}/x\n", f"/w/{value}-5"]
    table = gets("/u/{id}", "/v/{id}/x", "/w/{a}-{b}")
    check(table, *((path, "GET") for path in paths))


def test_first_registration_wins_not_the_most_specific():
    assert check(gets("/{a}/x", "/b/{c}"), ("/b/x", "GET"), ("/b/y", "GET")) == [0, 1]
    assert check(gets("/b/{c}", "/{a}/x"), ("/b/x", "GET"), ("/z/x", "GET")) == [0, 1]


def test_a_capture_swallows_the_newline_before_a_later_route_gets_it():
    assert check(gets("/u/{a}", "/u/<b>"), ("/u/x\n", "GET")) == [0]
    assert check(gets("/{a}/x", "/{a}/{b}"), ("/1/x\n", "GET"), ("/1/x\n\n", "GET")) == [0, 1]


def test_a_dot_may_be_a_slash():
    assert check(gets("/a.b/{c}", "/{x}/{y}/{z}"), ("/a/b/c", "GET"), ("/a.b/c", "GET"),
                 ("/a\nb/c", "GET")) == [0, 0, None]  # fmt: skip


def test_regex_routes_keep_their_place():
    table = gets("/a/{x}", "/[ab]/{y}", "/b/{z}")
    assert check(table, ("/a/1", "GET"), ("/b/1", "GET")) == [0, 1]
    assert RouteTable([(path, "GET") for path, _ in table]).regex_ids() == [1]


def test_an_empty_group_raises_as_the_framework_does():
    table = gets("/{a}(?P<b>x)?/")
    with pytest.raises(AttributeError):
        RouteTable([(path, "GET") for path, _ in table]).match_route("/1/", "GET")
    check(table, ("/1/", "GET"), ("/1x/", "GET"))


def test_match_id_converts_nothing():
    assert RouteTable([("/{a}", "GET")]).match_id("/²", "GET") == 0


def test_precedence_in_any_mixture():
    tier = RouteTable([("/{a}", "GET"), ("/s", "GET"), ("/<b>", "GET"), ("/s", "GET")])
    assert tier.match_id("/s", "GET") == 3
    assert tier.match_id("/x", "GET") == 0


def test_bad_tables_and_arguments():
    with pytest.raises(ValueError, match="/<int:x>"):
        RouteTable([("/<int:x>", "GET")])
    with pytest.raises(TypeError):
        RouteTable([("/x", 1)])
    tier = RouteTable([("/x", "GET")])
    for arguments in [(b"/x", "GET"), ("/x", None), (None, None)]:
        with pytest.raises(TypeError):
            tier.match_route(*arguments)
        with pytest.raises(TypeError):
            tier.match_id(*arguments)
    with pytest.raises(ValueError, match="1 endpoints"):
        tier.bind([], [], RouteMatch, None)
    with pytest.raises(ValueError, match="no answer"):
        tier.bind([check], [None], RouteMatch, None)


def test_bound_matcher_returns_genuine_matches():
    oracle = Oracle(gets("/s", "/{a}"))
    bound = oracle.bind(RouteTable(oracle.endpoints))
    assert bound("/s", "GET") is oracle.answers[0]
    found = bound("/5", "GET")
    assert type(found) is RouteMatch
    assert found == RouteMatch(oracle.handlers[1], {"a": 5})
    assert bound("/5", "GET").params is not found.params


def test_bound_matcher_leaves_strange_arguments_to_the_original():
    class Text(str):
        pass

    asked = []
    bound = RouteTable([]).bind([], [], RouteMatch, lambda *given: asked.append(given))
    bound(Text("/"), "GET")
    bound("/", Text("GET"))
    bound(None, [])
    assert asked == [("/", "GET"), ("/", "GET"), (None, [])]


def test_bound_matcher_keeps_nothing_alive():
    class Handler:
        pass

    handler = Handler()
    bound = RouteTable([("/{a}", "GET")]).bind([handler], [None], RouteMatch, None)
    gone = weakref.ref(handler)
    del handler, bound
    assert gone() is None


def test_work_does_not_grow_with_the_table():
    def steps(count):
        """How many lines of Python one match takes."""
        tier = RouteTable([(f"/r{number}/{{a}}/x/{{b}}", "GET") for number in range(count)])
        lines = 0

        def trace(frame, event, argument):
            nonlocal lines
            lines += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            tier.match_route(f"/r{count - 1}/1/x/2", "GET")
        finally:
            sys.settrace(before)
        return lines

    assert steps(1000) == steps(10)


def test_many_overlapping_branches_stay_exact():
    paths = ["/" + "/".join(f"{{c{i}}}" if mask >> i & 1 else "x" for i in range(8))
             for mask in range(256)]  # fmt: skip
    random.Random(1).shuffle(paths)
    paths = [path for path in paths if "{" in path]
    check(gets(*paths), *((path.replace("{", "").replace("}", ""), "GET") for path in paths))


class TestRouteEngine:
    def test_the_contract(self):
        engine = RouteEngine()
        engine.add_route("/", ["GET"], 7)
        engine.add_route("/users/{id}", ["GET", "post"], 8)
        assert engine.match_route("/", "GET") == {"handler_id": 7, "params": {}, "method": "GET"}
        assert engine.match_route("/users/007", "POST") == {
            "handler_id": 8, "params": {"id": "007"}, "method": "POST",
        }  # fmt: skip
        assert engine.match_route("/users/007", "PUT") is None
        assert engine.stats() == (1, 1)

    def test_routes_may_come_late(self):
        engine = RouteEngine()
        assert engine.match_route("/a", "GET") is None
        engine.add_route("/{x}", ["GET"], 1)
        assert engine.match_route("/a", "GET")["handler_id"] == 1
        engine.add_route("/a", ["GET"], 2)
        assert engine.match_route("/a", "GET")["handler_id"] == 2

    def test_a_poisoned_path_is_refused_at_once(self):
        engine = RouteEngine()
        with pytest.raises(ValueError, match="<int:x>"):
            engine.add_route("/<int:x>", ["GET"], 1)
        assert engine.stats() == (0, 0)

    def test_methods_are_what_iterating_gives(self):
        engine = RouteEngine()
        engine.add_route("/x", "get", 1)
        assert engine.match_route("/x", "GET") is None
        assert engine.match_route("/x", "G")["handler_id"] == 1
        engine.add_route("/y", iter(["Get"]), 2)
        assert engine.match_route("/y", "GET")["handler_id"] == 2

    def test_threads(self):
        engine = RouteEngine()
        engine.add_route("/r/{id}", ["GET"], -1)
        failures = []

        def work(number):
            for step in range(100):
                engine.add_route(f"/t{number}/{step}/{{x}}", ["GET"], number)
                found = engine.match_route(f"/t{number}/{step}/v", "GET")
                if found is None or found["handler_id"] != number:
                    failures.append((number, step, found))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert engine.stats() == (0, 401)
