"""Explain step by step what a poll sees in an answer; pure.

In: an answer, what it was read as, the policy. Out: `Step`s for people and programs. Hides nothing. Trap: nothing is
decided here: each step says what the rooms that decide would do with this answer.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import SystemRandom

from pipeline.errors import Permanent, Transient
from pipeline.feeds.backoff import after_failure
from pipeline.feeds.explain import SENTENCES
from pipeline.feeds.feedlinks import feed_links
from pipeline.feeds.freshness import fresh_seconds
from pipeline.feeds.poll import validators_after
from pipeline.feeds.schedule import PollPolicy, after_answer
from pipeline.feeds.wish import wished_seconds
from pipeline.masking import masked_text, masked_url
from pipeline.model import Entry, Feed, FeedState, NextPoll, ParsedFeed, Response

TOLD_HEADERS = (
    "Date", "Content-Type", "ETag", "Last-Modified", "Cache-Control", "Age", "Expires", "Retry-After", "Server"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a word for it, a sentence, and the same for programs."""

    step: str
    says: str
    data: Mapping[str, object]


def request_steps(response: Response) -> Iterator[Step]:
    """Tell the hops, the status and the headers that matter."""
    for status, target in response.redirects:
        kind = "for good: adopted after six answers and four days" if status in {301, 308} else "for now: never stored"
        yield Step(
            "redirect", f"{status} to {masked_url(target)}, {kind}", {"status": status, "to": masked_url(target)}
        )
    size, took = len(response.body), response.elapsed_seconds
    data = {"status": response.status, "bytes": size, "seconds": round(took, 3)}
    yield Step("status", f"{response.status}, {size} bytes in {took:.2f} s", data)
    told = {name: response.headers[name] for name in TOLD_HEADERS if name in response.headers}
    shown = masked_text("; ".join(f"{name}: {value}" for name, value in told.items()))
    yield Step("headers", shown or "none that matter", {name: masked_text(value) for name, value in told.items()})


def answer_steps(
    feed: Feed, response: Response, parsed: ParsedFeed, policy: PollPolicy, at: datetime
) -> Iterator[Step]:
    """Tell validators, freshness, entries, dates, and when it would be asked again."""
    validators = validators_after(feed.validators, response, parsed)
    held = [name for name, value in (("ETag", validators.etag), ("Last-Modified", validators.last_modified)) if value]
    says = (
        f"{' and '.join(held)} will be sent back byte for byte" if held else "none: every poll costs a whole document"
    )
    yield Step("validators", says, {"etag": validators.etag, "last_modified": validators.last_modified})
    fresh = int(fresh_seconds(response.headers, at))
    yield Step("freshness", f"{fresh} seconds" if fresh else "says nothing usable", {"seconds": fresh})
    yield _format(parsed)
    yield _identities(parsed)
    yield _dates(parsed.entries, at)
    yield _declared(parsed)
    told = replace(
        feed,
        validators=validators,
        fresh_seconds=fresh,
        minimum_interval_seconds=parsed.minimum_interval_seconds,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
        last_attempt_at=at,
    )
    yield next_step(after_answer(told, policy, at, SystemRandom(), wished_seconds))


def failure_steps(
    feed: Feed, failure: Transient | Permanent, policy: PollPolicy, at: datetime, response: Response | None
) -> Iterator[Step]:
    """Tell what went wrong, where feeds are if this is a page, and when it would be tried again."""
    asked = failure.retry_after if isinstance(failure, Transient) else None
    data = {"reason": failure.reason.value, "retry_after_seconds": asked}
    yield Step("failure", f"{failure.reason.value}: {masked_text(str(failure))}", data)
    if asked:
        yield Step("rest", f"nothing of this host would start for {asked:.0f} seconds", {"seconds": asked})
    links = feed_links(response.body, response.url, response.headers) if response is not None else []
    if links:
        urls = [link.url for link in links]
        yield Step("feeds of this page", ", ".join(map(masked_url, urls)), {"urls": [masked_url(url) for url in urls]})
    yield next_step(after_failure(feed, policy, at, failure, SystemRandom()))


def next_step(plan: NextPoll) -> Step:
    """Tell when it would be asked again, and why."""
    bounds = {bound.value: seconds for bound, seconds in plan.bounds.items() if seconds}
    says = f"about {plan.at:%Y-%m-%d %H:%M}Z: {SENTENCES[plan.decided_by]}"
    return Step("next poll", says, {"at": plan.at, "because": plan.decided_by.value, "bounds_seconds": bounds})


def unknown_feed(url: str, host: str, at: datetime) -> Feed:
    """Give a feed as it would be stored for an address that is not."""
    return Feed(0, url, host, "", "", FeedState.ACTIVE, added_at=at)


def _format(parsed: ParsedFeed) -> Step:
    count, skipped = len(parsed.entries), parsed.skipped_count
    cut = "" if parsed.complete else "; cut short, so the old validators stay"
    says = (
        f"{parsed.format}, {parsed.title or 'no title'!r}, {count} entries, {skipped} repeated or beyond the cap{cut}"
    )
    return Step(
        "format", says, {"format": parsed.format, "entries": count, "skipped": skipped, "complete": parsed.complete}
    )


def _identities(parsed: ParsedFeed) -> Step:
    kinds = Counter(_identity_kind(entry) for entry in parsed.entries)
    says = ", ".join(f"{count} by {kind}" for kind, count in kinds.most_common()) or "no entries"
    return Step("identities", says, dict(kinds))


def _identity_kind(entry: Entry) -> str:
    if entry.guid and entry.identity == entry.guid:
        return "guid"
    return "link" if entry.url and entry.identity == entry.url else "hash"


def _dates(entries: tuple[Entry, ...], at: datetime) -> Step:
    """Tell which dates are used, and which are not believed: the time of the first sight stands in for those."""
    sane = [entry.published_at for entry in entries if entry.published_at]
    absent = sum(not entry.published_raw for entry in entries)
    wrong = len(entries) - len(sane) - absent
    ahead = sum(instant > at + timedelta(minutes=1) for instant in sane)
    says = (
        f"{len(sane)} usable, {absent} absent and {wrong} not believed (first sight counts), {ahead} ahead (now counts)"
    )
    newest = max(sane, default=None)
    counts = {"usable": len(sane), "absent": absent, "not_believed": wrong, "ahead": ahead}
    return Step("dates", says, {**counts, "newest": newest})


def _declared(parsed: ParsedFeed) -> Step:
    parts = [f"ask every {parsed.minimum_interval_seconds} s at most"] if parsed.minimum_interval_seconds else []
    parts += [f"not at hours {', '.join(map(str, parsed.skip_hours))} UTC"] if parsed.skip_hours else []
    parts += [f"not on {len(parsed.skip_days)} days of the week"] if parsed.skip_days else []
    data = {"seconds": parsed.minimum_interval_seconds, "skip_hours": parsed.skip_hours, "skip_days": parsed.skip_days}
    return Step("asks for", "; ".join(parts) or "nothing (ttl, updatePeriod, skipHours, skipDays)", data)
