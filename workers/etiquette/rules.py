"""The rules of etiquette, each checked on the record of a run.

In: a `Record`. Out: a `Verdict` for each rule: how many requests it was about, the worst of them, the limit. Pure.
Trap: an answer counts only if its poll was stored; what a killed poller had asked and not stored is asked again, with
the old validators and after the floor, and that is right.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Pace
from workers.etiquette.scene import Asked

HOUR, DAY = 3600.0, 86_400.0
Pair = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Record:
    """What happened in a run."""

    start: datetime
    end: datetime
    asked: Sequence[Asked]
    stored: Mapping[tuple[str, datetime], bool]  #: actor and attempt of each poll that was stored -> it succeeded
    stored_at: Mapping[tuple[str, datetime], datetime]  #: when
    urls: Mapping[str, str]  #: address at the end of each feed, by the one it was added with; empty if it was joined
    feed_of: Mapping[str, str]  #: actor at the address that a feed has in the end -> the feed's first actor
    thinned_at: datetime  #: when the feeds of the crowded hosts, half of all, left the run
    clicked_at: datetime
    clicked: str
    served_count: int  #: distinct entries in answers that were stored
    entry_count: int  #: entries in the store
    lost_count: int  #: polls that came too late to be stored
    kill_count: int
    policy: PollPolicy
    pace: Pace


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule."""

    number: str  #: of the checklist
    rule: str
    requests: int
    worst: str
    limit: str
    kept: bool


def judge(record: Record) -> list[Verdict]:
    """Check every rule."""
    rules: tuple[Callable[[Record], Verdict], ...] = (
        _validators,
        _cut,
        _floor,
        _unconditional,
        _lively,
        _clicks,
        _rests,
        _nonsense_rests,
        _crowd,
        _crowd_served,
        _freshness,
        _no_cache,
        _back_off,
        _recovery,
        _gone,
        _adopted,
        _kept_addresses,
        _joined,
        _promise,
        _gaps_at_hosts,
        _concurrency,
        _spread,
        _ttl,
        _sleep,
        _one_at_a_time,
    )
    return [rule(record) for rule in rules]


def _of(record: Record, *kinds: str) -> list[Asked]:
    """Give the first-hop requests of actors of these kinds."""
    return [asked for asked in record.asked if asked.is_first_hop and asked.actor.startswith(kinds)]


def _by_actor(asked: Iterable[Asked]) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = {}
    for one in asked:
        found.setdefault(one.actor, []).append(one)
    return found


def _gaps(asked: Sequence[Asked]) -> list[float]:
    return [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(asked)]


def _hours(seconds: float) -> str:
    return (
        f"{seconds / HOUR:.2f} h"
        if seconds >= HOUR
        else f"{seconds / 60:.1f} min"
        if seconds >= 60
        else f"{seconds:.1f} s"
    )


def _validators(record: Record) -> Verdict:
    """F1, F2, F3, F5: replay what each address last said in a stored answer, and compare what it was sent next."""
    wrong, conditional = 0, 0
    held: dict[str, tuple[str, Pair]] = {}  # feed -> address that sent them, and the pair
    chain: list[Asked] = []
    for asked in record.asked:
        chain = [asked] if asked.is_first_hop else [*chain, asked]
        feed = record.feed_of.get(chain[0].actor, chain[0].actor)
        url, pair = held.get(feed, ("", (None, None)))
        expected = pair if url == asked.url else (None, None)
        wrong += (asked.etag, asked.last_modified) != expected
        conditional += asked.etag is not None or asked.last_modified is not None
        if asked.status in {200, 304} and record.stored.get((feed, chain[0].at)):
            said = (asked.headers.get("ETag"), asked.headers.get("Last-Modified"))
            kept = pair if asked.status == 304 and url == asked.url else (None, None)
            held[feed] = (asked.url, (said[0] or kept[0], said[1] or kept[1]))
    rule = "validators go back byte for byte, the newest pair, to the address that sent them"
    return Verdict("F1 F2 F3 F5", rule, conditional, f"{wrong} wrong", "0", wrong == 0 and conditional > 100)


