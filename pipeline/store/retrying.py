"""Trying a transaction again that failed for a reason that passes.

In: a call that runs one whole transaction. Out: what it returns. Trap: it may have been committed although its
answer was lost, so what is called here must be safe to repeat.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import StoreUnavailable
from pipeline.store.failures import Passing, passing

T = TypeVar("T")

#: Waits between tries, before jitter. A conflict passes in milliseconds; a PostgreSQL restart takes seconds.
WAITS = {
    Passing.CONFLICT: (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    Passing.CONNECTION: (0.1, 0.5, 2.0),
}


class Passed(StoreUnavailable):
    """A failure that may be gone at the next try."""

    def __init__(self, kind: Passing, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of SQLAlchemy that pass by themselves into `Passed`; the others are mistakes and stay."""
    try:
        yield
    except SQLAlchemyError as error:
        kind = passing(error)
        if kind is None:
            raise
        raise Passed(kind, f"the database does not answer: {error.__cause__ or error}") from error


def again(call: Callable[[], T]) -> T:
    """Call until it succeeds, fails for good, or the waits for its kind of failure are used up."""
    waits = {kind: iter(seconds) for kind, seconds in WAITS.items()}
    while True:
        try:
            return call()
        except Passed as failure:
            wait = next(waits[failure.kind], None)
            if wait is None:
                raise
        time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, hides nothing
