"""h11 as a second opinion on the first request of a connection.

h11 knows nothing of this project. Where both should agree, they have to: whether a request is
accepted, its method, target, version, headers, body, trailers, and whether the connection is kept.
Where they differ on purpose, the rule and the reason are in `KNOWN`.
"""

import os
import random
import re

import h11
import pytest
from http_cases import TIERS, corpus, show, take, tier
from http_mutations import Mutations

SEED = os.environ.get("COVET_HTTP_SEED") or str(random.SystemRandom().randrange(1 << 32))
REQUESTS = 5_000

CASES = [case for case in corpus() if case.plain and case.sent]


@pytest.fixture(params=TIERS)
def reader_class(request):
    return tier(request.param).RequestReader


def theirs(data):
    """What h11 makes of the first request.

    ``("accept", head, body, trailers, keep alive)``, ``("incomplete",)``, ``("reject", reason)``.
    """
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
    connection.receive_data(data)
    head, body = None, b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            return ("reject", str(error))
        if isinstance(event, h11.Request):
            head = (event.method, event.target, event.http_version, list(event.headers))
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            kept = connection.their_state is not h11.MUST_CLOSE
            return ("accept", head, body, list(event.headers), kept)
        else:
            return ("incomplete",)


def ours(reader_class, data):
    """The same of a reader. A rejection gives its code."""
    reader = reader_class(now=0.0)
    reader.feed(data, 0.0)
    seen = []
    take(reader, seen, automatic=False)
    body = b"".join(event[1] for event in seen if event[0] == "data")
    last = seen[-1] if seen else ("nothing",)
    if last[0] == "reject":
        return ("reject", last[1])
    if last[0] != "end":
        return ("incomplete",)
    _, method, target, version, *_ = head = seen[0]
    parts = (method.encode(), target, version.encode(), list(head[7]))
    return ("accept", parts, body, list(last[1]), head[8])


# What this parser refuses and h11 accepts, or waits for more of.
STRICTER = {
    "bare-cr": "h11 takes any white space around a value, and skips it in chunk extensions",
    "bare-lf": "h11 takes a bare LF for a line end",
    "chunk-extension": "h11 skips whatever follows a semicolon",
    "chunk-extensions-too-long": "h11 has no limit for extensions",
    "chunk-size": "h11 takes white space behind a size, and sizes of 20 digits",
    "content-length": "h11 takes a list of equal lengths, and lengths beyond 64 bits",
    "content-length-repeated": "h11 takes equal lengths",
    "content-length-with-transfer-encoding": "h11 prefers the coding",
    "control-character": "h11 takes VT and FF around values, and anything in extensions",
    "expectation": "h11 leaves unknown expectations to the application",
    "field-repeated": "h11 knows no singletons but Host, Content-Length and Transfer-Encoding",
    "head-too-large": "h11 counts what is not parsed yet, not the head",
    "host": "h11 does not look into Host",
    "obs-fold": "h11 unfolds",
    "request-line-too-long": "h11 has no limit for the line",
    "request-target": "h11 takes any visible characters for a target",
    "too-many-fields": "h11 does not count fields",
    "trailer-field": "h11 takes any trailers",
    "trailers-too-large": "h11 holds trailers to the limit of a head",
    "transfer-encoding-http10": "h11 decodes chunked on any version",
    "version-unsupported": "h11 takes any two digits",
    "websocket-upgrade": "h11 leaves the handshake to the application",
}

# What this parser refuses at once; h11 waits for the end of the head.
EARLIER = {"method"}

# What h11 refuses and this parser accepts: the reason, and how to tell.
LAXER = {
    "h11 refuses empty lines before the request line": lambda data: data[:1] == b"\r",
    "h11 refuses lengths of more than 20 digits, zeros in front included": lambda data: re.search(
        rb"(?i)\ncontent-length:[ \t]*0[0-9]{20}", data
    ),
}


def _without_host(verdict):
    kind, (method, target, version, headers), *rest = verdict
    if re.match(rb"(?i)https?:", target):
        headers = [line for line in headers if line[0] != b"host"]
    return (kind, (method, target, version, headers), *rest)


def _with_lower_codings(verdict):
    kind, (method, target, version, headers), *rest = verdict
    headers = [
        (name, value.lower() if name == b"transfer-encoding" else value) for name, value in headers
    ]
    return (kind, (method, target, version, headers), *rest)


def _without_kept(applies):
    """Forget whether the connection is kept, where that `applies` to a head."""
    return lambda verdict: verdict[:4] + ((None,) if applies(*verdict[1]) else verdict[4:])


def _wants_to_switch(method, target, version, headers):
    return method == b"CONNECT" or b"upgrade" in dict(headers)


# What both accept with a different content: the reason, and what makes it the same.
OTHERWISE = {
    "h11 does not let the authority of a target override Host": _without_host,
    "h11 writes codings in lower case": _with_lower_codings,
    "h11 does not keep connections of HTTP/1.0": _without_kept(
        lambda method, target, version, headers: version == b"1.0"
    ),
    "h11 decides about the connection once a switch is declined": _without_kept(_wants_to_switch),
}


def differences(data, one, other):
    """The reasons why the verdicts differ; None when nobody knows."""
    if one == other or one[0] == other[0] == "reject":
        return set()
    if one[0] == "reject":
        waits = other[0] == "incomplete" and one[1] in EARLIER
        return {one[1]} if waits or one[1] in STRICTER else None
    if other[0] == "reject":
        return {reason for reason, applies in LAXER.items() if applies(data)} or None
    if one[0] != other[0]:
        return None

    def same(reasons):
        pair = [one, other]
        for reason in reasons:
            pair = [OTHERWISE[reason](verdict) for verdict in pair]
        return pair[0] == pair[1]

    if not same(OTHERWISE):
        return None
    needed = {reason for reason in OTHERWISE if not same(set(OTHERWISE) - {reason})}
    return needed or set(OTHERWISE)


def test_corpus(reader_class):
    """They agree, or differ for known reasons; and each of the reasons is real."""
    found = set()
    for case in CASES:
        one, other = ours(reader_class, case.sent), theirs(case.sent)
        reasons = differences(case.sent, one, other)
        assert reasons is not None, f"{case.place} {case.name}\n{show([one, other])}"
        if len(reasons) == 1:
            found |= reasons
    assert found == {*STRICTER, *EARLIER, *LAXER, *OTHERWISE}


def test_mutations(reader_class):
    mutations = Mutations(random.Random(f"{SEED} h11"), [case.sent for case in CASES])
    agreed = 0
    for _ in range(REQUESTS):
        data = mutations.request()
        one, other = ours(reader_class, data), theirs(data)
        reasons = differences(data, one, other)
        assert reasons is not None, f"COVET_HTTP_SEED={SEED}\n{data!r}\n{show([one, other])}"
        agreed += not reasons and one[0] == "accept"
    assert agreed > REQUESTS // 10
