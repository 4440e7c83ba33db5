"""Comments: a `CovetRouter` that the app includes under a prefix with a capture in it."""

from __future__ import annotations

from answers import bad_request, not_found, read_object
from auth import login_required
from covet import CovetRouter, JSONResponse, Request
from store import Comment, store


async def list_comments(request: Request, key: int | str) -> list[Comment] | JSONResponse:
    post = store.post(key)
    return not_found("post") if post is None else store.comments_of(post["id"])


async def add_comment(request: Request, key: int | str) -> JSONResponse:
    post = store.post(key)
    if post is None:
        return not_found("post")
    if not store.flags.get("comments"):
        return JSONResponse({"error": "comments are closed"}, status_code=403)
    data = await read_object(request)
    if data is None or not data.get("text"):
        return bad_request("a comment needs a text")
    number = store.next_id(store.comments)
    author = str(data.get("author", "anonymous"))
    comment = Comment(id=number, post=post["id"], author=author, text=str(data["text"]))
    store.comments[number] = comment
    return JSONResponse(comment, status_code=201)


async def get_comment(request: Request, key: int | str, number: int) -> Comment | JSONResponse:
    post, comment = store.post(key), store.comments.get(number)
    if post is None or comment is None or comment["post"] != post["id"]:
        return not_found("comment")
    return comment


@login_required
async def delete_comment(request: Request, number: int) -> JSONResponse | None:
    """Takes only the second capture: CovetPy passes what the signature names."""
    if store.comments.pop(number, None) is None:
        return not_found("comment")
    return None


router = CovetRouter()
router.add_route("", list_comments, ["GET"])
router.add_route("", add_comment, ["POST"])
router.add_route("/{number}", get_comment, ["GET"])
router.add_route("/{number}", delete_comment, ["DELETE"])
