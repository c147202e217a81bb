"""Words of queries and articles: how text is cut and folded."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.query.fold import fold, terms_of, tokenise


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("Orbán ORBAN orba\u0301n", ["orban"] * 3, id="accents, composed or not"),
        pytest.param("Straße STRASSE ẞ", ["strasse", "strasse", "ss"], id="sharp s"),
        pytest.param(
            "Łódź Søren Đoković Þór Æsir", ["lodz", "soren", "dokovic", "thor", "aesir"], id="no decomposition"
        ),
        pytest.param("İstanbul ISTANBUL Iğdır ılık", ["istanbul", "istanbul", "igdir", "ilik"], id="Turkish i"),
        pytest.param("Əliyev", ["aliyev"], id="Azerbaijani schwa"),
        pytest.param("Хабаровский ёлка и", ["хабаровский", "елка", "и"], id="Cyrillic keeps й"),
        pytest.param("ΚΟΣΜΟΣ κόσμος", ["κοσμοσ", "κοσμοσ"], id="final sigma and tonos"),
        pytest.param("Putin's PUTIN’S Putin", ["putin"] * 3, id="English possessive"),
        pytest.param("workers' strike", ["workers", "strike"], id="plural possessive"),
        pytest.param("l'Ukraine O’Brien", ["l", "ukraine", "o", "brien"], id="apostrophes part words"),
        pytest.param("North-Korean AC/DC U.S.", ["north", "korean", "ac", "dc", "u", "s"], id="joined words"),
        pytest.param("Kur\u00adsk می\u200cخواهد", ["kursk", "میخواهد"], id="invisible characters"),
        pytest.param("أحمد احمد محمّد", ["احمد", "احمد", "محمد"], id="Arabic points"),
        pytest.param("हिन्दी", ["हिन्दी"], id="vowel signs are letters"),
        pytest.param("ＫＵＲＳＫ ﬁne", ["kursk", "fine"], id="compatibility forms"),
        pytest.param("٢٠٢٤ 2024", ["2024", "2024"], id="digits of all scripts"),
        pytest.param("東京は Tokyo東京", ["東", "京", "は", "tokyo", "東", "京"], id="Han and kana singly"),
        pytest.param("ﾊﾞｽ バス", ["バ", "ス", "バ", "ス"], id="half-width kana"),
        pytest.param("푸틴은", ["푸", "틴", "은"], id="Hangul singly"),
        pytest.param(unicodedata.normalize("NFD", "푸틴"), ["푸", "틴"], id="Hangul decomposed"),
        pytest.param("ปูติน", ["ปู", "ติ", "น"], id="Thai with its marks"),
        pytest.param("— 🚀 … _ ()", [], id="no words"),
    ],
)
def test_words_are_cut_and_folded(text: str, terms: list[str]) -> None:
    """One rule serves queries and articles, whatever the script."""
    assert list(terms_of(text)) == terms


def test_offsets_are_those_of_the_original() -> None:
    """A token's offsets cut out the word as it stands, possessive and punctuation left out."""
    text = "«Orbán’s» Straße, 東京 Kur\u00adsk."
    assert [text[t.start : t.end] for t in tokenise(text)] == ["Orbán", "Straße", "東", "京", "Kur\u00adsk"]


def test_every_character_folds_once_and_for_all() -> None:
    """Folding what is folded changes nothing, and the composed form of a character is equal to the decomposed."""
    every = [chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    assert [c for c in every if fold(fold(c)) != fold(c)] == []
    assert [c for c in every if fold(unicodedata.normalize("NFD", c)) != fold(c)] == []


@given(st.text(max_size=60))
def test_tokens_lie_in_order_and_hold_something(text: str) -> None:
    """Any text is cut into tokens that follow each other, are not empty and fold to their terms."""
    end = 0
    for token in tokenise(text):
        assert end <= token.start < token.end <= len(text)
        assert token.term == fold(text[token.start : token.end]) != ""
        end = token.end


@given(st.lists(st.sampled_from(["Kursk", "Orbán", "Straße", "東京", "l’eau", "x'S", "'s", "2024"])))
def test_upper_case_changes_no_word(words: list[str]) -> None:
    """A text in capitals holds the same words."""
    assert terms_of(" ".join(words).upper()) == terms_of(" ".join(words))
