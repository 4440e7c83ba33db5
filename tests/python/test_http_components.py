"""The components that parse a request in memory, and what heads and rejections can be asked."""

import gc
import json
import pickle
import sys
import threading
import tracemalloc
from pathlib import Path
from urllib.parse import parse_qs

import covet_runtime.http
import pytest
from covet_runtime.http import IncompleteRequest, InvalidRequest
from http_cases import TIERS, corpus, growth, tier

GRAMMAR = json.loads(Path(covet_runtime.http.__file__).with_name("grammar.json").read_text("utf-8"))
REASONS = {reason["code"]: reason for reason in GRAMMAR["reasons"]}

# What the syntax of a head decides. Anything else needs a connection.
SYNTAX = {
    "leading-lines", "bare-lf", "bare-cr", "control-character", "method", "request-line",
    "request-line-too-long", "request-target", "version", "version-unsupported", "obs-fold",
    "field-name", "space-before-colon", "field-without-colon", "too-many-fields", "head-too-large",
}  # fmt: skip

REQUEST = (
    b"POST /a%20b?c=d HTTP/1.1\r\nHost: example.com\r\nX-One: 1\r\nCookie: a=b\r\nx-one:\t2 \r\n"
    b"COOKIE: c=d\r\nEmpty:\r\nContent-Length: 5\r\n\r\nhello"
)


@pytest.fixture(params=TIERS)
def chosen(request):
    return tier(request.param)


# ── Results ────────────────────────────────────────────────────────────────────────────────────


def test_the_contract(chosen):
    message = chosen.http_parse_request(REQUEST)
    assert message == {
        "method": "POST",
        "path": "/a%20b?c=d",
        "version": "HTTP/1.1",
        "headers": {
            "host": "example.com",
            "x-one": "1, 2",
            "cookie": "a=b; c=d",
            "empty": "",
            "content-length": "5",
        },
        "body": b"hello",
    }
    assert list(message["headers"]) == ["host", "x-one", "cookie", "empty", "content-length"]
    assert type(message["body"]) is bytes
    del message["body"]
    assert chosen.http_parse_headers_only(REQUEST) == message


def test_nothing_behind_the_head(chosen):
    message = chosen.http_parse_request(b"GET / HTTP/1.0\r\n\r\n")
    assert message == {
        "method": "GET", "path": "/", "version": "HTTP/1.0", "headers": {}, "body": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "target",
    ["CONNECT b:443", "OPTIONS *", "GET http://b/x?y", "OPTIONS https://[::1]", "get /%zz?"],
)
def test_targets_are_given_as_sent(chosen, target):
    method, path = target.split(" ")
    message = chosen.http_parse_headers_only(f"{target} HTTP/1.1\r\n\r\n".encode())
    assert (message["method"], message["path"]) == (method, path)


def test_what_a_connection_would_refuse(chosen):
    """Host, lengths, codings and singletons are not looked at."""
    lines = [
        b"Content-Length: x", b"Content-Length: +5", b"Transfer-Encoding: a, b", b"Host: a,b",
        b"Expect: x", b"Content-Type: a", b"Content-Type: b",
    ]  # fmt: skip
    data = b"\r\n".join([b"\r\n\r\nPOST / HTTP/1.1", *lines, b"", b"body"])
    message = chosen.http_parse_request(data[4:])
    assert message == chosen.http_parse_request(data)
    assert message["headers"]["content-type"] == "a, b"
    assert message["headers"]["content-length"] == "x, +5"
    assert message["body"] == b"body"


def test_unicode_header(chosen):
    """Only SP and HTAB are taken off; everything else that Unicode calls white space stays."""
    value = "café ☕ 🦀 \u00a0\u3000\u0085\u2028"
    data = f"GET / HTTP/1.1\r\nX: \t{value}\t \r\nX: \u00e9\r\n\r\n\u00e9".encode()
    message = chosen.http_parse_request(data)
    assert message["headers"] == {"x": f"{value}, \u00e9"}
    assert message["body"] == b"\xc3\xa9"


