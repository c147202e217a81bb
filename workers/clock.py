"""The wall clock, as a function that tests replace."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Give the time, aware and in UTC."""
    return datetime.now(UTC)
