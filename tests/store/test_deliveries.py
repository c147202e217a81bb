"""The outbox: one alert for a story, each delivery sent at least once under one id."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from pipeline.errors import NotFound
from pipeline.model import Alert, DeliveryState, DeliveryTask, Match, Reason, Span
from pipeline.store import alerts, deliveries, stories, subscriptions
from pipeline.store.database import Database
from tests.store.making import LEASE, NOW, after, article, first, sketch, stored_article

SPANS = (Span("text", 4, 7),)


def raised(tx: Connection, number: int = 1, channels: tuple[str, ...] = ("hook", "mail")) -> Alert:
    """Raise an alert for a story of its own."""
    subscription = subscriptions.add(tx, f"s{number}", "dam", channels, NOW)
    article_id = stored_article(tx, number, sketch(str(number)))
    found = _raise(tx, subscription.id, article_id, first(tx, article_id))
    assert found is not None
    return found


def _raise(tx: Connection, subscription_id: int, article_id: int, story_id: int) -> Alert | None:
    match = Match(subscription_id, SPANS)
    return alerts.raise_for(tx, match, article_id, article(1), story_id, "The dam broke", ("dam",), NOW)


def held(tx: Connection, now_seconds: float = 0) -> DeliveryTask:
    """Bring one delivery into a worker's hands."""
    (released,) = deliveries.release(tx, after(now_seconds), 1, LEASE)
    task = deliveries.start(tx, released.id, released.token, "sender-1", after(now_seconds), LEASE)
    assert task is not None
    return task


def test_a_story_alerts_a_subscription_once(database: Database) -> None:
    """R4: a second article of the story raises nothing and makes no delivery; another subscription has its own."""
    with database.write() as tx:
        alert = raised(tx)
        other = subscriptions.add(tx, "other", "dam", ["hook"], NOW)
        assert _raise(tx, alert.subscription_id, alert.article_id, alert.story_id) is None
        assert _raise(tx, other.id, alert.article_id, alert.story_id) is not None
        assert [d.channel for d in deliveries.of_alert(tx, alert.id)] == ["hook", "mail"]
        assert [a.subscription_name for a in alerts.of_story(tx, alert.story_id)] == ["s1", "other"]
        assert alert.public_id.startswith("alt_")
        assert alerts.get(tx, alert.id) == alert


def test_a_story_alerts_once_though_sixteen_raise_it_together(database: Database) -> None:
    """R4: the unique key decides between transactions that run at the same moment."""
    with database.write() as tx:
        subscription = subscriptions.add(tx, "s", "dam", ["hook", "mail"], NOW)
        article_id = stored_article(tx, 1, sketch())
        story_id = first(tx, article_id)

    def attempt(_: int) -> Alert | None:
        with database.write() as tx:
            return _raise(tx, subscription.id, article_id, story_id)

    with ThreadPoolExecutor(8) as threads:
        found = [alert for alert in threads.map(attempt, range(16)) if alert]
    with database.read() as tx:
        assert found == alerts.recent(tx, 9)
        assert len(found) == 1
        assert len(deliveries.recent(tx, 9)) == 2


def test_a_subscription_that_was_removed_or_switched_off_raises_nothing(database: Database) -> None:
    """A matcher that has not read the list again yet cannot alert for what is gone."""
    with database.write() as tx:
        article_id = stored_article(tx, 1, sketch())
        story_id = first(tx, article_id)
        gone, off = (subscriptions.add(tx, name, "dam", ["hook"], NOW) for name in ("gone", "off"))
        subscriptions.remove(tx, gone.id)
        subscriptions.switch(tx, off.id, enabled=False)
        assert _raise(tx, gone.id, article_id, story_id) is None
        assert _raise(tx, off.id, article_id, story_id) is None


