"""Annotations to types: what the handlers of one app return."""

from __future__ import annotations

import inspect
import json
import typing
from collections import deque
from collections.abc import Mapping
from types import FunctionType
from typing import Any, NamedTuple, TypeVar

from covet_runtime import return_types
from covet_runtime.diagnostics import printable
from covet_runtime.handlers import Handler, function_of
from covet_runtime.models import scopes, shapes
from covet_runtime.models.expressions import (
    ANY,
    NONE,
    NOTHING,
    SCALARS,
    Entry,
    Field,
    Problem,
    Type,
    depth,
    union,
)
from covet_runtime.models.scopes import Scope

# What is nested deeper is not read. routes.toml allows twice as much.
MAX_DEPTH = 50
# A generic class may hold itself with ever larger arguments, as `class Node(Generic[T])` with a
# field of `Node[list[T]]` does. These end it.
MAX_ARGUMENT_DEPTH = 10
MAX_TYPE_LENGTH = 1000


class Response(NamedTuple):
    """What is known of the responses of a handler, and why it is not more."""

    type: Type
    problems: tuple[Problem, ...] = ()


UNKNOWN = Response(ANY)


class _Unknown(Exception):
    """A type that cannot be known, for the reason that is the text."""

    lost = True


class _Untold(_Unknown):
    """The same of values that the framework may well send."""

    lost = False


class _Context(NamedTuple):
    """What an annotation is read with.

    `bound` are the arguments of type variables, `active` the names and aliases that are being
    looked into. `top` is whether the value is the response itself and not inside of it.
    """

    scope: Scope
    bound: Mapping[Any, Type]
    problems: list[Problem]
    top: bool = False
    active: frozenset[object] = frozenset()
    depth: int = 0

    def inside(self) -> _Context:
        """The context of what the value holds."""
        return self._replace(top=False)


