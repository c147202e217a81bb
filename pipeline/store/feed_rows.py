"""Feeds as rows: how one is selected, and how it is read.

In: rows of `feeds` with all columns. Out: `Feed`. Hides where each column stands. Trap: a poller reads hundreds a
second; the places of the columns are looked up once, so a row must come from `found_feeds` and nothing else.
"""

from dataclasses import fields
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, Select, select

from pipeline.model import Feed, Validators
from pipeline.store.tables import feeds

_NAMES = [field.name for field in fields(Feed)]
_PLACES = {column.name: place for place, column in enumerate(feeds.c)}
_VALIDATORS = itemgetter(*(_PLACES[name] for name in ("etag", "last_modified", "validators_url")))
_AT = _NAMES.index("validators")
_BEFORE = itemgetter(*(_PLACES[name] for name in _NAMES[:_AT]))
_BEHIND = itemgetter(*(_PLACES[name] for name in _NAMES[_AT + 1 :]))


def found_feeds() -> "Select[Any]":
    """Select the feeds that were not removed."""
    return select(feeds).where(~feeds.c.removed)


def feed_of(row: Row[Any]) -> Feed:
    """Read a row."""
    values: list[Any] = [*_BEFORE(row), Validators(*_VALIDATORS(row)), *_BEHIND(row)]
    return Feed(*values)
