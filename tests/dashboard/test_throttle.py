"""Guessing passwords gets slow, and honest people are let back in."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.throttle import (
    ADDRESS_LIMIT,
    FORGIVEN_AFTER,
    FREE_FAILURES,
    FREE_FAILURES_OF_ALL,
    LONGEST_WAIT_SECONDS,
    Throttle,
    neighbourhood,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def failed(throttle: Throttle, count: int, address: str = "203.0.113.9") -> None:
    for _ in range(count):
        throttle.note_failure(address, NOW)


@pytest.mark.parametrize(
    ("count", "wait_seconds"),
    [
        (FREE_FAILURES - 1, 0),
        (FREE_FAILURES, 1),
        (FREE_FAILURES + 3, 8),
        (FREE_FAILURES + 40, LONGEST_WAIT_SECONDS),
    ],
)
def test_the_wait_doubles_up_to_a_limit(count: int, wait_seconds: float) -> None:
    """S13: the fifth wrong guess costs a second, each further one twice as much."""
    throttle = Throttle()
    failed(throttle, count)
    assert throttle.wait_seconds("203.0.113.9", NOW) == wait_seconds


def test_the_wait_runs_out_and_failures_are_forgiven() -> None:
    """A forgetful operator is not locked out for good."""
    throttle = Throttle()
    failed(throttle, FREE_FAILURES + 3)
    assert throttle.wait_seconds("203.0.113.9", NOW + timedelta(seconds=3)) == 5
    assert throttle.wait_seconds("203.0.113.9", NOW + timedelta(seconds=8)) == 0
    throttle.note_failure("203.0.113.9", NOW + FORGIVEN_AFTER + timedelta(seconds=1))
    assert throttle.wait_seconds("203.0.113.9", NOW + FORGIVEN_AFTER + timedelta(seconds=1)) == 0


def test_one_address_does_not_slow_another() -> None:
    """Somebody else's guesses cost the operator nothing."""
    throttle = Throttle()
    failed(throttle, FREE_FAILURES + 5)
    assert throttle.wait_seconds("198.51.100.1", NOW) == 0


def test_many_addresses_together_are_slowed() -> None:
    """A botnet with one guess for each address is still a guesser."""
    throttle = Throttle()
    for last in range(FREE_FAILURES_OF_ALL):
        throttle.note_failure(f"198.51.100.{last}", NOW)
    assert throttle.wait_seconds("203.0.113.77", NOW) == 1


def test_a_sign_in_clears_the_count() -> None:
    """Typing it right once starts over."""
    throttle = Throttle()
    failed(throttle, FREE_FAILURES + 2)
    throttle.note_success("203.0.113.9")
    assert throttle.wait_seconds("203.0.113.9", NOW) == 0


def test_memory_is_bounded() -> None:
    """A flood of addresses cannot fill the process."""
    throttle = Throttle()
    for number in range(ADDRESS_LIMIT + 50):
        throttle.note_failure(f"2001:db8:{number:x}::1", NOW)
    assert len(throttle._failures) == ADDRESS_LIMIT


def test_one_customers_ipv6_network_is_one_guesser() -> None:
    """Whoever holds a /64 holds 2^64 addresses."""
    assert neighbourhood("2001:db8:1:2:3::4") == neighbourhood("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert neighbourhood("not an address") == "unknown"
