"""The name of an app's wheel, which is its distribution name and its module name at once."""

from __future__ import annotations

import keyword
import os
import re
import sys
import sysconfig
from importlib.machinery import PathFinder

from covet_runtime import diagnostics
from covet_runtime.diagnostics import Refused

# Module names that say nothing about the app. The folder around them does.
_GENERIC = frozenset(
    ("app", "main", "asgi", "wsgi", "server", "api", "application", "__init__", "__main__")
)


def default(module: str, folder: str) -> str:
    """``<app>_covet``, where the app is called as its module or, if that is generic, its package.

    `folder` is the directory that holds the outermost package or module. Its name serves when
    there is no package, and no sooner: it may differ from machine to machine.
    """
    *packages, last = module.split(".")
    if last in _GENERIC:
        last = packages[-1] if packages else os.path.basename(folder)
    return f"{_identifier(last) or 'app'}_covet"


def _identifier(text: str) -> str:
    """`text` as a lower-case ASCII identifier, "" when nothing is left of it."""
    stem = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return f"app_{stem}" if stem[:1].isdigit() else stem


def check(name: str, module: str) -> None:
    """Raise `Refused` when a wheel of the app in `module` cannot be called `name`."""
    # A distribution name starts and ends with a letter or digit.
    if not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?", name) or keyword.iskeyword(name):
        problem = "is not a module name of ASCII letters, digits and inner underscores"
    elif _is_standard(name):
        problem = "is a module of the standard library"
    elif name == module.partition(".")[0]:
        problem = "is the module of the app itself"
    else:
        return
    message = f"the name `{name}` of the wheel {problem}"
    cure = "choose another with --name, such as `--name blog_covet`"
    raise Refused([diagnostics.error(diagnostics.CONTRADICTION, message, cure)])


def _is_standard(name: str) -> bool:
    if sys.version_info >= (3, 10):
        return name in sys.stdlib_module_names
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    return name in sys.builtin_module_names or PathFinder.find_spec(name, folders) is not None
