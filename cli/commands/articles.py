"""`storywatch articles` and `storywatch stories`: what was found, and why it stands together."""

from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import out, print_json, print_record, print_rows
from pipeline.model import Grouping, Story
from pipeline.store import articles as stored_articles
from pipeline.store import stories as stored_stories
from pipeline.store.articles import StoredArticle

articles = typer.Typer(no_args_is_help=True, help="Look at articles.")
stories = typer.Typer(no_args_is_help=True, help="Look at stories.")


@articles.command("list")
def list_articles(limit: LimitOption = 20, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the newest articles."""
    with store_of(config) as database, database.read() as tx:
        rows = [_article_row(stored) for stored in stored_articles.recent(tx, limit)]
    print_rows("Articles", rows, as_json=as_json, empty="No articles yet; `storywatch run` brings them.")


@articles.command("show")
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


@stories.command("list")
def list_stories(limit: LimitOption = 20, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the newest stories."""
    with store_of(config) as database, database.read() as tx:
        rows = [_story_row(story) for story in stored_stories.recent(tx, limit)]
    print_rows("Stories", rows, as_json=as_json, empty="No stories yet; `storywatch run` brings them.")


@stories.command("show")
def show_story(
    number: Annotated[int, typer.Argument(help="The story's number.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one story: its articles, which are copies, and why each belongs."""
    with store_of(config) as database, database.read() as tx:
        story = stored_stories.get(tx, number)
        members = stored_stories.articles_of(tx, number)
        groupings = stored_stories.groupings_of(tx, number)
    rows = [_member_row(stored, groupings.get(stored.id)) for stored in members]
    if as_json:
        print_json(_story_row(story) | {"articles": rows})
        return
    print_record(_story_row(story), as_json=False)
    out.print()
    print_rows("Articles", rows, as_json=False, empty="")


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


def _story_row(story: Story) -> dict[str, object]:
    return {
        "id": story.id,
        "title": story.title,
        "articles": story.article_count,
        "texts": story.text_count,
        "outlets": story.outlet_count,
        "first": story.first_at,
        "last": story.last_at,
    }


def _member_row(stored: StoredArticle, grouping: Grouping | None) -> dict[str, object]:
    return {
        "article": stored.id,
        "outlet": stored.article.outlet,
        "kind": grouping.kind.value if grouping else None,
        "title": stored.article.title,
        "why": grouping.why if grouping else "",
    }
