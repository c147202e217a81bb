"""`storywatch hosts`: what the pages of each host were: articles, walls, stubs."""

from typing import Annotated

import typer

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import print_rows
from pipeline.store import repeats
from pipeline.store.repeats import HostPages

RefusedOption = Annotated[bool, typer.Option("--refused", help="Only hosts with pages that were no articles.")]


def hosts(
    limit: LimitOption = 20, refused: RefusedOption = False, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show what the pages of each host were: articles, consent walls, paywalls, missing pages."""
    with store_of(config) as database, database.read() as tx:
        rows = [host_row(one) for one in repeats.hosts_seen(tx, limit, refused_first=refused)]
    print_rows(
        "Hosts", rows if as_json else [_flat(row) for row in rows], as_json=as_json, empty="No page was fetched yet."
    )


def host_row(one: HostPages) -> dict[str, object]:
    """Give a host's counts as a record."""
    return {
        "host": one.host,
        "pages": one.page_count,
        "articles": one.article_count,
        "no_articles": {kind: count for kind, count in one.kinds.items() if kind != repeats.ARTICLE},
        "last": one.last_at,
    }


def _flat(row: dict[str, object]) -> dict[str, object]:
    kinds = row["no_articles"]
    said = ", ".join(f"{kind} {count}" for kind, count in kinds.items()) if isinstance(kinds, dict) else ""
    return row | {"no_articles": said}
