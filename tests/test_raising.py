"""What an article that joins a story gives cause for, on both databases."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from pipeline.alerts import SubscriptionIndex, matchable
from pipeline.model import Alert, Article, EntryState, Grouping, GroupingKind, Update
from pipeline.raising import Joined, raise_due
from pipeline.rule import Every, Growth, HoldReason, Quiet, Rule, Schedule, UpdateReason
from pipeline.store import alert_updates, alerts, articles, deliveries, digests, entries, stories, subscriptions
from pipeline.store.database import Database
from pipeline.stories import sketch
from tests.store.making import NOW, after, article, started
from tests.stories.making import AGENCY, OTHER, OWN_WORDS

HALF = " ".join(AGENCY.split()[:70])


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an article."""

    article_id: int
    story_id: int
    grouping: Grouping
    alerts: tuple[Alert, ...]
    updates: tuple[Update, ...]


def join(tx: Connection, number: int, text: str, now: datetime = NOW, **values: object) -> Taken:
    """Take in an article of an outlet of its own; all that is about Orrest is one story in each language."""
    plain: dict[str, object] = {"title": "", "text": text, "outlet": f"outlet{number}.example"}
    made = article(number, **(plain | values))
    task = started(tx, number)
    matches = SubscriptionIndex(subscriptions.list_all(tx)).match(matchable(made))
    assert entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, now)
    grouping = _grouping(tx, made)
    article_id = articles.insert(tx, task.entry_id, made, sketch(made.title, text, made.language), now)
    story_id = stories.place(tx, article_id, grouping, now)
    raised = raise_due(tx, matches, Joined(article_id, made, story_id, grouping), now)
    return Taken(article_id, story_id, grouping, raised.alerts, raised.updates)


def _grouping(tx: Connection, made: Article) -> Grouping:
    """Decide as a perfect reader would, so that what is raised is tested and not what is grouped."""
    known = [
        stored
        for stored in articles.recent(tx, 100)
        if "Orrest" in stored.article.text and stored.article.language == made.language
    ]
    if "Orrest" not in made.text or not known:
        return Grouping(GroupingKind.FIRST, None, None, 0.0, "nothing like it")
    kind = GroupingKind.COPY if made.text[:60] == known[-1].article.text[:60] else GroupingKind.REPORT
    return Grouping(kind, known[-1].story_id, known[-1].id, 1.0, "the same lock")


def ask(tx: Connection, rule: Rule, query: str = "lock", channels: tuple[str, ...] = ("mail",)) -> int:
    return subscriptions.add(tx, "Locks", query, channels, NOW, rule).id


def due(tx: Connection, now: datetime = NOW) -> list[Alert | Update | object]:
    """Give what is handed over now, in order."""
    released = deliveries.release(tx, now, 100, 60)
    tasks = [deliveries.start(tx, one.id, one.token, "w", now, 60) for one in released]
    return [task.notice for task in tasks if task]


def test_the_article_that_makes_a_condition_true_raises_the_alert(database: Database) -> None:
    """A copy is no independent outlet; a report that does not meet the query itself can be the second one."""
    with database.write() as tx:
        ask(tx, Rule(outlets=2), query='"harbour council"')
        first = join(tx, 1, AGENCY)
        copy = join(tx, 2, HALF)
        report = join(tx, 3, OWN_WORDS.replace("harbour council", "port authority"))
        later = join(tx, 4, OWN_WORDS)
        assert [len(one.alerts) for one in (first, copy, report, later)] == [0, 0, 1, 0]
        assert {one.story_id for one in (first, copy, report, later)} == {first.story_id}
        [alert] = report.alerts
        assert alert.article_id in {first.article_id, copy.article_id}
        assert "harbour council" in alert.passage
        assert due(tx) == [alert]


def test_distinct_texts(database: Database) -> None:
    """Copies do not count."""
    with database.write() as tx:
        ask(tx, Rule(texts=2))
        raised = [len(join(tx, n, text).alerts) for n, text in enumerate((AGENCY, HALF, OWN_WORDS), 1)]
    assert raised == [0, 0, 1]


def test_growth_counts_the_last_hours_of_the_story(database: Database) -> None:
    """Three articles of one day are no three in six hours; three of one morning are."""
    with database.write() as tx:
        ask(tx, Rule(growth=Growth(3, 6)))
        dates = [after(0), after(3600 * 8), after(3600 * 9), after(3600 * 10)]
        raised = [len(join(tx, n, AGENCY, published_at=at).alerts) for n, at in enumerate(dates, 1)]
    assert raised == [0, 0, 0, 1]


def test_first_in_a_language(database: Database) -> None:
    """One alert for the first article of each language that meets the query, whatever the story."""
    with database.write() as tx:
        ask(tx, Rule(first_in_language=True), query="lock OR ovens")
        first = join(tx, 1, AGENCY)
        other = join(tx, 2, OTHER)
        polish = join(tx, 3, AGENCY, language="pl")
    assert [len(one.alerts) for one in (first, other, polish)] == [1, 0, 1]


def test_dates_of_the_rule(database: Database) -> None:
    """Before its time a story is only watched; the first article that joins it then raises the alert."""
    with database.write() as tx:
        ask(tx, Rule(not_before=after(60), not_after=after(120)))
        early = join(tx, 1, AGENCY, NOW)
        timely = join(tx, 2, OWN_WORDS, after(90))
        late = join(tx, 3, OTHER + " The lock.", after(150))
    assert [len(one.alerts) for one in (early, timely, late)] == [0, 1, 0]


