"""The path dialect, with the framework's own compilation as the judge."""

import re

import pytest
from covet.core.routing import CovetRouter
from covet_runtime import pattern
from covet_runtime.pattern import ANY, Capture, Compiled, Literal, Poisoned, Regex, Static
from hypothesis import given, settings
from hypothesis import strategies as st
from route_tables import compile_quietly

# Single characters find odd grammar, whole tokens get behind it.
TOKENS = [
    *"/{}<>^$*+?[]\\|().,:-_ab1\n #é\ud800",
    "{id}", "<id>", "{a}", "<b>", "<int:x>", "<str:x>", "<float:x>", "<path:x>", "{id:int}", "{é}",
    "{a>b}", "{user-id}", "{1}", "{id}/{id}", "(?i)", "(?x)", "(?:", "(?P<", "(?#", "[^", "([",
    "\\d", "\\1", "(?P=id)", "{2}", "{}", "<>", "/api", ".json", "<a<b>",
    "<str:<int:x>>", "(?L)", "\\",
]  # fmt: skip
hostile_paths = st.lists(st.sampled_from(TOKENS), max_size=8).map("".join)


def framework_source(path):
    """The regular expression that the framework makes, or the exception it makes instead."""
    router = CovetRouter()
    router.add_route(path, framework_source, ["GET"])
    try:
        compile_quietly(router)
    except Exception as error:
        return error
    return router.dynamic_routes[0].regex_pattern.pattern if router.dynamic_routes else None


@settings(max_examples=3000, deadline=None)
@given(hostile_paths)
def test_agrees_with_the_framework(path):
    expected = framework_source(path)
    try:
        parsed = pattern.parse(path)
    except Poisoned as poisoned:
        parsed = poisoned
    assert isinstance(parsed, Poisoned) == isinstance(expected, Exception)
    if isinstance(parsed, Poisoned):
        assert parsed.kind in {"typed", "name", "duplicate", "literal"}
        return
    if expected is None:
        assert parsed == Static(path)
        return
    assert parsed.source == expected
    assert isinstance(parsed, Compiled) == is_simple(expected)


def is_simple(source):
    """The class of a path told from its regular expression alone, the slow way."""
    rest = source[1:-1]
    names = []
    while "(?P<" in rest:
        before, _, after = rest.partition("(?P<")
        name, _, after = after.partition(">[^/]+)")
        if not (name.isidentifier() and name.isascii()):
            return False
        names.append(name)
        rest = before + "\0" + after
    return not set(rest) & set("^$*+?{}[]\\|()") and rest.count(".") <= 3


@settings(max_examples=500, deadline=None)
@given(hostile_paths, st.text("/{}<>ab.1\n", max_size=12))
def test_compiled_elements_say_what_the_source_says(path, request_path):
    try:
        parsed = pattern.parse(path)
    except Poisoned:
        return
    if not isinstance(parsed, Compiled):
        return
    accepts = re.compile(parsed.source).match(request_path) is not None
    assert accepts == matches_elements(parsed.elements, request_path)


def matches_elements(elements, text):
    """The definition of the elements, by trying everything."""
    if not elements:
        return text in ("", "\n")
    first, rest = elements[0], elements[1:]
    if isinstance(first, Literal):
        return text.startswith(first.text) and matches_elements(rest, text[len(first.text) :])
    if first is ANY:
        return text[:1] not in ("", "\n") and matches_elements(rest, text[1:])
    lengths = range(1, len(text.partition("/")[0]) + 1)
    return any(matches_elements(rest, text[length:]) for length in lengths)


@pytest.mark.parametrize(
    ("path", "elements"),
    [
        ("/u/{id}", (Literal("/u/"), Capture("id"))),
        ("/u/<id>/x", (Literal("/u/"), Capture("id"), Literal("/x"))),
        ("/{a}/<b>", (Literal("/"), Capture("a"), Literal("/<b>"))),
        ("/a<b", (Literal("/a<b"),)),
        ("/f.{e}", (Literal("/f"), ANY, Capture("e"))),
        ("^/{a}$", (Literal("/"), Capture("a"))),
        ("{a}", (Capture("a"),)),
    ],
)
def test_compiled(path, elements):
    assert pattern.parse(path).elements == elements


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("/a+b/{x}", "^/a+b/(?P<x>[^/]+)$", "'+'"),
        ("/{a}$$", "^/(?P<a>[^/]+)$$", "'$'"),
        ("/{}/{x}", "^/{}/(?P<x>[^/]+)$", "'{'"),
        ("/{é}", "^/(?P<é>[^/]+)$", "ASCII"),
        ("/{x}/a.b.c.d.e", "^/(?P<x>[^/]+)/a.b.c.d.e$", "4 dots"),
        # What looks like a bad name is, to `re`, a good name and some text.
        ("/{a>b}", "^/(?P<a>b>[^/]+)$", "ASCII"),
    ],
)
def test_regex(path, source, reason):
    parsed = pattern.parse(path)
    assert isinstance(parsed, Regex)
    assert parsed.source == source
    assert reason in parsed.reason


@pytest.mark.parametrize(
    ("path", "kind", "detail"),
    [
        ("/<int:x>", "typed", "int:x"),
        ("/<path:x>", "typed", "path:x"),
        ("/{id:int}", "typed", "id:int"),
        ("/{user-id}", "name", "user-id"),
        ("/{3}", "name", "3"),
        ("/{a}/{a}", "duplicate", "'a'"),
        ("/({a}", "literal", "regular expression"),
    ],
)
def test_poisoned(path, kind, detail):
    with pytest.raises(Poisoned) as caught:
        pattern.parse(path)
    assert caught.value.kind == kind
    assert detail in caught.value.detail
    assert repr(path) in str(caught.value)


def test_static_paths_are_never_expressions():
    assert pattern.parse("/a+b(.)$") == Static("/a+b(.)$")
