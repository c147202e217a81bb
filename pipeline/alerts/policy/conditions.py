"""Decide whether the conditions of a rule hold for a story as it stands.

In: a `Rule`, a `StoryState`, an instant. Out: one `Clause` for each condition asked, with what was found. Pure.
Trap: they are asked again whenever an article joins the story, so a clause that fails may hold later; a date that is
over never does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.rule import Rule, StoryState


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: its key in the rule, what is asked, what was found."""

    key: str
    wanted: str
    found: str
    holds: bool


def holds(rule: Rule, state: StoryState, now: datetime) -> bool:
    """Tell whether every condition holds; says the same as `clauses`, without words, for a hundred thousand stories."""
    return (
        state.independent_outlet_count >= rule.outlets
        and state.text_count >= rule.texts
        and (state.first_in_language or not rule.first_in_language)
        and (rule.growth is None or state.grown_count >= rule.growth.article_count)
        and (rule.not_before is None or now >= rule.not_before)
        and (rule.not_after is None or now <= rule.not_after)
    )


def clauses(rule: Rule, state: StoryState, now: datetime) -> Iterator[Clause]:
    """Yield the conditions that the rule asks, in its order."""
    if rule.outlets:
        yield _least("outlets", rule.outlets, state.independent_outlet_count, "independent outlets")
    if rule.texts:
        yield _least("texts", rule.texts, state.text_count, "distinct texts")
    if rule.first_in_language:
        found = "it was" if state.first_in_language else "others were met before"
        yield Clause("first_in_language", "first article of its language", found, state.first_in_language)
    if rule.growth:
        yield _least("growth", rule.growth.article_count, state.grown_count, f"articles in {rule.growth.hours} h")
    if rule.not_before:
        yield Clause("not_before", f"from {_shown(rule.not_before)}", _shown(now), now >= rule.not_before)
    if rule.not_after:
        yield Clause("not_after", f"until {_shown(rule.not_after)}", _shown(now), now <= rule.not_after)


def _least(key: str, wanted: int, found: int, what: str) -> Clause:
    return Clause(key, f"at least {wanted} {what}", str(found), found >= wanted)


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