def test_an_alert_and_its_deliveries_stand_or_fall_together(database: Database) -> None:
    """R4: a transaction that fails after the alert leaves neither alert nor delivery."""

    def raise_and_fail() -> None:
        with database.write() as tx:
            raised(tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        raise_and_fail()
    with database.read() as tx:
        assert alerts.recent(tx, 9) == []
        assert deliveries.recent(tx, 9) == []
        with pytest.raises(NotFound):
            alerts.get(tx, 1)


def test_the_receiver_sees_one_id_at_every_try(database: Database) -> None:
    """R5: failures, a dead sender, parking and replaying do not change a delivery's public id."""
    with database.write() as tx:
        raised(tx, channels=("hook",))
        task = held(tx)
        tasks = [task]
        deliveries.put_back(tx, task.delivery_id, task.token, NOW, after(10), Reason.TIMED_OUT, "no answer")
        tasks.append(held(tx, 10))
        deliveries.sweep(tx, after(11), ["sender-1"], 9)
        tasks.append(held(tx, 11))
        deliveries.park(tx, tasks[-1].delivery_id, tasks[-1].token, Reason.RECEIVER_REFUSED, "400", after(12))
        assert deliveries.replay(tx, task.delivery_id, after(13))
        tasks.append(held(tx, 13))
        assert len({t.public_id for t in tasks}) == 1
        assert [t.attempts for t in tasks] == [1, 2, 3, 1]
        assert tasks[0].public_id.startswith("msg_")
        assert deliveries.sent(tx, task.delivery_id, tasks[-1].token, after(14), "204")
        stored = deliveries.get(tx, task.delivery_id)
        assert (stored.state, stored.answer, stored.reason, stored.finished_at) == (
            DeliveryState.SENT, "204", None, after(14),
        )  # fmt: skip


Verb = Callable[[Connection, int, int], object]


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(lambda tx, i, t: deliveries.start(tx, i, t, "w", NOW, LEASE), id="start"),
        pytest.param(lambda tx, i, t: deliveries.sent(tx, i, t, NOW, "200"), id="sent"),
        pytest.param(lambda tx, i, t: deliveries.put_back(tx, i, t, NOW, NOW, Reason.TIMED_OUT, ""), id="put_back"),
        pytest.param(lambda tx, i, t: deliveries.park(tx, i, t, Reason.RECEIVER_GONE, "", NOW), id="park"),
        pytest.param(lambda tx, i, t: deliveries.give_back(tx, [(i, t)], NOW), id="give_back"),
    ],
)
@pytest.mark.parametrize("again", ["waiting", "queued", "sending", "sent"])
def test_a_stale_token_changes_no_row(database: Database, verb: Verb, again: str) -> None:
    """R6: a sender whose delivery was swept says nothing any more, wherever it is now."""
    with database.write() as tx:
        raised(tx, channels=("hook",))
        old = held(tx)
        deliveries.sweep(tx, NOW, ["sender-1"], 9)
        if again == "queued":
            deliveries.release(tx, NOW, 1, LEASE)
        if again in {"sending", "sent"}:
            new = held(tx)
        if again == "sent":
            deliveries.sent(tx, new.delivery_id, new.token, NOW, "200")
        before = deliveries.get(tx, old.delivery_id)
        assert not verb(tx, old.delivery_id, old.token)
        assert deliveries.get(tx, old.delivery_id) == before
        assert before.state == again


def test_a_delivery_that_kills_its_sender_is_parked(database: Database) -> None:
    """A delivery at the crash limit waits for a person instead of killing on."""
    with database.write() as tx:
        raised(tx, channels=("hook",))
        task = held(tx)
        assert deliveries.sweep(tx, after(LEASE), [], 2).returned_count == 1
        held(tx, LEASE)
        assert deliveries.sweep(tx, after(2 * LEASE), [], 2).returned_count == 0
        stored = deliveries.get(tx, task.delivery_id)
        assert (stored.state, stored.reason) == (DeliveryState.PARKED, Reason.WORKER_LOST)
        assert deliveries.count_by_state(tx)[DeliveryState.PARKED] == 1


def test_a_flushed_queue_loses_no_delivery(database: Database) -> None:
    """R1: queued deliveries whose jobs are gone are given back and released again."""
    with database.write() as tx:
        for number in range(20):
            raised(tx, number)
        assert len(deliveries.release(tx, NOW, 100, LEASE)) == 40
        lost = deliveries.queued_jobs(tx, after(1), 100)
        assert deliveries.give_back(tx, [(i, token) for i, token, _ in lost], after(1)) == 40
        assert len(deliveries.release(tx, after(1), 100, LEASE)) == 40


def test_a_channel_with_much_to_send_does_not_hold_up_the_others(database: Database) -> None:
    """Channels take turns at a release."""
    with database.write() as tx:
        for number in range(6):
            raised(tx, number, ("busy",))
        raised(tx, 9, ("busy", "quiet"))
        released = deliveries.release(tx, NOW, 3, LEASE)
        assert Counter(deliveries.get(tx, r.id).channel for r in released) == {"busy": 2, "quiet": 1}


def test_only_a_parked_delivery_is_replayed(database: Database) -> None:
    """What is waiting, under way or sent is left alone."""
    with database.write() as tx:
        raised(tx, channels=("hook",))
        task = held(tx)
        assert not deliveries.replay(tx, task.delivery_id, NOW)
        deliveries.sent(tx, task.delivery_id, task.token, NOW, "200")
        assert not deliveries.replay(tx, task.delivery_id, NOW)
        assert isinstance(task.notice, Alert)
        assert stories.get(tx, task.notice.story_id).article_count == 1
