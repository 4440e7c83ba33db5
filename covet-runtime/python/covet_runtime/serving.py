"""Keeps an app that is only read from serving.

A module that calls ``app.run()`` at its end is never done with its import. So while code of the
user's runs, the functions that frameworks name in `Exporter.servers` raise `Served` instead. They
are replaced where they are defined, as soon as their modules are imported: before the app, or
anything else, can get hold of the originals. No module is imported for it.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Optional


class Served(BaseException):
    """A server was about to start. `call` is what the user called, such as ``app.run()``.

    Not an `Exception`, because apps catch those around a call that is expected to last.
    """

    def __init__(self, call: str) -> None:
        self.call = call
        super().__init__(call)


@contextlib.contextmanager
def prevented(servers: Mapping[str, str]) -> Iterator[None]:
    """Let nothing serve in this thread.

    `servers` maps ``module:qualname`` of functions and methods to how users call them. Raises
    `Served` for the first call, also when the code inside has swallowed it.
    """
    guard = _Guard(servers)
    for name in guard.modules:
        if name in sys.modules:
            guard.replace(name, sys.modules[name])
    sys.meta_path.insert(0, guard)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(guard)
        guard.restore()
        if guard.served is not None:
            raise guard.served


class _Guard:
    """Replaces servers. As a finder of modules it sees which are imported."""

    def __init__(self, servers: Mapping[str, str]) -> None:
        self.served: Optional[Served] = None
        self.modules: dict[str, dict[str, str]] = {}
        for reference, call in servers.items():
            module, _, qualname = reference.partition(":")
            self.modules.setdefault(module, {})[qualname] = call
        self._thread = threading.get_ident()
        self._active = True
        self._undo: list[Callable[[], None]] = []
        self._originals: dict[Any, Any] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        """What the other finders find, with a loader that replaces servers at the end."""
        if name not in self.modules:
            return None
        others = (each for each in sys.meta_path if each is not self)
        finds = (each.find_spec for each in others if hasattr(each, "find_spec"))
        specs = (find(name, path, target) for find in finds)
        spec = next((each for each in specs if each is not None), None)
        loader: Any = spec and spec.loader
        if hasattr(loader, "exec_module"):

            def execute(module: ModuleType) -> None:
                del loader.exec_module
                loader.exec_module(module)
                self.replace(name, module)

            with contextlib.suppress(AttributeError):  # a loader with slots
                loader.exec_module = execute
        return spec

    def replace(self, module_name: str, module: ModuleType) -> None:
        """Replace the servers of one module, as far as it has them."""
        if not self._active:
            return
        for qualname, call in self.modules[module_name].items():
            *parents, name = qualname.split(".")
            owner: Any = module
            for parent in parents:
                owner = getattr(owner, parent, None)
            original: Any = getattr(owner, "__dict__", {}).get(name)
            # What one module has from another may be replaced already.
            original = self._originals.get(original, original)
            if callable(original):
                setattr(owner, name, self._instead_of(original, call))
                self._undo.append(functools.partial(setattr, owner, name, original))

    def restore(self) -> None:
        """Put everything back. What others have kept goes on as the original."""
        self._active = False
        while self._undo:
            self._undo.pop()()

    def _instead_of(self, original: Callable[..., Any], call: str) -> Callable[..., Any]:
        @functools.wraps(original)
        def refuse(*args: Any, **kwargs: Any) -> Any:
            # A server in a thread of its own keeps nobody waiting.
            if not self._active or threading.get_ident() != self._thread:
                return original(*args, **kwargs)
            error = Served(call)
            self.served = self.served or error
            raise error

        self._originals[refuse] = original
        return refuse
