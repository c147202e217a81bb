"""`storywatch feeds check`: what a poll of an address sees, step by step.

In: an address, or a stored feed. Out: steps on standard output. Trap: it asks like a poll does, so a stored feed is
left alone within its floor and a host that rests is not asked; of what it saw nothing is stored, only that a stored
feed was asked, so that the next poll keeps its distance (checklist F6, F7).
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from cli.commands.options import ConfigOption, JsonOption
from cli.commands.session import settings_of, store_of
from cli.output import out, print_json
from cli.wiring import poll_policy, transport_policy
from config.settings import Settings
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
from pipeline.store.hosts import rest_of
from pipeline.transport import Transport, addresses_of, failure_of_status
from pipeline.urls import registrable_host
from workers.clock import utc_now


def check(
    feed: Annotated[str, typer.Argument(help="An address, or the number or address of a stored feed.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain what a poll of this address sees, and when it would be asked again and why; stores nothing of it."""
    settings = settings_of(config)
    with store_of(config) as database:
        steps = asyncio.run(_steps(settings, database, feed))
    if as_json:
        print_json([{"step": step.step, "says": step.says, **step.data} for step in steps])
        return
    width = max(len(step.step) for step in steps)
    for step in steps:
        out.print(f"{step.step:<{width}}  {step.says}", markup=False, highlight=False)


async def _steps(settings: Settings, database: Database, text: str) -> list[Step]:
    now = utc_now()
    known = await database.look(_find, text)
    feed = known or unknown_feed(text, registrable_host(text), now)
    if not feed.host:
        raise Unusable(f"{text} is neither the number of a feed nor an http(s) address")
    steps = [*await _address_steps(settings, feed.url)]
    steps += await database.look(_stored_steps, feed, settings, now) if known else []
    waits_until = await database.look(_waits_until, feed, settings, now)
    if waits_until is not None:
        says = f"not now: politeness leaves it alone until {waits_until:%Y-%m-%d %H:%M:%S}Z"
        return [*steps, Step("request", says, {"not_before": waits_until})]
    if known:
        await database.run(stored.note_attempt, feed.id, now)
    return [*steps, *await _asked_steps(settings, database, feed)]


def _find(tx: Connection, text: str) -> Feed | None:
    return stored.get(tx, int(text)) if text.isdigit() else stored.find_by_url(tx, text)


async def _address_steps(settings: Settings, url: str) -> list[Step]:
    words = await addresses_of(url, transport_policy(settings))
    says = ", ".join(f"{one.address} ({one.word})" for one in words) or "the name leads nowhere"
    address = Step("address", f"{masked_url(url)}, host {registrable_host(url)}", {"url": masked_url(url)})
    return [address, Step("name", says, {"addresses": {one.address: one.word for one in words}})]


def _stored_steps(tx: Connection, feed: Feed, settings: Settings, now: datetime) -> list[Step]:
    """Tell how a stored feed stands and when it is asked next."""
    why = explain(feed, rest_of(tx, feed.host, now), poll_policy(settings), now)
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


def _waits_until(tx: Connection, feed: Feed, settings: Settings, now: datetime) -> datetime | None:
    """Say until when politeness forbids to ask; None if it may be asked now."""
    until = [rest_of(tx, feed.host, now).not_before_at]
    if feed.last_attempt_at is not None:
        until.append(feed.last_attempt_at + timedelta(seconds=floor_seconds(feed, poll_policy(settings))))
    return max(until) if max(until) > now else None


async def _asked_steps(settings: Settings, database: Database, feed: Feed) -> list[Step]:
    policy, at = poll_policy(settings), utc_now()
    count = await database.look(subscriptions.count_enabled)
    response: Response | None = None
    async with Transport(transport_policy(settings)) as transport:
        agent = feed_agent(transport.user_agent, feed.id, count)
        steps = [Step("request", f"GET as {agent}", {"user_agent": agent})]
        try:
            response = await transport.get(feed.url, max_bytes=policy.feed_bytes, accept=ACCEPT, agent=agent)
            steps += request_steps(response)
            return [*steps, *_read_steps(feed, response, settings, at)]
        except (Transient, Permanent) as failure:
            return [*steps, *failure_steps(feed, failure, policy, at, response)]


def _read_steps(feed: Feed, response: Response, settings: Settings, at: datetime) -> Iterator[Step]:
    """Read the answer as a poll would; raises what a poll would count as a failure."""
    failure = failure_of_status(response, at)
    if failure is not None:
        raise failure
    content_type = response.headers.get("content-type", "")
    limit = settings.feeds.entry_limit
    parsed = parse(response.body, url=response.url, now=at, content_type=content_type, entry_limit=limit)
    yield from answer_steps(feed, response, parsed, poll_policy(settings), at)
