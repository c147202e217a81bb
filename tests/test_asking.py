"""Asking the archive: its index of words finds what reading every article would find, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from pipeline.accept import accept
from pipeline.alerts import SubscriptionIndex, matchable, parse_query
from pipeline.alerts.query.evaluate import meets
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.words import ArticleWords
from pipeline.asking import ask
from pipeline.store import articles, search
from pipeline.store.database import Database
from pipeline.store.search import Wanted
from pipeline.stories import sketch
from tests.store.making import NOW, article, started

TEXTS = [
    ("Kursk", "Troops moved near Kursk at dawn, said Volodymyr Zelensky."),
    ("Zelenskyy offers talks", "The White House replied; US troops stayed."),
    ("Selenskyj in Berlin", "Die Sanktionen gegen Moskau wurden verschärft."),
    ("A new sanction", "New sanctions were announced, and he sanctioned it. Tell us more."),
    ("東京", "今日の東京は晴れ。"),
    ("Orbán speaks", "Urban life in Budapest; L’Ukraine a répondu."),
    ("Quiet day", "CVE-2026-12345 was mended. It's Putin’s house, the white one."),
    ("", "Kurks and Kursks, misspelt; 1,000 men left ½ an hour ago."),
]
QUERIES = [
    "Kursk",
    "title:Kursk",
    "text:Kursk OR title:Orban",
    '"White House"',
    '"house white"',
    "sanction*",
    "*tionen",
    "san?tion",
    '"new sanction*"',
    '"tell * more"',
    "Kursk~1",
    "name:Zelensky",
    "stem-en:sanction",
    "stem-de:Sanktion",
    "stem:sanction",
    "case:US",
    "accents:Orbán",
    "troops NEAR/2 (Kursk OR US)",
    "/CVE-\\d+/",
    "東京",
    "troops -Kursk",
    "NOT (NOT troops OR Kursk)",
    "site:outlet.example Kursk",
    "url:3",
    "lang:en -title:Kursk",
    "author:nobody OR Ukraine",
    "published:>now-1d troops",
    "folder:none troops",
    "feed:none OR ukraine OR (1,000 men)",
]


def fill(tx: Connection) -> None:
    """Take every text in."""
    for number, (title, text) in enumerate(TEXTS, 1):
        made = article(number, title=title, text=text, language="de" if "Die " in text else "en")
        drawn = sketch(made.title, made.text, made.language)
        assert accept(tx, started(tx, number), made, drawn, SubscriptionIndex(), timedelta(hours=72), NOW)


def test_the_archive_answers_as_reading_every_article_would(database: Database) -> None:
    """For every kind of question, index and reading agree on the articles that meet it."""
    with database.write() as tx:
        fill(tx)
    with database.read() as tx:
        stored = [one for number in range(1, len(TEXTS) + 1) if (one := articles.find_by_entry(tx, number))]
        for text in QUERIES:
            tree = normalise(parse_query(text))
            expected = [one.id for one in stored if meets(tree, ArticleWords(matchable(one.article, "A feed")))]
            found = ask(tx, parse_query(text), NOW - timedelta(days=1))
            assert ([placed.article_id for placed in found.met], text) == (expected, text)
            assert found.article_count == len(TEXTS)


def test_clauses_tell_which_word_never_occurs(database: Database) -> None:
    """Each clause has its own count, so that a misspelt word among twenty is seen."""
    with database.write() as tx:
        fill(tx)
    with database.read() as tx:
        found = ask(tx, parse_query("troops AND (Kursk OR Belgorrod) -football"), NOW - timedelta(days=1))
    assert {clause.text: (clause.count, clause.excluded) for clause in found.clauses} == {
        "troops": (2, False),
        "Kursk": (1, False),
        "Belgorrod": (0, False),
        "football": (0, True),
    }


def test_only_articles_of_the_time_are_asked(database: Database) -> None:
    """What was stored before the span of time is neither found nor counted."""
    with database.write() as tx:
        fill(tx)
    with database.read() as tx:
        found = ask(tx, parse_query("Kursk"), NOW + timedelta(seconds=1))
    assert (found.met, found.article_count) == ((), 0)


def test_a_question_that_must_read_too_much_is_cut_to_what_was_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest candidates are read, and the answer says from when on it holds."""
    monkeypatch.setattr("pipeline.asking.READ_LIMIT", 1)
    with database.write() as tx:
        fill(tx)
    with database.read() as tx:
        found = ask(tx, parse_query("case:US"), NOW - timedelta(days=1))
    assert found.read_count == 1
    assert found.since == NOW


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted((("troops",),)), 2),
        (Wanted((("white",), ("house",))), 1),
        (Wanted((("white", "new"), ("house", "sanctions"))), 2),
        (Wanted((("kursk",),), "title"), 1),
        (Wanted((("sanc*",),)), 1),
        (Wanted((("no",),)), 0),
        (Wanted(((),)), 0),
        (Wanted((("東",), ("京",))), 1),
    ],
)
def test_words_are_found_side_by_side(database: Database, wanted: Wanted, count: int) -> None:
    """The store's index answers words, choices, beginnings and columns alike on both databases."""
    with database.write() as tx:
        fill(tx)
    with database.read() as tx:
        assert len(search.search(tx, wanted)) == count
