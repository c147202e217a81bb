"""The written content keeps what the demo promises of it."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from demo.content import FOLDER, TEASER_WORD, BadContent, event_drafts, load_content
from demo.model import Piece
from demo.newsroom import Newsroom
from tests.demo.conftest import START, WRITTEN, shared_share

OUTLETS = load_content().outlets
PIECES = Newsroom(START).published(WRITTEN)
BY_STORY: dict[str, list[Piece]] = defaultdict(list)
for _piece in PIECES:
    BY_STORY[_piece.story].append(_piece)
COPIES = [piece for piece in PIECES if piece.copy_of]
OWN_PAIRS = [
    pair for told in BY_STORY.values() for pair in combinations([piece for piece in told if not piece.copy_of], 2)
]


def _name(piece: Piece) -> str:
    return f"{piece.outlet}/{piece.slug}"


@pytest.mark.parametrize("copy", COPIES, ids=map(_name, COPIES))
def test_copy_shares_its_text(copy: Piece) -> None:
    """A syndicated copy shares at least 70 % of its three-word runs with the wire's text, under another headline."""
    source = next(p for p in PIECES if p.event == copy.event and p.outlet == copy.copy_of)
    assert shared_share(copy.text, source.text) >= 0.7
    assert copy.title != source.title


@pytest.mark.parametrize("pair", OWN_PAIRS, ids=[f"{_name(a)}+{_name(b)}" for a, b in OWN_PAIRS])
def test_own_reports_use_own_words(pair: tuple[Piece, Piece]) -> None:
    """Two outlets' own reports of one event share less than 20 % of their three-word runs, yet some words."""
    one, other = pair
    assert shared_share(one.text, other.text) < 0.2
    assert len(_long_words(one) & _long_words(other)) >= 5


def _long_words(piece: Piece) -> set[str]:
    return {word.strip('.,"()') for word in piece.text.split() if len(word.strip('.,"()')) > 4}


def test_different_events_share_next_to_nothing() -> None:
    """No two events share a tenth of their three-word runs, nor do the two warehouse fires."""
    firsts = {event: next(p for p in PIECES if p.event == event) for event in {p.event for p in PIECES}}
    worst = max(shared_share(a.text, b.text) for a, b in combinations(firsts.values(), 2))
    assert worst < 0.1
    assert {"varnhaven-fire", "lindmoor-fire"} <= firsts.keys()


def test_teaser_word_is_in_no_article() -> None:
    """The reserved word stands in no title and no text of any piece, written or invented."""
    later = Newsroom(START).published(START + timedelta(hours=6))
    assert not [piece for piece in later if TEASER_WORD.lower() in (piece.title + piece.text).lower()]


def test_one_name_is_spelt_in_many_ways() -> None:
    """The visit is told with each spelling of one name that a reader may search for."""
    told = " ".join(piece.text for piece in PIECES if piece.event == "zelensky-visit")
    assert all(f"{name} " in told for name in ("Zelensky", "Zelenskyy", "Zelenskiy", "Selenskyj", "Зеленский"))


def test_wire_text_is_republished_whole_shortened_and_lengthened() -> None:
    """Of one event there are three copies: one as it was, one cut, one with a line added."""
    source, *copies = [p for p in PIECES if p.event == "varnhaven-fire" and (p.copy_of or p.outlet == "meridian-wire")]
    assert sorted(len(copy.paragraphs) - len(source.paragraphs) for copy in copies) == [-1, 0, 1]


def test_every_outlet_has_something_at_the_start() -> None:
    """When the demo starts, no feed is empty and about half of the written events are there, none a day old."""
    there = Newsroom(START).published(START)
    assert {piece.outlet for piece in there} == OUTLETS.keys()
    assert 0.4 < len({p.event for p in there}) / len({p.event for p in PIECES}) < 0.75
    assert min(piece.published_at for piece in there) > START - timedelta(hours=20)


def test_outlets_offer_different_feeds() -> None:
    """All five formats are offered, and feeds with each validator, with both and with none."""
    assert Counter(outlet.format for outlet in OUTLETS.values()).keys() == {"rss20", "rss092", "rdf", "atom", "json"}
    assert {len(outlet.validators) for outlet in OUTLETS.values()} == {0, 1, 2}
    assert {outlet.content for outlet in OUTLETS.values()} == {"bare", "summary", "full"}


PIECE = {"outlet": "harbour-courier", "slug": "a", "title": "A", "text": "One.", "step": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"outlet": "nobody"},
        {"slug": "Not Plain"},
        {"minutes_before": 5},
        {"step": 0},
        {"text": "One.\n\n \n\nTwo."},
        {"copy_of": "meridian-wire"},
        {"title": None},
    ],
    ids=["unknown-outlet", "slug", "two-hours", "step-zero", "empty-paragraph", "copy-of-nothing", "no-title"],
)
def test_wrong_event_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    """A mistake in an event's file is named with the file when the content is loaded, never later."""
    entry = {key: value for key, value in {**PIECE, **change}.items() if value is not None}
    lines = [f"{key} = {value!r}" for key, value in entry.items()]
    (tmp_path / "events").mkdir()
    (tmp_path / "outlets.toml").write_text((FOLDER / "outlets.toml").read_text("utf-8"), "utf-8")
    text = 'id = "x"\n[[piece]]\n' + "\n".join(lines).replace("'", '"')
    (tmp_path / "events" / "wrong.toml").write_text(text, "utf-8")
    with pytest.raises(BadContent, match=r"wrong\.toml"):
        load_content(tmp_path)


def test_right_event_is_taken() -> None:
    """The entry that the mistakes above were made in is itself without one."""
    (draft,) = event_drafts({"id": "x", "piece": [PIECE]}, OUTLETS)
    assert (draft.piece.byline, draft.piece.paragraphs) == ("Courier newsroom", ("One.",))


def test_same_address_twice_is_refused(tmp_path: Path) -> None:
    """Two pieces of one outlet cannot have one address."""
    (tmp_path / "events").mkdir()
    (tmp_path / "outlets.toml").write_text((FOLDER / "outlets.toml").read_text("utf-8"), "utf-8")
    one = '[[piece]]\noutlet = "pier-nine"\nslug = "same"\ntitle = "A"\ntext = "B"\nstep = 1\n'
    (tmp_path / "events" / "twice.toml").write_text(f'id = "x"\n{one}{one}', "utf-8")
    with pytest.raises(BadContent, match="pier-nine/same"):
        load_content(tmp_path)
