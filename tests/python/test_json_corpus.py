"""Documents that others wrote to test parsers: what is loaded from them is written again."""

import json
from pathlib import Path

import pytest
from http_cases import TIERS
from json_values import difference, functions

DOCUMENTS = sorted((Path(__file__).resolve().parents[1] / "json" / "parsing").glob("*.json"))


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_what_is_written_loads_again(tier, document):
    value = json.loads(document.read_bytes())
    for holder in (value, [value, value], {"key": value}):
        assert not difference(tier, holder)
    for name, function in functions(tier).items():
        try:
            written = function(value)
        except UnicodeEncodeError:
            assert name == "json_dumps_bytes"
            assert document.name.startswith("i_"), "a lone surrogate is not in valid documents"
        else:
            # Unlike `==`, this tells 1 from 1.0 and True, 0.0 from -0.0, and no NaN from another.
            assert repr(json.loads(written)) == repr(value)


def test_the_documents_are_there():
    names = [document.name[:2] for document in DOCUMENTS]
    assert (names.count("y_"), names.count("i_"), len(names)) == (95, 26, 121)