def test_updates_at_outlet_thresholds(database: Database) -> None:
    """Explicit updates with ids of their own, each threshold once, at most as many as the rule says."""
    with database.write() as tx:
        ask(tx, Rule(update_outlets=(2, 3, 4), update_most=2))
        joined = [join(tx, n, AGENCY) for n in range(1, 6)]
        [alert] = joined[0].alerts
        made = [update for one in joined for update in one.updates]
        assert [len(one.updates) for one in joined] == [0, 1, 1, 0, 0]
        assert [(u.number, u.reason, u.outlet_count) for u in made] == [
            (1, UpdateReason.OUTLETS, 2),
            (2, UpdateReason.OUTLETS, 3),
        ]
        assert len({alert.public_id, *(u.public_id for u in made)}) == 3
        assert alert_updates.of_alert(tx, alert) == made
        assert due(tx) == [alert, *made]


def test_an_update_when_the_story_changed(database: Database) -> None:
    """A report whose headline is news is one; a copy under a new headline is not."""
    with database.write() as tx:
        ask(tx, Rule(update_changed=True))
        first = join(tx, 1, AGENCY)
        copy = join(tx, 2, AGENCY, title="Engineer resigns, prosecutors search offices")
        changed = join(tx, 3, OWN_WORDS, title="Mayor steps down after lock ruling")
    assert (copy.grouping.kind, changed.grouping.kind) == (GroupingKind.COPY, GroupingKind.REPORT)
    assert [[u.reason for u in one.updates] for one in (first, copy, changed)] == [[], [], [UpdateReason.CHANGED]]
    assert changed.updates[0].article_title == "Mayor steps down after lock ruling"


def test_no_update_without_news(database: Database) -> None:
    """A report in other words of what is known changes nothing."""
    with database.write() as tx:
        ask(tx, Rule(update_changed=True))
        join(tx, 1, AGENCY)
        known = join(tx, 2, OWN_WORDS, title="Northern lock closed for eleven weeks")
    assert known.grouping.kind is GroupingKind.REPORT
    assert known.updates == ()


def test_a_digest_holds_what_was_raised_in_its_period(database: Database) -> None:
    """Members are fixed at its time, one delivery for each channel, the same id however often it is closed."""
    six = NOW.replace(hour=18)
    with database.write() as tx:
        ask(tx, Rule(digest=Schedule(Every.DAILY, time(18))), query="lock OR ovens", channels=("mail", "hook"))
        alert = join(tx, 1, AGENCY).alerts[0]
        assert due(tx) == []
        join(tx, 2, OWN_WORDS)
        other = join(tx, 3, OTHER).alerts[0]
        assert not digests.has_due(tx, NOW)
        assert digests.close_due(tx, NOW) == 0
    with database.write() as tx:
        assert digests.has_due(tx, six)
        assert digests.close_due(tx, six) == 1
        assert digests.close_due(tx, six) == 0
        digest, same = due(tx, six)
    assert digest == same
    assert digest.members == (alert, other)  # type: ignore[attr-defined]
    assert digest.outlet_counts == {alert.story_id: 2, other.story_id: 1}  # type: ignore[attr-defined]


def test_what_comes_too_late_for_a_digest_is_in_the_next(database: Database) -> None:
    """A worker whose clock is behind finds the period closed; nothing is lost and nothing is added to what was sent."""
    six = NOW.replace(hour=18)
    with database.write() as tx:
        ask(tx, Rule(digest=Schedule(Every.DAILY, time(18))), query="lock OR ovens")
        first = join(tx, 1, AGENCY).alerts[0]
        digests.close_due(tx, six)
        late = join(tx, 2, OTHER, NOW).alerts[0]
        [sent] = due(tx, six)
        assert digests.close_due(tx, six + timedelta(days=1)) == 1
        [next_one] = due(tx, six + timedelta(days=1))
    assert sent.members == (first,)  # type: ignore[attr-defined]
    assert next_one.members == (late,)  # type: ignore[attr-defined]


def test_quiet_hours_and_limits_lose_nothing(database: Database) -> None:
    """What the night or the limit holds back comes later in one digest, and is counted under its reason."""
    with database.write() as tx:
        ask(tx, Rule(most_per_hour=2, quiet=Quiet(time(22), time(7))), query="harbour OR ovens")
        raised = [join(tx, n, _distinct(n), after(n)).alerts for n in range(1, 6)]
        night = join(tx, 9, _distinct(9), NOW.replace(hour=23)).alerts
        assert [len(each) for each in (*raised, night)] == [1] * 6
        assert len(due(tx, after(10))) == 2
        assert alerts.held_counts(tx) == {HoldReason.DIGEST: 0, HoldReason.QUIET: 1, HoldReason.LIMIT: 3}
        digests.close_due(tx, after(3700))
        [overflow] = due(tx, after(3700))
        digests.close_due(tx, NOW + timedelta(days=1))
        [morning] = due(tx, NOW + timedelta(days=1))
    assert overflow.members == tuple(each[0] for each in raised[2:])  # type: ignore[attr-defined]
    assert morning.members == night  # type: ignore[attr-defined]


def _distinct(number: int) -> str:
    """Give a text that shares one word with the others and no event."""
    words = [f"w{number}x{n}" for n in range(60)]
    return f"harbour {' '.join(words)}"
