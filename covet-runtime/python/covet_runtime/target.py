"""From what users write on the command line to the app object.

``app.py``, ``dir/app.py:name``, ``pkg.mod``, ``pkg.mod:name`` and ``pkg.mod:create_app()`` name an
app. The module is imported as a server would import it: a file inside a package under its dotted
name, any other file by its stem. The path of imports is left changed, because an app may import
more at any later time.

Everything here raises `Refused` with diagnostics CVT001 to CVT005 and CVT007.
"""

from __future__ import annotations

import asyncio
import difflib
import glob
import importlib
import inspect
import os
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple, NoReturn, Optional, TypeVar

from covet_runtime import diagnostics, frameworks, handlers, naming, serving, tracebacks
from covet_runtime.diagnostics import Location, Refused

_APP_NAMES = ("app", "application")
_FACTORY_NAMES = ("create_app", "make_app")

_Result = TypeVar("_Result")

_loading = False


@dataclass(frozen=True)
class Target:
    """An app and what it is called.

    `entry` is ``module:attribute``, with ``()`` behind it when the attribute is a factory. `name`
    is the name of the wheel.
    """

    app: object
    entry: str
    name: str


class _Place(NamedTuple):
    """A module: its dotted name and the directory that has to be on the path of imports.

    `file` is given when the user named a file, `shown` is how the user wrote it.
    """

    module: str
    root: str
    file: Optional[str]
    shown: str


def is_loading() -> bool:
    """Whether an app is being imported so that it can be compiled or verified.

    An app that demands its generated tier must not fail then: the wheel is about to be built.
    """
    return _loading


def load(argument: str, name: Optional[str] = None, directory: Optional[str] = None) -> Target:
    """Import the app that `argument` names. `name` replaces the wheel's default name.

    Names of modules are looked up in `directory`, which is the current one by default.

    Raises `Refused` with all findings, KeyboardInterrupt when the user interrupts the import.
    """
    where, attribute = _split(argument)
    place = _place(where, directory)
    if name is not None:  # before the import, which may take its time
        naming.check(name, place.module)
    module = _import(place)
    if attribute is None:
        attribute = _choose(module, place)
        app = getattr(module, attribute)
    elif attribute.endswith("()"):
        app = _call_factory(module, attribute[:-2], place)
    else:
        app = _named_app(module, attribute, place)
    if name is None:
        name = naming.default(place.module, _folder(module, place))
        naming.check(name, place.module)
    return Target(app, f"{place.module}:{attribute}", name)


_ATTRIBUTE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(\(\))?")


def _split(argument: str) -> tuple[str, Optional[str]]:
    """Cut ``where:attribute``. A colon may also belong to a Windows path."""
    where, colon, attribute = argument.rpartition(":")
    if colon and where and _ATTRIBUTE.fullmatch(attribute):
        return where, attribute
    if colon and attribute.endswith(")") and "(" in attribute:
        _refuse(
            diagnostics.NOT_AN_APP,
            f"`{attribute}` calls the factory with arguments",
            "write a factory that needs none and name it as `create_app()`",
        )
    return argument.rstrip(":"), None


def _place(where: str, directory: Optional[str]) -> _Place:
    if where.endswith(".py") or "/" in where or os.sep in where or where in (".", ".."):
        return _place_of_file(where)
    if not all(part.isidentifier() for part in where.split(".")):
        _refuse(
            diagnostics.APP_NOT_FOUND,
            f"`{where}` is neither a Python file nor a module name",
            "name the app as `app.py`, `app.py:name` or `package.module:name`",
        )
    return _Place(where, os.path.abspath(directory or os.curdir), None, where)


def _place_of_file(where: str) -> _Place:
    path = os.path.abspath(where)
    if not os.path.isfile(path):
        _refuse_file(where, path)
    folder, base = os.path.split(path)
    stem = os.path.splitext(base)[0]
    parts = [] if stem == "__init__" else [stem]
    # A folder whose name cannot be imported is no package, whatever it holds.
    while os.path.basename(folder).isidentifier() and os.path.isfile(
        os.path.join(folder, "__init__.py")
    ):
        parts.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    if not parts or "." in stem or not base.endswith(".py"):
        _refuse(
            diagnostics.APP_NOT_FOUND,
            f"`{where}` cannot be imported under its file name",
            "rename it to a plain `name.py`",
        )
    return _Place(".".join(parts), folder, path, where)


