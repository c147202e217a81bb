"""The language of a text, by its script and its common words."""

import json
from pathlib import Path

import pytest

from pipeline.languages import believed, common_words
from tests.stories.languages import LANGUAGES

CHATTY: dict[str, list[list[str]]] = json.loads(
    (Path(__file__).parent / "stories" / "cold_texts.json").read_text(encoding="utf-8")
)
OTHERS = {
    "ja": "北の港では昨夜、船が岸壁にぶつかり、三人がけがをした。",
    "ko": "북쪽 항구에서 어젯밤 배가 부두에 부딪혀 세 사람이 다쳤다.",
    "el": "Στο βόρειο λιμάνι ένα πλοίο χτύπησε την προβλήτα και τρεις άνθρωποι τραυματίστηκαν.",
    "he": "בנמל הצפוני פגעה אתמול ספינה ברציף ושלושה בני אדם נפצעו.",
    "th": "เมื่อคืนนี้เรือชนท่าเรือทางเหนือ มีผู้บาดเจ็บสามคน",
    "uk": "Уночі в північному порту корабель ударився об причал, є троє поранених, їх везуть до лікарні.",
    "fr": "Dans le port du nord, un bateau a heurté le quai pendant la nuit et trois personnes ont été blessées.",
    "es": "En el puerto del norte un barco chocó contra el muelle durante la noche y hay tres personas heridas.",
    "pl": "W północnym porcie statek uderzył w nocy o nabrzeże, a trzy osoby zostały przy tym ranne.",
    "tr": "Kuzey limanında bir gemi gece rıhtıma çarptı ve bu sırada üç kişi daha önce olduğu gibi yaralandı.",
}


@pytest.mark.parametrize(("language", "text"), OTHERS.items(), ids=OTHERS)
def test_a_sentence_is_enough(language: str, text: str) -> None:
    """Where neither page nor feed says the language, a sentence of a report does."""
    assert believed("", text) == language


@pytest.mark.parametrize("language", CHATTY)
def test_every_text_of_a_language_is_told(language: str) -> None:
    """Also texts of a few lines, all of them."""
    assert {believed("", f"{title}\n{text}") for title, text in CHATTY[language]} == {language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_and_true_is_believed(language: str) -> None:
    """No language of the tests is taken for a relative with a longer list."""
    told = LANGUAGES[language]
    assert {believed(language, f"{title}\n{text}") for title, text in (told.one, told.other, told.elsewhere)} == {
        language
    }


@pytest.mark.parametrize(
    ("said", "language", "found"),
    [
        ("en", "de", "de"),
        ("de", "en", "en"),
        ("en", "zh", "zh"),
        ("xx", "de", "xx"),
        ("sr", "ru", "sr"),
    ],
)
def test_a_default_that_stands_in_a_page_is_not_believed(said: str, language: str, found: str) -> None:
    """Programs write `lang="en"` into German pages; a language that is not known here is believed."""
    title, text = CHATTY[language][0]
    assert believed(said, f"{title}\n{text}") == found


@pytest.mark.parametrize("text", ["", "Reuters", "12:30 – 14:45", "Kolm 3:1 Velin", "La La Land"])
def test_of_a_few_words_nothing_is_said(text: str) -> None:
    """A name or a score has no language."""
    assert believed("", text) == ""


def test_common_words_by_any_code() -> None:
    """Norwegian goes by three codes; of an unknown language no word is common."""
    assert "ikke" in common_words("nb") & common_words("no")
    assert common_words("") == common_words("xx") == frozenset()
