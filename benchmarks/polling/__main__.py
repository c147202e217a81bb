"""Play adaptive polling against fixed intervals and Miniflux's entry_frequency, on real publication times.

In: the real feeds beside the checkout, or made-up ones without them; `--picture FILE` draws the curves. Out: a table of
every rule, and the rows with their targets. Deterministic: every draw has its seed. Hides nothing. Trap: the constants
of the rule were chosen on every other feed; what is printed here is of the rest.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.polling.picture import svg
from benchmarks.polling.policies import EntryFrequency, Fixed, OwnRhythm, Policy
from benchmarks.polling.simulate import Outcome, play
from benchmarks.polling.traces import REAL, Trace, as_they_stand, at_desk, drawn, fitted, made_up_dates, real_dates

SAVING_GOAL = 1.3
STEPS = 7  # of the search for equal delay: the interval is then known to 2 per cent
FIXED = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
FACTORS = (0.5, 1.0, 2.0, 4.0, 8.0)
OWN = (0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Watch:
    """Feeds that are looked at together."""

    title: str
    traces: Sequence[Trace]


def watches(draws: int) -> dict[str, Watch]:
    """Give the held-out feeds: their real dates, processes fitted to them, and the same at the rates of news desks."""
    feeds = list(real_dates() if REAL.is_file() else made_up_dates())[1::2]
    shapes = [fitted(name, dates) for name, dates in feeds]
    desks = [drawn(at_desk(shape, seed), seed) for shape in shapes for seed in range(draws)]
    own = [drawn(shape, seed) for shape in shapes for seed in range(draws)]
    return {
        "dates": Watch("real dates as they stand", as_they_stand(feeds)),
        "fitted": Watch("feeds fitted to real ones, at their own rates", own),
        "desks": Watch("the same at the rates of news desks", desks),
    }


def free_rhythm(usual: float) -> Callable[[], Policy]:
    """Give our rule without floor and ceiling of our settings, so that rule is compared with rule."""
    return lambda: OwnRhythm(usual, shortest=5 / 60, longest=24.0)


def at_equal_delay(traces: Sequence[Trace], minutes: float) -> Outcome:
    """Find our rule with the fewest requests whose mean delay is no longer than that of another."""
    low, high = 0.02, 24.0
    best = play(traces, free_rhythm(low))
    for _ in range(STEPS):
        middle = (low * high) ** 0.5
        outcome = play(traces, free_rhythm(middle))
        if outcome.mean_minutes <= minutes:
            low, best = middle, outcome
        else:
            high = middle
    return best


def line(name: str, outcome: Outcome) -> str:
    """Give one line of the table of a watch."""
    seen = len(outcome.delays)
    return (
        f"{name:>44} {outcome.polls_a_day:8.2f} {outcome.mean_minutes:8.1f} {outcome.minutes(0.5):8.1f} "
        f"{outcome.minutes(0.95):8.1f} {outcome.missed_count:6} of {seen + outcome.missed_count}"
    )


def row(watch: Watch, rival: str, theirs: Outcome) -> bool:
    """Print requests at equal delay against a rival; tell whether the target is met."""
    ours = at_equal_delay(watch.traces, theirs.mean_minutes)
    ratio = theirs.polls_a_day / ours.polls_a_day
    print(line(f"own rhythm at the mean delay of {rival}", ours))
    print(
        f"| polling: requests a feed and day at equal mean delay ({ours.mean_minutes:.0f} and "
        f"{theirs.mean_minutes:.0f} min), {watch.title} | {ours.polls_a_day:.2f} | {rival} | {theirs.polls_a_day:.2f} "
        f"| {ratio:.2f} x | at least {SAVING_GOAL:g} x |"
    )
    return ratio >= SAVING_GOAL


def missed_row(watch: Watch, ours: Outcome, fixed: Outcome) -> bool:
    """Print what is missed where the floor allows to keep up; a floor of half an hour loses what passes within it."""
    missed = ours.missed_count
    print(
        f"| polling: entries missed with a floor of 5 min, {watch.title}, {len(ours.delays)} entries | {missed} "
        f"| fixed 60 min | {fixed.missed_count} | {missed} | at most 0 |"
    )
    return missed == 0


def show(watch: Watch, *, judged: bool) -> bool:
    """Print the table of one watch, and the rows with their targets if it has enough entries to be judged by."""
    print(f"\n{watch.title}: {len(watch.traces)} feeds")
    print(f"{'':>44} {'polls/d':>8} {'mean min':>8} {'p50':>8} {'p95':>8} {'missed':>6}")
    rules: Mapping[str, Callable[[], Policy]] = {
        "fixed 60 min": lambda: Fixed(1.0),
        "fixed 4 h": lambda: Fixed(4.0),
        "Miniflux entry_frequency": EntryFrequency,
        "own rhythm, default settings": OwnRhythm,
        "own rhythm, floor of 5 min": lambda: OwnRhythm(shortest=5 / 60),
    }
    played = {name: play(watch.traces, rule) for name, rule in rules.items()}
    for name, outcome in played.items():
        print(line(name, outcome))
    if not judged:
        print(
            line(
                "own rhythm at the mean delay of fixed 60 min",
                at_equal_delay(watch.traces, played["fixed 60 min"].mean_minutes),
            )
        )
        return True
    met = missed_row(watch, played["own rhythm, floor of 5 min"], played["fixed 60 min"])
    for rival in ("fixed 60 min", "Miniflux entry_frequency"):
        met = row(watch, rival, played[rival]) and met
    return met


def curves(watch: Watch) -> dict[str, list[tuple[float, float]]]:
    """Give the points of the picture."""
    rules: dict[str, list[Callable[[], Policy]]] = {
        "fixed interval": [partial(Fixed, hours) for hours in FIXED],
        "Miniflux entry_frequency": [partial(EntryFrequency, factor) for factor in FACTORS],
        "own rhythm": [free_rhythm(usual) for usual in OWN],
    }
    found = {}
    for name, made in rules.items():
        outcomes = [play(watch.traces, rule) for rule in made]
        found[name] = [(outcome.polls_a_day, outcome.mean_minutes) for outcome in outcomes]
    return found


def main() -> int:
    """Print the tables; draw the picture if asked to."""
    parser = argparse.ArgumentParser(description="Adaptive polling by simulation.")
    parser.add_argument("--quick", action="store_true", help="fewer draws of each process")
    parser.add_argument("--picture", type=Path, help="SVG file to draw the curves into")
    arguments = parser.parse_args()
    found = watches(1 if arguments.quick else 3)
    if arguments.picture:
        chosen = [found["fitted"], found["desks"]]
        arguments.picture.write_text(svg({watch.title: curves(watch) for watch in chosen}), encoding="utf-8")
        return 0
    met = [show(found[name], judged=name != "dates") for name in ("desks", "fitted", "dates")]
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
