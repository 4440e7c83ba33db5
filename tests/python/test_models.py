"""Return annotations as types and models: what is recorded of responses.

What is expected here is expected of every Python version, so that tables are the same on all.
"""

# ruff: noqa: UP006, UP013, UP035

import collections
import dataclasses
import datetime
import decimal
import enum
import functools
import importlib
import sys
import textwrap
import time
import typing
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Dict,
    Generic,
    List,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    Tuple,
    TypedDict,
    TypeVar,
    Union,
)

import msgspec
import pydantic
import pytest
import typing_extensions as te
from covet import Covet, JSONResponse, Request, Response
from covet.core.http import StreamingResponse
from covet_runtime import frameworks, models, return_types, table

HERE = __name__
T = TypeVar("T")
K = TypeVar("K")


def returning(annotation: Any, scope: Optional[Dict[str, Any]] = None) -> Any:
    """A handler with a return annotation, in the module of `scope`."""
    namespace: Dict[str, Any] = globals() if scope is None else scope
    code = compile("def handler(request): ...", "handler.py", "exec", dont_inherit=True)
    exec(code, namespace)
    handler = namespace.pop("handler")
    handler.__annotations__["return"] = annotation
    return handler


def record(*annotations: Any) -> models.Record:
    reader = models.Reader((Response,))
    return models.record([reader.read(returning(each)) for each in annotations])


def fields(model: table.Model) -> Dict[str, str]:
    return {field.name: field.type for field in model.fields}


def only(annotation: Any) -> table.Model:
    """The model that is the whole response, and the only one."""
    found = record(annotation)
    (model,) = found.models
    assert found.types == [model.name]
    return model


def lost(annotation: Any) -> str:
    """What is said of an annotation of which something is lost."""
    (remark,) = record(annotation).remarks
    assert remark is not None
    return remark


# ── Types without models ───────────────────────────────────────────────────────────────────────

UserId = NewType("UserId", int)
Slug = te.NewType("Slug", str)
Ids = te.TypeAliasType("Ids", List[int])
Pairs = te.TypeAliasType("Pairs", List[Tuple[K, T]], type_params=(K, T))
Json = te.TypeAliasType("Json", Union[Dict[str, "Json"], List["Json"], str, None])
Tree = Union[int, List["Tree"]]

TYPES: List[Tuple[Any, Optional[str]]] = [
    (None, "None"),
    (type(None), "None"),
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "str"),
    (te.LiteralString, "str"),
    (list, "list[any]"),
    (List, "list[any]"),
    (List[int], "list[int]"),
    (list[int], "list[int]"),
    (dict, "dict[any, any]"),
    (Dict, "dict[any, any]"),
    (Dict[str, List[int]], "dict[str, list[int]]"),
    (dict[int, Any], "dict[int, any]"),
    (tuple, "tuple[any, ...]"),
    (Tuple, "tuple[any, ...]"),
    (Tuple[()], "tuple[()]"),
    (tuple[()], "tuple[()]"),
    (Tuple[int], "tuple[int]"),
    (Tuple[int, str], "tuple[int, str]"),
    (Tuple[int, ...], "tuple[int, ...]"),
    (Optional[int], "int | None"),
    (Union[None, str, int], "int | str | None"),
    (Union[str, List[Union[None, bool, str]]], "list[bool | str | None] | str"),  # noqa: RUF036
    (List[Any], "list[any]"),
    (List[object], "list[any]"),
    (List[T], "list[any]"),
    (
        Literal["b", "a", 'é\n"', 10, 9, True, None],
        r'literal["a", "b", "é\n\"", 10, 9, true, None]',
    ),
    (te.Literal["a", 1], 'literal["a", 1]'),
    (Literal[2**63, 1], "int | literal[1]"),
    (Union[Literal["b"], Literal["a"], int], 'int | literal["a", "b"]'),
    (Annotated[int, "metadata"], "int"),
    (Annotated[Optional[int], "metadata"], "int | None"),
    (typing.Final[int], "int"),
    (List[te.Annotated[te.ReadOnly[int], 1]], "list[int]"),
    (UserId, "int"),
    (List[Slug], "list[str]"),
    (Ids, "list[int]"),
    (Pairs[str, int], "list[tuple[str, int]]"),
    (Pairs, "list[tuple[any, any]]"),
    (Json, "dict[str, any] | list[any] | str | None"),
    (Tree, "int | list[int | list[any]]"),
    ("Tree", "int | list[any]"),
    # Text is evaluated, with unions on every version.
    ("int", "int"),
    (" Optional[ 'int' ] ", "int | None"),
    ("int | None", "int | None"),
    ("dict[str, int | str] | list['int | None']", "dict[str, int | str] | list[int | None]"),
    ("None | 'int'", "int | None"),
    ("Annotated[int, 2 | 1]", "int"),
    ("Annotated[int, [x for x in (1,)]]", "int"),
    # What has a body of its own is no type of a value.
    (Response, None),
    (JSONResponse, None),
    (bytes, None),
    (Union[bytes, JSONResponse], None),
    (Union[List[int], JSONResponse, bytes], "list[int]"),
    (Optional[JSONResponse], "None"),
    # Nothing is said.
    (Any, None),
    (te.Any, None),
    (object, None),
    (T, None),
    (te.NoReturn, None),
    (te.Never, None),
]
if sys.version_info >= (3, 10):
    UNIONS = [
        (int | None, "int | None"),
        (List[int] | dict[str, int], "dict[str, int] | list[int]"),
    ]
