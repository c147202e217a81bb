"""Forecast which stories a rule would have let through, and how the alerts would have been handed over.

In: a `Rule`, the articles that met the query, every article of their stories. Out: `Raised` alerts and a `Forecast`.
Pure; the decisions are those of `alerts.policy`, so that a trial and what comes after it cannot differ. Trap: stories
are taken as they are today, and the rule as if it had been saved at the beginning of the time that is tried.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from operator import attrgetter
from typing import Protocol

from pipeline.alerts.policy import clauses, hold_for, holds
from pipeline.alerts.policy.hold import LIMIT_SPAN
from pipeline.rule import Rule, StoryState

_HOUR = 3_600_000_000  #: microseconds
_NEVER = datetime.min.replace(tzinfo=UTC)
_NOTHING = StoryState(0, 0, 0, 0, 0, first_in_language=False)


class _Member(Protocol):
    """An article as it joined its story."""

    @property
    def article_id(self) -> int: ...
    @property
    def story_id(self) -> int: ...
    @property
    def outlet(self) -> str: ...
    @property
    def text_hash(self) -> bytes: ...
    @property
    def is_copy(self) -> bool: ...
    @property
    def published(self) -> int: ...
    @property
    def stored(self) -> int: ...
    @property
    def stored_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that would have been raised, with the article it would have shown."""

    story_id: int
    article_id: int
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """A condition, and how many stories never met it; a story may lack several."""

    condition: str
    story_count: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the rule would have made of the stories that met the query."""

    held_back_count: int  #: stories that met the query, but never every condition
    missing: tuple[Missing, ...]
    single_count: int  #: alerts handed over at once
    digest_count: int  #: digests in which the others would have come
    remarks: tuple[str, ...]  #: what the trial does not foresee


@dataclass(slots=True)
class _Story:
    """A story as it grows; it is watched from the first article on that met the query."""

    newest: _Member  #: the last article that joined
    first_in_language: bool
    article_count: int = 0
    outlets: set[str] = field(default_factory=set)
    own_outlets: set[str] = field(default_factory=set)
    texts: set[bytes] = field(default_factory=set)
    dates: list[int] = field(default_factory=list)  #: in microseconds, in order
    met_id: int = 0  #: the last article that met the query; 0: none yet
    is_told: bool = False

    def join(self, member: _Member) -> None:
        """Count an article."""
        self.newest = member
        self.article_count += 1
        self.outlets.add(member.outlet)
        insort(self.dates, member.published)
        if not member.is_copy:
            self.own_outlets.add(member.outlet)
            self.texts.add(member.text_hash)

    def may_be_told(self, rule: Rule) -> bool:
        """Whether it is watched and was not told; only a shorter way to `holds`."""
        is_first = self.first_in_language or not rule.first_in_language
        return is_first and self.met_id > 0 and not self.is_told

    def state(self, rule: Rule) -> StoryState:
        """Give what the conditions ask."""
        grown = 0
        if rule.growth:
            since = self.dates[-1] - rule.growth.hours * _HOUR
            grown = len(self.dates) - bisect_right(self.dates, since)
        return StoryState(
            article_count=self.article_count,
            text_count=max(len(self.texts), 1),
            outlet_count=len(self.outlets),
            independent_outlet_count=len(self.own_outlets),
            grown_count=grown,
            first_in_language=self.first_in_language,
        )


def tried_rule(rule: Rule, now: datetime) -> Rule:
    """Give the rule that can be tried: one that begins later is tried as if it held already."""
    return replace(rule, not_before=None) if rule.not_before and rule.not_before > now else rule


def first_of_languages(met: Iterable[tuple[int, str]]) -> set[int]:
    """Give the stories met first by an article of a language in which none was met before.

    `met` are the story and the language of each article that met the query, in the order in which they were stored.
    """
    known: set[str] = set()
    begun: dict[int, bool] = {}
    for story_id, language in met:
        begun.setdefault(story_id, language not in known)
        known.add(language)
    return {story_id for story_id, is_first in begun.items() if is_first}


def hopeless_below(rule: Rule) -> float:
    """Give the number of articles below which a story lacks every condition, but for the first ones of a language.

    Infinite if being such a first one is all that is asked; 0 if more must be known of each story.
    """
    if rule.not_before or rule.not_after:
        return 0
    return min(filter(None, _counted(rule)), default=inf if rule.first_in_language else 0)


def raised_by(
    rule: Rule, met: Collection[int], members: Iterable[_Member], firsts: Collection[int] = (), hopeless_count: int = 0
) -> tuple[list[Raised], tuple[Missing, ...]]:
    """Let stories grow, article by article, and give the alerts in order and what the other stories lacked.

    `firsts` are those of `first_of_languages`. `members` need not be there of stories that `hopeless_below` rules out,
    if it is said how many were met.
    """
    stories: dict[int, _Story] = {}
    raised: list[Raised] = []
    least = _least_articles(rule)
    for member in sorted(members, key=attrgetter("stored", "article_id")):
        story = stories.get(member.story_id)
        if story is None:
            story = stories[member.story_id] = _Story(member, first_in_language=member.story_id in firsts)
        story.join(member)
        if member.article_id in met:
            story.met_id = member.article_id
        if story.article_count >= least and story.may_be_told(rule) and _passes(rule, story):
            raised.append(Raised(member.story_id, story.met_id, member.stored_at))
    untold = Counter(_lacked(rule, story) for story in stories.values() if story.met_id and not story.is_told)
    untold[_NOTHING, _NEVER] += hopeless_count
    return raised, tuple(_missing(rule, untold))


def _least_articles(rule: Rule) -> int:
    """Give how many articles a story has at the least whose conditions hold; only a shorter way to `holds`."""
    return max(_counted(rule))


def _counted(rule: Rule) -> tuple[int, int, int]:
    """Give how many articles each counted condition asks for at the least; 0 where it is not set."""
    return rule.outlets, rule.texts, rule.growth.article_count if rule.growth else 0


def _passes(rule: Rule, story: _Story) -> bool:
    story.is_told = holds(rule, story.state(rule), story.newest.stored_at)
    return story.is_told


def _lacked(rule: Rule, story: _Story) -> tuple[StoryState, datetime]:
    """Give how a story stood when its last article joined, and when, if that counts; many stood alike."""
    is_dated = rule.not_before or rule.not_after
    return story.state(rule), story.newest.stored_at if is_dated else _NEVER


def _missing(rule: Rule, untold: Counter[tuple[StoryState, datetime]]) -> Iterable[Missing]:
    lacked: Counter[str] = Counter()
    for (state, at), count in untold.items():
        lacked.update({one.wanted: count for one in clauses(rule, state, at) if not one.holds and count})
    in_order = (one.wanted for one in clauses(rule, _NOTHING, _NEVER))
    return (Missing(wanted, lacked[wanted]) for wanted in in_order if lacked[wanted])


def forecast(
    rule: Rule, raised_at: Sequence[datetime], story_count: int, missing: tuple[Missing, ...], now: datetime
) -> Forecast:
    """Tell how alerts raised at these instants, in order, would have been handed over."""
    single: list[datetime] = []
    digests: set[datetime] = set()
    for at in raised_at:
        hold = hold_for(rule, at, _last_hour(single, rule, at))
        if hold:
            digests.add(hold.until)
        else:
            single.append(at)
    held_back = story_count - len(raised_at)
    return Forecast(held_back, missing, len(single), len(digests), tuple(_remarks(rule, now)))


def _last_hour(single: Sequence[datetime], rule: Rule, at: datetime) -> list[datetime]:
    """Give the last alerts handed over singly, as many as the limit looks at."""
    newest = single[-rule.most_per_hour :] if rule.most_per_hour else []
    return [one for one in newest if one > at - LIMIT_SPAN]


def _remarks(rule: Rule, now: datetime) -> Iterable[str]:
    yield "stories and texts are taken as they are today, the subscription as if saved at the beginning of that time"
    if rule.not_before and rule.not_before > now:
        begins = f"{rule.not_before.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        yield f"it raises nothing before {begins}; it was tried as if it held already"
    if rule.has_updates:
        yield "updates are not foreseen; they come on top of the alerts and count for the hourly limit"
    if rule.quiet or rule.digest or rule.most_per_hour:
        yield "quiet hours, digests and the hourly limit drop nothing, they only delay"
