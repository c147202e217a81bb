"""Local times on a clock that is put forward and back.

In: a `Schedule` or `Quiet`, a zone's name, an instant. Out: the next digest, the end of quiet hours. Hides zoneinfo.
Pure. Trap: a local time may not exist (the clock is put forward over it): then the digest is due at the instant of the
change; or come twice (put back): then the first one counts, once.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.rule import Every, Quiet, Schedule

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def next_due(schedule: Schedule, timezone: str, after: datetime) -> datetime:
    """Give the first instant of the schedule that is later than `after`."""
    zone = ZoneInfo(timezone)
    if schedule.every is Every.HOURLY:
        return _next_hourly(schedule.at.minute, zone, after)
    days = _days_from(after.astimezone(zone).date())
    wanted = (day for day in days if schedule.every is Every.DAILY or day.weekday() == schedule.weekday)
    return next(due for day in wanted if (due := instant_of(day, schedule.at, zone)) > after)


def quiet_until(quiet: Quiet, timezone: str, now: datetime) -> datetime | None:
    """Give the end of the quiet hours in which an instant lies; None if it lies in none."""
    zone = ZoneInfo(timezone)
    for day in (now.astimezone(zone).date() + _DAY * back for back in (-1, 0)):
        until = day if quiet.end > quiet.start else day + _DAY
        start, end = instant_of(day, quiet.start, zone), instant_of(until, quiet.end, zone)
        if start <= now < end:
            return end
    return None


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Give the instant of a local time: the first of two, and for none the instant at which the clock jumps."""
    local = datetime.combine(day, at, zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _jump(local, zone)


def _jump(local: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant of the change around a local time that does not exist, to the second."""
    early, late = local.replace(fold=1).astimezone(UTC), local.replace(fold=0).astimezone(UTC)
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _next_hourly(minute: int, zone: ZoneInfo, after: datetime) -> datetime:
    """Give the next local full minute; every hour of the world's, also those the clock repeats."""
    local = after.astimezone(zone)
    found = after - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    found += timedelta(minutes=minute)
    return (found if found > after else found + _HOUR).astimezone(UTC)


def _days_from(day: date) -> Iterator[date]:
    """Yield days from the one before, since a zone's date may be ahead of its last due time."""
    return (day + _DAY * count for count in range(-1, 9))
