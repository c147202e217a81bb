"""What is published when."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise

import pytest

from demo.newsroom import FOLLOW_UP_LIMIT, Newsroom
from tests.demo.conftest import START, WRITTEN, shared_share, shingles

DAY = START + timedelta(days=1)


def test_something_new_appears_every_few_seconds(newsroom: Newsroom) -> None:
    """From the start on no ten seconds pass without a new piece, in written and invented hours alike."""
    instants = [START + timedelta(seconds=10 * n) for n in range(1, 120)]
    counts = [newsroom.published_count(instant) for instant in instants]
    assert all(after > before for before, after in pairwise(counts))


def test_publishing_goes_on_and_memory_does_not_grow(newsroom: Newsroom) -> None:
    """After a month everything is counted, while what is shown stays bounded and is the newest."""
    later = START + timedelta(days=30)
    shown = newsroom.published(later)
    assert newsroom.published_count(later) > 500_000
    assert len(shown) < FOLLOW_UP_LIMIT + 100
    assert timedelta() <= later - shown[-1].published_at < timedelta(seconds=6)


def test_published_is_in_order_and_never_from_the_future(newsroom: Newsroom) -> None:
    """What is shown is sorted by its hour, each address once, and nothing is announced early."""
    shown = newsroom.published(START + timedelta(minutes=20))
    assert [p.published_at for p in shown] == sorted(p.published_at for p in shown)
    assert shown[-1].published_at <= START + timedelta(minutes=20)
    assert len({(p.outlet, p.slug) for p in shown}) == len(shown)


def test_nothing_published_is_taken_back(newsroom: Newsroom) -> None:
    """What was shown at one instant is shown, word for word, at the next."""
    before, after = newsroom.published(WRITTEN), newsroom.published(WRITTEN + timedelta(minutes=10))
    assert after[: len(before)] == before


def test_pace_makes_it_faster() -> None:
    """At pace 10 the written pieces are all out after twenty seconds."""
    slow, fast = Newsroom(START), Newsroom(START, pace=10)
    soon = START + timedelta(seconds=20)
    assert fast.published_count(soon) == slow.published_count(WRITTEN) > slow.published_count(soon)


def test_old_follow_up_is_still_found(newsroom: Newsroom) -> None:
    """A piece that no list shows any more still answers at its address, the same word for word."""
    piece = newsroom.published(START + timedelta(hours=1))[-1]
    outlet = newsroom.outlets[piece.outlet]
    assert piece not in newsroom.published(DAY)
    assert newsroom.find(outlet, piece.slug, DAY) == piece


def test_restart_keeps_addresses_and_brings_news(newsroom: Newsroom) -> None:
    """A newsroom started later answers at an earlier one's addresses and tells other follow-ups."""
    piece = newsroom.published(START + timedelta(hours=1))[-1]
    later = Newsroom(START + timedelta(hours=2))
    assert later.find(later.outlets[piece.outlet], piece.slug, DAY) == piece
    assert piece.slug not in {each.slug for each in later.published(DAY)}


@pytest.mark.parametrize("slug", ["derailment", "no-such-thing", "invented-17", "x-99999999999999999999"])
def test_what_is_not_out_is_not_found(newsroom: Newsroom, slug: str) -> None:
    """A piece whose hour has not come, and addresses nobody gave out, are not found."""
    assert newsroom.find(newsroom.outlets["pier-nine"], slug, START) is None


def test_slot_of_an_hour_to_come_is_not_found(newsroom: Newsroom) -> None:
    """A follow-up cannot be read before it is published, and can from that instant on."""
    piece = newsroom.published(DAY)[-1]
    outlet = newsroom.outlets[piece.outlet]
    assert newsroom.find(outlet, piece.slug, piece.published_at - timedelta(milliseconds=1)) is None
    assert newsroom.find(outlet, piece.slug, piece.published_at) == piece


def test_follow_ups_are_told_by_several_outlets(newsroom: Newsroom) -> None:
    """Invented events have own reports with under 20 % of runs in common, and copies over 70 %."""
    later = [p for p in newsroom.published(DAY) if p.published_at > WRITTEN]
    by_story = {story: [p for p in later if p.story == story] for story in {p.story for p in later}}
    told = [pieces for pieces in by_story.values() if len(pieces) > 1]
    assert len(told) > 50
    for pieces in told:
        for one, other in pairwise(pieces):
            shared = shared_share(one.text, other.text)
            assert shared >= 0.7 if other.copy_of == one.outlet else shared < 0.7 if other.copy_of else shared < 0.2


def test_two_matches_are_not_one_text(newsroom: Newsroom) -> None:
    """Two invented events of one kind never look like copies of each other."""
    own = [p for p in newsroom.published(DAY) if p.published_at > WRITTEN and not p.copy_of]
    runs = {(p.story, p.outlet): shingles(p.text) for p in own}
    pairs = [(runs[a], runs[b]) for a, b in combinations(runs, 2) if a[0] != b[0]]
    assert len(pairs) > 10_000
    assert max(len(a & b) / min(len(a), len(b)) for a, b in pairs) < 0.7


def test_expected_stories_are_told_per_language(newsroom: Newsroom) -> None:
    """The truth for tests maps addresses to event and language and leaves walled pages out."""
    truth = newsroom.expected_stories(WRITTEN, 8421)
    assert truth["http://nordbote.localhost:8421/artikel/grossbrand-im-hafen-von-varnhaven.html"] == "varnhaven-fire.de"
    assert truth["http://pier-nine.localhost:8421/story.php?id=whale"] == "fin-whale.en"
    assert "http://daily-lantern.localhost:8421/stories/bridge-of-fear" not in truth
    assert len(truth) == len([p for p in newsroom.published(WRITTEN) if not p.walled])


@pytest.mark.parametrize(("start", "pace"), [(START.replace(tzinfo=None), 1.0), (START, 0.0)], ids=["naive", "still"])
def test_impossible_newsroom_is_refused(start: datetime, pace: float) -> None:
    """A start without a zone and a pace that never moves are refused at once."""
    with pytest.raises(ValueError, match="aware start"):
        Newsroom(start, pace)


@pytest.mark.parametrize(
    ("outlet", "path", "query", "slug"),
    [
        ("harbour-courier", "/news/a-b", "", "a-b"),
        ("daily-lantern", "/stories/a", "utm_source=feed", "a"),
        ("pier-nine", "/story.php", "id=a&x=1", "a"),
        ("pier-nine", "/other.php", "id=a", None),
        ("pier-nine", "/story.php", "", None),
        ("eastern-ledger", "/world/a.html", "", "a"),
        ("eastern-ledger", "/world/a", "", None),
        ("eastern-ledger", "/world/a/b.html", "", None),
    ],
)
def test_slug_is_read_from_an_address(newsroom: Newsroom, outlet: str, path: str, query: str, slug: str | None) -> None:
    """Each outlet knows its own form of address and no other."""
    assert newsroom.outlets[outlet].find_slug(path, query) == slug


def test_address_leads_back_to_the_piece(newsroom: Newsroom) -> None:
    """A copy of a piece with another address is another piece; the truth never folds two into one."""
    piece = newsroom.published(START)[0]
    assert newsroom.url(piece, 1) != newsroom.url(replace(piece, slug="other"), 1)
