"""What can be said of a draft before it is saved: its mistakes, and what it would have done on the archive.

In: a read transaction and a draft. Out: `Checked`, `Trial`, spellings. Hides which rooms know what. Trap: a query is
refused here for the same reasons as when it is saved, its saved queries and its slowness included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dashboard.subscriptions.draft import Draft
from dashboard.subscriptions.rewriting import with_name, with_spelling
from dashboard.subscriptions.rule_form import read_typed
from pipeline.alerts.query.notes import notes
from pipeline.errors import BadQuery, Unusable
from pipeline.subscribing import check, find_query
from pipeline.trial import Trial, try_query
from pipeline.variants import Variant, variants

_AROUND = 60  #: characters of a query shown on each side of its mistake


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a query, and where."""

    problem: str
    number: int  #: of the character, from 1
    before: str
    at: str  #: the character itself; empty at the end
    after: str
    suggestion: str  #: the whole query mended, empty if nobody knows how


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong, and what the writer may not expect."""

    mistake: Mistake | None
    remarks: tuple[str, ...]
    problems: dict[str, str]  #: of the rule, by its key
    is_blank: bool  #: nothing is typed yet, which is no mistake while typing


@dataclass(frozen=True, slots=True)
class Spelling:
    """A spelling that the archive holds, and the query that would find it too."""

    variant: Variant
    query: str


@dataclass(frozen=True, slots=True)
class Spellings:
    """How a name is written in the archive."""

    word: str
    by_name: str  #: the query that asks for the name however it is spelled
    found: Sequence[Spelling]
    problem: str = ""


def check_draft(tx: Connection, draft: Draft) -> Checked:
    """Check a draft's query and rule."""
    problems = dict(read_typed(draft.rule).problems)
    if not draft.query:
        return Checked(None, (), problems, is_blank=True)
    try:
        check(tx, draft.query, draft.name)
    except BadQuery as error:
        return Checked(mistake_of(draft.query, error), (), problems, is_blank=False)
    remarks = notes(draft.query, lambda saved: draft.query if saved == draft.name else find_query(tx, saved))
    return Checked(None, remarks, problems, is_blank=False)


def mistake_of(query: str, error: BadQuery) -> Mistake:
    """Cut a query around its mistake."""
    at = min(max(error.position, 0), len(query))
    before, after = query[:at], query[at + 1 :]
    return Mistake(
        problem=error.problem,
        number=at + 1,
        before=("…" if len(before) > _AROUND else "") + before[-_AROUND:],
        at=query[at : at + 1],
        after=after[:_AROUND] + ("…" if len(after) > _AROUND else ""),
        suggestion=error.suggestion if error.suggestion != query else "",
    )


def try_draft(tx: Connection, draft: Draft, now: datetime) -> Trial | None:
    """Try a draft on the archive; None if its query or rule is wrong or nothing is typed, which `check_draft` says."""
    if not draft.query or read_typed(draft.rule).problems:
        return None
    try:
        return try_query(tx, draft.query, draft.days, now, read_typed(draft.rule).rule)
    except BadQuery:
        return None


def look_up(tx: Connection, draft: Draft) -> Spellings:
    """Look up how the draft's word is written in the archive."""
    try:
        found = variants(tx, draft.word)
    except Unusable as error:
        return Spellings(draft.word, "", (), str(error))
    others = [Spelling(one, with_spelling(draft.query, draft.word, one.spelling)) for one in found]
    return Spellings(draft.word, with_name(draft.query, draft.word), others)
