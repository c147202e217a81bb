"""The page that answers "Why did I (not) get this?".

In: an article's number or address, a story, and a subscription. Out: the answer station by station, the query as a tree
with each clause true or false and its place in the text. Trap: the answer holds for the query as it stands now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.rows import Mark
from dashboard.sources import Sources
from dashboard.words import spoken
from pipeline.alerts.query.explain import Clause
from pipeline.errors import NotFound
from pipeline.store import subscriptions
from pipeline.why import Why, find_why_of_any
from pipeline.why.record import Passed

NAMES_OFFERED = 500
_LONGEST = 2_000
_MARKS = {Passed.YES: ("yes", "ok"), Passed.NO: ("no", "bad"), Passed.WAITS: ("waits", "warn")}
_NAMES = {"all": "all of these", "any": "any of these", "none": "not this"}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One station of the way."""

    station: str
    mark: Mark
    at: datetime | None
    says: str


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause of the query, as deep as it stands in it."""

    depth: int
    name: str
    is_query: bool  #: the name is a part of the query
    clause: Clause


@dataclass(frozen=True, slots=True)
class WhyFacts:
    """The answer, or why there is none."""

    answer: Why | None
    problem: str
    names: list[str]


def why_routes(sources: Sources, framing: Framing) -> APIRouter:
    """Make the route of the page."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/why")
    async def why(request: Request) -> HTMLResponse:
        now, asked = sources.clock(), request.query_params
        article = asked.get("asked", "").strip()[:_LONGEST]
        subscription = asked.get("subscription", "").strip()[:_LONGEST]
        facts = await sources.database.look(look_at_why, article, subscription, now)
        answer = facts.answer
        shown = {
            "asked": article,
            "subscription": subscription,
            "facts": facts,
            "steps": step_rows(answer) if answer else [],
            "clauses": list(clause_rows(answer.clauses)) if answer and answer.clauses else [],
        }
        return render("subscriptions/why.html", {"frame": framing.of(request, "subscriptions"), "now": now, **shown})

    return router


def look_at_why(tx: Connection, asked: str, subscription: str, now: datetime) -> WhyFacts:
    """Find the answer; a mistake in what was asked is said, not raised."""
    names = subscriptions.names(tx, NAMES_OFFERED)
    if not asked or not subscription:
        return WhyFacts(None, "", names)
    found = subscriptions.find(tx, subscription)
    if found is None:
        return WhyFacts(None, f"There is no subscription named or numbered {subscription!r}.", names)
    try:
        return WhyFacts(find_why_of_any(tx, asked, found, now), "", names)
    except NotFound as error:
        return WhyFacts(None, f"{str(error)[:1].upper()}{str(error)[1:]}.", names)


def step_rows(answer: Why) -> list[StepRow]:
    """Write the stations in their order."""
    return [StepRow(spoken(one.stage.value), Mark(*_MARKS[one.passed]), one.at, one.says) for one in answer.steps]


def clause_rows(clause: Clause, depth: int = 0) -> Iterator[ClauseRow]:
    """Write the query as a list, each part after what it is part of."""
    yield ClauseRow(depth, _NAMES.get(clause.kind, clause.query), clause.kind not in _NAMES, clause)
    for part in clause.parts:
        yield from clause_rows(part, depth + 1)
