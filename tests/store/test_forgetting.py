"""A database that forgets its last commits, as a replica does that is promoted without them (checklist R5, R38)."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection

from pipeline.model import Match
from pipeline.store import alerts, deliveries, entries, subscriptions
from pipeline.store.database import Database
from tests.store.making import LEASE, NO_PACE, NOW, article, entry, first, show, sketch, stored_article


class ForgottenError(Exception):
    """What undoes a transaction."""


@contextmanager
def forgotten(database: Database) -> Iterator[Connection]:
    """Give a transaction of which nothing is left after the block."""
    with suppress(ForgottenError), database.write() as tx:
        yield tx
        raise ForgottenError


def told(tx: Connection, subscription_id: int, number: int, article_number: int = 1) -> list[str]:
    """Raise an alert for a new story by an article; gives its id and those of its messages."""
    article_id = stored_article(tx, number, sketch(str(number)))
    match = Match(subscription_id, ())
    place = (article_id, article(article_number), first(tx, article_id))
    alert = alerts.raise_for(tx, match, *place, "The dam broke", ("dam",), NOW)
    assert alert is not None
    return [alert.public_id, *(one.public_id for one in deliveries.of_alert(tx, alert.id))]


def test_an_alert_that_was_forgotten_is_raised_again_under_its_ids(database: Database) -> None:
    """R5, R38: a receiver that heard of it knows the repeat, although the story has another number."""
    with database.write() as tx:
        dam = subscriptions.add(tx, "dam", "dam", ("hook", "mail"), NOW).id
        other = subscriptions.add(tx, "other", "dam", ("hook",), NOW).id
    with forgotten(database) as tx:
        before = told(tx, dam, 1)
    with database.write() as tx:
        told(tx, other, 2, article_number=2)
        assert told(tx, dam, 1) == before
        assert len(set(before)) == 3


def test_ids_are_as_different_as_what_they_are_of(database: Database) -> None:
    """R4: another article, another subscription, another story of the same article: each has ids of its own."""
    with database.write() as tx:
        dam = subscriptions.add(tx, "dam", "dam", ("hook",), NOW).id
        other = subscriptions.add(tx, "other", "dam", ("hook",), NOW).id
        ids = [*told(tx, dam, 1), *told(tx, dam, 2, article_number=2), *told(tx, other, 3), *told(tx, dam, 4)]
    assert len(set(ids)) == 8


def test_whoever_holds_a_forgotten_row_ends_no_row_of_its_number(sqlite_database: Database) -> None:
    """R6, R38: numbers are given again after forgetting, tokens are not: an article lands in no other entry."""
    with forgotten(sqlite_database) as tx:
        show(tx, entry(1))
        (lost,) = entries.release(tx, NOW, 10, LEASE, NO_PACE)
    with sqlite_database.write() as tx:
        show(tx, entry(2))
        (found,) = entries.release(tx, NOW, 10, LEASE, NO_PACE)
        assert found.id == lost.id
        assert entries.start(tx, lost.id, lost.token, "worker", NOW, LEASE, NO_PACE) is None
        assert entries.start(tx, found.id, found.token, "worker", NOW, LEASE, NO_PACE) is not None


def test_whoever_sends_a_forgotten_message_marks_no_other_as_sent(sqlite_database: Database) -> None:
    """R4, R38: the yes of a receiver to a message that was forgotten ends no other delivery."""
    with sqlite_database.write() as tx:
        dam = subscriptions.add(tx, "dam", "dam", ("hook",), NOW).id
    with forgotten(sqlite_database) as tx:
        told(tx, dam, 1)
        (lost,) = deliveries.release(tx, NOW, 10, LEASE)
    with sqlite_database.write() as tx:
        told(tx, dam, 2, article_number=2)
        (found,) = deliveries.release(tx, NOW, 10, LEASE)
        assert deliveries.start(tx, found.id, found.token, "sender", NOW, LEASE) is not None
        assert found.id == lost.id
        assert not deliveries.sent(tx, lost.id, lost.token, NOW, "204")
