"""One figure of quality, beside what it should be and what others reach.

In: a measured score. Out: `Figure` and its line of the table. Trap: `benchmarks.suite` reads its six cells.
"""

from dataclasses import dataclass

HEAD = ("| what | ours | against | theirs | score | target |", "|---|---|---|---|---|---|")


@dataclass(frozen=True, slots=True)
class Figure:
    """A score between 0 and 1."""

    what: str
    score: float
    target: float | None  #: None where nothing is asked
    detail: str = ""
    rival: str = "-"  #: who else was measured on this set, and where that stands
    theirs: str = "-"
    at_most: bool = False  #: a share of mistakes

    @property
    def is_met(self) -> bool:
        """Tell whether the target is reached."""
        if self.target is None:
            return True
        return self.score <= self.target if self.at_most else self.score >= self.target

    def line(self) -> str:
        """Write the table's line."""
        kind = "at most" if self.at_most else "at least"
        target = "-" if self.target is None else f"{kind} {self.target:g}"
        return f"| {self.what} | {self.detail or '-'} | {self.rival} | {self.theirs} | {self.score:.3f} | {target} |"
