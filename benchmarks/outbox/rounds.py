"""The rounds: kill a process at a point, let another go on, and compare what was due with what came.

In: a folder, a number of rounds. Out: a `Tally` for each point. Trap: processes are forked, so nothing here may open
the database or start a thread before the last round is over.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkContext
from pathlib import Path

from benchmarks.outbox.flow import run_round, seed
from benchmarks.outbox.points import MAY_REPEAT, POINTS, Point
from benchmarks.outbox.sink import Sink, open_sink
from pipeline.model import DeliveryState
from pipeline.store import alerts, deliveries, stories
from pipeline.store.database import Database

MOST = 10_000
KILLED = -9


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of the rounds of one point."""

    point: Point
    rounds: int
    killed: int  #: rounds in which the process died there
    alerts: int  #: one is due in each round
    lost: int
    repeated: int  #: messages that came once more, all with the id and body of the first
    changed: int  #: that came once more with another body

    @property
    def is_kept(self) -> bool:
        """Tell whether the promise held."""
        may_repeat = self.point in MAY_REPEAT or not self.repeated
        return self.killed == self.rounds == self.alerts and not self.lost and not self.changed and may_repeat


def play(folder: Path, rounds: int, database_url: str = "") -> list[Tally]:
    """Play so many rounds, the points in turn; raises RuntimeError if more came than is due."""
    context = get_context("fork")
    url = database_url or f"sqlite:///{folder / 'outbox.db'}"
    _in_child(context, seed, url, rounds)
    sink = open_sink(context, folder / "received.log")
    try:
        codes, came = [], []
        for number in range(rounds):
            point = POINTS[number % len(POINTS)]
            before = len(sink.received())
            codes.append(_killed_at(context, sink, url, f"round{number}", point))
            sink.aim(0, None)
            anew = int(point is Point.BEFORE_COMMIT)  # elsewhere the article is stored, and only its delivery is left
            _in_child(context, run_round, url, sink.url, f"round{number}", None, anew)
            came.append(sink.received()[before:])
    finally:
        sink.close()
    return _tallies(url, codes, came)


def _killed_at(context: ForkContext, sink: Sink, url: str, name: str, point: Point) -> int | None:
    """Start a process that dies at the point; gives how it ended."""
    process = context.Process(target=_aimed, args=(sink, url, name, point))
    process.start()
    process.join(120)
    return process.exitcode


def _aimed(sink: Sink, url: str, name: str, point: Point) -> None:
    sink.aim(_pid(), point)
    run_round(url, sink.url, name, point, 1)


def _pid() -> int:
    return os.getpid()


def _in_child(context: ForkContext, target: Callable[..., None], *arguments: object) -> None:
    process = context.Process(target=target, args=arguments)
    process.start()
    process.join(300)
    if process.exitcode != 0:
        raise RuntimeError(f"{target.__name__} ended with {process.exitcode}")


def _tallies(url: str, codes: list[int | None], came: list[list[tuple[str, str]]]) -> list[Tally]:
    database = Database.open(url)
    with database.read() as tx:
        raised = [alert.article_title for alert in alerts.recent(tx, MOST)]
        story_count = len(stories.recent(tx, MOST))
        due = {one.public_id: one.state for one in deliveries.recent(tx, MOST)}
    database.close()
    got = Counter(message_id for messages in came for message_id, _ in messages)
    if story_count != len(codes):
        raise RuntimeError(f"{len(codes)} articles made {story_count} stories; each should begin one")
    if set(got) - set(due) or len(due) != len(raised) or len(set(raised)) != len(raised):
        raise RuntimeError("ids came that nobody made, or alerts were raised twice")
    lost = len(due) - len(got) + sum(state is not DeliveryState.SENT for state in due.values())
    if lost:
        raise RuntimeError(f"{lost} deliveries did not come, or are not known to have come")
    return [_tally(point, codes, came) for point in POINTS]


def _tally(point: Point, codes: list[int | None], came: list[list[tuple[str, str]]]) -> Tally:
    mine = [n for n in range(len(codes)) if POINTS[n % len(POINTS)] is point]
    messages = [came[n] for n in mine]
    ids = [{message_id for message_id, _ in each} for each in messages]
    return Tally(
        point=point,
        rounds=len(mine),
        killed=sum(codes[n] == KILLED for n in mine),
        alerts=sum(len(each) for each in ids),
        lost=sum(not each for each in ids),
        repeated=sum(len(each) - len(known) for each, known in zip(messages, ids, strict=True)),
        changed=sum(len(set(each)) - len(known) for each, known in zip(messages, ids, strict=True)),
    )
