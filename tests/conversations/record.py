"""Play every conversation against stock uvicorn with httptools, and write down what it answers.

    python tests/conversations/record.py [NAME ...]

Without names all files of corpus/ are recorded. What the client does, the reasons and the parts
that begin with `ours` are kept. Recording twice gives the same files.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# Run from a checkout, where neither the tests nor the runtime have to be installed.
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "python")]
if importlib.util.find_spec("covet_runtime") is None:
    sys.path.append(str(ROOT / "covet-runtime" / "python"))

import apps  # noqa: E402
import conversation  # noqa: E402
import player  # noqa: E402
import stage  # noqa: E402
import tables  # noqa: E402
from conversation import Chapter  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="files of corpus/, without .txt")
    wanted = set(parser.parse_args().names)
    os.environ.pop("COVET_TIER", None)
    # What the framework logs of handlers that fail is of no interest.
    logging.getLogger().addHandler(logging.NullHandler())
    for chapter in tables.chapters():
        if not wanted or chapter.path.stem in wanted:
            keep_what_was_written(chapter)
            conversation.write(chapter)
    for chapter in conversation.chapters():
        if not wanted or chapter.path.stem in wanted:
            record(chapter)
            conversation.write(chapter)
            print(f"{len(chapter.conversations):4} {chapter.path.stem}")


def keep_what_was_written(chapter: Chapter) -> None:
    """A chapter that is made of a table anew has what was written into its file by hand."""
    if not chapter.path.exists():
        return
    before = {one.name: one for one in conversation.read(chapter.path).conversations}
    for one in chapter.conversations:
        if one.name in before:
            old = before[one.name]
            one.why, one.reason, one.ours = old.why, old.reason, old.ours


def record(chapter: Chapter) -> None:
    with apps.made(chapter.app) as app, stage.serving(app, "httptools") as server:
        for one in chapter.conversations:
            one.stock = player.play(one, server)
    chapter.recorded = " ".join(f"{name} {version(name)}" for name in ("uvicorn", "httptools"))


if __name__ == "__main__":
    main()
