"""Queries for programs: checked, tried on the archive, names looked up; and the file of all subscriptions.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: these addresses begin like those of single
subscriptions, which take numbers only (`{subscription_id:int}`).
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import PlainTextResponse

from dashboard.api.shapes import Page
from dashboard.api.subscription_shapes import FileShape, Imported
from dashboard.api.trial_shapes import AskedQuery, AskedTrial, CheckShape, TrialShape, VariantShape
from dashboard.door import visitor_of
from dashboard.sources import Sources
from dashboard.subscriptions.channels import Channels
from dashboard.subscriptions.pages import written_out
from dashboard.subscriptions.taking_over import AskedImport, take_over
from pipeline.alerts.query.notes import notes
from pipeline.errors import BadQuery
from pipeline.importing import Stored
from pipeline.subscribing import check, find_query
from pipeline.trial import Trial, try_query
from pipeline.variants import variants


def query_api(sources: Sources) -> APIRouter:
    """Make the routes of queries that are not saved."""
    router = APIRouter(tags=["subscriptions"])
    database = sources.database

    @router.post("/subscriptions/check", summary="Say whether a query can be saved, and where its mistake is")
    async def check_query(asked: AskedQuery) -> CheckShape:
        return await database.look(_check, asked)

    @router.post("/subscriptions/trial", summary="Try a query on the archive; nothing is saved")
    async def trial(asked: AskedTrial) -> TrialShape:
        async with sources.trials:
            return TrialShape.of(await database.look(_try, asked, sources))

    @router.get("/subscriptions/variants", summary="List how a name is written in the archive")
    async def spellings(word: Annotated[str, Query(min_length=1, max_length=200)]) -> Page[VariantShape]:
        found = await database.look(variants, word)
        return Page(items=[VariantShape.model_validate(one) for one in found])

    return router


def file_api(sources: Sources, channels: Channels, most: int) -> APIRouter:
    """Make the routes of the file of subscriptions; no user gets more than `most`."""
    router = APIRouter(tags=["subscriptions"])
    database = sources.database

    @router.get(
        "/subscriptions/export", summary="Write all subscriptions as a TOML file", response_class=PlainTextResponse
    )
    async def export() -> PlainTextResponse:
        return PlainTextResponse(await database.look(written_out))

    @router.post("/subscriptions/import", summary="Add and change subscriptions from such a file; others stay")
    async def read_file(request: Request, file: FileShape) -> Imported:
        asked = AskedImport(file.toml, file.source, tuple(file.channels), dry_run=file.dry_run)
        report = await database.run(take_over, asked, tuple(channels.kinds), visitor_of(request), sources.clock(), most)
        counts = {word.value: report.count(word) for word in Stored}
        return Imported(**counts, remarks=list(report.remarks))

    return router


def _check(tx: Connection, asked: AskedQuery) -> CheckShape:
    try:
        check(tx, asked.query, asked.name)
    except BadQuery as error:
        where = {"position": error.position, "suggestion": error.suggestion}
        return CheckShape(can_be_saved=False, problem=error.problem, **where)
    remarks = notes(asked.query, lambda saved: asked.query if saved == asked.name else find_query(tx, saved))
    return CheckShape(can_be_saved=True, remarks=list(remarks))


def _try(tx: Connection, asked: AskedTrial, sources: Sources) -> Trial:
    return try_query(tx, asked.query, asked.days, sources.clock(), asked.rule.rule)
