"""Random response models, and an app whose handlers return them, compiled into one wheel.

A `Type` is an annotation as the generator of models knows it: it can be written down as Python
source, and `model_values` can draw values of it without asking the compiler what it has understood.
"""

from __future__ import annotations

import importlib
import random
import sys
import types
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from codegen import TARGET, codegen

APP = "modelled"
WHEEL = "modelled_covet"

# Models and routes of the app.
MODELS = 60
ROUTES = 40


@dataclass(frozen=True)
class Type:
    """An annotation. `word` is a scalar's name or one of ``any``, ``list``, ``sequence``,
    ``tuple``, ``dict``, ``union``, ``literal``, ``enum`` and ``model``."""

    word: str
    inner: tuple[Type, ...] = ()
    # Of a literal.
    values: tuple[Any, ...] = ()
    # Of an enum or a model.
    name: str = ""

    def __str__(self) -> str:
        """Python source. Models are in quotes, for they may come later."""
        inner = ", ".join(map(str, self.inner))
        return {
            "any": "Any",
            "list": f"List[{inner}]",
            "sequence": f"Tuple[{inner}, ...]",
            "tuple": f"Tuple[{inner or '()'}]",
            "dict": f"Dict[{inner}]",
            "union": f"Union[{inner}]",
            "literal": f"Literal[{', '.join(map(repr, self.values))}]",
            "enum": self.name,
            "model": f'"{self.name}"',
        }.get(self.word, self.word)


@dataclass(frozen=True)
class Field:
    """A field of a model."""

    name: str
    type: Type
    required: bool = True


@dataclass(frozen=True)
class Model:
    """A model. `style` is how it is written down: all styles but ``tuple`` are TypedDicts."""

    name: str
    style: str
    fields: tuple[Field, ...] = ()

    @property
    def is_tuple(self) -> bool:
        """Whether it is a NamedTuple."""
        return self.style == "tuple"

    def source(self) -> str:
        """Its declaration."""
        if self.style == "tuple":
            pairs = "".join(f"({f.name!r}, {f.type}), " for f in self.fields)
            return f"{self.name} = NamedTuple({self.name!r}, [{pairs}])\n"
        if self.style == "function":
            pairs = "".join(f"{f.name!r}: {_qualified(f, True)}, " for f in self.fields)
            return f"{self.name} = TypedDict({self.name!r}, {{{pairs}}})\n"
        if self.style == "function-not-total":
            pairs = "".join(f"{f.name!r}: {_qualified(f, False)}, " for f in self.fields)
            return f"{self.name} = TypedDict({self.name!r}, {{{pairs}}}, total=False)\n"
        if self.style == "inherited":
            middle = next((n for n, f in enumerate(self.fields) if not f.required), 0)
            base = _class(f"{self.name}Base", "TypedDict", self.fields[:middle], True)
            heads = f"{self.name}Base, total=False"
            return base + _class(self.name, heads, self.fields[middle:], False)
        return _class(self.name, "TypedDict", self.fields, True)


def _class(name: str, heads: str, fields: tuple[Field, ...], total: bool) -> str:
    lines = [f"    {f.name}: {_qualified(f, total)}\n" for f in fields] or ["    pass\n"]
    return f"class {name}({heads}):\n{''.join(lines)}"


def _qualified(field: Field, total: bool) -> str:
    if field.required == total:
        return str(field.type)
    return f"{'Required' if field.required else 'NotRequired'}[{field.type}]"


@dataclass
class Program:
    """All models and routes of an app."""

    models: dict[str, Model] = field(default_factory=dict)
    # What each route returns, by its path.
    routes: dict[str, Type] = field(default_factory=dict)

    def source(self) -> str:
        """The module of the app."""
        models = "\n\n".join(model.source() for model in self.models.values())
        routes = "\n\n".join(
            f"@app.get({path!r})\nasync def {path[1:]}(request) -> {returns}: ...\n"
            for path, returns in self.routes.items()
        )
        return f"{_HEAD}\n\n{models}\n\n{routes}"


_HEAD = """\
import enum
from typing import Any, Dict, List, Literal, NamedTuple, Tuple, Union

from covet import Covet
from typing_extensions import NotRequired, Required, TypedDict

app = Covet()


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 1 << 70


class Mode(str, enum.Enum):
    READ = "read"
    WRITE = "écrire"
"""

ENUMS = ("Level", "Mode")

SCALARS = [Type(word) for word in ("int", "str", "float", "bool", "None", "any")]
_USUAL = [Type("int"), Type("str"), Type("str"), Type("float"), Type("bool"), Type("any")]

