"""What `storywatch feeds add` does with an address: find the feed, let one be chosen, store it.

In: rules, store, an address. Out: the stored feed, or a choice that somebody must make. Trap: where a site has several
feeds nothing is stored until somebody picks.
"""

from collections.abc import Callable

from cli.output import print_json
from pipeline.errors import Permanent, Transient, Unusable
from pipeline.feeds.discover import Discovery, FoundFeed
from pipeline.model import Feed
from pipeline.store import feeds
from pipeline.store.database import Database
from workers.clock import utc_now
from workers.feed_rules import FeedRules
from workers.feed_search import Wanted, add_found, search

_ALL_THE_SAME = "With --as-is the address is watched all the same."


async def find_and_add(
    rules: FeedRules, database: Database, url: str, wanted: Wanted, choose: Callable[[Discovery], FoundFeed]
) -> Feed:
    """Find the feed at an address and store it; `choose` picks one of several, or raises.

    A feed that cannot be reached now is stored as it was typed. Raises Unusable for an address that will never answer.
    """
    known = await database.look(feeds.find_by_url, url)
    if known is not None:
        return known
    asked_at = None
    try:
        found = choose(await search(rules, database, url))
    except Transient:
        found, asked_at = FoundFeed(url), utc_now()
    except Permanent as failure:
        raise Unusable(f"{url} gives no feed: {failure} ({failure.reason}). {_ALL_THE_SAME}") from failure
    return await add_found(rules, database, found, wanted, asked_at)


def chosen(discovery: Discovery, *, url: str, pick: int | None, as_json: bool) -> FoundFeed:
    """Give the one feed that was found or picked; raises Unusable, with the list, if there is none or a choice."""
    choices = discovery.choices()
    if not choices:
        asked = ", ".join(discovery.asked)
        raise Unusable(f"no feed was found at {url}. Asked: {asked}. Give the feed's own address. {_ALL_THE_SAME}")
    if pick is not None and pick <= len(choices):
        return choices[pick - 1]
    if pick is None and len(choices) == 1:
        return choices[0]
    if as_json:
        print_json({"choices": [_row(number, one) for number, one in enumerate(choices, 1)]})
    lines = [f"  --pick {number}  {one.title or '(no title)'}  {one.url}" for number, one in enumerate(choices, 1)]
    raise Unusable("\n".join([f"{url} has {len(choices)} feeds; add one of them by its address, or with", *lines]))


def _row(number: int, one: FoundFeed) -> dict[str, object]:
    count = len(one.parsed.entries) if one.parsed else None
    return {"pick": number, "title": one.title, "url": one.url, "entries": count}
