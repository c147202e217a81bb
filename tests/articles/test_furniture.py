"""What surrounds an article must not be taken for it."""

from pathlib import Path

import pytest

from pipeline.articles.blocks import read_page
from pipeline.articles.extract import extract_page
from pipeline.articles.furniture import find_furniture
from pipeline.articles.hint import Hint
from pipeline.articles.parse import parse
from tests.seed_page import URL, Style, read_seed, wrap

SENTENCES = (
    "The harbour council agreed on Tuesday to close the northern lock for eleven weeks while divers replace its gates.",
    "Skippers of the smaller ferries had asked for a closure in winter, when only two boats a day pass through it.",
    "An engineer who inspected the gates in March found that rust had eaten through four of the sixteen hinges.",
    "The work will cost nine million crowns, a third more than the council had set aside for it a year ago.",
    "Until the lock opens again, boats from the upper basin must take the long way around the fortress island.",
    "The council will hear the ferry owners once more in June, before the first of the gates is lifted out.",
)
ARTICLE = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
TEASERS = (
    ("Bakers strike over the price of rye", "The ovens of the old town stayed cold on Monday as the guild asked the"),
    (
        "A bridge that nobody wanted opens",
        "Five years late and twice as dear as planned, the bridge at Orrest was opened by",
    ),
    (
        "Wolves seen near the southern mill",
        "Three wolves were filmed on Sunday by a miller's daughter who had gone out to",
    ),
    ("Museum finds a map under a map", "Restorers who cleaned a sea chart of 1644 came upon a second one below the"),
)
PAGE_URL = "https://harbour.example/news/lock"


def page(body: str) -> str:
    return f'<html lang="en"><head><title>The lock closes</title></head><body>{body}</body></html>'


def text_of(body: str, hint: Hint | None = None) -> str:
    return extract_page(page(body), PAGE_URL, hint or Hint()).text


@pytest.mark.corpus
@pytest.mark.parametrize("style", ["theme", "opaque", "flat"])
def test_seed_page_is_its_article_alone(shared_data: Path, style: Style) -> None:
    """The page holds many words that are not its article's; only the article's may be found."""
    extract = extract_page(wrap(read_seed(shared_data), style), URL, Hint())
    for word in ("Kursk", "Gerasimov", "Zakharova"):
        assert word in extract.text
    for word in ("Musk", "Slate", "Visited", "Related Article", "Would love your thoughts"):
        assert word not in extract.text
    assert extract.title == "Kremlin claims Ukrainian troops have been pushed out of Kursk"
    assert (extract.language, extract.canonical_url, extract.site) == ("en", URL, "Example")


BOXED = "".join(f'<div class="k"><h4><a href="/n/{i}">{t}</a></h4><p>{x}</p></div>' for i, (t, x) in enumerate(TEASERS))
FLAT = "".join(f'<h4><a href="/n/{i}">{t}</a></h4><p>{x}</p>' for i, (t, x) in enumerate(TEASERS))
CARDS = "".join(f'<a href="/n/{i}"><div class="k"><h3>{t}</h3><p>{x}</p></div></a>' for i, (t, x) in enumerate(TEASERS))
DATED = "".join(
    f'<div><p><a href="/n/{i}">{t}</a></p><p>12 May</p><p>{x}</p></div>' for i, (t, x) in enumerate(TEASERS)
)


@pytest.mark.parametrize("teasers", [BOXED, FLAT, CARDS, DATED], ids=["boxed", "flat", "cards", "dated"])
def test_teasers_after_the_article_go(teasers: str) -> None:
    """Linked headings with a little text, several in a row after the article, are not the article."""
    text = text_of(f"<div><h1>The lock closes</h1>{ARTICLE}<h3>More from us</h3><div>{teasers}</div></div>")
    assert all(sentence in text for sentence in SENTENCES)
    assert not [word for word in ("Bakers", "ovens", "Wolves", "miller", "Restorers", "More from us") if word in text]


@pytest.mark.parametrize("summaries", ["cut off", "whole sentences"])
def test_teasers_after_a_short_article_go(summaries: str) -> None:
    """Four paragraphs are an article too; a teaser below them is none of it, even in one that is a whole sentence."""
    short = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES[:4])
    teasers = BOXED if summaries == "cut off" else BOXED.replace("</p>", " court.</p>")
    tree = parse(page(f"<div><h1>The lock closes</h1>{short}<h2>More from us</h2>{teasers}</div>"))
    assert tree is not None
    found = read_page(tree)
    cut = {found.blocks[index].text for index in find_furniture(found, PAGE_URL)}
    assert {"More from us", *(title for title, _ in TEASERS)} <= cut
    assert cut.isdisjoint(SENTENCES)


def test_entries_below_a_short_introduction_stay() -> None:
    """Linked headings with a text each are no teasers where there is next to no article before them."""
    short = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES[:3])
    tree = parse(page(f"<div><h1>The lock closes</h1>{short}{BOXED}</div>"))
    assert tree is not None
    assert find_furniture(read_page(tree), PAGE_URL) == set()


