"""Decide whether a page that was read again tells something else, and what its article becomes.

In: the article as stored, and what a later look at its page gave. Out: the article with another text, or None. Pure. No
list of words: what changes by itself (counters, times, links to other articles) stands in lines that are no sentences,
or in the form of a clock. Trap: a page may have been emptied, walled or cut since; then what we have is better.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.model import Article, EditCause, TextSource

_WORD = re.compile(r"[^\W_]+")
_CLOCK = re.compile(r"\b\d{1,2}[:h]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b)?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。！？؟।։]+[\"'”’»›)\]」』]*(?=\s|$|[^\x00-\u2fff])")
_SHORT_LINE = 90  # characters; a line as short as this that ends no sentence is a heading, a link or a counter
_FAR_SHORTER = 0.5  # of the words we have: a beginning that short is a teaser
_TEASER_END = 3  # words at its end: half a word, or "read more"


def newer(old: Article, seen: Article | None, title: str) -> Article | None:
    """Give the article with the newer text and `title`; None if nothing that counts has changed.

    `seen` is what a look gave, None if it gave nothing new. Whose it is and since when stays as it was.
    """
    told = old if seen is None or _is_worse(old, seen) else seen
    made = replace(
        old,
        title=title or told.title or old.title,
        text=told.text,
        text_source=told.text_source,
        note=told.note,
        byline=told.byline or old.byline,
        fetched_at=told.fetched_at or old.fetched_at,
    )
    return made if reads_otherwise(old, made) else None


def cause_of(old: Article, made: Article, *, feed_changed: bool) -> EditCause:
    """Say what the newer text is due to."""
    if old.text_source is TextSource.FEED and made.text_source is TextSource.PAGE:
        return EditCause.PAGE_CAME
    return EditCause.FEED_CHANGED if feed_changed else EditCause.CHECKED


def reads_otherwise(old: Article, new: Article) -> bool:
    """Tell whether two texts of an article differ in more than what changes by itself."""
    if words_of(old.title) != words_of(new.title):
        return True
    return words_of(old.text) != words_of(new.text) and telling_words(old.text) != telling_words(new.text)


def words_of(text: str) -> list[str]:
    """Give the words of a text without case, signs and times of the day."""
    return _WORD.findall(_CLOCK.sub(" ", text.casefold()))


def telling_words(text: str) -> list[str]:
    """Give the words of those lines that hold a sentence, or of all if none does."""
    lines = [line for line in text.splitlines() if not _is_beside(line.strip())]
    return words_of("\n".join(lines)) if lines else words_of(text)


def _is_beside(line: str) -> bool:
    """Tell whether a line is no part of what is told: a heading, a counter, a date, a link to another article."""
    return len(line) < _SHORT_LINE and not _SENTENCE_END.search(line)


def _is_worse(old: Article, seen: Article) -> bool:
    """Tell whether what was seen is less than what we have: the feed's text, a wall, or only a beginning."""
    if old.text_source is TextSource.PAGE and seen.text_source is TextSource.FEED:
        return True
    return (seen.note is not None and old.note is None) or _is_cut(old.text, seen.text)


def _is_cut(old: str, new: str) -> bool:
    before, after = words_of(old), words_of(new)
    same = max(len(after) - _TEASER_END, 0)
    return len(after) < _FAR_SHORTER * len(before) and before[:same] == after[:same]


def next_look_at(article: Article, stored_at: datetime, hours: tuple[float, ...], now: datetime) -> datetime | None:
    """Give when a page is looked at again: so many hours after it was stored, while its news is young."""
    if stored_at - article.published_at > timedelta(days=1):
        return None
    later = [stored_at + timedelta(hours=each) for each in sorted(hours)]
    return next((at for at in later if at > now), None)
