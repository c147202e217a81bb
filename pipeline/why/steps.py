"""One station of the way each: what the store knows, said in words.

In: a transaction and what was found before. Out: `Step`s. Trap: what is said must be true at the moment it is read: a
state and its instant come from one row.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.alerts.policy import clauses
from pipeline.alerts.query.explain import Clause
from pipeline.masking import masked_url
from pipeline.model import Alert, DeliveryState, EntryState, Grouping, Reason, Subscription, TextSource
from pipeline.store import deliveries, receivers, story_state, watches
from pipeline.store.articles import StoredArticle
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.tables import alerts, digests
from pipeline.why.record import Passed, Sight, Stage, Step

_WAITING = frozenset({EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING})


def seen(sights: tuple[Sight, ...]) -> Step:
    """Say which feeds showed it."""
    names = ", ".join(sight.feed_title or masked_url(sight.feed_url) for sight in sights)
    return Step(Stage.SEEN, Passed.YES, sights[0].seen_at, f"in {names}")


def fetched(entry: Row[Any], stored: StoredArticle | None) -> Step:
    """Say whether its page came."""
    why = f" ({_words(entry.reason)})" if entry.reason else ""
    if entry.state in _WAITING and stored is None:
        said = f"{entry.state.value}, {_tries(entry.attempts)} so far{why}, next from {_at(entry.next_attempt_at)}"
        return Step(Stage.FETCHED, Passed.WAITS, entry.next_attempt_at, said)
    if entry.state is EntryState.DROPPED:
        return Step(Stage.FETCHED, Passed.NO, entry.finished_at, f"dropped{why}: it was never made an article")
    if stored and stored.article.text_source is TextSource.PAGE:
        fetched_at = stored.stored_at if stored.revised_at else stored.article.fetched_at or entry.finished_at
        if entry.refetch_count:
            said = f"the page came, and was looked at again {entry.refetch_count} times since"
            return Step(Stage.FETCHED, Passed.YES, fetched_at, said)
        return Step(Stage.FETCHED, Passed.YES, fetched_at, f"the page came after {_tries(entry.attempts)}")
    return Step(Stage.FETCHED, Passed.YES, entry.finished_at, f"the page gave nothing{why}: the feed's text stands in")


def gated(stored: StoredArticle) -> Step:
    """Say whether what the page gave was taken for an article."""
    note = stored.article.note
    said = f"the page was refused as {note.value}: the feed's text stands in" if note else "the page is an article"
    return Step(Stage.GATED, Passed.YES, stored.article.fetched_at, said)


def extracted(stored: StoredArticle) -> Step:
    """Say what text there is to be searched."""
    article = stored.article
    words = len(article.text.split())
    said = f"{words} words from the {article.text_source.value}, language {article.language or 'unknown'}"
    if stored.revised_at:
        said += f"; this is its text number {stored.revision_count + 1}, as it reads since {_at(stored.revised_at)}"
    return Step(Stage.EXTRACTED, Passed.YES, stored.stored_at, said)


def grouped(stored: StoredArticle, grouping: Grouping | None) -> Step:
    """Say which story it belongs to and why."""
    said = f"story {stored.story_id}" + (f", {grouping.kind.value}: {grouping.why}" if grouping else "")
    return Step(Stage.GROUPED, Passed.YES, stored.stored_at, said)


def asked(subscription: Subscription, added_at: datetime, stored: StoredArticle) -> Step:
    """Say whether the subscription was there to be asked."""
    if not subscription.enabled:
        return Step(Stage.ASKED, Passed.NO, None, "the subscription is switched off")
    if added_at > stored.stored_at:
        said = "the subscription was added after the article had come; it holds for later ones only"
        return Step(Stage.ASKED, Passed.NO, added_at, said)
    return Step(Stage.ASKED, Passed.YES, added_at, "the subscription was there")


def matched(clause: Clause, stored: StoredArticle) -> Step:
    """Say whether the query is met, and if not, by what it fails."""
    if clause.holds:
        return Step(Stage.MATCHED, Passed.YES, stored.stored_at, f"the query is met: {clause.query}")
    return Step(Stage.MATCHED, Passed.NO, stored.stored_at, f"the query is not met: {'; '.join(failing(clause))}")


def failing(clause: Clause) -> Iterator[str]:
    """Yield the smallest parts that keep a query from being met."""
    if clause.holds:
        return
    match clause.kind:
        case "all":
            for part in clause.parts:
                yield from failing(part)
        case "any":
            yield f"none of {', '.join(part.query for part in clause.parts)} is there"
        case "none":
            yield f"{clause.parts[0].query} is there, which is excluded"
        case _:
            yield f"{clause.query} is not there"


def conditions(tx: Connection, subscription: Subscription, story_id: int, now: datetime) -> Step | None:
    """Say how the rule's conditions stand for the story; None if there are none."""
    rule = subscription.rule
    if not rule.is_conditional:
        return None
    watch = watches.find(tx, subscription.id, story_id)
    first = watch.first_in_language if watch else False
    found = list(clauses(rule, story_state.state_of(tx, story_id, rule, first_in_language=first), now))
    said = "; ".join(f"{c.wanted}: {c.found}{'' if c.holds else ', not enough'}" for c in found)
    passed = Passed.YES if all(clause.holds for clause in found) else Passed.WAITS
    return Step(Stage.CONDITIONS, passed, watch.since_at if watch else None, said)


