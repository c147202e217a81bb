"""Poll one feed once: ask, read, and say what is to be stored. Stores nothing itself.

In: a feed and a way to ask. Out: a `PollResult`, always, unless a programming error raises. Hides conditional GET
(RFC 9110, 13; RFC 9111, 4.3). Trap: validators are stored only together with everything they stand for, so a
document that may lack entries keeps the old ones and is asked for in full again (checklist F4).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import blake2b
from random import Random

from pipeline.errors import Permanent, Transient
from pipeline.feeds.backoff import after_failure, host_not_before, is_gone, is_undead, score_after
from pipeline.feeds.freshness import fresh_seconds, speaks_of_freshness
from pipeline.feeds.hubs import offer_of
from pipeline.feeds.moves import is_believed, trail_after
from pipeline.feeds.pages import Following, whole
from pipeline.feeds.parse import parse
from pipeline.feeds.replan import replan
from pipeline.feeds.schedule import PollPolicy, Wish, after_answer, interval_seconds
from pipeline.feeds.text import clean_line
from pipeline.masking import masked_text
from pipeline.model import Entry, Feed, ParsedFeed, PollResult, Reason, Response, Traffic, Validators
from pipeline.model.changed import changed

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
ERROR_LENGTH = 500
FOLLOWING_SHARE = 0.5  # of a poll's seconds, for further pages of the feed

# A value beyond ASCII may come back in other bytes than it came in (RFC 9110, 5.5), so it is not kept.
_SENDABLE = re.compile(r"[\t\x20-\x7e]{1,8000}")

#: Sends one GET and gives a 2xx or 304, redirects followed; raises `Transient` or `Permanent` for every other end.
#: The validators go to the very address that sent them and to no other (checklist F5).
Ask = Callable[[str, Validators], Awaitable[Response]]


async def nothing_known(_feed_id: int, _identities: list[str]) -> bool:
    """Answer for a feed of which nothing is stored."""
    return False


@dataclass(frozen=True, slots=True)
class Means:
    """What a poll works with."""

    ask: Ask
    policy: PollPolicy
    random: Random
    clock: Callable[[], datetime]
    executor: Executor | None = None  #: runs the parser; None takes the event loop's own threads
    wish: Wish = interval_seconds  #: how long a feed that answered is wished to wait
    follow: Callable[[str], Awaitable[Response]] | None = None  #: asks for a further page in the host's next slot
    known: Callable[[int, list[str]], Awaitable[bool]] = nothing_known  #: has the feed one of these identities stored?


async def poll(feed: Feed, means: Means, *, seconds: float) -> PollResult:
    """Ask the feed now and read its answer, within so many seconds; `feed` is as it was stored before.

    An expected failure is a result with its `reason`, too long is one of them; nothing that is stored is lost by it.
    """
    attempted_at = means.clock()
    try:
        async with asyncio.timeout(seconds):
            response = await _response(feed, means.ask)
            parsed = None if response.status == 304 else await _parsed(response, means)
            archived: tuple[Entry, ...] = ()
            if parsed is not None and (parsed.parts or parsed.older_url):
                parsed, archived = await whole(feed, parsed, response.url, _following(means, seconds))
    except (Transient, Permanent) as failure:
        return _failed(feed, failure, attempted_at, means)
    except TimeoutError:
        too_slow = Transient(Reason.TIMED_OUT, f"the poll was not done after {seconds:g} seconds")
        return _failed(feed, too_slow, attempted_at, means)
    answered = _answered(feed, response, parsed, attempted_at, means)
    return replace(answered, archived=archived) if archived else answered


def _following(means: Means, seconds: float) -> Following:
    """Say how further pages of a feed are asked for: in half of the poll's time, so that the rest is safe."""
    return Following(
        ask=means.follow or (lambda url: means.ask(url, Validators())),
        read=partial(_parsed, means=means),
        known=means.known,
        page_limit=means.policy.archive_pages,
        seconds=seconds * FOLLOWING_SHARE,
    )


async def _response(feed: Feed, ask: Ask) -> Response:
    """Ask for what is new.

    A 304 from another address than the validators' says nothing about what we hold: ask once more, for all of it.
    """
    stored = feed.validators
    response = await ask(feed.url, stored)
    if response.status != 304 or (response.url == stored.url and (stored.etag or stored.last_modified)):
        return response
    again = await ask(feed.url, Validators())
    if again.status == 304:
        raise Transient(Reason.HTTP_TEMPORARY, "answers 304 although nothing was asked for conditionally", status=304)
    return again


