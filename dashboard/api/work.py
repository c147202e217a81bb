"""The queue for programs.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: reading changes nothing (R26); only entries that wait
after a failure can be tried at once or given up.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from dashboard import queue_facts
from dashboard.api.shapes import (
    Changed,
    CrashShape,
    FailuresShape,
    Group,
    HistoryShape,
    HostPagesShape,
    HostShape,
    Paused,
    ProcessShape,
    QueueShape,
    TroubledEntryShape,
    TroubleShape,
    WorkShape,
    page_of,
)
from dashboard.door import is_admin
from dashboard.queue_facts import MEMBER_LIMIT, look_at_group, look_at_history, look_at_queue
from dashboard.queue_page import Verb, change_every
from dashboard.sources import Sources
from pipeline.model import EntryState, Reason
from pipeline.store import pauses, repeats, troubles
from pipeline.store.samples import SampledStage

Before = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Only those with a smaller number")]


def work_routes(sources: Sources) -> APIRouter:
    """Make the routes of the queue."""
    router = APIRouter(tags=["queue"])

    @router.get("/queue", summary="Show what waits, what is in work and what failed")
    async def queue() -> QueueShape:
        facts = await sources.database.look(look_at_queue, sources.clock())
        return QueueShape(
            at=facts.at,
            entries=dict(facts.entries),
            deliveries=dict(facts.deliveries),
            hosts=[HostShape.model_validate(one) for one in facts.hosts],
            work=[WorkShape.model_validate(one) for one in facts.work],
            troubles=[TroubleShape.model_validate(one) for one in facts.troubles],
            waiting_troubles=facts.waiting_troubles,
            paused=dict(facts.paused),
            processes=[ProcessShape.model_validate(one) for one in facts.processes],
        )

    @router.get("/queue/history", summary="Show how much waited and for how long, each minute of the last day")
    async def history() -> HistoryShape:
        found = await sources.database.look(look_at_history, sources.clock())
        return HistoryShape.model_validate({"stages": found})

    @router.get("/queue/failures", summary="List the entries of one group of failures, the newest first")
    async def failures(
        request: Request,
        host: Annotated[str, Query(max_length=300)],
        reason: Reason,
        state: EntryState = EntryState.WAITING,
        cursor: Before = None,
    ) -> FailuresShape:
        group = queue_facts.Group(host, reason, state)
        found = await sources.database.look(look_at_group, group, cursor)
        page = page_of(
            [TroubledEntryShape.of(one) for one in found.entries], MEMBER_LIMIT, lambda one: str(one.entry_id)
        )
        crash = found.crash if is_admin(request) else None
        told = CrashShape.model_validate(crash) if crash else None
        return FailuresShape(items=page.items, next=page.next, crash=told)

    @router.get("/hosts", summary="Show what the pages of each host were: articles, walls, stubs")
    async def hosts(limit: Annotated[int, Query(ge=1, le=1000)] = 100, refused: bool = False) -> list[HostPagesShape]:
        found = await sources.database.look(repeats.hosts_seen, limit, refused_first=refused)
        return [HostPagesShape.model_validate(one) for one in found]

    return router


def work_change_routes(sources: Sources) -> APIRouter:
    """Make the routes that change what waits."""
    router = APIRouter(tags=["queue"])

    @router.post("/queue/failures/retry", summary="Try entries that wait after a failure at once")
    async def retry(group: Group) -> Changed:
        count = await sources.database.run(troubles.retry_now, group.entries, group.host, group.reason, sources.clock())
        return Changed(count=count)

    @router.post("/queue/failures/drop", summary="Give up entries that wait after a failure")
    async def drop(group: Group) -> Changed:
        count = await sources.database.run(troubles.drop, group.entries, group.host, group.reason, sources.clock())
        return Changed(count=count)

    @router.post("/queue/failures/all/retry", summary="Try everything that waits after a failure at once")
    async def retry_everything() -> Changed:
        return Changed(count=await change_every(sources, Verb.RETRY))

    @router.post("/queue/failures/all/drop", summary="Give up everything that waits after a failure")
    async def drop_everything() -> Changed:
        return Changed(count=await change_every(sources, Verb.DROP))

    @router.post("/queue/{stage}/pause", summary="Release nothing more of a stage; what is in work comes to its end")
    async def pause(stage: SampledStage) -> Paused:
        return await switched(stage, paused=True)

    @router.post("/queue/{stage}/resume", summary="Release again what waits")
    async def resume(stage: SampledStage) -> Paused:
        return await switched(stage, paused=False)

    async def switched(stage: SampledStage, *, paused: bool) -> Paused:
        await sources.database.run(lambda tx: pauses.set_paused(tx, stage, paused=paused))
        return Paused(stage=stage, paused=paused)

    return router
