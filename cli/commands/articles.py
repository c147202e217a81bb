"""`storywatch articles`: what was found."""

from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import out, print_json, print_record, print_rows
from pipeline.store import articles as stored_articles
from pipeline.store.articles import StoredArticle

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
    """Show one article with its text."""
    with store_of(config) as database, database.read() as tx:
        stored = stored_articles.get(tx, number)
    row = _article_row(stored) | {
        "text_source": stored.article.text_source.value,
        "note": stored.article.note.value if stored.article.note else None,
        "byline": stored.article.byline,
        "language": stored.article.language,
        "first_seen": stored.article.first_seen_at,
    }
    if as_json:
        print_json(row | {"text": stored.article.text})
        return
    print_record(row, as_json=False)
    out.print()
    out.print(stored.article.text, markup=False, highlight=False)


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
