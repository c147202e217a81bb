"""Lists of feeds, within quotas."""

import pytest

from pipeline.errors import Unusable
from pipeline.model import Bound
from pipeline.store import feeds
from pipeline.store.adding import Quota, Wanted, add_many, add_one
from pipeline.store.database import Database
from tests.store.making import NOW, after

QUOTA = Quota(limit=100, host_limit=10)
SECRET = "c4n4ryK3y9xQ7w2Z"


def listed(count: int, host: str = "victim.example") -> list[Wanted]:
    return [(f"https://{host}/{n}?token={SECRET}", f"Feed {n}", "News") for n in range(count)]


def test_a_list_cannot_aim_at_one_host(sqlite_database: Database) -> None:
    """S35: of 50,000 addresses of one host as many are taken as its quota allows; the rest is said, without keys."""
    with sqlite_database.write() as tx:
        added = add_many(tx, listed(50_000), Quota(limit=100_000, host_limit=1000), NOW)
        assert (len(added.new), added.known_count, len(added.refused)) == (1000, 0, 49_000)
        assert len(feeds.list_all(tx)) == 1000
    url, why = added.refused[0]
    assert (url, "feeds.host_limit" in why) == ("https://victim.example/1000?token=***", True)


def test_known_feeds_do_not_count_twice(database: Database) -> None:
    """S35: the same list again adds nothing and refuses nothing."""
    with database.write() as tx:
        add_many(tx, listed(10), QUOTA, NOW)
        again = add_many(tx, listed(10), QUOTA, NOW)
        assert (again.new, again.known_count, again.refused) == ([], 10, [])
        feeds.remove(tx, feeds.list_all(tx)[0].id)
        assert len(add_many(tx, [("https://victim.example/new", "", "")], QUOTA, NOW).new) == 1


def test_there_is_a_quota_for_all(database: Database) -> None:
    """S35: the total is held, too, for lists and for single feeds."""
    with database.write() as tx:
        wanted = [(f"https://h{n}.example/", "", "") for n in range(3)]
        assert len(add_many(tx, wanted, Quota(2, 10), NOW).refused) == 1
        with pytest.raises(Unusable, match=r"feeds\.limit"):
            add_one(tx, "https://x.example/", Quota(2, 10), NOW, title="", folder="", interval_seconds=None)
        known = add_one(tx, "https://h1.example/", Quota(2, 10), NOW, title="", folder="", interval_seconds=None)
        assert known.url == "https://h1.example/"


def test_each_feed_of_a_list_begins_at_a_time_of_its_own(database: Database) -> None:
    """F18: an import is spread, and says so."""
    with database.write() as tx:
        add_many(tx, listed(3), QUOTA, NOW, [0.5, 1.5, 2.5])
        rows = sorted((feed.next_poll_at, feed.bound) for feed in feeds.list_all(tx) if feed.next_poll_at)
        assert rows == [(after(seconds), Bound.SPREAD) for seconds in (0.5, 1.5, 2.5)]
