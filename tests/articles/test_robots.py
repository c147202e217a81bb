"""What a robots.txt lets us read (checklist F26)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.articles.robots import Verdict, agent_of, delay_seconds, is_fresh, judge, origin_of, renewed
from pipeline.model import Response, RobotsCopy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGIN = "https://news.example"
PAGE = f"{ORIGIN}/2026/03/lock"
AGENT = "Storywatch"


def answer(status: int, body: str = "") -> Response:
    return Response(f"{ORIGIN}/robots.txt", status, {}, body.encode(), 0.1)


RULES = {
    "nothing is said": ("", Verdict.ALLOWED),
    "all are kept out": ("User-agent: *\nDisallow: /", Verdict.DISALLOWED),
    "we are kept out": ("User-agent: storywatch\nDisallow: /\n\nUser-agent: *\nAllow: /", Verdict.DISALLOWED),
    "others are kept out": ("User-agent: OtherBot\nDisallow: /", Verdict.ALLOWED),
    "we alone are let in": ("User-agent: *\nDisallow: /\n\nUser-agent: Storywatch\nAllow: /", Verdict.ALLOWED),
    "the longer rule wins": ("User-agent: *\nDisallow: /2026\nAllow: /2026/03/", Verdict.ALLOWED),
    "wildcards": ("User-agent: *\nDisallow: /*/lock$", Verdict.DISALLOWED),
    "beyond 500 KiB nobody need read": ("# " + "x" * 700_000 + "\nUser-agent: *\nDisallow: /", Verdict.ALLOWED),
    "within 500 KiB everything is read": ("# x\n" * 127_000 + "User-agent: *\nDisallow: /", Verdict.DISALLOWED),
}


@pytest.mark.parametrize(("rules", "verdict"), RULES.values(), ids=RULES.keys())
def test_rules(rules: str, verdict: Verdict) -> None:
    """F26: rules are read as RFC 9309 says, for our own token."""
    assert judge(renewed(ORIGIN, None, answer(200, rules), NOW), PAGE, AGENT, NOW) is verdict


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_no_file_allows(status: int) -> None:
    """F26: a 4xx means that there are no rules."""
    assert judge(renewed(ORIGIN, None, answer(status), NOW), PAGE, AGENT, NOW) is Verdict.ALLOWED


@pytest.mark.parametrize("response", [answer(500), answer(503), answer(429), None])
def test_a_server_that_cannot_say_allows_nothing(response: Response | None) -> None:
    """F26: 5xx and silence forbid, until rules come or 30 days are over."""
    copy = renewed(ORIGIN, None, response, NOW)
    assert judge(copy, PAGE, AGENT, NOW) is Verdict.UNKNOWN
    later = NOW + timedelta(days=30)
    assert judge(renewed(ORIGIN, copy, response, later), PAGE, AGENT, later) is Verdict.ALLOWED


def test_rules_held_stay_while_the_server_fails() -> None:
    """F26: the copy we hold goes on counting."""
    held = renewed(ORIGIN, None, answer(200, "User-agent: *\nDisallow: /2026/"), NOW)
    later = NOW + timedelta(days=2)
    failing = renewed(ORIGIN, held, None, later)
    assert judge(failing, PAGE, AGENT, later) is Verdict.DISALLOWED
    assert judge(failing, f"{ORIGIN}/2025/", AGENT, later) is Verdict.ALLOWED


def test_copies_are_renewed_daily_and_failures_sooner() -> None:
    """F26: a copy is at most 24 hours old; after a failure the file is asked for again in ten minutes."""
    good = RobotsCopy(ORIGIN, "", checked_at=NOW, good_at=NOW)
    assert is_fresh(good, NOW + timedelta(hours=23))
    assert not is_fresh(good, NOW + timedelta(hours=24))
    failing = replace(good, failing_since_at=NOW)
    assert not is_fresh(failing, NOW + timedelta(minutes=10))


@pytest.mark.parametrize(("asked", "seconds"), [("7", 7.0), ("0.5", 0.5), ("86400", 120.0), ("soon", 0.0), ("-3", 0.0)])
def test_crawl_delay_is_a_courtesy_with_an_end(asked: str, seconds: float) -> None:
    """A Crawl-delay is kept up to two minutes."""
    copy = renewed(ORIGIN, None, answer(200, f"User-agent: *\nCrawl-delay: {asked}\nDisallow: /private"), NOW)
    assert delay_seconds(copy, AGENT) == seconds


def test_names() -> None:
    """One file speaks for scheme, host and port; it knows us by the first word of our User-Agent."""
    assert origin_of("https://news.example:8443/a?b") == "https://news.example:8443"
    assert agent_of("Storywatch/0.1 (bot; +https://x.example)") == "Storywatch"
