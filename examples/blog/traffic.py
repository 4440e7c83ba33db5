"""A visit to the blog: requests for every route, and what the stock app answers.

The order matters: posts that one request makes are read by the next.
"""

from __future__ import annotations

import struct
from typing import Any

from harness import Exchange

ADA = (("authorization", "Bearer ada-token"),)
GRACE = (("Authorization", "bearer grace-token"),)
STRANGER = (("authorization", "Bearer nobody"),)

JSON = "application/json; charset=utf-8"
ERROR = {"error": "Internal Server Error"}
SIGN_IN = {"error": "sign in first"}
NO_POST = {"error": "post not found"}
NO_USER = {"error": "user not found"}
ADMINS_ONLY = {"error": "administrators only"}

HELLO = {
    "id": 1,
    "slug": "hello",
    "title": "Hello, World",
    "body": "The first post.",
    "author": 1,
    "tags": ["news"],
    "published": "2023-11-02",
}
ENGINES = {
    "id": 2,
    "slug": "engines",
    "title": "On engines",
    "body": "Notes on the analytical engine.",
    "author": 1,
    "tags": ["history"],
    "published": "2024-01-15",
}
MOTHS = {
    "id": 3,
    "slug": "moths",
    "title": "A moth in the relay",
    "body": "It was taped in.",
    "author": 2,
    "tags": ["history", "bugs"],
    "published": "2024-01-28",
}
NAIVE = {
    "id": 4,
    "slug": "naïve",
    "title": "Naïve matching — a “review”",
    "body": "Ten routes, ten regexes.",
    "author": 3,
    "tags": ["bugs"],
    "published": None,
}
NEW = {
    "id": 5,
    "slug": "post-5",
    "title": "Fresh",
    "body": "",
    "author": 2,
    "tags": [],
    "published": None,
}


def get(path: str, status: int, body: Any = None, **more: Any) -> Exchange:
    return Exchange("GET", path, status, body, **more)


def missing(method: str, path: str, **more: Any) -> Exchange:
    return Exchange(method, path, 404, {"error": "Not Found", "path": path}, **more)


def rss(title: str, *posts: str) -> str:
    items = "".join(f"<item><title>{post}</title></item>" for post in posts)
    return f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


ALL_POSTS = rss("All posts", "A moth in the relay", "On engines", "Hello, World")

PAGES = [
    get(
        "/",
        200,
        "<!doctype html><title>Blog</title><ul><li>A moth in the relay</li>"
        "<li>On engines</li><li>Hello, World</li></ul>",
        answer_headers=(("content-type", "text/html; charset=utf-8"), ("x-served-by", "blog")),
    ),
    get("/home", 301, "", answer_headers=(("location", "/"),)),
    get("/health", 200, {"status": "ok"}),
    Exchange("HEAD", "/health", 200, {"status": "ok"}),  # the server drops the body, not the app
    get("/robots.txt", 200, "User-agent: *\nDisallow: /admin\n"),
    get("/favicon.ico", 200, bytes.fromhex("00000100010001010000010018003000000016000000")),
    get("/search", 200, ["engines"], query="q=Analytical+engine"),
    get("/search", 200, [], query="q=%C3%A9"),
    get("/search", 400, {"error": "search for what?"}, query="q="),
    get("/search", 400, {"error": "search for what?"}),
    Exchange("POST", "/ping", 204, "", answer_headers=(("content-length", "0"),)),
    Exchange("POST", "/ping", 204, "", send=b"x" * 20_000),  # never read, so never too large
    missing("GET", "/ping"),
    missing("DELETE", "/"),
    missing("HEAD", "/"),
    missing("GET", "/nothing/here"),
    missing("GET", '/a"b\\c/ü'),
    missing("GET", "/health/"),
    missing("GET", "//health"),
]

