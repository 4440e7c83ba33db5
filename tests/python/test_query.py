"""Query strings, with the standard library as the judge."""

from urllib.parse import parse_qs

import pytest
from covet_runtime.query import parse_query
from hypothesis import given
from hypothesis import strategies as st


@given(st.text("ab=&;%+20FfÉé²\ud800 ", max_size=30), st.booleans())
def test_equals_the_standard_library(text, keep_blank_values):
    assert list(parse_query(text, keep_blank_values).items()) == list(
        parse_qs(text, keep_blank_values).items()
    )


def test_examples():
    assert parse_query("a=1&b=2&a=3") == {"a": ["1", "3"], "b": ["2"]}
    assert parse_query("a=&b") == {}
    assert parse_query("a=&b", keep_blank_values=True) == {"a": [""], "b": [""]}
    assert parse_query("q=%C3%A9+x%FF") == {"q": ["é x\ufffd"]}
    assert parse_query("") == {}


def test_too_many_fields():
    assert parse_query("a=1&b=2", max_num_fields=2)
    with pytest.raises(ValueError, match="fields"):
        parse_query("a=1&b=2&c=3", max_num_fields=2)


@pytest.mark.parametrize("wrong", [b"a=1", None, 1])
def test_only_text(wrong):
    with pytest.raises(TypeError, match="query string"):
        parse_query(wrong)