def _cut(record: Record) -> Verdict:
    asked = _of(record, "cut")
    wrong = sum("cut-" in (one.etag or "") for one in asked)
    rule = "a document cut short leaves the old validators"
    return Verdict("F4", rule, len(asked), f"{wrong} believed", "0", wrong == 0 and len(asked) > 4)


def _floor(record: Record) -> Verdict:
    gaps = [gap for asked in _by_actor(_of(record, "")).values() for gap in _gaps(asked)]
    rule = f"no feed is asked within its floor, over {record.kill_count} kills and restarts of two pollers"
    worst, limit = min(gaps, default=0.0), record.policy.floor_seconds
    return Verdict("F6", rule, len(gaps), _hours(worst), f"at least {_hours(limit)}", worst >= limit)


def _unconditional(record: Record) -> Verdict:
    asked = _of(record, "bare-quiet")
    longest = max(_gaps(asked), default=0)
    rule = "a quiet server without validators and freshness: waits double towards a request a day"
    kept = len(asked) <= 10 and longest >= 12 * HOUR
    return Verdict("F6", rule, len(asked), f"{len(asked)} requests, longest wait {_hours(longest)}", "10; 12 h", kept)


def _lively(record: Record) -> Verdict:
    asked = _of(record, "bare-lively")
    longest = max(_gaps(asked), default=0)
    rule = "the same while it always shows something new: no answer is wasted, none delayed"
    return Verdict("F6", rule, len(asked), _hours(longest), "at most 4 h", longest <= 4 * HOUR)


def _clicks(record: Record) -> Verdict:
    soon = record.clicked_at + timedelta(seconds=record.policy.floor_seconds)
    asked = [one for one in _of(record, record.clicked) if one.actor == record.clicked]
    after = [one for one in asked if record.clicked_at <= one.at < soon]
    bare = sum(one.etag is None for one in after)
    rule = "twenty manual refreshes in ten seconds: one request at most, and a conditional one"
    return Verdict("F7", rule, len(after), f"{len(after)} requests, {bare} bare", "1; 0", len(after) <= 1 and not bare)


def _rests(record: Record) -> Verdict:
    """F8: seconds, a date against a clock two hours off, 503 and 429, for the whole host, up to the cap."""
    rests = {"rest-0": 4 * HOUR, "rest-1": 4 * HOUR, "rest-2": 2 * HOUR, "rest-5": 7 * DAY}
    shortest, count = float("inf"), 0
    for name, seconds in rests.items():
        host = [one for one in record.asked if one.host == f"rest{name[-1]}.example"]
        count += len(host)
        for one in (one for one in host if one.actor == name):
            known_at = record.stored_at.get((name, one.at))
            later = [other.at for other in host if known_at is not None and other.at >= known_at]
            if later:
                shortest = min(shortest, (min(later) - one.at).total_seconds() / seconds)
    rule = "Retry-After as seconds and as date, on 429 and 503: nothing of the host starts earlier"
    worst = "never asked again" if shortest == float("inf") else f"{shortest:.2f} of what was asked for"
    return Verdict("F8", rule, count, worst, "at least 1.00", shortest >= 1)


def _nonsense_rests(record: Record) -> Verdict:
    gaps = [gap for asked in _by_actor(_of(record, "sibling-3", "sibling-4")).values() for gap in _gaps(asked)]
    rule = "a Retry-After that says nothing holds back no sibling for long"
    worst = max(gaps, default=float("inf"))
    return Verdict("F8", rule, len(gaps), _hours(worst), "at most 4 h", worst <= 4 * HOUR)


def _crowd(record: Record) -> Verdict:
    """F9: the host refuses the second request of a minute and does not say how long to wait."""
    asked = [one for one in record.asked if one.host == "crowd.example"]
    settled = [one for one in asked if one.at >= record.start + timedelta(hours=1)]
    refused = sum(one.status == 429 for one in settled)
    rule = "429 without Retry-After, 20 feeds: the host's gap is learned, siblings do not come together"
    worst = f"{refused} refused after the first hour"
    return Verdict("F9", rule, len(asked), worst, "at most 2 a day", refused <= 4)


