"""Read how seldom a feed asks to be polled: ttl, the syndication module, skipHours, skipDays (checklist F31).

In: the words of those elements. Out: seconds, hours, days. Hides the three vocabularies and their misspellings. Trap:
these only ever lengthen the interval, and whoever asks for nonsense has asked for nothing.
"""

import re

_PERIODS = {
    "hourly": 3600, "hour": 3600, "daily": 86_400, "day": 86_400, "dayly": 86_400, "weekly": 604_800,
    "week": 604_800, "monthly": 2_592_000, "month": 2_592_000, "yearly": 31_536_000, "annually": 31_536_000,
}  # fmt: skip
LONGEST_SECONDS = 31_536_000
_SKIP_HOURS = re.compile(r"<skipHours\s*>(.{0,4000}?)</skipHours\s*>", re.IGNORECASE | re.DOTALL)
_SKIP_DAYS = re.compile(r"<skipDays\s*>(.{0,4000}?)</skipDays\s*>", re.IGNORECASE | re.DOTALL)
_DAY = re.compile(r"<day\s*>\s*([A-Za-z]+)\s*</day\s*>", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOUR = re.compile(r"<hour\s*>\s*(\d{1,2})\s*</hour\s*>", re.IGNORECASE)


def minimum_interval_seconds(ttl: str, period: str, frequency: str) -> int:
    """Give the longer of `ttl` (minutes) and `sy:updatePeriod` divided by `sy:updateFrequency`; 0 for neither."""
    minutes = int(ttl) if _is_count(ttl) else 0
    seconds = _PERIODS.get(period.strip().lower(), 0)
    times = int(frequency) if _is_count(frequency) else 1
    return min(max(minutes * 60, seconds // max(times, 1)), LONGEST_SECONDS)


def _is_count(words: str) -> bool:
    return words.strip().isdecimal() and len(words.strip()) <= 9


def skip_hours(text: str) -> tuple[int, ...]:
    """Give the hours of the UTC day, ascending, in which the channel does not want to be read; none if it says all."""
    found = _SKIP_HOURS.search(text)
    hours = {int(hour) % 24 for hour in _HOUR.findall(found[1]) if int(hour) <= 24} if found else set()
    return tuple(sorted(hours)) if len(hours) < 24 else ()


def skip_days(text: str) -> tuple[int, ...]:
    """Give the days of the week (UTC, Monday 0), ascending, in which the channel sleeps; none if it says all."""
    found = _SKIP_DAYS.search(text)
    named = {day.lower() for day in _DAY.findall(found[1])} if found else set()
    days = tuple(place for place, day in enumerate(_DAYS) if day in named)
    return days if len(days) < len(_DAYS) else ()
