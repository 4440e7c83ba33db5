"""Details of the pure HTTP tier that a shared corpus cannot see."""

import json
import math
import pickle
import string
import subprocess
import sys
import time
from pathlib import Path

import covet_runtime
import pytest
from covet_runtime import metrics
from covet_runtime.http import (
    End,
    IncompleteRequest,
    InvalidRequest,
    Limits,
    Rejection,
    RequestHead,
    RequestReader,
    grammar,
    head,
    http_parse_headers_only,
    http_parse_request,
    syntax,
    target,
)
from covet_runtime.http.body import PIECE
from covet_runtime.http.scan import HeadScan
from covet_runtime.routing import RouteTable
from hypothesis import given
from hypothesis import strategies as st

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
EXPECTING = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"


def all_events(reader):
    found = []
    while (event := reader.next_event()) is not None:
        found.append(event)
    return found


def read(data, limits=None, **options):
    """A reader that was fed `data`, and its events."""
    reader = RequestReader(limits, **options)
    reader.feed(data, 0.0)
    return reader, all_events(reader)


def head_of(data, **options):
    event = read(data, **options)[1][0]
    assert isinstance(event, RequestHead), event
    return event


def code_of(data, limits=None):
    event = read(data, limits)[1][-1]
    assert isinstance(event, Rejection), event
    return event.code


