"""Queries of other services: each means here what it meant there, or says what it lost."""

import pytest

from pipeline.alerts import SubscriptionIndex, parse_query
from pipeline.alerts.foreign import from_google, from_talkwalker
from pipeline.errors import BadQuery
from pipeline.model import Matchable, Subscription


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Kursk", "Kursk"),
        ('"North Korea" troops', '"North Korea" AND troops'),
        ("a b OR c", "a AND (b OR c)"),
        ("a | b c", "(a OR b) AND c"),
        ("Kursk -football", "Kursk AND NOT football"),
        ('Kursk -"football club"', 'Kursk AND NOT "football club"'),
        ("Kursk site:bbc.co.uk", 'Kursk AND site:"bbc.co.uk"'),
        ("Kursk -site:bbc.co.uk", 'Kursk AND NOT site:"bbc.co.uk"'),
        ("intitle:Kursk inurl:world", 'title:Kursk AND url:"world"'),
        ("Kursk AROUND(5) troops", "Kursk NEAR/5 troops"),
        ("Kursk after:2026-03-01 before:2026-04-01", "Kursk AND published:>=2026-03-01 AND published:<2026-04-01"),
        ('"state of * union"', '"state of * union"'),
        ("(Kursk OR Belgorod) (troops OR army)", "(Kursk OR Belgorod) AND (troops OR army)"),
        ("C++ 10:30 #Kursk", '"C++" AND "10:30" AND Kursk'),
        ("allintitle: lock council", "title:lock AND title:council"),
        ('allintext:"lock gate" -council OR ferry', 'text:"lock gate" AND (NOT text:council OR text:ferry)'),
        ("Kursk allinurl:world europe", 'Kursk AND url:"world" AND url:"europe"'),
        ("“Kursk front” –football", '"Kursk front" AND NOT football'),
    ],
)
def test_google_alerts_keep_their_meaning(theirs: str, ours: str) -> None:
    """OR binds closer there; fields have other names."""
    translated = from_google(theirs)
    assert (translated.query, translated.remarks) == (ours, ())
    parse_query(translated.query)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Kursk AND (troops OR army) AND NOT football", "Kursk AND (troops OR army) AND NOT football"),
        ("a b OR c", "(a AND b) OR c"),
        ("Kursk NEAR/5 troops", "Kursk NEAR/5 troops"),
        ('"Kursk troops"~10', '"Kursk troops"~10'),
        ("(Kursk OR Belgorod) ONEAR/3 troops", "(Kursk OR Belgorod) ONEAR/3 troops"),
        ("Kursk NEAR/3f troops", "Kursk ONEAR/3 troops"),
        ("Kursk ONEAR/3f troops", "Kursk ONEAR/3 troops"),
        ("#Kursk OR @troops", "Kursk OR troops"),
        ('title:"Kursk front" content:troops', 'title:"Kursk front" AND text:troops'),
        ('domain_url:"bbc.co.uk" AND sanction*', 'site:"bbc.co.uk" AND sanction*'),
        ("++Apple AND lang:en", 'exact:"Apple" AND lang:en'),
        ('author_name:"Jana Müller" AND Kursk', 'author:"Jana Müller" AND Kursk'),
    ],
)
def test_talkwalker_queries_keep_their_meaning(theirs: str, ours: str) -> None:
    """Its operators are nearly ours; its fields have other names."""
    translated = from_talkwalker(theirs)
    assert (translated.query, translated.remarks) == (ours, ())
    parse_query(translated.query)


@pytest.mark.parametrize(
    ("translate", "theirs", "ours", "named"),
    [
        (from_google, "Kursk filetype:pdf", "Kursk", "filetype:pdf"),
        (from_google, "laptop $100..$200", "laptop", "$100..$200"),
        (from_google, "~car sale", "car AND sale", "synonyms"),
        (from_google, "Kursk * troops", "Kursk AND troops", "any word"),
        (from_google, "intitle: Kursk", "Kursk", "intitle:"),
        (from_google, "(Kursk AND (front", "Kursk AND front", "never closed"),
        (from_google, "Kursk) front", "Kursk", "closes nothing"),
        (from_talkwalker, "Kursk AND sourcecountry:us", "Kursk", "sourcecountry:us"),
        (from_talkwalker, "Kursk AND (engagement:>100 OR reach:>5)", "Kursk", "engagement:>100"),
        (from_talkwalker, "Kursk AND NOT sourcetype:BLOG", "Kursk", "sourcetype:BLOG"),
    ],
)
def test_what_cannot_be_said_is_left_out_and_named(translate: object, theirs: str, ours: str, named: str) -> None:
    """Nothing is lost silently: each piece without a counterpart is in a remark."""
    translated = translate(theirs)  # type: ignore[operator]
    assert translated.query == ours
    assert any(named in remark for remark in translated.remarks)


@pytest.mark.parametrize("theirs", ["filetype:pdf", "-Kursk", "", "((("])
def test_a_query_of_which_nothing_remains_is_refused(theirs: str) -> None:
    """It is not saved as something else."""
    with pytest.raises(BadQuery):
        from_google(theirs)


def test_a_translated_query_is_met() -> None:
    """The whole way: translated, indexed, met."""
    query = from_google('Kursk "North Korea" OR Gerasimov -football').query
    index = SubscriptionIndex([Subscription(1, "", query, ())])
    assert index.met(Matchable("Kursk", "Gerasimov spoke")) == [1]
    assert index.met(Matchable("", "North Korea and Gerasimov")) == []
