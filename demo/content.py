"""The written content: outlets and events from the data files beside this module, checked.

In: `outlets.toml`, `events/*.toml`, `subscriptions.toml`. Out: `Content`. Hides tomllib and the file layout.
Trap: a copy names the outlet it copies in the same event; its text is put together here, not in the file.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.model import Draft, FeedContent, FeedFormat, Outlet, Piece, Validator
from pipeline.errors import Unusable

FOLDER = Path(__file__).resolve().parent
TEASER_WORD = "Brennerit"  #: stands in teasers only, never in an article's title or text
_UNDATED = datetime.min.replace(tzinfo=UTC)
_SLUG = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class BadContent(Unusable):
    """A data file of the newsroom is wrong; the message names file and place."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that was written by hand."""

    outlets: Mapping[str, Outlet]
    drafts: tuple[Draft, ...]


def load_content(folder: Path = FOLDER) -> Content:
    """Read and check outlets and events; raises `BadContent` at the first mistake."""
    outlets = {each.name: each for each in map(_outlet, read_toml(folder / "outlets.toml")["outlet"])}
    drafts: list[Draft] = []
    for path in sorted((folder / "events").glob("*.toml")):
        try:
            drafts.extend(event_drafts(read_toml(path), outlets))
        except (KeyError, TypeError, ValueError) as error:
            raise BadContent(f"{path.name}: {error!r}") from error
    _check_unique((f"{draft.piece.outlet}/{draft.piece.slug}" for draft in drafts), "address")
    return Content(outlets, tuple(drafts))


def read_toml(path: Path) -> dict[str, Any]:
    """Read one data file; raises `BadContent` if it is absent or not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadContent(f"{path.name}: {error}") from error


def event_drafts(table: Mapping[str, Any], outlets: Mapping[str, Outlet]) -> list[Draft]:
    """Make the drafts of one event; raises ValueError, KeyError or TypeError naming what is wrong."""
    written = {entry["outlet"]: _paragraphs(entry["text"]) for entry in table["piece"] if "text" in entry}
    return [_draft(table["id"], entry, written, outlets) for entry in table["piece"]]


def subscriptions_toml() -> str:
    """Give the demo's subscriptions in the format of `config/subscriptions.toml`."""
    return (FOLDER / "subscriptions.toml").read_text("utf-8")


def _outlet(table: dict[str, Any]) -> Outlet:
    try:
        outlet = Outlet(
            **{
                **table,
                "format": FeedFormat(table["format"]),
                "content": FeedContent(table["content"]),
                "validators": frozenset(map(Validator, table["validators"])),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadContent(f"outlets.toml: {table.get('name', '?')}: {error!r}") from error
    if outlet.article_path.count("{slug}") != 1 or not _SLUG.issuperset(outlet.name):
        raise BadContent(f"outlets.toml: {outlet.name}: article_path needs {{slug}} once, name only a-z, 0-9 and -")
    return outlet


def _draft(
    event: str, entry: dict[str, Any], written: Mapping[str, tuple[str, ...]], outlets: Mapping[str, Outlet]
) -> Draft:
    outlet = outlets[entry["outlet"]]
    slug: str = entry["slug"]
    before, step = entry.get("minutes_before"), entry.get("step")
    hours = [hour for hour in (before, step) if hour is not None]
    if len(hours) != 1 or hours[0] < 1:
        raise ValueError(f"{slug}: give exactly one of minutes_before and step, counted from 1")
    if not _SLUG.issuperset(slug):
        raise ValueError(f"{slug}: a slug holds a-z, 0-9 and - only")
    piece = Piece(
        event=event,
        outlet=outlet.name,
        slug=slug,
        title=entry["title"],
        byline=entry.get("byline", outlet.desk),
        paragraphs=_own_paragraphs(entry, written),
        language=outlet.language,
        published_at=_UNDATED,
        walled=entry.get("walled", False),
        copy_of=entry.get("copy_of", ""),
    )
    return Draft(piece, before, step)


def _own_paragraphs(entry: Mapping[str, Any], written: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Give a piece's text: its own, or what it takes from the outlet it copies, cut and lengthened as told."""
    if "copy_of" not in entry:
        return written[entry["outlet"]]
    source = written[entry["copy_of"]]
    taken = source[: len(source) - entry.get("drop_last", 0)]
    return (*taken, entry["extra"]) if "extra" in entry else taken


def _paragraphs(text: str) -> tuple[str, ...]:
    paragraphs = tuple(" ".join(part.split()) for part in text.strip().split("\n\n"))
    if not all(paragraphs):
        raise ValueError("an empty paragraph")
    return paragraphs


def _check_unique(names: Iterable[str], what: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise BadContent(f"the same {what} twice: {', '.join(twice)}")
