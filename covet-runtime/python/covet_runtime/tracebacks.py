"""Exceptions of the user's app as the user wants to see them: without our frames."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Optional

from covet_runtime.diagnostics import Location


def describe(error: BaseException) -> str:
    """The error in one line, then its traceback without our frames and those of the import."""
    lines = traceback.format_exception_only(type(error), error)
    # For a syntax error, what comes before the last line is the place.
    line = lines[-1] if isinstance(error, SyntaxError) else lines[0]
    report = traceback.TracebackException.from_exception(error)
    _drop_foreign_frames(report)
    return f"{line.splitlines()[0]}\n{''.join(report.format()).rstrip()}"


def _drop_foreign_frames(report: traceback.TracebackException) -> None:
    frames = [frame for frame in report.stack if _is_users(frame.filename)]
    report.stack = traceback.StackSummary.from_list(frames)
    for other in (report.__cause__, report.__context__):
        if other is not None:
            _drop_foreign_frames(other)


_OUR_FOLDERS = tuple(
    os.path.join(os.path.dirname(os.path.abspath(file)), "")
    for file in (__file__, importlib.__file__)
)


def _is_users(file: str) -> bool:
    return not file.startswith(("<frozen importlib", *_OUR_FOLDERS))


def last_location(error: BaseException, root: str) -> Optional[Location]:
    """The innermost line below the directory `root`, or else of anything that was called."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Location(os.path.abspath(error.filename), error.lineno, "<module>")
    frames = [each for each in _frames(error.__traceback__) if _is_users(each.file)]
    below = os.path.join(root, "")
    own = [
        each for each in frames if each.file.startswith(below) and "site-packages" not in each.file
    ]
    innermost = (own or frames)[-1:]
    return innermost[0] if innermost else None


def _frames(trace: Optional[TracebackType]) -> Iterator[Location]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield Location(code.co_filename, trace.tb_lineno, code.co_name)
        trace = trace.tb_next
