"""Administration: a `RouteGroup` with middleware.

CovetPy wraps the handlers of such a group, and the wrapper hides their signature: captures are not
passed as arguments. They are in `request.path_params`.
"""

from __future__ import annotations

from answers import bad_request, not_found, read_object
from auth import load_user
from covet import JSONResponse, Request
from covet.core.routing import RouteGroup
from store import User, store

admin = RouteGroup("/admin", middleware=[load_user])


def refusal(request: Request) -> JSONResponse | None:
    user: User | None = request.context["user"]
    if user is None or not user["admin"]:
        return JSONResponse({"error": "administrators only"}, status_code=403)
    return None


@admin.get("")
async def overview(request: Request) -> dict[str, int] | JSONResponse:
    return refusal(request) or {
        "users": len(store.users),
        "posts": len(store.posts),
        "comments": len(store.comments),
    }


@admin.get("/users/{number}")
async def inspect_user(request: Request) -> User | JSONResponse:
    refused = refusal(request)
    if refused is not None:
        return refused
    return store.users.get(request.path_params["number"]) or not_found("user")


@admin.delete("/users/{number}")
async def remove_user(request: Request) -> JSONResponse | None:
    refused = refusal(request)
    if refused is not None:
        return refused
    if store.users.pop(request.path_params["number"], None) is None:
        return not_found("user")
    return None


@admin.put("/flags/{name}")
async def set_flag(request: Request) -> dict[str, bool] | JSONResponse:
    refused = refusal(request)
    if refused is not None:
        return refused
    data = await read_object(request)
    if data is None or not isinstance(data.get("on"), bool):
        return bad_request("on is true or false")
    store.flags[str(request.path_params["name"])] = data["on"]
    return store.flags


@admin.post("/reindex")
async def reindex(request: Request) -> str:
    raise NotImplementedError("there is no index yet")