else:
    UNIONS = []


@pytest.mark.parametrize(("annotation", "expected"), TYPES + UNIONS, ids=str)
def test_types(annotation: Any, expected: Optional[str]) -> None:
    assert record(annotation) == ((), [expected], [None])


def test_a_handler_without_an_annotation() -> None:
    def handler(request): ...  # type: ignore[no-untyped-def]

    reader = models.Reader()
    for each in (handler, len, functools.partial(len), models.Reader()):
        assert reader.read(each) is models.UNKNOWN
    assert models.record([models.UNKNOWN]) == ((), [None], [None])


# ── What is lost ───────────────────────────────────────────────────────────────────────────────


class Plain:
    pass


class Box(Generic[T]):
    pass


class Speaker(te.Protocol):
    def speak(self) -> None: ...


class Key(str):
    pass


class Kind(enum.Enum):
    A = 1


class Unfriendly:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("not now")

    def __hash__(self) -> int:
        raise SystemExit(3)


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError("no " + name)


class Closed(metaclass=Meta):
    pass


CANNOT_BE_SENT = "which the framework cannot send"
LOST: List[Tuple[Any, str]] = [
    (datetime.datetime, f"`datetime:datetime`, {CANNOT_BE_SENT}"),
    (datetime.date, CANNOT_BE_SENT),
    (datetime.time, CANNOT_BE_SENT),
    (datetime.timedelta, CANNOT_BE_SENT),
    (uuid.UUID, f"`uuid:UUID`, {CANNOT_BE_SENT}"),
    (decimal.Decimal, f"`decimal:Decimal`, {CANNOT_BE_SENT}"),
    (typing.Set[int], f"`set`, {CANNOT_BE_SENT}"),
    (frozenset, CANNOT_BE_SENT),
    (bytearray, CANNOT_BE_SENT),
    (complex, CANNOT_BE_SENT),
    (type, CANNOT_BE_SENT),
    (typing.Type[int], CANNOT_BE_SENT),
    (StreamingResponse, CANNOT_BE_SENT),
    (Plain, f"`{HERE}:Plain`, {CANNOT_BE_SENT}"),
    (Box[int], CANNOT_BE_SENT),
    (Kind, f"`{HERE}:Kind`, an Enum that is no str, int or float, {CANNOT_BE_SENT}"),
    (Literal[Kind.A], "an Enum that is no str"),
    (typing.Mapping[str, int], "`collections.abc:Mapping`, which is abstract"),
    (typing.Sequence, "which is abstract"),
    (typing.Awaitable[int], "which is abstract"),
    (typing.AsyncIterator[bytes], "which is abstract"),
    (typing.Callable[..., int], "which is abstract"),
    (Speaker, "which is abstract"),
    (collections.OrderedDict, "`collections:OrderedDict`, a subclass of dict"),
    (typing.DefaultDict[str, int], "a subclass of dict"),
    (Key, "a subclass of str"),
    ("Nowhere", "`Nowhere`, which cannot be read: NameError: name 'Nowhere' is not defined"),
    ("List[Nowhere]", "`List[Nowhere]`, which cannot be read: NameError"),
    ("sys.nothing", "AttributeError"),
    ("1 / 0", "ZeroDivisionError"),
    ("not an annotation", "SyntaxError"),
    ("", "SyntaxError"),
    ("sys.exit(1)", "SystemExit"),
    ("dict[int]", "cannot be read: ValueError"),
    (3, "which is no type of a value"),
    ({"id": int}, "which is no type of a value"),
    (typing.ClassVar, "which is no type of a value"),
    (Unfriendly(), "an annotation, which is no type of a value"),
    (Closed, "cannot be read"),
    (Literal["\udc80"], "which is not Unicode text"),
    (functools.reduce(lambda inner, _: List[inner], range(60), int), "in part: it holds what is"),
]


