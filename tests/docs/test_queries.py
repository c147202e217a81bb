"""docs/queries.md: each example finds what the page says, each refusal reads as the page says."""

from datetime import UTC, datetime

import pytest

from pipeline.alerts import SubscriptionIndex, parse_query
from pipeline.alerts.subscriptions_file import read_subscriptions
from pipeline.errors import BadQuery
from pipeline.model import Matchable, Subscription
from tests.docs.reading import DOCS, blocks, rows

PAGE = (DOCS / "queries.md").read_text(encoding="utf-8")
EXAMPLES = list(rows(PAGE, "query", "text", "found"))
FIELDS = list(rows(PAGE, "query", "of that article"))
REFUSALS = list(rows(PAGE, "query", "character", "message", "perhaps"))


def test_the_page_has_examples() -> None:
    """A change of the page's form does not leave the tests below without work."""
    assert len(EXAMPLES) > 80
    assert len(FIELDS) > 15
    assert len(REFUSALS) > 20
    assert {found for _, _, found in EXAMPLES} == {"yes", "no"}


@pytest.mark.parametrize(("query", "text", "found"), EXAMPLES)
def test_an_example_finds_what_the_page_says(query: str, text: str, found: str) -> None:
    """A reader can trust every yes and every no, for the index asks as the worker does."""
    index = SubscriptionIndex([Subscription(1, "example", query, ())])
    assert not index.broken
    title, mark, rest = text.partition(" // ")
    matches = index.match(Matchable(title, rest)) if mark else index.match(Matchable("", text))
    assert bool(matches) is (found == "yes")


ARTICLE = Matchable(
    title="A quiet day",
    text="Nothing happened.",
    site="BBC News",
    outlet="bbc.co.uk",
    feed="World News",
    folder="World/Europe",
    language="en",
    author="Jana Müller",
    url="https://www.bbc.co.uk/news/world-europe-1",
    published_at=datetime(2026, 3, 14, 9, 0, tzinfo=UTC),
    seen_at=datetime(2026, 3, 14, 11, 0, tzinfo=UTC),
)


@pytest.mark.parametrize(("query", "found"), FIELDS)
def test_a_field_is_asked_as_the_page_says(query: str, found: str) -> None:
    """The fields other than title and text are those of the article that the page describes."""
    index = SubscriptionIndex([Subscription(1, "example", query, ())])
    assert not index.broken
    assert bool(index.match(ARTICLE)) is (found == "yes")


@pytest.mark.parametrize(("query", "character", "message", "perhaps"), REFUSALS)
def test_a_refusal_reads_as_the_page_says(query: str, character: str, message: str, perhaps: str) -> None:
    """Message, place and mend are those the user will see."""
    with pytest.raises(BadQuery) as caught:
        parse_query(query)
    said = caught.value
    assert (said.problem, said.position + 1, said.suggestion) == (message, int(character), perhaps)


@pytest.mark.parametrize("body", blocks(PAGE, "toml"))
def test_the_file_of_subscriptions_reads(body: str) -> None:
    """The example can be pasted into subscriptions.toml."""
    assert read_subscriptions(body, {"alerts"})
