"""Two questions of machines: does the process answer, and is the whole service at work (R35).

In: nothing. Out: JSON, and 503 from `/readyz` while something is missing. Hides nothing.
Trap: `/livez` asks nobody, or a database that is away would get the dashboard killed; `/readyz` asks everybody.
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.responses import JSONResponse

from dashboard.queue_view import depths
from dashboard.reading import reading
from dashboard.rows import is_fresh
from dashboard.sources import Sources
from pipeline.errors import StoreUnavailable
from pipeline.store import processes
from pipeline.store.processes import Process


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the service: whether it works, and what can be said about it."""

    name: str
    ok: bool
    detail: str


def health_routes(sources: Sources) -> APIRouter:
    """Make the routes that machines ask."""
    router = APIRouter()

    @reading(router, "/livez")
    async def livez() -> JSONResponse:
        return JSONResponse({"ok": True})

    @reading(router, "/readyz")
    async def readyz() -> JSONResponse:
        parts = await _parts(sources)
        ready = all(part.ok for part in parts)
        shown = {part.name: {"ok": part.ok, "detail": part.detail} for part in parts}
        return JSONResponse({"ok": ready, "parts": shown}, status_code=200 if ready else 503)

    return router


async def _parts(sources: Sources) -> list[Part]:
    found: list[Process] = []
    store = Part("database", ok=True, detail="answers")
    try:
        found = await sources.database.look(processes.list_all)
    except StoreUnavailable:
        store = Part("database", ok=False, detail="does not answer")
    answers = all(depth is not None for depth in (await depths(sources.queue)).values())
    queue = Part("queue", ok=answers, detail="answers" if answers else "does not answer")
    now = sources.clock()
    return [store, queue, *(part_of(kind, found, now) for kind in sources.required_kinds)]


def part_of(kind: str, found: list[Process], now: datetime) -> Part:
    """Judge a kind of process by the freshest heartbeat among its own."""
    own = [process for process in found if process.kind == kind]
    if not own:
        return Part(kind, ok=False, detail="none has started")
    freshest = max(own, key=lambda process: process.beat_at)
    age_seconds = (now - freshest.beat_at).total_seconds()
    return Part(kind, ok=is_fresh(freshest, now), detail=f"last heartbeat {age_seconds:.0f} s ago")
