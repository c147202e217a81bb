"""The file of subscriptions: all mistakes at once, and what is written reads back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.expectations import disappointed
from pipeline.alerts.subscriptions_file import SubscriptionDraft, in_order, read_subscriptions, write_subscriptions
from pipeline.errors import BadSettings

GOOD = """
[[subscription]]
name = "Border"
query = '"Kursk region" OR Belgorod'
channels = ["alerts", "desk"]

[[subscription]]
name = "Quiet"
query = "Orbán"
channels = []
"""


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as caught:
        read_subscriptions(text, {"alerts", "desk"})
    return caught.value.problems


def test_a_good_file_is_read_in_order() -> None:
    """Names, queries and channels come out as written."""
    assert read_subscriptions(GOOD, {"alerts", "desk"}) == [
        SubscriptionDraft("Border", '"Kursk region" OR Belgorod', ("alerts", "desk")),
        SubscriptionDraft("Quiet", "Orbán", ()),
    ]
    assert read_subscriptions("", {"alerts"}) == []


def test_a_rule_is_read_and_written() -> None:
    """Conditions and times stand beside the query; what is written reads back; mistakes name their place."""
    text = GOOD + 'outlets = 3\ndigest = "daily@07:30"\nnot_before = 2026-03-01\n'
    drafts = read_subscriptions(text, {"alerts", "desk"})
    assert drafts[1].rule.outlets == 3
    assert read_subscriptions(write_subscriptions(drafts), {"alerts", "desk"}) == drafts
    assert problems_of(GOOD + "outlets = 0\n") == (
        "subscription 2 ('Quiet'): outlets: must be a whole number from 1 to 10000",
    )


def test_all_mistakes_come_at_once() -> None:
    """Every mistake of every subscription is named, with its place and its mend."""
    text = """
    [[subscription]]
    query = "Kursk AND"
    channels = ["alerts", "pager"]
    [[subscription]]
    name = "B"
    query = 5
    colour = "red"
    [[subscription]]
    name = "B"
    query = "b"
    channels = "alerts"
    """
    assert problems_of(text) == (
        "subscription 1: name is missing",
        "subscription 1: query, character 7: AND has nothing after it; try: Kursk",
        "subscription 1: channel 'pager' is not known; there are: alerts, desk",
        (
            "subscription 2 ('B'): 'colour' is not known; there are name, query, channels, matches, misses; "
            "rules: docs/alerts.md"
        ),
        "subscription 2 ('B'): query must be a text, not empty",
        "subscription 2 ('B'): channels is missing; write channels = [] to see alerts in the dashboard only",
        """subscription 3 ('B'): channels must be a list of names, such as ["alerts"]""",
        "the name 'B' is used 2 times",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[[subscription]\n", "not TOML", id="not TOML"),
        pytest.param('[subscription]\nname = "a"', "two brackets", id="one bracket"),
        pytest.param("subscription = [1]", "two brackets", id="no tables"),
        pytest.param("[[subscriptions]]", "'subscriptions' is not known", id="misspelt"),
    ],
)
def test_files_of_another_shape(text: str, said: str) -> None:
    """A file that is no such file says how one is written."""
    assert any(said in problem for problem in problems_of(text))


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda name: name.strip() == name != "")


@given(st.dictionaries(NAMES, st.tuples(NAMES, st.lists(NAMES, unique=True, max_size=3)), max_size=4))
def test_what_is_written_reads_back(wanted: dict[str, tuple[str, list[str]]]) -> None:
    """Any names survive writing and reading; queries keep their quotes."""
    drafts = [SubscriptionDraft(name, f'"a {n}" OR b', tuple(c)) for n, (name, (_, c)) in enumerate(wanted.items())]
    known = {channel for draft in drafts for channel in draft.channels}
    text = write_subscriptions(drafts)
    assert read_subscriptions(text, known) == drafts


def test_queries_stay_readable() -> None:
    """A query with quotation marks is written without backslashes."""
    assert """query = '"Kursk region" OR Belgorod'""" in write_subscriptions(
        read_subscriptions(GOOD, {"alerts", "desk"})
    )


EXAMPLES = """
[[subscription]]
name = "No sport"
query = '@"Border" -hockey'
channels = []
matches = ["Troops in Kursk"]
misses = ["Hockey in Kursk", "Kursk // Quiet hockey"]

[[subscription]]
name = "Border"
query = "Kursk OR Belgorod"
channels = []
matches = ["Kursk // A fire", "Belgorod"]
"""


def test_a_file_is_held_to_its_own_examples() -> None:
    """Texts that must and must not meet a query are asked; queries of the file may name each other in any order."""
    drafts = read_subscriptions(EXAMPLES, None)
    assert disappointed(drafts) == []
    assert [draft.name for draft in in_order(drafts)] == ["Border", "No sport"]
    changed = read_subscriptions(EXAMPLES.replace("-hockey", "-football").replace('"Belgorod"]', '"Sumy"]'), None)
    assert disappointed(changed) == [
        "'No sport' is met by: Hockey in Kursk",
        "'No sport' is met by: Kursk // Quiet hockey",
        "'Border' misses: Sumy",
    ]


def test_examples_are_written_and_read_again() -> None:
    """Export keeps what import would ask."""
    drafts = read_subscriptions(EXAMPLES, None)
    assert read_subscriptions(write_subscriptions(drafts), None) == drafts
