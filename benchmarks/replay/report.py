"""Judge a run: which promises hold, and by which figure.

In: a `Ran`. Out: a `Report`. Pure. Trap: a promise that cannot fail is none; the tests break each of them once.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from benchmarks.replay.figures import Figures, Ran, figures_of
from benchmarks.replay.installation import CHANNELS

LEAST_F1 = 0.955
LEAST_COPIES = 0.98  #: share of the copies that are in their original's story

Verdict = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, whether it holds, and the figure it was judged by."""

    name: str
    holds: bool
    said: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run."""

    figures: Mapping[str, float]
    promises: tuple[Promise, ...]

    @property
    def holds(self) -> bool:
        """Tell whether every promise holds."""
        return all(promise.holds for promise in self.promises)

    def as_json(self) -> dict[str, object]:
        """Give it as plain values."""
        return {"figures": dict(self.figures), "promises": [asdict(one) for one in self.promises], "holds": self.holds}

    def lines(self) -> list[str]:
        """Give it as text, the rows of the common table last."""
        figures = [f"{name:<38}{_shown(value):>10}" for name, value in self.figures.items()]
        promises = [f"{'holds ' if one.holds else 'BROKEN'} {one.name}: {one.said}" for one in self.promises]
        return [*figures, "", *promises, "", *self.rows()]

    def rows(self) -> list[str]:
        """Give the rows that `python -m benchmarks` collects."""
        found, promised = self.figures, len(self.promises)
        kept = sum(promise.holds for promise in self.promises)
        size = f"{found['pages published']:.0f} pages in {found['seconds for the whole run']:.1f} s"
        due, raised = found["alerts expected"], found["alerts expected"] - found["alerts missing"]
        return [
            _row(f"real pages over the whole way, {size}", kept, "promises made", promised, 1),
            _row("real pages: F1 of the texts stored", found["article f1"], "gold texts", 1, LEAST_F1),
            _row("real pages: copies grouped", found["copies grouped"], "copies", found["copies"], LEAST_COPIES),
            _row("real pages: alerts raised", raised, "those a naive referee expects", due, 1),
        ]


def _row(what: str, ours: float, against: str, theirs: float, least: float) -> str:
    ratio = ours / theirs if theirs else 0.0
    return f"| {what} | {_shown(ours)} | {against} | {_shown(theirs)} | {ratio:.4f} | at least {least:g} |"


def report_of(ran: Ran) -> Report:
    """Judge a run."""
    figures = figures_of(ran)
    return Report(figures, tuple(Promise(name, *judge(ran, figures)) for name, judge in PROMISES.items()))


def _accounted(_ran: Ran, figures: Figures) -> Verdict:
    return figures["entries unaccounted"] == 0, f"{figures['entries unaccounted']:.0f} unaccounted"


def _asked_once(_ran: Ran, figures: Figures) -> Verdict:
    once, pages = figures["pages asked for once"], figures["pages published"]
    return once == pages, f"{once:.0f} of {pages:.0f} pages asked for exactly once"


def _became_articles(_ran: Ran, figures: Figures) -> Verdict:
    articles, pages = figures["articles"], figures["pages published"]
    return articles == pages, f"{articles:.0f} articles of {pages:.0f} pages"


def _merged(ran: Ran, figures: Figures) -> Verdict:
    repeats = len(ran.edition.repeats)
    return figures["entries merged"] == repeats, f"{figures['entries merged']:.0f} of {repeats} merged"


def _unharmed(_ran: Ran, figures: Figures) -> Verdict:
    count = figures["entries quarantined"]
    return count == 0, f"{count:.0f} quarantined"


def _texts(_ran: Ran, figures: Figures) -> Verdict:
    return figures["article f1"] >= LEAST_F1, f"F1 {figures['article f1']:.4f}, at least {LEAST_F1}"


def _copies(_ran: Ran, figures: Figures) -> Verdict:
    grouped, copies = figures["copies grouped"], figures["copies"]
    return grouped >= LEAST_COPIES * copies, f"{grouped:.0f} of {copies:.0f} in their original's story"


def _expected(_ran: Ran, figures: Figures) -> Verdict:
    missing, other = figures["alerts missing"], figures["alerts not expected"]
    said = f"{figures['alerts expected']:.0f} expected, {missing:.0f} missing, {other:.0f} not expected"
    return missing == other == 0 < figures["alerts expected"], said


def _one_alert(_ran: Ran, figures: Figures) -> Verdict:
    return figures["alerts raised twice"] == 0, f"{figures['alerts raised twice']:.0f} raised twice"


def _delivered(_ran: Ran, figures: Figures) -> Verdict:
    sent, due = figures["deliveries sent"], len(CHANNELS) * figures["alerts raised"]
    return sent == due == figures["deliveries"], f"{sent:.0f} sent of {due:.0f} due"


def _received(ran: Ran, _figures: Figures) -> Verdict:
    """Compare what the receiver got with what the store says: each delivery's id once, each alert once."""
    due = Counter((one.public_id, one.alert.public_id) for one in ran.stored.deliveries if one.channel == CHANNELS[0])
    got = Counter((notice.webhook_id, notice.alert_id) for notice in ran.notices)
    unsigned = sum(not notice.is_signed for notice in ran.notices)
    said = f"{sum(got.values())} received of {len(due)}, {len(ran.notices) - len(got)} repeated, {unsigned} unsigned"
    return due == got and not unsigned, said


def _steady(ran: Ran, _figures: Figures) -> Verdict:
    named = ", ".join(sorted(set(ran.errors))) or "none"
    return ran.exit_code == 0 and not ran.errors, f"exit code {ran.exit_code}, errors logged: {named}"


PROMISES: Mapping[str, Callable[[Ran, Figures], Verdict]] = MappingProxyType(
    {
        "every entry ends accounted for": _accounted,
        "each page is asked for once": _asked_once,
        "every page becomes an article": _became_articles,
        "a repeated page is merged": _merged,
        "no page is quarantined": _unharmed,
        "texts are the articles' texts": _texts,
        "copies are grouped": _copies,
        "alerts are those the referee expects": _expected,
        "one alert for a subscription and story": _one_alert,
        "every delivery is sent": _delivered,
        "the receiver gets each alert once and signed": _received,
        "nothing fails, and all stops when told to": _steady,
    }
)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4f}"
