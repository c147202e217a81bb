"""`storywatch hubs`: which hubs push which feeds."""

from datetime import datetime

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import store_of
from cli.output import print_rows
from pipeline.masking import masked_text, masked_url
from pipeline.model import Push
from pipeline.store import feeds, pushes
from workers.clock import utc_now


def hubs(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the feeds that name a hub (WebSub): until when it pushes, whether it is trusted, and what it missed."""
    with store_of(config) as database, database.read() as tx:
        names = {feed.id: feed for feed in feeds.list_all(tx)}
        found = [push for push in pushes.list_all(tx) if push.feed_id in names]
        rows = [_row(push, names[push.feed_id].url, names[push.feed_id].push_until, utc_now()) for push in found]
    print_rows("Hubs", rows, as_json=as_json, empty="No feed names a hub, or none was polled yet.")


def _row(push: Push, url: str, push_until: datetime | None, now: datetime) -> dict[str, object]:
    return {
        "feed": push.feed_id,
        "hub": masked_url(push.hub_url),
        "state": push.state.value,
        "until": push.lease_until,
        "trusted": push_until is not None and push_until > now,
        "last_push": push.pushed_at,
        "pushed": push.good_count,
        "unsigned": push.bad_count,
        "missed": push.missed_count,
        "problem": masked_text(push.error),
        "url": masked_url(url),
    }
