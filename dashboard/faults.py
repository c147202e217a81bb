"""Every page that says no: one layout, a sentence that helps, never a traceback.

In: a status or an exception. Out: a response, as a page for people and as JSON for programs.
Hides the exception classes of Starlette and FastAPI. Trap: the text of an unexpected exception never leaves
the process; the log has it.
"""

from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.rendering import render
from pipeline.errors import NotFound

TITLES = {
    403: ("That form was out of date", "Load the page again and repeat it. Nothing was done."),
    404: ("Nothing here", "The address is wrong, or what it named has been removed."),
    405: ("Not that way", "This address does not take requests of this kind."),
    409: ("Not as it stands", "Somebody or something changed it meanwhile. Load the page again; nothing was done."),
    500: ("Something broke", "This page could not be made. The log of the dashboard says why."),
    503: ("Not answering", "The database does not answer just now. The page works again as soon as it does."),
}
OTHER = ("That did not work", "The request could not be answered.")


def wants_html(headers: Headers) -> bool:
    """Tell a page that a person opens from a program, or our own script, that asks for a part."""
    return "text/html" in headers.get("accept", "") and "hx-request" not in headers


def fault_page(status: int, title: str, text: str, *, html: bool, headers: dict[str, str] | None = None) -> Response:
    """Say no with `status`."""
    if html:
        return render("fault.html", {"title": title, "text": text, "code": status}, status=status, headers=headers)
    return JSONResponse({"error": title, "detail": text}, status_code=status, headers=headers)


def fault_of_status(status: int, *, html: bool, headers: dict[str, str] | None = None) -> Response:
    """Say no with the usual words for `status`."""
    title, text = TITLES.get(status, OTHER)
    return fault_page(status, title, text, html=html, headers=headers)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer an HTTPException, of the framework (unknown address, wrong method) or of a route that gives its reason."""
    if not isinstance(error, HTTPException):
        raise error
    status, headers, html = error.status_code, dict(error.headers or {}), wants_html(request.headers)
    if status == 403 and error.detail != HTTPStatus(status).phrase:
        return fault_page(status, "Not yours to change", error.detail, html=html, headers=headers)
    return fault_of_status(status, html=html, headers=headers)


async def on_missing(request: Request, error: Exception) -> Response:
    """Answer an id that names nothing, or that is no id: 404 for both, since both are wrong addresses."""
    if not isinstance(error, NotFound | RequestValidationError):
        raise error
    return fault_of_status(404, html=wants_html(request.headers))


async def on_unavailable(request: Request, error: Exception) -> Response:
    """Answer while the database is away."""
    del error
    return fault_of_status(503, html=wants_html(request.headers), headers={"Retry-After": "5"})


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Answer what nobody expected; Starlette raises it on to the server, which logs it."""
    del error
    return fault_of_status(500, html=wants_html(request.headers))
