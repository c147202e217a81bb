"""The sketch of a text."""

import struct

import pytest

from pipeline.stories import sketch
from pipeline.stories.likeness import shared_text
from tests.stories.making import AGENCY, OTHER, OWN_WORDS

KANJI = "首相は記者会見で新しい経済対策について説明した。物価の上昇に苦しむ家庭に給付金を配る方針だ。"


def test_spelling_does_not_change_the_text() -> None:
    """Case, accents, punctuation and line ends make no other text."""
    assert sketch("", AGENCY, "en") == sketch("", AGENCY.upper().replace(". ", "\n\n"), "en")


def test_title_counts_for_terms_only() -> None:
    """Copies carry titles of their own: the text's hash and its shingles do not change with the title."""
    one, other = sketch("Lock closes", AGENCY, "en"), sketch("Ferries angry", AGENCY, "en")
    assert (one.text_hash, one.minhash, one.bands) == (other.text_hash, other.minhash, other.bands)
    assert one.terms["lock"] == other.terms["lock"] + 1


def test_title_alone_is_the_text() -> None:
    """Without a text the title stands for it."""
    made = sketch("Council closes the lock", "", "en")
    assert made.text_hash == sketch("", "Council closes the lock", "en").text_hash
    assert (made.minhash, made.bands, made.word_count) == ((), (), 4)


def test_bands_fit_the_store() -> None:
    """Bands are signed 64-bit keys, minhash values unsigned 32-bit."""
    made = sketch("", AGENCY, "en")
    assert (len(made.minhash), len(made.bands), len(set(made.bands))) == (128, 32, 32)
    assert len(struct.pack("128I32q", *made.minhash, *made.bands)) == 128 * 4 + 32 * 8


def test_terms_are_bounded_and_keep_the_title() -> None:
    """Of a long text the strongest terms are kept, those of the title first."""
    text = " ".join(f"word{number} word{number}" for number in range(1000))
    made = sketch("Rare title", text, "en")
    assert len(made.terms) == 200
    assert {"rare", "title"} <= made.terms.keys()


def test_plurals_count_as_one_term_in_english_only() -> None:
    """English plurals fall together with their singular; elsewhere an s is an s."""
    assert sketch("", "gate gates", "en").terms == {"gate": 2}
    assert sketch("", "gate gates", "sv").terms == {"gate": 1, "gates": 1}


SHARES = {
    "same": (AGENCY, AGENCY, 1.0, 1.0),
    "shortened": (AGENCY, " ".join(AGENCY.split()[:40]), 0.7, 1.0),
    "with a preface": (AGENCY, OTHER[:200] + AGENCY, 0.75, 1.0),
    "own words": (AGENCY, OWN_WORDS, 0.0, 0.2),
    "another event": (AGENCY, OTHER, 0.0, 0.1),
    "japanese shortened": (KANJI * 2, KANJI[:30], 0.5, 1.0),
}


@pytest.mark.parametrize(("one", "other", "least", "most"), SHARES.values(), ids=SHARES.keys())
def test_share_of_the_smaller_text(one: str, other: str, least: float, most: float) -> None:
    """A shortened text shares nearly all of itself, one in other words nearly nothing."""
    assert least <= shared_text(sketch("", one, ""), sketch("", other, "")) <= most


def test_sketch_is_stable() -> None:
    """What is stored today is compared with what is made after an update: the numbers may not change."""
    made = sketch("Lock closes", AGENCY, "en")
    assert made.text_hash.hex() == "d4f5c5965b1f58ab5b4817c5b8e57133"
    assert made.minhash[:2] == (2480195383, 57232059)
    assert made.bands[:2] == (7965948274035894202, -1291389144934369942)
