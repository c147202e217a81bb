"""The page that takes over a file of subscriptions, or queries from another service.

In: a file that a person chose. Out: a page that says what became of each, or would become. Hides FastAPI's routing.
Trap: the whole file is one transaction, so a mistake in it stores nothing, and the page must say so.
"""

import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from dashboard.door import visitor_of
from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.subscriptions.channels import Channels
from dashboard.subscriptions.taking_over import AskedImport, take_over
from dashboard.uploads import Upload, read_upload
from pipeline.errors import BadSettings, Unusable
from pipeline.importing import Source, Stored

SHOWN_LIMIT = 500  #: rows of a report on a page
#: The words of the form, the first chosen.
SOURCES = {
    Source.STORYWATCH: "Storywatch (TOML)",
    Source.GOOGLE: "Google Alerts, one query a line",
    Source.TALKWALKER: "Talkwalker, one query a line",
}

NOTHING = {"problems": (), "report": None, "dry_run": False}

log = structlog.get_logger()


def import_routes(sources: Sources, framing: Framing, channels: Channels, most: int) -> APIRouter:
    """Make the routes; no user gets more than `most` subscriptions."""
    router = APIRouter(default_response_class=HTMLResponse)

    def page(request: Request, status: int = 200, **shown: object) -> HTMLResponse:
        facts = {"sources": SOURCES, "channels": list(channels.kinds), "limit": SHOWN_LIMIT, **NOTHING, **shown}
        frame = framing.of(request, "subscriptions")
        return render("subscriptions/import.html", {"frame": frame, **facts}, status=status)

    @reading(router, "/subscriptions/import")
    async def choose(request: Request) -> HTMLResponse:
        return page(request)

    @router.post("/subscriptions/import")
    async def take(request: Request) -> HTMLResponse:
        try:
            upload = await read_upload(request)
            framing.check_change(request, upload.fields)
            asked = asked_of(upload)
            visitor, now = visitor_of(request), sources.clock()
            report = await sources.database.run(take_over, asked, tuple(channels.kinds), visitor, now, most)
        except BadSettings as error:
            return page(request, 400, problems=error.problems)
        except Unusable as error:
            return page(request, 400, problems=str(error).splitlines())
        counts = {word: report.count(word) for word in Stored}
        log.info("subscriptions_imported", dry_run=asked.dry_run, **{word.value: n for word, n in counts.items()})
        return page(request, report=report, counts=counts, dry_run=asked.dry_run)

    return router


def asked_of(upload: Upload) -> AskedImport:
    """Read the form; raises Unusable for what is no text or no source of ours."""
    try:
        text = upload.body.decode("utf-8-sig")
        source = Source(upload.fields.get("source", ""))
    except UnicodeDecodeError as error:
        raise Unusable("the file is not text in UTF-8; save it as such") from error
    except ValueError as error:
        raise Unusable("choose whose queries the file holds") from error
    if not text.strip():
        raise Unusable("the file is empty; choose a TOML file as Export writes it, or queries, one a line")
    chosen = upload.fields.get("channel", "")
    return AskedImport(text, source, (chosen,) if chosen else (), dry_run=upload.fields.get("act") != "import")
