"""A declared text is believed only as far as the page shows it."""

import json

import pytest

from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
from pipeline.model import Extract, Reason
from tests.articles.test_furniture import ARTICLE, SENTENCES

FOOT = "The museum of the harbour opens its new hall on Sunday, with a brass band and free entry for all who come."
INSIDE = "Ninety skippers signed a letter against it."
OTHER = "A quite different report about a wedding on the northern shore, where the whole village danced until dawn."


def text_of(declared: object, body: str) -> str:
    return extract_of({"articleBody": declared}, body).text


def extract_of(declared: dict[str, object], body: str) -> Extract:
    said = json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", **declared})
    html = (
        f'<html lang="en"><head><title>The lock closes</title><script type="application/ld+json">{said}</script></head>'
        f"<body><div><h1>The lock closes</h1>{body}</div></body></html>"
    )
    return extract_page(html, "https://harbour.example/news/lock", Hint())


WHOLE = " ".join(SENTENCES)


def test_what_stands_below_the_declared_end_goes() -> None:
    """A paragraph of the article's own shape after the declared text's end is not the article's."""
    body = f"{ARTICLE}<p>{FOOT}</p>"
    assert FOOT in text_of("", body)
    text = text_of(WHOLE, body)
    assert FOOT not in text
    assert all(sentence in text for sentence in SENTENCES)


@pytest.mark.parametrize("declared", [SENTENCES[0], f"{OTHER} " * 8, f"{WHOLE} {OTHER * 9}", {"name": 3}, [], 7])
def test_a_declared_text_that_is_another_is_not_believed(declared: object) -> None:
    """Its beginning alone, another article, the whole page with teasers, and nonsense change nothing."""
    body = f"{ARTICLE}<p>{FOOT}</p>"
    assert text_of(declared, body) == text_of("", body)


def test_markup_within_the_declared_text_does_no_harm() -> None:
    """Some declare HTML, some press all paragraphs into one line."""
    body = f"{ARTICLE}<p>{FOOT}</p>"
    assert text_of(ARTICLE, body) == text_of(WHOLE, body) == text_of("".join(SENTENCES), body)


@pytest.mark.parametrize("shown", ["", "<p>Please wait while the page loads.</p>", f"<p>{SENTENCES[0]}</p>"])
def test_a_declared_text_stands_in_for_a_stub(shown: str) -> None:
    """A page that a script would have to fill gives the text that it declares, however that is marked up."""
    declared = f"{WHOLE} The lock closes for eleven weeks. "
    for written in (declared, f"<p>{declared.replace('. ', '.</p><p>')}</p>", declared.replace(" ", "&#32;", 1)):
        text = text_of(written, shown)
        assert all(sentence in " ".join(text.split()) for sentence in SENTENCES)
        assert "<p>" not in text


@pytest.mark.parametrize("declared", ["", "Short.", f"{OTHER} " * 30])
def test_a_stub_stays_a_stub_without_a_declared_text_of_its_title(declared: str) -> None:
    """What a page declares of another article, or next to nothing, does not stand in for its own words."""
    assert OTHER not in text_of(declared, f"<p>{SENTENCES[0]}</p>")


OFFER = "<div class='paywall'><p>Subscribe to continue reading. Already a subscriber? Log in.</p></div>"
WALL = f"<p>{SENTENCES[0]}</p>{OFFER}"


def test_a_declared_text_behind_a_paywall_is_the_article_and_says_where_it_stood() -> None:
    """What an outlet sends to everybody is read; the article tells that the page declares it and does not show it."""
    declared: dict[str, object] = {"articleBody": f"{WHOLE} The lock closes.", "isAccessibleForFree": False}
    found = extract_of(declared, WALL)
    assert all(sentence in found.text for sentence in SENTENCES)
    assert (found.kind, found.sources["text"]) == (None, "json-ld")


def test_a_paywall_that_declares_only_its_teaser_is_a_paywall() -> None:
    """Without the text there is a teaser, with its reason and no source of a text."""
    found = extract_of({"articleBody": SENTENCES[0], "isAccessibleForFree": False}, WALL)
    assert (found.kind, "text" in found.sources) == (Reason.PAYWALL, False)
