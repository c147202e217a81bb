"""Explain what a poll of an address sees, step by step: ask as a poll does, store nothing of what came.

In: rules, store, an address or a stored feed. Out: `Step`s. Trap: it asks like a poll does, so a stored feed is left
alone within its floor and a host that rests is not asked; that a stored feed was asked is noted, so that the next poll
keeps its distance (checklist F6, F7), and the request takes a slot of its host like any other (F17).
"""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.errors import Permanent, Transient, Unusable
from pipeline.feeds.agent import feed_agent
from pipeline.feeds.check import Step, answer_steps, failure_steps, request_steps, unknown_feed
from pipeline.feeds.explain import explain
from pipeline.feeds.parse import parse
from pipeline.feeds.poll import ACCEPT
from pipeline.feeds.schedule import floor_seconds
from pipeline.masking import masked_url
from pipeline.model import Feed, Response
from pipeline.store import feeds as stored
from pipeline.store import subscriptions
from pipeline.store.database import Database
from pipeline.store.hosts import reserve_new, rest_of
from pipeline.transport import Policy, Transport, addresses_of, failure_of_status
from pipeline.urls import registrable_host
from workers.clock import utc_now
from workers.feed_rules import FeedRules


async def check_address(rules: FeedRules, database: Database, url: str) -> list[Step]:
    """Explain a poll of an address, stored or not; raises Unusable for what is no http(s) address."""
    known = await database.look(stored.find_by_url, url)
    feed = known or unknown_feed(url, registrable_host(url), utc_now())
    if not feed.host:
        raise Unusable(f"{masked_url(url)} is not an http(s) address that can be asked")
    return await _check(rules, database, feed)


async def check_feed(rules: FeedRules, database: Database, feed_id: int) -> list[Step]:
    """Explain a poll of a stored feed; raises NotFound."""
    return await _check(rules, database, await database.look(stored.get, feed_id))


async def _check(rules: FeedRules, database: Database, feed: Feed) -> list[Step]:
    now, is_stored = utc_now(), bool(feed.id)
    steps = [*await _address_steps(rules.transport, feed.url)]
    steps += await database.look(_stored_steps, feed, rules, now) if is_stored else []
    start_at, waits_until = await database.run(_take_slot, feed, rules, now)
    if waits_until > now:
        says = f"not now: politeness leaves it alone until {waits_until:%Y-%m-%d %H:%M:%S}Z"
        return [*steps, Step("request", says, {"not_before": waits_until})]
    await asyncio.sleep((start_at - now).total_seconds())
    return [*steps, *await _asked_steps(rules, database, feed)]


async def _address_steps(policy: Policy, url: str) -> list[Step]:
    words = await addresses_of(url, policy)
    says = ", ".join(f"{one.address} ({one.word})" for one in words) or "the name leads nowhere"
    address = Step("address", f"{masked_url(url)}, host {registrable_host(url)}", {"url": masked_url(url)})
    return [address, Step("name", says, {"addresses": {one.address: one.word for one in words}})]


def _stored_steps(tx: Connection, feed: Feed, rules: FeedRules, now: datetime) -> list[Step]:
    """Tell how a stored feed stands and when it is asked next."""
    why = explain(feed, rest_of(tx, feed.host, now), rules.policy, now)
    problem = f", {feed.error_count} failures in a row: {feed.last_error}" if feed.error_count else ""
    says = f"feed {feed.id}, {feed.state}, last asked {feed.last_attempt_at or 'never'}{problem}"
    data = {"id": feed.id, "state": feed.state.value, "errors": feed.error_count, "etag": feed.validators.etag}
    bounds = {bound.value: at for bound, at in why.bounds}
    next_at = why.at if why.decided_by else None
    told = f"{next_at:%Y-%m-%d %H:%M:%S}Z: {why.sentence}" if next_at else why.sentence
    because = why.decided_by.value if why.decided_by else None
    return [
        Step("stored", says, data),
        Step("planned", told, {"at": next_at, "because": because, "bounds": bounds}),
    ]


def _take_slot(tx: Connection, feed: Feed, rules: FeedRules, now: datetime) -> tuple[datetime, datetime]:
    """Give when to ask, and until when politeness forbids it; only if it may be asked is a slot taken, and noted."""
    floor_until = now
    if feed.id and (asked_at := stored.get(tx, feed.id).last_attempt_at) is not None:
        floor_until = asked_at + timedelta(seconds=floor_seconds(feed, rules.policy))
    if floor_until > now:
        return floor_until, max(floor_until, rest_of(tx, feed.host, now).not_before_at)
    start_at, rest_until = reserve_new(tx, feed.host, rules.pace, now)
    if feed.id and rest_until <= now:
        stored.note_attempt(tx, feed.id, start_at)
    return start_at, rest_until


async def _asked_steps(rules: FeedRules, database: Database, feed: Feed) -> list[Step]:
    policy, at = rules.policy, utc_now()
    count = await database.look(subscriptions.count_enabled)
    response: Response | None = None
    async with Transport(rules.transport) as transport:
        agent = feed_agent(transport.user_agent, feed.id or None, count)
        steps = [Step("request", f"GET as {agent}", {"user_agent": agent})]
        try:
            response = await transport.get(feed.url, max_bytes=policy.feed_bytes, accept=ACCEPT, agent=agent)
            steps += request_steps(response)
            return [*steps, *await asyncio.to_thread(_read_steps, feed, response, rules, at)]
        except (Transient, Permanent) as failure:
            return [*steps, *failure_steps(feed, failure, policy, at, response)]


def _read_steps(feed: Feed, response: Response, rules: FeedRules, at: datetime) -> list[Step]:
    """Read the answer as a poll would; raises what a poll would count as a failure."""
    failure = failure_of_status(response, at)
    if failure is not None:
        raise failure
    content_type = response.headers.get("content-type", "")
    limit = rules.policy.entry_limit
    parsed = parse(response.body, url=response.url, now=at, content_type=content_type, entry_limit=limit)
    return list(answer_steps(feed, response, parsed, rules.policy, at))
