"""Two days of polling on a fake clock: the report card is clean, and it can tell when it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import Validators
from workers.etiquette.cast import whole_cast
from workers.etiquette.rules import Record, Verdict, judge
from workers.etiquette.run import PACE, POLICY, START, Card, play
from workers.etiquette.scene import Asked, Origin


@pytest.fixture(scope="module")
def card() -> Card:
    """Play the two days once."""
    return play()


@pytest.mark.slow
def test_two_days_keep_every_rule(card: Card) -> None:
    """F1 to F14, F16 to F18, F20, F31, F39, R28: ninety feeds, two pollers that are killed, no rule broken."""
    assert [verdict for verdict in card.verdicts if not verdict.kept] == []
    assert card.kill_count > 400
    assert card.request_count > 2000
    numbers = {number for verdict in card.verdicts for number in verdict.number.split()}
    assert numbers >= {f"F{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 20, 31, 39)} | {"R28"}


def test_the_card_tells_a_rude_poller() -> None:
    """A record with two requests ten seconds apart, a wrong validator and a lost entry breaks just such rules."""
    first = Asked(START, "etag-0", "https://etag-0.example/feed", "etag-0.example", None, None, 1, 200, {}, True)
    second = replace(first, at=START + timedelta(seconds=10), etag='"of another"', count=2)
    record = Record(
        start=START,
        end=START + timedelta(hours=1),
        asked=[first, second],
        stored={("etag-0", START): True},
        stored_at={("etag-0", START): START},
        urls={},
        feed_of={},
        thinned_at=START + timedelta(hours=1),
        clicked_at=START,
        clicked="etag-0",
        served_count=3,
        entry_count=2,
        lost_count=0,
        kill_count=0,
        policy=POLICY,
        pace=replace(PACE, gap_seconds=60),
    )
    broken = {verdict.rule.split(",")[0] for verdict in judge(record) if not verdict.kept}
    assert broken >= {
        "validators go back byte for byte",
        "no feed is asked within its floor",
        "every entry that was shown is stored once",
        "two starts at one host keep their gap",
    }


def test_the_origin_remembers_what_it_was_asked() -> None:
    """Validators reach the address that sent them, and each hop of a redirect is a request of its own."""
    cast = whole_cast(START, 1)
    origin = Origin(cast.actors)
    response, seconds = origin.ask("https://found.example/feed", Validators(), START)
    assert (response.status, response.url) == (200, "https://found-target.example/feed")
    assert [(one.actor, one.status, one.is_first_hop) for one in origin.asked] == [
        ("found", 302, True),
        ("found-target", 200, False),
    ]
    held = Validators(response.headers["ETag"], None, response.url)
    again, _seconds = origin.ask("https://found.example/feed", held, START + timedelta(seconds=seconds))
    assert again.status == 304
    assert [one.etag for one in origin.asked[2:]] == [None, held.etag]


def test_a_card_is_good_when_all_is_kept() -> None:
    """One broken rule is enough."""
    kept = Verdict("F1", "a rule", 1, "0", "0", kept=True)
    assert Card(1, 1, 1, 0, (kept,)).is_good
    assert not Card(1, 1, 1, 0, (kept, replace(kept, kept=False))).is_good
