"""Who is compared at parsing: what each is asked for a request, and what it has read then."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from contenders import Unavailable
from workload import routes

# How many dynamic routes the table of the connections has.
ROUTES = 300

Headers = list[tuple[bytes, bytes]]


class Request(NamedTuple):
    """What a request has to be read as, with the names of headers in lower case."""

    method: str
    target: bytes
    headers: Headers
    endpoint: Optional[int] = None
    params: Optional[dict[str, Any]] = None


@dataclass(frozen=True)
class Parser:
    """A parser, ready to be given requests."""

    # The statement that has it read the request in the name `data`, and the names in it.
    statement: str
    names: dict[str, Any]
    # The same as a function, with the answer in common terms.
    ask: Callable[[Any], Request]
    # Whether it also finds the endpoint.
    routed: bool = False


@dataclass(frozen=True)
class Kind:
    """A parser before it is made."""

    name: str
    # What is done for a request, for the legend.
    work: str
    make: Callable[[], Parser]


# Ours, one message in memory


def component(tier: str, function: str) -> Callable[[], Parser]:
    """A function that parses a message into a dictionary."""

    def make() -> Parser:
        module = {"native": "covet_runtime._native", "pure": "covet_runtime.http.message"}[tier]
        parse = getattr(importlib.import_module(module), function)

        def ask(data: bytes) -> Request:
            found = parse(data)
            headers = [(n.encode(), value.encode()) for n, value in found["headers"].items()]
            return Request(found["method"], found["path"].encode(), headers)

        return Parser("parse(data)", {"parse": parse}, ask)

    return make


# Ours, a connection


def _reader(tier: str) -> Any:
    """A reader that knows the route table. That of a generated wheel is specialised to it."""
    if tier == "generated":
        try:
            package = importlib.import_module(f"app_{ROUTES}_covet")
            return package._native.RequestReader(table=package.TABLE)
        except (ImportError, AttributeError) as error:
            raise Unavailable(f"the wheel is not built: {error}") from error
    table = [(route.path, "GET") for route in routes(ROUTES)]
    if tier == "native":
        native = importlib.import_module("covet_runtime._native")
        return native.RequestReader(table=native.RouteTable(table))
    matcher = importlib.import_module("covet_runtime.routing").RouteTable(table)
    return importlib.import_module("covet_runtime.http.reader").RequestReader(table=matcher)


# What a server does for every request, and what handlers may ask a head for.
_EXCHANGE = """\
reader.feed(data, 1.0)
head = reader.next_event()
{reads}
reader.next_event()
reader.next_request(1.0)"""
READS = {
    "endpoint": "head.endpoint",
    "parameters": 'head.endpoint; head.params; head.header("accept")',
    "everything": (
        "head.endpoint; head.params; head.method; head.path; head.raw_path; head.query_string; "
        "head.http_version; head.headers; head.keep_alive"
    ),
}


def connection(tier: str, reads: str) -> Callable[[], Parser]:
    """A reader that lives as long as its connection, and what is read of each head."""

    def make() -> Parser:
        reader = _reader(tier)
        statement = _EXCHANGE.format(reads=READS[reads])
        return Parser(statement, {"reader": reader}, lambda data: _exchange(reader, [data]), True)

    return make


def connection_in_pieces(tier: str) -> Callable[[], Parser]:
    """The same when a request arrives in pieces: a server asks after each of them."""

    def make() -> Parser:
        reader = _reader(tier)
        statement = (
            "for piece in data:\n"
            "    reader.feed(piece, 1.0)\n"
            "    head = reader.next_event()\n"
            "head.endpoint\n"
            "reader.next_event()\n"
            "reader.next_request(1.0)"
        )
        return Parser(statement, {"reader": reader}, lambda data: _exchange(reader, data), True)

    return make


def _exchange(reader: Any, pieces: Sequence[bytes]) -> Request:
    for number, piece in enumerate(pieces, 1):
        reader.feed(piece, 1.0)
        head = reader.next_event()
        assert (head is not None) is (number == len(pieces)), head
    assert type(reader.next_event()).__name__ == "End"
    assert reader.next_request(1.0)
    headers = list(head.headers)
    return Request(head.method, head.target, headers, head.endpoint, head.params)


# Others


def _feed(function: str, pieces: bool) -> str:
    return f"for piece in data: {function}(piece)" if pieces else f"{function}(data)"


class _Collector:
    """The callbacks of a server on httptools, as far as they collect what was parsed."""

    def __init__(self) -> None:
        httptools = importlib.import_module("httptools")
        self.parser = httptools.HttpRequestParser(self)
        self.complete = 0

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers: Headers = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.method = self.parser.get_method()
        self.version = self.parser.get_http_version()

    def on_message_complete(self) -> None:
        self.complete += 1

    def request(self) -> Request:
        """What was collected."""
        return Request(self.method.decode(), self.url, self.headers)


class _Scope(_Collector):
    """The same with everything that uvicorn makes of a head before it calls the app."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_url = importlib.import_module("httptools").parse_url

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.expects_continue = False
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": None,
            "client": None,
            "scheme": "http",
            "root_path": "",
            "headers": self.headers,
            "state": {},
        }

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expects_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.scope["method"] = self.method.decode("ascii")
        if self.version != "1.1":
            self.scope["http_version"] = self.version
        self.parser.should_upgrade()
        url = self.parse_url(self.url)
        path = url.path.decode("ascii")
        self.scope["path"] = path
        self.scope["raw_path"] = url.path
        self.scope["query_string"] = url.query or b""
        self.keep_alive = self.version != "1.0" and self.parser.should_keep_alive()


