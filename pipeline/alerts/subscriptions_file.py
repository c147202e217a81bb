"""Read and write the file of subscriptions, TOML that a person edits.

In: the file's text and the names of the channels. Out: `SubscriptionDraft`s, or all its mistakes at once; and
the text of such a file. Hides tomllib. Trap: writing keeps no comments; it is for export, not for editing.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from pipeline.alerts.query.saved import names_in
from pipeline.alerts.query.syntax import Saved, no_saved, parse_query
from pipeline.errors import BadQuery, BadSettings
from pipeline.rule import Rule
from pipeline.rule_text import KEYS as RULE_KEYS
from pipeline.rule_text import read_rule, write_rule

_KEYS = ("name", "query", "channels", "matches", "misses")
_HEAD = "# One [[subscription]] each: a name, what to look for, and the channels that hear of it.\n"


@dataclass(frozen=True, slots=True)
class SubscriptionDraft:
    """A subscription as written in the file; its query parses and its channels exist."""

    name: str
    query: str
    channels: tuple[str, ...]
    rule: Rule = field(default_factory=Rule)
    matches: tuple[str, ...] = ()  #: texts that must meet the query, with a title before ` // `
    misses: tuple[str, ...] = ()  #: texts that must not


def read_subscriptions(text: str, channels: Collection[str] | None, saved: Saved = no_saved) -> list[SubscriptionDraft]:
    """Read `[[subscription]]` tables, in order; `channels` are the names that the settings know, None takes any.

    Queries may name each other, and those that `saved` finds. Raises BadSettings with one sentence for every mistake
    in the file, not only the first.
    """
    problems: list[str] = []
    tables = _tables(text, problems)
    own = {table.get("name"): table.get("query") for table in tables}

    def find(name: str) -> str | None:
        query = own.get(name)
        return query if isinstance(query, str) else saved(name)

    drafts = [_draft(table, f"subscription {n}", channels, problems, find) for n, table in enumerate(tables, 1)]
    problems += _repeated([draft.name for draft in drafts])
    if problems:
        raise BadSettings(problems)
    return drafts


def in_order(drafts: Iterable[SubscriptionDraft]) -> list[SubscriptionDraft]:
    """Put drafts so that a query comes after those that it names; their own order holds otherwise."""
    left = list(drafts)
    result: list[SubscriptionDraft] = []
    while left:
        names = {draft.name for draft in left}
        free = [draft for draft in left if not names & set(names_in(draft.query))]
        result += free or left
        left = [draft for draft in left if draft not in result]
    return result


def write_subscriptions(drafts: Iterable[SubscriptionDraft]) -> str:
    """Write a file that reads as these subscriptions again."""
    return _HEAD + "".join(_table_text(draft) for draft in drafts)


def _tables(text: str, problems: list[str]) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        problems.append(f"the file is not TOML: {error}")
        return []
    unknown = [key for key in document if key != "subscription"]
    problems += [f"'{key}' is not known; subscriptions are tables headed [[subscription]]" for key in unknown]
    tables = document.get("subscription", [])
    if isinstance(tables, list) and all(isinstance(table, dict) for table in tables):
        return tables
    problems.append("write [[subscription]] with two brackets, once for each subscription")
    return []


def _draft(
    table: dict[str, Any], place: str, channels: Collection[str] | None, problems: list[str], saved: Saved
) -> SubscriptionDraft:
    """Read one table; where something is wrong, a problem is noted and something harmless stands in."""
    name = _text(table, "name", place, problems)
    place = f"{place} ('{name}')" if name else place
    problems += [
        f"{place}: '{key}' is not known; there are {', '.join(_KEYS)}; rules: docs/alerts.md"
        for key in table
        if key not in _KEYS and key not in RULE_KEYS
    ]
    query = _text(table, "query", place, problems)
    if query:
        problems += _query_problems(query, place, saved)
    found = (_channels(table, place, channels, problems), _rule(table, place, problems))
    texts = (_texts(table, "matches", place, problems), _texts(table, "misses", place, problems))
    return SubscriptionDraft(name, query, *found, *texts)


def _texts(table: dict[str, Any], key: str, place: str, problems: list[str]) -> tuple[str, ...]:
    texts = table.get(key, [])
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        return tuple(texts)
    problems.append(f"{place}: {key} must be a list of texts")
    return ()


def _rule(table: dict[str, Any], place: str, problems: list[str]) -> Rule:
    try:
        return read_rule({key: value for key, value in table.items() if key in RULE_KEYS})
    except BadSettings as mistakes:
        problems += [f"{place}: {problem}" for problem in mistakes.problems]
        return Rule()


def _text(table: dict[str, Any], key: str, place: str, problems: list[str]) -> str:
    value = table.get(key)
    if isinstance(value, str) and value.strip():
        return value.strip()
    problems.append(f"{place}: {key} is missing" if value is None else f"{place}: {key} must be a text, not empty")
    return ""


def _query_problems(query: str, place: str, saved: Saved) -> list[str]:
    try:
        parse_query(query, saved)
    except BadQuery as problem:
        mend = f"; try: {problem.suggestion}" if problem.suggestion else ""
        return [f"{place}: query, character {problem.position + 1}: {problem.problem}{mend}"]
    return []


def _channels(table: dict[str, Any], place: str, known: Collection[str] | None, problems: list[str]) -> tuple[str, ...]:
    names = table.get("channels")
    if names is None:
        problems.append(f"{place}: channels is missing; write channels = [] to see alerts in the dashboard only")
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.append(f'{place}: channels must be a list of names, such as ["alerts"]')
        return ()
    there_are = f"there are: {', '.join(sorted(known))}" if known else "there are none"
    unknown = [] if known is None else [name for name in names if name not in known]
    problems += [f"{place}: channel '{name}' is not known; {there_are}" for name in unknown]
    return tuple(dict.fromkeys(names))


def _repeated(names: list[str]) -> list[str]:
    counts = Counter(name for name in names if name)
    return [f"the name '{name}' is used {count} times" for name, count in counts.items() if count > 1]


def _table_text(draft: SubscriptionDraft) -> str:
    channels = ", ".join(map(_quoted, draft.channels))
    rule = "".join(f"{key} = {_value(value)}\n" for key, value in write_rule(draft.rule).items())
    return (
        f"\n[[subscription]]\nname = {_quoted(draft.name)}\nquery = {_quoted(draft.query)}\n"
        f"channels = [{channels}]\n{rule}{_list('matches', draft.matches)}{_list('misses', draft.misses)}"
    )


def _list(key: str, texts: tuple[str, ...]) -> str:
    return f"{key} = [\n{''.join(f'  {_quoted(text)},{chr(10)}' for text in texts)}]\n" if texts else ""


def _value(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """Write a TOML string: a literal one where it needs no escapes, so that queries with quotes stay readable."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