def _crowd_served(record: Record) -> Verdict:
    asked = [one for one in record.asked if one.host == "crowd.example" and one.status in {200, 304}]
    first = {one.actor: one.at for one in reversed(asked)}
    last = max(first.values(), default=record.end) - record.start
    rule = "and every one of them is served"
    kept = len(first) == 20 and last <= timedelta(hours=6)
    return Verdict("F9", rule, len(asked), f"{len(first)} of 20 after {_hours(last.total_seconds())}", "20, 6 h", kept)


def _freshness(record: Record) -> Verdict:
    """F10: max-age less Age, Expires less Date, on 304 too, and what an earlier answer said of it."""
    least = {"fresh-0": 2 * HOUR, "fresh-1": 4 * HOUR, "fresh-2": 5 * HOUR, "fresh-3": 2.5 * HOUR}
    ratios, count = [], 0
    for name, asked in _by_actor(_of(record, "fresh-")).items():
        count += len(asked)
        ratios += _stored_ratios(record, asked, least[name])
    worst = min(ratios, default=0.0)
    rule = "not before an answer is stale: max-age less Age, Expires by the server's clock, on 304 too"
    return Verdict("F10", rule, count, f"{worst:.2f} of its freshness", "at least 1.00", worst >= 1)


def _stored_ratios(record: Record, asked: Sequence[Asked], least: float) -> list[float]:
    """Give each wait after a stored answer as a multiple of the least one."""
    stored = [(one, after) for one, after in pairwise(asked) if record.stored.get((one.actor, one.at))]
    return [(after.at - one.at).total_seconds() / least for one, after in stored]


def _no_cache(record: Record) -> Verdict:
    longest = max(_gaps(_of(record, "stale-0")), default=float("inf"))
    count = len(_of(record, "stale-0"))
    rule = "max-age beside no-cache says nothing"
    return Verdict("F10", rule, count, _hours(longest), "at most 6 h", longest <= 6 * HOUR)


def _back_off(record: Record) -> Verdict:
    counts = {name: len(asked) for name, asked in _by_actor(_of(record, "dead-")).items()}
    worst = max(counts, key=lambda name: counts[name], default="none")
    rule = "each class of failure thins out and is still looked after"
    kept = len(counts) == 8 and max(counts.values(), default=99) <= 30 and min(counts.values()) >= 3
    return Verdict(
        "F11", rule, sum(counts.values()), f"{worst}: {counts.get(worst, 0)} in two days", "3 to 30 each", kept
    )


def _recovery(record: Record) -> Verdict:
    asked = _of(record, "recovers")
    well = [one.at for one in asked if one.status == 200]
    after = (min(well) - record.start).total_seconds() - 12 * HOUR if well else float("inf")
    rule = "a feed that comes back after half a day is picked up"
    return Verdict("F11", rule, len(asked), _hours(after), "at most 12 h", after <= 12 * HOUR)


def _gone(record: Record) -> Verdict:
    asked = _of(record, "gone")
    gaps = _gaps([one for one in asked if (one.actor, one.at) in record.stored])
    rule = "410 twice, a day apart, ends polling"
    kept = len(gaps) == 1 and gaps[0] >= DAY
    return Verdict(
        "F12", rule, len(asked), f"{len(gaps) + 1} stored, {_hours(min(gaps, default=0))} apart", "2, 24 h", kept
    )


def _adopted(record: Record) -> Verdict:
    asked = _of(record, "moved-long")
    target = record.urls.get("https://moved-long.example/feed", "")
    old = [one for one in asked if one.actor == "moved-long"]
    rule = "a permanent redirect seen for four days is adopted, and the old address asked no more"
    kept = target.startswith("https://moved-long-target") and len(old) <= 2
    return Verdict("F13", rule, len(asked), f"{len(old)} to the old address", "adopted; at most 2", kept)


def _kept_addresses(record: Record) -> Verdict:
    names = ("moved-lately", "moved-a-day", "found", "turning")
    addresses = [f"https://{name}.example/feed" for name in names]
    changed = [address for address in addresses if record.urls.get(address) != address]
    rule = "308 for two days, 301 for one, 302: the stored address stays"
    count = len(_of(record, *names))
    return Verdict("F13 F14", rule, count, f"{len(changed)} changed", "0", not changed)