def test_names_fold_as_ascii(chosen):
    data = b"GET / HTTP/1.1\r\nABCXYZ-!#$%&'*+.^_`|~09: 1\r\n\r\n"
    assert list(chosen.http_parse_request(data)["headers"]) == ["abcxyz-!#$%&'*+.^_`|~09"]


def test_a_body_of_10_megabytes(chosen):
    body = bytes(range(256)) * (10 * 1024 * 1024 // 256)
    message = chosen.http_parse_request(b"PUT / HTTP/1.1\r\nHost: a\r\n\r\n" + body)
    assert message["body"] == body
    head = chosen.http_parse_headers_only(b"PUT / HTTP/1.1\r\nHost: a\r\n\r\n" + body)
    assert head["headers"] == {"host": "a"}


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview], ids=lambda kind: kind.__name__)
def test_kinds_of_bytes(chosen, kind):
    expected = chosen.http_parse_request(REQUEST)
    assert chosen.http_parse_request(kind(REQUEST)) == expected
    assert type(chosen.http_parse_request(kind(REQUEST))["body"]) is bytes
    assert chosen.http_parse_headers_only(kind(REQUEST))["headers"] == expected["headers"]
    with pytest.raises(IncompleteRequest):
        chosen.http_parse_request(kind(b""))


def test_parts_of_a_memoryview(chosen):
    expected = chosen.http_parse_request(REQUEST)
    view = memoryview(b"__" + REQUEST + b"__")[2:-2]
    assert chosen.http_parse_request(view) == expected
    spread = bytes(byte for one in REQUEST for byte in (one, 0))
    assert chosen.http_parse_request(memoryview(spread)[::2]) == expected


def test_results_keep_nothing_of_a_bytearray(chosen):
    data = bytearray(REQUEST)
    message = chosen.http_parse_request(data)
    data[:] = b"x" * len(data)
    data.append(0)  # impossible while somebody looks into it
    assert message == chosen.http_parse_request(REQUEST)


@pytest.mark.parametrize("wrong", ["GET / HTTP/1.1\r\n\r\n", None, 5, [71], ("GET",), object()])
def test_only_bytes(chosen, wrong):
    for function in (chosen.http_parse_request, chosen.http_parse_headers_only):
        with pytest.raises(TypeError):
            function(wrong)


def test_one_argument(chosen):
    for function in (chosen.http_parse_request, chosen.http_parse_headers_only):
        with pytest.raises(TypeError):
            function()
        with pytest.raises(TypeError):
            function(REQUEST, REQUEST)


# ── Errors ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\0", "method that is not a token (method, RFC 9110 §9.1, byte 0)"),
        (b"GET / HTTP/1.1\n\n",
         "line feed without a carriage return (bare-lf, RFC 9112 §2.2, byte 14)"),
        (b"GET / HTTP/2.0\r\n\r\n",
         "protocol version that is not supported (version-unsupported, RFC 9110 §15.6.6, byte 6)"),
        (b"\r\nGET / HTTP/1.1\r\nA : b\r\n\r\n",
         "white space between a field name and its colon"
         " (space-before-colon, RFC 9112 §5.1, byte 19)"),
        (b"GET / HTTP/1.1\r\n" + b"A:b\r\n" * 101 + b"\r\n",
         "too many fields (too-many-fields, RFC 6585 §5, byte 516)"),
        (b"GET /" + b"a" * 9000,
         "request line that is too long (request-line-too-long, RFC 9112 §3, byte 8190)"),
    ],
    ids=lambda value: ascii(value)[:24],
)  # fmt: skip
def test_error_texts(chosen, data, text):
    for function in (chosen.http_parse_request, chosen.http_parse_headers_only):
        with pytest.raises(ValueError, match=r"^Invalid request: ") as raised:
            function(data)
        assert type(raised.value) is InvalidRequest
        assert str(raised.value) == f"Invalid request: {text}"


