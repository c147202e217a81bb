"""Count and time what came of a run.

In: a `Ran`: edition, questions, store, notices. Out: figures by name. Pure. Trap: texts are scored and alerts
expected from the articles that the store holds, not from a run of their own.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from benchmarks.replay.corpus import Scorer
from benchmarks.replay.edition import Edition, Publication
from benchmarks.replay.origin import Notice
from benchmarks.replay.questions import Question, expected_alerts
from benchmarks.replay.stored import ENDED, Stored
from pipeline.model import DeliveryState, EntryState, TextSource
from pipeline.urls import canonical

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Ran:
    """Everything known after a run."""

    edition: Edition
    questions: Sequence[Question]
    stored: Stored
    notices: Sequence[Notice]
    asked: Sequence[str]  #: addresses asked of the origin, in their one spelling
    gold: Mapping[str, Mapping[str, str]]
    scorer: Scorer
    exit_code: int | None
    errors: Sequence[str]  #: logged by any process
    began_at: datetime
    seconds: float

    def story_of(self, publication: Publication) -> int | None:
        """Give the story of a publication's article; None if it has none."""
        found = self.stored.find_article(publication.url)
        return found.story_id if found else None


def figures_of(ran: Ran) -> Figures:
    """Give all figures of a run."""
    return _accounts(ran) | _texts(ran) | _stories(ran) | _alerts(ran) | _heard(ran) | _times(ran)


def _accounts(ran: Ran) -> Figures:
    stored, asked = ran.stored, Counter(ran.asked)
    brought = [entry for entry in stored.entries if entry.story_id is not None]
    return {
        "feeds": len(ran.edition.feeds),
        "pages published": len(ran.edition.publications),
        "entries published": ran.edition.entry_count,
        "pages asked for once": sum(asked[canonical(one.url)] == 1 for one in ran.edition.publications),
        "articles": len(brought),
        "articles with the feed's text": sum(entry.text_source is TextSource.FEED for entry in brought),
        "entries merged": stored.count(EntryState.MERGED),
        "entries dropped": stored.count(EntryState.DROPPED),
        "entries quarantined": stored.count(EntryState.QUARANTINED),
        "entries unaccounted": ran.edition.entry_count - stored.count(*ENDED),
    }


def _texts(ran: Ran) -> Figures:
    """Score the texts of the real pages as the store holds them."""
    found = {one.page_id: ran.stored.find_article(one.url) for one in ran.edition.originals}
    score = ran.scorer({page_id: entry.text for page_id, entry in found.items() if entry}, ran.gold)
    return {f"article {name}": score[name] for name in ("f1", "precision", "recall", "empty")}


def _stories(ran: Ran) -> Figures:
    of_page = {one.page_id: ran.story_of(one) for one in ran.edition.originals}
    of_copies = [(ran.story_of(one), of_page[one.page_id]) for one in ran.edition.copies]
    crowds = Counter(story for story in of_page.values() if story is not None)
    return {
        "copies": len(of_copies),
        "copies grouped": sum(copy is not None and copy == original for copy, original in of_copies),
        "stories": len({entry.story_id for entry in ran.stored.entries} - {None}),
        "different pages sharing a story": sum(count for count in crowds.values() if count > 1),
    }


def _alerts(ran: Ran) -> Figures:
    expected = expected_of(ran)
    raised = [(alert.subscription, alert.story_id) for alert in ran.stored.alerts]
    return {
        "subscriptions": len(ran.questions),
        "alerts expected": len(expected),
        "alerts raised": len(raised),
        "alerts missing": len(expected - set(raised)),
        "alerts not expected": len(set(raised) - expected),
        "alerts raised twice": len(raised) - len(set(raised)),
        "deliveries": len(ran.stored.deliveries),
        "deliveries sent": sum(one.state is DeliveryState.SENT for one in ran.stored.deliveries),
        "notices received": len(ran.notices),
        "notices received twice": len(ran.notices) - len({notice.webhook_id for notice in ran.notices}),
    }


def expected_of(ran: Ran) -> frozenset[tuple[str, int]]:
    """Give the (subscription, story) pairs that the referee expects of the stored articles."""
    articles = [(one.story_id, one.title, one.text) for one in ran.stored.entries if one.story_id is not None]
    return expected_alerts(ran.questions, articles)


def _heard(ran: Ran) -> Figures:
    """Count the words chosen from one page's gold text whose subscription was alerted of that very page's story."""
    raised = {(alert.subscription, alert.story_id) for alert in ran.stored.alerts}
    pages = {one.page_id: one for one in ran.edition.originals}
    asked = [question for question in ran.questions if question.page_id]
    heard = sum((question.name, ran.story_of(pages[question.page_id])) in raised for question in asked)
    return {"words of gold texts asked for": len(asked), "words of gold texts heard of": heard}


def _times(ran: Ran) -> Figures:
    asked, answered = [one for one, _ in ran.stored.polled], [one for _, one in ran.stored.polled]
    seen = [entry.first_seen_at for entry in ran.stored.entries]
    ended = [entry.finished_at for entry in ran.stored.entries if entry.finished_at]
    waits = [(one.alert, one.finished_at) for one in ran.stored.deliveries if one.finished_at]
    return {
        "seconds from start to first poll": _seconds([ran.began_at], asked[:1]),
        "seconds for all polls": _seconds(asked, answered),
        "seconds for all pages": _seconds(seen, ended),
        "seconds from entry to receiver, p50": _quantile([_between(x.first_seen_at, at) for x, at in waits], 0.5),
        "seconds from entry to receiver, p95": _quantile([_between(x.first_seen_at, at) for x, at in waits], 0.95),
        "seconds from alert to receiver, p50": _quantile([_between(x.created_at, at) for x, at in waits], 0.5),
        "seconds from alert to receiver, p95": _quantile([_between(x.created_at, at) for x, at in waits], 0.95),
        "seconds for the whole run": ran.seconds,
    }


def _seconds(starts: Sequence[datetime], ends: Sequence[datetime]) -> float:
    """Give the time from the first start to the last end."""
    return _between(min(starts), max(ends)) if starts and ends else 0.0


def _between(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


def _quantile(values: Sequence[float], share: float) -> float:
    """Give a quantile by nearest rank."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else 0.0
