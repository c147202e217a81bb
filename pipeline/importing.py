"""Take subscriptions over from the file that a team reviews, or queries from another service.

In: the file's text, or drafts. Out: what became of each, and what could not be said in our words. Trap: others than
those of the file stay as they are; a subscription of the same name is changed, and its alerts stay.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from pipeline.alerts.expectations import disappointed
from pipeline.alerts.foreign import Translated, from_google, from_talkwalker
from pipeline.alerts.subscriptions_file import SubscriptionDraft, in_order, read_subscriptions
from pipeline.errors import BadQuery, Unusable
from pipeline.model import Subscription
from pipeline.store import subscriptions
from pipeline.subscribing import change, find_query, save


class Stored(StrEnum):
    """What became of a draft."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Source(StrEnum):
    """Whose queries a file holds."""

    STORYWATCH = "storywatch"
    GOOGLE = "google"
    TALKWALKER = "talkwalker"


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was read."""

    drafts: Sequence[SubscriptionDraft]
    remarks: tuple[str, ...] = ()  #: lines left out and words that could not be translated, each with its line


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file."""

    stored: Sequence[tuple[str, Stored]]  #: names, in the order in which they were stored
    remarks: tuple[str, ...] = ()

    def count(self, word: Stored) -> int:
        """Count those of one fate."""
        return sum(became is word for _, became in self.stored)


_TRANSLATE: Mapping[Source, Callable[[str], Translated]] = {
    Source.GOOGLE: from_google,
    Source.TALKWALKER: from_talkwalker,
}
_REMARK = re.compile(r"#(?![\w\"])")  #: `# by Eva` and `#----`; a tag, `#Kursk` or `#"Kursk"`, is a query
#: Raises for a subscription that whoever brings the file may not change.
Allowed = Callable[[Subscription], None]


def anything(_held: Subscription) -> None:
    """Let every subscription be changed."""


def read_file(
    tx: Connection, text: str, known: Collection[str], source: Source = Source.STORYWATCH, wanted: Sequence[str] = ()
) -> Reading:
    """Read a file; queries of another service get the channels `wanted`, or all that are known.

    Raises BadSettings, and Unusable where an example of the file fails.
    """
    if source is Source.STORYWATCH:
        reading = Reading(read_subscriptions(text, frozenset(known), lambda name: find_query(tx, name)))
    else:
        if unknown := [name for name in wanted if name not in known]:
            raise Unusable(f"no channel is called {unknown[0]!r}; the settings have: {', '.join(sorted(known))}")
        reading = _translated(text, _TRANSLATE[source], tuple(wanted or known))
    if problems := disappointed(reading.drafts):
        raise Unusable("\n".join(problems))
    return reading


def _translated(text: str, translate: Callable[[str], Translated], channels: tuple[str, ...]) -> Reading:
    """Translate queries line by line; what cannot be asked at all is left out, with a remark."""
    drafts: list[SubscriptionDraft] = []
    remarks: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or _REMARK.match(line):
            continue
        name, tab, query = line.partition("\t")
        query = query if tab else line
        try:
            found = translate(query.strip())
        except BadQuery as problem:
            remarks.append(f"line {number} was left out: {problem.problem}")
            continue
        remarks += [f"line {number}: {remark}" for remark in found.remarks]
        drafts.append(SubscriptionDraft((name if tab else query).strip()[:200], found.query, channels))
    return Reading(drafts, tuple(remarks))


def import_file(
    tx: Connection,
    reading: Reading,
    now: datetime,
    *,
    owner_id: int | None = None,
    dry_run: bool = False,
    allowed: Allowed = anything,
) -> Report:
    """Store the subscriptions of a file, all or none."""
    stored = [
        (draft.name, import_draft(tx, draft, now, owner_id=owner_id, dry_run=dry_run, allowed=allowed))
        for draft in in_order(list(reading.drafts))
    ]
    return Report(stored, reading.remarks)


def import_draft(
    tx: Connection,
    draft: SubscriptionDraft,
    now: datetime,
    *,
    owner_id: int | None = None,
    dry_run: bool = False,
    allowed: Allowed = anything,
) -> Stored:
    """Store one; raises BadQuery, which names the draft. In a dry run nothing is stored."""
    held = subscriptions.find_by_name(tx, draft.name)
    if held and (held.query, held.channels, held.rule) == (draft.query, draft.channels, draft.rule):
        return Stored.UNCHANGED
    if held:
        allowed(held)
    try:
        if held and not dry_run:
            change(tx, held, draft.query, draft.channels, draft.rule)
        elif not dry_run:
            save(tx, draft.name, draft.query, draft.channels, now, draft.rule, owner_id=owner_id)
    except BadQuery as error:
        problem = f"subscription ('{draft.name}'): {error.problem}"
        raise BadQuery(problem, error.position, error.suggestion) from error
    return Stored.CHANGED if held else Stored.ADDED
