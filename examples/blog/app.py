"""A small blog with an API: the app of the covet-codegen documentation."""

from __future__ import annotations

import admin
import comments
import covet_runtime
import feeds
import live
import posts
import users
from answers import bad_request
from covet import Covet, Request, Response, html_response, redirect_response
from middleware import Timing
from store import store

ICON = bytes.fromhex("00000100010001010000010018003000000016000000")


def create_app() -> Covet:
    app = Covet(max_body_size=16 * 1024)
    app.add_middleware(Timing, served_by="blog")

    @app.on_startup
    async def load() -> None:
        store.load()

    @app.on_event("shutdown")
    def clear() -> None:
        store.clear()

    @app.get("/")
    async def index(request: Request) -> Response:
        rows = "".join(f"<li>{post['title']}</li>" for post in store.published())
        return html_response(f"<!doctype html><title>Blog</title><ul>{rows}</ul>")

    @app.get("/home")
    def home(request: Request) -> Response:
        return redirect_response("/", status_code=301)

    @app.route("/health", methods=["GET", "HEAD"])
    def health(request: Request) -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/robots.txt")
    def robots(request: Request) -> str:
        return "User-agent: *\nDisallow: /admin\n"

    @app.get("/favicon.ico")
    def favicon(request: Request) -> bytes:
        return ICON

    @app.get("/search")
    async def search(request: Request) -> list[str] | Response:
        words = request.query.get("q", "").lower().split()
        if not words:
            return bad_request("search for what?")
        return [
            post["slug"]
            for post in store.published()
            if all(word in f"{post['title']} {post['body']}".lower() for word in words)
        ]

    @app.post("/ping")
    def ping(request: Request) -> None:
        """Nothing to say: 204."""

    posts.register(app)
    app.include_router(comments.router, prefix="/posts/{key}/comments")
    app.include_router(users.router, prefix="/users")
    feeds.feeds.include_in_router(app.router)
    admin.admin.include_in_router(app.router)
    app.route("/ws/echo", methods=["WEBSOCKET"])(live.echo)
    app.route("/ws/posts/{slug}", methods=["WEBSOCKET"])(live.watch)
    return app


app = create_app()
covet_runtime.install(app)

if __name__ == "__main__":
    app.run()
