"""The request corpus, in every tier, cut in every way."""

import importlib
import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import quote, unquote

import covet_runtime.http
import pytest
import quirks_covet
from http_cases import (
    GENERATED,
    TIERS,
    Malformed,
    agrees,
    corpus,
    escape,
    limits,
    observe,
    read,
    show,
    tier,
    unescape,
)

CASES = corpus()

GRAMMAR = json.loads(Path(covet_runtime.http.__file__).with_name("grammar.json").read_text("utf-8"))

# Something for the heads of the corpus to find: static and dynamic, escaped and not, and nothing.
ROUTES = [
    ("/", "GET"),
    ("/{a}", "GET"),
    ("/x", "OPTIONS"),
    ("/x", "GET"),
    ("/café/{b}", "GET"),
    ("/{a}/{b}", "GET"),
    ("/", "POST"),
    ("/{n}", "POST"),
    ("/a/b/c", "GET"),
    ("*", "OPTIONS"),
    ("//{a}/x", "GET"),
]


@pytest.fixture(params=[*TIERS, GENERATED])
def chosen(request):
    return tier(request.param)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(chosen, case):
    """What comes out is what the case says, and the same for every way to cut what goes in."""
    bounds = limits(case.limits)
    table = quirks_covet.TABLE if chosen.name == GENERATED else None

    def run(cuts):
        reader = chosen.RequestReader(bounds, table=table, websocket=case.websocket, now=0.0)
        return observe(case, reader, cuts)

    whole = run(())
    assert agrees(whole, case.expected), (
        f"{case.place}: {case.why}\n{show(whole)}\ninstead of\n{show(case.expected)}"
    )
    for cuts in case.cuts():
        seen = run(cuts)
        if seen != whole:
            where = "every byte" if isinstance(cuts, range) else f"bytes {list(cuts)}"
            pytest.fail(f"{case.place}: cut at {where}\n{show(seen)}\ninstead of\n{show(whole)}")
    if chosen.name != "pure":
        # With the headers that the case does not mention.
        reader = tier("pure").RequestReader(bounds, websocket=case.websocket, now=0.0)
        assert whole == observe(case, reader)


def test_heads_find_their_endpoints(chosen):
    """A reader with a route table sees the same, and its heads know what the table answers."""
    table = chosen.RouteTable(ROUTES)
    found = Counter()
    for case in CASES:
        bounds = limits(case.limits)
        for cuts in ((), range(1, len(case.sent)) if len(case.sent) < 4096 else ()):
            heads = []
            reader = chosen.RequestReader(bounds, table=table, websocket=case.websocket, now=0.0)
            seen = observe(case, reader, cuts, heads)
            assert agrees(seen, case.expected), case.place
            for head in heads:
                expected = table.match_route(head.path, head.method) or (None, None)
                assert (head.endpoint, head.params) == expected, case.place
                found[head.endpoint] += 1
    assert set(found) == {None, *range(len(ROUTES))}


def test_heads_without_a_table_find_nothing(chosen):
    for case in CASES:
        heads = []
        reader = chosen.RequestReader(limits(case.limits), websocket=case.websocket, now=0.0)
        observe(case, reader, (), heads)
        assert all(head.endpoint is None and head.params is None for head in heads)


@pytest.mark.parametrize("name", ["hello_covet", "quirks_covet"])
def test_a_generated_reader_finds_what_its_table_answers(name):
    """The path is matched on the received bytes, and parameters are taken from them."""
    module = importlib.import_module(name)
    reader = module.RequestReader(table=module.TABLE)
    texts = ["7", "x", "007", "%C3%A9", "%D9%A3", "a%2Fb", "1.5", "5%0A", "%C2%B2", "a-b", "%zz"]
    found = Counter()
    # A method that is no token and a path that is no target cannot be asked for over HTTP.
    routes = [route for route in module.ROUTES if route[0].isalnum() and route[1][:1] == "/"]
    assert len(routes) > 0.9 * len(module.ROUTES)
    for method, path, _ in routes:
        for text in texts:
            sent = quote(re.sub(r"\{\w+\}|<\w+>", text, path), safe="/%{}<>|*+?()^$.[]!~:@&=;,'")
            target = sent.encode("ascii").partition(b"?")[0]
            reader.feed(b"%s %s HTTP/1.1\r\nHost: a\r\n\r\n" % (method.encode(), target), 0.0)
            head = reader.next_event()
            assert head.path == unquote(target.decode("ascii"))
            assert outcome(lambda head=head: (head.endpoint, head.params)) == outcome(
                lambda head=head: module.match_route(head.path, head.method) or (None, None)
            )
            found[outcome(lambda head=head: head.endpoint) is None] += 1
            assert reader.next_request(0.0)
    assert found[False] > len(module.ROUTES)


