"""The queue for programs.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: reading changes nothing (R26); only entries that wait
after a failure can be tried at once or given up.
"""

from typing import Annotated

from fastapi import APIRouter, Query

from dashboard.api.shapes import Changed, Group, HostPagesShape, HostShape, Paused, QueueShape, TroubleShape, WorkShape
from dashboard.queue_facts import look_at_queue
from dashboard.queue_page import Verb, change_every
from dashboard.sources import Sources
from pipeline.store import pauses, repeats, troubles
from pipeline.store.samples import SampledStage


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
        )

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
