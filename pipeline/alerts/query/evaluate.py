"""Decide whether an article meets a query, and where its words stand.

In: a normalised query tree and an `ArticleWords`. Out: yes or no, and spans into the original title and text.
Pure. Trap: what is met in a field other than title and text (a site, an author) shows no place.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from pipeline.alerts.query.dates import is_within
from pipeline.alerts.query.fold import fold, terms_of
from pipeline.alerts.query.near import near_intervals
from pipeline.alerts.query.plan import leaves
from pipeline.alerts.query.regexes import TEXT_LIMIT, compiled
from pipeline.alerts.query.tree import (
    And,
    Folder,
    Language,
    Leaf,
    Near,
    Not,
    Or,
    Phrase,
    Published,
    Query,
    Regex,
    Sequence,
    Site,
    Word,
)
from pipeline.alerts.query.words import ArticleWords
from pipeline.model import Matchable, Span

SPAN_LIMIT = 200  #: a long article may repeat a word without end; the first ones are enough to show why


def meets(query: Query, words: ArticleWords) -> bool:
    """Whether an article meets a query."""
    match query:
        case Word() | Phrase() | Sequence():
            return words.holds(query)
        case And(parts):
            return all(meets(part, words) for part in parts)
        case Or(parts):
            return any(meets(part, words) for part in parts)
        case Not(part):
            return not meets(part, words)
        case Near():
            return bool(near_intervals(query, words))
    return _meets_condition(query, words.article)


def _meets_condition(leaf: Query, article: Matchable) -> bool:
    match leaf:
        case Regex():
            return any(True for _ in _found(leaf, article))
        case Site(value):
            return is_of_site(value, article)
        case Folder(value):
            return value in folders_of(article)
        case Language(code):
            return article.language == code
        case Published():
            return is_within(leaf, article)
    raise AssertionError(leaf)


def is_of_site(value: str, article: Matchable) -> bool:
    """Whether an article's host or outlet is a domain or lies below it, or its outlet is called so."""
    if "." in value and " " not in value:
        return value.removeprefix(".") in domains_of(article)
    name = f" {' '.join(terms_of(value))} "
    return name in f" {' '.join(terms_of(article.site))} " or value in article.outlet.split(".")


def domains_of(article: Matchable) -> set[str]:
    """Give an article's host and outlet with every domain above them."""
    found: set[str] = set()
    for host in {(urlsplit(article.url).hostname or "").lower(), article.outlet.lower()} - {""}:
        labels = host.split(".")
        found.update(".".join(labels[n:]) for n in range(len(labels)))
    return found


def folders_of(article: Matchable) -> set[str]:
    """Give the folder of an article's feed with every folder above it, folded."""
    parts = [fold(part.strip()) for part in article.folder.split("/") if part.strip()]
    return {"/".join(parts[:n]) for n in range(1, len(parts) + 1)}


def _found(leaf: Regex, article: Matchable) -> Iterator[Span]:
    """Yield what an expression finds, title first; an address shows no place."""
    expression = compiled(leaf.pattern, case=leaf.case)
    for field in (leaf.field,) if leaf.field else ("title", "text"):
        text: str = getattr(article, field)
        for found in expression.finditer(text[:TEXT_LIMIT]):
            yield Span(field, found.start(), found.end())


def spans(query: Query, words: ArticleWords) -> tuple[Span, ...]:
    """Give the places that show why a met, normalised query was met: title first, in order, none overlapping.

    Words of an OR branch that was not met are left out. At most `SPAN_LIMIT` places are given.
    """
    found = {span for leaf in _shown(query, words) for span in _spans_of(leaf, words)}
    ordered = sorted(found, key=lambda span: (span.field != "title", span.start, span.end))
    return tuple(_merged(ordered))[:SPAN_LIMIT]


def _spans_of(leaf: Leaf, words: ArticleWords) -> Iterable[Span]:
    match leaf:
        case Word() | Phrase() | Sequence():
            return [words.span(i) for i in words.intervals(leaf)] if leaf.field in {"", "title", "text"} else ()
        case Near():
            return [words.span(interval) for interval in near_intervals(leaf, words)]
        case Regex() if leaf.field != "url":
            return (span for span in _found(leaf, words.article) if span.end > span.start)
    return ()


def _shown(query: Query, words: ArticleWords) -> list[Leaf]:
    match query:
        case Or(parts):
            return [leaf for part in parts if meets(part, words) for leaf in _shown(part, words)]
        case And(parts):
            return [leaf for part in parts for leaf in _shown(part, words)]
    return leaves(query)


def _merged(ordered: Iterable[Span]) -> list[Span]:
    """Join places that overlap, such as `North Korea` and `Korea`."""
    result: list[Span] = []
    for span in ordered:
        last = result[-1] if result else None
        if last and last.field == span.field and span.start < last.end:
            result[-1] = Span(last.field, last.start, max(last.end, span.end))
        else:
            result.append(span)
    return result
