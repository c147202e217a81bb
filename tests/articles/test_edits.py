"""What counts as an edit of an article, and what changes by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.articles.edits import cause_of, newer, next_look_at, reads_otherwise
from pipeline.model import EditCause, Reason, TextSource
from tests.store.making import NOW, after, article

TEXT = (
    "The dam of Velin holds, the mayor said on Monday at 8:40.\n"
    "At least 12 people were brought to safety by boat, among them three children.\n"
    "Engineers will look at the eastern wall again tomorrow."
)
OLD = article(1, title="Dam holds", text=TEXT)

SAME = {
    "white space": TEXT.replace("\n", "\n\n").replace(" ", "  "),
    "quotes, dashes and case": TEXT.replace("dam", "Dam").replace(",", " –").replace(".", "!"),
    "a counter of views came": f"1,204 views\n{TEXT}",
    "a time of update came": f"Updated: 2 March 2026, 14:05 CET\n{TEXT}\n3 min read",
    "links to other articles came": f"{TEXT}\nRead more: Mayor of Velin opens bridge\nTen dams you should see",
    "a clock inside a sentence": TEXT.replace("8:40", "9:15 pm"),
    "a headline of another article in Russian": f"{TEXT}\nМэр Велина открыл мост",
}
OTHER = {
    "a number in a sentence": TEXT.replace("12 people", "15 people"),
    "a rate that looks like a clock": TEXT.replace("12 people", "3.25 per cent"),
    "a word": TEXT.replace("holds", "broke"),
    "a name": TEXT.replace("the mayor", "Ada Brandt"),
    "a sentence came": f"{TEXT}\nTwo people are missing.",
    "a sentence went": TEXT.rpartition("\n")[0],
    "a short sentence in Chinese came": f"{TEXT}\n大坝已经决堤。",
    "a question in Arabic came": f"{TEXT}\nهل انهار السد؟",
    "the paragraphs changed places": "\n".join(reversed(TEXT.split("\n"))),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_what_changes_by_itself_is_no_edit(text: str) -> None:
    """White space, signs, counters, times and related links make no revision."""
    assert newer(OLD, replace(OLD, text=text), OLD.title) is None
    assert not reads_otherwise(replace(OLD, text=text), OLD)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_is_told_otherwise_is_an_edit(text: str) -> None:
    """A changed figure, name, word or sentence is a revision, in any script."""
    made = newer(OLD, replace(OLD, text=text, fetched_at=after(60)), OLD.title)
    assert made is not None
    assert (made.text, made.fetched_at) == (text, after(60))


def test_a_text_without_sentences_is_compared_whole() -> None:
    """Where no line ends a sentence, all lines count."""
    old = replace(OLD, text="Dam holds\nMayor glad")
    assert newer(old, replace(old, text="Dam breaks\nMayor sad"), old.title)


def test_the_feeds_new_title_is_an_edit_of_its_own() -> None:
    """A page that did not change keeps its text and takes the feed's new title."""
    made = newer(OLD, None, "Dam breaks")
    assert made is not None
    assert (made.title, made.text) == ("Dam breaks", TEXT)
    assert newer(OLD, None, " DAM HOLDS ") is None


def test_identity_stays() -> None:
    """Address, outlet, language and dates are those of the first reading."""
    seen = replace(
        OLD,
        text="The dam broke.\nThe town of Velin is under water, and no help can reach it before the evening.",
        url="https://elsewhere.example/x",
        outlet="elsewhere.example",
        language="de",
        published_at=after(3600),
        first_seen_at=after(3600),
    )
    made = newer(OLD, seen, OLD.title)
    assert made is not None
    assert replace(made, text=OLD.text) == OLD


WORSE = {
    "the page is gone and the feed's text would stand in": replace(
        OLD, text="The feed says something else.", text_source=TextSource.FEED, note=Reason.HTTP_GONE
    ),
    "a paywall went up": replace(OLD, text="The dam of Velin holds. Subscribe to go on.", note=Reason.PAYWALL),
    "only the beginning is left": replace(OLD, text=TEXT.split("\n", maxsplit=1)[0]),
    "nothing came": None,
}


@pytest.mark.parametrize("seen", WORSE.values(), ids=WORSE)
def test_a_page_that_got_worse_changes_nothing(seen: object) -> None:
    """What we have is kept when the page was walled, cut or removed."""
    assert newer(OLD, seen, OLD.title) is None  # type: ignore[arg-type]


def test_the_page_may_come_later() -> None:
    """The feed's text gives way to the page's when that can be had at last."""
    stub = replace(OLD, text="The dam of Velin holds.", text_source=TextSource.FEED, note=Reason.HTTP_TEMPORARY)
    made = newer(stub, OLD, OLD.title)
    assert made is not None
    assert (made.text, made.text_source, made.note) == (TEXT, TextSource.PAGE, None)
    assert cause_of(stub, made, feed_changed=True) is EditCause.PAGE_CAME
    assert cause_of(OLD, made, feed_changed=True) is EditCause.FEED_CHANGED
    assert cause_of(OLD, made, feed_changed=False) is EditCause.CHECKED


def test_young_articles_are_looked_at_a_bounded_number_of_times() -> None:
    """One look for each hour named, none after the last, none at all for what was old when it came."""
    hours = (8.0, 1.0)
    assert next_look_at(OLD, NOW, hours, NOW) == after(3600)
    assert next_look_at(OLD, NOW, hours, after(3600)) == after(8 * 3600)
    assert next_look_at(OLD, NOW, hours, after(8 * 3600)) is None
    assert next_look_at(OLD, NOW, (), NOW) is None
    assert next_look_at(replace(OLD, published_at=NOW - timedelta(days=2)), NOW, hours, NOW) is None
