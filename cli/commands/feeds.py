"""`storywatch feeds`: the feeds that are watched."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import typer

from cli.commands import feed_polling
from cli.commands.feed_adding import chosen, find_and_add
from cli.commands.feed_check import check
from cli.commands.feed_hygiene import hygiene
from cli.commands.feed_lookup import FeedArgument, find_feed
from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of, store_of
from cli.output import note, out, print_json, print_record, print_rows
from cli.wiring import feed_rules, poll_policy, quota
from pipeline.errors import Unusable
from pipeline.feeds.opml import OpmlFeed, read_opml, write_opml
from pipeline.feeds.schedule import spread_seconds
from pipeline.masking import has_secret, masked_text, masked_url
from pipeline.model import Feed, FeedState
from pipeline.store import feeds as stored
from pipeline.store.adding import add_many, add_one
from pipeline.urls import is_web_url
from workers.feed_search import Wanted

app = typer.Typer(no_args_is_help=True, help="Add, remove, list, import and export feeds.")

app.command()(hygiene)

app.command()(feed_polling.refresh)
app.command()(feed_polling.events)
app.command("move-back")(feed_polling.move_back)
app.command()(feed_polling.etiquette)
app.command()(check)


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Address of a feed, or of a site that has one; http or https.")],
    title: Annotated[str, typer.Option(help="Name to show; else the feed's own.")] = "",
    folder: Annotated[str, typer.Option(help="Folder to keep it in.")] = "",
    interval: Annotated[int | None, typer.Option(min=1, help="Seconds between two polls.")] = None,
    pick: Annotated[int | None, typer.Option(min=1, help="Which one, where a site has several feeds.")] = None,
    as_is: Annotated[bool, typer.Option("--as-is", help="Take the address as it is, without asking it.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Watch a feed, or the feed of a site. Adding one that is there already changes nothing.

    An address that is no feed is looked at for those it names, with at most five requests.
    """
    if not is_web_url(url):
        raise Unusable(
            f"{url} is not an http(s) address that can be asked; write it in full and without user and password, as "
            "in https://example.org/feed.xml"
        )
    settings, wanted = settings_of(config), Wanted(title, folder, interval)
    with store_of(config) as database:
        if as_is:
            with database.write() as tx:
                feed = add_one(tx, url, quota(settings), datetime.now(UTC), **asdict(wanted))
        else:
            choose = partial(chosen, url=url, pick=pick, as_json=as_json)
            feed = asyncio.run(find_and_add(feed_rules(settings), database, url, wanted, choose))
    if feed.last_success_at is None and not as_is:
        note("it could not be reached just now; it is added all the same and asked again after feeds.floor_seconds")
    print_record(_row(feed), as_json=as_json)


@app.command()
def remove(feed: FeedArgument, config: ConfigOption = None) -> None:
    """Stop watching a feed; its articles and stories stay."""
    with store_of(config) as database, database.write() as tx:
        found = find_feed(tx, feed)
        stored.remove(tx, found.id)
    out.print(f"removed {masked_url(found.url)}", markup=False)


@app.command()
def pause(feed: FeedArgument, config: ConfigOption = None) -> None:
    """Do not poll a feed until it is resumed."""
    with store_of(config) as database, database.write() as tx:
        stored.pause(tx, find_feed(tx, feed).id)


@app.command()
def resume(feed: FeedArgument, config: ConfigOption = None) -> None:
    """Poll a paused or gone feed again."""
    with store_of(config) as database, database.write() as tx:
        stored.resume(tx, find_feed(tx, feed).id, datetime.now(UTC))


@app.command("list")
def list_feeds(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List all feeds with their health."""
    with store_of(config) as database, database.read() as tx:
        rows = [_row(feed) for feed in stored.list_all(tx)]
    print_rows("Feeds", rows, as_json=as_json, empty="No feeds yet: storywatch feeds add https://example.org/feed.xml")


@app.command("import")
def import_opml(
    file: Annotated[Path, typer.Argument(help="OPML file.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add all feeds of an OPML file; what cannot be used is listed with the reason."""
    reading, settings, now = read_opml(_read(file)), settings_of(config), datetime.now(UTC)
    wanted = [(feed.url, feed.title, feed.folder) for feed in reading.feeds]
    waits = spread_seconds([poll_policy(settings).interval_seconds] * len(wanted), SystemRandom())
    with store_of(config) as database, database.write() as tx:
        added = add_many(tx, wanted, quota(settings), now, waits)
    skipped = [*((masked_text(text), masked_text(why)) for text, why in reading.skipped), *added.refused]
    if as_json:
        report = [{"what": text, "why": why} for text, why in skipped]
        print_json({"added": len(added.new), "known": added.known_count, "skipped": report})
        return
    out.print(f"{len(added.new)} added, {added.known_count} known already, {len(skipped)} skipped")
    for text, why in skipped:
        note(f"skipped {text}: {why}")


@app.command("export")
def export_opml(
    file: Annotated[Path | None, typer.Argument(help="File to write; else standard output.")] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Write keys in addresses in full, for a list that nobody else sees.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write all feeds as OPML, folders kept; keys in addresses are masked unless you ask for them."""
    with store_of(config) as database, database.read() as tx:
        listed = stored.list_all(tx)
    masked_count = 0 if with_secrets else sum(has_secret(feed.url) for feed in listed)
    if masked_count:
        note(f"{masked_count} addresses hold keys and are masked; --with-secrets writes them in full")
    shown = [feed.url if with_secrets else masked_url(feed.url) for feed in listed]
    body = write_opml(
        tuple(OpmlFeed(url=url, title=f.title, folder=f.folder) for f, url in zip(listed, shown, strict=True))
    )
    if file is None:
        typer.echo(body.decode("utf-8"))
        return
    _write(file, body)
    out.print(f"wrote {file}", markup=False)


def _row(feed: Feed) -> dict[str, object]:
    """Give what the list shows of a feed."""
    return {
        "id": feed.id,
        "title": feed.title,
        "folder": feed.folder,
        "state": feed.state.value,
        "last_success": feed.last_success_at,
        "next_poll": feed.next_poll_at,
        "errors": feed.error_count,
        "may_have_missed": feed.gap_at,
        "problem": feed.last_error,
        "why": feed.bound.value if feed.bound and feed.state is FeedState.ACTIVE else None,
        "url": masked_url(feed.url),
    }


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Unusable(f"{file} cannot be read ({error.strerror})") from error


def _write(file: Path, body: bytes) -> None:
    try:
        file.write_bytes(body)
    except OSError as error:
        raise Unusable(f"{file} cannot be written ({error.strerror})") from error
