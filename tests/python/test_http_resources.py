"""What a hostile client can make the reader spend: time is O(n), memory is what was sent.

`reader.examined` counts every byte as often as it is looked at. However the bytes arrive, that is a
few times each, and the time on the clock grows with it.
"""

import os
import sys
import time
import tracemalloc

import pytest
from http_cases import TIERS, growth, limits, rejection_tuple, take, tier

# How often a byte may be looked at, by the size of the pieces that it comes in; 0 is all at once.
# With each piece, a few bytes of the one before are looked at again for a line end.
LOOKS = {0: 4, 1: 6, 1000: 4}
# And what a message may cost beside its bytes.
CONSTANT = 64

HEAD_64K = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 65_504 + b"\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
# A megabyte on the wire.
CHUNKS = b"1\r\nx\r\n" * (1024 * 1024 // 6) + b"0\r\n\r\n"


@pytest.fixture(params=TIERS)
def chosen(request):
    return tier(request.param)


def drip(reader, data, size):
    """Feed `data` in pieces of `size` bytes, 0 for at once. Returns the coalesced events.

    On the way it is seen to that no more is kept than was given.
    """
    seen = []
    size = size or len(data)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size], 0.0)
        take(reader, seen, automatic=True)
        if start % (size * 64) == 0:
            assert reader.buffered <= start + size
    return seen


MESSAGES = {
    "one-long-value": HEAD_64K,
    "a-hundred-values": b"GET / HTTP/1.1\r\nHost: a\r\n" + (b"X: " + b"y" * 600 + b"\r\n") * 99
    + b"\r\n",
    "one-long-target": b"GET /" + b"a" * 8176 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "one-long-length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"0" * 60_000
    + b"\r\n\r\n",
    "one-long-list": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: " + b"a," * 30_000 + b"\r\n\r\n",
    "one-long-list-of-protocols": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: "
    + b"a," * 30_000 + b"\r\n\r\n",
    "one-long-host": b"GET / HTTP/1.1\r\nHost: " + b"%41" * 20_000 + b"\r\n\r\n",
    "long-trailers": CHUNKED + b"0\r\nX: " + b"a" * 8180 + b"\r\n\r\n",
    "long-extensions": CHUNKED + b"1;" + b"a" * 8000 + b"\r\nx\r\n0\r\n\r\n",
    "many-trailers": CHUNKED + b"0\r\n" + b"a:b\r\n" * 90 + b"\r\n",
    "many-requests": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 4_000,
    "many-bodies": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789" * 2_000,
}  # fmt: skip


@pytest.mark.parametrize("size", LOOKS)
@pytest.mark.parametrize("name", MESSAGES)
def test_every_byte_is_looked_at_a_few_times(chosen, name, size):
    data = MESSAGES[name]
    reader = chosen.RequestReader(now=0.0)
    seen = drip(reader, data, size)
    assert seen[-1][0] == "end"
    messages = sum(event[0] == "head" for event in seen)
    assert reader.examined >= data.count(b"\r\n")
    assert reader.examined <= LOOKS[size] * len(data) + CONSTANT * messages
    assert reader.buffered == 0


@pytest.mark.parametrize("size", LOOKS)
def test_one_byte_chunks(chosen, size):
    """A megabyte of them; byte by byte a fifth of it, since every call takes its time."""
    data = CHUNKED + (CHUNKS if size != 1 else CHUNKS[-200_003:])
    reader = chosen.RequestReader(now=0.0)
    seen = drip(reader, data, size)
    assert [event[0] for event in seen] == ["head", "data", "end"]
    assert seen[1][1] == b"x" * data.count(b"x")
    assert reader.examined <= LOOKS[size] * len(data)
    assert reader.buffered == 0


# What never ends and is never right: each goes on until a limit stops it, or the reader waits.
ENDLESS = {
    "no-line-end": b"a",
    "only-cr": b"\r",
    "only-lf": b"\n",
    "cr-cr-lf": b"\r\r\n",
    "lf-cr": b"\n\r",
    "lf-cr-cr": b"\n\r\r",
    "fields": b"a:b\r\n",
    "folds": b"\r\n ",
    "nul": b"\0",
}


@pytest.mark.parametrize("size", LOOKS)
@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nHost: a", CHUNKED + b"0\r\nX: a", b"G"])
def test_what_never_ends(chosen, start, name, size):
    """The limits stop it; until then every byte is looked at a few times."""
    data = (start + ENDLESS[name] * 70_000)[:70_000]
    reader = chosen.RequestReader(now=0.0)
    seen = drip(reader, data, size)
    assert seen[-1][0] == "reject"
    assert reader.closed
    assert reader.examined <= LOOKS[size] * 66_000
    assert reader.buffered == 0


def test_a_closed_reader_keeps_nothing(chosen):
    reader = chosen.RequestReader(now=0.0)
    reader.feed(b"\0", 0.0)
    assert reader.next_event().code == "method"
    for _ in range(100):
        reader.feed(b"x" * 10_000, 0.0)
    assert reader.buffered == 0
    assert not reader.wants_input


