"""Which errors of a database pass by themselves."""

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from pipeline.store.failures import Passing, passing


def wrapped(error: psycopg.Error) -> DBAPIError:
    return OperationalError("SELECT 1", {}, error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.errors.DiskFull(), Passing.CONNECTION),
        (psycopg.errors.TooManyConnections(), Passing.CONNECTION),
        (psycopg.errors.AdminShutdown(), Passing.CONNECTION),
        (psycopg.errors.DeadlockDetected(), Passing.CONFLICT),
        (psycopg.errors.SerializationFailure(), Passing.CONFLICT),
        (psycopg.errors.UndefinedTable(), None),
        (psycopg.errors.NotNullViolation(), None),
    ],
)
def test_what_passes_is_waited_for_and_the_rest_is_a_mistake(error: psycopg.Error, expected: Passing | None) -> None:
    """R19: a full, full-up or stopping PostgreSQL is waited for; a wrong statement never is."""
    assert passing(wrapped(error)) is expected
