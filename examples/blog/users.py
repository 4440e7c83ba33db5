"""Users: a `CovetRouter` with Flask-style captures."""

from __future__ import annotations

import struct
from typing import TypedDict

from answers import bad_request, not_found, read_object
from auth import login_required
from covet import CovetRouter, JSONResponse, Request, Response
from store import User, store


class Profile(TypedDict):
    name: str
    posts: int
    following: list[str]


def profile_of(user: User) -> Profile:
    others = [other["name"] for other in store.users.values() if other["id"] < user["id"]]
    posts = store.by_author(user["id"])
    return Profile(name=user["name"], posts=len(posts), following=others)


async def list_users(request: Request) -> list[str]:
    return [user["name"] for user in store.users.values()]


async def sign_up(request: Request) -> JSONResponse:
    data = await read_object(request)
    if data is None or "@" not in str(data.get("email", "")):
        return bad_request("an e-mail address is required")
    number = store.next_id(store.users)
    name = str(data.get("name", f"user {number}"))
    store.users[number] = User(id=number, name=name, email=data["email"], admin=False)
    return JSONResponse({"id": number}, status_code=201, headers={"Location": f"/users/{number}"})


@login_required
async def me(request: Request) -> User:
    user: User = request.context["user"]
    return user


@login_required
async def my_section(request: Request, section: str) -> dict[str, str]:
    return {"name": request.context["user"]["name"], "section": section}


async def get_user(request: Request, number: int) -> Profile | JSONResponse:
    user = store.users.get(number)
    return not_found("user") if user is None else profile_of(user)


async def posts_of(request: Request, number: int) -> list[str]:
    return [post["slug"] for post in store.by_author(number)]


def avatar(request: Request, number: int) -> bytes | JSONResponse:
    """A bitmap of one pixel, in the user's own grey."""
    if number not in store.users:
        return not_found("user")
    head = struct.pack("<2sIIIIiiHHIIiiII", b"BM", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
    return head + bytes([number * 40 % 256] * 3 + [0])


def redirect_to_user(request: Request, name: str) -> Response:
    for user in store.users.values():
        if user["name"].lower() == str(name).lower():
            return Response(status_code=302, headers={"Location": f"/users/{user['id']}"})
    return not_found("user")


router = CovetRouter()
router.add_route("", list_users, ["GET"])
router.add_route("", sign_up, ["POST"])
router.add_route("/me", me, ["GET"])
router.add_route("/me/<section>", my_section, ["GET"])
router.add_route("/~<name>", redirect_to_user, ["GET"])
router.add_route("/<number>", get_user, ["GET"])
router.add_route("/<number>/posts", posts_of, ["GET"])
router.add_route("/<number>/avatar.bmp", avatar, ["GET"])
