"""Pages that answer in the place of an article."""

import pytest

from pipeline.articles.article import article_from_page
from pipeline.articles.gate import is_other_page
from pipeline.model import Entry, Extract, Reason, TextSource
from tests.articles.test_article import FINAL, TASK, with_entry

TITLE = "Harbour council closes northern lock for eleven weeks"
SUMMARY = "Divers will replace the rusted hinges of the gates before summer."
CONSENT = (
    "Before you continue we and our partners would like to store cookies on your device, to measure audiences and to "
    "show advertising that suits you. Accept all, or manage your choices."
)
CASES = {
    "a consent wall": (CONSENT, True),
    "a login": ("Please sign in to go on reading. No account yet? Register here, the first month costs nothing.", True),
    "an error": ("Sorry, this page is not available at the moment. Try again later or go to our start page.", True),
    "the report in brief": ("The northern lock stays closed for eleven weeks, the harbour council said.", False),
    "a long text of other words": ("Wholly different things are told here at length. " * 40, False),
}


@pytest.mark.parametrize(("text", "other"), CASES.values(), ids=CASES.keys())
def test_a_page_with_nothing_of_the_headline_is_another(text: str, other: bool) -> None:
    """A short text that shares next to no word with headline and summary is no report of that headline."""
    assert is_other_page(Entry(identity="1", url="", title=TITLE, summary=SUMMARY), Extract(text=text)) is other


def test_too_few_words_judge_nothing() -> None:
    """A headline of a few short words, or of a script without spaces, says too little to refuse a page."""
    assert not is_other_page(Entry(identity="1", url="", title="Lock shut"), Extract(text=CONSENT))
    assert not is_other_page(Entry(identity="1", url="", title="港の水門が閉鎖される"), Extract(text=CONSENT))


def test_inflected_words_count() -> None:
    """Forms of one word are told by their beginning."""
    entry = Entry(identity="1", url="", title="Плотину закрывают, рыбаки протестуют против решения")
    extract = Extract(text="Против закрытия плотины протестовали рыбаки, но решение принято.")
    assert not is_other_page(entry, extract)


def test_the_feed_s_text_stands_in_for_a_wall() -> None:
    """The article is the feed's, marked as such, under the entry's own address and language."""
    wall = Extract(text=CONSENT, title="Your privacy", language="fr", canonical_url="https://www.example.com/consent")
    article = article_from_page(with_entry(title=TITLE, summary=SUMMARY), wall, FINAL)
    assert article is not None
    assert (article.text, article.title, article.note) == (SUMMARY, TITLE, Reason.OTHER_PAGE)
    assert (article.text_source, article.language, article.url) == (TextSource.FEED, "en", FINAL)
    assert TASK.entry.url.startswith(FINAL)
