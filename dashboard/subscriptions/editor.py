"""The editor: a draft is checked, tried on the archive and saved.

In: requests. Out: the form with what can be said of it, parts of it for our script, redirects after saving. Hides
FastAPI's routing. Trap: `/subscriptions/draft` changes nothing but a test message to a channel; it is a POST because a
query may be longer than an address.
"""

from collections.abc import Mapping
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.door import visitor_of
from dashboard.frame import Framing
from dashboard.may import check_owner
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.subscriptions.bars import bars
from dashboard.subscriptions.channels import Channels, TestAnswer, channel_rows, send_test
from dashboard.subscriptions.draft import SPANS, Draft, draft_of, new_draft, read_draft
from dashboard.subscriptions.findings import check_draft, mistake_of
from dashboard.subscriptions.looking import EditorFacts, look_at_draft
from dashboard.subscriptions.rewriting import with_saved
from dashboard.subscriptions.rule_form import TIME_ZONES
from dashboard.subscriptions.saving import save_draft
from pipeline.errors import BadQuery, NotFound, Unusable
from pipeline.rule_text import WEEKDAYS
from pipeline.store import subscriptions

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
FORM_BYTES, FORM_FIELDS = 96_000, 400

log = structlog.get_logger()


def editor_routes(sources: Sources, framing: Framing, channels: Channels, most: int) -> APIRouter:
    """Make the routes of the editor; no user gets more than `most` subscriptions."""
    router = APIRouter(default_response_class=HTMLResponse)
    editor = _Editor(sources, framing, channels, most)

    @reading(router, "/subscriptions/new")
    async def new(request: Request) -> Response:
        asked = request.query_params
        draft = new_draft(asked.get("name", ""), asked.get("query", ""), tuple(channels.kinds))
        return await editor.show(request, draft)

    @reading(router, "/subscriptions/{subscription_id}/edit")
    async def edit(request: Request, subscription_id: Id) -> Response:
        held = await sources.database.look(subscriptions.get, subscription_id)
        check_owner(visitor_of(request), held)
        return await editor.show(request, draft_of(held))

    @router.post("/subscriptions/draft")
    async def look(request: Request) -> Response:
        return await editor.look(request)

    @router.post("/subscriptions/save")
    async def save(request: Request) -> Response:
        return await editor.save(request)

    return router


class _Editor:
    """Answers what the form asks."""

    def __init__(self, sources: Sources, framing: Framing, channels: Channels, most: int) -> None:
        self._most = most
        self._sources = sources
        self._framing = framing
        self._channels = channels

    async def look(self, request: Request) -> Response:
        """Answer a button of the form, or a change of the query, with the form again or the part that changed."""
        form = await self._read(request)
        draft = _with_use(read_draft(form), form)
        if "hx-request" in request.headers:
            return await self._part(draft, form.get("act", ""))
        answer = await send_test(self._channels, form["try_channel"]) if "try_channel" in form else None
        return await self.show(request, draft, tried=form.get("act") == "test", answer=answer)

    async def save(self, request: Request) -> Response:
        """Save the draft; shows the form again with what is wrong with it."""
        draft = read_draft(await self._read(request))
        checked = await self._sources.database.look(check_draft, draft)
        if checked.mistake or checked.problems:
            return await self.show(request, draft, problem="Not saved yet: see what is marked below.", status=422)
        try:
            known, visitor, now = tuple(self._channels.kinds), visitor_of(request), self._sources.clock()
            number = await self._sources.database.run(save_draft, draft, known, visitor, now, self._most)
        except NotFound:
            raise
        except Unusable as error:
            return await self.show(request, draft, problem=f"Not saved: {_said(draft, error)}.", status=422)
        log.info("subscription_saved", subscription_id=number, is_new=draft.id is None)
        return RedirectResponse(f"/subscriptions/{number}", status_code=303)

    async def show(
        self,
        request: Request,
        draft: Draft,
        *,
        tried: bool = False,
        answer: TestAnswer | None = None,
        problem: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        """Show the form with what can be said of the draft."""
        facts = await self._facts(draft, tried=tried, looked_up=True)
        now = self._sources.clock()
        shown: dict[str, object] = {
            "frame": self._framing.of(request, "subscriptions"),
            "problem": problem,
            "answer": answer,
            "channels": channel_rows(self._channels, facts.receivers, draft.channels, now),
            "saved": [(name, with_saved(draft.query, name)) for name in facts.saved],
            "weekdays": WEEKDAYS,
            "spans": SPANS,
            "time_zones": TIME_ZONES,
        }
        return render("subscriptions/editor.html", shown | _found(draft, facts, now), status=status)

    async def _part(self, draft: Draft, act: str) -> HTMLResponse:
        tried, looked_up = act == "test", act == "look_up"
        facts = await self._facts(draft, tried=tried, looked_up=looked_up)
        name = "trial" if tried else "spellings" if looked_up else "check"
        return render(f"subscriptions/{name}.html", _found(draft, facts, self._sources.clock()))

    async def _facts(self, draft: Draft, *, tried: bool, looked_up: bool) -> EditorFacts:
        looking = self._sources.database.look
        now = self._sources.clock()
        if not tried:
            return await looking(look_at_draft, draft, now, tried=False, looked_up=looked_up)
        async with self._sources.trials:
            return await looking(look_at_draft, draft, now, tried=True, looked_up=looked_up)

    async def _read(self, request: Request) -> Mapping[str, str]:
        return await self._framing.read_change(request, most_bytes=FORM_BYTES, most_fields=FORM_FIELDS)


def _found(draft: Draft, facts: EditorFacts, now: object) -> dict[str, object]:
    shown: dict[str, object] = {"draft": draft, "checked": facts.checked, "spellings": facts.spellings, "now": now}
    trial = facts.trial
    return shown | {"trial": trial, "bars": bars(trial.preview.days) if trial else None}


def _with_use(draft: Draft, form: Mapping[str, str]) -> Draft:
    """Take the query that a button offers, if one was pressed."""
    return read_draft({**form, "query": form["use"]}) if form.get("use") else draft


def _said(draft: Draft, error: Unusable) -> str:
    if isinstance(error, BadQuery):
        mistake = mistake_of(draft.query, error)
        return f"{mistake.problem}, at character {mistake.number} of the query"
    return str(error)
