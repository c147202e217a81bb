"""Read the dates that feeds write.

In: the date as it stands in the feed. Out: an aware instant in UTC, or None if it is missing, wrong or senseless.
Hides the spellings; no library (feedparser and email.utils take every unknown zone for UTC). Trap: a date with an
unknown or ambiguous zone (IST: India, Israel, Ireland) is no instant, and a wrong instant is worse than none.
"""

import re
from datetime import UTC, datetime, timedelta

EARLIEST_YEAR = 1990  # before the first news page; clocks that were never set say 1970 or 1980
LATEST_AHEAD = timedelta(days=1)  # what a wrong zone or a fast clock explains

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"\d{9,10}(?:\.\d+)?|\d{13}")
_TIME = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_ZONE = r"(?P<zone>(?:(?:GMT|UTC)\s*)?[+-]\d\d:?\d\d|[A-Z]{1,5}\b)"
_DATES = (
    # 2026-11-02, 2026-11-02T10:00:00Z, 2026-11-02 10:00+01:00 (RFC 3339, W3C NOTE-datetime)
    rf"(?P<year>\d{{4}})-(?P<month>\d\d?)-(?P<day>\d\d?)(?:(?:T|\s+){_TIME}\s*(?P<local>$|{_ZONE}))?",
    # Mon, 02 Nov 2026 10:00:00 GMT (RFC 822, 5322), 2-Nov-26 10:00 EST
    rf"(?:\w+\.?,?\s+)?(?P<day>\d\d?)[\s-]+(?P<name>[A-Z]{{3}})\w*\.?[\s-]+(?P<year>\d{{4}}|\d\d)(?:,?\s+{_TIME}\s*{_ZONE})?",
    # Nov 2, 2026 10:00:00 GMT
    rf"(?:\w+\.?,?\s+)?(?P<name>[A-Z]{{3}})\w*\.?\s+(?P<day>\d\d?),\s*(?P<year>\d{{4}})(?:,?\s+{_TIME}\s*{_ZONE})?",
)
# How most feeds write it, to the letter; what fits here in form and not in sense goes the way of the others.
_USUAL = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|\+0000)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_USUAL_MONTHS = {name.capitalize(): number for number, name in enumerate(_MONTHS, start=1)}
_SPELLINGS = tuple(re.compile(rf"{spelling}\s*(?:\(.*\))?", re.IGNORECASE) for spelling in _DATES)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)$")

# Hours east of UTC of the names that mean one zone wherever news is written; the American ones are RFC 5322's.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1,
    "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "SAST": 2, "PKT": 5, "WIB": 7, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9,
    "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip


def sane(instant: datetime | None, now: datetime) -> datetime | None:
    """Give the instant back if news can have been published then, as far as `now` knows."""
    if instant is None or instant.year < EARLIEST_YEAR or instant > now + LATEST_AHEAD:
        return None
    return instant


def parse_date(raw: str, now: datetime) -> datetime | None:
    """Read a date as RSS, Atom or JSON Feed write it, or seconds or milliseconds since 1970; None if not sane.

    A date without a time, or an ISO time without a zone, is read as UTC (W3C NOTE-datetime leaves it open); an RFC
    822 time without a zone or with an unknown one is None.
    """
    raw = raw.strip()[:100]
    try:
        return sane(_from_number(raw) if _NUMBER.fullmatch(raw) else _from_words(raw), now)
    except (ValueError, OverflowError):
        return None


def _from_number(raw: str) -> datetime:
    seconds = int(raw) / 1000 if len(raw) == 13 and raw.isdigit() else float(raw)
    return _EPOCH + timedelta(seconds=seconds)


def _from_words(raw: str) -> datetime | None:
    usual = _USUAL.fullmatch(raw)
    if usual is not None and usual[2] in _USUAL_MONTHS and usual[6] < "60":
        day, name, *numbers = usual.groups()
        year, hour, minute, second = map(int, numbers)
        return datetime(year, _USUAL_MONTHS[name], int(day), hour, minute, second, tzinfo=UTC)
    for spelling in _SPELLINGS:
        found = spelling.fullmatch(raw)
        if found:
            return _instant(found.groupdict())
    return None


def _instant(parts: dict[str, str | None]) -> datetime | None:
    """Put the parts of a date together; ValueError if there is no such day or time, None if the zone is unknown."""
    name = parts.get("name")
    month = _MONTHS.index(name.lower()) + 1 if name else int(parts["month"] or 0)
    hour, minute, second = (int(parts[unit] or 0) for unit in ("hour", "minute", "second"))
    if second == 60:  # a leap second, for which datetime has no place
        second = 59
    local = datetime(_year(parts["year"] or ""), month, int(parts["day"] or 0), hour, minute, second, tzinfo=UTC)
    offset = _offset(parts["zone"] or "UTC")
    return None if offset is None else local - offset


def _year(digits: str) -> int:
    """Read a year, two digits as RFC 5322, 4.3 has it: from 1950 to 2049."""
    return int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 50 else 1900)


def _offset(zone: str) -> timedelta | None:
    numeric = _OFFSET.search(zone)
    if numeric is None:
        hours = _ZONES.get(zone.upper())
        return None if hours is None else timedelta(hours=hours)
    sign = -1 if numeric[1] == "-" else 1
    return sign * timedelta(hours=int(numeric[2]), minutes=int(numeric[3]))