def _refuse_file(where: str, path: str) -> NoReturn:
    if os.path.isdir(path):
        inside = _stems(path)
        likely = next((name for name in (*_APP_NAMES, "main") if name in inside), None)
        example = os.path.join(where, f"{likely or (inside or ['app'])[0]}.py")
        _refuse(
            diagnostics.APP_NOT_FOUND,
            f"`{where}` is a directory",
            f"name the file of the app, such as `{example}`",
        )
    near = _near_files(where, path)
    cure = f"did you mean {_listed(near)}?" if near else "check the path and the current directory"
    _refuse(diagnostics.APP_NOT_FOUND, f"there is no file `{where}`", cure)


def _near_files(where: str, path: str) -> list[str]:
    folder, base = os.path.split(path)
    near = difflib.get_close_matches(os.path.splitext(base)[0], _stems(folder))
    return [os.path.join(os.path.dirname(where), f"{stem}.py") for stem in near]


def _stems(folder: str) -> list[str]:
    """Names of the Python files in `folder`, without ".py", in order."""
    return sorted(os.path.basename(file)[:-3] for file in glob.glob(_below(folder, "*.py")))


def _below(folder: str, wanted: str) -> str:
    return os.path.join(glob.escape(folder), wanted)


def _import(place: _Place) -> ModuleType:
    if not sys.path or sys.path[0] != place.root:
        sys.path.insert(0, place.root)
    importlib.invalidate_caches()
    try:
        module = _run(lambda: importlib.import_module(place.module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and whatever else the app raises
        raise Refused([_import_failure(place, error)]) from error
    _check_origin(module, place)
    return module


def _run(code: Callable[[], _Result]) -> _Result:
    """Run code of the user's. It cannot fail by a warning, nor change how we see ours.

    Raises `serving.Served` when it would not come to an end.
    """
    global _loading
    before = _loading
    _loading = True
    try:
        with warnings.catch_warnings(), serving.prevented(frameworks.servers()):
            if any(action == "error" for action, *_ in warnings.filters):
                warnings.simplefilter("default")
            return code()
    finally:
        _loading = before


def _check_origin(module: ModuleType, place: _Place) -> None:
    """An import by name may find a module of the same name elsewhere."""
    found = getattr(module, "__file__", None)
    if place.file is None or (found and os.path.realpath(found) == os.path.realpath(place.file)):
        return
    whose = diagnostics.display_path(found) if found else "the standard library"
    _refuse(
        diagnostics.IMPORT_FAILED,
        f"importing `{place.module}` gives {whose} instead of {place.shown}",
        "rename the file: its module name is taken",
    )


def _import_failure(place: _Place, error: BaseException) -> diagnostics.Diagnostic:
    if isinstance(error, ModuleNotFoundError) and _is_missing(place, error):
        return _module_missing(place)
    if isinstance(error, serving.Served):
        return diagnostics.error(
            diagnostics.SERVES,
            f"{place.shown} calls `{error.call}` while it is imported",
            "put the call below `if __name__ == '__main__':`",
            tracebacks.last_location(error, place.root),
        )
    if isinstance(error, SystemExit):
        return diagnostics.error(
            diagnostics.IMPORT_FAILED,
            f"{place.shown} raised SystemExit({error.code!r}) while it was imported",
            "put what must not run on import below `if __name__ == '__main__':`",
            tracebacks.last_location(error, place.root),
        )
    cure = "make the module importable"
    if isinstance(error, ModuleNotFoundError) and error.name:
        cure = f"install what provides `{error.name}` for {sys.executable}"
    return diagnostics.error(
        diagnostics.IMPORT_FAILED,
        f"importing {place.shown} raised {tracebacks.describe(error)}",
        cure,
        tracebacks.last_location(error, place.root),
    )


def _is_missing(place: _Place, error: ModuleNotFoundError) -> bool:
    """Whether the module itself was not found, rather than one that it imports."""
    name = error.name or ""
    return place.file is None and f"{place.module}.".startswith(f"{name}.")


def _module_missing(place: _Place) -> diagnostics.Diagnostic:
    near = difflib.get_close_matches(place.module, _stems(place.root))
    cure = f"did you mean {_listed(near)}?" if near else "run from the directory that holds it"
    message = f"there is no module `{place.module}`"
    return diagnostics.error(diagnostics.APP_NOT_FOUND, message, cure)


def _choose(module: ModuleType, place: _Place) -> str:
    """The attribute that holds the app when the user has named none."""
    for name in _APP_NAMES:
        if frameworks.exporter_of(vars(module).get(name)) is not None:
            return name
    names = _app_names(module)
    if len(names) > 1:
        _refuse(
            diagnostics.SEVERAL_APPS,
            f"{place.shown} holds {len(names)} apps",
            f"name one: {_listed([f'{place.shown}:{name}' for name in names])}",
        )
    if not names:
        message = f"{place.shown} holds no CovetPy app"
        _refuse(diagnostics.NO_APP, message, _no_app_cure(module, place))
    return names[0]


def _app_names(module: ModuleType) -> list[str]:
    """Names of the apps that can be compiled or, when there is none, of those that cannot.

    An object with several names counts under its first.
    """
    objects = {name: thing for name, thing in vars(module).items() if not name.startswith("__")}
    for wanted in (frameworks.supports, frameworks.exporter_of):
        first_names: dict[int, str] = {}
        for name, thing in objects.items():
            if wanted(thing):
                first_names.setdefault(id(thing), name)
        if first_names:
            return list(first_names.values())
    return []


def _no_app_cure(module: ModuleType, place: _Place) -> str:
    for name in _FACTORY_NAMES:
        factory = vars(module).get(name)
        own = getattr(factory, "__module__", None) == module.__name__
        if own and callable(factory) and _needs_no_arguments(factory):
            return f"if {name} makes the app, name it as `{place.shown}:{name}()`"
    return "make one with `app = covet.Covet()`, or name the module that holds it"


def _named_app(module: ModuleType, attribute: str, place: _Place) -> object:
    app = _attribute(module, attribute, place)
    if frameworks.exporter_of(app) is None:
        _refuse_object(app, module, attribute, place)
    return app


def _refuse_object(thing: Any, module: ModuleType, attribute: str, place: _Place) -> NoReturn:
    shown = f"{place.shown}:{attribute}"
    names = [f"{place.shown}:{name}" for name in _app_names(module)]
    cure = f"name an app: {_listed(names)}" if names else _no_app_cure(module, place)
    what = f"a {type(thing).__name__}"
    if isinstance(thing, type):
        what = f"the class {thing.__name__}"
    elif inspect.isroutine(thing):
        what, cure = "a function", f"if it makes the app, name it as `{shown}()`"
    _refuse(diagnostics.NOT_AN_APP, f"`{shown}` is {what}, not a CovetPy app", cure)


def _attribute(module: ModuleType, attribute: str, place: _Place) -> Any:
    thing: Any = module
    for name in attribute.split("."):
        try:
            thing = getattr(thing, name)
        except Exception:
            near = _app_names(module) or difflib.get_close_matches(name, vars(module))
            cure = f"did you mean {_listed(near)}?" if near else _no_app_cure(module, place)
            _refuse(diagnostics.NO_APP, f"{place.shown} has no `{attribute}`", cure)
    return thing


def _call_factory(module: ModuleType, attribute: str, place: _Place) -> object:
    factory = _attribute(module, attribute, place)
    shown = f"`{place.shown}:{attribute}()`"
    where = handlers.location(factory)
    if not callable(factory):
        message = f"{shown} is a {type(factory).__name__}, not a factory"
        _refuse(diagnostics.NOT_AN_APP, message, "leave out the parentheses", where)
    if asyncio.iscoroutinefunction(factory):
        message = f"the factory {shown} is async"
        _refuse(diagnostics.NOT_AN_APP, message, "make it a plain `def`", where)
    if not _needs_no_arguments(factory):
        message = f"the factory {shown} needs arguments"
        _refuse(diagnostics.NOT_AN_APP, message, "give its parameters defaults", where)
    try:
        app = _run(factory)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        where = tracebacks.last_location(error, place.root) or where
        if isinstance(error, serving.Served):
            message = f"the factory {shown} calls `{error.call}`"
            _refuse(diagnostics.SERVES, message, "return the app and run it elsewhere", where)
        message = f"the factory {shown} raised {tracebacks.describe(error)}"
        _refuse(diagnostics.NOT_AN_APP, message, "make it work without a running server", where)
    if frameworks.exporter_of(app) is None:
        message = f"the factory {shown} returned a {type(app).__name__}, not a CovetPy app"
        _refuse(diagnostics.NOT_AN_APP, message, "return the `covet.Covet()` app", where)
    return app


def _needs_no_arguments(factory: Any) -> bool:
    try:
        inspect.signature(factory).bind()
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True


def _folder(module: ModuleType, place: _Place) -> str:
    """The directory that holds the outermost package or the module."""
    if place.file is not None:
        return place.root
    outermost = sys.modules[place.module.partition(".")[0]]
    folders = list(getattr(outermost, "__path__", ()))
    file = folders[0] if folders else module.__file__ or place.root
    return os.path.dirname(os.path.abspath(str(file)))


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _refuse(code: str, message: str, cure: str, where: Optional[Location] = None) -> NoReturn:
    raise Refused([diagnostics.error(code, message, cure, where)])
