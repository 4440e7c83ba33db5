"""What is known of the responses of handlers: from return annotations to models.

A *type expression* says what a value is (`expressions`). A *model* is a class whose fields are
known (`shapes`). `Reader` makes both of the annotations of handlers, and `record` gives the models
of one table their names.

An annotation is the user's code: to read it may run anything and raise anything. What cannot be
read, and what the framework cannot send, is ``any`` with a `Problem`; nothing is guessed.
"""

from __future__ import annotations

from covet_runtime.models.names import Record, record
from covet_runtime.models.reader import UNKNOWN, Reader, Response

__all__ = ["UNKNOWN", "Reader", "Record", "Response", "record"]
