"""Put the stations together and say in one sentence what decided.

In: a read transaction, what is asked for, the subscription, an instant. Out: `Why`. Trap: the first station that was
not passed decides; only what comes to the reader counts as got: an alert of the story, whichever article raised it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from pipeline.alerts import matchable
from pipeline.alerts.query.explain import Clause, explain
from pipeline.errors import BadQuery
from pipeline.model import Alert, Subscription
from pipeline.store import alerts, articles, stories, subscriptions, told
from pipeline.store.articles import StoredArticle
from pipeline.why import steps
from pipeline.why.record import Passed, Sight, Stage, Step, Why
from pipeline.why.sights import find_owner, sights_of


@dataclass(slots=True)
class _Found:
    """What has been found so far."""

    asked: str
    subscription: Subscription
    steps: list[Step] = field(default_factory=list)
    sights: tuple[Sight, ...] = ()
    clause: Clause | None = None
    stored: StoredArticle | None = None
    alert: Alert | None = None


def find_why(tx: Connection, asked: str, subscription: Subscription, now: datetime) -> Why:
    """Answer for an address, or an article's number; raises NotFound for a number that is none."""
    found = _Found(asked.strip(), subscription)
    _follow(tx, found, now)
    return _why(found)


def _follow(tx: Connection, found: _Found, now: datetime) -> None:
    """Go the way of the article, as far as it came."""
    owner = find_owner(tx, found.asked)
    if owner is None:
        found.steps.append(Step(Stage.SEEN, Passed.NO, None, "no feed has shown this address"))
        return
    found.sights = sights_of(tx, owner.id)
    found.stored = articles.find_by_entry(tx, owner.id)
    found.steps += [steps.seen(found.sights), steps.fetched(owner, found.stored)]
    if found.stored is None or found.stored.story_id is None:
        return
    grouping = stories.groupings_of(tx, found.stored.story_id).get(found.stored.id)
    found.steps += [steps.gated(found.stored), steps.extracted(found.stored), steps.grouped(found.stored, grouping)]
    _ask(tx, found, found.stored, owner.feed_title, owner.feed_folder)
    _hand_over(tx, found, found.stored.id, found.stored.story_id, now)


def _ask(tx: Connection, found: _Found, stored: StoredArticle, feed: str, folder: str) -> None:
    added_at = subscriptions.added_at(tx, found.subscription.id)
    found.steps.append(steps.asked(found.subscription, added_at, stored))
    try:
        found.clause = explain(
            subscriptions.written_out(tx, found.subscription.id), matchable(stored.article, feed, folder)
        )
    except BadQuery as problem:
        found.steps.append(Step(Stage.MATCHED, Passed.NO, None, f"the query cannot be read: {problem.problem}"))
        return
    found.steps.append(steps.matched(found.clause, stored))


def _hand_over(tx: Connection, found: _Found, article_id: int, story_id: int, now: datetime) -> None:
    alert = found.alert = alerts.find_for(tx, found.subscription.id, story_id)
    is_met = found.clause is not None and found.clause.holds
    was_told = alert is None and told.was_told(tx, found.subscription.id, story_id)
    if alert is None and is_met and not was_told and (step := steps.conditions(tx, found.subscription, story_id, now)):
        found.steps.append(step)
    if alert or is_met:
        found.steps.append(steps.raised(alert, article_id, is_met=is_met, was_told=was_told))
    if alert:
        held, digest_id = steps.held(tx, alert)
        found.steps += [held] if held else []
        found.steps += steps.sent(tx, alert, digest_id)


def _why(found: _Found) -> Why:
    got_it = any(step.stage is Stage.SENT and step.passed is Passed.YES for step in found.steps)
    return Why(
        asked=found.asked,
        subscription_id=found.subscription.id,
        subscription_name=found.subscription.name,
        got_it=got_it,
        verdict=verdict(found.steps, got_it=got_it),
        steps=tuple(found.steps),
        sights=found.sights,
        clauses=found.clause,
        article_id=found.stored.id if found.stored else None,
        story_id=found.stored.story_id if found.stored else None,
        alert_id=found.alert.public_id if found.alert else None,
    )


def verdict(way: Sequence[Step], *, got_it: bool) -> str:
    """Say in one sentence what decided."""
    raised = next((step for step in way if step.stage is Stage.RAISED and step.passed is Passed.YES), None)
    if raised is None:
        stopped = next((step for step in way if step.passed is not Passed.YES), way[-1])
        return f"No: {stopped.says}."
    if got_it:
        return f"Yes: {raised.says}, handed over."
    waiting = next((step for step in way[way.index(raised) :] if step.passed is not Passed.YES), raised)
    return f"Not yet: {raised.says}; {waiting.says}." if waiting.passed is Passed.WAITS else f"No: {waiting.says}."
