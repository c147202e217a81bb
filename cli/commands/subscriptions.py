"""`storywatch subscriptions`: the standing questions."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.commands import query_trial, rule_options, subscription_files
from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of, store_of
from cli.output import out, print_record, print_rows
from cli.wiring import open_database, site_url
from dashboard.may import OPERATOR
from dashboard.subscriptions.giving import give
from pipeline.alerts.links import feed_link
from pipeline.errors import NotFound, Unusable
from pipeline.model import Subscription
from pipeline.rule_text import write_rule
from pipeline.store import subscriptions
from pipeline.subscribing import remove as unsubscribe
from pipeline.subscribing import save

app = typer.Typer(no_args_is_help=True, help="Add, list, remove, try, import and export subscriptions.")


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
    with open_database(settings) as database, database.write() as tx:
        query_trial.check_query(tx, query, name)
        added = save(tx, name, query, channels, datetime.now(UTC), rule)
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
        unsubscribe(tx, found)
    out.print(f"removed {found.name}", markup=False)


@app.command("give")
def give_away(
    subscription: Annotated[str, typer.Argument(help="The subscription's number or name.")],
    owner: Annotated[str, typer.Argument(help="The user who may change it; empty for the whole newsroom.")],
    config: ConfigOption = None,
) -> None:
    """Give a subscription to another user, an editor or an admin."""
    settings = settings_of(config)
    with open_database(settings) as database, database.write() as tx:
        found = find_subscription(subscriptions.list_all(tx), subscription)
        give(tx, found.id, owner, OPERATOR, settings.web.subscriptions_per_user)
    out.print(f"{found.name} belongs to {owner or 'the whole newsroom'}", markup=False)


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


app.command("test")(query_trial.try_out)
app.command("variants")(query_trial.list_variants)
app.command("export")(subscription_files.export_file)
app.command("import")(subscription_files.import_file)
app.command("check")(subscription_files.check_file)


def _row(subscription: Subscription) -> dict[str, object]:
    """Give what the list shows of a subscription."""
    return {
        "id": subscription.id,
        "name": subscription.name,
        "query": subscription.query,
        "channels": list(subscription.channels),
        "enabled": subscription.enabled,
        "problem": subscription.problem,
        "rule": write_rule(subscription.rule),
    }


def find_subscription(known: list[Subscription], text: str) -> Subscription:
    """Find one by number or name; raises NotFound."""
    for subscription in known:
        if text in {str(subscription.id), subscription.name}:
            return subscription
    raise NotFound(f"no subscription is called {text!r}; `storywatch subscriptions list` shows all")
