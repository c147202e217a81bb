"""Tokens for the API, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from pipeline.errors import NotFound, Unusable
from pipeline.model import Scope
from pipeline.store import tokens
from pipeline.store.database import Database
from tests.store.making import NOW, after


def test_a_token_is_found_by_its_text_alone(database: Database) -> None:
    """S27: the text finds it until it is revoked; another text, or its name, finds nothing."""
    with database.write() as tx:
        made, given = tokens.make(tx, "archive", Scope.WRITE, NOW)
        assert tokens.find(tx, given) == made
        assert tokens.find(tx, given[:-1]) is None
        assert tokens.find(tx, "archive") is None
        tokens.revoke(tx, "archive")
        assert tokens.find(tx, given) is None
        with pytest.raises(NotFound):
            tokens.revoke(tx, "archive")


def test_the_store_does_not_know_the_text(sqlite_database: Database) -> None:
    """S27: what lies in the database cannot be used as a token."""
    with sqlite_database.write() as tx:
        _, given = tokens.make(tx, "archive", Scope.READ, NOW)
        row = tx.execute(text("SELECT * FROM api_tokens")).one()
    assert given not in [str(value) for value in row]
    assert given.encode() not in list(row)


@pytest.mark.parametrize("name", ["archive", "", "  "])
def test_a_name_tells_tokens_apart(database: Database, name: str) -> None:
    """A second token of a name, and one without a name, are refused."""
    with database.write() as tx:
        tokens.make(tx, "archive", Scope.READ, NOW)
        with pytest.raises(Unusable):
            tokens.make(tx, name, Scope.READ, NOW)


def test_a_use_is_noted_about_once_a_minute(database: Database) -> None:
    """S27: the last use is known to a minute, without a write for each request."""
    with database.write() as tx:
        made, given = tokens.make(tx, "archive", Scope.READ, NOW)
        assert tokens.is_use_worth_noting(made, NOW)
        tokens.note_use(tx, made.id, after(5))
        used = tokens.find(tx, given)
    assert used is not None
    assert used.last_used_at == after(5)
    assert not tokens.is_use_worth_noting(used, after(60))
    assert tokens.is_use_worth_noting(used, after(5) + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("scope", "needed", "covered"),
    [
        (Scope.READ, Scope.READ, True),
        (Scope.READ, Scope.WRITE, False),
        (Scope.WRITE, Scope.READ, True),
        (Scope.WRITE, Scope.ADMIN, False),
        (Scope.ADMIN, Scope.WRITE, True),
    ],
)
def test_a_wider_scope_contains_the_narrower(scope: Scope, needed: Scope, covered: bool) -> None:
    """Read, write and admin contain each other in this order."""
    assert scope.covers(needed) is covered
