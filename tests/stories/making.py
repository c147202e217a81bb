"""Articles for tests of grouping, invented."""

from datetime import UTC, datetime

from pipeline.model import Candidate, Profile, StoryCandidate, TermCounts
from pipeline.stories import profile_of, sketch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTHING = TermCounts(0, {})

AGENCY = (
    "The harbour council of Orrest agreed on Tuesday to close the northern lock for eleven weeks while divers replace "
    "its gates. Skippers of the smaller ferries had asked for a closure in winter, when only two boats a day pass "
    "through it. An engineer who inspected the gates in March found that rust had eaten through four of the sixteen "
    "hinges. The work will cost nine million crowns, a third more than the council had set aside for it a year ago. "
    "Until the lock opens again, boats from the upper basin must take the long way around the fortress island."
)
# The same news in another outlet's own words.
OWN_WORDS = (
    "Ferries in Orrest face a long detour: from next month the northern lock stays shut so that its rusting gates can "
    "be taken out. Divers will need almost three months, the town's harbour council said, after an inspection showed "
    "that several hinges of the lock gates had rusted through. Ferry owners are angry about the timing. The council "
    "expects a bill of nine million crowns."
)
OTHER = (
    "Bakers in the old town left their ovens cold on Monday. The guild wants the price of rye to be fixed for a year, "
    "as it was before the drought; the mills refuse. Long queues stood before the only shop that still sold bread, "
    "and its owner said that she would run out of flour by Thursday unless a barge arrives from the south."
)


def candidate(
    text: str,
    *,
    number: int = 1,
    story: int = 100,
    title: str = "",
    outlet: str = "post.example",
    published_at: datetime = NOW,
) -> Candidate:
    """Make a stored article."""
    return Candidate(number, story, outlet, title, published_at, sketch(title, text, "en"))


def profile(text: str, title: str = "", counts: TermCounts = NOTHING) -> Profile:
    """Say what a text speaks of."""
    return profile_of(sketch(title, text, "en"), title, "en", counts)


def story(
    text: str,
    *,
    number: int = 100,
    title: str = "",
    article_count: int = 1,
    mean_at: datetime = NOW,
    counts: TermCounts = NOTHING,
) -> StoryCandidate:
    """Make a stored story that speaks of what a text speaks of."""
    return StoryCandidate(number, title, article_count, mean_at, profile(text, title, counts))
