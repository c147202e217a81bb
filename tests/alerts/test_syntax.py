"""The query language: what is read, what is refused, where, and with what mend."""

import re
import threading

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.alerts import notes, parse_query, spell
from pipeline.alerts.query.scan import LENGTH_LIMIT, NESTING_LIMIT
from pipeline.alerts.query.tree import And, Not, Or, Phrase, Query, Word
from pipeline.errors import BadQuery

A, B, C, D = Word("a"), Word("b"), Word("c"), Word("d")

#: Text that looks like queries: every character of the language and of those it refuses.
QUERYISH = st.lists(
    st.sampled_from(
        [
            *"\"()-+:^~[]{}<>/\\*?'|!",
            "&&",
            " ",
            " ",
            " ",
            "AND",
            "OR",
            "NOT",
            "TO",
            "a",
            "Kursk",
            "é",
            "東京",
            "🚀",
            "“",
            "~2",
            "NEAR/3",
            "title:",
            "name:",
            "case:",
            "published:",
            "[now-2d TO now]",
            "site:",
            "Kurs*",
            '@"x"',
        ]
    ),
    max_size=25,
).map("".join)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        pytest.param("Kursk", Word("kursk"), id="word"),
        pytest.param("a b", And((A, B)), id="AND left out"),
        pytest.param("a AND b c", And((A, B, C)), id="AND written and left out"),
        pytest.param("a OR b", Or((A, B)), id="OR"),
        pytest.param("a b OR c", Or((And((A, B)), C)), id="AND left out binds before OR"),
        pytest.param("a OR b c", Or((A, And((B, C)))), id="AND left out binds before OR, on the right"),
        pytest.param("a OR b AND c OR d", Or((A, And((B, C)), D)), id="AND binds before OR"),
        pytest.param("a OR b -c", Or((A, And((B, Not(C))))), id="minus binds before OR"),
        pytest.param("a NOT b c", And((A, Not(B), C)), id="NOT takes one word"),
        pytest.param("a AND NOT b", And((A, Not(B))), id="AND NOT"),
        pytest.param("a -b -c", And((A, Not(B), Not(C))), id="minus twice"),
        pytest.param('a -"b c"', And((A, Not(Phrase(("b", "c"))))), id="minus phrase"),
        pytest.param("a -(b OR c)", And((A, Not(Or((B, C))))), id="minus parentheses"),
        pytest.param("NOT NOT a", Not(Not(A)), id="double negation"),
        pytest.param("NOT (NOT a OR NOT b)", Not(Or((Not(A), Not(B)))), id="a negation that asks for words"),
        pytest.param("a (b OR c) d", And((A, Or((B, C)), D)), id="parentheses"),
        pytest.param("((a))", A, id="needless parentheses"),
        pytest.param('"Ukrainian forces"', Phrase(("ukrainian", "forces")), id="phrase"),
        pytest.param('"a"', A, id="phrase of one word"),
        pytest.param("North-Korean", Phrase(("north", "korean")), id="hyphen"),
        pytest.param("Putin's O'Brien", And((Word("putin"), Phrase(("o", "brien")))), id="apostrophes"),
        pytest.param("'tis a", And((Word("tis"), A)), id="apostrophe in front"),
        pytest.param("+a +b", And((A, B)), id="plus"),
        pytest.param("“a b” –c", And((Phrase(("a", "b")), Not(C))), id="typographic quotes and dash"),
        pytest.param("„a b“ «c d»", And((Phrase(("a", "b")), Phrase(("c", "d")))), id="German and French quotes"),
        pytest.param("東京", Phrase(("東", "京")), id="script without spaces"),
        pytest.param("to TO", And((Word("to"), Word("to"))), id="TO is a word"),
        pytest.param(r"a\* \-b", And((A, B)), id="escaped"),
        pytest.param("AT&T 3.5", None, id="symbols inside words"),
        pytest.param("a\u00a0b\n\tc\u3000d", And((A, B, C, D)), id="any white space"),
        pytest.param("a or b", And((A, Word("or"), B)), id="lower-case operators are words"),
    ],
)
def test_queries_are_read(text: str, tree: Query | None) -> None:
    """Words, phrases, AND, OR, NOT, minus and parentheses mean what the documentation says."""
    parsed = parse_query(text)
    assert tree is None or parsed == tree
    assert parse_query(spell(parsed)) == parsed


