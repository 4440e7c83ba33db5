"""The Rust reader against the Python reader, on requests that nobody would write.

Every run draws other requests. ``COVET_HTTP_SEED`` repeats a run, ``COVET_HTTP_REQUESTS`` makes it
longer or shorter.
"""

import os
import random
from collections import Counter

import pytest
from covet_runtime.http import IncompleteRequest, InvalidRequest
from http_cases import (
    as_case,
    corpus,
    head_tuple,
    limits,
    rejection_tuple,
    show,
    take,
    tier,
)
from http_mutations import Mutations, minimise

SEED = os.environ.get("COVET_HTTP_SEED") or str(random.SystemRandom().randrange(1 << 32))
REQUESTS = int(os.environ.get("COVET_HTTP_REQUESTS") or 200_000)
BATCHES = 20

PURE = tier("pure")

CORPUS = [case.sent for case in corpus()]

# Limits and whether WebSocket is spoken. The small limits are met by requests of usual size.
SMALL = {
    "request_line": 40, "head": 160, "fields": 5, "leading_lines": 1, "chunk_size_digits": 3,
    "chunk_extensions": 12, "trailers": 20, "body": 30,
}  # fmt: skip
SETTINGS = [(limits({}), True)] * 6 + [(limits({}), False), (limits(SMALL), True)]

TABLE = [("/", "GET"), ("/{a}", "GET"), ("/{a}/{b}", "GET"), ("/{a}/{b}", "POST"), ("*", "OPTIONS")]


def observe(chosen, data, cuts, settings, table=None):
    """What a reader makes of `data`, cut at `cuts`, and of the end of the connection behind it."""
    reader = chosen.RequestReader(settings[0], websocket=settings[1], table=table, now=0.0)
    seen = []
    before = 0
    for cut in cuts:
        reader.feed(data[before:cut], 0.0)
        take(reader, seen)
        before = cut
    reader.feed(data[before:], 0.0)
    take(reader, seen)
    seen.append((reader.state, reader.buffered))
    rejection = reader.eof()
    seen.append(None if rejection is None else rejection_tuple(rejection))
    return seen


def parse(function, data):
    """What a component gives, or what it raises, with all that can be seen of it."""
    try:
        message = function(data)
        return message, list(message), list(message["headers"])
    except UnicodeDecodeError as error:
        return (type(error), str(error), error.args)
    except ValueError as error:
        return (type(error), str(error), error.args, error.code, error.status, error.section,
                error.offset)  # fmt: skip


def fails(data, settings, native, cuts=()):
    """Whether the tiers differ on `data`, however it is cut, or a component does."""
    ways = [(), range(1, len(data)), [cut for cut in cuts if cut < len(data)]]
    if len(data) <= 200:
        ways += [(cut,) for cut in range(1, len(data))]
    whole = observe(PURE, data, (), settings)
    return any(
        observe(chosen, data, way, settings) != whole for chosen in (PURE, native) for way in ways
    ) or any(
        parse(getattr(PURE, name), data) != parse(getattr(native, name), data)
        for name in ("http_parse_request", "http_parse_headers_only")
    )


