"""`storywatch subscriptions`: the standing questions."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.commands import rule_options
from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import settings_of, store_of
from cli.output import note, out, print_record, print_rows
from cli.wiring import open_database, site_url
from pipeline.alerts.index import SubscriptionIndex
from pipeline.alerts.links import feed_link
from pipeline.alerts.matchable import matchable
from pipeline.alerts.passage import matched_words
from pipeline.alerts.query.notes import notes
from pipeline.alerts.query.syntax import parse_query
from pipeline.errors import BadQuery, NotFound, Unusable
from pipeline.model import Subscription
from pipeline.rule_text import write_rule
from pipeline.store import articles, subscriptions
from pipeline.store.articles import StoredArticle

app = typer.Typer(no_args_is_help=True, help="Add, list, remove and test subscriptions.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name to show.")],
    query: Annotated[str, typer.Argument(help='Query, as in: Kursk AND ("North Korea" OR Gerasimov) NOT football')],
    channel: Annotated[list[str] | None, typer.Option(help="Channel that hears of it; may be repeated.")] = None,
    outlets: rule_options.Outlets = None,
    texts: rule_options.Texts = None,
    first_in_language: rule_options.FirstInLanguage = False,
    growth: rule_options.Growth = None,
    not_before: rule_options.NotBefore = None,
    not_after: rule_options.NotAfter = None,
    update_outlets: rule_options.UpdateOutlets = None,
    update_changed: rule_options.UpdateChanged = False,
    update_most: rule_options.UpdateMost = None,
    quiet: rule_options.QuietHours = None,
    most_per_hour: rule_options.MostPerHour = None,
    digest: rule_options.DigestAt = None,
    tz: rule_options.TimeZone = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a subscription; it holds for every article from now on."""
    rule = rule_options.rule_of(
        {
            "outlets": outlets,
            "texts": texts,
            "first_in_language": first_in_language,
            "growth": growth,
            "not_before": not_before,
            "not_after": not_after,
            "update_outlets": tuple(update_outlets or ()),
            "update_changed": update_changed,
            "update_most": update_most,
            "quiet": quiet,
            "most_per_hour": most_per_hour,
            "digest": digest,
            "timezone": tz,
        }
    )
    settings = settings_of(config)
    channels = tuple(channel or settings.channels)
    unknown = [name for name in channels if name not in settings.channels]
    if unknown:
        known = ", ".join(settings.channels)
        raise Unusable(f"no channel is called {unknown[0]!r}; the settings have: {known}")
    _check(query)
    with open_database(settings) as database, database.write() as tx:
        added = subscriptions.add(tx, name, query, channels, now=datetime.now(UTC), rule=rule)
    print_record(_row(added), as_json=as_json)


@app.command("list")
def list_subscriptions(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List all subscriptions."""
    with store_of(config) as database, database.read() as tx:
        rows = [_row(subscription) for subscription in subscriptions.list_all(tx)]
    print_rows(
        "Subscriptions", rows, as_json=as_json, empty="No subscriptions yet: storywatch subscriptions add --help"
    )


@app.command()
def remove(
    subscription: Annotated[str, typer.Argument(help="The subscription's number or name.")],
    config: ConfigOption = None,
) -> None:
    """Remove a subscription; alerts already raised stay."""
    with store_of(config) as database, database.write() as tx:
        found = find_subscription(subscriptions.list_all(tx), subscription)
        subscriptions.remove(tx, found.id)
    out.print(f"removed {found.name}", markup=False)


@app.command()
def feed(
    subscription: Annotated[str, typer.Argument(help="The subscription's number or name.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the secret addresses of a subscription's feed."""
    settings = settings_of(config)
    with open_database(settings) as database, database.write() as tx:
        key = subscriptions.feed_key(tx, find_subscription(subscriptions.list_all(tx), subscription).id)
    links = {kind: feed_link(site_url(settings), key, kind) for kind in ("atom", "json")}
    print_record(links, as_json=as_json)


@app.command("test")
def try_query(
    query: Annotated[str, typer.Argument(help="Query to try on the articles of the archive.")],
    limit: LimitOption = 1000,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which of the newest articles a query would have met, without saving anything."""
    _check(query)
    index = SubscriptionIndex([Subscription(id=0, name="test", query=query, channels=())])
    with store_of(config) as database, database.read() as tx:
        tried = articles.recent(tx, limit)
    rows = [row for stored in tried for row in _met(index, stored)]
    print_rows("Would have met", rows, as_json=as_json, empty=f"None of the newest {len(tried)} articles meets it.")
    note(f"{len(rows)} of {len(tried)} articles, {len({row['story'] for row in rows})} stories: so many alerts")


def _check(query: str) -> None:
    """Refuse a query that cannot be understood, showing where; print remarks on one that can."""
    try:
        parse_query(query)
    except BadQuery as error:
        mended = f"\nperhaps: {error.suggestion}" if error.suggestion else ""
        raise Unusable(f"{error.problem}\n  {query}\n  {' ' * error.position}^{mended}") from error
    for remark in notes(query):
        note(remark)


def _met(index: SubscriptionIndex, stored: StoredArticle) -> list[dict[str, object]]:
    """Give what the list shows of an article that meets the query; empty if it does not."""
    title, text = stored.article.title, stored.article.text
    return [
        {
            "article": stored.id,
            "story": stored.story_id,
            "title": title,
            "outlet": stored.article.outlet,
            "matched": list(matched_words(title, text, match.spans)),
        }
        for match in index.match(matchable(stored.article))
    ]


def _row(subscription: Subscription) -> dict[str, object]:
    """Give what the list shows of a subscription."""
    return {
        "id": subscription.id,
        "name": subscription.name,
        "query": subscription.query,
        "channels": list(subscription.channels),
        "enabled": subscription.enabled,
        "rule": write_rule(subscription.rule),
    }


def find_subscription(known: list[Subscription], text: str) -> Subscription:
    """Find one by number or name; raises NotFound."""
    for subscription in known:
        if text in {str(subscription.id), subscription.name}:
            return subscription
    raise NotFound(f"no subscription is called {text!r}; `storywatch subscriptions list` shows all")
