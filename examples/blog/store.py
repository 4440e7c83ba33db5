"""The blog's data, in memory. Start-up loads it, so every run begins from the same posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional, TypedDict, Union


class User(TypedDict):
    id: int
    name: str
    email: str
    admin: bool


class Post(TypedDict):
    id: int
    slug: str
    title: str
    body: str
    author: int
    tags: list[str]
    published: Optional[str]  # ISO date, None for a draft


class Comment(TypedDict):
    id: int
    post: int
    author: str
    text: str


USERS = [
    User(id=1, name="Ada", email="ada@example.org", admin=True),
    User(id=2, name="Grace", email="grace@example.org", admin=False),
    User(id=3, name="Zoë", email="zoe@example.org", admin=False),
]

# id, slug, title, body, author, tags, published
POSTS = [
    (1, "hello", "Hello, World", "The first post.", 1, ["news"], "2023-11-02"),
    (2, "engines", "On engines", "Notes on the analytical engine.", 1, ["history"], "2024-01-15"),
    (3, "moths", "A moth in the relay", "It was taped in.", 2, ["history", "bugs"], "2024-01-28"),
    (4, "naïve", "Naïve matching — a “review”", "Ten routes, ten regexes.", 3, ["bugs"], None),
]

COMMENTS = [
    Comment(id=1, post=1, author="Grace", text="Welcome!"),
    Comment(id=2, post=1, author="Zoë", text="Finally."),
    Comment(id=3, post=3, author="Ada", text="<3"),
]


class Store:
    """What a database would hold."""

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.posts: dict[int, Post] = {}
        self.comments: dict[int, Comment] = {}
        self.flags: dict[str, bool] = {}

    def load(self) -> None:
        """Start from the fixtures, whatever was there before."""
        self.users = {user["id"]: User(**user) for user in USERS}
        self.comments = {comment["id"]: Comment(**comment) for comment in COMMENTS}
        self.flags = {"comments": True}
        self.posts = {}
        for key, slug, title, body, author, tags, published in POSTS:
            self.posts[key] = Post(
                id=key,
                slug=slug,
                title=title,
                body=body,
                author=author,
                tags=list(tags),
                published=published,
            )

    def clear(self) -> None:
        for table in (self.users, self.posts, self.comments, self.flags):
            table.clear()

    def post(self, key: Union[int, str]) -> Optional[Post]:
        """A post by number or by slug: CovetPy hands over digits as an int, the rest as a str."""
        if isinstance(key, int):
            return self.posts.get(key)
        return next((post for post in self.posts.values() if post["slug"] == key), None)

    def published(self) -> list[Post]:
        """Published posts, newest first."""
        posts = [post for post in self.posts.values() if post["published"] is not None]
        return sorted(posts, key=lambda post: (post["published"] or "", post["id"]), reverse=True)

    def by_author(self, author: int) -> list[Post]:
        return [post for post in self.posts.values() if post["author"] == author]

    def comments_of(self, post: int) -> list[Comment]:
        return [comment for comment in self.comments.values() if comment["post"] == post]

    @staticmethod
    def next_id(table: Mapping[int, object]) -> int:
        return max(table, default=0) + 1


store = Store()
