"""What the newsroom is made of: outlets, the pieces they publish, and pieces whose hour is not fixed yet.

In: values that `demo.content` has checked. Out: frozen records. Hides nothing.
Trap: an outlet's pages live on its own host, so an address needs the port the origin listens on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit


class FeedFormat(StrEnum):
    """The kind of feed an outlet offers."""

    RSS20 = "rss20"
    RSS092 = "rss092"
    RDF = "rdf"
    ATOM = "atom"
    JSON = "json"


class FeedContent(StrEnum):
    """How much of a piece its feed shows: title and link, a summary too, or all of the text."""

    BARE = "bare"
    SUMMARY = "summary"
    FULL = "full"


class Validator(StrEnum):
    """A response header by which a feed can be asked for conditionally."""

    ETAG = "etag"
    LAST_MODIFIED = "last_modified"


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher with a host of its own, a feed and a page theme of the same name."""

    name: str  #: host label and name of the theme
    title: str
    tagline: str
    language: str  #: ISO 639-1
    format: FeedFormat
    content: FeedContent
    validators: frozenset[Validator]
    feed_path: str
    article_path: str  #: holds `{slug}` once, in the path or in the query
    desk: str  #: byline of pieces without an author
    utc_offset_minutes: int = 0
    link_suffix: str = ""  #: what the feed adds to links, such as campaign parameters

    def root(self, port: int) -> str:
        """Give the outlet's address without a slash at the end (RFC 6761 keeps `.localhost` on this machine)."""
        return f"http://{self.name}.localhost:{port}"

    def find_slug(self, path: str, query: str) -> str | None:
        """Give the slug that an address of this outlet names; parameters that are not ours are ignored."""
        pattern = urlsplit(self.article_path)
        for key, value in parse_qsl(pattern.query):
            if value == "{slug}":
                return dict(parse_qsl(query)).get(key) if path == pattern.path else None
        before, _, after = pattern.path.partition("{slug}")
        slug = path.removeprefix(before).removesuffix(after)
        return slug if f"{before}{slug}{after}" == path and "/" not in slug else None


@dataclass(frozen=True, slots=True)
class Piece:
    """One text that one outlet has published."""

    event: str  #: the event told; the same for every outlet that tells it
    outlet: str
    slug: str  #: unique in the outlet
    title: str
    byline: str
    paragraphs: tuple[str, ...]
    language: str
    published_at: datetime
    walled: bool = False  #: a visitor without consent sees the consent wall instead
    copy_of: str = ""  #: the outlet whose text this repeats

    @property
    def story(self) -> str:
        """Give the key of the story this belongs to: the event as told in one language."""
        return f"{self.event}.{self.language}"

    @property
    def summary(self) -> str:
        """Give the first paragraph, which is what feeds and teasers show."""
        return self.paragraphs[0]

    @property
    def text(self) -> str:
        """Give the article's own text, title and noise left out, one blank line between paragraphs."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Draft:
    """A written piece with its hour told relative to the newsroom's start; exactly one of the two is set."""

    piece: Piece
    minutes_before: int | None
    step: int | None  #: place in the sequence of what appears after the start, from 1

    def appears_at(self, start: datetime, step_seconds: float) -> datetime:
        """Give the instant of publication in a newsroom that starts at `start`."""
        if self.step is not None:
            return start + timedelta(seconds=self.step * step_seconds)
        return start - timedelta(minutes=self.minutes_before or 0)
