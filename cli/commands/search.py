"""`storywatch search`: what a query finds in the archive, by story."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.text import Text

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.query_trial import check_query
from cli.commands.session import store_of
from cli.output import out, print_json
from pipeline import searching
from pipeline.searching import Search, StoryHits
from workers.clock import utc_now


def search(
    query: Annotated[str, typer.Argument(help="A query, as subscriptions have them.")],
    days: Annotated[int, typer.Option("--days", "-d", min=1, max=36_500, help="How far back.")] = 30,
    language: Annotated[str, typer.Option(help="Only articles in this language.")] = "",
    outlet: Annotated[str, typer.Option(help="Only articles of this outlet.")] = "",
    folder: Annotated[str, typer.Option(help="Only articles of feeds in this folder.")] = "",
    limit: LimitOption = 20,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search the archive: stories with the articles that meet a query, the newest first."""
    with store_of(config) as database, database.read() as tx:
        check_query(tx, query)
        asked = Search(query, utc_now() - timedelta(days=days), language, outlet, folder)
        found = searching.search(tx, asked, 0, limit)
    if as_json:
        print_json(asdict(found))
        return
    out.print(f"{found.found_count:,} of {found.article_count:,} articles, in {found.story_count:,} stories")
    for one in found.stories:
        _print(one)


def _print(one: StoryHits) -> None:
    out.print()
    out.print(Text(f"story {one.story.id}: {one.story.title}", style="bold"))
    for hit in one.hits:
        out.print(Text(f"  {hit.article_id}  {hit.outlet}: {hit.title}"))
        passage = Text(f"  {hit.passage}")
        passage.highlight_words(hit.matched, style="bold yellow", case_sensitive=False)
        out.print(passage)
