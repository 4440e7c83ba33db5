"""The app whose responses have declared types, for `covet-codegen build`: a route for each shape
of payloads.py.

The annotations are objects rather than text, so that the peers can be given the same types.
"""

from typing import Literal, Optional, TypedDict

import payloads
from covet import Covet


class Account(TypedDict):
    id: int
    name: str
    email: str
    active: bool
    balance: float


class Address(TypedDict):
    street: str
    city: str
    postcode: str
    country: str
    floor: Optional[int]


class Customer(TypedDict):
    id: int
    name: str
    email: str
    address: Address


class Line(TypedDict):
    sku: str
    title: str
    quantity: int
    price: float
    taxed: bool


class Order(TypedDict):
    id: int
    status: Literal["open", "shipped", "returned"]
    created: str
    customer: Customer
    lines: list[Line]
    total: float
    note: Optional[str]


class User(TypedDict):
    id: int
    name: str
    email: str
    active: bool
    balance: float
    city: Optional[str]
    rating: Optional[float]
    followers: list[int]


class Post(TypedDict):
    id: int
    author: int
    title: str
    text: str
    tags: list[str]
    score: float
    views: int
    edited: Optional[str]
    counts: dict[str, int]
    pinned: bool


class Forum(TypedDict):
    users: list[User]
    posts: list[Post]
    next: Optional[str]
    total: int


class Entry(TypedDict):
    id: int
    language: str
    title: str
    text: str
    elsewhere: dict[str, str]


class Phrasebook(TypedDict):
    title: str
    entries: list[Entry]


class Point(TypedDict):
    latitude: float
    longitude: float


class Survey(TypedDict):
    points: list[Point]
    temperatures: list[float]
    distances: list[float]
    errors: list[float]


app = Covet()


@app.get("/small")
async def get_small(request) -> Account:
    return payloads.make("small")


@app.get("/list")
async def get_list(request) -> list[Account]:
    return payloads.make("list")


@app.get("/nested")
async def get_nested(request) -> Order:
    return payloads.make("nested")


@app.get("/mixed")
async def get_mixed(request) -> Forum:
    return payloads.make("mixed")


@app.get("/unicode")
async def get_unicode(request) -> Phrasebook:
    return payloads.make("unicode")


@app.get("/floats")
async def get_floats(request) -> Survey:
    return payloads.make("floats")
