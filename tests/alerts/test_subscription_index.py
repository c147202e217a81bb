"""The index finds exactly the subscriptions that a plain reading of every query would find."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts import Query, SubscriptionIndex, parse_query
from pipeline.alerts.index import _read
from pipeline.alerts.query.evaluate import SPAN_LIMIT
from pipeline.alerts.query.keys import required_keys
from pipeline.alerts.query.plan import normalise
from pipeline.errors import BadQuery
from pipeline.model import Matchable, Span, Subscription

#: Each word as it may be written; the referee knows it by its key.
SPELLINGS = {
    "orban": ["Orbán", "ORBAN", "orban"],
    "kursk": ["Kursk", "KURSK", "kursk"],
    "strasse": ["Straße", "STRASSE"],
    "korea": ["Korea", "korea"],
    "north": ["North", "NORTH"],
    "lodz": ["Łódź", "lodz"],
}
WORDS = st.sampled_from(sorted(SPELLINGS))

# The referee's own query: ("word", w), ("phrase", [w, …]), ("not", q), ("and", [q, …]), ("or", [q, …]).
Plain = tuple[str, Any]
PLAIN: st.SearchStrategy[Plain] = st.recursive(
    st.one_of(st.tuples(st.just("word"), WORDS), st.tuples(st.just("phrase"), st.lists(WORDS, min_size=2, max_size=3))),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)
FIELD = st.lists(WORDS, max_size=8)


def plainly_met(query: Plain, fields: list[list[str]]) -> bool:
    """Read a query in the plainest way."""
    kind, inner = query
    if kind == "word":
        return any(inner in field for field in fields)
    if kind == "phrase":
        return any(f" {' '.join(inner)} " in f" {' '.join(field)} " for field in fields)
    if kind == "not":
        return not plainly_met(inner, fields)
    return (all if kind == "and" else any)(plainly_met(part, fields) for part in inner)


def written(draw: st.DrawFn, query: Plain, *, inside: bool = False) -> str:
    """Write a query in one of the ways the language has for it."""
    kind, inner = query
    if kind == "word":
        return draw(st.sampled_from(SPELLINGS[str(inner)]))
    if kind == "phrase":
        glue = draw(st.sampled_from(['"{}"', "{}"]))
        words = [draw(st.sampled_from(SPELLINGS[word])) for word in inner]
        return glue.format(" ".join(words)) if glue == '"{}"' else "-".join(words)
    if kind == "not":
        return draw(st.sampled_from(["NOT ", "-"])) + written(draw, inner, inside=True)
    operator = draw(st.sampled_from([" AND ", " "])) if kind == "and" else " OR "
    text = operator.join(written(draw, part, inside=True) for part in inner)
    return f"({text})" if inside else text


@st.composite
def queries(draw: st.DrawFn) -> tuple[Plain, str]:
    query = draw(PLAIN)
    text = written(draw, query)
    return query, text.replace("--", "- -").replace("- -", "NOT -")


@st.composite
def texts(draw: st.DrawFn) -> tuple[list[str], str]:
    words = draw(FIELD)
    text = ""
    for word in words:
        text += draw(st.sampled_from([" ", ", ", "-", ". “", "\n\n", "’s "])) if text else ""
        text += draw(st.sampled_from(SPELLINGS[word]))
    return words, text


@given(st.lists(queries(), max_size=6), texts(), texts())
@settings(max_examples=300, deadline=None)
def test_the_index_agrees_with_a_plain_referee(
    asked: list[tuple[Plain, str]], title: tuple[list[str], str], text: tuple[list[str], str]
) -> None:
    """Met is met: no query is missed for speed, none is found that a plain reading does not find."""
    index = SubscriptionIndex(Subscription(n, "", written, ()) for n, (_, written) in enumerate(asked))
    fields = [title[0], text[0]]
    asks_nothing = {n for n, (query, _) in enumerate(asked) if plainly_met(query, [])}
    expected = [n for n, (query, _) in enumerate(asked) if n not in asks_nothing and plainly_met(query, fields)]
    assert [match.subscription_id for match in index.match(Matchable(title[1], text[1]))] == expected
    assert set(index.broken) == asks_nothing


@given(queries(), texts(), texts())
@settings(deadline=None)
def test_spans_cut_out_words_of_the_query(
    asked: tuple[Plain, str], title: tuple[list[str], str], text: tuple[list[str], str]
) -> None:
    """A match shows at least one place; each holds words the query names; places are in order and apart."""
    index = SubscriptionIndex([Subscription(1, "", asked[1], ())])
    for match in index.match(Matchable(title[1], text[1])):
        assert match.spans
        places = [(span.field != "title", span.start, span.end) for span in match.spans]
        assert places == sorted(places)
        for span in match.spans:
            word = (title[1] if span.field == "title" else text[1])[span.start : span.end]
            assert word == word.strip(" ,.\n“-") != ""


@given(queries())
@settings(deadline=None)
def test_every_query_that_parses_has_keys(asked: tuple[Plain, str]) -> None:
    """What the parser lets pass can be indexed: no keys if and only if an empty article meets the query."""
    tree = read(asked[1])
    assert (tree is None) == plainly_met(asked[0], [])
    assert tree is None or required_keys(normalise(tree))


def read(text: str) -> Query | None:
    try:
        return parse_query(text)
    except BadQuery:
        return None


def index_of(*asked: str) -> SubscriptionIndex:
    return SubscriptionIndex(Subscription(n, f"s{n}", query, ()) for n, query in enumerate(asked))


@pytest.mark.parametrize(
    ("query", "title", "text", "met"),
    [
        pytest.param("kursk", "", "Fighting near Kursk.", True, id="word"),
        pytest.param("Musk", "", "Fighting near Kursk, musketeers", False, id="no part of a word"),
        pytest.param("putin", "", "Putin’s army", True, id="possessive in the text"),
        pytest.param("Putin's army", "", "the army of Putin", True, id="possessive in the query"),
        pytest.param('"Putin army"', "", "Putin's army", True, id="possessive inside a phrase"),
        pytest.param('"North Korea"', "", "North-Korean", False, id="a phrase's last word is whole"),
        pytest.param("north-korean", "", "North Korean troops", True, id="hyphen equals space"),
        pytest.param("kursk belgorod", "Kursk", "and Belgorod", True, id="title and text together"),
        pytest.param('"kursk belgorod"', "Kursk", "Belgorod", False, id="no phrase across title and text"),
        pytest.param("kursk -football", "Kursk wins", "at football", False, id="excluded word in the text"),
        pytest.param("東京", "", "私は東京都に住む", True, id="inside text without spaces"),
        pytest.param("東京", "", "東の京", False, id="characters apart"),
        pytest.param("푸틴", "", "푸틴은 말했다", True, id="Korean with its particle"),
        pytest.param("ปูติน", "", "ประธานาธิบดีปูตินกล่าว", True, id="Thai"),
        pytest.param("Orban", "Orbán", "", True, id="accents"),
        pytest.param("a OR (b c)", "", "c b", True, id="second branch"),
    ],
)
def test_matching(query: str, title: str, text: str, met: bool) -> None:
    """The language holds on articles as it is documented."""
    assert bool(index_of(query).match(Matchable(title, text))) is met


def test_spans_count_characters_of_the_original() -> None:
    """Spans are offsets into title and text as given, overlapping places joined, unmet branches left out."""
    index = index_of('Straße OR "North Korea" OR Korea OR (north AND absent)')
    title, text = "Die STRASSE", "An der Straße: North Korea’s visit, north of here."
    assert index.match(Matchable(title, text))[0].spans == (
        Span("title", 4, 11),
        Span("text", 7, 13),
        Span("text", 15, 26),
    )


def test_spans_are_capped() -> None:
    """A word repeated without end gives the first places only."""
    assert len(index_of("a").match(Matchable("", "a " * 1_000))[0].spans) == SPAN_LIMIT


def test_a_broken_query_does_not_take_the_others_down() -> None:
    """A stored query that no longer parses is left out and named."""
    index = index_of("kursk", "(kursk", "kursk")
    assert [m.subscription_id for m in index.match(Matchable("Kursk", ""))] == [0, 2]
    assert {n: problem.position for n, problem in index.broken.items()} == {1: 0}
    index.remove(1)
    assert index.broken == {}


def test_disabled_subscriptions_do_not_match() -> None:
    """A disabled subscription is not there, and disabling takes it out."""
    index = index_of("kursk")
    index.add(Subscription(0, "", "kursk", (), enabled=False))
    index.add(Subscription(1, "", "kursk", (), enabled=False))
    assert index.match(Matchable("Kursk", "")) == []
    assert len(index) == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.one_of(st.none(), queries())), max_size=20), texts(), st.booleans())
@settings(deadline=None)
def test_adding_and_removing_equals_building_anew(
    steps: list[tuple[int, tuple[Plain, str] | None]], text: tuple[list[str], str], crowded: bool
) -> None:
    """However subscriptions came and went, the index finds what a new one finds, and keeps nothing of the old."""
    with patch("pipeline.alerts.shelves.CROWDED", 1 if crowded else 16):
        index, stored = played(steps, Matchable("", text[1]))
    anew = SubscriptionIndex(stored.values())
    assert index.match(Matchable("", text[1])) == anew.match(Matchable("", text[1]))
    assert len(index._catalogue) == len(anew._catalogue)
    for number in stored:
        index.remove(number)
    assert not len(index._catalogue)


def played(
    steps: list[tuple[int, tuple[Plain, str] | None]], article: Matchable
) -> tuple[SubscriptionIndex, dict[int, Subscription]]:
    """Let subscriptions come and go, while articles come in: what their words bring up is remembered."""
    index = SubscriptionIndex()
    stored: dict[int, Subscription] = {}
    for number, asked in steps:
        stored.pop(number, None)
        if asked is None:
            index.remove(number)
        else:
            stored[number] = Subscription(number, "", asked[1], ())
            index.add(stored[number])
        index.met(article)
    return index, stored


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        pytest.param("the ukrainian", {"ukrainian"}, id="the rarer word"),
        pytest.param('"the white house"', {("white", "house")}, id="the rarest pair"),
        pytest.param("kursk OR belgorod", {"kursk", "belgorod"}, id="all branches"),
        pytest.param("(kursk OR belgorod) offensive", {"offensive"}, id="one word instead of two"),
        pytest.param("a -belgorod", {"a"}, id="never an excluded word"),
        pytest.param("NOT (NOT kursk OR NOT it)", {"kursk"}, id="a negation that asks for words"),
    ],
)
def test_keys_are_few_and_rare(query: str, keys: set[object]) -> None:
    """A query lies under the cheapest terms without which it cannot be met."""
    assert required_keys(normalise(parse_query(query))) == keys


def test_only_candidates_are_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of an article follows the queries its words bring up, not the number of subscriptions."""
    index = index_of(*(f"word{n} OR other{n}" for n in range(2_000)), "kursk")
    read: list[str] = []
    monkeypatch.setattr("pipeline.alerts.index._read", lambda text, of=_read: read.append(text) or of(text))
    index.match(Matchable("Kursk", "word7 and other7 stand here"))
    assert sorted(read) == ["kursk", "word7 OR other7"]


def test_a_word_that_thousands_ask_for_brings_up_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of queries that share their rarest word, an article brings up those of which it holds another word too.

    Where these two words are all that is asked, the query is not even read.
    """
    index = index_of(*(f"parliament (a{n} OR b{n})" for n in range(2_000)), "parliament -vote", "parliament /x+/")
    read: list[str] = []
    monkeypatch.setattr("pipeline.alerts.index._read", lambda text, of=_read: read.append(text) or of(text))
    assert index.met(Matchable("Parliament", "b7 stands here, xx")) == [7, 2_000, 2_001]
    assert sorted(read) == ["parliament -vote", "parliament /x+/"]
