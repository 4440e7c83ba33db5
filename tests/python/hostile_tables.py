"""Route tables that try to break out of a literal, a comment, a name or a size limit."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from route_tables import Oracle, Route, framework_accepts

# Ends of literals and comments, characters that editors and compilers treat specially.
TEXTS = [
    '"', "'", "\\", "\\\\", '\\"', "\0", '"#', '"##', 'r#"', 'b"', "*/", "/*", "//", "///", "//!",
    "#[", "]", "`", "```", "${", "{{name}}", "{{fingerprint}}", "\n", "\r", "\r\n", "\t", "\x0b",
    "\x7f", "\x85", "\\n", "\\u{41}", "\\x41", "%s", "%00", "; fn x() {}", '"); panic!("',
    "e\u0301", "\u0301", "\u202e", "\u2066", "\u200f", "\u05d0", "\u200d", "\ufeff", "\u2028",
    "\u2029", "\U0001f600", "\U0001f468\u200d\U0001f469", "\U0010ffff", "\ue000", "\ufffe", "İ",
    "ß", "ﬀ", "K", "٣", " ", "", ".", "..", "<", "<<", ">", "^", "$", "(?:)", "[", "|",
]  # fmt: skip

_RUST = """
as async await break const continue crate dyn else enum extern false fn for gen if impl in let loop
macro match mod move mut pub raw ref return self Self static struct super trait true try type union
unsafe use where while yield abstract become box do final override priv typeof unsized virtual
"""
_EMITTED = """
node_0 node_1 STATICS STATIC_ENDS ENDPOINTS HANDLERS App Routes Path Method method core std u32 str
NOT_FOUND find_dynamic find_static SEGMENTS_BEFORE_1 CHILDREN_FROM_1 METHOD_0 Some None Option path
at end found captured __class__ __init__ __dict__ _
"""
WORDS = sorted({*keyword.kwlist, *_RUST.split(), *_EMITTED.split()})

METHODS = [
    "", "get ", " GET", "GET\n", "GET\0", "ß", "é", "İ", "日本", '"', "\\", "*/", "#[x]", "_", "-",
    "METHOD_0", "METHOD_1", "METHOD", "SELF", "NUMBER", "NOT_FOUND", "CON", "A" * 32, "A" * 33,
    "x" * 1000, "\u202e", "0", "M-SEARCH", "\U0001f600",
]  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """A table, and how many random requests it can take: a regex engine may need for ever."""

    table: list[Route]
    random_requests: int = 500

    def oracle(self) -> Oracle:
        """The framework's router, whose handlers have hostile names too."""
        oracle = Oracle(self.table)
        for handler, text in zip(dict.fromkeys(oracle.handlers), cycle(TEXTS)):
            handler.__qualname__ = f"{text}.{handler.__name__}"
        return oracle

    def requests(self) -> Iterator[tuple[str, str]]:
        """Requests that mean one endpoint each, and some that just miss it."""
        for path, method in self.oracle().endpoints:
            for value in ("v", "5", ""):
                yield _PLACEHOLDER.sub(value, path), method
            filled = _PLACEHOLDER.sub("v", path)
            yield filled + "\n", method
            yield filled + "/", method
            yield filled[:-1], method
            yield filled.replace("x", "y", 1), method
            yield filled, method + "\n"
            yield filled, method.lower()


_PLACEHOLDER = re.compile(r"\{[^}]+\}|<[^>]+>")


def _accepted(*table: Route) -> list[Route]:
    return [route for route in table if framework_accepts(route[0])]


def _gets(*paths: str) -> list[Route]:
    return _accepted(*((path, ["GET"]) for path in paths))


_PATHS = [
    "", "/", "//", "///", "a", "a/", "a/b", " ", "/ ", "?", "#", "%", "\n", "/\n", "{x}", "<x>",
    "{x}/", "/{x}/", "//{x}", "/{x}//", "//{x}//{y}", "^{x}", "{x}$", "^/a/{x}$", "a{x}", "{x}a",
    "{x}{y}", "{x}\n", "<", "a<b", "/<>", "/{}/{x}", "/x?y={x}", "/x#{x}", "/{x}/../{y}", "/./{x}",
]  # fmt: skip

_LONG_PATHS = [
    "/" + "x" * 8192,
    "/" + "x" * 8192 + "/{a}",
    "/{a}/" + "x" * 8192,
    "/" + "é" * 4096,
    "/" + "é" * 4096 + "<a>",
    "/p" + "y" * 8192 + "{b}z",
    "/" + "/".join("q" * 40 for _ in range(200)),
]

HOSTILE = {
    "texts": Hostile(
        _gets(*(f"/s/{text}" for text in TEXTS))
        + _gets(*(f"/d/{text}/{{x}}" for text in TEXTS))
        + _gets(*(f"/e/a{text}b<x>" for text in TEXTS))
    ),
    "texts that branch": Hostile(
        _gets(*(f"/{text}/{{x}}/{text}" for text in TEXTS))
        + _gets(*(f"{text}{{y}}" for text in TEXTS))
        + _gets(*(f"/{{{text}}}" for text in TEXTS if text))
    ),
    "words": Hostile(
        _gets(*(f"/{word}" for word in WORDS))
        + _gets(*(f"/{word}/{{{word}}}" for word in WORDS))
        + _gets(*(f"/<{word}>/{word}" for word in WORDS))
    ),
    "methods": Hostile(
        [
            ("/m", METHODS),
            ("/m/{x}", METHODS),
            ("/m/{x}.y", METHODS[::-1]),
            ("/many", [f"M{number}" for number in range(300)]),
            ("/many/{x}", [f"M{number}" for number in range(150, 450)]),
            ("/none", []),
            ("/none/{x}", []),
            ("/again/{x}", ["GET", "get", "GET"]),
        ]
    ),
    "paths": Hostile(_gets(*_PATHS)),
    "captures": Hostile(
        _gets(
            "/" + "/".join(f"{{c{number}}}" for number in range(60)),
            "/" + "/".join(f"s/{{c{number}}}" for number in range(60)),
            "/" + "-".join(f"{{c{number}}}" for number in range(12)),
            "/x/" + "/".join(f"{{c{number}}}-{{d{number}}}" for number in range(30)),
        ),
        random_requests=0,
    ),
    "children": Hostile(
        _gets(*(f"/n{number}/{{x}}" for number in range(500)), "/{x}/{y}")
        + _gets(*(f"/deep/n{number}" for number in range(100)))
        + _gets(*(f"/{{x}}/n{number}/{{y}}/z" for number in range(65)))
    ),
    "deep": Hostile(
        _gets("/s" * 200, "/s" * 200 + "/{x}", "/{x}" + "/s" * 200)
        + _gets(*("/s" * depth + "/{x}" for depth in range(0, 200, 3)))
        + _gets(*("/s" * depth + "/{x}/t" for depth in range(1, 100, 7)))
    ),
    "long": Hostile(_gets(*_LONG_PATHS)),
}