@pytest.mark.parametrize(("annotation", "part"), LOST, ids=lambda value: type(value).__name__)
def test_what_is_lost(annotation: Any, part: str) -> None:
    assert part in lost(annotation)
    assert record(annotation).types[0] is None or "in part" in lost(annotation)


@pytest.mark.parametrize(
    ("annotation", "expected", "part"),
    [
        (List[bytes], "list[any]", f"it holds `bytes`, {CANNOT_BE_SENT}"),
        (Dict[str, Response], "dict[str, any]", "it holds `covet.core.http:Response`"),
        (Union[Plain, List[int]], "any | list[int]", "it holds `"),
        (Optional[datetime.date], "any | None", "it holds `datetime:date`"),
        (List["Nowhere"], "list[any]", "it holds `Nowhere`"),  # noqa: F821
        (Tuple[int, Plain], "tuple[int, any]", "it holds"),
    ],
)
def test_what_is_lost_in_part(annotation: Any, expected: str, part: str) -> None:
    assert record(annotation).types == [expected]
    assert lost(annotation).startswith("its response is written by the generic serializer in part")
    assert part in lost(annotation)


def test_what_may_be_sent_is_no_loss_when_the_rest_is_known() -> None:
    for annotation in (Dict[str, typing.Mapping[str, int]], Union[int, typing.Sequence[int]]):
        assert record(annotation).remarks == [None]


def test_a_part_of_any_length() -> None:
    variadic = te.TypeVarTuple("variadic")
    assert "a part may be of any length" in lost(List[Tuple[int, te.Unpack[variadic]]])  # type: ignore
    if sys.version_info >= (3, 11):
        assert "a part may be of any length" in lost("tuple[(int, *tuple[str, ...])]")


def test_many_losses_are_counted() -> None:
    remark = lost(Tuple[Plain, bytes, Kind, complex, type])
    assert remark.count("it holds") == models.names.SHOWN
    assert remark.endswith("; and 2 more")


# ── Models ─────────────────────────────────────────────────────────────────────────────────────


class Author(TypedDict):
    name: str
    posts: "List[Post]"


class Post(TypedDict, total=False):
    id: te.Required[int]
    author: Author
    tags: List[str]


class Draft(Post):
    due: te.NotRequired["Optional[int]"]
    text: "str"
    closed: "te.NotRequired[bool]"
    note: Annotated[te.NotRequired[str], "metadata"]


def test_typed_dicts() -> None:
    found = record(Draft)
    assert found.types == ["Draft"]
    assert [model.name for model in found.models] == ["Author", "Draft", "Post"]
    author, draft, post = found.models
    assert (author.type, author.kind, author.base) == (f"{HERE}:Author", "typed_dict", None)
    assert fields(author) == {"name": "str", "posts": "list[Post]"}
    assert [field.optional for field in post.fields] == [False, True, True]
    assert draft.fields == (
        table.Field("id", "int"),
        table.Field("author", "Author", optional=True),
        table.Field("tags", "list[str]", optional=True),
        table.Field("due", "int | None", optional=True),
        table.Field("text", "str"),
        table.Field("closed", "bool", optional=True),
        table.Field("note", "str", optional=True),
    )


Odd = TypedDict("Odd", {"user-id": int, "class": "str", "": None, 'a"\n': List["Odd"]})  # type: ignore
Backported = te.TypedDict("Backported", {"a": te.ReadOnly[te.NotRequired[int]]})
Surrogate = TypedDict("Surrogate", {"\udc80": int})
Numbered = TypedDict("Numbered", {1: int})  # type: ignore


def test_typed_dicts_made_by_a_call() -> None:
    assert fields(only(Odd)) == {"user-id": "int", "class": "str", "": "None", 'a"\n': "list[Odd]"}
    assert only(Backported).fields == (table.Field("a", "int", optional=True),)
    assert r"with the key '\udc80', which is not Unicode text" in lost(Surrogate)
    assert "with the key 1, which is no str" in lost(List[Numbered])


@dataclasses.dataclass
class Base(Generic[T]):
    shared: typing.ClassVar[int] = 1
    id: "T"
    start: dataclasses.InitVar[int] = 0
    date: "Optional[int]" = None


@dataclasses.dataclass(frozen=True)
class Colours:
    str: "str" = "red"
    Point: "Optional[Point]" = None


@dataclasses.dataclass
class Event(Base[str]):
    where: "Point" = (0, 0)  # type: ignore
    more: Dict[str, "Event"] = dataclasses.field(default_factory=dict)


class Point(NamedTuple):
    x: float
    y: "Optional[Point]" = None


class Named(Point):
    def length(self) -> int:
        return 1


Pair = collections.namedtuple("Pair", ["a", "b"])