async def _parsed(response: Response, means: Means) -> ParsedFeed:
    """Read the answer; raise `Transient` with TRUNCATED if it ends before the first entry is over."""
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
    if not parsed.complete and not parsed.entries:
        raise Transient(Reason.TRUNCATED, "the document ends before its root is closed", status=response.status)
    return parsed


def _answered(
    feed: Feed, response: Response, parsed: ParsedFeed | None, attempted_at: datetime, means: Means
) -> PollResult:
    told, trail = _told(feed, response, parsed, attempted_at), trail_after(feed, response, attempted_at)
    plan = after_answer(told, means.policy, attempted_at, means.random, means.wish)
    again = partial(replan, told, parsed, means.policy, means.random, means.wish) if parsed else None
    return PollResult(
        attempted_at=attempted_at,
        replan=again,
        offer=offer_of(response, parsed) if parsed else None,
        next_poll_at=plan.at,
        bound=plan.decided_by,
        bounds=plan.bounds,
        validators=told.validators,
        status=response.status,
        parsed=parsed,
        traffic=traffic_of(feed.validators, response),
        fresh_seconds=told.fresh_seconds,
        quiet_count=told.quiet_count,
        shown_key=told.shown_key,
        moved_url=trail.url,
        moved_since_at=trail.since_at,
        moved_count=trail.count,
        is_moved=is_believed(trail, attempted_at),
    )


def _told(feed: Feed, response: Response, parsed: ParsedFeed | None, attempted_at: datetime) -> Feed:
    """Give the feed with what this answer says of it."""
    fresh = int(fresh_seconds(response.headers, attempted_at))
    if parsed is None and not speaks_of_freshness(response.headers):
        fresh = feed.fresh_seconds
    shown = feed.shown_key if parsed is None else shown_key(parsed)
    feed = changed(
        feed,
        last_attempt_at=attempted_at,
        validators=validators_after(feed.validators, response, parsed),
        fresh_seconds=fresh,
        quiet_count=feed.quiet_count + 1 if shown == feed.shown_key else 0,
        shown_key=shown,
    )
    if parsed is None:
        return feed
    return changed(
        feed,
        minimum_interval_seconds=parsed.minimum_interval_seconds,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )


def shown_key(parsed: ParsedFeed) -> bytes:
    """Give 16 bytes that are equal for documents that show the same entries, whatever else they say."""
    shown = sorted(entry.identity for entry in parsed.entries)
    return blake2b("\0".join(shown).encode("utf-8", "replace"), digest_size=16).digest()


def traffic_of(sent: Validators, response: Response) -> Traffic:
    """Say what an answer cost, and whether we had asked for it only if it changed."""
    key = blake2b(response.body, digest_size=16).digest() if response.body else b""
    return Traffic(len(response.body), key, bool(sent.etag or sent.last_modified))


def validators_after(stored: Validators, response: Response, parsed: ParsedFeed | None) -> Validators:
    """Give what to store: both validators of this answer, and nothing of an earlier one (checklist F2, F3).

    A 304 leaves what it does not repeat (RFC 9111, 3.2). A document cut short leaves everything as it was: what it
    lacks must come with the next request (F4).
    """
    if parsed is not None and not parsed.complete:
        return stored
    etag, last_modified = _field(response, "etag"), _field(response, "last-modified")
    if parsed is not None and parsed.parts:
        return Validators()  # an index may stay as it is while its parts change
    if parsed is None:
        return Validators(etag or stored.etag, last_modified or stored.last_modified, stored.url)
    return Validators(etag, last_modified, response.url)


def _field(response: Response, name: str) -> str | None:
    value = response.headers.get(name, "")
    return value if _SENDABLE.fullmatch(value) else None


def _failed(feed: Feed, failure: Transient | Permanent, attempted_at: datetime, means: Means) -> PollResult:
    plan = after_failure(feed, means.policy, attempted_at, failure, means.random)
    return PollResult(
        attempted_at=attempted_at,
        next_poll_at=plan.at,
        bound=plan.decided_by,
        bounds=plan.bounds,
        validators=feed.validators,
        status=failure.status,
        reason=failure.reason,
        error=masked_text(clean_line(str(failure)))[:ERROR_LENGTH],
        host_not_before=host_not_before(failure, attempted_at),
        rest_asked_seconds=failure.retry_after if isinstance(failure, Transient) else None,
        gone=is_gone(feed, failure.reason, attempted_at, means.policy),
        undead=is_undead(feed, means.policy, failure.reason, attempted_at),
        error_score=score_after(feed, failure.reason),
        fresh_seconds=feed.fresh_seconds,
        quiet_count=feed.quiet_count,
        shown_key=feed.shown_key,
        moved_url=feed.moved_url,
        moved_since_at=feed.moved_since_at,
        moved_count=feed.moved_count,
    )
