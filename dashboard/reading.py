"""Routes that only read.

In: a router and a path. Out: a decorator that answers GET and HEAD. Hides that FastAPI, other than Starlette,
leaves HEAD out of a GET route (RFC 9110, 9.1: a server must support both). Trap: whatever changes something is
a POST route and never this.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import APIRouter
from starlette.responses import Response

Route = TypeVar("Route", bound=Callable[..., Awaitable[Response]])


def reading(router: APIRouter, path: str) -> Callable[[Route], Route]:
    """Add the decorated function as the answer to GET and HEAD on `path`."""
    return router.api_route(path, methods=["GET", "HEAD"])