def test_dataclasses() -> None:
    found = {model.name: model for model in record(List[Event]).models}
    assert sorted(found) == ["Event", "Point"]
    assert found["Event"].kind == "dataclass"
    assert fields(found["Event"]) == {
        "id": "str",
        "date": "int | None",
        "where": "Point",
        "more": "dict[str, Event]",
    }
    (colours, _) = record(Colours).models
    assert fields(colours) == {"str": "str", "Point": "Point | None"}


if sys.version_info >= (3, 10):

    @dataclasses.dataclass(slots=True)
    class Slotted:
        a: int
        _: dataclasses.KW_ONLY
        b: "Slotted | None" = None

    def test_dataclasses_with_slots() -> None:
        assert fields(only(Slotted)) == {"a": "int", "b": "Slotted | None"}


def test_named_tuples() -> None:
    assert only(Point).kind == "named_tuple"
    assert fields(only(Point)) == {"x": "float", "y": "Point | None"}
    assert {model.name: fields(model) for model in record(Named).models} == {
        "Named": {"x": "float", "y": "Point | None"},
        "Point": {"x": "float", "y": "Point | None"},
    }
    assert fields(only(Pair)) == {"a": "any", "b": "any"}


class Colour(str, enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    S = 1


class Access(enum.IntFlag):
    READ = 1


class Ratio(float, enum.Enum):
    HALF = 0.5


def test_enums() -> None:
    found = [only(each) for each in (Colour, Size, Access, Ratio)]
    assert [(model.kind, model.base) for model in found] == [
        ("enum", "str"),
        ("enum", "int"),
        ("enum", "int"),
        ("enum", "float"),
    ]
    assert all(model.fields == () for model in found)
    assert record(Literal[Colour.RED, "x"]).types == ['Colour | literal["x"]']


class User(msgspec.Struct, rename="camel"):
    user_name: str
    id: "Optional[int]" = None
    next: "Optional[User]" = None
    given: str = msgspec.field(default="", name="was given")


class Tagged(msgspec.Struct, tag=True):
    a: int


class Array(msgspec.Struct, array_like=True):
    a: int


class Sparse(msgspec.Struct, omit_defaults=True):
    a: int = 1


class Unsettable(msgspec.Struct):
    a: Union[int, msgspec.UnsetType] = msgspec.UNSET


def test_structs() -> None:
    model = only(User)
    assert model.kind == "struct"
    assert model.fields == (
        table.Field("userName", "str", "user_name"),
        table.Field("id", "int | None"),
        table.Field("next", "User | None"),
        table.Field("was given", "str", "given"),
    )
    assert "a Struct with a tag" in lost(Tagged)
    assert "a Struct with array_like" in lost(Array)
    assert "a Struct with omit_defaults" in lost(List[Sparse])
    assert "a Struct that leaves out what is UNSET" in lost(Unsettable)


class Account(pydantic.BaseModel):
    id: Annotated[int, pydantic.Field(gt=0)]
    nick: "Optional[str]" = None
    point: Point
    secret: int = pydantic.Field(default=0, validation_alias="s")
    _private: int = 1
    shared: typing.ClassVar[int] = 1


class Owner(Account):
    later: "Optional[Later]" = None


class Later(pydantic.BaseModel):
    owner: Owner


def test_pydantic_models() -> None:
    found = {model.name: model for model in record(Owner).models}
    assert sorted(found) == ["Later", "Owner", "Point"]
    assert found["Owner"].kind == "pydantic"
    expected = {"id": "int", "nick": "str | None", "point": "Point", "secret": "int"}
    assert fields(found["Owner"]) == {**expected, "later": "Later | None"}
    # What pydantic does when the first instance is made changes nothing.
    Owner.model_rebuild()
    assert {model.name: model for model in record(Owner).models} == found


def unusual_pydantic_models() -> Iterator[Tuple[type, str]]:
    class Alias(pydantic.BaseModel):
        a: int = pydantic.Field(alias="b")

    class SerializationAlias(pydantic.BaseModel):
        a: int = pydantic.Field(serialization_alias="b")

    class Generator(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(alias_generator=str.upper)
        a: int

    class Extra(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="allow")

    class Excluded(pydantic.BaseModel):
        a: int = pydantic.Field(exclude=True)

    class Computed(pydantic.BaseModel):
        @pydantic.computed_field  # type: ignore[prop-decorator]
        @property
        def a(self) -> int:
            return 1

    class OfField(pydantic.BaseModel):
        a: int

        @pydantic.field_serializer("a")
        def write(self, value: int) -> str:
            return str(value)

    class OfModel(pydantic.BaseModel):
        a: int

        @pydantic.model_serializer
        def write(self) -> str:
            return ""

    class OfAnnotation(pydantic.BaseModel):
        a: Annotated[int, pydantic.PlainSerializer(str)]

    class Dumping(pydantic.BaseModel):
        def model_dump(self, **options: Any) -> Any:
            return {}

    class Root(pydantic.RootModel[List[int]]):
        pass

    yield Alias, "with an alias, of the field a"
    yield SerializationAlias, "with an alias, of the field a"
    yield Generator, "with alias_generator"
    yield Extra, "that allows extra fields"
    yield Excluded, "that leaves out a field, a"
    yield Computed, "with computed fields"
    yield OfField, "with field serializers"
    yield OfModel, "with model serializers"
    yield OfAnnotation, "with a serializer of the field a"
    yield Dumping, "with a model_dump of its own"
    yield Root, "a RootModel"


@pytest.mark.parametrize(("cls", "part"), list(unusual_pydantic_models()), ids=str)
def test_pydantic_models_that_are_written_in_a_way_of_their_own(cls: type, part: str) -> None:
    assert part in lost(cls)
    assert record(List[cls]).types == ["list[any]"]  # type: ignore[valid-type]


def test_a_serializer_inside_of_a_field() -> None:
    class Deep(pydantic.BaseModel):
        a: List[Annotated[int, pydantic.PlainSerializer(str)]]

    assert fields(only(Deep)) == {"a": "list[any]"}
    assert "field Deep.a holds a type with a serializer of its own" in lost(Deep)


def test_libraries_are_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("msgspec", "pydantic"):
        monkeypatch.delitem(sys.modules, name)
    assert record(Post).types == ["Post"]
    assert record(Plain).types == [None]
    assert not {"msgspec", "pydantic"} & set(sys.modules)


class Mixed(dict):  # type: ignore[type-arg]
    __total__ = True


def test_a_subclass_of_dict_is_what_it_holds() -> None:
    @dataclasses.dataclass
    class Record(dict):  # type: ignore[type-arg]
        a: int

    for cls in (Mixed, Record):
        assert "a subclass of dict" in lost(cls)


# ── Fields that cannot be known ────────────────────────────────────────────────────────────────


class Log(TypedDict):
    created: datetime.datetime
    by: "Nobody"  # type: ignore[name-defined]  # noqa: F821
    tags: typing.Set[str]
    where: typing.Mapping[str, int]
    next: "Optional[Log]"


def test_fields_that_cannot_be_known() -> None:
    assert fields(only(Log)) == {
        "created": "any",
        "by": "any",
        "tags": "any",
        "where": "any",
        "next": "Log | None",
    }
    assert lost(Log) == (
        "its response is written by the generic serializer in part: "
        "field Log.created holds `datetime:datetime`, which the framework cannot send as JSON; "
        "field Log.by holds `Nobody`, which cannot be read: NameError: name 'Nobody' is not "
        "defined; field Log.tags holds `set`, which the framework cannot send as JSON"
    )


def test_a_field_is_remarked_upon_once_and_an_annotation_on_every_route() -> None:
    first, second, third, fourth = record(Log, List[Log], Plain, Plain).remarks
    assert "Log.created" in (first or "")
    assert second is None
    assert third == fourth != ""


class Hostile:
    def __class_getitem__(cls, item: Any) -> Any:
        raise KeyboardInterrupt


def test_an_interrupt_is_no_finding() -> None:
    class Interrupting:
        def __hash__(self) -> int:
            raise KeyboardInterrupt

    for annotation in ("Hostile[int]", Interrupting()):
        with pytest.raises(KeyboardInterrupt):
            record(annotation)


class Untold(Exception):
    def __str__(self) -> str:
        raise SystemExit


def raises(error: BaseException) -> None:
    raise error


def test_errors_of_any_kind_are_told() -> None:
    assert lost("raises(Untold())").endswith("cannot be read: Untold")
    assert lost("raises(GeneratorExit('one\\ntwo'))").endswith("cannot be read: GeneratorExit: one")
    assert "RecursionError" in lost("(lambda again: again(again))(lambda again: again(again))")


def test_a_class_that_cannot_be_read() -> None:
    class Broken(TypedDict):
        a: int

    type.__setattr__(Broken, "__annotations__", 7)
    assert f"`{HERE}:test_a_class_that_cannot_be_read.<locals>.Broken`, which c" in lost(Broken)


# ── Generics ───────────────────────────────────────────────────────────────────────────────────


class Page(te.TypedDict, Generic[T]):
    items: List[T]
    next: "te.NotRequired[Page[T]]"


class Users(Page[User]):
    total: int


class Result(msgspec.Struct, Generic[T, K]):
    value: T
    error: "Optional[K]" = None


class Envelope(pydantic.BaseModel, Generic[T]):
    data: T
    errors: List[str] = []


class Totals(Envelope[List[int]]):
    total: int


class Chain(pydantic.BaseModel, Generic[T]):
    next: "Optional[Chain[T]]" = None


@dataclasses.dataclass
class Grown(Base[T], Generic[T, K]):
    key: Optional[K] = None


@dataclasses.dataclass
class Nested(Generic[T]):
    value: T
    child: "Optional[Nested[List[T]]]"
    wide: "Optional[Nested[Tuple[T, T, T, T, T, T, T, T]]]"


def named(*annotations: Any) -> Dict[str, Tuple[str, Dict[str, str]]]:
    return {model.name: (model.type, fields(model)) for model in record(*annotations).models}


def test_generic_models() -> None:
    found = named(Page[Post], Page[int], Page)
    assert found["Page_Post"] == (
        f"{HERE}:Page[{HERE}:Post]",
        {"items": "list[Post]", "next": "Page_Post"},
    )
    assert found["Page_int"] == (f"{HERE}:Page[int]", {"items": "list[int]", "next": "Page_int"})
    choice = named(Page[Literal["a b", 1]])
    assert choice["Page_literal_a_b_1"][1]["items"] == 'list[literal["a b", 1]]'
    assert found["Page"] == (f"{HERE}:Page", {"items": "list[any]", "next": "Page_any"})
    users = named(Users)["Users"][1]
    assert users == {"items": "list[User]", "next": "Page_User", "total": "int"}
    assert named(Result[Optional[int], Dict[str, bool]]) == {
        "Result_int_None_dict_str_bool": (
            f"{HERE}:Result[int | None, dict[str, bool]]",
            {"value": "int | None", "error": "dict[str, bool] | None"},
        )
    }
    assert named(Grown[int, str])["Grown_int_str"][1] == {
        "id": "int",
        "date": "int | None",
        "key": "str | None",
    }


def test_generic_models_of_pydantic() -> None:
    found = named(Envelope[Optional[int]])
    assert found == {
        "Envelope_int_None": (
            f"{HERE}:Envelope[int | None]",
            {"data": "int | None", "errors": "list[str]"},
        )
    }
    assert named(Totals)["Totals"][1] == {
        "data": "list[int]",
        "errors": "list[str]",
        "total": "int",
    }
    # What pydantic puts in the place of the class in itself cannot be told.
    assert named(Chain[int])["Chain_int"][1] == {"next": "any | None"}
    # pydantic's own name for it depends on the version of Python.
    assert return_types.render(Envelope[Optional[int]]) == f"{HERE}:Envelope[int | None]"


def test_a_model_that_grows_ends() -> None:
    found = record(Nested[int])
    assert found.types == ["Nested_int"]
    assert 1 < len(found.models) < 200
    assert "with type arguments that are nested too deep" in (found.remarks[0] or "")


Many = te.TypeVarTuple("Many")


@dataclasses.dataclass
class Row(Generic[te.Unpack[Many]]):  # type: ignore[misc]
    cells: "Tuple[te.Unpack[Many]]"  # type: ignore[valid-type]


@dataclasses.dataclass
class IntRow(Row[int, str]):  # type: ignore[misc]
    id: int


def test_arguments_that_cannot_be_told_apart() -> None:
    assert "that cannot be told apart" in lost(Row[int, str])  # type: ignore[misc]
    assert fields(only(IntRow)) == {"cells": "any", "id": "int"}
    assert "IntRow holds a type with arguments that cannot be told apart" in lost(IntRow)


# ── Names in annotations ───────────────────────────────────────────────────────────────────────


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write modules, and import them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def write(**sources: str) -> List[Any]:
        for name, source in sources.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source), "utf-8")
        importlib.invalidate_caches()
        return [importlib.import_module(name) for name in sources]

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def read(*handlers: Any) -> models.Record:
    reader = models.Reader((Response,))
    return models.record([reader.read(each) for each in handlers])


