"""Rules as people write them: in the file of subscriptions, on the command line, and in the store.

In: a mapping of plain values such as `{"outlets": 3, "digest": "daily@07:30"}`. Out: a `Rule`, or all mistakes at
once; and the mapping again. Hides zoneinfo's names. Trap: what is written back holds only what differs from the plain
rule, so that an empty mapping is the plain rule.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.errors import BadSettings
from pipeline.rule import UPDATES_LIMIT, Every, Growth, Quiet, Rule, Schedule

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PLAIN = Rule()
_TIME = r"([01]?\d|2[0-3]):([0-5]\d)"
_MOST_COUNT = 10_000
_MOST_HOURS = 24 * 60


def read_rule(written: Mapping[str, Any]) -> Rule:
    """Read a rule; raises BadSettings with a sentence for each mistake."""
    values: dict[str, Any] = {}
    problems = [f"'{key}' is not known; there are {', '.join(KEYS)}" for key in written if key not in KEYS]
    for key, read in _READERS.items():
        if key in written:
            try:
                values[key] = read(written[key])
            except ValueError as error:
                problems.append(f"{key}: {error}")
    if problems:
        raise BadSettings(problems)
    rule = Rule(**values)
    if rule.not_before and rule.not_after and rule.not_after <= rule.not_before:
        raise BadSettings(["not_after must be later than not_before"])
    return rule


def write_rule(rule: Rule) -> dict[str, Any]:
    """Write a rule so that it reads as itself again; only what differs from the plain one."""
    changed = (key for key in KEYS if getattr(rule, key) != getattr(_PLAIN, key))
    return {key: _written(getattr(rule, key)) for key in changed}


def _written(value: Any) -> Any:
    match value:
        case Growth(count, hours):
            return f"{count} in {hours}h"
        case Quiet(start, end):
            return f"{start:%H:%M}-{end:%H:%M}"
        case Schedule():
            return _written_schedule(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case tuple():
            return list(value)
        case _:
            return value


def _written_schedule(schedule: Schedule) -> str:
    day = f"{WEEKDAYS[schedule.weekday]}-" if schedule.every is Every.WEEKLY else ""
    at = f":{schedule.at:%M}" if schedule.every is Every.HOURLY else f"{schedule.at:%H:%M}"
    return f"{schedule.every}@{day}{at}"


def _count(least: int, most: int = _MOST_COUNT) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return read


def _flag(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise ValueError("must be true or false")


def _growth(value: Any) -> Growth:
    found = re.fullmatch(r"\s*(\d{1,6})\s+in\s+(\d{1,5})\s*(h|d)\s*", value) if isinstance(value, str) else None
    count, hours = (int(found[1]), int(found[2]) * (24 if found[3] == "d" else 1)) if found else (0, 0)
    if not 2 <= count <= _MOST_COUNT or not 1 <= hours <= _MOST_HOURS:
        raise ValueError("must be articles in a time, such as '10 in 6h' or '50 in 2d'")
    return Growth(count, hours)


def _instant(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("must be an instant such as 2026-03-01T00:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _thresholds(value: Any) -> tuple[int, ...]:
    numbers = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not numbers or len(numbers) > UPDATES_LIMIT or any(type(n) is not int or n < 2 for n in numbers):
        raise ValueError(f"must be a list of at most {UPDATES_LIMIT} whole numbers from 2 up, such as [5, 20]")
    return tuple(sorted(set(numbers)))


def _quiet(value: Any) -> Quiet:
    found = re.fullmatch(f"{_TIME}-{_TIME}", value.replace(" ", "")) if isinstance(value, str) else None
    if not found:
        raise ValueError("must be local hours such as 22:00-07:00")
    quiet = Quiet(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
    if quiet.start == quiet.end:
        raise ValueError("must leave some time in which messages may come")
    return quiet


def _schedule(value: Any) -> Schedule:
    text = value.replace(" ", "").lower() if isinstance(value, str) else ""
    if found := re.fullmatch(r"hourly(?:@:?([0-5]\d))?", text):
        return Schedule(Every.HOURLY, time(0, int(found[1] or 0)))
    if found := re.fullmatch(f"daily@{_TIME}", text):
        return Schedule(Every.DAILY, time(int(found[1]), int(found[2])))
    if found := re.fullmatch(f"weekly@({'|'.join(WEEKDAYS)})-{_TIME}", text):
        return Schedule(Every.WEEKLY, time(int(found[2]), int(found[3])), WEEKDAYS.index(found[1]))
    raise ValueError("must be hourly, hourly@:30, daily@07:30 or weekly@mon-07:30")


def _timezone(value: Any) -> str:
    try:
        return ZoneInfo(value).key if isinstance(value, str) and value else _refuse_timezone()
    except (OSError, ValueError, LookupError):
        return _refuse_timezone()


def _refuse_timezone() -> str:
    raise ValueError("must be the name of a time zone such as Europe/Berlin")


_READERS: dict[str, Callable[[Any], Any]] = {
    "outlets": _count(1),
    "texts": _count(1),
    "first_in_language": _flag,
    "growth": _growth,
    "not_before": _instant,
    "not_after": _instant,
    "update_outlets": _thresholds,
    "update_changed": _flag,
    "update_most": _count(1, UPDATES_LIMIT),
    "quiet": _quiet,
    "most_per_hour": _count(1),
    "digest": _schedule,
    "timezone": _timezone,
}
KEYS = tuple(field.name for field in fields(Rule))