def seconds(chosen, data, size):
    """The processor time that one reader takes, the best of three."""
    times = []
    for _ in range(3):
        reader = chosen.RequestReader(limits({"head": 1 << 24, "body": None}), now=0.0)
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        before = time.thread_time()
        for piece in pieces:
            reader.feed(piece, 0.0)
            event = reader.next_event()
            while event is not None:
                if type(event).__name__ == "End":
                    reader.next_request(0.0)
                event = reader.next_event()
        times.append(time.thread_time() - before)
        assert reader.state == "idle"
    return min(times)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (lambda n: b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * n + b"\r\n\r\n", 1),
        (lambda n: b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * (n // 27), 1 << 20),
        (lambda n: CHUNKED + b"1\r\nx\r\n" * (n // 6) + b"0\r\n\r\n", 1 << 20),
        (lambda n: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % n + b"a" * n, 1),
    ],
    ids=["head", "requests", "chunks", "body"],
)
def test_time_is_linear(chosen, data, size):
    """Sixteen times the bytes take about sixteen times as long; at n² they would take 256 times.

    That no byte is looked at again is counted in test_http_pure.py and in Rust. This is about what
    lies around the reader, and leaves room for a machine that does other things meanwhile.
    """
    small, large = data(20_000), data(320_000)
    for _ in range(3):
        ratio = seconds(chosen, large, size) / max(seconds(chosen, small, size), 1e-6)
        if ratio < 96:
            return
    pytest.fail(f"{ratio:.0f} times as long")


# ── Memory ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (1 << 62), b""),
        (CHUNKED, b"ffffffffffffffff\r\n"),
        (CHUNKED, b"7fffffff\r\n"),
    ],
    ids=["content-length", "chunk-of-64-bits", "chunk-of-31-bits"],
)
def test_nothing_is_allocated_for_what_is_declared(chosen, start, more):
    reader = chosen.RequestReader(now=0.0)
    tracemalloc.start()
    try:
        seen = drip(reader, start + more + b"x" * 1000, 0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen[1:] == [("data", b"x" * 1000)]
    assert reader.state == "body"
    assert reader.buffered == 0
    assert peak < 200_000


def test_data_come_in_pieces(chosen):
    """However much is fed at once, one event gives 64 KiB at most."""
    body = os.urandom(1024) * 1024
    small = b"".join(b"3e8\r\n%b\r\n" % body[at : at + 1000] for at in range(0, 1_048_000, 1000))
    for head, framed in (
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body), body),
        (CHUNKED, b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"),
        (CHUNKED, small + b"0\r\n\r\n"),
    ):
        reader = chosen.RequestReader(now=0.0)
        reader.feed(head + framed, 0.0)
        assert type(reader.next_event()).__name__ == "RequestHead"
        pieces = []
        event = reader.next_event()
        while type(event) is bytes:
            assert 0 < len(event) <= 65_536
            pieces.append(event)
            event = reader.next_event()
        assert type(event).__name__ == "End"
        data = b"".join(pieces)
        assert data == body[: len(data)]
        assert len(data) >= 1_048_000


STREAM = """
import resource, sys
from http_cases import tier

chosen = tier(sys.argv[1])
piece = b"x" * 65_536
post = b"POST / HTTP/1.1\\r\\nHost: a\\r\\n"
chunked = post + b"Transfer-Encoding: chunked\\r\\n\\r\\n"

def stream(head, prefix, suffix, pieces):
    reader = chosen.RequestReader(now=0.0)
    reader.feed(head, 0.0)
    received = 0
    for _ in range(pieces):
        reader.feed(prefix + piece + suffix, 0.0)
        event = reader.next_event()
        while event is not None:
            received += len(event) if type(event) is bytes else 0
            event = reader.next_event()
        assert reader.buffered == 0
    assert received == pieces * len(piece), received

def both(pieces):
    stream(post + b"Content-Length: 99999999999\\r\\n\\r\\n", b"", b"", pieces)
    stream(chunked, b"10000\\r\\n", b"\\r\\n", pieces)

if sys.platform == "linux":
    # Even address space that is only reserved: nothing may be as large as what is declared.
    size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (256 << 20),) * 2)
    for size in (b"7fffffff", b"3fffffffffffffff", b"ffffffffffffffff"):
        stream(chunked + size + b"\\r\\n", b"", b"", 2)
both(20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
both(800)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is of Unix")
def test_a_stream_takes_no_memory(chosen):
    """A hundred megabytes pass through, and the peak does not move."""
    assert growth(STREAM, chosen.name) < 2 * 1024 * 1024


def test_pipelining_is_bounded_by_the_caller(chosen):
    """A caller that minds `wants_input` keeps no more than the limit and one read."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    bounds = limits({"pipeline": 1000})
    reader = chosen.RequestReader(bounds, now=0.0)
    answered = 0
    for _ in range(2_000):
        if reader.wants_input:
            reader.feed(request * 4, 0.0)
        seen = []
        take(reader, seen, automatic=False)
        assert reader.buffered <= 1000 + 4 * len(request)
        if answered % 10 == 0:
            assert not reader.wants_input or reader.buffered < 1000
        if reader.state == "complete" and (reader.buffered > 900 or answered > 1_000):
            assert reader.next_request(0.0)
            answered += 1
    assert answered > 1_000


def test_draining_is_bounded(chosen):
    """What nobody reads is thrown away piece by piece, and only up to the limit."""
    reader = chosen.RequestReader(limits({"drain": 100_000}), now=0.0)
    reader.feed(CHUNKED, 0.0)
    assert type(reader.next_event()).__name__ == "RequestHead"
    assert reader.next_request(0.0)
    fed = 0
    while not reader.closed:
        reader.feed(b"64\r\n" + b"x" * 100 + b"\r\n", 0.0)
        fed += 106
        assert reader.next_event() is None
        assert reader.buffered == 0
        assert fed < 120_000
    assert fed > 90_000


def test_a_timeout_tells_how_much_there_was(chosen):
    reader = chosen.RequestReader(now=0.0)
    reader.feed(b"GET / HTTP/1.1\r\nX: " + b"a" * 1000, 0.0)
    assert reader.next_event() is None
    assert rejection_tuple(reader.expire(30.0)) == ("reject", "head-timeout", 408, 1019, False)
    assert reader.buffered == 0