def test_texts_are_short_and_say_nothing_of_the_input():
    for reason in GRAMMAR["reasons"]:
        text = reason["text"]
        assert 3 < len(text) <= 60, text
        assert text[0].islower(), text
        assert text[-1] not in ".,:;"


def test_incomplete(chosen):
    """Every beginning of a good head, and nothing but those."""
    end = REQUEST.index(b"\r\n\r\n") + 4
    for size in range(end):
        for function in (chosen.http_parse_request, chosen.http_parse_headers_only):
            with pytest.raises(ValueError, match=r"^Incomplete request$") as raised:
                function(REQUEST[:size])
            error = raised.value
            assert type(error) is IncompleteRequest
            assert (error.code, error.status, error.offset) == ("incomplete-head", 400, size)
            assert error.section == "RFC 9112 §8"
    assert chosen.http_parse_request(REQUEST[:end])["body"] is None


def test_errors_are_exactly_those_of_a_connection(chosen):
    """The corpus, as far as it is about the syntax of the first head."""
    checked = set()
    for case in corpus():
        if not case.plain:
            continue
        first = case.expected[0]
        if first[0] == "reject" and first[1] in SYNTAX:
            with pytest.raises(InvalidRequest) as raised:
                chosen.http_parse_request(case.sent)
            error = raised.value
            assert (error.code, error.status, error.offset) == first[1:4], case.place
            assert error.section == REASONS[error.code]["section"]
            checked.add(error.code)
        elif first[0] in ("reject", "head"):
            try:
                message = chosen.http_parse_request(case.sent)
            except UnicodeDecodeError:
                message = None
                assert any(byte > 0x7F for byte in case.sent)
            if message is not None and first[0] == "head":
                assert message["method"] == first[1], case.place
                assert message["path"].encode() == first[2]
                assert message["version"] == f"HTTP/{first[3]}"
        elif first[0] == "state":
            with pytest.raises(IncompleteRequest):
                chosen.http_parse_request(case.sent)
    assert checked == SYNTAX


