"""Feeds: a `RouteGroup` without middleware.

The dot of `/feeds/{name}.xml` stands for any character: CovetPy does not escape it.
"""

from xml.sax.saxutils import escape

from answers import not_found
from covet import JSONResponse, Response
from covet.core.routing import RouteGroup
from store import Post, store

feeds = RouteGroup("/feeds")


def render(title: str, posts: list[Post]) -> Response:
    items = "".join(f"<item><title>{escape(post['title'])}</title></item>" for post in posts)
    xml = f'<rss version="2.0"><channel><title>{escape(title)}</title>{items}</channel></rss>'
    return Response(xml, media_type="application/rss+xml", headers={"X-Items": str(len(posts))})


@feeds.get("")
async def index(request) -> list[str]:
    return ["/feeds/all.xml", "/feeds/all.json"]


@feeds.get("/{name}.xml")
async def rss(request, name):
    if name != "all":
        return not_found("feed")
    return render("All posts", store.published())


@feeds.get("/{name}.json")
async def json_feed(request, name):
    items = [{"id": str(post["id"]), "title": post["title"]} for post in store.published()]
    return JSONResponse({"title": name, "items": items}, media_type="application/feed+json")


@feeds.get("/tags/{tag}.xml")
async def tag_feed(request, tag):
    return render(f"Tag: {tag}", [post for post in store.published() if tag in post["tags"]])