KEPT = {
    "sections with links": "".join(
        f'<h2><a href="/n/{i}">{t}</a></h2><p>{SENTENCES[i]} {SENTENCES[-i]}</p>' for i, (t, _) in enumerate(TEASERS)
    ),
    "finished sentences among the article's own": "".join(
        f'<h2><a href="/n/{i}">{t}</a></h2><p>{x} town, we are told.</p>' for i, (t, x) in enumerate(TEASERS)
    ),
    "links to other outlets": "".join(
        f'<h4><a href="https://shop{i}.example/">{t}</a></h4><p>{x}</p>' for i, (t, x) in enumerate(TEASERS)
    ),
    "two only": FLAT[: FLAT.index('<h4><a href="/n/2">')],
    "links into the page itself": FLAT.replace("/n/", "#n"),
}


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT.keys())
def test_what_only_resembles_teasers_stays(body: str) -> None:
    """A round-up is built like teasers; its entries stay."""
    tree = parse(page(f"<div><h1>The lock closes</h1>{ARTICLE}{body}<p>{SENTENCES[0]} That is all.</p></div>"))
    assert tree is not None
    assert find_furniture(read_page(tree), PAGE_URL) == set()


def test_what_the_feed_calls_the_summary_stays() -> None:
    """A block that begins as the feed's summary is the article, however it is built."""
    summary = TEASERS[1][1]
    body = f"<div><h1>The lock closes</h1>{ARTICLE}<h3>More from us</h3>{FLAT}</div>"
    assert summary not in text_of(body)
    assert summary in text_of(body, Hint(summary=summary))


def test_comment_box_goes_with_the_words_around_it() -> None:
    """The words around a comment form are not the article's."""
    box = (
        '<div class="q"><div><b>0</b></div><div>Tell us what you think about this report, we read all of it!</div>'
        "<form><textarea></textarea></form></div>"
    )
    assert "Tell us" not in text_of(f"<div><h1>The lock closes</h1><div>{ARTICLE}</div>{box}</div>")


def test_page_inside_one_form_stays() -> None:
    """Some sites wrap the whole page in one form; that is no comment box."""
    text = text_of(f"<form><div><h1>The lock closes</h1>{ARTICLE}</div><textarea></textarea></form>")
    assert all(sentence in text for sentence in SENTENCES)


COMMENTS = "".join(
    f'<div class="c9"><span>{name}</span><p>{said}</p></div>'
    for name, said in (("Ola", "The ferries were never on time, lock or no lock."), ("Ida", "Ask Bakersfield!"))
)


def test_what_follows_the_teasers_goes_too() -> None:
    """Readers' comments below the teasers are told by their shape, however a theme names its classes."""
    text = text_of(f"<div><h1>The lock closes</h1>{ARTICLE}<h3>More</h3>{BOXED}<h3>Your say</h3>{COMMENTS}</div>")
    assert all(sentence in text for sentence in SENTENCES)
    assert not [word for word in ("Ola", "never on time", "Your say", "Wolves") if word in text]


def test_an_article_goes_on_after_teasers_in_its_middle() -> None:
    """Paragraphs of the article's own shape after teasers are its continuation."""
    text = text_of(
        f"<div><h1>The lock closes</h1>{ARTICLE}<div>{BOXED}</div>{ARTICLE.replace('Tuesday', 'Friday')}</div>"
    )
    assert "Friday" in text
    assert "Wolves" not in text


@pytest.mark.parametrize("name", ["kommentare", "liste-commentaires", "comentarios", "yorumlar", "комментарии"])
def test_comment_sections_of_many_languages_go(name: str) -> None:
    """How a theme names its comments is not always English."""
    section = f'<section class="{name}"><h3>3</h3>{COMMENTS}</section>'
    text = text_of(f"<article><h1>The lock closes</h1>{ARTICLE}{section}</article>")
    assert "never on time" not in text
    assert SENTENCES[-1] in text


def test_columns_of_a_layout_table_go() -> None:
    """A cell of links beside the cell with the page's text is a menu; a table of results stays."""
    menu = "".join(f'<a href="/n/{i}">{title}</a><br>{said}<br>' for i, (title, said) in enumerate(TEASERS))
    rows = "".join(f'<tr><td><a href="/r/{n}">Runner {n}</a></td><td>{n} minutes</td></tr>' for n in range(3))
    body = f"<table><tr><td>{menu}</td><td>{ARTICLE}<table>{rows}</table></td></tr></table>"
    tree = parse(page(body))
    assert tree is not None
    found = read_page(tree)
    cut = " ".join(found.blocks[index].text for index in find_furniture(found, PAGE_URL))
    assert "Wolves" in cut
    assert "Runner" not in cut
    assert "Wolves" not in text_of(body)