# Keys that would show where a name is taken for source, and those that JSON has to escape.
HOSTILE_NAMES = [
    'a "quoted" name', "a'b", "back\\slash", "new\nline", "nul\0", "tab\t\x1f", "é", "Ж", "🦀", "",
    " ", "class", "self", "value", "field0", "item", "writer", "{", "{}", "#", '"#', "*/", "//",
    "\u2028", "\u202e", "\x7f", "x" * 300, "1", "None", "__class__", "b\"", "\\u0041", "\\\"",
]  # fmt: skip

_NAMES = [
    "id", "name", "email", "active", "price", "tags", "items", "parent", "children", "created",
    "next", "type", "match", "async_", "x", "y", "z", "k", "v", "count", "total", "a_longer_name",
    "über",
]  # fmt: skip


def random_program(seed: str, models: int = MODELS, routes: int = ROUTES) -> Program:
    """The models and routes of a seed: a few of a known form, and random ones."""
    rng = random.Random(seed)
    program = Program({model.name: model for model in FIXED})
    names = [f"M{number}" for number in range(models - len(FIXED))]
    known = [*program.models, *names]
    for name in names:
        program.models[name] = _random_model(rng, name, known)
    program.routes = {f"/get_{model.name}": Type("model", name=model.name) for model in FIXED}
    program.routes["/get_Wider"] = Type("model", name="Wider")
    program.routes.update(FIXED_ROUTES)
    returned = [Type("model", name=name) for name in program.models]
    program.models[WIDER.name] = WIDER
    for number, one in enumerate(rng.sample(returned, routes + 1 - len(program.routes))):
        other = rng.choice(returned)
        program.routes[f"/route_{number}"] = rng.choice(
            [
                one,
                one,
                Type("list", (one,)),
                Type("list", (one,)),
                Type("dict", (Type("str"), one)),
                Type("union", (one, Type("None"))),
                Type("union", (Type("list", (one,)), Type("None"))),
                Type("union", (one, other)),
                Type("dict", (Type("int"), Type("list", (one,)))),
                Type("tuple", (one, other)),
                _random_type(rng, known, 3),
            ]
        )
    return program


def _random_model(rng: random.Random, name: str, known: list[str]) -> Model:
    styles = ["class", "class", "inherited", "function", "function-not-total", "tuple"]
    style = rng.choice(styles)
    names = list(_NAMES) if style in ("tuple", "class", "inherited") else _NAMES + HOSTILE_NAMES
    names = rng.sample(names, rng.choice((1, 2, 3, 3, 5, 5, 8, 12)))
    always = style == "tuple" or rng.random() < 0.4
    fields = [Field(n, _random_type(rng, known, 2), always or rng.random() < 0.6) for n in names]
    if style == "inherited":
        fields.sort(key=lambda field: not field.required)
    return Model(name, style, tuple(fields))


def _random_type(rng: random.Random, known: list[str], depth: int) -> Type:
    draw = rng.random()
    if depth == 0 or draw < 0.4:
        return rng.choice(_USUAL)

    def inner() -> Type:
        return _random_type(rng, known, depth - 1)

    if draw < 0.6:
        return Type("model", name=rng.choice(known))
    if draw < 0.68:
        return Type("list", (inner(),))
    if draw < 0.74:
        return Type("dict", (rng.choice([Type("str"), Type("str"), Type("int")]), inner()))
    if draw < 0.78:
        return Type("tuple", tuple(inner() for _ in range(rng.randrange(4))))
    if draw < 0.81:
        return Type("sequence", (inner(),))
    if draw < 0.9:
        return Type("union", (inner(), Type("None")))
    if draw < 0.93:
        return Type("union", (inner(), inner(), inner()))
    if draw < 0.97:
        return Type("literal", values=rng.choice(_LITERALS))
    return Type("enum", name=rng.choice(ENUMS))


_LITERALS: list[tuple[Any, ...]] = [
    ("open", "shut"), (1, 2, 3), (True,), (None, "é"), (1, "one"), (None,),
    ("a\n\"b'",), (-5, None),
]  # fmt: skip


def _optional(type: Type) -> Type:
    return Type("union", (type, Type("None")))


_NODE = Type("model", name="Node")


