"""The API, put together, with its description under `/api/v1/openapi.json`.

In: where to read. Out: an application to mount. Hides FastAPI. Trap: who may ask what is decided at the door
(`dashboard.rules`) before a request comes here; a new admin route must stand in `ADMIN_FOLDERS` there.
"""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import compile_path

from dashboard.api.alerts import alert_routes
from dashboard.api.articles import article_routes
from dashboard.api.channels import channel_api
from dashboard.api.deliveries import delivery_routes
from dashboard.api.events import event_routes
from dashboard.api.feed_looks import FeedDoors, feed_deed_routes, feed_look_routes, feed_report_routes
from dashboard.api.feeds import feed_routes
from dashboard.api.overview import overview_routes
from dashboard.api.queries import file_api, query_api
from dashboard.api.search import search_api_routes
from dashboard.api.shapes import Fault
from dashboard.api.stories import story_routes
from dashboard.api.subscriptions import subscription_api, subscription_verbs
from dashboard.api.tokens import token_routes
from dashboard.api.users import user_api_routes, user_verb_routes
from dashboard.api.work import work_change_routes, work_routes
from dashboard.door import retry_after
from dashboard.freshest import Freshest
from dashboard.sources import Sources
from dashboard.subscriptions.channels import Channels
from dashboard.user_changes import UserChanges
from pipeline.errors import BadQuery, NotFound, Taken, TooOften, Unavailable, Unusable

ABOUT = (
    "What the pages of Storywatch show and do, for programs. Send a token in the Authorization header: "
    "`storywatch tokens add NAME --scope read`. Lists are in pages: give a page's `next` back as `cursor`."
)
FAULTS: dict[int | str, dict[str, object]] = {
    status: {"model": Fault, "description": words}
    for status, words in (
        (400, "What was sent cannot work; `detail` says what to do"),
        (401, "No token, or a wrong one"),
        (403, "More than this token may do"),
        (404, "Nothing has that number"),
        (405, "This address does not take requests of this kind; `Allow` says which"),
        (409, "What is asked for stands already, or stands otherwise"),
        (413, "More was sent than a request may hold"),
        (422, "A value is not of its kind"),
        (429, "Too many requests by this token or user, or too many wrong tokens from this address"),
        (503, "The database does not answer; try again"),
    )
}

UNUSABLE = {
    NotFound: (404, "Nothing here"),
    Taken: (409, "That stands already"),
    TooOften: (429, "Too many requests"),
}


def create_api(
    sources: Sources,
    freshest: Freshest,
    doors: FeedDoors,
    channels: Channels,
    changes: UserChanges,
    most: int,
    site_url: str,
) -> FastAPI:
    """Make the application; it opens and starts nothing. No user gets more than `most` subscriptions."""
    api = FastAPI(
        title="Storywatch",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=FAULTS,
        servers=[{"url": "/api/v1"}],
        root_path_in_servers=False,
    )
    news = (story_routes, article_routes, search_api_routes, alert_routes, delivery_routes)
    for routes in (*news, work_routes, work_change_routes, token_routes, event_routes):
        api.include_router(routes(sources))
    api.include_router(overview_routes(sources, freshest))
    for more in (feed_look_routes, feed_report_routes, feed_deed_routes):
        api.include_router(more(doors))
    api.include_router(feed_routes(sources, doors.looking))
    for router in (query_api(sources), file_api(sources, channels, most), subscription_api(sources, channels, most)):
        api.include_router(router)
    api.include_router(subscription_verbs(sources, most, site_url))
    api.include_router(channel_api(sources, channels))
    api.include_router(user_api_routes(sources, changes))
    api.include_router(user_verb_routes(changes))
    api.add_exception_handler(Unusable, _on_unusable)
    api.add_exception_handler(Unavailable, _on_unavailable)
    api.add_exception_handler(RequestValidationError, _on_invalid)
    api.add_exception_handler(HTTPException, _on_http)
    return api


async def _on_unusable(_request: Request, error: Exception) -> JSONResponse:
    """Say what cannot work, a query's fault with its place."""
    more: dict[str, object] = {}
    if isinstance(error, BadQuery):
        more = {"position": error.position, "suggestion": error.suggestion}
    status, words = next(
        (told for kind, told in UNUSABLE.items() if isinstance(error, kind)), (400, "This cannot work")
    )
    answer = _fault(status, words, str(error), **more)
    if isinstance(error, TooOften):
        answer.headers["Retry-After"] = retry_after(error.wait_seconds)
    return answer


async def _on_unavailable(_request: Request, error: Exception) -> JSONResponse:
    del error
    answer = _fault(503, "Not answering", "The database does not answer just now; try again.")
    answer.headers["Retry-After"] = "5"
    return answer


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    told = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in problems)
    return _fault(422, "A value is not of its kind", told)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    answer = _fault(error.status_code, error.detail, "")
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        answer.headers["Allow"] = ", ".join(_allowed(request))
    return answer


def _allowed(request: Request) -> list[str]:
    """Name the methods that an address takes, from the description; Starlette names those of one route only."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    described: dict[str, dict[str, object]] = request.app.openapi()["paths"]
    if path in described:  # a word stands where another address has a number
        return sorted(method.upper() for method in described[path])
    found = (methods for pattern, methods in described.items() if compile_path(pattern)[0].match(path))
    return sorted({method.upper() for methods in found for method in methods})


def _fault(status: int, error: str, detail: str, **more: object) -> JSONResponse:
    return JSONResponse({"error": error, "detail": detail} | more, status_code=status)
