"""What answers in the place of an article is recognised, each by its own reason."""

from collections import Counter

import pytest

from pipeline.articles.article import article_from_page
from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
from pipeline.articles.kinds import Looks, find_kind
from pipeline.articles.signs import Signs
from pipeline.model import Extract, Reason, TextSource
from tests.articles.made_pages import made_pages
from tests.articles.test_article import FINAL, with_entry

KINDS = (
    Reason.CONSENT_WALL,
    Reason.BOT_CHECK,
    Reason.LOGIN_WALL,
    Reason.PAYWALL,
    Reason.SOFT_404,
    Reason.INDEX_PAGE,
    Reason.VIDEO_STUB,
)


def test_walls_of_seven_languages() -> None:
    """Of each kind at least nine in ten are recognised as such, and no article of ours is refused."""
    found: Counter[tuple[Reason | None, Reason | None]] = Counter()
    refused = []
    for name, kind, html in made_pages():
        said = extract_page(html, "https://news.example/2026/ferry", Hint()).kind
        found[kind, said] += 1
        if kind is None and said is not None:
            refused.append((name, said))
    assert not refused
    for kind in KINDS:
        of_this_kind = sum(count for (true, _), count in found.items() if true is kind)
        assert found[kind, kind] >= 0.9 * of_this_kind, kind


HEADLINE = "Harbour council closes northern lock for eleven weeks"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Reason.PAYWALL])
def test_the_feed_s_text_stands_in(kind: Reason) -> None:
    """What the feed says is the article, marked with the reason."""
    wall = Extract(text="Wall", title="Wall", kind=kind)
    article = article_from_page(with_entry(title=HEADLINE, summary="Divers replace its hinges."), wall, FINAL)
    assert article is not None
    assert (article.text, article.note, article.text_source) == ("Divers replace its hinges.", kind, TextSource.FEED)


@pytest.mark.parametrize(("summary", "source"), [("Short.", TextSource.PAGE), ("Longer " * 30, TextSource.FEED)])
def test_a_paywall_s_teaser_counts_if_it_says_more(summary: str, source: TextSource) -> None:
    """The teaser before a paywall is the article's own beginning; the longer of it and the feed's text is taken."""
    teaser = Extract(text="The lock closes on Monday for eleven weeks, the council said.", kind=Reason.PAYWALL)
    article = article_from_page(with_entry(title=HEADLINE, summary=summary.strip()), teaser, FINAL)
    assert article is not None
    assert (article.text_source, article.note) == (source, Reason.PAYWALL)


def test_a_page_that_tells_the_headline_is_no_wall() -> None:
    """A report about a login or a cookie reads like a wall; it is told by its headline."""
    text = "Harbour council closes the northern lock: for eleven weeks nobody may log in to its booking pages."
    article = article_from_page(with_entry(title=HEADLINE), Extract(text=text, kind=Reason.LOGIN_WALL), FINAL)
    assert article is not None
    assert (article.text, article.note) == (text, None)


def test_a_page_that_is_gone_and_leads_to_the_front_page() -> None:
    """Outlets send what they took down to their front page, with status 200."""
    front = Extract(text="All the news of the day. " * 40, title="Front page")
    article = article_from_page(with_entry(title=HEADLINE, summary="Divers."), front, "https://www.example.com/")
    assert article is not None
    assert (article.text, article.note) == ("Divers.", Reason.INDEX_PAGE)


def test_an_article_in_brief_is_told_by_its_words_alone() -> None:
    """A short text without a word of any wall is no other page, and nobody looks at how the page is built."""

    def look() -> Signs:
        raise AssertionError("the page was parsed once more")

    text = "The ferry sails again from Monday, the harbour council said on Friday evening after a short meeting. " * 4
    looks = Looks("ferry sails again", text, len(text), "", text[-100:].casefold(), 9_000, 0, len(text))
    assert find_kind(looks, look) is None