def outcome(function):
    """What a function gives, or the exception that it raises, comparable."""
    try:
        return function()
    except (ValueError, AttributeError) as error:  # those that the framework's matching has
        return type(error), str(error)


# ── The corpus itself ──────────────────────────────────────────────────────────────────────────


def test_the_corpus_is_large_and_its_names_are_unique():
    assert len(CASES) >= 300
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


def test_every_reason_is_provoked():
    reasons = {reason["code"]: reason["status"] for reason in GRAMMAR["reasons"]}
    provoked = {}
    for case in CASES:
        for observation in case.expected:
            if observation[0] == "reject":
                provoked[observation[1]] = observation[2]
    assert provoked == reasons


def test_every_singleton_and_forbidden_trailer_is_provoked():
    names = {case.name for case in CASES}
    assert {f"repeated-{name}" for name in GRAMMAR["singletons"]} <= names
    assert {f"trailer-forbidden-{name}" for name in GRAMMAR["forbidden_trailers"]} <= names


SAMPLE = r"""
# A comment.
case first
why RFC 9112 §2: because
limits body=9 head_seconds=0.5
line GET /%41 HTTP/1.1
send Host:\s{ab*3}\r\n\r\n{|}G\x00\{{!}\}
head GET /%41 1.1
  raw-path /%41
  path /A
  field host: ababab
  keep-alive no
end
  trailer x: y
data a
data b
reject 400 method

case second
why RFC 9112 §2: because
now 2.5
send a
now 3
send b
eof
next yes
state idle
"""


def test_how_a_case_is_read():
    first, second = read(SAMPLE, "sample")
    assert first.sent == b"GET /%41 HTTP/1.1\r\nHost: ababab\r\n\r\nG\0{}"
    assert first.limits == {"body": 9, "head_seconds": 0.5}
    assert first.automatic
    headers = ((b"host", b"ababab"),)
    assert first.expected == [
        ("head", "GET", b"/%41", "1.1", b"/%41", "/A", b"", headers, False, False, None, None,
         False),
        ("end", ((b"x", b"y"),)),
        ("data", b"ab"),
        ("reject", "method", 400, 3, False),
        ("state", "closed"),
    ]  # fmt: skip
    assert second.steps == [
        ("feed", b"a", 2.5), ("feed", b"b", 3.0), ("eof", 3.0), ("next", 3.0), ("state",),
    ]  # fmt: skip
    assert not second.automatic


@pytest.mark.parametrize(
    "lines",
    [
        "send a",
        "case a\nsend a\nstate idle",
        "case a\nwhy RFC 9112 §2: b",
        "case a\nwhy because\nsend a\nstate idle",
        "case A b\nwhy RFC 9112 §2: b\nsend a\nstate idle",
        "case a\nwhy RFC 9112 §2: b\nsend a\nreject 400 method",
        "case a\nwhy RFC 9112 §2: b\nsend {!}a{!}\nreject 400 method",
        "case a\nwhy RFC 9112 §2: b\nsend {!}a\nstate idle",
        "case a\nwhy RFC 9112 §2: b\nsend a\ncontinue no",
        "case a\nwhy RFC 9112 §2: b\nsend \\q\nstate idle",
        "case a\nwhy RFC 9112 §2: b\nsend {a\nstate idle",
        "case a\nwhy RFC 9112 §2: b\nsend é\nstate idle",
        "case a\nwhy RFC 9112 §2: b\nnonsense a\nstate idle",
        "case a\nwhy RFC 9112 §2: b\nsend a\nhead GET / 1.1\n  nonsense a\nend",
        "case a\nwhy RFC 9112 §2: b\nsend a\nhead GET / 2.0\nend",
        "case a\nwhy RFC 9112 §2: b\nsend a\nhead GET /%41 1.1\nend",
        "case a\nwhy RFC 9112 §2: b\nsend a\n  field a: b\nstate idle",
    ],
)
def test_a_malformed_case_is_refused(lines):
    with pytest.raises(Malformed):
        read(lines, "sample")


def test_escapes_go_there_and_back():
    everything = bytes(range(256))
    assert unescape(escape(everything)) == everything
