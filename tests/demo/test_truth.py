"""The demo's subscriptions against the articles' own texts, and against the pages with all their noise."""

from demo.content import subscriptions_toml
from demo.newsroom import Newsroom
from demo.pages import Pages
from pipeline.alerts import SubscriptionIndex
from pipeline.alerts.subscriptions_file import read_subscriptions
from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
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


def test_no_page_raises_an_alert_that_its_article_does_not(newsroom: Newsroom) -> None:
    """From the outlets' pages, with their teasers, adverts and readers' comments, exactly the same alerts come."""
    pages = Pages()
    drafts = read_subscriptions(subscriptions_toml(), {"alerts"})
    index = SubscriptionIndex(Subscription(at, d.name, d.query, d.channels) for at, d in enumerate(drafts, 1))
    met: dict[str, set[str]] = {draft.name: set() for draft in drafts}
    for outlet in newsroom.outlets.values():
        pieces = newsroom.newest_of(outlet, WRITTEN, 50)
        for piece in pieces:
            html = pages.article(outlet, piece, pieces, WRITTEN, 8421)
            found = extract_page(html, f"{outlet.root(8421)}/{piece.slug}", Hint(piece.title, piece.summary))
            for match in index.match(Matchable(piece.title, found.text)):
                met[drafts[match.subscription_id - 1].name].add(piece.story)
    assert met == EXPECTED_ALERTS
