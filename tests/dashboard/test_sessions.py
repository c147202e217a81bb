"""Sessions end when they should, and tokens fit only whom they were made for."""

from datetime import UTC, datetime, timedelta

from dashboard.sessions import IDLE, LONGEST, SESSION_LIMIT, FormTokens, Sessions

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_session_ends_when_unused() -> None:
    """S26: idle expiry, pushed back by use."""
    sessions = Sessions()
    token = sessions.open(1, 1, NOW)
    assert sessions.find(token, NOW + IDLE)
    assert sessions.find(token, NOW + IDLE + IDLE)
    assert not sessions.find(token, NOW + 3 * IDLE + timedelta(seconds=1))
    assert not sessions.find(token, NOW + 2 * IDLE)


def test_a_session_ends_for_good_however_much_it_is_used() -> None:
    """S26: absolute expiry."""
    sessions = Sessions()
    token = sessions.open(1, 1, NOW)
    steps = int(LONGEST / IDLE)
    assert all(sessions.find(token, NOW + step * IDLE) for step in range(steps + 1))
    assert not sessions.find(token, NOW + LONGEST + timedelta(seconds=1))


def test_a_closed_session_is_closed_on_the_server() -> None:
    """S26: a copied cookie is worth nothing after the sign-out."""
    sessions = Sessions()
    token, other = sessions.open(1, 1, NOW), sessions.open(1, 1, NOW)
    sessions.close(token)
    assert not sessions.find(token, NOW)
    assert sessions.find(other, NOW)


def test_the_session_unused_longest_makes_room() -> None:
    """Signing in without end cannot fill the memory, nor throw out who is at work, nor another user."""
    sessions = Sessions()
    other = sessions.open(2, 1, NOW - timedelta(minutes=1))
    tokens = [sessions.open(1, 1, NOW + timedelta(seconds=number)) for number in range(SESSION_LIMIT)]
    later = NOW + timedelta(hours=1)
    assert sessions.find(tokens[0], later)
    sessions.open(1, 1, later)
    assert sessions.find(tokens[0], later)
    assert not sessions.find(tokens[1], later)
    assert sessions.find(other, later)


def test_tokens_are_not_kept_in_the_clear() -> None:
    """A memory dump gives no cookie."""
    sessions = Sessions()
    token = sessions.open(1, 1, NOW)
    assert token not in repr(sessions._open)


def test_form_tokens_fit_one_visitor_of_one_process() -> None:
    """S14: a token from elsewhere, or none, does not fit."""
    tokens = FormTokens()
    assert tokens.fits(tokens.make("visitor"), "visitor")
    assert not tokens.fits(tokens.make("visitor"), "another")
    assert not tokens.fits(FormTokens().make("visitor"), "visitor")
    assert not tokens.fits(tokens.make(""), "")
    assert not tokens.fits("tökén", "visitor")