# Those that tests name.
def _recursive(name: str, fields: int) -> Model:
    """A model whose middle field may be another of its kind."""
    itself = _optional(Type("model", name=name))
    return Model(name, "function", tuple(
        Field(f"field_{number}", itself if number == fields // 2 else _USUAL[number % 5])
        for number in range(fields)
    ))  # fmt: skip


# No random model knows of it: most of its values would be large.
WIDER = _recursive("Wider", 500)

FIXED = [
    Model("Account", "class", (
        Field("id", Type("int")), Field("name", Type("str")), Field("active", Type("bool")),
        Field("balance", Type("float")), Field("note", _optional(Type("str"))),
    )),
    Model("Team", "class", (
        Field("name", Type("str")),
        Field("members", Type("list", (Type("model", name="Account"),))),
        Field("by_role", Type("dict", (Type("str"), Type("model", name="Account")))),
        Field("place", Type("model", name="Place")),
    )),
    Model("Place", "tuple", (Field("x", Type("float")), Field("y", Type("float")))),
    Model("Nowhere", "tuple"),
    Model("Empty", "class"),
    Model("Node", "inherited", (
        Field("value", Type("int")), Field("next", _optional(_NODE), False),
        Field("children", Type("list", (_NODE,)), False),
        Field("named", Type("dict", (Type("str"), _NODE)), False),
    )),
    Model("Pair", "tuple", (
        Field("left", _optional(Type("model", name="Pair"))),
        Field("right", _optional(Type("model", name="Pair"))),
    )),
    Model("Loose", "function-not-total", (
        Field("a", Type("int"), False), Field("b", Type("str"), False),
        Field("c", Type("float"), True), Field("d", Type("bool"), False),
    )),
    Model("Hostile", "function", tuple(Field(name, Type("str")) for name in HOSTILE_NAMES)),
    Model("Loosely_Hostile", "function-not-total", tuple(
        Field(name, Type("int"), False) for name in HOSTILE_NAMES
    )),
    _recursive("Wide", 100),
    Model("Every", "class", tuple(
        Field(f"f{number}", type) for number, type in enumerate([
            *SCALARS, Type("tuple"), Type("tuple", (Type("int"), Type("str"))),
            Type("sequence", (Type("int"),)), Type("list", (Type("list", (Type("str"),)),)),
            Type("dict", (Type("str"), Type("dict", (Type("str"), Type("float"))))),
            Type("literal", values=("a", "b")), Type("literal", values=(1, "b")),
            Type("enum", name="Level"), Type("union", (Type("int"), Type("float"))),
            Type("union", (Type("int"), Type("str"))),
            _optional(Type("tuple", (Type("model", name="Place"), _optional(Type("int"))))),
        ])
    )),
]  # fmt: skip

_ACCOUNT = Type("model", name="Account")

FIXED_ROUTES = {
    "/accounts": Type("list", (_ACCOUNT,)),
    "/accounts_by_name": Type("dict", (Type("str"), _ACCOUNT)),
    "/account_or_none": _optional(_ACCOUNT),
    "/numbers": Type("list", (Type("int"),)),
    "/numbers_by_name": Type("dict", (Type("str"), Type("int"))),
}


# ── Compiling ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Compiled:
    """The app and its wheel, both imported."""

    program: Program
    # The modules.
    app: types.ModuleType
    wheel: types.ModuleType
    # The file, and the crate that it was made from.
    file: Path
    crate: Path

    def serializer(self, path: str) -> Any:
        """The serializer of a route."""
        (number,) = (n for n, route in enumerate(self.wheel.ROUTES) if route[1] == path)
        return self.wheel.TABLE.serializer(number)

    def function(self, name: str) -> Optional[Any]:
        """``serialize_<Model>`` by its whole name, if there is one."""
        return getattr(self.wheel, name, None)

    def unlike(self) -> dict[str, dict[str, int]]:
        """What the wheel has counted."""
        found: dict[str, dict[str, int]] = self.native.metrics()["json_unlike"]
        return found

    def forget(self) -> None:
        """Counts from zero again."""
        self.native.reset_metrics()

    @property
    def native(self) -> Any:
        """The native half of the wheel."""
        return sys.modules[f"{WHEEL}._native"]


def compile_program(program: Program, folder: Path) -> Compiled:
    """Builds the wheel of a program as users do, and imports it. `folder` is for scratch.

    Cargo keeps its work beside the crate, so an unchanged program costs little the next time.
    """
    place = folder / "many_models"
    place.mkdir()
    (place / f"{APP}.py").write_text(program.source(), encoding="utf-8")
    crate = TARGET / "many-models" / "crate"
    built = codegen("build", f"{APP}.py", "--crate-dir", crate, "--out", place / "dist", cwd=place)
    assert built.code == 0, built.stderr
    # What a type is not understood with would be a note.
    assert built.stderr == "", built.stderr
    (file,) = (place / "dist").glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(place / "wheel")
    with _importable(place, place / "wheel"):
        app, wheel = importlib.import_module(APP), importlib.import_module(WHEEL)
    return Compiled(program, app, wheel, file, crate)


class _importable:
    def __init__(self, *places: Path) -> None:
        self._places = [str(place) for place in places]

    def __enter__(self) -> None:
        sys.path[:0] = self._places

    def __exit__(self, *_: object) -> None:
        for place in self._places:
            sys.path.remove(place)
