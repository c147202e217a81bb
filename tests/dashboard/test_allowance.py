"""How often somebody may ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dashboard.allowance import KEPT_LIMIT, Allowance, asker_of
from pipeline.model import Scope
from pipeline.store import tokens
from tests.dashboard.conftest import NOW, Clock
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site


def granted(allowance: Allowance, who: str, count: int, seconds: float = 0) -> int:
    """Count how many of `count` requests at one instant are granted."""
    at = NOW + timedelta(seconds=seconds)
    return sum(allowance.take(who, at) == 0 for _ in range(count))


def test_so_many_at_once_and_so_many_a_minute() -> None:
    """S35: a minute's worth may come at once; then one comes free every 60/n seconds, and never more is saved up."""
    allowance = Allowance(6, 1000)
    assert granted(allowance, "a", 20) == 6
    assert allowance.take("a", NOW) == pytest.approx(10)
    assert granted(allowance, "a", 20, seconds=21) == 2
    assert granted(allowance, "a", 20, seconds=9000) == 6


def test_one_does_not_use_up_what_others_have() -> None:
    """S35: each has an allowance of its own, and all together have one that no number of names gets around."""
    allowance = Allowance(6, 10)
    assert granted(allowance, "a", 20) == 6
    assert granted(allowance, "b", 20) == 4
    assert granted(allowance, "c", 20) == 0


def test_a_clock_set_back_grants_nothing() -> None:
    """R29: a clock that goes back neither frees nor locks."""
    allowance = Allowance(6, 1000)
    granted(allowance, "a", 6)
    assert granted(allowance, "a", 9, seconds=-3600) == 0
    assert granted(allowance, "a", 9, seconds=-3590) == 1


def test_many_names_take_no_more_memory() -> None:
    """S35: whoever comes with ever new names is forgotten, the longest unseen first."""
    allowance = Allowance(6, 10**9)
    for number in range(KEPT_LIMIT + 100):
        allowance.take(str(number), NOW)
    assert len(allowance._buckets) == KEPT_LIMIT
    assert granted(allowance, str(KEPT_LIMIT + 99), 9) == 5


def test_who_asks_is_told_apart_by_token() -> None:
    """S21: the name of an asker holds nothing of the token."""
    scopes = [{"type": "http", "headers": [(b"authorization", f"Bearer swt_{n}".encode())]} for n in (1, 2)]
    names = {asker_of(scope) for scope in scopes}
    assert len(names) == 2
    assert "swt" not in str(names)
    written = [b"Bearer swt_1", b"bearer  swt_1", b"BEARER swt_1 "]
    assert {asker_of({"type": "http", "headers": [(b"authorization", one)]}) for one in written} < names
    assert asker_of({"type": "http", "headers": [], "client": ("127.0.0.1", 9)}) == "127.0.0.1"


def test_a_program_that_asks_too_often_is_told_to_wait(
    start: Callable[..., Site], newsroom: Newsroom, clock: Clock
) -> None:
    """S35: the API answers 429 with Retry-After to that token alone, and serves it again after it."""
    site = start(password="correct horse battery", requests_per_minute=3)
    with newsroom.database.write() as tx:
        first, second = (f"Bearer {tokens.make(tx, name, Scope.READ, NOW)[1]}" for name in "ab")
    answers = [site.ask("/api/v1/feeds", authorization=first) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert "web.requests_per_minute" in answers[-1].json["detail"]
    assert answers[-1].headers["retry-after"] == "20"
    assert site.ask("/api/v1/feeds", authorization=second).status == 200
    clock.forward(seconds=20)
    assert site.ask("/api/v1/feeds", authorization=first).status == 200
