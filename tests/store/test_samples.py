"""How much waited when, and stages that are paused; on both databases."""

from pipeline.store import pauses, samples
from pipeline.store.database import Database
from pipeline.store.samples import SampledStage
from tests.store.making import NOW, after, entry, show


def test_a_minute_is_counted_once(database: Database) -> None:
    """The first count of a minute stays, and says how much waited and how long the first had been due."""
    with database.write() as tx:
        show(tx, entry(1), entry(2))
        samples.take(tx, after(30))
        show(tx, entry(3), url="https://two.example/rss")
        samples.take(tx, after(50))
        samples.take(tx, after(65))
        first, second = samples.since(tx, SampledStage.PAGES, NOW)
        assert [one.waiting_count for one in samples.since(tx, SampledStage.DELIVERIES, NOW)] == [0, 0]
    assert (first.at, first.waiting_count, first.oldest_seconds) == (NOW, 2, 30)
    assert (second.at, second.waiting_count) == (after(60), 3)


def test_a_stage_is_paused_alone(database: Database) -> None:
    """Pausing one stage leaves the other, and is undone by resuming."""
    with database.write() as tx:
        pauses.set_paused(tx, "pages", paused=True)
        assert pauses.is_paused(tx, "pages")
        assert not pauses.is_paused(tx, "deliveries")
        pauses.set_paused(tx, "pages", paused=False)
        assert not pauses.is_paused(tx, "pages")
