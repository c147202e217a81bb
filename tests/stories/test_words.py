"""Folding and cutting text of any script into words."""

import pytest

from pipeline.stories.words import fold, is_unspaced, singular, split_words

FOLDED = {
    "case and accents": ("Zelenský ZELENSKY zelensky", ["zelensky"] * 3),
    "letters without a base": ("Łódź Straße Ærø Đà", ["lodz", "strasse", "aero", "da"]),
    "turkish i": ("İstanbul ISPARTA ığdır", ["istanbul", "isparta", "igdir"]),
    "cyrillic": ("Ёлка ЁЛКА елка", ["елка"] * 3),
    "greek": ("Αθήνα ΑΘΗΝΑ", ["αθηνα"] * 2),
    "arabic vowels": ("المُرَشَّح المرشح", ["المرشح"] * 2),
    "wide letters": ("ＡＢＣ１２ abc12", ["abc12"] * 2),
    "hindi keeps its vowel signs": ("हिन्दी में", ["हिन्दी", "में"]),
    "korean words": ("한국 대통령이", ["한국", "대통령이"]),
    "apostrophe and hyphen": ("Zelensky's U.S.-led", ["zelensky", "s", "u", "s", "led"]),
    "underscores part": ("one_two", ["one", "two"]),
    "nothing": (" — … ", []),
}


@pytest.mark.parametrize(("text", "words"), FOLDED.values(), ids=FOLDED.keys())
def test_folds_and_cuts(text: str, words: list[str]) -> None:
    """A word is the same however it is written."""
    assert split_words(fold(text)) == words


UNSPACED = {
    "chinese": ("北京大学", ["北京", "京大", "大学"]),
    "japanese with latin inside": ("首相iPhone15は", ["首相", "iphone15", "は"]),
    "thai": ("ไทย", ["ไท", "ทย"]),
    "khmer keeps its marks": ("កម្ពុជា", ["កម", "ម្", "្ព", "ពុ", "ុជ", "ជា"]),
}


@pytest.mark.parametrize(("text", "pairs"), UNSPACED.values(), ids=UNSPACED.keys())
def test_unspaced_scripts_give_pairs(text: str, pairs: list[str]) -> None:
    """Scripts without spaces are cut into pairs of neighbours."""
    assert split_words(fold(text)) == pairs
    assert is_unspaced(pairs[0])


@pytest.mark.parametrize(
    ("word", "term"), [("talks", "talk"), ("bus", "bus"), ("congress", "congress"), ("virus", "virus"), ("s", "s")]
)
def test_singular(word: str, term: str) -> None:
    """An English plural loses its s, short words and doubled s do not."""
    assert singular(word) == term
