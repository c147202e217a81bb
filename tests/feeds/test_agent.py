"""The name under which feeds are asked."""

import re

import pytest

from pipeline.feeds.agent import feed_agent


@pytest.mark.parametrize(
    ("base", "count", "agent"),
    [
        ("Storywatch/1.0 (+https://c.example)", 3, "Storywatch/1.0 (+https://c.example; 3 subscribers; feed-id=7)"),
        ("Storywatch/1.0 (+https://c.example)", 1, "Storywatch/1.0 (+https://c.example; 1 subscriber; feed-id=7)"),
        ("Plain/1", 0, "Plain/1 (0 subscribers; feed-id=7)"),
    ],
)
def test_the_name_says_who_asks_for_how_many(base: str, count: int, agent: str) -> None:
    """F25: name, version, contact, subscribers and the feed's number, in the form that servers know."""
    assert feed_agent(base, 7, count) == agent
    assert re.fullmatch(r"\S+/\S+ \((?:\+https://\S+; )?\d+ subscribers?; feed-id=\d+\)", agent)


def test_what_is_only_looked_at_has_no_number() -> None:
    """F25: a search or a check of an address that is no feed of ours names no feed that its server could look for."""
    agent = feed_agent("Storywatch/1.0 (+https://c.example)", None, 3)
    assert agent == "Storywatch/1.0 (+https://c.example; 3 subscribers)"
