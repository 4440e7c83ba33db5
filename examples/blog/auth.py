"""Who is asking: bearer tokens, a decorator for handlers, a middleware for route groups."""

from __future__ import annotations

import functools
from collections.abc import Awaitable
from typing import Any, Callable, Optional

from covet import JSONResponse, Request
from store import User, store

TOKENS = {"ada-token": 1, "grace-token": 2}

Handler = Callable[..., Awaitable[Any]]


def user_of(request: Request) -> Optional[User]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token not in TOKENS:
        return None
    return store.users.get(TOKENS[token])


def login_required(handler: Handler) -> Handler:
    """Answer 401 without a known token, else put the user into `request.context`."""

    @functools.wraps(handler)
    async def guarded(request: Request, *args: Any) -> Any:
        user = user_of(request)
        if user is None:
            return JSONResponse(
                {"error": "sign in first"},
                status_code=401,
                headers={"WWW-Authenticate": 'Bearer realm="blog"'},
            )
        request.context["user"] = user
        return await handler(request, *args)

    return guarded


async def load_user(request: Request) -> Request:
    """Middleware of a `RouteGroup`: it may change the request, it cannot answer it."""
    request.context["user"] = user_of(request)
    return request
