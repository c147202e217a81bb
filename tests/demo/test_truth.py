"""The demo's subscriptions against the articles' own texts, without pages and their noise."""

from demo.content import subscriptions_toml
from demo.newsroom import Newsroom
from pipeline.alerts import SubscriptionIndex
from pipeline.alerts.subscriptions_file import read_subscriptions
from pipeline.model import Matchable, Subscription
from tests.demo.conftest import WRITTEN
from tests.demo.truth import EXPECTED_ALERTS


def test_each_subscription_meets_its_stories(newsroom: Newsroom) -> None:
    """Over the written articles each demo subscription meets exactly the stories named, the teaser word none."""
    drafts = read_subscriptions(subscriptions_toml(), {"alerts"})
    names = dict(enumerate((draft.name for draft in drafts), 1))
    index = SubscriptionIndex(Subscription(at, d.name, d.query, d.channels) for at, d in enumerate(drafts, 1))
    met: dict[str, set[str]] = {name: set() for name in names.values()}
    for piece in newsroom.published(WRITTEN):
        for match in index.match(Matchable(piece.title, piece.text)):
            met[names[match.subscription_id]].add(piece.story)
    assert not index.broken
    assert met == EXPECTED_ALERTS
