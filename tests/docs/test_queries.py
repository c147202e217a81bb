"""docs/queries.md: each example finds what the page says, each refusal reads as the page says."""

import pytest

from pipeline.alerts import SubscriptionIndex, parse_query
from pipeline.alerts.subscriptions_file import read_subscriptions
from pipeline.errors import BadQuery
from pipeline.model import Matchable, Subscription
from tests.docs.reading import DOCS, blocks, rows

PAGE = (DOCS / "queries.md").read_text(encoding="utf-8")
EXAMPLES = list(rows(PAGE, "query", "text", "found"))
REFUSALS = list(rows(PAGE, "query", "character", "message", "perhaps"))


def test_the_page_has_examples() -> None:
    """A change of the page's form does not leave the tests below without work."""
    assert len(EXAMPLES) > 30
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
