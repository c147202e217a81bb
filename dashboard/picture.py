"""The way of one article as a picture: which numbers stand at which station, and what is wrong.

In: the store's counts, the heartbeats, the queue's depths. Out: a `Picture` for the template. Hides nothing;
all pure. Trap: a share too small to see still gets a visible width, so the bar is for the eye and the list
beside it for the figures.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.words import ago, counted, number
from pipeline.model import DeliveryState, EntryState, FeedState
from pipeline.store.counts import Overview
from workers.queue import DELIVERIES, PAGES

BAR_WIDTH = 1000.0
LEAST_WIDTH = 4.0

#: In the order of the way; the labels are the glossary's words.
ENTRY_LABELS = {
    EntryState.WAITING: "waiting",
    EntryState.QUEUED: "queued",
    EntryState.FETCHING: "in work",
    EntryState.DONE: "done",
    EntryState.MERGED: "merged",
    EntryState.DROPPED: "dropped",
    EntryState.QUARANTINED: "quarantined",
}
OPEN_STATES = (EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING)


@dataclass(frozen=True, slots=True)
class Note:
    """A line under a station's number; `tone` is empty, `warn` or `bad`."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One station of the way."""

    key: str
    label: str
    count: int
    notes: tuple[Note, ...]
    is_moving: bool = False  #: something is under way from here to the next

    @property
    def is_trouble(self) -> bool:
        """Tell whether a note asks for a look."""
        return any(note.tone for note in self.notes)


@dataclass(frozen=True, slots=True)
class Share:
    """One state's part of all entries, with its place on the bar."""

    state: EntryState
    label: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Account:
    """All entries, each in exactly one state."""

    total_count: int
    open_count: int
    ended_count: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """The one sentence at the top."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What the first page draws."""

    stages: tuple[Stage, ...]
    account: Account
    health: Health


def picture(
    overview: Overview,
    depths: Mapping[str, int | None],
    missing_kinds: Collection[str],
    trouble_count: int,
    now: datetime,
) -> Picture:
    """Draw the way; `missing_kinds` have no fresh heartbeat, `trouble_count` feeds failed last time."""
    return Picture(
        stages=(*_news(overview, depths, trouble_count, now), *_reach(overview, depths)),
        account=account(overview.entries),
        health=health(missing_kinds, depths),
    )


def account(entries: Mapping[EntryState, int]) -> Account:
    """Sum up the entries and lay their states side by side on the bar."""
    counts = {state: entries.get(state, 0) for state in ENTRY_LABELS}
    total_count = sum(counts.values())
    open_count = sum(counts[state] for state in OPEN_STATES)
    return Account(total_count, open_count, total_count - open_count, tuple(_shares(counts)))


def _shares(counts: Mapping[EntryState, int]) -> Sequence[Share]:
    present = {state: count for state, count in counts.items() if count}
    widths = _widths(list(present.values()))
    shares: list[Share] = []
    x = 0.0
    for (state, count), width in zip(present.items(), widths, strict=True):
        shares.append(Share(state, ENTRY_LABELS[state], count, round(x, 2), round(width, 2)))
        x += width
    return shares


def _widths(counts: Sequence[int]) -> list[float]:
    """Share the bar among `counts`, none below the least width, all together the whole bar."""
    total = sum(counts)
    wanted = [max(LEAST_WIDTH, BAR_WIDTH * count / total) for count in counts]
    scale = BAR_WIDTH / sum(wanted) if wanted else 1.0
    return [width * scale for width in wanted]


def health(missing_kinds: Collection[str], depths: Mapping[str, int | None]) -> Health:
    """Say whether everything is at work."""
    problems = [f"no {kind} at work" for kind in sorted(missing_kinds)]
    if any(depth is None for depth in depths.values()):
        problems.append("the queue does not answer")
    if not problems:
        return Health("ok", "Everything at work")
    return Health("bad", ", ".join(problems).capitalize())


def _news(overview: Overview, depths: Mapping[str, int | None], trouble_count: int, now: datetime) -> list[Stage]:
    entries = overview.entries
    waiting, queued, fetching = (entries.get(state, 0) for state in OPEN_STATES)
    return [
        Stage("due", "Feeds due", overview.due_count, _feed_notes(overview, trouble_count), overview.due_count > 0),
        Stage("waiting", "Entries waiting", waiting, _waiting_notes(overview, now), waiting > 0),
        Stage("queued", "Queued", queued, (_depth_note(depths.get(PAGES)),), queued > 0),
        Stage("fetching", "In work", fetching, (Note("fetched and extracted now"),), fetching > 0),
        Stage("articles", "Articles", overview.article_count, _article_notes(entries)),
    ]


def _reach(overview: Overview, depths: Mapping[str, int | None]) -> list[Stage]:
    deliveries = overview.deliveries
    open_count = sum(
        deliveries.get(state, 0) for state in (DeliveryState.WAITING, DeliveryState.QUEUED, DeliveryState.SENDING)
    )
    return [
        Stage("stories", "Stories", overview.story_count, _story_notes(overview)),
        Stage("alerts", "Alerts", overview.alert_count, (Note("one per story"),), open_count > 0),
        Stage("deliveries", "Delivered", deliveries.get(DeliveryState.SENT, 0), _delivery_notes(deliveries, depths)),
    ]


def _feed_notes(overview: Overview, trouble_count: int) -> tuple[Note, ...]:
    active = overview.feeds.get(FeedState.ACTIVE, 0)
    notes = [Note(f"of {counted(active, 'feed')} watched")]
    if trouble_count:
        notes.append(Note(f"{number(trouble_count)} in trouble", "warn"))
    return tuple(notes)


def _waiting_notes(overview: Overview, now: datetime) -> tuple[Note, ...]:
    if overview.oldest_waiting_at is None:
        return (Note("all released"),)
    return (Note(f"oldest {ago(overview.oldest_waiting_at, now)}"),)


def _depth_note(depth: int | None) -> Note:
    return Note("queue does not answer", "bad") if depth is None else Note(f"{counted(depth, 'job')} on the queue")


def _article_notes(entries: Mapping[EntryState, int]) -> tuple[Note, ...]:
    merged, quarantined = entries.get(EntryState.MERGED, 0), entries.get(EntryState.QUARANTINED, 0)
    notes = [Note("page text, extracted")] if not merged else [Note(f"{counted(merged, 'entry', 'entries')} merged")]
    if quarantined:
        notes.append(Note(f"{number(quarantined)} quarantined", "warn"))
    return tuple(notes)


def _story_notes(overview: Overview) -> tuple[Note, ...]:
    if not overview.story_count:
        return ()
    return (Note(f"{overview.article_count / overview.story_count:.1f} articles each"),)


def _delivery_notes(deliveries: Mapping[DeliveryState, int], depths: Mapping[str, int | None]) -> tuple[Note, ...]:
    open_count = sum(deliveries.get(state, 0) for state in (DeliveryState.WAITING, DeliveryState.QUEUED))
    sending, parked = deliveries.get(DeliveryState.SENDING, 0), deliveries.get(DeliveryState.PARKED, 0)
    notes = [Note(f"{number(open_count + sending)} on the way")]
    if parked:
        notes.append(Note(f"{number(parked)} parked", "bad"))
    if depths.get(DELIVERIES) is None:
        notes.append(Note("queue does not answer", "bad"))
    return tuple(notes)
