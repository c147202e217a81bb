"""What the product makes of the newsroom's pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from demo.content import TEASER_WORD
from demo.model import Outlet, Piece
from demo.newsroom import Newsroom
from demo.pages import Pages
from pipeline.articles.extract import extract_page
from pipeline.articles.gate import is_other_page
from pipeline.articles.hint import Hint
from pipeline.model import Entry, Extract

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
NOW = START + timedelta(minutes=8)
LATER = START + timedelta(hours=6)  #: follow-ups, some of them of a few lines
ROOM = Newsroom(START)
PAGES = Pages()


def published(outlet: Outlet) -> Iterator[tuple[Piece, Extract]]:
    """Give an outlet's pieces with what is extracted from their pages."""
    for now in (NOW, LATER):
        pieces = ROOM.newest_of(outlet, now, 100)
        for piece in pieces:
            page = PAGES.article(outlet, piece, pieces, now, 8421)
            yield piece, extract_page(page, f"{outlet.root(8421)}/{piece.slug}", Hint(title=piece.title))


@pytest.mark.parametrize("outlet", ROOM.outlets.values(), ids=ROOM.outlets.keys())
def test_the_article_is_whole_and_no_teaser_is_in_it(outlet: Outlet) -> None:
    """Every theme, opaque class names and layout tables too: all of the text, nothing of the related block."""
    for piece, extract in published(outlet):
        assert TEASER_WORD not in extract.text
        assert set(piece.text.split()) <= set(extract.text.split())


@pytest.mark.parametrize("outlet", ROOM.outlets.values(), ids=ROOM.outlets.keys())
def test_a_consent_wall_is_not_the_article(outlet: Outlet) -> None:
    """Whatever the headline, the wall is refused, and the article's own page is not."""
    wall = extract_page(PAGES.wall(outlet), outlet.root(8421), Hint())
    for piece, extract in published(outlet):
        entry = Entry(identity=piece.slug, url="", title=piece.title, summary=piece.summary)
        assert is_other_page(entry, wall)
        assert not is_other_page(entry, extract)