@pytest.mark.parametrize(
    "value",
    [b"\xff", b"caf\xe9", b"ab\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"a\x80b"],
)
def test_values_that_are_not_utf_8(chosen, value):
    """The error is that of decoding the first such value alone, without its white space."""
    with pytest.raises(UnicodeDecodeError) as expected:
        value.decode("utf-8")
    lines = [
        b"GET / HTTP/1.1",
        b"Good: \xc3\xa9",
        b"X: \t" + value + b" ",
        b"Y: \xfe\xfe",
        b"",
        b"\xff",
    ]
    data = b"\r\n".join(lines)
    for function in (chosen.http_parse_request, chosen.http_parse_headers_only):
        with pytest.raises(UnicodeDecodeError) as raised:
            function(data)
        assert raised.value.args == expected.value.args
        assert str(raised.value) == str(expected.value)


def test_a_wrong_byte_comes_before_a_wrong_encoding(chosen):
    with pytest.raises(InvalidRequest, match="control-character"):
        chosen.http_parse_request(b"GET / HTTP/1.1\r\nX: \xff\r\nY: \x00\r\n\r\n")


def test_errors_can_be_pickled(chosen):
    for data in (b"\0", b"GET"):
        with pytest.raises(ValueError, match="request") as raised:
            chosen.http_parse_request(data)
        copy = pickle.loads(pickle.dumps(raised.value))
        assert type(copy) is type(raised.value)
        assert str(copy) == str(raised.value)
        assert (copy.code, copy.offset) == (raised.value.code, raised.value.offset)


# ── Threads and memory ─────────────────────────────────────────────────────────────────────────


def test_threads(chosen):
    """Ten threads, a thousand parses each, of different requests and of errors."""
    failures = []
    start = threading.Barrier(10)

    def work(number):
        start.wait()
        for step in range(1_000):
            data = b"GET /%d/%d HTTP/1.1\r\nX: %d\r\n\r\n%d" % (number, step, step, number)
            message = chosen.http_parse_request(data)
            right = (f"/{number}/{step}", str(step), b"%d" % number)
            if (message["path"], message["headers"]["x"], message["body"]) != right:
                failures.append(message)
            try:
                chosen.http_parse_headers_only(data[: step % 20] + b"\0")
            except InvalidRequest as error:
                if error.offset not in (0, step % 20):
                    failures.append(error)
            except IncompleteRequest as error:
                if error.offset != step % 20 + 1:
                    failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


GROWTH = """
import gc, resource, sys
from http_cases import tier

chosen = tier(sys.argv[1])
requests = [
    b"GET /a?b HTTP/1.1\\r\\nHost: a\\r\\nAccept: */*\\r\\nCookie: a=b\\r\\nCookie: c\\r\\n\\r\\n",
    b"POST / HTTP/1.1\\r\\nHost: a\\r\\nX: \\xc3\\xa9\\r\\n\\r\\n" + b"x" * 1000,
    b"GET / HTTP/1.1\\r\\nX: \\xff\\r\\n\\r\\n",
    b"GET / HTTP/1.1\\r\\nX: ",
    b"GET / HTTP/1.1\\r\\nX : y\\r\\n\\r\\n",
]

def work(times):
    for number in range(times):
        data = requests[number % len(requests)]
        for function in (chosen.http_parse_request, chosen.http_parse_headers_only):
            try:
                function(data)
            except ValueError:
                pass
        reader = chosen.RequestReader(now=0.0)
        reader.feed(data, 0.0)
        while reader.next_event() is not None:
            pass

work(3_000)
gc.collect()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
work(10_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is of Unix")
def test_10_000_parses_take_no_memory(chosen):
    assert growth(GROWTH, chosen.name) < 1024 * 1024


def test_tracemalloc_sees_no_growth(chosen):
    bad = REQUEST.replace(b"example", b"\xff")

    def work(times):
        for _ in range(times):
            chosen.http_parse_request(REQUEST)
            with pytest.raises(UnicodeDecodeError):
                chosen.http_parse_headers_only(bad)
            with pytest.raises(InvalidRequest):
                chosen.http_parse_request(b"\0")

    tracemalloc.start()
    try:
        work(200)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        work(2_000)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000


# ── Heads and rejections ───────────────────────────────────────────────────────────────────────


def first_event(chosen, data):
    reader = chosen.RequestReader(now=0.0)
    reader.feed(data, 0.0)
    return reader.next_event()


def test_what_a_head_can_be_asked(chosen):
    head = first_event(
        chosen,
        b"GET /%C3%A9/%FF?a=1&b=&a=%C3%A9+x&c HTTP/1.1\r\nHOST: a\r\nX-One: 1\r\nx-one: 2\r\n"
        b"Y: \xe9\r\nZ:\r\n\r\n",
    )
    assert (head.method, head.http_version) == ("GET", "1.1")
    assert head.target == b"/%C3%A9/%FF?a=1&b=&a=%C3%A9+x&c"
    assert (head.path, head.raw_path) == ("/é/\ufffd", b"/%C3%A9/%FF")
    assert head.query_string == b"a=1&b=&a=%C3%A9+x&c"
    assert head.headers == [
        (b"host", b"a"), (b"x-one", b"1"), (b"x-one", b"2"), (b"y", b"\xe9"), (b"z", b""),
    ]  # fmt: skip
    assert type(head.headers) is list
    assert {type(part) for line in head.headers for part in line} == {bytes}
    assert head.header("X-ONE") == head.header("x-one") == b"2"
    assert head.header("Z") == b""
    assert head.header("y") == b"\xe9"
    assert head.header("none") is None
    assert head.header("") is None
    assert head.header("é") is None
    text = head.query_string.decode()
    assert head.query() == parse_qs(text)
    assert head.query(keep_blank_values=True) == parse_qs(text, True)
    assert list(head.query(True)) == ["a", "b", "c"]


def test_host_of_an_absolute_target_can_be_asked(chosen):
    head = first_event(chosen, b"GET http://b/ HTTP/1.0\r\nX: y\r\n\r\n")
    assert head.header("Host") == b"b"
    head = first_event(chosen, b"GET http://b/ HTTP/1.1\r\nX: y\r\nhost: a\r\n\r\n")
    assert head.header("Host") == b"b"
    assert head.headers == [(b"x", b"y"), (b"host", b"b")]


def test_what_a_rejection_can_be_asked(chosen):
    text = REASONS["bare-lf"]["text"]
    rejection = first_event(chosen, b"GET / HTTP/1.1\n\n")
    assert (rejection.code, rejection.status, rejection.offset) == ("bare-lf", 400, 14)
    assert rejection.section == "RFC 9112 §2.2"
    assert rejection.message == f"Invalid request: {text}"
    assert str(rejection) == f"Invalid request: {text} (bare-lf, RFC 9112 §2.2, byte 14)"
    assert rejection.log_line() == "400 bare-lf at byte 14 (RFC 9112 §2.2)"
    assert rejection.head_request is False
    body = f"Invalid request: {text} (bare-lf)\n".encode()
    head = (
        b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n"
        b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    )
    assert rejection.response() == head + body
    asked_for_head = first_event(chosen, b"HEAD / HTTP/1.1\n\n")
    assert asked_for_head.head_request is True
    assert asked_for_head.response() == head


def test_a_refused_upgrade_says_to_what(chosen):
    rejection = first_event(
        chosen, b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
    )
    body = f"Invalid request: {REASONS['websocket-upgrade']['text']} (websocket-upgrade)\n".encode()
    head = (
        b"HTTP/1.1 426 Upgrade Required\r\ncontent-type: text/plain; charset=utf-8\r\n"
        b"content-length: %d\r\nconnection: close, upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\n\r\n" % len(body)
    )
    assert rejection.response() == head + body


def test_every_rejection_of_the_corpus_answers(chosen):
    """Status, phrase, length and body of the response belong to its reason."""
    answered = set()
    for case in corpus():
        last = [event for event in case.expected if event[0] == "reject"]
        if not case.plain or not last:
            continue
        reader = chosen.RequestReader(now=0.0)
        reader.feed(case.sent, 0.0)
        event = reader.next_event()
        while type(event).__name__ != "Rejection":
            if type(event).__name__ == "End":
                reader.next_request(0.0)
            event = reader.next_event()
        reason = REASONS[event.code]
        head, _, body = event.response().partition(b"\r\n\r\n")
        phrase = GRAMMAR["status_phrases"][str(reason["status"])]
        assert head.startswith(f"HTTP/1.1 {reason['status']} {phrase}\r\n".encode())
        full = f"Invalid request: {reason['text']} ({event.code})\n".encode()
        assert b"\r\ncontent-length: %d\r\n" % len(full) in head
        assert body == (b"" if event.head_request else full)
        answered.add(event.code)
    assert len(answered) >= 30


# ── What a reader is given ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview], ids=lambda kind: kind.__name__)
def test_a_reader_is_fed_bytes_of_any_kind(chosen, kind):
    reader = chosen.RequestReader(now=0.0)
    reader.feed(kind(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0.0)
    assert reader.next_event().method == "POST"
    data = reader.next_event()
    assert type(data) is bytes
    assert data == b"abc"


@pytest.mark.parametrize("wrong", ["GET", None, 5, [71]])
def test_a_reader_is_fed_nothing_but_bytes(chosen, wrong):
    reader = chosen.RequestReader(now=0.0)
    with pytest.raises(TypeError):
        reader.feed(wrong, 0.0)
    assert (reader.state, reader.buffered) == ("idle", 0)


def test_names_of_fields_are_text(chosen):
    head = first_event(chosen, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    for wrong in (b"host", None, 5):
        with pytest.raises(TypeError):
            head.header(wrong)
