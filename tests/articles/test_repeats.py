"""What several pages of a host say in the same words is not the article of one."""

from pathlib import Path

import pytest

from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint
from pipeline.articles.repeats import mark_of, marks_of, weigh
from tests.articles.test_furniture import ARTICLE, SENTENCES
from tests.seed_page import URL, read_seed, wrap

OFFER = "Readers of this paper travel with us to the islands in May, with a guide and a cabin of their own, for less."
OTHERS = tuple(sentence.replace("the", "every").replace("lock", "mill") for sentence in SENTENCES)


def text_with(repeated: dict[int, int], body: str = f"{ARTICLE}<p>{OFFER}</p>") -> str:
    html = f"<html><head><title>The lock closes</title></head><body><div>{body}</div></body></html>"
    return extract_page(html, "https://harbour.example/news/lock", Hint(repeated=repeated)).text


def test_a_text_of_several_pages_goes_and_the_rest_stays() -> None:
    """An offer in a paragraph like the article's own cannot be told on one page; on several it can."""
    assert OFFER in text_with({})
    text = text_with({mark_of(OFFER): 4})
    assert OFFER not in text
    assert all(sentence in text for sentence in SENTENCES)


def test_a_copy_of_a_known_article_stays_whole() -> None:
    """Where most of a text is known it is the same article under another address, and nothing goes."""
    assert text_with(dict.fromkeys(marks_of([*SENTENCES, OFFER]), 9)) == text_with({})


@pytest.mark.parametrize(
    ("one", "other"),
    [("Visited 12 times, 3 today", "Visited 9,104 times, 1 today"), ("READ MORE ABOUT IT", "Read more about it…")],
)
def test_figures_case_and_signs_do_not_count(one: str, other: str) -> None:
    """A counter is the same text on the next page."""
    assert mark_of(one) == mark_of(other) != 0


def test_short_texts_have_no_mark() -> None:
    """What is too short says nothing."""
    assert marks_of(["1 2 3 4 5 6 7 8 9 10", "Reply", "", OFFER, OFFER]) == (mark_of(OFFER),)


def test_the_surer_a_block_the_more_pages_it_takes() -> None:
    """One other page is enough against a doubtful block; background that follow-ups repeat needs several."""
    repeated = {mark_of(OFFER): 1}
    assert weigh(0.7, OFFER, repeated) < 0.5 < weigh(0.95, OFFER, repeated)
    several = [weigh(0.98, OFFER, {mark_of(OFFER): count}) > 0.5 for count in (1, 2, 4, 8)]
    assert several == [True, True, True, False]
    assert weigh(0.95, OFFER, {mark_of(OFFER): 3}) < 0.5
    assert weigh(0.7, SENTENCES[0], repeated) == 0.7


@pytest.mark.corpus
def test_seed_page_with_another_page_of_its_host(shared_data: Path) -> None:
    """Opaque names, and a second page with the same surroundings: all of the article, nothing else."""
    seed = wrap(read_seed(shared_data), "opaque")
    alone = extract_page(seed, URL, Hint())
    first, last = alone.text.split("\n")[0], alone.text.split("\n")[-1]
    start, end = seed.index("<p>"), seed.index('<div class="c4">')
    other = seed[:start] + "".join(f"<p>{said}</p>" for said in OTHERS * 2) + "</div>" + seed[end:]
    known = dict.fromkeys(extract_page(other, f"{URL}2", Hint()).marks, 1)
    text = extract_page(seed, URL, Hint(repeated=known)).text
    assert first in text
    assert last in text
    assert not [word for word in ("Musk", "Slate", "Visited", "Related Article", "Would love") if word in text]
