"""The pages of one article: its text and way, what an edit changed, and how it differs from another one.

In: requests. Out: filled templates. Hides FastAPI's routing. Trap: a text is somebody else's words; it is cut into
pieces here and escaped by the template, never joined with markup.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from dashboard.frame import Framing
from dashboard.marking import TONES, marked_text
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from pipeline.articles.wording import Piece, counted, pieces
from pipeline.model import EditCause
from pipeline.store import articles, revisions
from pipeline.store.articles import StoredArticle
from pipeline.store.revisions import Revision
from pipeline.why import Trace, trace_of

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Annotated[int, Path(ge=1, le=10_000)]
#: The words under which `pipeline.articles.metadata` keeps them.
SOURCE_WORDS = {
    "feed": "from the feed",
    "json-ld": "from the page's JSON-LD",
    "meta": "from the page's meta tags",
    "text": "told from the text",
}


CAUSE_WORDS = {
    EditCause.FEED_CHANGED: "its feed said that it changed",
    EditCause.CHECKED: "seen when its page was looked at again",
    EditCause.PAGE_CAME: "its page came; until then the feed's text stood in",
}


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """An article's way, and its texts, the newest first."""

    trace: Trace
    revisions: list[Revision]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts in one: what the first has alone, what the second has alone, and what both have."""

    title: list[Piece]
    text: list[Piece]
    added_count: int
    removed_count: int


def article_page_routes(sources: Sources, framing: Framing) -> APIRouter:
    """Make the routes of articles."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/articles/{article_id}")
    async def article(request: Request, article_id: Id) -> HTMLResponse:
        facts = await sources.database.look(look_at_article_page, article_id)
        frame = framing.of(request, "")
        return render("article.html", {"frame": frame, "now": sources.clock(), **_shown(facts)})

    @reading(router, "/articles/{article_id}/revisions/{number}")
    async def revision(request: Request, article_id: Id, number: Number) -> HTMLResponse:
        stored, before, after = await sources.database.look(look_at_revision, article_id, number)
        change = difference((before.title, before.text), (after.title, after.text))
        shown = {"stored": stored, "before": before, "after": after, "change": change, "cause_words": cause_words}
        return render("revision.html", {"frame": framing.of(request, ""), "now": sources.clock(), **shown})

    @reading(router, "/articles/{article_id}/beside/{other_id}")
    async def beside(request: Request, article_id: Id, other_id: Id) -> HTMLResponse:
        one, other = await sources.database.look(look_at_two, article_id, other_id)
        change = difference((one.article.title, one.article.text), (other.article.title, other.article.text))
        shown = {"one": one, "other": other, "change": change}
        return render("beside.html", {"frame": framing.of(request, ""), "now": sources.clock(), **shown})

    return router


def look_at_article_page(tx: Connection, article_id: int) -> ArticleFacts:
    """Read all that is known of an article; raises NotFound."""
    return ArticleFacts(trace_of(tx, article_id), revisions.all_of(tx, article_id)[::-1])


def look_at_revision(tx: Connection, article_id: int, number: int) -> tuple[StoredArticle, Revision, Revision]:
    """Read a revision and the one before it; raises NotFound."""
    return articles.get(tx, article_id), *revisions.choose(revisions.all_of(tx, article_id), number)


def look_at_two(tx: Connection, one_id: int, other_id: int) -> tuple[StoredArticle, StoredArticle]:
    """Read two articles; raises NotFound."""
    return articles.get(tx, one_id), articles.get(tx, other_id)


def difference(one: tuple[str, str], other: tuple[str, str]) -> Difference:
    """Compare two titles and texts."""
    title, text = pieces(one[0], other[0]), pieces(one[1], other[1])
    return Difference(title, text, *counted([*title, *text]))


def source_words(source: str) -> str:
    """Say in words where a field of an article was taken from."""
    return SOURCE_WORDS.get(source, f"from {source}")


def cause_words(cause: EditCause | None) -> str:
    """Say in words why an edit was noticed."""
    return CAUSE_WORDS[cause] if cause else ""


def _shown(facts: ArticleFacts) -> dict[str, object]:
    trace = facts.trace
    article = trace.stored.article
    named = [(told.name, told.spans) for told in trace.told if told.spans]
    return {
        "trace": trace,
        "article": article,
        "source_words": source_words,
        "title": marked_text(article.title, "title", named),
        "text": marked_text(article.text, "text", named),
        "legend": [(name, place % TONES) for place, (name, _) in enumerate(named)],
        "unmet": [told.name for told in trace.told if not told.spans],
        "revisions": facts.revisions if len(facts.revisions) > 1 else [],
    }
