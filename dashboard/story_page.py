"""The page of one story, and the forms by which an editor mends it: split, merge, not the same, undo.

In: requests. Out: filled templates, and redirects after a change. Hides FastAPI's routing. Trap: what a hand says
lasts, so the page lists every act with the button that takes it back; a merged story's number leads to the living one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.frame import Framing
from dashboard.looking import StoryFacts, look_at_story
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.rows import alert_rows
from dashboard.sources import Sources
from dashboard.story_rows import article_rows, near_stories, timeline
from pipeline import regroup
from pipeline.errors import NotFound, Unusable
from pipeline.model import GroupingKind
from pipeline.store import merging, stories
from pipeline.store.merging import Act
from pipeline.stories.facts import StoryFacts as Tellers
from pipeline.stories.facts import facts_of

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
MOST_SHOWN = 300  #: articles, the newest; a story of thousands is a list for programs
NEAR_SHOWN = 5
FORM_BYTES = 32_768  #: a tick for each article that is shown

log = structlog.get_logger()


class StoryVerb(StrEnum):
    """What a hand can do to a story."""

    SPLIT = "split"
    MERGE = "merge"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class StoryPageFacts:
    """A story, what its articles were compared with, and what was done to it."""

    story: StoryFacts
    evidence: Mapping[int, Mapping[str, Any]]
    titles: Mapping[int, str]  #: of the living stories that the evidence names
    acts: list[Act]


def story_page_routes(sources: Sources, framing: Framing) -> APIRouter:
    """Make the routes of a story."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/stories/{story_id}")
    async def story(request: Request, story_id: Id) -> Response:
        now = sources.clock()
        facts = await sources.database.look(look_at_story_page, story_id)
        if facts.story.story.id != story_id:
            return RedirectResponse(f"/stories/{facts.story.story.id}", status_code=308)
        problem = request.query_params.get("problem", "")[:500]
        frame = framing.of(request, "stories")
        return render("story.html", {"frame": frame, "now": now, "problem": problem, **_shown(facts, now)})

    @router.post("/stories/acts/{act_id}/undo")
    async def undo(request: Request, act_id: Id) -> Response:
        form = await framing.read_change(request)
        back = f"/stories/{number_of(form.get('story', '')) or ''}"
        return await _acted(sources, back, lambda tx: regroup.undo(tx, act_id, sources.clock()))

    @router.post("/stories/{story_id}/{verb}")
    async def change(request: Request, story_id: Id, verb: StoryVerb) -> Response:
        form = await framing.read_change(request, most_bytes=FORM_BYTES, most_fields=MOST_SHOWN + 2)
        return await _acted(
            sources, f"/stories/{story_id}", lambda tx: acted(tx, story_id, verb, form, sources.clock())
        )

    return router


async def _acted(sources: Sources, back: str, act: Any) -> Response:
    """Do it and lead back to the story, with the problem in words if it cannot be done."""
    try:
        done: Act = await sources.database.run(act)
    except Unusable as error:
        return RedirectResponse(f"{back}?problem={quote(str(error))}", status_code=303)
    log.info("story_changed", act_id=done.id, act=done.kind, story_id=done.story_id, other_id=done.other_story_id)
    return RedirectResponse(f"/stories/{done.story_id}", status_code=303)


def acted(tx: Connection, story_id: int, verb: StoryVerb, form: Mapping[str, str], now: datetime) -> Act:
    """Do what a form asks for; raises Unusable."""
    if verb is StoryVerb.SPLIT:
        return regroup.split(tx, story_id, taken_out(form), now)
    other_id = number_of(form.get("other", ""))
    if not other_id:
        raise Unusable("name the other story by its number or its address, such as 17 or /stories/17")
    if verb is StoryVerb.MERGE:
        return regroup.merge(tx, story_id, other_id, "", now, by_hand=True)
    return regroup.apart(tx, story_id, other_id, now)


def taken_out(form: Mapping[str, str]) -> list[int]:
    """Give the articles whose boxes are ticked."""
    return [number_of(name) for name in form if name.startswith("take-")]


def number_of(written: str) -> int:
    """Read a number, alone or at the end of an address; 0 if there is none."""
    word = written.strip().rstrip("/").rpartition("/")[2].rpartition("-")[2]
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0


def look_at_story_page(tx: Connection, story_id: int) -> StoryPageFacts:
    """Read all that is known of a story; raises NotFound."""
    facts = look_at_story(tx, story_id)
    evidence = stories.evidence_of(tx, story_id, MOST_SHOWN)
    named = {story["story"] for one in evidence.values() for story in one.get("stories", ())}
    return StoryPageFacts(facts, evidence, _titles(tx, named), merging.acts_of(tx, facts.story.id))


def _titles(tx: Connection, named: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for story_id in sorted(named)[:MOST_SHOWN]:
        try:
            living = stories.get(tx, story_id)
        except NotFound:
            continue
        found[living.id] = living.title
    return found


def tellers(story: StoryFacts) -> Tellers:
    """Add up who tells a story."""
    copies = {
        place
        for place, one in enumerate(story.articles)
        if (grouping := story.groupings.get(one.id)) and grouping.kind is GroupingKind.COPY
    }
    return facts_of([one.article for one in story.articles], copies)


def _shown(facts: StoryPageFacts, now: datetime) -> dict[str, object]:
    story, groupings = facts.story, facts.story.groupings
    shown = story.articles[-MOST_SHOWN:]
    return {
        "story": story.story,
        "facts": tellers(story),
        "bars": timeline(story.articles, groupings),
        "rows": article_rows(shown, groupings, facts.evidence),
        "hidden_count": len(story.articles) - len(shown),
        "near": near_stories(facts.evidence, story.story.id, facts.titles)[:NEAR_SHOWN],
        "acts": facts.acts[::-1],
        "alerts": alert_rows(story.alerts, now),
    }