def _joined(record: Record) -> Verdict:
    asked = _of(record, "joins")
    rule = "a move onto a feed of the list makes the two one"
    kept = record.urls.get("https://joins.example/feed") == "" and len(asked) <= 2
    return Verdict("F39", rule, len(asked), f"{len(asked)} to the old address", "joined; at most 2", kept)


def _promise(record: Record) -> Verdict:
    rule = "every entry that was shown is stored once"
    worst = f"{record.entry_count} stored of {record.served_count}"
    return Verdict("F4 F20 F39", rule, record.served_count, worst, "all", record.entry_count == record.served_count)


def _gaps_at_hosts(record: Record) -> Verdict:
    by_host: dict[str, list[Asked]] = {}
    for one in _of(record, ""):
        by_host.setdefault(one.host, []).append(one)
    gaps = [gap for asked in by_host.values() for gap in _gaps(sorted(asked, key=lambda one: one.at))]
    worst, limit = min(gaps, default=0.0), record.pace.gap_seconds
    rule = "two starts at one host keep their gap, whoever asks"
    return Verdict("F17", rule, len(gaps), _hours(worst), f"at least {_hours(limit)}", worst >= limit)


def _concurrency(record: Record) -> Verdict:
    asked = sorted(one.at for one in record.asked if one.host == "many.example")
    took = timedelta(seconds=4)
    most = max((sum(at <= other < at + took for other in asked) for at in asked), default=0)
    rule = "a slow host with 16 feeds is asked by few at once"
    return Verdict(
        "F17",
        rule,
        len(asked),
        f"{most} at once",
        f"at most {record.pace.concurrency}",
        most <= record.pace.concurrency,
    )


def _spread(record: Record) -> Verdict:
    """F18: each quarter of an hour against the mean of its part of the run: half of all feeds leave it early."""
    asked = _of(record, "")
    early = _shares([one.at for one in asked if one.at < record.thinned_at], record.start, record.thinned_at)
    late = _shares([one.at for one in asked if one.at >= record.thinned_at], record.thinned_at, record.end)
    first, most = early.pop(0, 0.0), max([*early.values(), *late.values()], default=0.0)
    rule = "no crowding on the clock: the fullest quarter of an hour, the import itself apart, against the mean"
    return Verdict("F18", rule, len(asked), f"{most:.1f} x (import {first:.1f} x)", "at most 3 x", most <= 3)


def _shares(instants: Sequence[datetime], start: datetime, end: datetime) -> dict[int, float]:
    """Give for each quarter of an hour how many times the mean of all quarters of this time it holds."""
    quarters = Counter(int((at - start).total_seconds() // 900) for at in instants)
    mean = len(instants) / max(1.0, (end - start).total_seconds() / 900)
    return {quarter: count / mean for quarter, count in quarters.items()}


def _ttl(record: Record) -> Verdict:
    asked = _of(record, "ttl")
    worst = min(_stored_ratios(record, asked, 3 * HOUR), default=0.0)
    rule = "a ttl of three hours lengthens the wait"
    return Verdict("F31", rule, len(asked), f"{worst:.2f} of it", "at least 1.00", worst >= 1)


def _sleep(record: Record) -> Verdict:
    """F31: the first request cannot know; an attempt that was not stored is repeated when the floor is over."""
    hours = [one for one in _of(record, "skip-hours")[1:] if one.at.hour < 6]
    day = (record.start + timedelta(days=1)).weekday()
    days = [one for one in _of(record, "skip-days")[1:] if one.at.weekday() == day]
    count, wrong = len(_of(record, "skip-")), len(hours) + len(days)
    return Verdict("F31", "skipHours and skipDays are kept", count, f"{wrong} inside", "0", wrong == 0)


def _one_at_a_time(record: Record) -> Verdict:
    """R28: a poller that slept through lease and floor wakes up and neither asks nor stores."""
    late = record.lost_count
    rule = "a poller stopped for 40 minutes with polls in hand: others take over, what it brings then is refused"
    gaps = [gap for asked in _by_actor(_of(record, "")).values() for gap in _gaps(asked)]
    twice = sum(gap < record.policy.floor_seconds for gap in gaps)
    return Verdict(
        "R28", rule, len(gaps), f"{twice} asked twice, {late} refused", "0; at least 1", twice == 0 and late > 0
    )
