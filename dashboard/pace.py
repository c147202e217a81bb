"""Throughput and delay as two small charts for each span: what came, and how long it took.

In: a `Pace` of the store. Out: a `PaceCard` for the template. All pure. Trap: where nothing came there is no delay,
and a line across would claim one; so lines break there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.words import clock, counted, number, seconds
from pipeline.store.pace import Pace, Slice

WIDTH, HEIGHT = 600.0, 70.0
#: Of each span: its name, its length, how many slices, what one slice is.
SPANS = (
    ("hour", timedelta(hours=1), 60, "a minute"),
    ("day", timedelta(days=1), 96, "a quarter of an hour"),
)
GAP_SHARE = 0.25  #: of a slice's width between two bars


@dataclass(frozen=True, slots=True)
class Bar:
    """One slice's articles."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Lines:
    """One quantile over time, in pieces; a piece of one point is a dot."""

    name: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaceCard:
    """One span's charts, and what they show in words."""

    key: str
    title: str
    count_words: str
    delay_words: str
    bars: tuple[Bar, ...]
    lines: tuple[Lines, ...]

    @property
    def has_news(self) -> bool:
        """Tell whether there is anything to draw."""
        return any(bar.height for bar in self.bars)


def pace_card(key: str, unit: str, pace: Pace) -> PaceCard:
    """Draw one span."""
    top = max((one.article_count for one in pace.slices), default=0)
    slowest = max((one.p95 or 0.0 for one in pace.slices), default=0.0)
    whole = pace.whole
    count_words = f"{counted(whole.article_count, 'article')}, at most {number(top)} in {unit}"
    delay_words = "nothing came, so there is no delay"
    if whole.p50 is not None and whole.p95 is not None:
        shares = f"half within {seconds(whole.p50)}, 95 % (dashed) within {seconds(whole.p95)}"
        delay_words = f"{shares}, worst slice {seconds(slowest)}"
    return PaceCard(
        key=key,
        title=f"The last {key}",
        count_words=count_words,
        delay_words=delay_words,
        bars=tuple(_bars(pace.slices, top)),
        lines=(
            Lines("p95", tuple(_pieces(pace.slices, lambda one: one.p95, slowest))),
            Lines("p50", tuple(_pieces(pace.slices, lambda one: one.p50, slowest))),
        ),
    )


def _bars(slices: Sequence[Slice], top: int) -> Iterator[Bar]:
    step = WIDTH / max(1, len(slices))
    for place, one in enumerate(slices):
        height = HEIGHT * one.article_count / top if top else 0.0
        if one.article_count:
            title = f"until {clock(one.at)}: {counted(one.article_count, 'article')}"
            yield Bar(
                round(place * step, 2), round(HEIGHT - height, 2), round(step * (1 - GAP_SHARE), 2), height, title
            )


def _pieces(slices: Sequence[Slice], of: Callable[[Slice], float | None], top: float) -> Iterator[str]:
    """Yield the points of each run of slices in which something came."""
    step = WIDTH / max(1, len(slices))
    run: list[str] = []
    for place, one in enumerate(slices):
        value = of(one)
        if value is None:
            if run:
                yield _drawn(run)
            run = []
            continue
        y = HEIGHT - (value / top * HEIGHT if top else 0.0)
        run.append(f"{(place + 0.375) * step:.1f},{y:.1f}")
    if run:
        yield _drawn(run)


def _drawn(run: Sequence[str]) -> str:
    return " ".join(run if len(run) > 1 else [run[0], run[0]])  # a line of no length is drawn as a dot
