"""The queue's page: what waits and why, what is in work, what failed, and the buttons beside it.

In: requests. Out: filled templates, and redirects after a change. Hides FastAPI's routing. Trap: opening a page
never changes anything (R26); each button is a POST, which the door lets in only from our own pages (S14).
"""

from enum import StrEnum
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.frame import Framing
from dashboard.queue_facts import Group, look_at_group, look_at_queue
from dashboard.queue_rows import figures, letter_rows, one_page, stage_rows, state_mark, trouble_rows, work_rows
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.rows import beats, host_rows
from dashboard.sources import Sources
from dashboard.words import spoken
from pipeline.errors import NotFound
from pipeline.model import DeliveryState, EntryState, Reason
from pipeline.store import deliveries, pauses, troubles
from pipeline.store.samples import SampledStage

log = structlog.get_logger()


class Verb(StrEnum):
    """What can be done to entries that wait after a failure."""

    RETRY = "retry"
    DROP = "drop"


class Switch(StrEnum):
    """What can be done to a stage as a whole."""

    PAUSE = "pause"
    RESUME = "resume"


#: Rows of one transaction when everything is changed.
AT_A_TIME = 5_000
CHANGES_OF_ALL = {Verb.RETRY: troubles.retry_all, Verb.DROP: troubles.drop_all}
CHANGES = {Verb.RETRY: troubles.retry_now, Verb.DROP: troubles.drop}


def queue_routes(sources: Sources, framing: Framing) -> APIRouter:
    """Make the routes of the queue's pages."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/queue")
    async def queue(request: Request) -> HTMLResponse:
        return render("queue.html", {"frame": framing.of(request, "queue"), **await _shown(sources)})

    @reading(router, "/queue/failures")
    async def failures(
        request: Request,
        host: Annotated[str, Query(max_length=300)],
        reason: Reason,
        state: EntryState,
        before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    ) -> HTMLResponse:
        group = Group(host, reason, state)
        found = await sources.database.look(look_at_group, group, before)
        entries, more = one_page(found.entries, group)
        shown = {"group": group, "cause": spoken(reason), "mark": state_mark(state), "entries": entries, "more": more}
        shown |= {"crash": found.crash, "newest": entries[0] if entries and before is None else None}
        return render("failures.html", {"frame": framing.of(request, "queue"), "now": sources.clock(), **shown})

    @router.post("/queue/failures/all/{verb}")
    async def change_all(request: Request, verb: Verb) -> Response:
        await framing.read_change(request)
        count = await change_every(sources, verb)
        log.info("all_failures_changed", verb=verb, count=count)
        return RedirectResponse("/queue", status_code=303)

    @router.post("/queue/failures/{verb}")
    async def change(request: Request, verb: Verb) -> Response:
        form = await framing.read_change(request)
        host, reason = form.get("host", ""), _reason(form.get("reason", ""))
        ids = None if "entry" not in form else [_number(form["entry"])]
        count = await sources.database.run(CHANGES[verb], ids, host, reason, sources.clock())
        log.info("failures_changed", verb=verb, host=host, reason=reason, count=count)
        return RedirectResponse("/queue", status_code=303)

    @router.post("/queue/deliveries/replay")
    async def replay(request: Request) -> Response:
        form = await framing.read_change(request)
        delivery_id = _number(form.get("delivery", ""))
        was_parked = await sources.database.run(deliveries.replay, delivery_id, sources.clock())
        log.info("delivery_replayed", delivery_id=delivery_id, was_parked=was_parked)
        return RedirectResponse("/queue", status_code=303)

    @router.post("/queue/{stage}/{switch}")
    async def switch_stage(request: Request, stage: SampledStage, switch: Switch) -> Response:
        await framing.read_change(request)
        paused = switch is Switch.PAUSE
        await sources.database.run(lambda tx: pauses.set_paused(tx, stage, paused=paused))
        log.info("stage_switched", stage=stage, paused=paused)
        return RedirectResponse("/queue", status_code=303)

    return router


async def change_every(sources: Sources, verb: Verb) -> int:
    """Change whatever waits after a failure, some at a time so that others get their turn at the store."""
    now, count = sources.clock(), 0
    while changed := await sources.database.run(CHANGES_OF_ALL[verb], now, AT_A_TIME):
        count += changed
    return count


async def _shown(sources: Sources) -> dict[str, object]:
    facts = await sources.database.look(look_at_queue, sources.clock())
    return {
        "now": facts.at,
        "figures": figures(facts),
        "stages": stage_rows(facts),
        "hosts": host_rows(facts.hosts, facts.at),
        "work": work_rows(facts.work, facts.at),
        "troubles": trouble_rows(facts.troubles, facts.at),
        "waiting_count": facts.waiting_troubles,
        "letter_count": facts.deliveries[DeliveryState.PARKED],
        "letters": letter_rows(facts.letters, facts.at),
        "letter_crashes": facts.letter_crashes,
        "beats": beats(facts.processes, facts.at),
        "has_queue_pages": sources.has_queue_pages,
    }


def _reason(word: str) -> Reason:
    try:
        return Reason(word)
    except ValueError as error:
        raise NotFound(f"there is no reason {word!r}") from error


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 19):
        raise NotFound(f"{word!r} is no number of ours")
    return int(word)
