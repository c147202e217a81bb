"""Words of articles and of names: fast cutting, sounds, slow expressions."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.alerts import SubscriptionIndex
from pipeline.alerts.query import regexes
from pipeline.alerts.query.fold import terms_of, tokenise, word_characters
from pipeline.alerts.query.names import sound
from pipeline.alerts.query.terms import fast_terms
from pipeline.errors import BadQuery
from pipeline.model import Matchable, Subscription

PIECES = [*"ab1'’`s -.é ßæŁ“\ufe77\u06e5\u00ad\u0301\u200b東ก한й٣", "'s", "’s ", "'ś", "s\u0301", "co-op", "\n"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(st.one_of(TEXTS, st.text(max_size=20)))
@example("a's's b")
@example(" 's a")
@example("a'ś a's\u0301 aʼs")
@settings(max_examples=400, deadline=None)
def test_words_are_cut_fast_as_they_are_cut_with_places(text: str) -> None:
    """The index looks for the very words that places are shown of."""
    assert tuple(fast_terms(text)) == terms_of(text)
    assert word_characters(text) == [(token.start, token.end) for token in tokenise(text)]


@pytest.mark.corpus
def test_words_of_real_articles_are_cut_alike(shared_data: Path) -> None:
    """The same on 297 real articles, which hold what nobody thinks of."""
    with gzip.open(shared_data / "stories" / "basil.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    assert [text for text in texts if tuple(fast_terms(text)) != terms_of(text)] == []


@pytest.mark.parametrize(
    "spellings",
    [
        "Zelensky Zelenskyy Zelenskiy Zelenskij Selenskyj Зеленский Зеленський",
        "Orban Orbán",
        "Khrushchev Chruschtschow Хрущёв",
        "Gorbachev Gorbatschow Горбачёв",
        "Tchaikovsky Tschaikowski Czajkowski Чайковский",
        "Yeltsin Jelzin Eltsin Ельцин",
        "Lukashenko Lukaschenko Loukachenko Лукашенко",
        "Mitsotakis Mitsotákis Μητσοτάκης",
        "Shoigu Schoigu Choïgou Szojgu Шойгу",
        "Kadyrov Kadyrow Kadyroff Кадыров",
        "Navalny Nawalny Nawalnyj Навальный",
        "Yushchenko Juschtschenko Iouchtchenko Ющенко",
        "Müller Mueller Muller",
    ],
)
def test_spellings_of_one_name_sound_alike(spellings: str) -> None:
    """What papers of several languages write for one name is one name."""
    assert len({sound(word) for word in spellings.split()}) == 1


@pytest.mark.parametrize("pair", ["Orban Urban", "Putin Patten", "Merkel Markle", "Xi Ji", "Biden Baden", "Kiew Kim"])
def test_other_words_sound_otherwise(pair: str) -> None:
    """A name does not bring up a word that only looks a little like it."""
    one, other = pair.split()
    assert sound(one) != sound(other)


#: Expressions that take other engines seconds to years, and some that are only large (S18).
BAD = [
    r"(a+)+$", r"(a|a)*$", r"(a|aa)+$", r"(.*a){25}x", r"^(\w+\s?)*$", r"(x+x+)+y", r"([a-z]+)*\d", r"(\d+)*[a-z]z",
    r"(a*)*b", r"((a{1,30}){1,30})x",
    r".*.*.*.*=.*q", r"(?:a?){30}a{30}", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(\s*\S+)+;;",
    r".{0,900}b.{0,900}q", r"(\pL{1,90}){9}", r"(.+)\1x", r"(?=a+)a+b", r"(ab|ba|a|b)*c", r"[\s\S]*[\s\S]*[\s\S]*zz",
]  # fmt: skip


@pytest.mark.parametrize("pattern", BAD)
def test_no_expression_takes_a_worker_hostage(pattern: str) -> None:
    """S18: a bad expression is refused when it is written or tried; what is left is done with 100 KB in time."""
    index = SubscriptionIndex([Subscription(1, "", f"a /{pattern}/", ())])
    if index.broken or regexes.is_slow(pattern, case=False):
        return
    assert index.met(Matchable("a", "a " + "ab" * 50_000)) in ([], [1])


def test_a_slow_expression_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """S18: after three slow articles a rule is out, with the reason; the others go on."""
    monkeypatch.setattr("pipeline.alerts.index.SLOW_SECONDS", -1.0)
    index = SubscriptionIndex([Subscription(1, "", "a /kurs[ck]/", ()), Subscription(2, "", "a", ())])
    found = [index.met(Matchable("a", "Kursk")) for _ in range(4)]
    assert found == [[1, 2], [1, 2], [1, 2], [2]]
    assert "took" in index.slow[1]
    index.add(Subscription(1, "", "a /kursk/", ()))
    assert index.slow == {}


def test_few_queries_may_ask_every_article(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expressions without a word beside them cost every article something, so they are few."""
    monkeypatch.setattr("pipeline.alerts.index.ANY_LIMIT", 2)
    index = SubscriptionIndex(Subscription(n, "", f"/k{n}rsk/", ()) for n in range(3))
    assert set(index.broken) == {2}
    assert isinstance(index.broken[2], BadQuery)
    assert index.met(Matchable("", "K1RSK")) == [1]