def test_text_means_what_it_does_where_it_is_written(modules: Any) -> None:
    shop, admin, decorators = modules(
        shop="""
            from __future__ import annotations
            from typing import TypedDict
            from decorators import logged
            class Item(TypedDict):
                id: int
                parts: list[Item] | None
            @logged
            async def handler(request) -> Item | None: ...
        """,
        admin="""
            from __future__ import annotations
            import shop
            class Wide(shop.Item):
                note: Item | None
            class Item(shop.Item): pass
            async def handler(request) -> list[Wide]: ...
        """,
        decorators="""
            import functools
            Item = str
            def logged(handler):
                @functools.wraps(handler)
                async def wrapper(*args): return await handler(*args)
                return wrapper
        """,
    )
    found = read(shop.handler, admin.handler)
    assert found.types == ["shop_Item | None", "list[Wide]"]
    assert {model.name: fields(model) for model in found.models} == {
        "Wide": {"id": "int", "parts": "list[shop_Item] | None", "note": "admin_Item | None"},
        "admin_Item": {"id": "int", "parts": "list[shop_Item] | None"},
        "shop_Item": {"id": "int", "parts": "list[shop_Item] | None"},
    }
    assert found.remarks == [None, None]
    assert decorators.Item is str


def test_variables_of_an_outer_function(modules: Any) -> None:
    (factory,) = modules(
        factory="""
            from __future__ import annotations
            from typing import TypedDict
            Item = str
            def crud(kind):
                class Item(TypedDict):
                    value: kind
                class Hidden(TypedDict):
                    a: int
                def get(request) -> list[Item]:
                    return [Item()]
                def hide(request) -> Hidden: ...
                def late(request) -> Item: return later
                if False:
                    later = 1
                return get, hide, late
        """
    )
    get, hide, late = factory.crud("int")
    found = read(get, hide, late)
    assert found.types == ["list[Item]", None, "str"]
    assert fields(found.models[0]) == {"value": "any"}  # `kind` is no variable of the class
    assert "name 'Hidden' is not defined" in (found.remarks[1] or "")


