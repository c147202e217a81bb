"""A rule as the fields of a form, and back.

In: what was typed, or a `Rule`. Out: the mapping that `pipeline.rule_text` reads, or what to show in the fields; and
mistakes by the field they belong to. Pure. Trap: what cannot be read is passed on as it was typed, so that the one
reader of rules says what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import available_timezones

from pipeline.errors import BadSettings
from pipeline.rule import Every, Rule
from pipeline.rule_text import WEEKDAYS, read_rule

COUNTS = ("outlets", "texts", "update_most", "most_per_hour")
FLAGS = ("first_in_language", "update_changed")
INSTANTS = ("not_before", "not_after")
#: Offered while typing; the names of places, not the old abbreviations.
TIME_ZONES = tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))
FIELDS = (
    *COUNTS,
    *FLAGS,
    *INSTANTS,
    "growth_count",
    "growth_hours",
    "update_outlets",
    "quiet_start",
    "quiet_end",
    "digest",
    "digest_at",
    "digest_day",
    "timezone",
)


@dataclass(frozen=True, slots=True)
class ReadRule:
    """The rule that was typed, or the plain one with what is wrong, by key; the key is empty for the whole."""

    rule: Rule
    problems: Mapping[str, str] = field(default_factory=dict)


def read_typed(typed: Mapping[str, str]) -> ReadRule:
    """Read the fields of a rule."""
    try:
        return ReadRule(read_rule(written(typed)))
    except BadSettings as mistakes:
        return ReadRule(Rule(), dict(_by_key(problem) for problem in mistakes.problems))


def written(typed: Mapping[str, str]) -> dict[str, object]:
    """Write the fields as a rule is written in the file of subscriptions; empty ones are left out."""
    said: dict[str, object] = {key: _whole(typed[key]) for key in COUNTS if typed.get(key)}
    said |= {key: True for key in FLAGS if typed.get(key)}
    said |= {key: typed[key] for key in (*INSTANTS, "timezone") if typed.get(key)}
    if typed.get("growth_count") or typed.get("growth_hours"):
        said["growth"] = f"{typed.get('growth_count', '')} in {typed.get('growth_hours', '')}h"
    if numbers := typed.get("update_outlets"):
        said["update_outlets"] = [_whole(number) for number in numbers.replace(",", " ").split()]
    if typed.get("quiet_start") or typed.get("quiet_end"):
        said["quiet"] = f"{typed.get('quiet_start', '')}-{typed.get('quiet_end', '')}"
    return said | _digest(typed)


def typed_of(rule: Rule) -> dict[str, str]:
    """Give what the fields show of a rule."""
    shown = {key: str(getattr(rule, key) or "") for key in COUNTS}
    shown |= {key: "on" if getattr(rule, key) else "" for key in FLAGS}
    shown |= {key: _local(getattr(rule, key)) for key in INSTANTS}
    shown["update_most"] = "" if rule.update_most == Rule().update_most else shown["update_most"]
    shown["timezone"] = rule.timezone
    shown["update_outlets"] = ", ".join(map(str, rule.update_outlets))
    if rule.growth:
        shown |= {"growth_count": str(rule.growth.article_count), "growth_hours": str(rule.growth.hours)}
    if rule.quiet:
        shown |= {"quiet_start": f"{rule.quiet.start:%H:%M}", "quiet_end": f"{rule.quiet.end:%H:%M}"}
    if rule.digest:
        day = WEEKDAYS[rule.digest.weekday]
        shown |= {"digest": rule.digest.every.value, "digest_at": f"{rule.digest.at:%H:%M}", "digest_day": day}
    return dict.fromkeys(FIELDS, "") | shown


def _digest(typed: Mapping[str, str]) -> dict[str, object]:
    every, at = typed.get("digest", ""), typed.get("digest_at", "")
    match every:
        case "":
            return {}
        case Every.HOURLY:
            return {"digest": f"hourly@:{at[-2:]}" if at else "hourly"}
        case Every.WEEKLY:
            return {"digest": f"weekly@{typed.get('digest_day', '')}-{at}"}
        case _:
            return {"digest": f"{every}@{at}"}


def _whole(text: str) -> object:
    """Read a number; a text that is none stays as it is, for the reader of rules to refuse."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def _local(at: datetime | None) -> str:
    """Write an instant as a field of a date and a time takes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}" if at else ""


def _by_key(problem: str) -> tuple[str, str]:
    key, colon, words = problem.partition(": ")
    return (key, words) if colon and key.replace("_", "").isalpha() else ("", problem)
