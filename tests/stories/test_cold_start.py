"""The first articles of a fresh installation, when no word has been counted yet; the texts are invented."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stories.making import NOW
from tests.stories.memory_index import News, group

WINDOW = timedelta(hours=72)
TEXTS: dict[str, list[list[str]]] = json.loads(Path(__file__).with_name("cold_texts.json").read_text(encoding="utf-8"))


def false_joins(language: str, *, with_text: bool) -> int:
    """Count the articles that share a story: none tells what another does, all of one outlet and one hour."""
    chatty = [News(title, text if with_text else "", "o.example", NOW, language) for title, text in TEXTS[language]]
    return sum(len(order) - len(set(group(order, WINDOW)[0])) for order in (chatty, chatty[::-1]))


# Two orders of eight texts; "tell", "work", "say" are no common words of any list, nor are pairs of Chinese characters.
@pytest.mark.parametrize(("language", "most"), [("en", 2), ("de", 0), ("ru", 0), ("ar", 0), ("zh", 2)])
def test_chatty_texts_of_one_outlet_stay_apart(language: str, most: int) -> None:
    """Texts that share hardly anything but common words are not one event, though nothing is counted yet."""
    assert false_joins(language, with_text=True) <= most


@pytest.mark.parametrize("language", TEXTS)
def test_chatty_headlines_stay_apart(language: str) -> None:
    """Nor are headlines such as "We won the thing"."""
    assert false_joins(language, with_text=False) == 0
