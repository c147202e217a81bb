"""When something is wrong with the service itself: the decision alone.

In: the store's signs, the room on the disk, the limits of the settings. Out: `Finding`s with their evidence in words.
All pure. Trap: what a person paused, and what hosts and receivers hold back, is no fault; and a limit of 0 is none.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from config.settings import AlarmSettings
from pipeline.model import AlarmKind, Finding
from pipeline.store.signs import FeedSigns, Lane, Signs

FEWEST = 5  #: feeds, or hosts, of which a share says something
REQUIRED_KINDS = ("poller", "dispatcher", "worker", "deliverer")
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of the data folder."""

    folder: Path
    free_bytes: int


def findings(
    signs: Signs, disk: Disk | None, limits: AlarmSettings, required: Collection[str] = REQUIRED_KINDS
) -> list[Finding]:
    """Give everything that is wrong."""
    return [
        *_processes(signs, limits, required),
        *_lanes(signs, limits),
        *_polls(signs, limits),
        *_channels(signs, limits),
        *_failing(signs.feeds, limits),
        *_quiet(signs, limits),
        *_disk(disk, limits),
        *_clock(signs, limits),
    ]


def _is_over(since: datetime | None, now: datetime, limit: timedelta) -> bool:
    return since is not None and bool(limit) and now - since >= limit


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _age(since: datetime, now: datetime) -> str:
    minutes = (now - since) / timedelta(minutes=1)
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"


def _processes(signs: Signs, limits: AlarmSettings, required: Collection[str]) -> Iterator[Finding]:
    limit = timedelta(minutes=limits.silent_minutes)
    for kind in required if limit else ():
        beat_at = signs.beats.get(kind)
        if beat_at is None or signs.at - beat_at >= limit:
            last = f"the last beat was at {_instant(beat_at)}" if beat_at else "none has beaten for 10 minutes or more"
            said = f"No {kind} is at work: {last}. `storywatch doctor` and its log say why."
            yield Finding(AlarmKind.PROCESS_MISSING, kind, said)


def _lanes(signs: Signs, limits: AlarmSettings) -> Iterator[Finding]:
    for name, lane in (("pages", signs.pages), ("deliveries", signs.deliveries)):
        if not lane.is_paused:
            yield from _lane(name, lane, signs.at, limits)


def _lane(name: str, lane: Lane, now: datetime, limits: AlarmSettings) -> Iterator[Finding]:
    stuck, late = timedelta(minutes=limits.stuck_minutes), timedelta(minutes=limits.late_minutes)
    if lane.queued_since and not lane.is_held and _is_over(lane.queued_since, now, stuck):
        said = f"{name} stand on the queue for {_age(lane.queued_since, now)}, and nothing is in work."
        yield Finding(AlarmKind.QUEUE_STUCK, name, said)
    elif lane.free_since and not lane.queued_since and not lane.is_held and _is_over(lane.free_since, now, stuck):
        said = f"{name} could be worked on for {_age(lane.free_since, now)}, and nothing is released or in work."
        yield Finding(AlarmKind.QUEUE_STUCK, name, said)
    elif lane.free_since and _is_over(lane.free_since, now, late):
        said = f"The first of the {name} that wait has been due for {_age(lane.free_since, now)}; work goes on."
        yield Finding(AlarmKind.WORK_LATE, name, said)


def _polls(signs: Signs, limits: AlarmSettings) -> Iterator[Finding]:
    stuck, late = timedelta(minutes=limits.stuck_minutes), timedelta(minutes=limits.feeds_late_minutes)
    free_since, polled_at = signs.feeds.free_since, signs.feeds.polled_at
    if free_since is None:
        return
    if _is_over(free_since, signs.at, stuck) and _is_over(polled_at or free_since, signs.at, stuck):
        last = f"the last poll was at {_instant(polled_at)}" if polled_at else "none was ever polled"
        said = f"Feeds are due for {_age(free_since, signs.at)}, and nobody polls: {last}."
        yield Finding(AlarmKind.POLLS_STOPPED, "feeds", said)
    elif _is_over(free_since, signs.at, late):
        said = f"The first feed has been due for {_age(free_since, signs.at)}: there are more than pollers can ask."
        yield Finding(AlarmKind.FEEDS_LATE, "feeds", said)


def _channels(signs: Signs, limits: AlarmSettings) -> Iterator[Finding]:
    for channel, count in signs.parked.items() if limits.dead_letters else ():
        if count >= limits.dead_letters:
            said = (
                f"{count} deliveries to {channel} are parked. `storywatch deliveries list --state parked` says why, "
                f"`storywatch deliveries replay` sends them again."
            )
            yield Finding(AlarmKind.DEAD_LETTERS, channel, said)
    limit = timedelta(minutes=limits.rest_minutes)
    for receiver in signs.receivers if limit else ():
        reason = f" ({receiver.reason.value})" if receiver.reason else ""
        if receiver.gone_at:
            said = f"{receiver.channel} said at {_instant(receiver.gone_at)} that it is gone; it is not asked any more."
            yield Finding(AlarmKind.CHANNEL_RESTS, receiver.channel, said)
        elif receiver.failing_since_at and _is_over(receiver.failing_since_at, signs.at, limit):
            said = (
                f"{receiver.channel} has failed {receiver.failures} times in a row since "
                f"{_instant(receiver.failing_since_at)}{reason}."
            )
            yield Finding(AlarmKind.CHANNEL_RESTS, receiver.channel, said)


def _failing(feeds: FeedSigns, limits: AlarmSettings) -> Iterator[Finding]:
    for kind, count, failing, word in (
        (AlarmKind.FEEDS_FAILING, feeds.active_count, feeds.failing_count, "feeds"),
        (AlarmKind.HOSTS_FAILING, feeds.host_count, feeds.failing_host_count, "hosts"),
    ):
        if limits.failing_percent and count >= FEWEST and failing * 100 >= limits.failing_percent * count:
            said = (
                f"{failing} of {count} {word} failed at their last poll: look at the network and the name server first."
            )
            yield Finding(kind, word, said)


def _quiet(signs: Signs, limits: AlarmSettings) -> Iterator[Finding]:
    limit = timedelta(hours=limits.quiet_hours)
    if signs.article_at and signs.feeds.active_count and _is_over(signs.article_at, signs.at, limit):
        said = f"No article came since {_instant(signs.article_at)}, of {signs.feeds.active_count} feeds."
        yield Finding(AlarmKind.NOTHING_NEW, "articles", said)


def _disk(disk: Disk | None, limits: AlarmSettings) -> Iterator[Finding]:
    if disk and disk.free_bytes < limits.disk_megabytes * MEGABYTE:
        said = (
            f"{disk.free_bytes // MEGABYTE} MB are left on the disk of {disk.folder}. Make room, or let old news go: "
            "`[retention]` and `storywatch prune`."
        )
        yield Finding(AlarmKind.DISK_FULL, str(disk.folder), said)


def _clock(signs: Signs, limits: AlarmSettings) -> Iterator[Finding]:
    limit = timedelta(seconds=limits.clock_seconds)
    if not limit:
        return
    if signs.store_at and abs(signs.store_at - signs.at) > limit:
        seconds = (signs.store_at - signs.at).total_seconds()
        yield Finding(AlarmKind.CLOCK_OFF, "database", f"The database's clock is {seconds:+.0f} seconds from ours.")
    for kind, beat_at in signs.beats.items():
        if beat_at - signs.at > limit:
            seconds = (beat_at - signs.at).total_seconds()
            yield Finding(AlarmKind.CLOCK_OFF, kind, f"A beat of the {kind} is {seconds:.0f} seconds ahead of us.")
