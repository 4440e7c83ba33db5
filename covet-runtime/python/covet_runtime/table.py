"""The canonical route table: what an app routes, independent of machine, time and Python version.

A `Table` is everything that decides how requests are routed and handlers are called. It has one
JSON form, which is hashed into the fingerprint, and one TOML form, ``routes.toml``. The keys of a
route are the same in both. What belongs to one wheel alone (`AppInfo`) is in the TOML only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SCHEMA = 1

HTTP = "http"
WEBSOCKET = "websocket"


@dataclass(frozen=True)
class Framework:
    """The framework that the app is written for, with its exact version."""

    name: str
    version: str


@dataclass(frozen=True)
class Route:
    """One path with the methods that one handler answers.

    `handler` and `wrapper` are references of the shape ``module:qualname``. `parameters` are the
    handler's parameters after the first, in order. `suspends` means something for coroutine
    functions only. `response` is the type expression of what is returned, which names models of the
    table. `headers` are lower case and sorted.
    """

    kind: str
    dynamic: bool
    path: str
    methods: tuple[str, ...]
    handler: str
    parameters: tuple[str, ...]
    coroutine: bool
    suspends: bool
    returns: str | None = None
    response: str | None = None
    headers: tuple[str, ...] = ()
    wrapper: str | None = None


@dataclass(frozen=True)
class Field:
    """A field of a model. `type` is a type expression.

    `name` is the key in JSON and `attribute` what is read, None when it is called the same. An
    `optional` field may be missing.
    """

    name: str
    type: str
    attribute: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Model:
    """A class that responses are made of.

    `type` is ``module:qualname``, with type arguments when there are any. An enum has no fields but
    a `base`: what its members are.
    """

    name: str
    type: str
    kind: str
    fields: tuple[Field, ...] = ()
    base: str | None = None


@dataclass(frozen=True)
class Table:
    """All routes in the order in which they are tried.

    `max_body_size` is in bytes, 0 for no limit. `compat` names the compat flags that are on.
    `models` are those that the responses of routes name, and those that these name, by name.
    """

    framework: Framework
    max_body_size: int
    routes: tuple[Route, ...]
    compat: tuple[str, ...] = ()
    models: tuple[Model, ...] = ()


@dataclass(frozen=True)
class AppInfo:
    """What ``[app]`` says: name of the wheel, ``module:attribute`` of the app, its middleware."""

    name: str
    entry: str
    middleware: tuple[str, ...]


def endpoints(table: Table) -> list[tuple[str, str]]:
    """``(path, method)`` of every endpoint. The position of an endpoint is its id."""
    return [(route.path, method) for route in table.routes for method in route.methods]


def fingerprint(table: Table) -> str:
    """Lower-case hexadecimal SHA-256 of `canonical_json`."""
    return hashlib.sha256(canonical_json(table)).hexdigest()


def canonical_json(table: Table) -> bytes:
    """What the fingerprint covers, as JSON with sorted keys and no white space, in UTF-8.

    That is all but what was read from the bodies of handlers: to edit a body, or to run Python
    with ``-O``, makes no wheel stale. Raises UnicodeEncodeError when a text holds a lone surrogate.
    """
    document: dict[str, object] = {
        "schema": SCHEMA,
        "framework": _framework(table),
        "limits": _limits(table),
        "compat": _compat(table),
        "routes": [_without_body(_route(route)) for route in table.routes],
    }
    if table.models:
        document["models"] = [_model(model) for model in table.models]
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def to_toml(table: Table, app: AppInfo) -> str:
    """The canonical text of ``routes.toml``. The same table and app give the same text."""
    title = app.name[: -len("_covet")] if app.name.endswith("_covet") else app.name
    lines = [
        f"# Route table of `{title}`, exported by covet-codegen. "
        "The same app gives the same bytes.",
        f"schema = {SCHEMA}",
    ]
    lines += _section("[app]", vars(app))
    lines += _section("[framework]", _framework(table))
    lines += _section("[limits]", _limits(table))
    if table.compat:
        lines += _section("[compat]", _compat(table))
    for route in table.routes:
        lines += _section("[[routes]]", _route(route))
    for model in table.models:
        lines += _section("[[models]]", _model(model))
    return "\n".join(lines) + "\n"


def _framework(table: Table) -> dict[str, object]:
    return {"name": table.framework.name, "version": table.framework.version}


def _limits(table: Table) -> dict[str, object]:
    return {"max_body_size": table.max_body_size}


def _compat(table: Table) -> dict[str, object]:
    return dict.fromkeys(sorted(table.compat), True)


def _route(route: Route) -> dict[str, object]:
    """The keys of a route in the order of the TOML. Optional keys are left out when empty."""
    fields: dict[str, object] = {
        "kind": route.kind,
        "dynamic": route.dynamic,
        "path": route.path,
        "methods": route.methods,
        "handler": route.handler,
        "parameters": route.parameters,
        "coroutine": route.coroutine,
        "suspends": route.suspends,
    }
    if route.returns is not None:
        fields["returns"] = route.returns
    if route.response is not None:
        fields["response"] = route.response
    if route.headers:
        fields["headers"] = route.headers
    if route.wrapper is not None:
        fields["wrapper"] = route.wrapper
    return fields


def _model(model: Model) -> dict[str, object]:
    head: dict[str, object] = {"name": model.name, "type": model.type, "kind": model.kind}
    if model.base is not None:
        return {**head, "base": model.base}
    return {**head, "fields": [_field(field) for field in model.fields]}


def _field(field: Field) -> dict[str, object]:
    keys: dict[str, object] = {"name": field.name}
    if field.attribute is not None:
        keys["attribute"] = field.attribute
    keys["type"] = field.type
    if field.optional:
        keys["optional"] = True
    return keys


# What an exporter reads from the body of a handler.
FROM_BODIES = ("suspends", "headers")


def _without_body(fields: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in fields.items() if key not in FROM_BODIES}


def _section(header: str, fields: Mapping[str, object]) -> list[str]:
    return ["", header, *(f"{key} = {_value(value)}" for key, value in fields.items())]


def _value(value: object) -> str:
    """One TOML value. Tables in arrays stand on a line each."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, list) and value:
        return "\n".join(["[", *(f"  {_value(item)}," for item in value), "]"])
    if isinstance(value, Iterable):
        return f"[{', '.join(_value(item) for item in value)}]"
    raise TypeError(f"no TOML form for {value!r}")


# TOML wants these escaped in a basic string. Everything else may stand as it is.
_ESCAPES = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)}
_ESCAPES.update(
    {
        ord("\b"): "\\b",
        ord("\t"): "\\t",
        ord("\n"): "\\n",
        ord("\f"): "\\f",
        ord("\r"): "\\r",
        ord('"'): '\\"',
        ord("\\"): "\\\\",
    }
)


def _string(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
