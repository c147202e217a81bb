"""The way from an entry's page to its article.

Trap: every instant is aware and in UTC; a date that a page claims is not the effective one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.feeds import Entry, Validators
from pipeline.model.words import Reason, TextSource


@dataclass(frozen=True, slots=True)
class FetchTask:
    """One entry whose page is to be fetched now by whoever holds `token`."""

    entry_id: int
    token: int
    feed_id: int
    feed_title: str
    folder: str
    entry: Entry
    host: str  #: registrable domain of the page
    first_seen_at: datetime
    attempts: int  #: this one included
    start_at: datetime  #: the host's slot; do not start earlier
    last_reason: Reason | None = None  #: why the try before this one failed
    article_id: int | None = None  #: the entry is done and has this article: its page is looked at again
    validators: Validators = field(default_factory=Validators)  #: what the page gave at the last look


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer, body decompressed and within its cap."""

    url: str  #: final, after redirects
    status: int
    headers: Mapping[str, str]  #: case-insensitive; repeated fields joined by ", "
    body: bytes
    elapsed_seconds: float
    redirects: tuple[tuple[int, str], ...] = ()  #: (status, target) of each hop, in order


@dataclass(frozen=True, slots=True)
class RobotsCopy:
    """What we hold of an origin's robots.txt."""

    origin: str  #: scheme, host and port
    rules: str  #: empty allows everything
    checked_at: datetime  #: the last try to renew it
    good_at: datetime | None = None  #: when the rules came; None if they never did
    failing_since_at: datetime | None = None  #: first of the tries in a row that failed


@dataclass(frozen=True, slots=True)
class Extract:
    """What the extractor found on a page; empty strings where it found nothing."""

    text: str
    title: str = ""
    byline: str = ""
    site: str = ""
    language: str = ""
    canonical_url: str = ""
    published_at: datetime | None = None
    kind: Reason | None = None  #: what the page is, if it is no article
    modified_at: datetime | None = None
    sources: Mapping[str, str] = field(default_factory=dict)  #: where title, byline and the like stood
    marks: tuple[int, ...] = ()  #: stand for the texts that may be the article's, to be known on other pages
    version_url: str = ""  #: of the same article in another build, as the page wrote it: AMP copy or canonical page


@dataclass(frozen=True, slots=True)
class Article:
    """The text of one entry, from its page or else from the feed."""

    url: str  #: canonical
    title: str
    text: str
    outlet: str  #: the publisher's registrable domain
    language: str  #: ISO 639-1, empty if unknown
    published_at: datetime  #: effective: min(what the feed said, first seen), or first seen
    first_seen_at: datetime
    text_source: TextSource
    byline: str = ""
    site: str = ""
    note: Reason | None = None  #: why the text is only the feed's
    fetched_at: datetime | None = None  #: when its page had come; None for the feed's text
    modified_at: datetime | None = None  #: when the page says it was changed last
    sources: Mapping[str, str] = field(default_factory=dict)  #: what title, byline and the like were taken from


@dataclass(frozen=True, slots=True)
class Matchable:
    """All that a query may ask of an article; relative dates in a query count from `seen_at`."""

    title: str
    text: str
    site: str = ""  #: the outlet's name for itself
    outlet: str = ""
    feed: str = ""  #: the title of the feed that brought it
    folder: str = ""
    language: str = ""
    author: str = ""
    url: str = ""
    published_at: datetime | None = None
    seen_at: datetime | None = None