def httptools(collector: type[_Collector], pieces: bool = False) -> Callable[[], Parser]:
    """One parser for all requests of a connection, as uvicorn has it."""

    def make() -> Parser:
        collected = collector()
        parser = collected.parser

        def ask(data: Any) -> Request:
            before = collected.complete
            for piece in data if pieces else [data]:
                parser.feed_data(piece)
            assert collected.complete == before + 1
            return collected.request()

        return Parser(_feed("parser.feed_data", pieces), {"parser": parser}, ask)

    return make


def h1c_request(reads: str) -> Callable[[], Parser]:
    """Its fastest form: one message in memory, parts made into objects when they are asked for."""

    def make() -> Parser:
        parse = importlib.import_module("gunicorn_h1c").parse_request_fast

        def ask(data: bytes) -> Request:
            found = parse(data)
            assert found.consumed == len(data)
            return Request(found.method.decode(), found.path, found.asgi_headers)

        return Parser(f"request = parse(data); {reads}", {"parse": parse}, ask)

    return make


def h1c_protocol(pieces: bool = False) -> Callable[[], Parser]:
    """Its parser for connections. The callbacks collect nothing, because it does so itself."""

    def make() -> Parser:
        protocol = importlib.import_module("gunicorn_h1c").H1CProtocol()

        def ask(data: Any) -> Request:
            for piece in data if pieces else [data]:
                protocol.feed(piece)
            assert protocol.is_complete
            found = Request(protocol.method.decode(), protocol.path, protocol.asgi_headers)
            protocol.reset()
            return found

        feed = _feed("protocol.feed", pieces)
        reads = "protocol.method; protocol.path; protocol.asgi_headers"
        return Parser(f"{feed}\n{reads}\nprotocol.reset()", {"protocol": protocol}, ask)

    return make


def h11() -> Parser:
    """A new connection for each request: an old one would want the response first."""
    package = importlib.import_module("h11")
    connection, server = package.Connection, package.SERVER

    def ask(data: bytes) -> Request:
        parser = connection(server)
        parser.receive_data(data)
        request = parser.next_event()
        assert isinstance(parser.next_event(), package.EndOfMessage)
        return Request(request.method.decode(), request.target, list(request.headers))

    statement = (
        "parser = connection(server)\n"
        "parser.receive_data(data)\n"
        "parser.next_event()\n"
        "parser.next_event()"
    )
    return Parser(statement, {"connection": connection, "server": server}, ask)


COMPONENTS = (
    Kind("native", "dictionary", component("native", "http_parse_request")),
    Kind("pure", "dictionary", component("pure", "http_parse_request")),
    Kind("native, headers", "no body", component("native", "http_parse_headers_only")),
    Kind("pure, headers", "no body", component("pure", "http_parse_headers_only")),
)
CONNECTIONS = (
    *(
        Kind(
            tier if reads == "endpoint" else f"{tier}, {reads}",
            f"head, end of the body, next request; read: {reads}; route matched",
            connection(tier, reads),
        )
        for tier in ("generated", "native", "pure")
        for reads in READS
    ),
    Kind("httptools", "callbacks that collect; no route", httptools(_Collector)),
    Kind("httptools, uvicorn", "uvicorn's callbacks; no route", httptools(_Scope)),
    Kind("h1c", "one message, nothing read of it; no route", h1c_request("request")),
    Kind(
        "h1c, path",
        "one message; method and path read; no route",
        h1c_request("request.method; request.path"),
    ),
    Kind(
        "h1c, parameters",
        "one message; method, path and a header read; no route",
        h1c_request('request.method; request.path; request.get_header(b"accept")'),
    ),
    Kind(
        "h1c, everything",
        "one message; all read; no route",
        h1c_request(
            "request.method; request.path; request.minor_version; request.asgi_headers; "
            "request.connection_close"
        ),
    ),
    Kind("h1c, protocol", "connection; method, path, headers; no route", h1c_protocol()),
    Kind("h11", "request and end of message; no route", h11),
)
PIECES = (
    *(
        Kind(tier, "as in one piece", connection_in_pieces(tier))
        for tier in ("generated", "native", "pure")
    ),
    Kind("httptools", "as in one piece", httptools(_Collector, pieces=True)),
    Kind("h1c, protocol", "as in one piece", h1c_protocol(pieces=True)),
)