def test_names_for_the_type_checker_alone(modules: Any) -> None:
    (app,) = modules(
        app="""
            from __future__ import annotations
            from typing import TYPE_CHECKING
            if TYPE_CHECKING:
                from somewhere import User
            def handler(request) -> list[User]: ...
        """
    )
    (remark,) = read(app.handler).remarks
    assert "it holds `list[User]`, which cannot be read: NameError" in (remark or "")


def test_equal_annotations_of_two_modules_are_two() -> None:
    one, two = {"Item": int}, {"Item": str}
    reader = models.Reader()
    for annotation in ("Item", List["Item"]):  # type: ignore[name-defined]  # noqa: F821
        types = [reader.read(returning(annotation, scope)).type for scope in (one, two)]
        assert types[0] != types[1]


if sys.version_info >= (3, 12):

    def test_the_syntax_of_python_3_12(modules: Any) -> None:
        (app,) = modules(
            app="""
                from __future__ import annotations
                from typing import TypedDict
                import dataclasses
                type Ids = list[int]
                type Both[A, B] = dict[A, list[B]]
                type Tree[A] = A | list[Tree[A]]
                class Page[T](TypedDict):
                    items: list[T]
                @dataclasses.dataclass
                class Node[T]:
                    value: T
                    next: Node[T] | None
                def ids(request) -> Ids: ...
                def both(request) -> Both[str, Page[int]]: ...
                def tree(request) -> Tree[int]: ...
                def node(request) -> Node[str]: ...
                def generic[Ids](request) -> list[Ids]: ...
            """
        )
        found = read(app.ids, app.both, app.tree, app.node, app.generic)
        assert found.types == [
            "list[int]",
            "dict[str, list[Page_int]]",
            "int | list[any]",
            "Node_str",
            "list[any]",
        ]
        assert [fields(model) for model in found.models] == [
            {"value": "str", "next": "Node_str | None"},
            {"items": "list[int]"},
        ]