def raised(alert: Alert | None, article_id: int, *, is_met: bool, was_told: bool) -> Step:
    """Say whether the story has its alert, and by which article."""
    if was_told:
        return Step(Stage.RAISED, Passed.NO, None, "no alert: the story had its one, which has been forgotten since")
    if alert is None:
        said = "no alert" + (": nothing was raised for the story" if is_met else "")
        return Step(Stage.RAISED, Passed.NO, None, said)
    if alert.article_id == article_id:
        return Step(Stage.RAISED, Passed.YES, alert.created_at, f"alert {alert.public_id}")
    said = f"alert {alert.public_id} was raised for this story by “{alert.article_title}” of {alert.outlet}"
    return Step(Stage.RAISED, Passed.YES, alert.created_at, said)


def held(tx: Connection, alert: Alert) -> tuple[Step | None, int | None]:
    """Say whether the alert waits in a digest; gives the digest too."""
    asked_for = select(alerts.c.hold, alerts.c.digest_id).where(alerts.c.id == alert.id)
    row = tx.execute(asked_for).one()
    if row.digest_id is None:
        return None, None
    digest = tx.execute(select(digests).where(digests.c.id == row.digest_id)).one()
    if digest.closed_at is None:
        said = f"held by {row.hold.value}: it comes with the digest of {_at(digest.due_at)}"
        return Step(Stage.HELD, Passed.WAITS, digest.due_at, said), digest.id
    said = f"held by {row.hold.value}: it is in digest {digest.public_id}"
    return Step(Stage.HELD, Passed.YES, digest.closed_at, said), digest.id


def sent(tx: Connection, alert: Alert, digest_id: int | None) -> Iterator[Step]:
    """Say for each channel what became of the delivery."""
    found = deliveries.of_digest(tx, digest_id) if digest_id is not None else deliveries.of_alert(tx, alert.id)
    rests = {one.channel: one.rests_until for one in receivers.list_all(tx)} if found else {}
    for delivery in found:
        yield _delivery(delivery, rests.get(delivery.channel))
    if not found and digest_id is None:
        yield Step(Stage.SENT, Passed.NO, None, "the subscription names no channel: dashboard and feed only")


def _delivery(delivery: StoredDelivery, rests_until: datetime | None) -> Step:
    why = f" ({_words(delivery.reason)})" if delivery.reason else ""
    told = f": {delivery.error or delivery.answer}" if delivery.error or delivery.answer else ""
    said = f"{delivery.channel}, {delivery.public_id}: {delivery.state.value}, {_tries(delivery.attempts)}{why}{told}"
    match delivery.state:
        case DeliveryState.SENT:
            return Step(Stage.SENT, Passed.YES, delivery.finished_at, said)
        case DeliveryState.PARKED:
            return Step(Stage.SENT, Passed.NO, delivery.finished_at, said)
        case _ if rests_until and rests_until > delivery.next_attempt_at:
            said += f"; its receiver failed and rests until {_at(rests_until)}"
            return Step(Stage.SENT, Passed.WAITS, rests_until, said)
        case _:
            return Step(Stage.SENT, Passed.WAITS, delivery.next_attempt_at, said)


def _tries(count: int) -> str:
    return f"{count} {'try' if count == 1 else 'tries'}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _words(reason: Reason) -> str:
    return reason.value.replace("_", " ")
