"""The archive is searched by story, in the language of subscriptions."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.errors import BadQuery
from pipeline.searching import Results, Search, search
from pipeline.store import subscriptions
from pipeline.store.database import Database
from tests.store.making import NOW
from tests.stories.making import AGENCY, OTHER, OWN_WORDS
from tests.test_accept import news, taken


def filled(tx: Connection) -> None:
    """Store a story of two outlets, told to one subscription, and another story."""
    subscriptions.add(tx, "Locks", "lock", (), NOW)
    taken(tx, 1, news(1, AGENCY, title="Lock closes"))
    taken(tx, 2, news(2, OWN_WORDS, title="Ferries face a detour"))
    taken(tx, 3, news(3, OTHER, title="Ovens stay cold in Orrest"))


def found(tx: Connection, query: str, offset: int = 0, limit: int = 20, **asked: Any) -> Results:
    return search(tx, Search(query, NOW - timedelta(days=1), **asked), offset, limit)


def test_articles_are_found_by_story_with_their_words(database: Database) -> None:
    """One story is one result, the newest of its articles first, with a passage and the words as they stand."""
    with database.write() as tx:
        filled(tx)
        results = found(tx, "(lock AND council) OR ovens")
    assert (results.story_count, results.found_count, results.article_count) == (2, 3, 3)
    ovens, lock = results.stories
    assert [hit.title for hit in lock.hits] == ["Ferries face a detour", "Lock closes"]
    assert lock.found_count == lock.story.article_count == 2
    assert ovens.hits[0].matched == ("Ovens",)
    assert "council" in lock.hits[1].passage


FILTERS = {
    "language": ({"language": "de"}, 0),
    "outlet": ({"outlet": "outlet2.example"}, 1),
    "folder": ({"folder": "world"}, 0),
    "both": ({"outlet": "outlet2.example", "language": "en"}, 1),
    "none": ({}, 3),
}


@pytest.mark.parametrize(("asked", "count"), FILTERS.values(), ids=FILTERS)
def test_filters_narrow(database: Database, asked: dict[str, str], count: int) -> None:
    """Language, outlet and folder are asked as the query language would ask them."""
    with database.write() as tx:
        filled(tx)
        assert found(tx, "lock OR ovens", **asked).found_count == count


def test_only_what_a_subscription_was_told_of(database: Database) -> None:
    """A search within a subscription finds stories that it was alerted to."""
    with database.write() as tx:
        filled(tx)
        locks = subscriptions.list_all(tx)[0].id
        assert [one.story.title for one in found(tx, "orrest", subscription_id=locks).stories] == ["Lock closes"]
        assert found(tx, "orrest", subscription_id=99).story_count == 0


def test_pages_follow_each_other(database: Database) -> None:
    """Each story is on one page, in one order."""
    with database.write() as tx:
        filled(tx)
        pages = [found(tx, "orrest OR ovens", offset, 1).stories for offset in range(3)]
        assert [[one.story.id for one in page] for page in pages] == [[2], [1], []]


def test_a_word_that_never_occurs_is_named(database: Database) -> None:
    """Where nothing is found, the clauses say which word is nowhere; a query that cannot be read says where."""
    with database.write() as tx:
        filled(tx)
        clauses = found(tx, "lock AND zeppelin").clauses
        assert {clause.text: clause.count for clause in clauses} == {"lock": 2, "zeppelin": 0}
        with pytest.raises(BadQuery) as refused:
            found(tx, "lock AND (")
        assert refused.value.position >= 9