POSTS = [
    get("/posts", 200, {"page": 1, "total": 3, "posts": [MOTHS, ENGINES]}),
    get("/posts", 200, {"page": 2, "total": 3, "posts": [HELLO]}, query="page=2"),
    get(
        "/posts",
        200,
        {"page": 1, "total": 1, "posts": [MOTHS]},
        query="tag=history&tag=bugs&size=1",
    ),
    get("/posts", 400, {"error": "page and size are numbers"}, query="page=two"),
    Exchange("OPTIONS", "/posts", 204, "", answer_headers=(("allow", "GET, POST, OPTIONS"),)),
    get("/posts/latest", 200, MOTHS),
    get("/posts/1", 200, HELLO, answer_headers=(("etag", '"1-15"'),)),
    get("/posts/001", 200, HELLO),
    get("/posts/٢", 200, ENGINES),
    get("/posts/hello", 200, HELLO, answer_headers=(("cache-control", "max-age=60"),)),
    get("/posts/naïve", 200, NAIVE),
    get("/posts/hello", 304, "", headers=(("If-None-Match", '"1-15"'),)),
    Exchange("HEAD", "/posts/3", 200, MOTHS),
    get("/posts/99", 404, NO_POST),
    get("/posts/nothing", 404, NO_POST),
    get("/posts/²", 500, raises=ValueError),
    get("/posts/me/drafts", 200, [], headers=ADA),
    get("/posts/me/published", 200, [HELLO, ENGINES], headers=ADA),
    get("/posts/me/drafts", 401, SIGN_IN),
    get("/posts/me/comments", 404, {"error": "status not found"}, headers=GRACE),
    get("/posts/archive/2024", 200, ["moths", "engines"]),
    get("/posts/archive/soon", 200, []),
    get("/posts/archive/2024/01", 200, {"year": 2024, "month": 1, "slugs": ["moths", "engines"]}),
    get("/posts/moths/similar", 200, ["engines"]),
    get("/posts/99/similar", 200, []),
    get("/posts/2/body", 200, "Notes on the analytical engine."),
    get("/posts/99/body", 404, NO_POST),
    Exchange("POST", "/posts", 401, SIGN_IN, send=b'{"title": "Fresh"}'),
    Exchange("POST", "/posts", 401, SIGN_IN, headers=STRANGER),
    Exchange(
        "POST",
        "/posts",
        400,
        {"error": "a JSON object with a title, please"},
        headers=GRACE,
        send=b"[]",
    ),
    Exchange(
        "POST",
        "/posts",
        201,
        NEW,
        headers=GRACE,
        chunks=(b'{"ti', b'tle": "Fr', b'esh"}'),
        answer_headers=(
            ("location", "/posts/5"),
            ("content-type", "application/json; charset=utf-8"),
        ),
    ),
    Exchange(
        "POST",
        "/posts",
        413,
        {"error": "Payload Too Large", "max_size": 16384},
        headers=GRACE,
        send=b'{"title": "' + b"x" * 20_000 + b'"}',
    ),
    get("/posts/post-5", 200, NEW),
    Exchange(
        "PUT",
        "/posts/5",
        200,
        {**NEW, "title": "Fresher", "body": "¡Olé!"},
        headers=GRACE,
        send='{"title": "Fresher", "body": "¡Olé!"}'.encode(),
    ),
    Exchange(
        "PUT",
        "/posts/5",
        400,
        {"error": "title and body are required"},
        headers=GRACE,
        send=b'{"title": "Half"}',
    ),
    Exchange("PUT", "/posts/99", 404, NO_POST, headers=GRACE, send=b"{}"),
    Exchange("PUT", "/posts/5", 401, SIGN_IN, send=b"{}"),
    Exchange(
        "PATCH",
        "/posts/post-5",
        200,
        {**NEW, "title": "Fresher", "body": "¡Olé!", "tags": ["news"], "published": "2024-02-01"},
        headers=GRACE,
        send=b'{"tags": ["news"], "published": "2024-02-01"}',
    ),
    Exchange(
        "PATCH",
        "/posts/post-5",
        400,
        {"error": "a JSON object, please"},
        headers=GRACE,
        send=b"{'single': 'quotes'}",
    ),
    get("/tags", 200, {"bugs": 1, "history": 2, "news": 2}),
    get("/tags/news", 200, ["post-5", "hello"]),
    get("/tags/<b>", 200, []),
    Exchange("DELETE", "/posts/5", 401, SIGN_IN),
    Exchange("DELETE", "/posts/5", 204, "", headers=GRACE),
    Exchange("DELETE", "/posts/5", 404, NO_POST, headers=GRACE),
    missing("OPTIONS", "/posts/5"),
    missing("GET", "/posts/"),
    missing("GET", "/posts/1/unknown"),
]

COMMENTS = [
    get(
        "/posts/1/comments",
        200,
        [
            {"id": 1, "post": 1, "author": "Grace", "text": "Welcome!"},
            {"id": 2, "post": 1, "author": "Zoë", "text": "Finally."},
        ],
    ),
    get("/posts/naïve/comments", 200, []),
    get("/posts/99/comments", 404, NO_POST),
    Exchange(
        "POST",
        "/posts/moths/comments",
        201,
        {"id": 4, "post": 3, "author": "anonymous", "text": "Bugs!"},
        send=b'{"text": "Bugs!"}',
    ),
    Exchange("POST", "/posts/moths/comments", 400, {"error": "a comment needs a text"}),
    Exchange("POST", "/posts/99/comments", 404, NO_POST),
    get("/posts/3/comments/4", 200, {"id": 4, "post": 3, "author": "anonymous", "text": "Bugs!"}),
    get("/posts/1/comments/4", 404, {"error": "comment not found"}),
    get("/posts/1/comments/first", 404, {"error": "comment not found"}),
    Exchange("DELETE", "/posts/3/comments/4", 401, SIGN_IN),
    Exchange("DELETE", "/posts/3/comments/4", 204, "", headers=ADA),
    Exchange("DELETE", "/posts/3/comments/4", 404, {"error": "comment not found"}, headers=ADA),
]

