"""What the code of a handler gives away: whether it suspends, which headers it reads.

The answers are the same on every Python version, though the instructions are not. `dis` is too
slow for thousands of handlers at start-up. So a regular expression searches the operation codes,
and only what it finds is decoded. The layout of code objects is that of CPython 3.9 to 3.13; on
any other, fewer headers are found, which costs speed and nothing else.
"""

from __future__ import annotations

import dis
import re
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Optional

_VERSION = sys.version_info[:2]
# Python 3.10 and later compile no code that cannot be reached.
_KEEPS_DEAD_CODE = _VERSION < (3, 10)


# Codes from here on are not in the code of any function: `dis` gives them to forgotten names.
_NO_CODE = 256


def _codes(*names: str) -> bytes:
    """The operation codes of those instructions that this Python has."""
    codes = (dis.opmap.get(name, _NO_CODE) for name in names)
    return bytes(code for code in codes if code < _NO_CODE)


def _any_of(codes: bytes) -> bytes:
    return b"[" + b"".join(re.escape(bytes([code])) for code in codes) + b"]"


# Every await, async for and async with goes through one of these.
_SUSPENSIONS = frozenset(_codes("YIELD_FROM", "SEND"))

_PAIRS = _codes("LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST")
_CELLS = _codes("LOAD_DEREF")
_LOADS = _codes("LOAD_FAST", "LOAD_FAST_CHECK") + _PAIRS + _CELLS
_EXTENDED = dis.EXTENDED_ARG
# Instructions that do nothing by themselves. CACHE is 0 and has no name before Python 3.11.
_FILLERS = _any_of(bytes([0, _EXTENDED]) + _codes("NOP")) + b"*"

# A variable, one or two of its attributes in a row, a constant, perhaps a subscription.
_READ = re.compile(
    _FILLERS.join(
        (
            b"(?P<load>" + _any_of(_LOADS) + b")",
            b"(?P<first>" + _any_of(_codes("LOAD_ATTR", "LOAD_METHOD")) + b")",
            b"(?P<second>" + _any_of(_codes("LOAD_ATTR", "LOAD_METHOD")) + b")?",
            b"(?P<constant>" + _any_of(_codes("LOAD_CONST")) + b")",
            b"(?P<subscription>" + _any_of(_codes("BINARY_SUBSCR")) + b")?",
        )
    ),
    re.DOTALL,
)

# The characters of a header name (RFC 9110, 5.6.2).
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# Python 3.12 compiles these into the code around them. Before, they are codes of their own.
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")


def suspends(code: CodeType) -> bool:
    """Whether the code of a coroutine function can suspend."""
    operations = code.co_code[::2]
    found = not _SUSPENSIONS.isdisjoint(operations)
    if not found or not _may_hold_dead_code(operations):
        return found
    live = _live_offsets(code)
    return any(each in _SUSPENSIONS and 2 * at in live for at, each in enumerate(operations))


def headers_read(code: CodeType) -> set[str]:
    """Header names, in lower case, that a function visibly reads from its first parameter.

    Seen are ``request.headers.get("X")``, ``request.headers["X"]`` and ``request.get_header("X")``.
    """
    if not code.co_argcount:
        return set()
    request = code.co_varnames[0]
    return {
        name.lower()
        for part in _codes_that_see(request, code)
        if "headers" in part.co_names or "get_header" in part.co_names
        for name in _headers_read(request, part)
        if isinstance(name, str) and _TOKEN.fullmatch(name)
    }


def _codes_that_see(variable: str, code: CodeType) -> Iterator[CodeType]:
    """`code` and the functions inside it that use `variable`."""
    yield code
    for constant in code.co_consts:
        if type(constant) is not CodeType:
            continue
        inlined = constant.co_name in _COMPREHENSIONS and variable in constant.co_varnames
        if inlined or variable in constant.co_freevars:
            yield from _codes_that_see(variable, constant)


def _headers_read(request: str, code: CodeType) -> Iterator[object]:
    raw = code.co_code
    operations = raw[::2]
    for read in _READ.finditer(operations):
        if _variable(code, raw, read.start("load")) != request:
            continue
        attributes = [_attribute(code, raw, read.start("first"))]
        if read["second"] is not None:
            attributes.append(_attribute(code, raw, read.start("second")))
        by_call = attributes in (["headers", "get"], ["get_header"])
        by_key = attributes == ["headers"] and read["subscription"] is not None
        if not by_call and not by_key:
            continue
        if _may_hold_dead_code(operations) and 2 * read.start("load") not in _live_offsets(code):
            continue
        yield code.co_consts[_argument(raw, read.start("constant"))]


def _argument(raw: bytes, at: int) -> int:
    """The argument of the instruction at position `at`, with the extensions before it."""
    argument, shift = raw[2 * at + 1], 8
    while at and raw[2 * at - 2] == _EXTENDED:
        at -= 1
        argument |= raw[2 * at + 1] << shift
        shift += 8
    return argument


def _attribute(code: CodeType, raw: bytes, at: int) -> str:
    argument = _argument(raw, at)
    # Since Python 3.12 the lowest bit says whether a method is loaded.
    return code.co_names[argument >> 1 if _VERSION >= (3, 12) else argument]


def _variable(code: CodeType, raw: bytes, at: int) -> str:
    operation, argument = raw[2 * at], _argument(raw, at)
    if operation in _PAIRS:  # two variables of four bits each, the second on top of the stack
        argument &= 15
    local, cells = code.co_varnames, code.co_cellvars
    if _VERSION >= (3, 11):  # all are counted together, a parameter that is a cell only once
        cells = tuple(name for name in cells if name not in local)
        return (local + cells + code.co_freevars)[argument]
    return (cells + code.co_freevars if operation in _CELLS else local)[argument]


# After these, control never reaches the next instruction by itself.
_EXITS = ("RETURN_VALUE", "RAISE_VARARGS", "RERAISE", "JUMP_ABSOLUTE", "JUMP_FORWARD")
_JUMPS_IF = {
    "POP_JUMP_IF_FALSE": False,
    "POP_JUMP_IF_TRUE": True,
    "JUMP_IF_FALSE_OR_POP": False,
    "JUMP_IF_TRUE_OR_POP": True,
}

# What dead code comes after. After a return, Python 3.9 drops it as well.
_BEFORE_DEAD_CODE = re.compile(
    _any_of(_codes(*_EXITS[1:]))
    + b"|"
    + _any_of(_codes("LOAD_CONST"))
    + _FILLERS
    + _any_of(_codes(*_JUMPS_IF)),
    re.DOTALL,
)


def _may_hold_dead_code(operations: bytes) -> bool:
    return _KEEPS_DEAD_CODE and _BEFORE_DEAD_CODE.search(operations) is not None


def _live_offsets(code: CodeType) -> set[int]:
    """Offsets of the instructions that can run, as far as later Pythons see it too."""
    live = set()
    dead = False
    before = None
    for instruction in dis.get_instructions(code):
        dead = dead and not instruction.is_jump_target
        if not dead:
            live.add(instruction.offset)
        dead = dead or instruction.opname in _EXITS or _always_jumps(before, instruction)
        before = instruction
    return live


def _always_jumps(before: Optional[dis.Instruction], jump: dis.Instruction) -> bool:
    """Whether a conditional jump hangs on a constant."""
    if before is None or before.opname != "LOAD_CONST" or jump.opname not in _JUMPS_IF:
        return False
    return bool(before.argval) == _JUMPS_IF[jump.opname]
