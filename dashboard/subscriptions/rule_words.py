"""A rule in words, for people who did not write it.

In: a `Rule`. Out: short sentences, none for the plain rule. Pure. Trap: times are local to the rule's own time zone,
which is named beside them.
"""

from collections.abc import Iterator

from dashboard.words import counted
from pipeline.rule import Every, Rule, Schedule

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def rule_words(rule: Rule) -> list[str]:
    """Say what a rule asks."""
    return [*_conditions(rule), *_updates(rule), *_times(rule)]


def _conditions(rule: Rule) -> Iterator[str]:
    if rule.outlets > 1:
        yield f"at least {rule.outlets} independent outlets"
    if rule.texts > 1:
        yield f"at least {rule.texts} distinct texts"
    if rule.first_in_language:
        yield "only the first in each language"
    if rule.growth:
        yield f"at least {rule.growth.article_count} articles in {counted(rule.growth.hours, 'hour')}"
    if rule.not_before:
        yield f"not before {rule.not_before:%Y-%m-%d %H:%M} UTC"
    if rule.not_after:
        yield f"not after {rule.not_after:%Y-%m-%d %H:%M} UTC"


def _updates(rule: Rule) -> Iterator[str]:
    if rule.update_outlets:
        yield f"told again at {', '.join(map(str, rule.update_outlets))} outlets"
    if rule.update_changed:
        yield "told again when much is new"
    if rule.has_updates:
        yield f"{counted(rule.update_most, 'update')} of a story at most"


def _times(rule: Rule) -> Iterator[str]:
    if rule.digest:
        yield f"{_schedule(rule.digest)} ({rule.timezone})"
    if rule.quiet:
        yield f"quiet from {rule.quiet.start:%H:%M} to {rule.quiet.end:%H:%M} ({rule.timezone})"
    if rule.most_per_hour:
        yield f"{counted(rule.most_per_hour, 'alert')} an hour at most, the rest together"


def _schedule(schedule: Schedule) -> str:
    match schedule.every:
        case Every.HOURLY:
            return f"digest every hour at :{schedule.at:%M}"
        case Every.DAILY:
            return f"digest every day at {schedule.at:%H:%M}"
        case Every.WEEKLY:
            return f"digest every {_DAYS[schedule.weekday]} at {schedule.at:%H:%M}"
