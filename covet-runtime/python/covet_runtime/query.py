"""Query strings in pure Python. The standard library is the definition; here it is the code too."""

from __future__ import annotations

from typing import Optional
from urllib.parse import parse_qs


def parse_query(
    qs: str, keep_blank_values: bool = False, max_num_fields: Optional[int] = None
) -> dict[str, list[str]]:
    """``urllib.parse.parse_qs`` for text: ``{name: [value, …]}`` in order of first appearance.

    Raises `TypeError` when `qs` is not a `str` and `ValueError` when there are more than
    `max_num_fields` fields.
    """
    if not isinstance(qs, str):
        raise TypeError(f"a query string is a str, not {type(qs).__name__}")
    return parse_qs(qs, keep_blank_values=keep_blank_values, max_num_fields=max_num_fields)
