"""How long alerts took, from the instants that rows keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import DeliveryState
from pipeline.rule import Every, Rule, Schedule
from pipeline.store import delays, deliveries, digests
from pipeline.store.database import Database
from pipeline.store.delays import Delay, Way
from tests.store.making import NOW, after
from tests.stories.making import AGENCY, OWN_WORDS
from tests.test_raising import ask, join


def hand_over(database: Database, seconds: float) -> None:
    with database.write() as tx:
        for row in deliveries.release(tx, after(seconds), 100, 60):
            assert deliveries.start(tx, row.id, row.token, "w", after(seconds), 60)
            assert deliveries.sent(tx, row.id, row.token, after(seconds), "200")


def test_the_way_of_an_alert(database: Database) -> None:
    """Seen at noon, its page after 3 s, stored and raised after 4, handed over after 6."""
    with database.write() as tx:
        ask(tx, Rule())
        join(tx, 1, AGENCY, after(4), fetched_at=after(3))
    hand_over(database, 6)
    with database.read() as tx:
        [way] = delays.ways(tx, 10)
    assert way.seconds() == {"all": 6, "release": 0, "fetch": 3, "group": 1, "raise": 0, "hand over": 2}
    assert (way.subscription, way.host) == ("Locks", "outlet.example")
    assert delays.by_subscription([way]) == [Delay("Locks", 1, 6, 6)]
    assert delays.by_host([way]) == [Delay("outlet.example", 1, 6, 6)]
    assert [delay.name for delay in delays.by_stage([way])] == [*delays.STAGES, "all"]


def test_the_article_that_gave_cause_counts(database: Database) -> None:
    """An alert raised by a later article of the story is not late by the time its condition took."""
    with database.write() as tx:
        ask(tx, Rule(outlets=2), query='"harbour council"')
        join(tx, 1, AGENCY, after(1))
        [alert] = join(tx, 2, OWN_WORDS.replace("harbour council", "port"), after(500)).alerts
    hand_over(database, 502)
    with database.read() as tx:
        [way] = delays.ways(tx, 10)
    assert alert.created_at == way.raised_at == way.grouped_at == after(500)


def test_digests_are_late_on_purpose(database: Database) -> None:
    """What waited for a digest is not among the delays."""
    with database.write() as tx:
        ask(tx, Rule(digest=Schedule(Every.HOURLY, NOW.time())))
        join(tx, 1, AGENCY)
        digests.close_due(tx, after(3600))
    hand_over(database, 3600)
    with database.read() as tx:
        assert deliveries.count_by_state(tx)[DeliveryState.SENT] == 1
        assert delays.ways(tx, 10) == []


def test_a_stage_without_an_instant_is_part_of_the_next() -> None:
    """An article of the feed's own text has no page, and nothing is counted twice."""
    way = Way("s", "h", NOW, None, None, after(5), after(5), after(7))
    assert way.seconds() == {"all": 7, "group": 5, "raise": 0, "hand over": 2}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_one_of_the_values(values: list[float], share: float) -> None:
    """At least the share of the values does not exceed it, and one less would not do."""
    found = delays.quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values) or found == min(values)


@pytest.mark.parametrize(("share", "found"), [(0.5, 2.0), (0.95, 4.0)])
def test_small_quantiles(share: float, found: float) -> None:
    """By nearest rank."""
    assert delays.quantile([4.0, 1.0, 2.0, 3.0], share) == found
