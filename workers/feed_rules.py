"""How feeds are asked by hand: for command line, dashboard and API alike.

In: what the settings say. Out: `FeedRules`, for whoever searches, checks and adds. Hides nothing. Trap: the defaults
are those of a test; whoever serves people takes them from `cli.wiring.feed_rules`.
"""

from dataclasses import dataclass, field

from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Pace
from pipeline.store.adding import Quota
from pipeline.transport import Policy


@dataclass(frozen=True, slots=True)
class FeedRules:
    """How feeds are polled, how many there may be, and how the machine may ask for them."""

    policy: PollPolicy = field(default_factory=PollPolicy)
    quota: Quota = field(default_factory=lambda: Quota(100_000, 1000))
    transport: Policy = field(
        default_factory=lambda: Policy(30.0, frozenset({80, 443}), (), "Storywatch (+https://example.org)")
    )
    pace: Pace = field(default_factory=lambda: Pace(1.0, 2))
    import_hours: int = 24
