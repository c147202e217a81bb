"""Why somebody did or did not get an article, station by station, on both databases."""

from datetime import time, timedelta

import pytest
from sqlalchemy import Connection

from pipeline.errors import NotFound
from pipeline.model import EntryState, Reason
from pipeline.rule import Every, Rule, Schedule
from pipeline.store import deliveries, digests, entries, feeds, receivers, subscriptions
from pipeline.store.database import Database
from pipeline.why import Why, find_why
from pipeline.why.record import Passed, Stage
from tests.store.making import LEASE, NO_PACE, NOW, after, document, entry, lease_of, polled, started
from tests.stories.making import AGENCY, OTHER, OWN_WORDS
from tests.test_raising import ask, join


def why(tx: Connection, asked: str, number: int = 1) -> Why:
    return find_why(tx, asked, subscriptions.get(tx, number), after(60))


def way(answer: Why) -> dict[Stage, Passed]:
    return {step.stage: step.passed for step in answer.steps}


def test_an_address_nobody_showed(database: Database) -> None:
    """The first station is the answer."""
    with database.write() as tx:
        ask(tx, Rule())
        answer = why(tx, "https://elsewhere.example/1")
    assert way(answer) == {Stage.SEEN: Passed.NO}
    assert answer.verdict == "No: no feed has shown this address."
    assert not answer.got_it


def test_a_number_that_no_database_takes(database: Database) -> None:
    """However long it is, it is a number that nothing has."""
    with database.write() as tx:
        ask(tx, Rule())
        for asked in ("9" * 17, str(2**63), "9" * 1999):
            with pytest.raises(NotFound, match="no article 9"):
                why(tx, asked)


def test_an_article_that_was_handed_over(database: Database) -> None:
    """Every station with its instant; the clause with its place in the text; however the address is written."""
    with database.write() as tx:
        ask(tx, Rule(), query='"northern lock" NOT football')
        accepted = join(tx, 1, AGENCY)
        [row] = deliveries.release(tx, NOW, 10, 60)
        assert deliveries.start(tx, row.id, row.token, "w", NOW, 60)
        deliveries.sent(tx, row.id, row.token + 0, after(2), "answered 200")
        answer = why(tx, "HTTPS://outlet.example/1?utm_source=x")
        same = why(tx, str(accepted.article_id))
    assert (same.steps, same.clauses) == (answer.steps, answer.clauses)
    assert set(way(answer).values()) == {Passed.YES}
    assert [step.stage for step in answer.steps] == [
        *(Stage.SEEN, Stage.FETCHED, Stage.GATED, Stage.EXTRACTED, Stage.GROUPED),
        *(Stage.ASKED, Stage.MATCHED, Stage.RAISED, Stage.SENT),
    ]
    assert answer.got_it
    assert answer.verdict.startswith("Yes: alert alt_")
    assert "answered 200" in answer.steps[-1].says
    assert answer.clauses is not None
    phrase, excluded = answer.clauses.parts
    [place, *_] = phrase.places
    assert (place.field, AGENCY[place.start : place.end], place.found) == ("text", "northern lock", "northern lock")
    assert (excluded.kind, excluded.holds, excluded.parts[0].holds) == ("none", True, False)


def test_an_article_that_does_not_meet_the_query(database: Database) -> None:
    """The smallest clauses that fail are named."""
    with database.write() as tx:
        ask(tx, Rule(), query="lock AND (sluice OR weir) -council")
        join(tx, 1, AGENCY)
        answer = why(tx, "https://outlet.example/1")
    assert answer.verdict.startswith("No: the query is not met")
    assert "none of sluice, weir is there" in answer.verdict
    assert "council is there, which is excluded" in answer.verdict


def test_an_article_whose_story_was_told_before(database: Database) -> None:
    """It names the alert and the article that raised it."""
    with database.write() as tx:
        ask(tx, Rule())
        first = join(tx, 1, AGENCY, title="Northern lock closes")
        join(tx, 2, OWN_WORDS)
        answer = why(tx, "https://outlet.example/2")
    [raised] = [step for step in answer.steps if step.stage is Stage.RAISED]
    assert answer.alert_id == first.alerts[0].public_id
    assert "“Northern lock closes”" in raised.says


