"""The article of an entry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.articles.article import article_from_feed, article_from_page, effective_date
from pipeline.model import Article, Entry, Extract, FetchTask, Reason, TextSource

SEEN_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EARLIER = SEEN_AT - timedelta(hours=3)
ENTRY = Entry(
    identity="e1",
    url="https://www.example.com/news/lock?utm_source=rss",
    title="Lock closes",
    summary="The lock closes for eleven weeks.",
    author="Ida Berg",
    language="en-GB",
    published_at=EARLIER,
)
TASK = FetchTask(
    entry_id=1,
    token=1,
    feed_id=1,
    feed_title="Harbour Post",
    folder="",
    entry=ENTRY,
    host="example.com",
    first_seen_at=SEEN_AT,
    attempts=1,
    start_at=SEEN_AT,
)
FINAL = "https://www.example.com/news/lock"
TEXT = "The council agreed on Tuesday to close the lock. " * 20


def with_entry(**changes: Any) -> FetchTask:
    return replace(TASK, entry=replace(ENTRY, **changes))


def made(article: Article | None) -> Article:
    assert article is not None
    return article


def test_page_article_takes_the_best_of_both() -> None:
    """Text, language and address come from the page, title and date from the feed."""
    extract = Extract(
        text=TEXT,
        title="Other",
        byline="Ola Ek",
        site="Post",
        language="cy",
        published_at=SEEN_AT,
        sources={"title": "json-ld", "byline": "meta"},
    )
    assert article_from_page(TASK, extract, FINAL) == Article(
        url=FINAL,
        title="Lock closes",
        text=TEXT,
        outlet="example.com",
        language="cy",
        published_at=EARLIER,
        first_seen_at=SEEN_AT,
        text_source=TextSource.PAGE,
        byline="Ola Ek",
        site="Post",
        sources={"title": "feed", "byline": "meta", "published_at": "feed"},
    )


def test_what_the_page_does_not_say_the_feed_says() -> None:
    """Title, byline, site and language fall back on the feed, and the title on the page."""
    article = made(article_from_page(TASK, Extract(text=TEXT), FINAL))
    assert (article.byline, article.site, article.language) == ("Ida Berg", "Harbour Post", "en")
    untitled = article_from_page(with_entry(title=""), Extract(text=TEXT, title="From page"), FINAL)
    assert made(untitled).title == "From page"


CANONICAL = {
    "none": ("", FINAL),
    "same outlet": ("https://example.com/news/lock-closes", "https://example.com/news/lock-closes"),
    "relative": ("/news/lock-closes", "https://www.example.com/news/lock-closes"),
    "another outlet": ("https://elsewhere.example/news/lock", FINAL),
    "the home page": ("https://www.example.com/", FINAL),
    "no web address": ("javascript:alert(1)", FINAL),
}


@pytest.mark.parametrize(("claimed", "url"), CANONICAL.values(), ids=CANONICAL.keys())
def test_canonical_address_is_believed_within_the_outlet(claimed: str, url: str) -> None:
    """A page names its address, but not another outlet's and not its home page's."""
    assert made(article_from_page(TASK, Extract(text=TEXT, canonical_url=claimed), FINAL)).url == url


DATES = {
    "earlier": (EARLIER, EARLIER),
    "in the future": (SEEN_AT + timedelta(days=400), SEEN_AT),
    "none": (None, SEEN_AT),
    "before the web": (datetime(1970, 1, 1, tzinfo=UTC), SEEN_AT),
    "clock of another century": (datetime(1699, 12, 31, tzinfo=UTC), SEEN_AT),
}


@pytest.mark.parametrize(("said", "effective"), DATES.values(), ids=DATES.keys())
def test_dates_cannot_break_order(said: datetime | None, effective: datetime) -> None:
    """F23: the effective date is what was said if it can be, and never later than first seen."""
    assert effective_date(said, SEEN_AT) == effective


def test_page_date_is_used_when_the_feed_has_none() -> None:
    """F23: the page's own date stands in for the feed's."""
    article = article_from_page(with_entry(published_at=None), Extract(text=TEXT, published_at=EARLIER), FINAL)
    assert made(article).published_at == EARLIER


def test_full_content_of_the_feed_beats_a_stub() -> None:
    """A page that shows only the beginning gives way to the full text the feed carries."""
    article = made(article_from_page(with_entry(content=TEXT), Extract(text=TEXT[:200]), FINAL))
    assert (article.text, article.text_source, article.note) == (TEXT, TextSource.FEED, Reason.NO_TEXT)


def test_page_beats_content_of_like_length() -> None:
    """A page that says about as much as the feed is preferred."""
    article = made(article_from_page(with_entry(content=TEXT), Extract(text=TEXT[:600]), FINAL))
    assert (article.text, article.text_source) == (TEXT[:600], TextSource.PAGE)


def test_page_without_text_leaves_the_summary() -> None:
    """R11: an article is made of what the feed said, with the reason."""
    article = made(article_from_page(TASK, Extract(text=""), FINAL))
    assert (article.text, article.text_source, article.note) == (ENTRY.summary, TextSource.FEED, Reason.NO_TEXT)


def test_page_that_cannot_be_had_leaves_the_feed() -> None:
    """R11: the feed's words make the article when the page is refused."""
    article = made(article_from_feed(TASK, Reason.HTTP_REFUSED))
    assert article.url == "https://www.example.com/news/lock"
    assert (article.text, article.text_source, article.note) == (ENTRY.summary, TextSource.FEED, Reason.HTTP_REFUSED)
    assert article.outlet == "example.com"


def test_title_alone_makes_an_article() -> None:
    """A title is news enough."""
    assert made(article_from_feed(with_entry(summary=""), Reason.TIMED_OUT)).title == "Lock closes"


def test_nothing_makes_nothing() -> None:
    """Without title and text there is no article."""
    assert article_from_feed(with_entry(summary="", title=""), Reason.TIMED_OUT) is None
    assert article_from_page(with_entry(summary="", title=""), Extract(text="", title="Home"), FINAL) is None
