"""Requests that nobody would write: valid ones at random, and what becomes of them by accident.

    rng = random.Random(seed)
    mutations = Mutations(rng, [case.sent for case in corpus()])
    data = mutations.request()

`minimise` makes a request that shows a difference as small as it gets.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

# Longer requests of a corpus are left out: a difference hardly depends on length alone.
LONGEST = 1200

_METHODS = [b"GET", b"GET", b"GET", b"POST", b"POST", b"HEAD", b"OPTIONS", b"CONNECT", b"M-SEARCH"]
_TARGETS = [
    b"/", b"/a/b?c=d", b"/%41%zz%C3%A9%FF", b"/a%", b"//b/c", b"*", b"http://b/x?y", b"HTTP://b",
    b"http://b?x", b"https://[::1]:80/", b"b:80", b"/?", b"/a?b?c",
]  # fmt: skip
_VERSIONS = [b"HTTP/1.1"] * 8 + [b"HTTP/1.0"] * 2 + [b"HTTP/1.2"]
_HOSTS = [b"a", b"a:80", b"[::1]", b"example.com", b"a%20", b"1.2.3.4:"]
_FIELDS = [
    b"Accept: */*", b"X: y", b"x-y:z", b"X:", b"Cookie: a=b", b"Cookie: c", b"User-Agent: t",
    b"Connection: close", b"Connection: keep-alive", b"connection: Upgrade, x",
    b"Connection: upgrade", b"Upgrade: websocket", b"Upgrade: h2c, x", b"Sec-WebSocket-Version: 13",
    b"Expect: 100-continue", b"Content-Type: a", b"X: \xe9\t\xc3\xa9 ", b"Content_Length: 5",
    b"TE: trailers",
]  # fmt: skip
_CODINGS = [b"chunked"] * 6 + [b"Chunked", b"gzip, chunked", b"chunked, chunked", b"identity"]
_EXTENSIONS = [b""] * 6 + [b";a", b";a=b", b';a="b;c"', b';a="\\""', b";a;b=c"]
_TRAILERS = [b""] * 5 + [b"X: y\r\n", b"A:b\r\nC: d\r\n", b"Host: a\r\n"]

# What a mutation puts somewhere: pieces of the grammar, and what looks like them to somebody.
NASTY = [
    b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n", b"\r\n\r\n", b"\n\n", b" ", b"\t", b"\x00", b"\x0b",
    b"\x0c", b"\x1f", b"\x7f", b"\x80", b"\xa0", b"\xff", b"\xc3\xa9", b"\xe2\x84\xaa", b"\x85",
    b":", b"::", b" :", b": ", b";", b"=", b'"', b"\\", b'"\\', b",", b", ", b",,", b"/", b"//",
    b"?", b"#", b"*", b"@", b"%", b"%2", b"%00", b"[", b"]", b"[::1]", b"+", b"-", b"_", b".",
    b"0", b"00", b"1", b"9", b"f", b"0x", b"1e1", b"65536", b"9223372036854775807",
    b"9223372036854775808", b"ffffffffffffffff", b"10000000000000000", b"0000000000000000",
    b"GET ", b"HEAD ", b"get ", b"CONNECT ", b"OPTIONS ", b"http://", b"https://", b" HTTP/1.1",
    b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"Host: a\r\n", b"host:b\r\n", b"Host: a,b\r\n", b"Host:\r\n", b"Content-Length: 5\r\n",
    b"content-length:0\r\n", b"Content-Length: +5\r\n", b"Content-Length : 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"transfer-encoding:Chunked\r\n",
    b"Transfer-Encoding: x, chunked\r\n", b"Transfer-Encoding:\r\n chunked\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Connection: upgrade\r\n",
    b"Upgrade: websocket\r\n", b"Sec-WebSocket-Version: 13\r\n", b"Expect: 100-continue\r\n",
    b"Expect: x\r\n", b"Content-Type: a\r\n", b"Origin: b\r\n", b"From: c\r\n", b" folded\r\n",
    b"0\r\n\r\n", b"5\r\nhello\r\n", b"0;a=b\r\n", b";a", b";a=b", b';a="b"', b"; a", b"chunked",
    b"close", b"keep-alive", b"upgrade", b"websocket", b"13", b"100-continue", b"trailer: x\r\n",
]  # fmt: skip


class Mutations:
    """An endless supply of requests, by one source of chance.

    `corpus` are the requests that mutations begin with, beside those that are made up.
    """

    def __init__(self, rng: random.Random, corpus: Sequence[bytes]) -> None:
        self._rng = rng
        self._corpus = [data for data in corpus if data and len(data) <= LONGEST]
        self._kinds: list[Callable[[bytes], bytes]] = [
            self._flip, self._change, self._insert, self._delete, self._repeat, self._splice,
            self._splice, self._splice, self._shuffle, self._lie, self._cross,
        ]  # fmt: skip

    def request(self) -> bytes:
        """Something valid every now and then, otherwise with a few mutations."""
        choice = self._rng.random
        data = self.valid() if choice() < 0.5 else self._rng.choice(self._corpus)
        while choice() < 0.6:
            data = self._rng.choice(self._kinds)(data)
        return data

    def valid(self) -> bytes:
        """One to three requests that are mostly right."""
        data = self._valid()
        while self._rng.random() < 0.2:
            data += self._valid()
        return data

    def _valid(self) -> bytes:
        rng = self._rng
        method = rng.choice(_METHODS)
        target = rng.choice(_TARGETS[:5] if rng.random() < 0.7 else _TARGETS)
        if method == b"CONNECT" and rng.random() < 0.7:
            target = b"b:80"
        lines = [b"Host: " + rng.choice(_HOSTS)]
        lines += [rng.choice(_FIELDS) for _ in range(int(rng.expovariate(0.6)))]
        body = b""
        framing = rng.random()
        if framing < 0.25:
            body = b"x" * rng.choice([0, 1, 3, 20])
            lines.append(b"Content-Length: %d" % len(body))
        elif framing < 0.5:
            lines.append(b"Transfer-Encoding: " + rng.choice(_CODINGS))
            body = self._chunks()
        rng.shuffle(lines)
        line = method + b" " + target + b" " + rng.choice(_VERSIONS)
        return b"\r\n".join([line, *lines, b"", b""]) + body

    def _chunks(self) -> bytes:
        rng = self._rng
        body = b""
        for _ in range(int(rng.expovariate(0.7))):
            size = rng.choice([1, 2, 10, 26])
            form = rng.choice([b"%x", b"%X", b"%03x"])
            body += form % size + rng.choice(_EXTENSIONS) + b"\r\n" + b"y" * size + b"\r\n"
        return body + b"0" + rng.choice(_EXTENSIONS) + b"\r\n" + rng.choice(_TRAILERS) + b"\r\n"

    # Mutations.

    def _place(self, data: bytes) -> int:
        """Somewhere in `data`, often next to a byte that means something."""
        rng = self._rng
        place = rng.randint(0, len(data))
        if rng.random() < 0.5:
            near = data.find(rng.choice([b"\r", b"\n", b":", b" ", b";"]), place)
            if near >= 0:
                place = near + rng.randint(0, 1)
        return place

    def _flip(self, data: bytes) -> bytes:
        place = self._place(data)
        flipped = (byte ^ 1 << self._rng.randrange(8) for byte in data[place : place + 1])
        return data[:place] + bytes(flipped) + data[place + 1 :]

    def _change(self, data: bytes) -> bytes:
        place = self._place(data)
        return data[:place] + bytes([self._rng.randrange(256)]) + data[place + 1 :]

    def _insert(self, data: bytes) -> bytes:
        place = self._place(data)
        return data[:place] + bytes([self._rng.randrange(256)]) + data[place:]

    def _delete(self, data: bytes) -> bytes:
        place = self._place(data)
        return data[:place] + data[place + self._rng.choice([1, 1, 1, 2, 5, 20]) :]

    def _repeat(self, data: bytes) -> bytes:
        place = self._place(data)
        end = place + self._rng.choice([1, 1, 2, 5, 20])
        return data[:end] + data[place:end] + data[end:]

    def _splice(self, data: bytes) -> bytes:
        place = self._place(data)
        removed = self._rng.choice([0, 0, 1, 3])
        return data[:place] + self._rng.choice(NASTY) + data[place + removed :]

    def _shuffle(self, data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        one, other = self._rng.randrange(len(lines)), self._rng.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return b"\r\n".join(lines)

    def _lie(self, data: bytes) -> bytes:
        """Change a number: a length, a size, a version, a port."""
        digits = [place for place, byte in enumerate(data) if 0x30 <= byte <= 0x39]
        if not digits:
            return data
        place = self._rng.choice(digits)
        number = self._rng.choice([b"0", b"1", b"4", b"6", b"9", b"10", b"A", b"999999999999"])
        return data[:place] + number + data[place + 1 :]

    def _cross(self, data: bytes) -> bytes:
        other = self._rng.choice(self._corpus)
        return data[: self._place(data)] + other[self._place(other) :]


def minimise(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """A part of `data` that still fails, and of which no single byte can be left out.

    Pieces are left out, large ones first; then bytes are made plain.
    """
    size = len(data) // 2
    while size:
        place = 0
        smaller = False
        while place < len(data):
            candidate = data[:place] + data[place + size :]
            if fails(candidate):
                data, smaller = candidate, True
            else:
                place += size
        if size > 1 or not smaller:
            size //= 2
    for place in range(len(data)):
        candidate = data[:place] + b"a" + data[place + 1 :]
        if data[place : place + 1].isalnum() and fails(candidate):
            data = candidate
    return data
