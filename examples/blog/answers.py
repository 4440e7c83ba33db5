"""Answers and body parsing that every module needs."""

from __future__ import annotations

from typing import Any, Optional

from covet import JSONResponse, Request


def not_found(what: str) -> JSONResponse:
    return JSONResponse({"error": f"{what} not found"}, status_code=404)


def bad_request(reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, status_code=400)


async def read_object(request: Request) -> Optional[dict[str, Any]]:
    """The JSON object in the body, or None when the body is anything else."""
    try:
        data = await request.json()
    except ValueError:
        return None
    return data if isinstance(data, dict) else None
