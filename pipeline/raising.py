"""Raise what an article that joined a story gives cause for: alerts, updates, and when each is handed over.

In: the article's matches and its story, inside the transaction that stores it. Out: `Raised`. Here alerts' policies and
the store meet. Trap: an article may give cause without meeting the query itself, by bringing a story that was met
to its third outlet; so every open watch of the story is looked at, not only those of its matches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.alerts import matched_words, passage
from pipeline.alerts.policy import Told, due_update, hold_for, holds, next_hold, novelty
from pipeline.alerts.policy.hold import LIMIT_SPAN
from pipeline.alerts.query.fold import terms_of
from pipeline.model import Alert, Article, Grouping, GroupingKind, Match, Subscription, Update
from pipeline.rule import Hold, Rule, StoryState
from pipeline.store import alert_updates, alerts, articles, digests, outbox, story_state, subscriptions, told, watches
from pipeline.store.watches import Watch


@dataclass(frozen=True, slots=True)
class Raised:
    """What came of an article; a match whose story had its alert raises none."""

    alerts: tuple[Alert, ...] = ()
    updates: tuple[Update, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """An article with its place, as it joined its story."""

    article_id: int
    article: Article
    story_id: int
    grouping: Grouping
    is_edit: bool = False  #: it was there before, and reads otherwise now; such a one raises no update for being new


def raise_due(tx: Connection, matches: Sequence[Match], joined: Joined, now: datetime) -> Raised:
    """Raise the alerts and updates that are due."""
    raised: list[Alert | Update | None] = []
    for match in matches:
        asked = subscriptions.find_enabled(tx, match.subscription_id)
        if asked is None:
            continue
        if asked.rule.is_watching:
            _watch(tx, asked, match, joined, now)
        else:
            raised.append(_raise(tx, asked, match, joined, now))
    raised += [_look_again(tx, watch, joined, now) for watch in watches.open_in(tx, joined.story_id)]
    return Raised(
        tuple(each for each in raised if isinstance(each, Alert)),
        tuple(each for each in raised if isinstance(each, Update)),
    )


def _raise(tx: Connection, asked: Subscription, match: Match, joined: Joined, now: datetime) -> Alert | None:
    shown = passage(joined.article.title, joined.article.text, match.spans)
    words = matched_words(joined.article.title, joined.article.text, match.spans)
    place = (joined.article_id, joined.article, joined.story_id)
    alert = alerts.raise_for(tx, match, *place, shown, words, now, hands_over=False, by_edit=joined.is_edit)
    if alert:
        _hand_over(tx, asked, alert, now)
    return alert


def _watch(tx: Connection, asked: Subscription, match: Match, joined: Joined, now: datetime) -> None:
    """Note that the story was met, unless it was told long ago; whether that is enough, all its watches decide."""
    if told.was_told(tx, asked.id, joined.story_id):
        return
    shown = passage(joined.article.title, joined.article.text, match.spans)
    words = matched_words(joined.article.title, joined.article.text, match.spans)
    first = asked.rule.first_in_language and watches.met_first(tx, asked.id, joined.article.language, joined.article_id)
    place = (joined.story_id, joined.article_id)
    watches.note(tx, match, *place, shown, words, now, first_in_language=first)


def _look_again(tx: Connection, watch: Watch, joined: Joined, now: datetime) -> Alert | Update | None:
    rule = watch.subscription.rule
    state = story_state.state_of(tx, joined.story_id, rule, first_in_language=watch.first_in_language)
    if watch.alert_id is None:
        return _raise_watched(tx, watch, joined, state, now)
    return _update(tx, watch, watch.alert_id, joined, state, now)


def _raise_watched(tx: Connection, watch: Watch, joined: Joined, state: StoryState, now: datetime) -> Alert | None:
    """Raise the alert of a watch whose conditions hold, with the article that met the query last."""
    rule = watch.subscription.rule
    if not holds(rule, state, now):
        return None
    own = watch.article_id == joined.article_id
    shown = joined.article if own else articles.get(tx, watch.article_id).article
    alert = alerts.raise_for(
        tx,
        watch.match,
        watch.article_id,
        shown,
        joined.story_id,
        watch.passage,
        watch.matched,
        now,
        because_of=None if own else joined.article_id,
        hands_over=False,
        by_edit=own and joined.is_edit,
    )
    known = alert or alerts.find_for(tx, watch.subscription.id, joined.story_id)
    if known:
        watches.told(tx, watch, known.id, state.outlet_count, update_count=0, closes=not rule.has_updates)
    if alert:
        _hand_over(tx, watch.subscription, alert, now)
    return alert


def _update(
    tx: Connection, watch: Watch, alert_id: int, joined: Joined, state: StoryState, now: datetime
) -> Update | None:
    rule = watch.subscription.rule
    told = Told(watch.update_count, watch.told_outlet_count)
    reason = due_update(rule, told, state, changed=rule.update_changed and _changes(tx, joined))
    if reason is None:
        return None
    number = watch.update_count + 1
    alert = alerts.get(tx, alert_id)
    update = alert_updates.raise_for(
        tx, alert, number, reason, joined.article_id, joined.article, state.outlet_count, now
    )
    watches.told(tx, watch, alert_id, state.outlet_count, update_count=number, closes=number >= rule.update_most)
    if update:
        _hand_over(tx, watch.subscription, update, now)
    return update


def _changes(tx: Connection, joined: Joined) -> bool:
    """Tell whether an article brings a story much that is new; a copy never does, nor does an edit."""
    if joined.is_edit or joined.grouping.kind is not GroupingKind.REPORT:
        return False
    known = {
        term for text in story_state.texts_before(tx, joined.story_id, joined.article_id) for term in terms_of(text)
    }
    return novelty(set(terms_of(joined.article.title)), known)


# Handing over


def _hand_over(tx: Connection, asked: Subscription, notice: Alert | Update, now: datetime) -> None:
    """Make the deliveries, or keep the notice for a digest."""
    hold = _hold(tx, asked, now)
    mine = {"alert_id": notice.id} if isinstance(notice, Alert) else {"update_id": notice.id}
    if hold is None:
        outbox.put(tx, asked.channels, now, notice.public_id, **mine)
        return
    digest_id, hold = _joined_digest(tx, asked, hold, now)
    if isinstance(notice, Alert):
        alerts.hold(tx, notice.id, digest_id, hold.why)
    else:
        alert_updates.hold(tx, notice.id, digest_id, hold.why)


def _hold(tx: Connection, asked: Subscription, now: datetime) -> Hold | None:
    """Decide whether the notice raised just now is held; it does not count itself."""
    rule = asked.rule
    if rule.digest is None and rule.quiet is None and not rule.most_per_hour:
        return None
    before = _single_before(tx, asked.id, rule, now) if rule.most_per_hour else []
    return hold_for(rule, now, before)


def _single_before(tx: Connection, subscription_id: int, rule: Rule, now: datetime) -> list[datetime]:
    found = alerts.single_at(tx, subscription_id, now - LIMIT_SPAN, rule.most_per_hour + 1)
    return found[:-1]


def _joined_digest(tx: Connection, asked: Subscription, hold: Hold, now: datetime) -> tuple[int, Hold]:
    """Join the digest of the hold, or the next one that is not on its way yet."""
    while (digest_id := digests.join(tx, asked.id, hold.until, now)) is None:
        hold = next_hold(asked.rule, hold.why, hold.until)
    return digest_id, hold