def test_conditions_that_are_not_met_yet(database: Database) -> None:
    """Wanted and found, and that it waits."""
    with database.write() as tx:
        ask(tx, Rule(outlets=3))
        join(tx, 1, AGENCY)
        answer = why(tx, "https://outlet.example/1")
    assert way(answer)[Stage.CONDITIONS] is Passed.WAITS
    assert "at least 3 independent outlets: 1, not enough" in answer.verdict


def test_an_alert_held_in_a_digest(database: Database) -> None:
    """Until when it is held, and after that what became of the digest's delivery."""
    with database.write() as tx:
        ask(tx, Rule(digest=Schedule(Every.DAILY, time(18))))
        join(tx, 1, AGENCY)
        waits = why(tx, "https://outlet.example/1")
        digests.close_due(tx, NOW + timedelta(hours=6))
        sent = why(tx, "https://outlet.example/1")
    assert waits.verdict.startswith("Not yet: alert")
    assert "2026-03-01 18:00:00 UTC" in waits.verdict
    assert way(sent)[Stage.HELD] is Passed.YES
    assert way(sent)[Stage.SENT] is Passed.WAITS


def test_a_delivery_that_was_refused(database: Database) -> None:
    """The receiver's answer is the reason."""
    with database.write() as tx:
        ask(tx, Rule())
        join(tx, 1, AGENCY)
        [row] = deliveries.release(tx, NOW, 10, 60)
        assert deliveries.start(tx, row.id, row.token, "w", NOW, 60)
        deliveries.park(tx, row.id, row.token, Reason.RECEIVER_REFUSED, "hook answered 404", after(1))
        answer = why(tx, "https://outlet.example/1")
    assert not answer.got_it
    assert "hook answered 404" in answer.verdict


def test_a_delivery_whose_receiver_rests(database: Database) -> None:
    """R33: what waits longer than its own next try says until when its receiver rests."""
    with database.write() as tx:
        ask(tx, Rule())
        join(tx, 1, AGENCY)
        [waiting] = deliveries.recent(tx, 9)
        receivers.failed(tx, waiting.channel, Reason.TIMED_OUT, NOW)
        receivers.rest(tx, waiting.channel, after(900))
        answer = why(tx, "https://outlet.example/1")
    last = answer.steps[-1]
    assert (last.passed, last.at) == (Passed.WAITS, after(900))
    assert "its receiver failed and rests until 2026-03-01 12:15:00 UTC" in last.says


def test_a_subscription_that_came_later(database: Database) -> None:
    """It holds for later articles only."""
    with database.write() as tx:
        join(tx, 1, AGENCY)
        added = subscriptions.add(tx, "late", "lock", (), after(30))
        answer = why(tx, "https://outlet.example/1", added.id)
        subscriptions.switch(tx, added.id, enabled=False)
        off = why(tx, "https://outlet.example/1", added.id)
    assert "was added after the article had come" in answer.verdict
    assert "switched off" in off.verdict


def test_an_entry_on_its_way_and_one_dropped(database: Database) -> None:
    """What waits says until when; what was dropped says why; every feed that showed it is named."""
    with database.write() as tx:
        ask(tx, Rule())
        task = started(tx, 1)
        entries.put_back(tx, task.entry_id, task.token, NOW, after(300), Reason.TIMED_OUT, "not done after 30 s")
        other = lease_of(tx, "https://other.example/rss", after(1))
        feeds.record_poll(tx, other, polled(document(entry(1, identity="other"))), 24, after(1))
        waits = why(tx, "https://outlet.example/1")
        rows = entries.release(tx, after(301), 10, LEASE, NO_PACE)
        again = entries.start(tx, rows[0].id, rows[0].token, "w", after(301), LEASE, NO_PACE)
        assert again
        entries.finish(tx, again.entry_id, again.token, EntryState.DROPPED, Reason.NO_TEXT, after(302))
        dropped = why(tx, "https://outlet.example/1")
    assert "timed out" in waits.verdict
    assert way(waits)[Stage.FETCHED] is Passed.WAITS
    assert [sight.state for sight in waits.sights] == ["waiting", "merged"]
    assert dropped.verdict == "No: dropped (no text): it was never made an article."


def test_a_number_that_is_no_article(database: Database) -> None:
    """It is an error and not an answer."""
    with database.write() as tx:
        ask(tx, Rule())
        join(tx, 1, OTHER)
        with pytest.raises(NotFound):
            why(tx, "4711")
