"""What needs a hand, first: the order, the words, and where to look."""

from datetime import timedelta

from dashboard.hands import GRAVE, SHOWN, URGENCY, hands
from pipeline.model import AlarmKind, CoverageKind, Finding, Incident, IncidentKind
from pipeline.store import coverage
from tests.dashboard.conftest import NOW, Clock
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import text_of


def incident(number: int, kind: IncidentKind, minutes: float = 5) -> Incident:
    at = NOW - timedelta(minutes=minutes)
    return Incident(number, f"inc_{number}", kind, "hook", "3 deliveries to hook are parked.", at, None)


def test_what_stops_the_service_comes_first() -> None:
    """A full disk stands before a feed that is quiet, whichever came first; what is beyond the room is counted."""
    quiet = [incident(number, CoverageKind.FEED_QUIET, 60 + number) for number in range(9)]
    found = hands([*quiet, incident(99, AlarmKind.DEAD_LETTERS), incident(100, AlarmKind.DISK_FULL)], NOW)
    assert [one.key for one in found.shown[:3]] == ["incident-100", "incident-99", "incident-8"]
    assert (len(found.shown), found.hidden_count) == (SHOWN, 5)
    assert (found.shown[0].tone, found.shown[1].tone) == ("bad", "warn")
    assert (found.shown[1].title, found.shown[1].since) == ("Dead letters: hook", "5 min")


def test_every_kind_has_its_place() -> None:
    """A kind that nobody gave a place would break the first page on the day it is needed."""
    assert set(URGENCY) == {*AlarmKind, *CoverageKind}
    assert set(URGENCY) >= GRAVE


def test_the_overview_begins_with_what_needs_a_hand(site: Site, newsroom: Newsroom, clock: Clock) -> None:
    """An open incident stands before the picture with its evidence; one that is over is gone."""
    found = Finding(AlarmKind.DEAD_LETTERS, "hook", "3 deliveries to hook are parked.")
    with newsroom.database.write() as tx:
        coverage.open_all(tx, [found], [], NOW)
    page = text_of(site.ask("/").body)
    assert page.index("Dead letters: hook") < page.index("The way of one article")
    assert found.evidence in page
    with newsroom.database.write() as tx:
        coverage.close(tx, [one.id for one in coverage.open_incidents(tx, AlarmKind)], NOW)
    clock.forward(seconds=2)
    assert "What needs a hand" not in text_of(site.ask("/live").body)