USERS = [
    get("/users", 200, ["Ada", "Grace", "Zoë"]),
    Exchange(
        "POST",
        "/users",
        201,
        {"id": 4},
        send=b'{"name": "Annie", "email": "annie@example.org"}',
        answer_headers=(("location", "/users/4"),),
    ),
    Exchange(
        "POST", "/users", 400, {"error": "an e-mail address is required"}, send=b'{"email":1}'
    ),
    get(
        "/users/me",
        200,
        {"id": 1, "name": "Ada", "email": "ada@example.org", "admin": True},
        headers=ADA,
    ),
    get("/users/me", 401, SIGN_IN, answer_headers=(("www-authenticate", 'Bearer realm="blog"'),)),
    get("/users/me/posts", 200, {"name": "Grace", "section": "posts"}, headers=GRACE),
    get("/users/me/avatar.bmp", 401, SIGN_IN),
    get("/users/4", 200, {"name": "Annie", "posts": 0, "following": ["Ada", "Grace", "Zoë"]}),
    get("/users/ada", 404, NO_USER),
    get("/users/1/posts", 200, ["hello", "engines"]),
    get("/users/ada/posts", 200, []),
    get(
        "/users/2/avatar.bmp",
        200,
        struct.pack("<2sIIIIiiHHIIii", b"BM", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0)
        + b"\0" * 8
        + b"PPP\0",
        answer_headers=(("content-type", "application/octet-stream"),),
    ),
    get("/users/99/avatar_bmp", 404, NO_USER),  # the dot of the path is any character
    get("/users/~grace", 302, "", answer_headers=(("location", "/users/2"),)),
    get("/users/~nobody", 404, NO_USER),
    missing("GET", "/users/me/"),
    missing("PUT", "/users/me"),
]

FEEDS = [
    get("/feeds", 200, ["/feeds/all.xml", "/feeds/all.json"]),
    get(
        "/feeds/all.xml",
        200,
        ALL_POSTS,
        answer_headers=(("content-type", "application/rss+xml"), ("x-items", "3")),
    ),
    get("/feeds/all.xml\n", 200, ALL_POSTS),  # one newline at the end is let through
    get("/feeds/some.xml", 404, {"error": "feed not found"}),
    get("/feeds/all-xml", 200, ALL_POSTS),
    get(
        "/feeds/a.b.json",
        200,
        {
            "title": "a.b",
            "items": [
                {"id": "3", "title": "A moth in the relay"},
                {"id": "2", "title": "On engines"},
                {"id": "1", "title": "Hello, World"},
            ],
        },
        answer_headers=(("content-type", "application/feed+json"),),
    ),
    get("/feeds/tags/news.xml", 200, rss("Tag: news", "Hello, World")),
    get("/feeds/tags/<&>.xml", 200, rss("Tag: &lt;&amp;&gt;")),
    missing("GET", "/feeds/.xml"),
    missing("GET", "/feeds/all.txt"),
]

ADMIN = [
    get("/admin", 200, {"users": 4, "posts": 4, "comments": 3}, headers=ADA),
    get("/admin", 403, ADMINS_ONLY, headers=GRACE),
    get("/admin", 403, ADMINS_ONLY),
    get(
        "/admin/users/4",
        200,
        {"id": 4, "name": "Annie", "email": "annie@example.org", "admin": False},
        headers=ADA,
    ),
    get("/admin/users/9", 404, NO_USER, headers=ADA),
    get("/admin/users/4", 403, ADMINS_ONLY),
    Exchange("DELETE", "/admin/users/4", 403, ADMINS_ONLY, headers=GRACE),
    Exchange("DELETE", "/admin/users/4", 204, "", headers=ADA),
    Exchange("DELETE", "/admin/users/4", 404, NO_USER, headers=ADA),
    Exchange("PUT", "/admin/flags/comments", 403, ADMINS_ONLY, send=b'{"on": false}'),
    Exchange("PUT", "/admin/flags/comments", 400, {"error": "on is true or false"}, headers=ADA),
    Exchange(
        "PUT", "/admin/flags/comments", 200, {"comments": False}, headers=ADA, send=b'{"on": false}'
    ),
    Exchange(
        "POST", "/posts/1/comments", 403, {"error": "comments are closed"}, send=b'{"text": "?"}'
    ),
    Exchange("POST", "/admin/reindex", 500, ERROR, headers=ADA),
    missing("PATCH", "/admin/flags/comments"),
    missing("GET", "/ws/echo"),
]

TRAFFIC = [*PAGES, *POSTS, *COMMENTS, *USERS, *FEEDS, *ADMIN]