def seconds(action):
    """The processor time of the fastest of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


# The grammar.


def test_classes_are_those_of_the_standards():
    alphanumeric = string.ascii_letters + string.digits
    visible = set(range(0x21, 0x7F))
    upper_half = set(range(0x80, 0x100))
    white = set(b" \t")
    expected = {
        "token": set(b"!#$%&'*+-.^_`|~" + alphanumeric.encode()),
        "target": visible - set(b"#"),
        "value": visible | white | upper_half,
        "host": set(b"-._~!$&'()*+;=" + alphanumeric.encode()),
        "ip_literal": set(string.hexdigits.encode() + b":."),
        "quoted": (visible | white | upper_half) - set(b'"\\'),
        "quoted_pair": visible | white | upper_half,
        "hex": set(string.hexdigits.encode()),
    }
    assert expected == grammar.CLASSES


def test_every_status_has_a_phrase_and_every_text_reads_as_a_clause():
    assert set(grammar.STATUS_PHRASES) == {reason.status for reason in grammar.REASONS.values()}
    for reason in grammar.REASONS.values():
        assert reason.section.startswith("RFC ")
        assert reason.text[0].islower()
        assert reason.text[-1] != "."


def test_lists_hold_lower_case_tokens_once():
    path = Path(grammar.__file__).with_name("grammar.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    allowed = set(string.ascii_lowercase + string.digits + "-")
    for key in ("field_names", "singletons", "forbidden_trailers"):
        assert len(set(document[key])) == len(document[key])
        for name in document[key]:
            assert allowed.issuperset(name)
    assert set(document["singletons"]) <= set(document["field_names"])
    assert set(document["forbidden_trailers"]) <= set(document["field_names"])


# Limits.


@pytest.mark.parametrize(
    "wrong",
    [
        {"head": 16 * 1024 * 1024 + 1},
        {"request_line": 101, "head": 100},
        {"fields": 1001},
        {"chunk_size_digits": 17},
        {"trailers": 16 * 1024 * 1024 + 1},
        {"body": -1},
        {"drain": 0},
        {"leading_lines": 0},
        {"pipeline": 1 << 63},
        {"head_seconds": 0},
        {"body_rate": math.nan},
    ],
)
def test_limits_out_of_range(wrong):
    with pytest.raises(ValueError, match="the limit"):
        Limits(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"fields": "10"}, {"fields": 1.5}, {"fields": True}, {"head": None}]
)
def test_limits_that_are_no_numbers(wrong):
    with pytest.raises(TypeError, match="the limit"):
        Limits(**wrong)


def test_limits_that_are_allowed():
    assert Limits(body=0).body == 0
    assert Limits(body=None).body is None
    assert Limits(head_seconds=0.5).head_seconds == 0.5
    assert Limits() == Limits(**grammar.LIMITS)


# Refusals.


def test_a_rejection_tells_who_asks_what_is_wrong_and_where():
    rejection = Rejection("bare-lf", 17)
    assert (rejection.status, rejection.section) == (400, "RFC 9112 §2.2")
    assert rejection.message == "Invalid request: line feed without a carriage return"
    assert str(rejection) == f"{rejection.message} (bare-lf, RFC 9112 §2.2, byte 17)"
    assert rejection.log_line() == "400 bare-lf at byte 17 (RFC 9112 §2.2)"
    text = f"{rejection.message} (bare-lf)\n".encode()
    before, after = rejection.response().split(b"\r\n\r\n")
    assert after == text
    assert before.split(b"\r\n") == [
        b"HTTP/1.1 400 Bad Request",
        b"content-type: text/plain; charset=utf-8",
        b"content-length: %d" % len(text),
        b"connection: close",
    ]


def test_the_answer_to_head_has_no_body():
    without = Rejection("host-missing", 20, True).response()
    assert without == Rejection("host-missing", 20).response().partition(b"\r\n\r\n")[0] + (
        b"\r\n\r\n"
    )


def test_the_answer_to_a_wrong_upgrade_says_which_one_is_right():
    response = Rejection("websocket-upgrade", 20).response()
    assert response.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert (
        b"\r\nconnection: close, upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    ) in response


@pytest.mark.parametrize("error", [InvalidRequest("method", 3), IncompleteRequest(5)])
def test_errors_are_value_errors_that_can_be_sent(error):
    assert isinstance(error, ValueError)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.code, copy.status, copy.section, copy.offset) == (
        str(error),
        error.code,
        error.status,
        error.section,
        error.offset,
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"HEAD / HTTP/9.9\r\n\r\n", True),
        (b"HEAD /" + b"a" * 9000, True),
        (b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx", True),
        (b"HEADS / HTTP/9.9\r\n\r\n", False),
        (b"\r\nHEAD / HTTP/9.9\r\n\r\n", True),
        (b"\r\n\r\n\r\nHEAD / HTTP/1.1\r\n", False),
    ],
)
def test_head_request(data, expected):
    assert read(data)[1][-1].head_request is expected


# Targets.


@pytest.mark.parametrize(
    ("method", "text", "expected"),
    [
        (b"GET", b"/a/b?c?d", (b"/a/b", b"c?d", None)),
        (b"GET", b"//a", (b"//a", b"", None)),
        (b"OPTIONS", b"*", (b"*", b"", None)),
        (b"GET", b"http://h", (b"/", b"", b"h")),
        (b"GET", b"HTTPS://h:8/p?q", (b"/p", b"q", b"h:8")),
        (b"GET", b"http://h?q", (b"/", b"q", b"h")),
        (b"OPTIONS", b"http://h", (b"*", b"", b"h")),
        (b"OPTIONS", b"http://h?", (b"/", b"", b"h")),
        (b"OPTIONS", b"http://h/", (b"/", b"", b"h")),
        (b"CONNECT", b"h:80", (b"h:80", b"", None)),
        (b"CONNECT", b"[::1]:80", (b"[::1]:80", b"", None)),
        (b"GET", b"*", None),
        (b"CONNECT", b"h", None),
        (b"CONNECT", b"h:", None),
        (b"CONNECT", b"h:65536", None),
        (b"CONNECT", b"/", None),
        (b"GET", b"a", None),
        (b"GET", b"ftp://h/", None),
        (b"GET", b"http:///", None),
        (b"GET", b"http://u@h/", None),
        (b"GET", b"http://h:65536/", None),
    ],
)
def test_targets(method, text, expected):
    assert target.split(method, text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a", True),
        (b"a.b-c_~!$&'()*+;=", True),
        (b"%41%c3", True),
        (b"a:", True),
        (b"a:65535", True),
        (b"a:00080", True),
        (b"[::]", True),
        (b"[1:2.3.4.5:]:80", True),
        (b"", False),
        (b":80", False),
        (b"a:65536", False),
        (b"a:000080", False),
        (b"%4", False),
        (b"a%zz", False),
        (b"a,b", False),
        (b"a b", False),
        (b"a/b", False),
        (b"u@a", False),
        (b"[:]", False),
        (b"[]", False),
        (b"[::", False),
        (b"[::1]a", False),
    ],
)
def test_authorities(value, expected):
    assert target.is_authority(value) is expected


@pytest.mark.parametrize(
    "value",
    [b"a" * 60000 + b"/", b"%41" * 20000 + b"/", b"[" + b":" * 60000 + b"/", b"[" + b"1" * 60000],
)
def test_a_long_authority_takes_no_longer_than_its_length(value):
    assert seconds(lambda: target.is_authority(value)) < 0.1


# Heads.


PIECES = st.sampled_from(
    [
        *(b"GET", b"CONNECT", b"OPTIONS", b" ", b"/", b"*", b"/a?b", b"http://h/", b"h:1", b"#"),
        *(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"HTTP/2.0", b"\r\n", b"\r\n\r\n", b"\n", b"\r"),
        *(b"Host: a", b"A:", b":", b"\t", b"\0", b"\xff", b"a\r\n", b"B:\t b \r\n", b"\r\n"),
    ]
)


@given(
    st.lists(PIECES, max_size=12).map(b"".join),
    st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"GET "]),
)
def test_what_is_accepted_in_one_step_has_nothing_wrong_step_by_step(rest, start):
    data = start + rest + b"\r\n\r\n"
    limits = Limits(request_line=30, head=60, fields=2)
    found = syntax.whole(data, limits)
    try:
        scan = HeadScan(limits)
        end = scan.advance(data)
        spans = list(syntax.fields(data, syntax.after_request_line(data, scan.line), limits.fields))
    except InvalidRequest:
        assert found is None
        return
    assert (found is None) is (scan.line > 0)
    if found is not None:
        assert found[1] == end
        assert head.split_lines(found[0].lines) == [
            (data[span.name : span.name_end].lower(), data[span.value : span.value_end])
            for span in spans
        ]


def test_a_head_keeps_what_was_sent():
    found = head_of(
        b"POST /a%20%C3%A9%FF?x=1&x=&y=%41 HTTP/1.1\r\n"
        b"hOsT: a\r\nX-One: \t1 \xe9\t\r\nx-one:2\r\n\r\n"
    )
    assert found.method == "POST"
    assert found.target == b"/a%20%C3%A9%FF?x=1&x=&y=%41"
    assert found.raw_path == b"/a%20%C3%A9%FF"
    assert found.path == "/a é\ufffd"
    assert found.query_string == b"x=1&x=&y=%41"
    assert found.query() == {"x": ["1"], "y": ["A"]}
    assert found.query(keep_blank_values=True) == {"x": ["1", ""], "y": ["A"]}
    assert found.headers == [(b"host", b"a"), (b"x-one", b"1 \xe9"), (b"x-one", b"2")]
    assert found.header("X-ONE") == b"2"
    assert found.header("x-two") is None
    assert found.header("x-\u212ane") is None
    with pytest.raises(TypeError, match="a str, not bytes"):
        found.header(b"x-one")


def test_the_authority_of_a_target_overrides_the_host():
    found = head_of(b"GET http://b:1/ HTTP/1.1\r\nA: 1\r\nHost: a\r\n\r\n")
    assert found.headers == [(b"a", b"1"), (b"host", b"b:1")]
    assert found.header("host") == b"b:1"
    found = head_of(b"GET http://b HTTP/1.0\r\nA: 1\r\n\r\n")
    assert found.headers == [(b"host", b"b"), (b"a", b"1")]


def test_the_endpoint_comes_from_the_table():
    table = RouteTable([("/a", "GET"), ("/items/{key}", "GET")])
    found = head_of(GET.replace(b"/ ", b"/items/%34%32?x ", 1), table=table)
    assert (found.endpoint, found.params) == (1, {"key": 42})
    found = head_of(GET.replace(b"/ ", b"/b ", 1), table=table)
    assert (found.endpoint, found.params) == (None, None)
    found = head_of(GET)
    assert (found.endpoint, found.params) == (None, None)


def test_an_error_of_the_table_is_given_to_who_asks():
    table = RouteTable([("/items/{key}", "GET")])
    found = head_of(GET.replace(b"/ ", b"/items/%C2%B2 ", 1), table=table)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            _ = found.endpoint


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"0" * 5000, 0),
        (b"0" * 5000 + b"12", 12),
        (b"9223372036854775807", (1 << 63) - 1),
        (b"9223372036854775808", None),
        (b"1" * 5000, None),
        (b"\xb2", None),
    ],
)
def test_content_length(value, expected):
    event = read(SIZED.replace(b"%d", value))[1][0]
    if expected is None:
        assert event.code == "content-length"
    else:
        assert event.content_length == expected


@pytest.mark.parametrize(
    "line",
    [
        b"A: " + b" " * 60000 + b"\0",
        b"A" * 60000 + b"\0",
        b"A:" * 30000 + b"\0",
        b"A:\r\n" * 15000 + b"\0",
        b"Host: " + b"%41" * 20000 + b"%",
    ],
)
def test_a_hostile_head_takes_no_longer_than_its_length(line):
    data = b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n"
    assert seconds(lambda: read(data)) < 0.2


def test_a_head_is_looked_at_a_few_times_however_it_comes():
    data = b"\r\n" + GET[:-2] + b"A: " + b"b" * 8000 + b"\r\n\r\n"
    whole, _ = read(data)
    reader = RequestReader()
    for byte in data:
        assert reader.next_event() is None
        reader.feed(bytes([byte]), 0.0)
    assert isinstance(reader.next_event(), RequestHead)
    assert len(data) <= whole.examined <= 4 * len(data)
    assert len(data) <= reader.examined <= 6 * len(data)


# Bodies.


def test_data_comes_in_bounded_pieces():
    for data in (
        SIZED % 200_000 + b"x" * 200_000,
        CHUNKED + b"30d40\r\n" + b"x" * 200_000 + b"\r\n0\r\n\r\n",
        CHUNKED + b"3\r\nxxx\r\n" * 66_666 + b"2\r\nxx\r\n0\r\n\r\n",
    ):
        reader, events = read(data)
        pieces = events[1:-1]
        assert all(type(piece) is bytes and 0 < len(piece) <= PIECE for piece in pieces)
        assert b"".join(pieces) == b"x" * 200_000
        assert events[-1] == End()
        assert reader.buffered == 0
        assert reader.state == "complete"


def test_small_chunks_cost_no_more_than_their_length():
    body = b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
    whole, events = read(CHUNKED + body)
    assert b"".join(events[1:-1]) == b"x" * 50_000
    reader = RequestReader()
    received = 0
    for byte in CHUNKED + body:
        reader.feed(bytes([byte]), 0.0)
        received += sum(len(event) for event in all_events(reader) if isinstance(event, bytes))
    assert received == 50_000
    assert reader.state == "complete"
    for each in (whole, reader):
        assert each.examined <= 2 * len(body)


def test_data_is_delivered_before_the_rejection():
    reader, events = read(CHUNKED + b"3\r\nabc\r\n2\r\nab0\r\n\r\n")
    assert events[1] == b"abcab"
    assert (events[2].code, events[2].offset) == ("chunk-end", len(CHUNKED) + 13)
    assert reader.closed


@pytest.mark.parametrize(
    ("body", "code", "offset"),
    [
        (b"\r\n", "chunk-size", 0),
        (b"\n", "bare-lf", 0),
        (b"g", "chunk-size", 0),
        (b"1\t", "control-character", 1),
        (b"1 ", "chunk-size", 1),
        (b"1\ra", "bare-cr", 1),
        (b"0" * 17, "chunk-size", 16),
        (b"1;\r\n", "chunk-extension", 2),
        (b"1;a=\r\n", "chunk-extension", 4),
        (b'1;a="\r\n', "chunk-extension", 5),
        (b'1;a="b"c', "chunk-extension", 7),
        (b"1;a =", "chunk-extension", 3),
        (b"1;" + b"a" * 8192, "chunk-extensions-too-long", 8193),
        (b"0\r\n\n", "bare-lf", 3),
        (b"0\r\n\ra\r\n\r\n", "bare-cr", 3),
        (b"0\r\nHost: a\r\n\r\n", "trailer-field", 3),
        (b"0\r\n" + b"a" * 8192, "trailers-too-large", 8195),
    ],
)
def test_faults_of_chunks(body, code, offset):
    rejection = read(CHUNKED + body)[1][-1]
    assert (rejection.code, rejection.offset) == (code, len(CHUNKED) + offset)


def test_extensions_and_trailers():
    events = read(CHUNKED + b'1;a;b=c;d="e\\"\xff"\r\nx\r\n00;z\r\nT:\tu \r\nt: v\r\n\r\n')[1]
    assert events[1:] == [b"x", End(((b"t", b"u"), (b"t", b"v")))]


def test_the_body_limit():
    limits = Limits(body=4)
    assert code_of(SIZED % 5, limits) == "body-too-large"
    assert read(SIZED % 4 + b"abcd", limits)[1][-1] == End()
    rejection = read(CHUNKED + b"4\r\nabcd\r\n1\r\n", limits)[1][-1]
    assert (rejection.code, rejection.offset) == ("body-too-large", len(CHUNKED) + 9)
    assert read(CHUNKED + b"4\r\nabcd\r\n0\r\n\r\n", limits)[1][-1] == End()
    assert read(GET, Limits(body=0))[1][-1] == End()


# Connections.


def test_one_request_after_the_other():
    reader, events = read(GET + GET)
    assert len(events) == 2
    assert (reader.state, reader.buffered) == ("complete", len(GET))
    assert reader.next_request(1.0)
    assert len(all_events(reader)) == 2
    assert reader.next_request(2.0)
    assert (reader.state, reader.buffered) == ("idle", 0)
    assert all_events(reader) == []


def test_offsets_count_from_the_end_of_the_previous_request():
    reader, _ = read(GET + b"\r\nGET  / HTTP/1.1\r\n\r\n")
    assert reader.next_request(0.0)
    assert reader.next_event() == Rejection("request-target", 6)


def test_a_rejection_is_the_last_event():
    reader, events = read(b"\0")
    assert events == [Rejection("method", 0)]
    reader.feed(GET, 0.0)
    assert (reader.state, reader.buffered, reader.next_event()) == ("closed", 0, None)
    assert not reader.next_request(0.0)
    assert not reader.wants_input
    assert reader.deadline is None


def test_next_request_before_a_head_changes_nothing():
    reader = RequestReader(now=3.0)
    assert reader.next_request(9.0)
    assert reader.deadline == 33.0


def test_connections_that_end():
    reader, _ = read(GET.replace(b"Host", b"Connection: x, Close\r\nHost"))
    assert not reader.next_request(0.0)
    assert reader.closed


def test_a_short_body_is_drained():
    reader, _ = read(SIZED % 5 + b"abc")
    assert reader.next_request(1.0)
    assert reader.state == "draining"
    assert reader.next_event() is None
    reader.feed(b"de" + GET, 2.0)
    assert [type(event) for event in all_events(reader)] == [RequestHead, End]


def test_a_long_body_is_not_drained():
    limits = Limits(drain=10)
    reader = RequestReader(limits)
    reader.feed(SIZED % 11, 0.0)
    reader.next_event()
    assert not reader.next_request(0.0)
    assert reader.closed


@pytest.mark.parametrize("step", [1, 1000])
@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b"2\r\nab\r\n0\r\n\r\n", "idle"),
        (b"2\r\nab\r\n0\r\nT: much more than ten bytes\r\n\r\n", "idle"),
        (b"2\r\nab\r\n00\r\n\r\n", "closed"),
        (b"3\r\nabc\r\n0\r\n\r\n", "closed"),
        (b"ffffff\r\n", "draining"),
    ],
)
def test_draining_is_bounded_in_bytes_of_the_connection(body, state, step):
    reader = RequestReader(Limits(drain=10))
    reader.feed(CHUNKED, 0.0)
    reader.next_event()
    assert reader.next_request(0.0)
    for start in range(0, len(body), step):
        reader.feed(body[start : start + step], 0.0)
        assert reader.next_event() is None
    assert reader.state == state


def test_a_fault_while_draining_is_silent_but_counted():
    reader, _ = read(CHUNKED)
    metrics.reset_metrics()
    assert reader.next_request(0.0)
    reader.feed(b"x", 0.0)
    assert reader.next_event() is None
    assert reader.closed
    assert metrics.get_metrics()["http_rejections"] == {"chunk-size": 1}


def test_continue_is_sent_once_and_when_it_is_waited_for():
    reader, _ = read(GET)
    assert reader.send_continue() == b""
    reader, _ = read(EXPECTING)
    assert reader.send_continue() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert reader.send_continue() == b""
    reader.feed(b"abc", 0.0)
    assert all_events(reader) == [b"abc", End()]
    assert reader.next_request(0.0)


def test_no_continue_once_the_body_has_begun():
    reader = RequestReader()
    reader.feed(EXPECTING + b"a", 0.0)
    reader.next_event()
    assert reader.send_continue() == b""
    reader.next_event()
    assert reader.send_continue() == b""


def test_a_body_that_may_never_come_ends_the_connection():
    reader, _ = read(EXPECTING)
    assert not reader.next_request(0.0)
    assert reader.closed
    reader, _ = read(EXPECTING)
    reader.send_continue()
    assert reader.next_request(0.0)
    assert reader.state == "draining"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", None),
        (b"\r\n\r", None),
        (b"\r\nGET /", Rejection("incomplete-head", 7)),
        (b"HEAD /", Rejection("incomplete-head", 6, True)),
        (SIZED % 3 + b"ab", Rejection("incomplete-body", len(SIZED % 3) + 2)),
        (CHUNKED + b"0\r\nT", Rejection("incomplete-body", len(CHUNKED) + 4)),
        (GET, None),
    ],
)
def test_the_end_of_input(data, expected):
    reader, _ = read(data)
    assert reader.eof() == expected
    assert reader.closed


def test_deadlines():
    limits = Limits(head_seconds=30, body_seconds=20, body_rate=2, keep_alive_seconds=5)
    reader = RequestReader(limits, now=100.0)
    assert reader.deadline == 130.0
    reader.feed(b"\r\n", 101.0)
    reader.next_event()
    assert reader.deadline == 130.0
    reader.feed(b"P", 102.0)
    reader.next_event()
    assert reader.deadline == 132.0
    reader.feed((SIZED % 10)[1:], 103.0)
    reader.next_event()
    assert reader.deadline == 123.0
    reader.feed(b"abcd", 104.0)
    reader.next_event()
    assert reader.deadline == 125.0
    reader.feed(b"abcdef", 105.0)
    all_events(reader)
    assert reader.deadline is None
    reader.next_request(106.0)
    assert reader.deadline == 111.0
    assert reader.expire(110.9) is None
    assert reader.state == "idle"
    assert reader.expire(111.0) is None
    assert reader.closed


def test_expiry_of_a_request():
    reader, _ = read(b"HEAD")
    assert reader.expire(29.9) is None
    assert reader.expire(30.0) == Rejection("head-timeout", 4)
    reader, _ = read(SIZED % 3)
    assert reader.expire(30.0) == Rejection("body-timeout", len(SIZED % 3))
    assert reader.closed


def test_what_is_left_goes_to_the_next_protocol():
    data = (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c, WebSocket\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    reader, events = read(data + b"\x81")
    assert events[0].upgrade == "websocket"
    assert reader.take_rest() == b"\x81"
    assert (reader.state, reader.closed, reader.deadline) == ("taken", False, None)
    reader.feed(b"\x82", 0.0)
    assert reader.next_event() is None
    assert reader.take_rest() == b"\x82"
    assert not reader.next_request(0.0)


def test_input_is_not_wanted_without_bound():
    limits = Limits(pipeline=2 * len(GET))
    reader, _ = read(GET + GET, limits)
    assert reader.wants_input
    reader.feed(GET, 0.0)
    assert not reader.wants_input
    assert reader.next_request(0.0)
    all_events(reader)
    assert reader.wants_input
    reader = RequestReader(Limits(pipeline=1))
    reader.feed(b"GET", 0.0)
    assert not reader.wants_input
    assert reader.next_event() is None
    assert reader.wants_input


@pytest.mark.parametrize("wrong", ["GET", [71], None])
def test_a_reader_is_fed_bytes(wrong):
    with pytest.raises(TypeError, match="a reader is fed bytes"):
        RequestReader().feed(wrong, 0.0)


def test_a_reader_is_fed_whatever_holds_bytes():
    for form in (bytes, bytearray, memoryview):
        assert len(read(form(GET))[1]) == 2


# Components.


def test_a_message():
    data = b"POST /a%20b?c HTTP/1.0\r\nA: 1\r\ncookie: x\r\na: \xc3\xa9\r\nCookie: y\r\n\r\nbody"
    expected = {
        "method": "POST",
        "path": "/a%20b?c",
        "version": "HTTP/1.0",
        "headers": {"a": "1, é", "cookie": "x; y"},
        "body": b"body",
    }
    for form in (bytes, bytearray, memoryview):
        assert http_parse_request(form(data)) == expected
    assert list(http_parse_request(data)["headers"]) == ["a", "cookie"]
    del expected["body"]
    assert http_parse_headers_only(data) == expected
    assert http_parse_request(b"\r\nGET / HTTP/1.1\r\n\r\n") == {
        "method": "GET",
        "path": "/",
        "version": "HTTP/1.1",
        "headers": {},
        "body": None,
    }


@pytest.mark.parametrize(
    ("data", "code", "offset"),
    [
        (b"\r\nGET / HTTP/1.1\r\nA : b\r\n\r\n", "space-before-colon", 19),
        (b"GET / HTTP/1.1\r\n" + b"A:\r\n" * 101 + b"\r\n", "too-many-fields", 416),
        (b"GET /" + b"a" * 8190 + b" HTTP/1.1\r\n\r\n", "request-line-too-long", 8190),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 65536 + b"\r\n\r\n", "head-too-large", 65536),
        (b"GET * HTTP/1.1\r\n\r\n", "request-target", 4),
    ],
)
def test_a_message_that_is_refused(data, code, offset):
    with pytest.raises(InvalidRequest, match=r"^Invalid request: ") as caught:
        http_parse_request(data)
    assert (caught.value.code, caught.value.offset) == (code, offset)


def test_a_message_that_is_not_complete():
    for length in range(len(GET)):
        with pytest.raises(IncompleteRequest, match=r"^Incomplete request$") as caught:
            http_parse_request(GET[:length])
        assert (caught.value.offset, caught.value.status) == (length, 400)


def test_a_value_that_is_no_utf_8():
    with pytest.raises(UnicodeDecodeError) as caught:
        http_parse_request(b"GET / HTTP/1.1\r\nA: \xc3\xa9\r\nB: \ta\xff\r\nC: \xfe\r\n\r\n")
    assert (caught.value.object, caught.value.start) == (b"a\xff", 1)
    with pytest.raises(UnicodeDecodeError) as caught:
        http_parse_request(b"GET / HTTP/1.1\r\nA: \xc3\r\n\r\n")
    assert caught.value.object == b"\xc3"


@pytest.mark.parametrize("wrong", ["GET", None, [71]])
def test_a_message_is_bytes(wrong):
    with pytest.raises(TypeError, match="a request is bytes"):
        http_parse_request(wrong)


# Around it.


def read_and_refused():
    """What there is in the metrics of requests that were read, and of JSON."""
    counted = metrics.get_metrics()
    return {
        name: counted[name]
        for name in ("http_parse_count", "http_rejection_count", "http_rejections", "json_unlike")
    }


def test_metrics():
    metrics.reset_metrics()
    assert read_and_refused() == {
        "http_parse_count": 0,
        "http_rejection_count": 0,
        "http_rejections": {},
        "json_unlike": {},
    }
    http_parse_request(GET)
    read(GET)
    read(b"\0")
    read(b"GET")[0].eof()
    with pytest.raises(InvalidRequest):
        http_parse_request(b"\0")
    with pytest.raises(IncompleteRequest):
        http_parse_request(b"")
    assert read_and_refused() == {
        "http_parse_count": 2,
        "http_rejection_count": 3,
        "http_rejections": {"method": 2, "incomplete-head": 1},
        "json_unlike": {},
    }
    metrics.reset_metrics()


def test_metrics_include_those_of_the_extension(monkeypatch):
    class Extension:
        @staticmethod
        def metrics():
            return {
                "http_parse_count": 5,
                "http_rejections": {"method": 2, "host": 1},
                "json_unlike": {"GET /": {"User.id": 7}},
            }

        @staticmethod
        def reset_metrics():
            pass

    monkeypatch.setitem(sys.modules, "covet_runtime._native", Extension)
    metrics.reset_metrics()
    http_parse_request(GET)
    read(b"\0")
    assert read_and_refused() == {
        "http_parse_count": 6,
        "http_rejection_count": 4,
        "http_rejections": {"method": 3, "host": 1},
        "json_unlike": {"GET /": {"User.id": 7}},
    }
    metrics.reset_metrics()


def test_metrics_include_those_of_generated_wheels():
    class Wheel:
        counted = 3

        def metrics(self):
            return {
                "http_parse_count": self.counted,
                "http_rejections": {"host": 1},
                "json_unlike": {},
            }

        def reset_metrics(self):
            self.counted = 0

    wheel = Wheel()
    wheel.__name__ = "shop_covet._native"
    metrics.reset_metrics()
    try:
        metrics.watch(wheel)
        metrics.watch(wheel)
        assert read_and_refused() == {
            "http_parse_count": 3,
            "http_rejection_count": 1,
            "http_rejections": {"host": 1},
            "json_unlike": {},
        }
        metrics.reset_metrics()
        assert metrics.get_metrics()["http_parse_count"] == 0
    finally:
        del metrics._watched[wheel.__name__]


def test_the_public_names(monkeypatch):
    monkeypatch.setenv("COVET_USE_RUST", "0")
    assert covet_runtime.RequestReader is RequestReader
    assert covet_runtime.http_parse_request is http_parse_request
    assert covet_runtime.http_parse_headers_only is http_parse_headers_only
    assert covet_runtime.InvalidRequest is InvalidRequest
    assert covet_runtime.IncompleteRequest is IncompleteRequest
    assert covet_runtime.Limits is Limits
    assert covet_runtime.get_metrics is metrics.get_metrics


def test_importing_loads_no_parser():
    code = (
        "import sys, covet_runtime; covet_runtime.get_metrics();"
        "print(*[name for name in sys.modules if name.startswith('covet_runtime.http')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\n"