def test_functions_that_wrap_each_other() -> None:
    one, two = returning(List[int]), returning(str)
    two.__annotations__ = one.__annotations__
    one.__wrapped__, two.__wrapped__ = two, one
    assert read(one, two).types == ["list[int]"] * 2


# ── Names of models ────────────────────────────────────────────────────────────────────────────


def typed_dict(name: str, module: str = "app", **keys: Any) -> Any:
    cls = TypedDict(name, keys)  # type: ignore[misc]
    cls.__module__, cls.__qualname__ = module, name
    return cls


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("list", "list_"),
        ("None", "None_"),
        ("fn", "fn_"),
        ("lambda", "lambda_"),
        ("Self", "Self_"),
        ("_", "__"),
        ("1st", "_1st"),
        ("Größe", "Gr_e"),
        ("日本", "__"),
        ("make.<locals>.Item", "Item"),
        ("User_", "User_"),
    ],
)
def test_names_are_identifiers(name: str, expected: str) -> None:
    assert [model.name for model in record(typed_dict(name)).models] == [expected]


def test_no_keyword_is_the_name_of_a_model() -> None:
    import keyword

    for name in (*keyword.kwlist, *getattr(keyword, "softkwlist", [])):
        (model,) = record(typed_dict(name)).models
        assert not keyword.iskeyword(model.name) or name == "__peg_parser__"  # of 3.9 alone


def test_models_of_one_name_are_called_by_their_modules() -> None:
    one, two = typed_dict("User", "app", a=int), typed_dict("User", "admin.models", a=str)
    three = typed_dict("Out", "app", user=one)
    for order in ([one, two, three], [three, two], [two, three]):
        assert [model.name for model in record(*order).models] == [
            "Out",
            "admin_models_User",
            "app_User",
        ]
    assert record(two, three).types == ["admin_models_User", "Out"]