class Reader:
    """Reads the annotations of the handlers of one app. No annotation makes it raise.

    `responses` are the classes of the framework whose instances have a body of their own.
    """

    def __init__(self, responses: tuple[type, ...] = ()) -> None:
        self._responses = (*responses, bytes)
        self._known: dict[Any, tuple[FunctionType, Response]] = {}
        self._entries: dict[tuple[type, tuple[Type, ...]], Entry] = {}
        self._pending: deque[Entry] = deque()

    def read(self, handler: Handler) -> Response:
        """What `handler` returns by its annotation. Equal annotations give the same object."""
        function = function_of(handler)
        if function is None or "return" not in function.__annotations__:
            return UNKNOWN
        if function.__dict__:
            function = _annotated(function)
        annotation, closure = function.__annotations__["return"], function.__closure__
        key: Any = (
            annotation,
            id(function.__globals__),
            tuple(map(id, closure)) if closure else None,
            getattr(function, "__type_params__", None),
        )
        try:
            known = self._known.get(key)
        except KeyboardInterrupt:
            raise
        except BaseException:  # an object of the user's that cannot be hashed or compared
            key = id(function)
            known = self._known.get(key)
        if known is None:
            # The function is kept, or its ids could be those of other objects later.
            known = self._known[key] = function, self._read(annotation, function)
        return known[1]

    def _read(self, annotation: Any, function: FunctionType) -> Response:
        problems: list[Problem] = []
        context = _Context(scopes.of_function(function), {}, problems, top=True)
        found = self._type(annotation, context)
        while self._pending:
            self._fill(self._pending.popleft())
        return Response(found, tuple(problems))

    # ── Annotations ────────────────────────────────────────────────────────────────────────────

    def _type(self, annotation: Any, context: _Context) -> Type:
        """The type of any annotation: ``any`` and a problem when it cannot be known."""
        try:
            return self._known_type(annotation, context._replace(depth=context.depth + 1))
        except BaseException as error:
            context.problems.append(_problem(error, annotation))
            return ANY

    def _known_type(self, annotation: Any, context: _Context) -> Type:
        if context.depth > MAX_DEPTH:
            raise _Unknown(f"what is nested more than {MAX_DEPTH} deep")
        if isinstance(annotation, (str, typing.ForwardRef)):
            return self._text(annotation, context)
        if annotation is None or annotation is type(None):
            return NONE
        if annotation is object or return_types.form_of(annotation) == "Any":
            return ANY
        if isinstance(annotation, TypeVar):
            return context.bound.get(annotation, ANY)
        if return_types.is_new_type(annotation):
            return self._type(annotation.__supertype__, context)
        if _is_alias(annotation):
            return self._alias(annotation, (), context)
        # Generics come before classes: up to Python 3.10, `list[int]` passes for a class.
        origin = typing.get_origin(annotation)
        if origin is not None:
            return self._generic(annotation, origin, context)
        if isinstance(annotation, type):
            return self._class(annotation, (), context)
        return _special_form(annotation)

    def _text(self, annotation: Any, context: _Context) -> Type:
        text = getattr(annotation, "__forward_arg__", annotation)
        if text in context.active:
            return ANY  # an alias that holds itself
        found, scope = _evaluated(annotation, context.scope)
        active = context.active | {text}
        return self._type(found, context._replace(scope=scope, active=active))

    def _alias(self, alias: Any, arguments: tuple[Any, ...], context: _Context) -> Type:
        if id(alias) in context.active:
            return ANY
        bound = self._bound(alias.__type_params__, arguments, context)
        scope = scopes.of_module(alias.__module__)
        active = context.active | {id(alias)}
        inner = context._replace(scope=scope, bound=bound, active=active)
        return self._type(alias.__value__, inner)

    def _generic(self, annotation: Any, origin: Any, context: _Context) -> Type:
        arguments = typing.get_args(annotation)
        form = return_types.form_of(origin)
        if form == "Union":
            return union([self._type(each, context) for each in arguments])
        if form == "Literal":
            return union([self._literal(each, context.inside()) for each in arguments])
        if form == "Annotated" and any(map(shapes.is_serializer, arguments[1:])):
            raise _Unknown("a type with a serializer of its own")
        if form in _SEEN_THROUGH:
            return self._type(arguments[0], context)
        if _is_alias(origin):
            return self._alias(origin, arguments, context)
        if origin is tuple and return_types.is_empty_tuple(annotation, arguments):
            return Type("tuple")
        if isinstance(origin, type):
            return self._class(origin, arguments, context)
        return _special_form(origin)

    def _literal(self, value: Any, context: _Context) -> Type:
        if value is None:
            return Type("literal", ("None",))
        if type(value) not in (bool, int, str):
            return self._type(type(value), context)  # such as a member of an enum
        if type(value) is int and not -(2**63) <= value < 2**63:
            return SCALARS[int]
        if type(value) is str and printable(value) != value:
            raise _Unknown(f"{value!a}, which is not Unicode text")
        return Type("literal", (json.dumps(value, ensure_ascii=False),))

    # ── Classes ────────────────────────────────────────────────────────────────────────────────

    def _class(self, cls: type, arguments: tuple[Any, ...], context: _Context) -> Type:
        if cls in SCALARS:
            return SCALARS[cls]
        if cls in (list, tuple, dict):
            return self._container(cls, arguments, context.inside())
        if context.top and issubclass(cls, self._responses):
            return NOTHING
        try:
            shape = shapes.shape_of(cls)
        except shapes.Inexpressible as reason:
            raise _Unknown(f"{_shown(cls)}, {reason}") from None
        if shape is None:
            raise _of_no_kind(cls)
        return self._model(cls, shape, arguments, context.inside())

    def _container(self, cls: type, arguments: tuple[Any, ...], context: _Context) -> Type:
        if any(map(_is_unpacked, arguments)):
            raise _Unknown("a tuple of which a part may be of any length")
        if cls is dict:
            key, value = arguments or (Any, Any)
            return Type("dict", (self._type(key, context), self._type(value, context)))
        if cls is tuple and arguments and arguments[-1] is not Ellipsis:
            return Type("tuple", tuple(self._type(each, context) for each in arguments))
        items = self._type(arguments[0] if arguments else Any, context)
        return Type("list" if cls is list else "sequence", (items,))

    def _model(
        self, cls: type, shape: shapes.Shape, arguments: tuple[Any, ...], context: _Context
    ) -> Type:
        generic = cls
        # pydantic makes a class of its own of each `Page[User]`.
        made_of = return_types.made_of(cls)
        if made_of is not None:
            generic, arguments = made_of
        else:
            _check_arguments(_parameters(cls), arguments)
        types = tuple(self._type(each, context) for each in arguments)
        entry = self._entries.get((generic, types))
        if entry is None:
            entry = Entry(cls, shape, printable(return_types.class_name(generic)), types)
            too_deep = max(map(depth, types), default=0) > MAX_ARGUMENT_DEPTH
            if too_deep or len(entry.type) > MAX_TYPE_LENGTH:
                raise _Unknown(f"{_shown(generic)} with type arguments that are nested too deep")
            self._entries[generic, types] = entry
            self._pending.append(entry)
        return Type("model", (entry,))

    def _fill(self, entry: Entry) -> None:
        """Read the fields of a model."""
        problems: list[Problem] = []
        try:
            bound = dict(zip(_parameters(entry.cls), entry.arguments))
            bindings = self._bindings(entry.cls, bound, problems)
        except BaseException as error:
            problems.append(_problem(error, entry.cls))
            bindings = {}
        entry.problems += [(entry.short, problem) for problem in problems]
        entry.fields = tuple(self._field(each, entry, bindings) for each in entry.shape.fields)

    def _field(
        self, declared: shapes.Declared, entry: Entry, bindings: Mapping[type, Mapping[Any, Type]]
    ) -> Field:
        problems: list[Problem] = []
        bound = bindings.get(declared.owner, {})
        context = _Context(scopes.of_class(declared.owner), bound, problems)
        annotation, optional = declared.annotation, declared.optional
        if entry.shape.kind == shapes.TYPED_DICT:
            try:
                annotation, scope = _evaluated(annotation, context.scope)
                optional = _is_optional(annotation, optional)
                context = context._replace(scope=scope)
            except BaseException as error:
                _problem(error, annotation)  # `_type` is about to meet it again
        found = self._type(annotation, context)
        subject = f"field {entry.short}.{declared.name}"
        entry.problems += [(subject, problem) for problem in problems]
        return Field(declared.name, declared.attribute, found, optional)

    # ── Type variables ─────────────────────────────────────────────────────────────────────────

    def _bindings(
        self, cls: type, bound: Mapping[Any, Type], problems: list[Problem]
    ) -> dict[type, Mapping[Any, Type]]:
        """What the type variables of a class and of its bases stand for, by class."""
        found = {cls: bound}
        context = _Context(scopes.of_class(cls), bound, problems)
        for base in shapes.original_bases(cls):
            origin = typing.get_origin(base) or base
            if isinstance(origin, type) and return_types.form_of(origin) is None:
                arguments = self._bound(_parameters(origin), typing.get_args(base), context)
                found.update(self._bindings(origin, arguments, problems))
        return found

    def _bound(
        self, parameters: tuple[Any, ...], arguments: tuple[Any, ...], context: _Context
    ) -> dict[Any, Type]:
        _check_arguments(parameters, arguments)
        inner = context.inside()
        return {name: self._type(each, inner) for name, each in zip(parameters, arguments)}


