"""The apps that conversations are about, each made anew."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"

COVET = {"hello", "blog", "quirks", "covet"}  # the others know nothing of CovetPy


@contextmanager
def made(name: str) -> Iterator[Any]:
    """A new app: `covet` and `bare` are beside this file, the others are the examples.

    An app of the framework's is imported as in production and when its wheel is built, as `app`
    with its folder on the path; both are taken back on exit.
    """
    if name == "bare":
        yield module(HERE / "bare.py").create_app()
        return
    folder = HERE if name == "covet" else EXAMPLES / name
    modules, path = dict(sys.modules), list(sys.path)
    sys.path.insert(0, str(folder))
    sys.modules.pop("app", None)
    importlib.invalidate_caches()
    try:
        with warnings.catch_warnings():
            # An example installs itself as it is imported, with whatever tier there is.
            warnings.simplefilter("ignore")
            application = importlib.import_module("app").create_app()
        yield application
    finally:
        sys.path[:] = path
        for loaded in list(sys.modules):
            origin = getattr(sys.modules[loaded], "__file__", None)
            is_new = sys.modules[loaded] is not modules.get(loaded)
            if is_new and origin is not None and Path(origin).parent == folder:
                del sys.modules[loaded]
        if "app" in modules:
            sys.modules["app"] = modules["app"]


def module(path: Path) -> Any:
    """A module of this directory, which is imported once."""
    name = f"conversations_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = loaded = importlib.util.module_from_spec(spec)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the framework warns at its first import
            spec.loader.exec_module(loaded)
    return sys.modules[name]