def report(data, settings, native, cuts):
    """The smallest request that shows the difference, as a case for the corpus."""
    if fails(data, settings, native, cuts):
        data = minimise(data, lambda part: fails(part, settings, native, cuts))
    lines = [f"the tiers differ; COVET_HTTP_SEED={SEED}", repr(settings), repr(data)]
    for chosen in (PURE, native):
        for way, name in (((), "whole"), (range(1, len(data)), "byte by byte"), (cuts, "cut")):
            seen = observe(chosen, data, [cut for cut in way if cut < len(data)], settings)
            lines += [f"{chosen.name}, {name}:", show(seen)]
        lines += [f"{chosen.name}: {parse(chosen.http_parse_request, data)!r}"]
    lines += [as_case("found-by-mutation", data, observe(PURE, data, (), settings))]
    return "\n".join(lines)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_tiers_agree(batch):
    native = tier("native")
    rng = random.Random(f"{SEED} {batch}")
    mutations = Mutations(rng, CORPUS)
    for _ in range(REQUESTS // BATCHES):
        data = mutations.request()
        settings = rng.choice(SETTINGS)
        cuts = sorted(rng.randint(0, len(data)) for _ in range(rng.choice([1, 1, 2, 4])))
        # One tier gets it whole, so that the cut is part of what is compared.
        expected = observe(PURE, data, () if batch % 2 else cuts, settings)
        same = expected == observe(native, data, cuts if batch % 2 else (), settings)
        for name in ("http_parse_request", "http_parse_headers_only"):
            one, other = getattr(PURE, name), getattr(native, name)
            same = same and parse(one, data) == parse(other, data)
        if not same:
            pytest.fail(report(data, settings, native, cuts))


def test_tiers_find_the_same_endpoints():
    """Also on targets with escapes, of which a tier may match the bytes or the text."""
    native = tier("native")
    rng = random.Random(f"{SEED} endpoints")
    mutations = Mutations(rng, [data for data in CORPUS if b"%" in data])
    tables = [(chosen, chosen.RouteTable(TABLE)) for chosen in (PURE, native)]
    found = Counter()
    for _ in range(REQUESTS // BATCHES):
        data = mutations.request()
        answers = []
        for chosen, table in tables:
            reader = chosen.RequestReader(table=table, now=0.0)
            reader.feed(data, 0.0)
            heads = []
            take(reader, [], True, 0.0, heads)
            answers.append([(head.endpoint, head.params) for head in heads])
            found.update(head.endpoint for head in heads)
        assert answers[0] == answers[1], (SEED, data)
    assert len(found) > len(TABLE) or REQUESTS < 20_000


# In these states both tiers hold the same bytes: how far the framing of a body is read ahead is a
# tier's own business.
AT_REST = {"idle", "head", "complete", "closed"}


def call(reader, name, *arguments):
    """What a call gives, and what the reader then says about itself."""
    answer = getattr(reader, name)(*arguments)
    kind = type(answer).__name__
    if kind == "RequestHead":
        answer = head_tuple(answer)
    elif kind == "End":
        answer = ("end", answer.trailers)
    elif kind == "Rejection":
        answer = rejection_tuple(answer)
    if name == "next_request":
        # Whether nothing is left of a body may be found out now or with the next event.
        return answer
    deadline = reader.deadline
    return (
        answer,
        reader.state,
        reader.closed,
        (reader.buffered, reader.wants_input) if reader.state in AT_REST else None,
        None if deadline is None else round(deadline, 6),
    )


def calls(rng, data):
    """A caller that feeds `data` and does what it may do, at any time and in any order."""
    now = 0.0
    taken = [("next_event",)] * 4
    while data:
        now += rng.choice([0.0, 0.0, 0.5, 4.0])
        kind = rng.random()
        if kind < 0.5:
            size = rng.choice([1, 3, 10, 100])
            yield ("feed", data[:size], now)
            data = data[size:]
        elif kind < 0.75:
            yield ("next_event",)
        elif kind < 0.85:
            yield from taken if kind < 0.8 else []
            yield ("next_request", now)
            yield ("next_event",)
        elif kind < 0.94:
            yield ("send_continue",)
        else:
            # These want all events to be taken before.
            yield from taken
            yield ("expire", now) if kind < 0.98 else ("eof",) if kind < 0.99 else ("take_rest",)
    yield from taken
    yield ("next_request", now)
    yield from taken
    yield ("expire", now + 40.0)
    yield ("eof",)


def test_tiers_agree_on_any_sequence_of_calls():
    """Whatever a caller does, in whatever order, both tiers answer the same and are as they say."""
    native = tier("native")
    rng = random.Random(f"{SEED} calls")
    mutations = Mutations(rng, CORPUS)
    tight = limits({"drain": 20, "pipeline": 10, "body_rate": 2})
    for _ in range(REQUESTS // 10):
        data = mutations.request()
        bounds = rng.choice([SETTINGS[0][0], tight])
        readers = [chosen.RequestReader(bounds, now=0.0) for chosen in (PURE, native)]
        done = []
        for step in calls(rng, data):
            done.append(step)
            one, other = (call(reader, *step) for reader in readers)
            assert one == other, f"COVET_HTTP_SEED={SEED}\n{bounds}\n{done}\n{one}\n{other}"


# ── The test itself ────────────────────────────────────────────────────────────────────────────


def test_mutations_reach_everything():
    """Nearly every reason, and enough requests that are accepted."""
    mutations = Mutations(random.Random(1), CORPUS)
    reasons = Counter()
    heads = 0
    settings = (limits(SMALL), True)
    for number in range(6_000):
        seen = observe(PURE, mutations.request(), (), settings if number % 8 == 0 else SETTINGS[0])
        heads += seen[0][0] == "head"
        reasons.update(event[1] for event in seen if event and event[0] == "reject")
    assert heads > 2_000
    assert len(reasons) >= 36, sorted(reasons)


def test_a_difference_is_found_and_made_small():
    """A tier that takes one wrong byte more is caught, with little left of the request."""

    class Lax:
        """The pure tier, but for a vertical tab that it takes for a space."""

        name = "lax"
        http_parse_request = staticmethod(PURE.http_parse_request)
        http_parse_headers_only = staticmethod(PURE.http_parse_headers_only)

        class RequestReader:
            def __init__(self, *arguments, **keywords):
                self._reader = PURE.RequestReader(*arguments, **keywords)

            def feed(self, data, now):
                self._reader.feed(data.replace(b"\x0b", b" "), now)

            def __getattr__(self, name):
                return getattr(self._reader, name)

    rng = random.Random(1)
    mutations = Mutations(rng, CORPUS)
    for _ in range(20_000):
        data = mutations.request()
        if observe(PURE, data, (), SETTINGS[0]) != observe(Lax, data, (), SETTINGS[0]):
            break
    else:
        pytest.fail("no mutation shows it")
    small = minimise(data, lambda part: fails(part, SETTINGS[0], Lax))
    assert len(small) <= 16 + len("GET / HTTP/1.1\r\n\r\n")
    text = report(data, SETTINGS[0], Lax, [3])
    assert "case found-by-mutation" in text
    assert "COVET_HTTP_SEED=" in text


def test_exceptions_are_compared_as_a_whole():
    incomplete = parse(PURE.http_parse_request, b"GET")
    assert incomplete[0] is IncompleteRequest
    assert incomplete[1] == "Incomplete request"
    assert parse(PURE.http_parse_request, b"\0")[0] is InvalidRequest
    wrong = parse(PURE.http_parse_request, b"GET / HTTP/1.1\r\nX: \xff\r\n\r\n")
    assert wrong[0] is UnicodeDecodeError
    assert wrong[2][1] == b"\xff"
