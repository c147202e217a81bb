"""The whole way of one entry through the store, on both databases."""

from pipeline.model import DeliveryState, EntryState, FeedState, Grouping, GroupingKind, Match, Span, Validators
from pipeline.store import alerts, articles, counts, deliveries, entries, feeds, processes, seen, stories, subscriptions
from pipeline.store.database import Database
from tests.store.making import LEASE, NOW, PACE, after, article, document, entry, first, polled, sketch


def test_an_entry_goes_from_feed_to_sent_delivery(database: Database) -> None:
    """Each verb of the store, in the order of the way, leaves its row in the state of docs/states.md."""
    with database.write() as tx:
        feeds.add(tx, "https://feeds.example/rss", title="Feed", folder="World", now=NOW)
        subscription = subscriptions.add(tx, "dams", "dam", ["hook", "mail"], NOW)
    with database.write() as tx:
        (lease,) = feeds.claim_due(tx, NOW, 10, LEASE, PACE)
    with database.write() as tx:
        result = polled(document(entry(1, summary="A dam broke")), validators=Validators('W/"a"', "Sun", "https://x/"))
        counted = feeds.record_poll(tx, lease, result, 24, NOW)
        assert counted is not None
        assert counted.new_count == 1
    with database.write() as tx:
        (released,) = entries.release(tx, NOW, 10, LEASE, PACE)
    with database.write() as tx:
        task = entries.start(tx, released.id, released.token, "worker-1", NOW, LEASE, PACE)
        assert task is not None
        assert (task.entry.summary, task.feed_title, task.folder, task.attempts) == ("A dam broke", "Feed", "World", 1)
    with database.write() as tx:
        made = sketch(terms={"dam": 3, "velin": 2}, bands=[1, -(2**63)])
        stories.lock_language(tx, "en")
        assert stories.find_texts(tx, made, "en", after(-3600), after(3600)) == []
        article_id = articles.insert(tx, task.entry_id, article(1), made, NOW)
        story_id = first(tx, article_id)
        match = Match(subscription.id, (Span("text", 4, 7),))
        alert = alerts.raise_for(tx, match, article_id, article(1), story_id, "The dam broke", ("dam",), NOW)
        assert alert is not None
        assert entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, NOW)
    with database.write() as tx:
        queued = deliveries.release(tx, NOW, 10, LEASE)
        assert len(queued) == 2
    with database.write() as tx:
        tasks = [deliveries.start(tx, d.id, d.token, "sender-1", NOW, LEASE) for d in queued]
        assert [t.notice for t in tasks if t] == [alert, alert]
        assert all(deliveries.sent(tx, t.delivery_id, t.token, NOW, "200 OK") for t in tasks if t)
        processes.beat(tx, "w1", "worker", 1, NOW, {"jobs": 3})
    with database.read() as tx:
        overview = counts.overview(tx, NOW)
        assert overview.feeds[FeedState.ACTIVE] == 1
        assert overview.entries[EntryState.DONE] == 1
        assert overview.deliveries[DeliveryState.SENT] == 2
        assert (overview.article_count, overview.story_count, overview.alert_count, overview.poll_count) == (1, 1, 1, 1)
        assert feeds.get(tx, 1).validators == Validators('W/"a"', "Sun", "https://x/")
        assert [stored.id for stored in stories.articles_of(tx, story_id)] == [article_id]
        assert stories.groupings_of(tx, story_id)[article_id] == Grouping(
            GroupingKind.FIRST, story_id, None, 0.0, "nothing like it"
        )
        assert seen.by_url(tx, "https://outlet.example/1#x")[0].state is EntryState.DONE
        assert processes.stale(tx, after(1)) == ["w1"]
        assert entries.waiting_by_host(tx, 10) == []
