"""JSON in pure Python. The standard library is the definition; here it is the code too.

What writes gives ``json.dumps(obj, ensure_ascii=False, separators=(",", ":"))``, which is what the
framework sends, or raises what that raises. What reads gives what the framework reads.
"""

from __future__ import annotations

# This is the standard library's module: imports are absolute, and this one is `covet_runtime.json`.
from json import JSONEncoder, loads
from typing import Any, Union

from . import _loader

# The framework's arguments.
FORMAT: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}

# Made once: `json.dumps` makes one for every call that has arguments. It keeps nothing between
# calls, and since its methods are looked up in its class each time, who replaces
# `JSONEncoder.default` there is heard as ever.
_ENCODER = JSONEncoder(**FORMAT)


def json_dumps_smart(obj: Any, /) -> str:
    """`obj` as JSON text, in the fastest way there is that is correct."""
    return _ENCODER.encode(obj)


def json_dumps_bytes(obj: Any, /) -> bytes:
    """`obj` as JSON text in UTF-8.

    Raises `UnicodeEncodeError` for a lone surrogate, which a `str` can hold and UTF-8 cannot.
    """
    return _ENCODER.encode(obj).encode("utf-8")


def json_dumps_rust(obj: Any, /) -> str:
    """`obj` as JSON text, by Rust or not at all.

    Raises `RuntimeError`: this is the tier without Rust.
    """
    found = _loader.available()
    reason = "this is the pure form" if found.module is not None else found.reason
    raise RuntimeError(
        f"json_dumps_rust is there only with the Rust extension, but {reason}; "
        "call json_dumps_smart, which every tier has"
    )


def json_loads(data: Union[bytes, bytearray, memoryview, str], /) -> Any:
    """What a JSON text says: ``json.loads`` of it as a `str`, for which it has to be UTF-8."""
    if isinstance(data, memoryview):
        data = bytes(data)
    if isinstance(data, (bytes, bytearray)):
        data = data.decode("utf-8")
    return loads(data)
