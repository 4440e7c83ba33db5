"""Names in annotations, and what they stand for.

Annotations that are text are evaluated, as `typing.get_type_hints` does, but for one thing:
``X | Y`` means a union on Python 3.9, too. So an app has the same table on every version.
"""

from __future__ import annotations

import ast
import builtins
import functools
import sys
from collections import ChainMap
from collections.abc import Mapping
from types import CodeType, FunctionType
from typing import Any, Union


class Scope:
    """The names that an annotation may use, innermost first, and the module that it is in."""

    def __init__(self, module: Any, *names: Mapping[str, Any]) -> None:
        self.module = module
        self._names: ChainMap[str, Any] = ChainMap(*names)  # type: ignore[arg-type]

    def evaluate(self, text: str) -> Any:
        """The object that `text` stands for. Raises whatever the user's code raises."""
        # Globals of our own: `eval` puts `__builtins__` into those it is given.
        return eval(_compile(text), {"__builtins__": builtins, _EITHER: _either}, self._names)


def of_function(function: FunctionType) -> Scope:
    """The names that the annotations of a function may use.

    Variables of an outer function are seen when the body of `function` uses them. No others are
    kept.
    """
    closure = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            closure[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    names = function.__globals__
    return Scope(names.get("__name__"), _type_parameters(function), closure, names)


def of_class(cls: type) -> Scope:
    """The names that the annotations of a class may use.

    Those of the class itself come last: a field ``date: date = None`` does not hide the type.
    """
    module = cls.__module__
    return Scope(module, _type_parameters(cls), _variables(module), vars(builtins), vars(cls))


def of_module(name: str) -> Scope:
    """The names of a module that is imported."""
    return Scope(name, _variables(name))


def _variables(module: str) -> Mapping[str, Any]:
    return getattr(sys.modules.get(module), "__dict__", {})


def _type_parameters(owner: Any) -> Mapping[str, Any]:
    """The ``T`` of ``def f[T]`` and ``class C[T]``, which are no variables of any other scope."""
    return {each.__name__: each for each in getattr(owner, "__type_params__", ())}


# What `|` is compiled to: a name that nobody can write.
_EITHER = "|"


@functools.lru_cache(maxsize=1024)
def _compile(text: str) -> CodeType:
    tree = _Unions().visit(ast.parse(text.strip(), mode="eval"))
    return compile(ast.fix_missing_locations(tree), "<annotation>", "eval")


class _Unions(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.BitOr):
            return node
        return ast.Call(ast.Name(_EITHER, ast.Load()), [node.left, node.right], [])


def _either(left: Any, right: Any) -> Any:
    try:
        return left | right
    except TypeError:
        return Union[left, right]