BAD = [
    ("empty", "", 0, "empty", ""),
    ("blank", "  \n ", 0, "empty", ""),
    ("only an apostrophe", "'", 0, "no word", ""),
    ("quote never closed", 'Kursk "Belgorod region', 6, "never closed", 'Kursk "Belgorod region"'),
    ("quote at the end", 'Kursk "', 6, "never closed", "Kursk"),
    ("quote inside a word", 'Kursk"Belgorod region"', 5, "inside a word", 'Kursk "Belgorod region"'),
    ("parenthesis never closed", "a AND (b OR c", 6, "never closed", "a AND (b OR c)"),
    ("parenthesis never opened", "a) AND b", 1, "closes nothing", "a AND b"),
    ("empty parentheses", "a ()", 2, "empty", "a"),
    ("AND at the end", "a AND", 2, "nothing after", "a"),
    ("OR at the start", "OR a", 0, "nothing before", "a"),
    ("NOT at the end", "a NOT", 2, "nothing after", "a"),
    ("OR before a parenthesis closes", "(a OR) b", 3, "nothing after", "(a) b"),
    ("AND after a parenthesis opens", "(AND a)", 1, "nothing before", "(a)"),
    ("AND OR", "a AND OR b", 6, "a word is missing", ""),
    ("AND AND", "a AND AND b", 6, "a word is missing", "a AND b"),
    ("several mistakes", '(a AND "b c', 7, "never closed", '(a AND "b c")'),
    ("only NOT", "NOT a", 4, "only excludes", ""),
    ("only minus", "-a -b", 1, "only excludes", ""),
    ("OR NOT", "a OR NOT b", 9, "one side of OR", ""),
    ("minus alone", "Kursk – offensive", 6, "stands alone", ""),
    ("minus after a quote", '"Putin"-led', 7, "put a space", ""),
    ("plus beside OR", "+a OR b", 0, "'+' beside OR", ""),
    ("symbol only", "a 🚀", 2, "no letter or digit", "a"),
    ("empty phrase", 'a OR ""', 5, "no letter or digit", "a"),
    ("single quotes", "'a b' c", 0, "double quotation marks", '"a b" c'),
    ("backslash at the end", "a\\", 1, "escape", "a"),
    ("unknown field", "colour:red", 0, "no field 'colour:'", '"colour:red"'),
    ("another's field", "intitle:Kursk region", 0, "write title:", "title:Kursk region"),
    ("capitals", "Title:Kursk", 0, "write title:", "title:Kursk"),
    ("misspelt field", "autor:Kursk", 0, "write author:", "author:Kursk"),
    ("field in a field", "title:text:a", 6, "cannot stand after title:", "title:a"),
    ("mode in a site", "site:name:a", 5, "no site", ""),
    ("headline with a colon", "Kursk: offensive", 5, "the fields are", "Kursk offensive"),
    ("time", "at 10:30", 3, "quote it", 'at "10:30"'),
    ("address", "https://example.org/x", 0, "quote it", '"https://example.org/x"'),
    ("star alone", "Kursk *", 6, "no letter or digit", ""),
    ("wildcard too wide", "k*", 0, "3 letters in a row", ""),
    ("too many wildcards", "abc?d?e?f?g?", 0, "more than 4 wildcards", ""),
    ("wildcard in Chinese", "東京*", 0, "not needed in this script", ""),
    ("wildcard after a mode", "name:Zel*", 5, "wildcards do not work after name:", "Zel*"),
    ("fuzzy", "kursk~2", 0, "too short for ~2", "kursk~1"),
    ("very fuzzy", "belgorod~3", 0, "~1 or ~2", "belgorod~1"),
    ("fuzzy and short", "war~", 0, "too short", "war"),
    ("fuzzy alone", "Kursk ~1", 6, "directly after", "Kursk"),
    ("near what is excluded", "a NEAR/5 (b c)", 0, "NEAR stands between", ""),
    ("two distances", "a NEAR/5 b NEAR/3 c", 11, "one distance", ""),
    ("too far", "a NEAR/500 b", 0, "up to a distance of 100", "a NEAR/100 b"),
    ("near in two fields", "title:a NEAR/5 text:b", 0, "in one field", ""),
    ("another's near", "a W/5 b", 2, "write NEAR/5", "a NEAR/5 b"),
    ("weight", "kursk^2 b", 5, "weights", "kursk b"),
    ("range", "[a TO b]", 0, "ranges are for dates", ""),
    ("bracketed word", "[update] Kursk", 0, "ranges are for dates", "update Kursk"),
    ("comparison", "a >5", 2, "comparisons are for dates", ""),
    ("no date", "a published:soon", 12, "no date", ""),
    ("impossible date", "a published:2026-02-30", 12, "there is no date", ""),
    ("empty range", "a published:[2026-02-03 TO 2026-02-01]", 12, "ends before it begins", ""),
    ("only a date", "published:2026", 10, "only a date", ""),
    ("broken expression", "a /b(c/", 2, "missing", ""),
    ("look-ahead", "a /b(?=c)/", 2, "cannot be used", ""),
    ("expression of nothing", "a /b*/", 2, "matches nothing at all", ""),
    ("huge expression", "a /(\\pL{1,30} ){30}/", 2, "too large", ""),
    ("slash alone", "km / h", 3, "between slashes", "km h"),
    ("no such saved query", '@"Border"', 0, "no query is saved", ""),
    ("no rules", "stem-xx:haus", 0, "there are no rules for 'xx'", ""),
    ("&&", "a && b", 2, "write AND", "a AND b"),
    ("||", "a || b", 2, "write OR", "a OR b"),
    ("bar inside a word", "a|b c", 1, "write OR", "(a OR b) c"),
    ("!", "a !b", 2, "write NOT", "a NOT b"),
    ("too long", "x" * (LENGTH_LIMIT + 1), LENGTH_LIMIT, "longer than 4,000", ""),
    ("nested too deep", "(" * 60 + "a" + ")" * 60, NESTING_LIMIT, "deeper than 50", ""),
    ("too many negations", "NOT " * 60 + "a", 204, "deeper than 50", ""),
]


