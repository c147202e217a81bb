"""Sessions end when they should, and tokens fit only whom they were made for."""

from datetime import UTC, datetime, timedelta

from dashboard.sessions import IDLE, LONGEST, SESSION_LIMIT, FormTokens, Sessions, same_password

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_session_ends_when_unused() -> None:
    """S26: idle expiry, pushed back by use."""
    sessions = Sessions()
    token = sessions.open(NOW)
    assert sessions.holds(token, NOW + IDLE)
    assert sessions.holds(token, NOW + IDLE + IDLE)
    assert not sessions.holds(token, NOW + 3 * IDLE + timedelta(seconds=1))
    assert not sessions.holds(token, NOW + 2 * IDLE)


def test_a_session_ends_for_good_however_much_it_is_used() -> None:
    """S26: absolute expiry."""
    sessions = Sessions()
    token = sessions.open(NOW)
    steps = int(LONGEST / IDLE)
    assert all(sessions.holds(token, NOW + step * IDLE) for step in range(steps + 1))
    assert not sessions.holds(token, NOW + LONGEST + timedelta(seconds=1))


def test_a_closed_session_is_closed_on_the_server() -> None:
    """S26: a copied cookie is worth nothing after the sign-out."""
    sessions = Sessions()
    token, other = sessions.open(NOW), sessions.open(NOW)
    sessions.close(token)
    assert not sessions.holds(token, NOW)
    assert sessions.holds(other, NOW)


def test_the_session_unused_longest_makes_room() -> None:
    """Signing in without end cannot fill the memory, nor throw out who is at work."""
    sessions = Sessions()
    tokens = [sessions.open(NOW + timedelta(seconds=number)) for number in range(SESSION_LIMIT)]
    later = NOW + timedelta(hours=1)
    assert sessions.holds(tokens[0], later)
    sessions.open(later)
    assert sessions.holds(tokens[0], later)
    assert not sessions.holds(tokens[1], later)


def test_tokens_are_not_kept_in_the_clear() -> None:
    """A memory dump gives no cookie."""
    sessions = Sessions()
    token = sessions.open(NOW)
    assert token not in repr(sessions._open)


def test_form_tokens_fit_one_visitor_of_one_process() -> None:
    """S14: a token from elsewhere, or none, does not fit."""
    tokens = FormTokens()
    assert tokens.fits(tokens.make("visitor"), "visitor")
    assert not tokens.fits(tokens.make("visitor"), "another")
    assert not tokens.fits(FormTokens().make("visitor"), "visitor")
    assert not tokens.fits(tokens.make(""), "")
    assert not tokens.fits("tökén", "visitor")


def test_passwords_are_compared_whole() -> None:
    """Neither a beginning nor odd characters pass or crash."""
    assert same_password("pässword", "pässword")
    assert not same_password("pässwor", "pässword")
    assert not same_password("", "pässword")
    assert not same_password("\udcff", "pässword")
