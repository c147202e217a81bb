"""The other pages of a feed: parts of a sitemap index, older pages by RFC 5005 and JSON Feed's `next_url` (F42, F43).

In: a document that names other pages, and a way to ask for them. Out: the document with its parts, and the entries of
older pages. Trap: these links come from strangers and may lead in circles, elsewhere or nowhere; they are followed at
the same origin only, each once, so many pages, bytes and seconds, and what fails on the way loses nothing read so far.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from pipeline.errors import Failure, Permanent
from pipeline.model import Entry, Feed, ParsedFeed, Reason, Response
from pipeline.urls import canonical, find_web_url

MOST_PARTS = 3  # of an index, asked for at each poll
MOST_BYTES = 20_000_000  # of all further pages of one poll


@dataclass(frozen=True, slots=True)
class Following:
    """How further pages are asked for; `known` tells whether the feed has stored one of these identities."""

    ask: Callable[[str], Awaitable[Response]]
    read: Callable[[Response], Awaitable[ParsedFeed]]
    known: Callable[[int, list[str]], Awaitable[bool]]
    page_limit: int
    seconds: float


async def whole(feed: Feed, parsed: ParsedFeed, url: str, following: Following) -> tuple[ParsedFeed, tuple[Entry, ...]]:
    """Give the document with its parts in it, and the entries of older pages where they are wanted.

    Raises `Permanent` with NOT_A_FEED for an index of which no part holds news, and the failure of a part if none
    could be read.
    """
    if parsed.parts:
        return await _with_parts(parsed, url, following), ()
    if await _wants_older(feed, parsed, following):
        return parsed, await older_entries(feed, parsed, url, following)
    return parsed, ()


async def _wants_older(feed: Feed, parsed: ParsedFeed, following: Following) -> bool:
    """Tell whether this is the first import, or nothing of what is shown is known: then something was missed."""
    if following.page_limit < 1 or not parsed.entries:
        return False
    if feed.imported_at is None:
        return True
    return not await following.known(feed.id, [entry.identity for entry in parsed.entries])


async def older_entries(feed: Feed, parsed: ParsedFeed, url: str, following: Following) -> tuple[Entry, ...]:
    """Follow the older pages until one holds something known, and give what they show besides `parsed`.

    A page that cannot be had or read ends the way.
    """
    found: dict[str, Entry] = {}
    shown = {entry.identity for entry in parsed.entries}
    with suppress(Failure, TimeoutError):
        async with asyncio.timeout(following.seconds):
            await _collect(feed, parsed.older_url, url, following, found)
    return tuple(entry for identity, entry in found.items() if identity not in shown)


async def _collect(feed: Feed, first: str, url: str, following: Following, found: dict[str, Entry]) -> None:
    seen, byte_count, at = {canonical(url)}, 0, first
    while at and canonical(at) not in seen and _same_origin(at, url) and len(seen) <= following.page_limit:
        seen.add(canonical(at))
        response = await following.ask(at)
        byte_count += len(response.body)
        page = await following.read(response)
        identities = [entry.identity for entry in page.entries]
        for entry in page.entries:
            found.setdefault(entry.identity, entry)
        overlaps = feed.imported_at is not None and await following.known(feed.id, identities)
        if byte_count > MOST_BYTES or overlaps:
            return
        at = page.older_url


async def _with_parts(parsed: ParsedFeed, url: str, following: Following) -> ParsedFeed:
    """Read the first parts of an index into one document."""
    read: list[ParsedFeed] = []
    failures: list[Failure] = []
    for part in [one for one in parsed.parts if canonical(one) != canonical(url)][:MOST_PARTS]:
        try:
            page = await following.read(await following.ask(part))
        except Failure as failure:
            failures.append(failure)
        else:
            read += [page] if page.format == "newssitemap" else []
    if not read:
        raise failures[0] if failures else Permanent(Reason.NOT_A_FEED, "the sitemap index names no news sitemap")
    first: dict[str, Entry] = {}
    for page in read:
        for entry in page.entries:
            first.setdefault(entry.identity, entry)
    skipped = sum(page.skipped_count + len(page.entries) for page in read) - len(first)
    complete = all(page.complete for page in read)
    return replace(read[0], entries=tuple(first.values()), skipped_count=skipped, complete=complete, parts=parsed.parts)


def _same_origin(link: str, url: str) -> bool:
    one, other = find_web_url(link), find_web_url(url)
    return one is not None and other is not None and one.origin == other.origin