@pytest.mark.parametrize(("text", "position", "reason", "mend"), [pytest.param(*row[1:], id=row[0]) for row in BAD])
def test_bad_queries_say_where_why_and_how(text: str, position: int, reason: str, mend: str) -> None:
    """A refused query names the character, the reason and, where one is sure, the query that would do."""
    with pytest.raises(BadQuery, match=re.escape(reason)) as caught:
        parse_query(text)
    assert (caught.value.position, caught.value.suggestion) == (position, mend)


@given(st.one_of(QUERYISH, st.text(max_size=40)))
@example("a" + " -b" * 1_300)
@example("- " * 1_999)
@example("-" * 4_000)
@example("(" * 4_000)
@example("a OR b AND " * 360 + "c")
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_query_or_a_good_refusal(text: str) -> None:
    """Whatever is typed, the answer is a tree that spells itself or a refusal whose suggestion parses."""
    tree, problem = read(text)
    if problem:
        assert 0 <= problem.position <= len(text)
        assert problem.problem
        assert not problem.suggestion or parse_query(problem.suggestion)
    elif tree:
        assert len(spell(tree)) > LENGTH_LIMIT or parse_query(spell(tree)) == tree
        assert all(note for note in notes(text))


def read(text: str) -> tuple[Query | None, BadQuery | None]:
    try:
        return parse_query(text), None
    except BadQuery as problem:
        return None, problem


def test_queries_are_parsed_in_many_threads() -> None:
    """The parser behind keeps state; threads must not see each other's."""
    expected = {f'a{n} OR ("b c" -d{n})': parse_query(f'a{n} OR ("b c" -d{n})') for n in range(8)}
    wrong: list[str] = []

    def parse_again(text: str) -> None:
        wrong.extend(text for _ in range(30) if parse_query(text) != expected[text])

    threads = [threading.Thread(target=parse_again, args=(text,)) for text in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("Kursk Belgorod", (), id="nothing to say"),
        pytest.param("a or b", ("'or' in lower case is searched as a word; write OR",), id="lower case"),
        pytest.param('"a or b"', (), id="lower case in a phrase"),
        pytest.param("a NEAR b", ("'NEAR' is searched as a word; the operator is NEAR/5",), id="operator of others"),
        pytest.param("C++", ("'C++' is searched as 'c'; symbols do not count",), id="symbols"),
        pytest.param("AT&T", (), id="ampersand"),
        pytest.param("folder:World x", (), id="a short word beside a folder"),
        pytest.param(
            "folder:World",
            ("no word must occur, so every article of that language or folder is met; add a word",),
            id="a folder alone",
        ),
        pytest.param(
            "a b OR c", ("AND, written or left out, binds before OR; this is read as (a AND b) OR c",), id="mixed"
        ),
        pytest.param("(a b) OR c", (), id="mixed with parentheses"),
    ],
)
def test_notes_say_what_may_surprise(text: str, said: tuple[str, ...]) -> None:
    """A well-formed query that does something unexpected is explained, and searched all the same."""
    assert notes(text) == said