def test_names_that_are_still_alike_are_numbered() -> None:
    classes = [
        typed_dict("a.b", "m", x=int),
        typed_dict("a_b", "m", x=str),
        typed_dict("b", "m.a", x=str),
        typed_dict("m_a_b", "z", x=float),
    ]
    for order in (classes, classes[::-1]):
        found = {model.type: model.name for model in record(*order).models}
        assert found == {
            "m.a:b": "m_a_b_1",
            "m:a.b": "m_a_b_2",
            "m:a_b": "a_b",
            "z:m_a_b": "m_a_b_3",
        }


def test_classes_of_a_function_that_makes_them() -> None:
    def page(of: Any) -> Any:
        item = typed_dict("make.<locals>.Item", value=of)
        return typed_dict("make.<locals>.Page", items=List[item])

    pages = [page(int), page(str), page(int)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        found = record(*(pages[each] for each in order))
        assert [(model.name, fields(model)) for model in found.models] == [
            ("app_make_locals_Item_1", {"value": "int"}),
            ("app_make_locals_Item_2", {"value": "str"}),
            ("app_make_locals_Page_1", {"items": "list[app_make_locals_Item_1]"}),
            ("app_make_locals_Page_2", {"items": "list[app_make_locals_Item_2]"}),
        ]
        by_page = dict(zip(order, found.types))
        assert by_page[0] == by_page[2] != by_page[1]


def test_only_models_that_can_be_reached_are_recorded() -> None:
    assert record(Union[Response, bytes], List[int]).models == ()
    assert [model.name for model in record(Draft, Draft, List[Draft]).models] == [
        "Author",
        "Draft",
        "Post",
    ]


# ── The table of an app ────────────────────────────────────────────────────────────────────────


def app_with(**handlers: Any) -> Covet:
    app = Covet()
    for name, handler in handlers.items():
        app.router.add_route(f"/{name}", handler, ["GET"])
    return app


def test_the_table_of_an_app() -> None:
    async def users(request: Request) -> "List[User]": ...

    def log(request: Request) -> Union[Log, JSONResponse]: ...

    def silent(request): ...  # type: ignore[no-untyped-def]

    app = app_with(users=users, log=log, silent=silent)
    app.router.add_route("/feed", log, ["WEBSOCKET"])
    exported = frameworks.export(app)
    assert exported.table is not None
    assert [route.response for route in exported.table.routes] == ["list[User]", "Log", None, None]
    assert [model.name for model in exported.table.models] == ["Log", "User"]
    (note,) = exported.diagnostics
    assert (note.code, note.severity) == ("CVT021", "note")
    assert note.message.startswith(
        f"route '/log' ({HERE}:test_the_table_of_an_app.<locals>.log): its response is written by "
        "the generic serializer in part: field Log.created holds `datetime:datetime`"
    )
    assert note.help
    assert note.location is not None
    assert (note.location.file, note.location.line) == (__file__, log.__code__.co_firstlineno)


def test_the_order_of_routes_renames_nothing() -> None:
    first, second = returning(Draft), returning(List[Event])
    one = frameworks.export(app_with(a=first, b=second)).table
    two = frameworks.export(app_with(b=second, a=first)).table
    assert one is not None
    assert two is not None
    assert one.models == two.models


def test_every_version_of_python_writes_the_same() -> None:
    annotations = (
        Draft,
        Users,
        Event,
        Named,
        Colour,
        Size,
        Owner,
        Envelope[Optional[int]],
        Odd,
        Json,
    )
    found = record(*annotations, *(annotation for annotation, _ in TYPES if annotation is not Tree))
    routes = tuple(
        table.Route("http", False, f"/{n}", ("GET",), "app:f", (), True, False, response=response)
        for n, response in enumerate(found.types)
    )
    whole = table.Table(table.Framework("covet", "0"), 0, routes, models=found.models)
    text = table.canonical_json(whole).decode().replace(HERE, "test_models")
    assert hash_of(text) == "f1f16d025f0d80b7"


def hash_of(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_known_annotations_cost_next_to_nothing() -> None:
    handlers = [
        returning(List[Draft], {}) if n == 0 else returning(List[Draft]) for n in range(5000)
    ]
    reader = models.Reader()
    responses = [reader.read(each) for each in handlers]
    started = time.perf_counter()
    responses = [reader.read(each) for each in handlers]
    models.record(responses)
    assert time.perf_counter() - started < 0.5  # about 8 ms; the rest is for a busy machine
    assert len(set(map(id, responses))) == 2
