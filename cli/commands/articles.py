"""`storywatch articles`: what was found."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import out, print_json, print_record, print_rows
from pipeline.articles.wording import Piece, PieceKind, counted, pieces
from pipeline.store import articles as stored_articles
from pipeline.store import revisions
from pipeline.store.articles import StoredArticle
from pipeline.store.revisions import Revision

app = typer.Typer(no_args_is_help=True, help="Look at articles.")


@app.command("list")
def list_articles(limit: LimitOption = 20, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the newest articles."""
    with store_of(config) as database, database.read() as tx:
        rows = [_article_row(stored) for stored in stored_articles.recent(tx, limit)]
    print_rows("Articles", rows, as_json=as_json, empty="No articles yet; `storywatch run` brings them.")


@app.command("show")
def show_article(
    number: Annotated[int, typer.Argument(help="The article's number.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one article with its newest text, and which texts it had before."""
    with store_of(config) as database, database.read() as tx:
        stored = stored_articles.get(tx, number)
        texts = [_revision_row(one) for one in revisions.all_of(tx, number)] if stored.revision_count else []
    row = _article_row(stored) | {
        "text_source": stored.article.text_source.value,
        "note": stored.article.note.value if stored.article.note else None,
        "byline": stored.article.byline,
        "language": stored.article.language,
        "site": stored.article.site,
        "modified": stored.article.modified_at,
        "first_seen": stored.article.first_seen_at,
        "sources": _sources(stored),
    }
    if as_json:
        print_json(row | {"revisions": texts, "text": stored.article.text})
        return
    print_record(row, as_json=False)
    out.print()
    if texts:
        print_rows("Revisions", texts, as_json=False, empty="")
        out.print()
    out.print(stored.article.text, markup=False, highlight=False)


@app.command("diff")
def show_diff(
    number: Annotated[int, typer.Argument(help="The article's number.")],
    revision: Annotated[int | None, typer.Argument(help="The revision; the newest if none is named.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an edit changed: a revision of an article beside the one before it."""
    with store_of(config) as database, database.read() as tx:
        before, after = revisions.choose(revisions.all_of(tx, number), revision)
    title, text = pieces(before.title, after.title), pieces(before.text, after.text)
    added, removed = counted([*title, *text])
    row: dict[str, object] = {
        "article": number,
        "from": before.number,
        "to": after.number,
        "replaced": before.replaced_at,
    }
    row |= {"cause": before.cause.value if before.cause else None, "words_added": added, "words_removed": removed}
    if as_json:
        shown = {"title": [*map(_piece_row, title)], "text": [*map(_piece_row, text)]}
        print_json(row | shown)
        return
    print_record(row, as_json=False)
    for part in (title, text):
        out.print()
        out.print(_marked(part))


def _marked(found: Sequence[Piece]) -> Text:
    """Write pieces for a terminal: `[-gone-]{+come+}`, also where there are no colours."""
    text = Text()
    for piece in found:
        match piece.kind:
            case PieceKind.ADDED:
                text.append(f"{{+{piece.text}+}}", style="green")
            case PieceKind.REMOVED:
                text.append(f"[-{piece.text}-]", style="red")
            case _:
                text.append(piece.text)
    return text


def _piece_row(piece: Piece) -> dict[str, str]:
    return {"kind": piece.kind.value, "text": piece.text}


def _revision_row(one: Revision) -> dict[str, object]:
    return {
        "revision": one.number,
        "read": one.read_at,
        "replaced": one.replaced_at,
        "cause": one.cause.value if one.cause else None,
        "words": len(one.text.split()),
        "title": one.title,
    }


def _sources(stored: StoredArticle) -> str:
    """Say what title, byline, site, language and dates were taken from."""
    return ", ".join(f"{name.removesuffix('_at')} from {source}" for name, source in stored.article.sources.items())


def _article_row(stored: StoredArticle) -> dict[str, object]:
    return {
        "id": stored.id,
        "story": stored.story_id,
        "published": stored.article.published_at,
        "outlet": stored.article.outlet,
        "title": stored.article.title,
        "words": len(stored.article.text.split()),
        "url": stored.article.url,
    }
