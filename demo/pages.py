"""The outlets' pages: articles in their outlet's theme, with all that stands around them; front pages; the wall.

In: outlet, piece, what else is published, the instant. Out: HTML. Hides Jinja's page templates and `noise.toml`.
Trap: the noise is drawn from the piece's address, so that a page asked for twice shows the same comments; only
the counters move with time.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from demo.content import FOLDER, read_toml
from demo.feeds import local_time, paragraphs_html
from demo.grammar import draw
from demo.model import Outlet, Piece

RELATED_COUNT = 4
_COMMENT_COUNT = 3
_WORDS_A_MINUTE = 200
_SECONDS_A_VISIT = 7
_NOISE = FOLDER / "noise.toml"


class Pages:
    """Writes pages."""

    def __init__(self) -> None:
        self._noise = read_toml(_NOISE)
        self._templates = Environment(
            loader=PackageLoader("demo", "templates/pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def article(self, outlet: Outlet, piece: Piece, others: Sequence[Piece], now: datetime, port: int) -> str:
        """Write a piece's page; `others` of the same outlet, newest first, fill the related block."""
        canonical = outlet.root(port) + outlet.article_path.replace("{slug}", piece.slug)
        iso = local_time(outlet, piece.published_at).isoformat()
        return self._themed(
            outlet,
            piece.slug,
            [each for each in others if each.slug != piece.slug],
            piece=piece,
            canonical=canonical,
            iso=iso,
            local=local_time(outlet, piece.published_at),
            body=paragraphs_html(piece),
            minutes=max(1, len(piece.text.split()) // _WORDS_A_MINUTE),
            shares=3 + draw(piece.slug, "shares", 900),
            linked_data=_linked_data(outlet, piece, canonical, iso),
            visits=_visits(piece, now),
            visits_today=1 + _visits(piece, now) % 40,
        )

    def front(self, outlet: Outlet, pieces: Sequence[Piece]) -> str:
        """Write an outlet's front page over `pieces`, newest first."""
        shown = [_teaser(outlet, piece) for piece in pieces]
        return self._themed(outlet, "front", pieces, piece=None, pieces=shown, visits=len(pieces))

    def wall(self, outlet: Outlet) -> str:
        """Write the consent wall, which answers in the place of an article."""
        return self._templates.get_template("consent.html").render(outlet=outlet)

    def dossier(self, outlet: Outlet) -> str:
        """Write the page behind the teaser that must not alert; no feed lists it."""
        return self._templates.get_template("dossier.html").render(outlet=outlet, teaser=self._teaser_of(outlet))

    def index(self, outlets: Iterable[Outlet], count: int, port: int) -> str:
        """Write the plain host's page, which lists the outlets."""
        return self._templates.get_template("index.html").render(outlets=outlets, count=count, port=port)

    def _themed(self, outlet: Outlet, seed: str, others: Sequence[Piece], **values: Any) -> str:
        noise = self._noise[outlet.language]
        first = draw(seed, "advert", len(noise["adverts"]))
        return self._templates.get_template(f"{outlet.name}.html").render(
            outlet=outlet,
            related=[_teaser(outlet, each) for each in others[:RELATED_COUNT]],
            teaser=self._teaser_of(outlet),
            adverts=noise["adverts"][first:] + noise["adverts"][:first],
            comments=_comments(noise["comments"], seed),
            **values,
        )

    def _teaser_of(self, outlet: Outlet) -> dict[str, str]:
        noise = self._noise[outlet.language]
        return {"title": noise["teaser_title"], "text": noise["teaser_text"]}


def robots(outlet: Outlet) -> str:
    """Write an outlet's robots.txt: articles and feeds are open, searching and commenting are not."""
    return f"# {outlet.title}\nUser-agent: *\nDisallow: /search\nDisallow: /comment\nAllow: /\n"


def _teaser(outlet: Outlet, piece: Piece) -> dict[str, str]:
    return {
        "title": piece.title,
        "summary": piece.summary,
        "path": outlet.article_path.replace("{slug}", piece.slug),
        "time": local_time(outlet, piece.published_at).strftime("%d/%m %H:%M"),
    }


def _comments(pool: Sequence[Sequence[str]], seed: str) -> list[Sequence[str]]:
    return sorted(pool, key=lambda comment: draw(seed, comment[0], 2**32))[:_COMMENT_COUNT]


def _visits(piece: Piece, now: datetime) -> int:
    return 1 + max(0, int((now - piece.published_at).total_seconds())) // _SECONDS_A_VISIT


def _linked_data(outlet: Outlet, piece: Piece, canonical: str, iso: str) -> Markup:
    """Give the piece as schema.org JSON-LD, safe inside a script element."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": piece.title,
        "datePublished": iso,
        "author": {"@type": "Person", "name": piece.byline},
        "publisher": {"@type": "Organization", "name": outlet.title},
        "mainEntityOfPage": canonical,
    }
    return Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704 - JSON with < escaped
