"""Poll one feed once: ask, read, and say what is to be stored. Stores nothing itself.

In: a feed and a way to ask. Out: a `PollResult`, always, unless a programming error raises. Hides conditional GET
(RFC 9110, 13; RFC 9111, 4.3). Trap: validators are stored only together with everything they stand for, so a
document that may lack entries keeps the old ones and is asked for in full again (checklist F4).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from random import Random

from pipeline.errors import Permanent, Transient
from pipeline.feeds.freshness import fresh_seconds
from pipeline.feeds.parse import parse
from pipeline.feeds.schedule import PollPolicy, after_answer, after_failure, host_not_before, is_gone
from pipeline.feeds.text import clean_line
from pipeline.model import Feed, ParsedFeed, PollResult, Reason, Response, Validators

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
PARTIAL_IMPORT_ATTEMPTS = 2
ERROR_LENGTH = 500

# RFC 9110, 5.5: what a field value may hold. A value that a client cannot send back unchanged is not kept.
_SENDABLE = re.compile(r"[\t\x20-\x7e\x80-\xff]{1,8000}")

#: Sends one GET and gives a 2xx or 304; raises `Transient` or `Permanent` for every other end. Follows redirects,
#: and sends the headers given to no other address than the one given.
Ask = Callable[[str, Mapping[str, str]], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Means:
    """What a poll works with."""

    ask: Ask
    policy: PollPolicy
    random: Random
    clock: Callable[[], datetime]
    executor: Executor | None = None  #: runs the parser; None takes the event loop's own threads


async def poll(feed: Feed, means: Means) -> PollResult:
    """Ask the feed now and read its answer; `feed` is as it was stored before.

    An expected failure is a result with its `reason`; nothing of what is stored is lost by it.
    """
    attempted_at = means.clock()
    try:
        response = await _response(feed, means.ask)
        parsed = None if response.status == 304 else await _parsed(feed, response, means)
    except (Transient, Permanent) as failure:
        return _failed(feed, failure, attempted_at, means)
    if parsed is not None:
        feed = replace(feed, minimum_interval_seconds=parsed.minimum_interval_seconds, skip_hours=parsed.skip_hours)
    fresh = fresh_seconds(response.headers, attempted_at)
    return PollResult(
        attempted_at=attempted_at,
        next_poll_at=after_answer(feed, means.policy, attempted_at, fresh, means.random),
        validators=validators_after(feed, response, parsed),
        status=response.status,
        parsed=parsed,
    )


def conditions(feed: Feed) -> dict[str, str]:
    """Give the headers that ask for changes only, byte for byte as the server said them (checklist F1).

    Empty if the validators are those of another address: the feed's own was changed, or it redirects (F5).
    """
    stored = feed.validators
    if stored.url != feed.url:
        return {}
    both = {"If-None-Match": stored.etag, "If-Modified-Since": stored.last_modified}
    return {name: value for name, value in both.items() if value}


def validators_after(feed: Feed, response: Response, parsed: ParsedFeed | None) -> Validators:
    """Give what to store: both validators of this answer, and nothing of an earlier one (checklist F2, F3).

    A 304 leaves what it does not repeat (RFC 9111, 3.2); a document cut short leaves everything as it was (F4).
    """
    if parsed is not None and not parsed.complete:
        return feed.validators
    etag, last_modified = _field(response, "etag"), _field(response, "last-modified")
    if parsed is None:
        stored = feed.validators
        return replace(stored, etag=etag or stored.etag, last_modified=last_modified or stored.last_modified)
    return Validators(etag=etag, last_modified=last_modified, url=response.url if response.redirects else feed.url)


def _field(response: Response, name: str) -> str | None:
    value = response.headers.get(name, "")
    return value if _SENDABLE.fullmatch(value) else None


async def _response(feed: Feed, ask: Ask) -> Response:
    """Ask, with conditions if there are any.

    A 304 from another address than the validators' says nothing about our copy: ask once more, for all of it.
    """
    asked_for = conditions(feed)
    response = await ask(feed.url, {"Accept": ACCEPT, **asked_for})
    if response.status != 304 or (asked_for and not response.redirects):
        return response
    again = await ask(feed.url, {"Accept": ACCEPT})
    if again.status == 304:
        raise Transient(Reason.HTTP_TEMPORARY, "answers 304 although nothing was asked for conditionally", status=304)
    return again


async def _parsed(feed: Feed, response: Response, means: Means) -> ParsedFeed:
    """Read the answer; raise `Transient` with TRUNCATED if it is cut short and we can still hope for all of it."""
    if response.status == 206:
        raise Transient(Reason.TRUNCATED, "answers with a part of the document that was not asked for", status=206)
    read = partial(
        parse,
        response.body,
        url=response.url,
        now=means.clock(),
        content_type=response.headers.get("content-type", ""),
        entry_limit=means.policy.entry_limit,
    )
    parsed = await asyncio.get_running_loop().run_in_executor(means.executor, read)
    if not parsed.complete and _is_worth_waiting(feed, parsed):
        raise Transient(Reason.TRUNCATED, "the document ends before its root is closed", status=response.status)
    return parsed


def _is_worth_waiting(feed: Feed, parsed: ParsedFeed) -> bool:
    """Tell whether a document that was cut short is refused.

    At the first import its missing entries would come later as if they were new (checklist F24); but a feed that
    is cut short every time has no other form. Afterwards, the entries there are are stored at once.
    """
    return not parsed.entries or (feed.imported_at is None and feed.error_count < PARTIAL_IMPORT_ATTEMPTS)


def _failed(feed: Feed, failure: Transient | Permanent, attempted_at: datetime, means: Means) -> PollResult:
    return PollResult(
        attempted_at=attempted_at,
        next_poll_at=after_failure(feed, means.policy, attempted_at, failure, means.random),
        validators=feed.validators,
        status=failure.status,
        reason=failure.reason,
        error=clean_line(str(failure))[:ERROR_LENGTH],
        host_not_before=host_not_before(failure, attempted_at),
        gone=is_gone(feed, failure.reason, attempted_at, means.policy),
    )
