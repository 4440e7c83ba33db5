"""The models of one table: which there are, what they are called, and what is lost on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Optional

from covet_runtime import table
from covet_runtime.models.expressions import ANY, NOTHING, Entry, entries_in, render
from covet_runtime.models.reader import Response

# So many problems of a route are spelled out.
SHOWN = 3


class Record(NamedTuple):
    """What a table says about responses.

    `models` are sorted by name. The others have an item for each route: the type of its response,
    and what is lost on it, as a part of a sentence. Both are None when there is nothing to say.
    """

    models: tuple[table.Model, ...]
    types: list[Optional[str]]
    remarks: list[Optional[str]]


def record(responses: Sequence[Response]) -> Record:
    """Name the models that the responses of all routes hold, and write the types down."""
    different = {id(each): each for each in responses}
    names = _names(_reachable(different.values()))
    models = {name: _model(entry, name, names) for entry, name in names.items()}
    types = {key: _text(each, names) for key, each in different.items()}
    return Record(
        models=tuple(models[name] for name in sorted(models)),
        types=[types[id(each)] for each in responses],
        remarks=list(_remarks(responses)),
    )


def _text(response: Response, names: dict[Entry, str]) -> Optional[str]:
    if response.type in (ANY, NOTHING):
        return None
    return render(response.type, names.__getitem__)


def _model(entry: Entry, name: str, names: dict[Entry, str]) -> table.Model:
    fields = [
        table.Field(
            name=field.name,
            type=render(field.type, names.__getitem__),
            attribute=None if field.attribute == field.name else field.attribute,
            optional=field.optional,
        )
        for field in entry.fields
    ]
    return table.Model(name, entry.type, entry.shape.kind, tuple(fields), entry.shape.base)


def _reachable(responses: Iterable[Response]) -> list[Entry]:
    found: dict[Entry, None] = {}
    for response in responses:
        _add(response, found)
    return list(found)


def _add(response: Response, found: dict[Entry, None]) -> list[Entry]:
    """Put the models of a response into `found`, and return those that are new there."""
    new: list[Entry] = []
    pending = list(entries_in(response.type))
    while pending:
        entry = pending.pop(0)
        if entry not in found:
            found[entry] = None
            new.append(entry)
            for field in entry.fields:
                pending += entries_in(field.type)
    return new


def _remarks(responses: Iterable[Response]) -> Iterator[Optional[str]]:
    """What is lost on each route. A field is remarked upon once, with the first route it is of."""
    seen: dict[int, str] = {}
    told: dict[Entry, None] = {}
    for response in responses:
        remark = seen.get(id(response))
        if remark is None:
            remark, again = _remark(response, told)
            seen[id(response)] = again
        yield remark or None


def _remark(response: Response, told: dict[Entry, None]) -> tuple[str, str]:
    """What to say of the first route with a response, and of every further one."""
    nothing = response.type in (ANY, NOTHING)
    own = [f"it holds {each.text}" for each in response.problems if each.lost or nothing]
    of_fields = [
        f"{subject} holds {each.text}"
        for entry in _add(response, told)
        for subject, each in entry.problems
        if each.lost
    ]
    part = "" if nothing else " in part"
    return _sentence(part, own + of_fields), _sentence(part, own)


def _sentence(part: str, problems: list[str]) -> str:
    if not problems:
        return ""
    text = "; ".join(problems[:SHOWN])
    if len(problems) > SHOWN:
        text += f"; and {len(problems) - SHOWN} more"
    return f"its response is written by the generic serializer{part}: {text}"


# ── Names ──────────────────────────────────────────────────────────────────────────────────────


def _names(entries: list[Entry]) -> dict[Entry, str]:
    """The name of each model. They depend on nothing but the models.

    A model is called like its class. Models that would be called alike are called by their modules
    and qualified names, and numbered when even those are alike.
    """
    ranks = _ranks(entries)
    by_rank = {rank: entry for entry, rank in ranks.items()}
    names = {rank: _identifier(by_rank[rank].short) for rank in sorted(by_rank)}
    for rank in _ambiguous(names):
        names[rank] = _identifier(by_rank[rank].type)
    for rank in _ambiguous(names):
        numbers = (f"{names[rank]}_{number}" for number in range(1, len(names) + 2))
        names[rank] = next(each for each in numbers if each not in names.values())
    return {entry: names[rank] for entry, rank in ranks.items()}


def _ambiguous(names: dict[int, str]) -> list[int]:
    count = Counter(names.values())
    return [rank for rank, name in names.items() if count[name] > 1]


def _ranks(entries: list[Entry]) -> dict[Entry, int]:
    """The place of each model in an order by type and fields; equal models have the same place.

    A function that makes a class makes another one at each call. They have the same type and may
    have other fields, or fields of such types in turn. So models are told apart by what is known
    of the models in their fields, until no more of them differ.
    """
    ranks = _places({entry: (0, entry.type) for entry in entries})
    different = 0
    while different < len(set(ranks.values())) < len(entries):
        different = len(set(ranks.values()))
        ranks = _places({entry: (ranks[entry], _content(entry, ranks)) for entry in entries})
    return ranks


def _places(keys: dict[Entry, tuple[int, str]]) -> dict[Entry, int]:
    order = {key: place for place, key in enumerate(sorted(set(keys.values())))}
    return {entry: order[key] for entry, key in keys.items()}


def _content(entry: Entry, ranks: dict[Entry, int]) -> str:
    """What a model is, as text, with the places of other models for their names."""
    fields = [
        (each.name, each.attribute, each.optional, render(each.type, lambda it: str(ranks[it])))
        for each in entry.fields
    ]
    return repr((entry.shape.kind, entry.shape.base, fields))


# The words of type expressions.
_WORDS = ["any", "bool", "dict", "float", "int", "list", "literal", "str", "tuple"]
# What neither Python nor Rust take as a name. One list for all versions of Python.
_PYTHON = (
    "False None True and as assert async await break class continue def del elif else except "
    "finally for from global if import in is lambda nonlocal not or pass raise return try while "
    "with yield"
)
_RUST = (
    "Self abstract as async await become box break const continue crate do dyn else enum extern "
    "false final fn for gen if impl in let loop macro match mod move mut override priv pub ref "
    "return self static struct super trait true try type typeof unsafe unsized use virtual where "
    "while yield"
)
_TAKEN = frozenset((*_WORDS, *_PYTHON.split(), *_RUST.split(), "_"))


def _identifier(text: str) -> str:
    """`text` as an identifier of Python and of Rust."""
    name = re.sub(r"[^A-Za-z0-9_]+", " ", text).strip().replace(" ", "_") or "_"
    if name[0].isdigit():
        name = f"_{name}"
    return f"{name}_" if name in _TAKEN else name
