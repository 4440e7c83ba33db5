"""Posts: registered on the app with its decorators."""

import asyncio
from typing import Any, Optional, TypedDict, Union

from answers import bad_request, not_found, read_object
from auth import login_required
from covet import Covet, JSONResponse, Request, Response
from store import Post, store


class Page(TypedDict):
    page: int
    total: int
    posts: list[Post]


class Month(TypedDict):
    year: int
    month: int
    slugs: list[str]


def register(app: Covet) -> None:
    @app.get("/posts")
    async def list_posts(request: Request) -> Union[Page, JSONResponse]:
        try:
            page = int(request.query.get("page", "1"))
            size = int(request.query.get("size", "2"))
        except ValueError:
            return bad_request("page and size are numbers")
        posts = store.published()
        tags = request.query.get_list("tag")
        if tags:
            posts = [post for post in posts if set(tags) <= set(post["tags"])]
        first = max(page - 1, 0) * size
        return {"page": page, "total": len(posts), "posts": posts[first : first + size]}

    @app.post("/posts")
    @login_required
    async def create_post(request: Request) -> Union[Post, JSONResponse]:
        data = await read_object(request)
        if data is None or not isinstance(data.get("title"), str):
            return bad_request("a JSON object with a title, please")
        key = store.next_id(store.posts)
        post = Post(
            id=key,
            slug=str(data.get("slug", f"post-{key}")),
            title=data["title"],
            body=str(data.get("body", "")),
            author=request.context["user"]["id"],
            tags=list(data.get("tags", [])),
            published=data.get("published"),
        )
        store.posts[key] = post
        return JSONResponse(post, status_code=201, headers={"Location": f"/posts/{key}"})

    @app.route("/posts", methods=["OPTIONS"])
    def post_options(request: Request) -> Response:
        return Response(status_code=204, headers={"Allow": "GET, POST, OPTIONS"})

    @app.get("/posts/latest")
    async def latest(request: Request) -> Union[Post, JSONResponse]:
        posts = store.published()
        return posts[0] if posts else not_found("post")

    # CovetPy takes the first route that fits: this one has to come before /posts/{key}/comments,
    # or /posts/me/drafts would never arrive here.
    @app.get("/posts/me/{status}")
    @login_required
    async def my_posts(request: Request, status: str) -> Union[list[Post], JSONResponse]:
        if status not in ("drafts", "published"):
            return not_found("status")
        mine = store.by_author(request.context["user"]["id"])
        return [post for post in mine if (post["published"] is None) == (status == "drafts")]

    @app.get("/posts/archive/{year}")
    async def year(request: Request, year: int) -> list[str]:
        return [post["slug"] for post in store.published() if date_of(post)[0] == year]

    @app.get("/posts/archive/{year}/{month}")
    async def month(request: Request, year: int, month: int) -> Month:
        slugs = [post["slug"] for post in store.published() if date_of(post) == (year, month)]
        return {"year": year, "month": month, "slugs": slugs}

    @app.route("/posts/{key}", methods=["GET", "HEAD"])
    async def get_post(request: Request, key: Union[int, str]) -> Union[Post, Response]:
        post = store.post(key)
        if post is None:
            return not_found("post")
        etag = f'"{post["id"]}-{len(post["body"])}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return JSONResponse(post, headers={"ETag": etag, "Cache-Control": "max-age=60"})

    @app.put("/posts/{key}")
    @login_required
    async def replace_post(request: Request, key: Union[int, str]) -> Union[Post, JSONResponse]:
        post, data = store.post(key), await read_object(request)
        if post is None:
            return not_found("post")
        if data is None or not {"title", "body"} <= data.keys():
            return bad_request("title and body are required")
        return update(post, {"tags": [], "published": None, **data})

    @app.patch("/posts/{key}")
    @login_required
    async def change_post(request: Request, key: Union[int, str]) -> Union[Post, JSONResponse]:
        post, data = store.post(key), await read_object(request)
        if post is None:
            return not_found("post")
        if data is None:
            return bad_request("a JSON object, please")
        return update(post, data)

    @app.delete("/posts/{key}")
    @login_required
    async def delete_post(request: Request, key: Union[int, str]) -> Optional[JSONResponse]:
        post = store.post(key)
        if post is None:
            return not_found("post")
        del store.posts[post["id"]]
        return None  # 204

    @app.get("/posts/{key}/similar")
    async def similar(request: Request, key: Union[int, str]) -> list[str]:
        post = store.post(key)
        if post is None:
            return []
        found = []
        for other in store.published():
            await asyncio.sleep(0)  # A large blog: let other requests have their turn.
            if other is not post and set(other["tags"]) & set(post["tags"]):
                found.append(other["slug"])
        return found

    @app.get("/posts/{key}/body")
    async def raw_body(request: Request, key: Union[int, str]) -> Union[str, JSONResponse]:
        post = store.post(key)
        return not_found("post") if post is None else post["body"]

    @app.get("/tags")
    def tags(request: Request) -> dict[str, int]:
        counts: dict[str, int] = {}
        for post in store.published():
            for tag in post["tags"]:
                counts[tag] = counts.get(tag, 0) + 1
        return dict(sorted(counts.items()))

    @app.get("/tags/{tag}")
    def tagged(request: Request, tag: str) -> list[str]:
        return [post["slug"] for post in store.published() if tag in post["tags"]]


def update(post: Post, data: dict[str, Any]) -> Post:
    post["title"] = data.get("title", post["title"])
    post["body"] = data.get("body", post["body"])
    post["tags"] = data.get("tags", post["tags"])
    post["published"] = data.get("published", post["published"])
    return post


def date_of(post: Post) -> tuple[int, int]:
    """Year and month of a published post."""
    year, month, _ = (post["published"] or "0-0-0").split("-")
    return int(year), int(month)
