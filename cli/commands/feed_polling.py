"""`storywatch feeds refresh`, `events`, `move-back` and `etiquette`: how feeds are asked, what happened to them."""

from typing import Annotated

import typer

from cli.commands.feed_lookup import FeedArgument, find_feed
from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import settings_of, store_of
from cli.exit_codes import FAILED
from cli.output import note, out, print_record, print_rows
from cli.wiring import poll_policy
from pipeline.feeds.explain import explain
from pipeline.masking import masked_url
from pipeline.store import feed_events, moves
from pipeline.store import feeds as stored
from pipeline.store.feed_events import FeedEvent
from pipeline.store.hosts import rest_of
from workers.clock import utc_now
from workers.etiquette.run import play


def refresh(
    feed: FeedArgument,
    ignore_cache: Annotated[
        bool, typer.Option("--ignore-cache", help="Ask for the whole document once, without validators; it is noted.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a feed as soon as politeness allows: conditionally, after its floor and its host's rest.

    However often it is called, one request comes of it.
    """
    settings, now = settings_of(config), utc_now()
    with store_of(config) as database, database.write() as tx:
        found = find_feed(tx, feed)
        stored.make_due(tx, found.id, now)
        if ignore_cache:
            stored.forget_validators(tx, found.id, now)
        why = explain(stored.get(tx, found.id), rest_of(tx, found.host, now), poll_policy(settings), now)
    print_record(
        {"id": found.id, "url": masked_url(found.url), "asked_at": max(why.at, now), "because": why.sentence},
        as_json=as_json,
    )


def events(
    feed: Annotated[str | None, typer.Argument(help="The feed's number or address; else all feeds.")] = None,
    limit: LimitOption = 20,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what happened to feeds: moves, two become one, given up, gone, back again."""
    with store_of(config) as database, database.read() as tx:
        feed_id = find_feed(tx, feed).id if feed else None
        rows = [_row(event) for event in feed_events.recent(tx, limit, feed_id)]
    print_rows("Events", rows, as_json=as_json, empty="Nothing happened that you would need to know of.")


def move_back(
    number: Annotated[int, typer.Argument(help="The feed's number; `storywatch feeds events` shows it.")],
    config: ConfigOption = None,
) -> None:
    """Bring a feed back to the address it had before its last move, to stay there."""
    with store_of(config) as database, database.write() as tx:
        url = moves.undo(tx, number, utc_now())
    out.print(f"feed {number} is asked at {masked_url(url)} again", markup=False)
    note("it stays there, wherever that address leads")


def etiquette(as_json: JsonOption = False) -> None:
    """Play two days of polling on a fake clock against a scripted origin; print a report card, a line a rule.

    Nothing leaves this machine and nothing of yours is read. Takes about half a minute.
    """
    card = play()
    rows = [
        {
            "kept": verdict.kept,
            "checklist": verdict.number,
            "rule": verdict.rule,
            "requests": verdict.requests,
            "worst": verdict.worst,
            "limit": verdict.limit,
        }
        for verdict in card.verdicts
    ]
    print_rows(
        f"{card.request_count} requests to {card.feed_count} feeds in {card.hours:.0f} hours",
        rows,
        as_json=as_json,
        empty="",
    )
    if not card.is_good:
        raise typer.Exit(FAILED)


def _row(event: FeedEvent) -> dict[str, object]:
    return {
        "at": event.at,
        "feed": event.feed_id,
        "title": event.feed_title,
        "event": event.kind.value,
        "from": masked_url(event.old_url) if event.old_url else None,
        "to": masked_url(event.new_url) if event.new_url else None,
        "joined": event.other_feed_id,
        "undone": event.undone_at,
        "detail": event.detail,
    }