def _annotated(function: FunctionType) -> FunctionType:
    """Where the annotations of a function were written, and so where their names mean something.

    `functools.wraps` hands them on, to functions of other modules.
    """
    annotations, seen = function.__annotations__, set()
    while function not in seen:  # they may bite their tail
        seen.add(function)
        inner = function.__dict__.get("__wrapped__")
        if type(inner) is FunctionType and inner.__annotations__ is annotations:
            function = inner
    return function


# Special forms around a type that say nothing about its values.
_SEEN_THROUGH = frozenset(("Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar"))
# Those that leave everything open.
_OPEN = frozenset(("Any", "Self", "NoReturn", "Never", "Final"))


def _special_form(form: Any) -> Type:
    name = return_types.form_of(form)
    if name == "LiteralString":
        return SCALARS[str]
    if name in _OPEN:
        return ANY
    raise _Unknown(f"{_shown(form)}, which is no type of a value")


def _of_no_kind(cls: type) -> _Unknown:
    if inspect.isabstract(cls) or getattr(cls, "_is_protocol", False):
        return _Untold(f"{_shown(cls)}, which is abstract")
    for base in (dict, list, tuple, str, int, float):
        if issubclass(cls, base):
            return _Untold(f"{_shown(cls)}, a subclass of {base.__name__}")
    return _Unknown(f"{_shown(cls)}, which the framework cannot send as JSON")


def _is_alias(annotation: Any) -> bool:
    """Whether it was made by a ``type`` statement, or by its equal of before Python 3.12."""
    return type(annotation).__name__ == "TypeAliasType"


def _parameters(cls: type) -> tuple[Any, ...]:
    parameters: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    return parameters


def _check_arguments(parameters: tuple[Any, ...], arguments: tuple[Any, ...]) -> None:
    plain = all(isinstance(each, TypeVar) for each in parameters)
    if arguments and not (plain and len(parameters) == len(arguments)):
        raise _Unknown("a type with arguments that cannot be told apart")


def _is_unpacked(argument: Any) -> bool:
    unpacked = getattr(argument, "__unpacked__", False)  # `*tuple[int, ...]`
    return unpacked or return_types.form_of(typing.get_origin(argument)) == "Unpack"


def _evaluated(annotation: Any, scope: Scope) -> tuple[Any, Scope]:
    """What an annotation that is text stands for, and the scope of the text that is in it.

    Any other annotation stands for itself. Raises whatever the user's code raises.
    """
    if isinstance(annotation, typing.ForwardRef):
        module = getattr(annotation, "__forward_module__", None)
        if isinstance(module, str) and module != scope.module:
            scope = scopes.of_module(module)
        annotation = annotation.__forward_arg__
    return (scope.evaluate(annotation) if isinstance(annotation, str) else annotation), scope


_QUALIFIERS = {"Required": False, "NotRequired": True}


def _is_optional(annotation: Any, optional: bool) -> bool:
    """Whether a key may be missing, `optional` when its annotation does not say."""
    form = return_types.form_of(typing.get_origin(annotation))
    while form in ("Annotated", "ReadOnly"):
        annotation = typing.get_args(annotation)[0]
        form = return_types.form_of(typing.get_origin(annotation))
    return _QUALIFIERS.get(form or "", optional)


def _problem(error: BaseException, annotation: Any) -> Problem:
    """What to say of an error, which may be of any kind: the user's code has run."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    if isinstance(error, _Unknown):
        return Problem(str(error), error.lost)
    try:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    except BaseException:  # an error of the user's that cannot be asked for its text
        reason = type(error).__name__
    return Problem(f"{_shown(annotation)}, which cannot be read: {reason}")


def _shown(annotation: Any) -> str:
    try:
        return f"`{printable(return_types.render(annotation))}`"
    except BaseException:  # an object of the user's that cannot be asked for its name
        return "an annotation"
