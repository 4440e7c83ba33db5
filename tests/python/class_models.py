"""An app whose handlers return objects of classes with fields, of every kind there is."""

import dataclasses
import sys
from typing import Any, NamedTuple, Optional

import msgspec
import pydantic
from covet import Covet
from typing_extensions import TypedDict

# Since Python 3.10.
SLOTS: "dict[str, Any]" = {"slots": True} if sys.version_info >= (3, 10) else {}


@dataclasses.dataclass
class Plain:
    id: int
    name: str
    score: float
    tags: "list[str]"
    parent: "Optional[Plain]" = None


@dataclasses.dataclass(**SLOTS)
class Slotted:
    id: int
    name: str


@dataclasses.dataclass
class Derived(Plain):
    more: bool = True


class Struct(msgspec.Struct):
    id: int
    name: str
    active: bool
    score: float


class Renamed(msgspec.Struct, rename="camel"):
    user_id: int
    all_items: "list[Struct]"


class Model(pydantic.BaseModel):
    id: int
    name: str
    email: Optional[str] = None
    inner: "Optional[Model]" = None


class Point(NamedTuple):
    value: Slotted


class Page(TypedDict):
    items: "list[Slotted]"
    total: int


app = Covet()


def _route(path: str, returns: Any) -> None:
    def handler(request: object) -> None: ...

    handler.__annotations__["return"] = returns
    app.get(path)(handler)


for _class in (Plain, Slotted, Derived, Struct, Renamed, Model, Point, Page):
    _route(f"/{_class.__name__.lower()}", _class)
