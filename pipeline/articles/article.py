"""Decide what the article of an entry is, from its page and from what the feed said.

In: a `FetchTask`, and an `Extract` or the reason why there is none. Out: `Article`, or None if nobody gave a word.
Hides nothing; pure. Trap: pages name other pages as their canonical address (the home page, a partner); it is
believed only within the same outlet.
"""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from pipeline.articles.gate import find_obstacle
from pipeline.languages import believed
from pipeline.model import Article, Extract, FetchTask, Reason, TextSource
from pipeline.urls import absolute, canonical, registrable_host

_EARLIEST = datetime(1991, 8, 6, tzinfo=UTC)  # the first public web page; what is older is no date of publication
FEED = "feed"  #: among the sources of what an article says of itself
TEXT = "text"  #: likewise: the language that the words are of, where none was said or clearly another
_FAR_SHORTER = 0.5  # of the feed's full content: then the page shows only its beginning


def article_from_page(task: FetchTask, extract: Extract, final_url: str) -> Article | None:
    """Make the article of a fetched page; with the feed's text if that says far more, or if it is another page."""
    obstacle = Reason.INDEX_PAGE if _ended_at_home(task.entry.url, final_url) else find_obstacle(task.entry, extract)
    if obstacle is Reason.PAYWALL:
        return _article(task, extract, _url(extract, final_url), obstacle)
    if obstacle:
        return article_from_feed(task, obstacle)
    if len(extract.text) < _FAR_SHORTER * len(task.entry.content) or not extract.text:
        return _article(task, extract, _url(extract, final_url), Reason.NO_TEXT)
    return _article(task, extract, _url(extract, final_url), None)


def article_from_feed(task: FetchTask, note: Reason) -> Article | None:
    """Make the article of a page that could not be had for the reason `note`; None without title and text."""
    return _article(task, Extract(text=""), canonical(task.entry.url), note)


def _article(task: FetchTask, extract: Extract, url: str, note: Reason | None) -> Article | None:
    """Put an article together; a note means that the text is the feed's, or what a paywall shows if that is more."""
    entry = task.entry
    said = entry.content or entry.summary
    shows_more = note is Reason.PAYWALL and len(extract.text) > len(said)
    is_feeds = note is not None and not shows_more
    text = (said or extract.text) if is_feeds else extract.text
    title = entry.title or extract.title
    if not text and not entry.title:
        return None
    said_language = extract.language or _primary_language(entry.language)
    language = believed(said_language, f"{title}\n{text}")
    return Article(
        url=url,
        title=title,
        text=text,
        outlet=registrable_host(url) or task.host,
        language=language,
        published_at=effective_date(entry.published_at or extract.published_at, task.first_seen_at),
        first_seen_at=task.first_seen_at,
        text_source=TextSource.FEED if is_feeds else TextSource.PAGE,
        byline=extract.byline or entry.author,
        site=extract.site or task.feed_title,
        note=note,
        modified_at=_modified(extract),
        sources=_sources(task, extract, is_feeds=is_feeds) | ({"language": TEXT} if language != said_language else {}),
    )


def _sources(task: FetchTask, extract: Extract, *, is_feeds: bool) -> dict[str, str]:
    """Say where title, byline, site, language and the dates come from, in the order in which they are believed.

    The text has a source beside the page's own blocks only where the page declares it instead of showing it.
    """
    entry = task.entry
    of_feed = {
        "text": is_feeds and "text" in extract.sources,
        "title": bool(entry.title),
        "published_at": entry.published_at is not None,
        "byline": not extract.byline and bool(entry.author),
        "site": not extract.site and bool(task.feed_title),
        "language": not extract.language and bool(entry.language),
    }
    return {**extract.sources, **{name: FEED for name, is_feeds in of_feed.items() if is_feeds}}


def _modified(extract: Extract) -> datetime | None:
    """Give when the page says that it was changed; never before it was published, that is a program's mistake."""
    said, published_at = extract.modified_at, extract.published_at
    if said is None or said < _EARLIEST or (published_at is not None and said < published_at):
        return None
    return said


def effective_date(said: datetime | None, first_seen_at: datetime) -> datetime:
    """Give the date to sort and group by: what was said if it is possible, never later than first seen."""
    return min(said, first_seen_at) if said is not None and said >= _EARLIEST else first_seen_at


def _url(extract: Extract, final_url: str) -> str:
    """Choose the page's own canonical address if it is the same outlet's and names a page, else where we ended."""
    claimed = canonical(absolute(final_url, extract.canonical_url)) if extract.canonical_url else ""
    ended = canonical(final_url)
    is_home = urlsplit(claimed).path in {"", "/"} and urlsplit(ended).path not in {"", "/"}
    if not claimed or is_home or registrable_host(claimed) != registrable_host(ended):
        return ended
    return claimed


def _ended_at_home(asked_url: str, final_url: str) -> bool:
    """Tell whether a page that is gone led to its outlet's front page."""
    asked, ended = (urlsplit(canonical(url)) for url in (asked_url, final_url))
    return ended.path in {"", "/"} and not ended.query and asked.path not in {"", "/"}


def _primary_language(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()
