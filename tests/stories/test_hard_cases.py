"""Cases that a grouping by words gets wrong easily: the reports of one event together, and nothing else with them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from pipeline.model import GroupingKind
from tests.stories.languages import LANGUAGES, Told
from tests.stories.making import AGENCY, NOW, OTHER, OWN_WORDS
from tests.stories.memory_index import News, group

WINDOW = timedelta(hours=72)


def news(title: str, text: str = "", *, outlet: str = "", at: datetime = NOW, language: str = "en") -> News:
    return News(title, text, outlet or f"{abs(hash(title)) % 1000}.example", at, language)


def stories_of(articles: Sequence[News]) -> list[int]:
    return group(articles, WINDOW)[0]


def kinds_of(articles: Sequence[News]) -> list[GroupingKind]:
    return [grouping.kind for grouping in group(articles, WINDOW)[1]]


@pytest.mark.parametrize(("language", "told"), LANGUAGES.items(), ids=LANGUAGES.keys())
def test_every_language_that_has_words(language: str, told: Told) -> None:
    """Two reports of one event come together, the same kind of event at another place does not, nothing counted yet."""
    one, other, elsewhere = stories_of(
        [news(title, text, language=language) for title, text in (told.one, told.other, told.elsewhere)]
    )
    assert one == other
    assert elsewhere != one


# What happens in one long affair from week to week: the same people and place, another event each time.
AFFAIR = (
    ("arrested at the airport", "Customs officers arrested Rada Kolm at the airport with ledgers in two suitcases."),
    ("bail refused", "A judge refused bail for Rada Kolm because she holds three passports."),
    ("harbour office searched", "Police carried sixty boxes of invoices out of the harbour office of Rada Kolm."),
    (
        "bank names missing millions",
        "The Tresk bank told auditors that forty millions were missing, and named Rada Kolm.",
    ),
    ("partner testifies", "Her former partner testified that Rada Kolm signed the invoices for empty containers."),
    ("minister resigns", "The transport minister resigned over dinners that Rada Kolm had paid for."),
    ("trial opens", "The trial of Rada Kolm opened; prosecutors read the charges for three hours."),
    ("found guilty", "Jurors found Rada Kolm guilty on nine counts; sentence is expected in autumn."),
)


def test_a_topic_of_weeks_is_many_stories() -> None:
    """An affair that goes on for two months does not become one story that never ends."""
    days = [
        news(f"Kolm affair: {title}", text, at=NOW + timedelta(days=7 * week + day), outlet=f"o{week}-{day}.example")
        for week, (title, text) in enumerate(AFFAIR)
        for day in range(2)
    ]
    found = stories_of(days)
    assert len(set(found)) >= len(AFFAIR)
    assert all(found[2 * week] == found[2 * week + 1] for week in range(len(AFFAIR)))


def test_a_daily_topic_ends_too() -> None:
    """Reports every six hours for three weeks: the middle of the story falls behind and a new story begins."""
    fresh = [" ".join(f"word{n}x{part}" for part in range(12)) for n in range(84)]
    every = [
        news(
            f"Kolm affair {n}", f"{words}. Rada Kolm, harbour.", at=NOW + timedelta(hours=6 * n), outlet=f"o{n}.example"
        )
        for n, words in enumerate(fresh)
    ]
    found = stories_of(every)
    assert len(set(found[:4])) == 1
    assert len(set(found)) > 1


ROUND_UP = (
    "Good morning. The northern lock of Orrest closes for eleven weeks while divers replace its rusting gates. Bakers "
    "of the old town left their ovens cold because the mills refuse to fix the price of rye. And below Velin rescuers "
    "look for eleven people in Lower Ostrava, where the dam broke and the spillway was blocked, mayor Ilse Marek said."
)


@pytest.fixture
def three() -> list[News]:
    """Give three events, told by two outlets each."""
    dam = LANGUAGES["en"]
    return [
        news("Northern lock closes", AGENCY),
        news("Orrest ferries must go around", OWN_WORDS),
        news("Ovens stay cold", OTHER),
        news(
            "Bakers quarrel with mills",
            "The guild of bakers wants a fixed price of rye; the mills refuse. Ovens stay cold.",
        ),
        news(*dam.one),
        news(*dam.other),
    ]


def test_a_round_up_belongs_to_no_single_story(three: list[News]) -> None:
    """It tells of several stories, says so, and its copies stay with it."""
    found, groupings = group(
        [*three, news("The briefing", ROUND_UP), news("Morning news", ROUND_UP + " That is all.")], WINDOW
    )
    assert len(set(found[:6])) == 3
    assert groupings[6].kind is GroupingKind.ROUNDUP
    assert groupings[6].why.startswith("tells of several stories")
    assert found[6] not in found[:6]
    assert found[7] == found[6]


def test_a_round_up_does_not_chain_stories(three: list[News]) -> None:
    """What is reported after it joins the event's own story, and no two stories are made one."""
    later = [
        news("Lock", "Divers begin at the northern lock of Orrest, whose gates have rusted; the council pays for it.")
    ]
    briefings = [news("The briefing", ROUND_UP), news("Morning news", ROUND_UP + " That is all.")]
    found, groupings = group([*three, *briefings, *later], WINDOW)
    assert found[8] == found[0]
    assert groupings[7].keys == ()
    assert all(grouping.merge_with is None for grouping in groupings)


def test_a_live_blog_of_one_event_is_its_story(three: list[News]) -> None:
    """Minute by minute, newest first, over one event: it joins that event's story, and joins it as it grows too."""
    told = [*AGENCY.split(". "), *OWN_WORDS.split(". ")]
    entries = [f"{9 + n}:{n}5 {sentence}." for n, sentence in enumerate(told)][::-1]
    early, late = "\n".join(entries[-5:]), "\n".join(entries)
    found, groupings = group([*three, news("Live: the northern lock", early), news("Live updates", late)], WINDOW)
    assert found[6] == found[7] == found[0]
    assert GroupingKind.ROUNDUP not in (groupings[6].kind, groupings[7].kind)


def test_a_correction_is_a_copy() -> None:
    """A text that comes again with a note in front and one figure changed stays with its story, and is no new text."""
    corrected = "Correction: an earlier version named the wrong sum. " + AGENCY.replace(
        "nine million", "ninety million"
    )
    assert kinds_of([news("Lock closes", AGENCY), news("CORRECTED: Lock closes", corrected)])[1] is GroupingKind.COPY


def test_an_updated_wire_text_is_a_copy() -> None:
    """The next version of an agency's text, longer and reordered, belongs to the first."""
    sentences = AGENCY.split(". ")
    updated = (
        ". ".join([sentences[0], *sentences[2:], sentences[1]]) + " Ferry owners announced a protest for Thursday."
    )
    articles = [news("Lock closes", AGENCY), news("UPDATE 2-Lock closes, owners protest", updated)]
    assert kinds_of(articles)[1] is GroupingKind.COPY


FOOTER = (
    "Sign up for our newsletter and never miss what matters. Subscribers read without limits, share gift links and "
    "save stories for later. Reach the newsroom under the address below or follow us wherever you are. All rights "
    "reserved; reuse needs permission in writing. This page may contain links for which we are paid."
)
BRIEFS = (
    "Snow closed the pass above Kelling for trucks.",
    "The zoo of Marn bought two old camels.",
    "Rye fell by a tenth at the Tormund exchange.",
    "A choir of beekeepers won the prize of Issel.",
    "Tram nine in Ondra gets lower doors.",
    "The quarry at Sturl shuts for good.",
)


def test_a_common_footer_makes_no_copy() -> None:
    """Briefs that share only what stands under every page of their outlet stay apart once the footer has been seen."""
    seen = [
        news(f"Page {n}", f"alpha{n} beta{n} gamma{n} delta{n}. {FOOTER}", at=NOW - timedelta(days=10))
        for n in range(200)
    ]
    briefs = [news("", f"{text} {FOOTER}", outlet="brief.example") for text in BRIEFS]
    found = stories_of([*seen, *briefs])
    assert len(set(found[len(seen) :])) == len(BRIEFS)


def test_headlines_without_text() -> None:
    """Titles alone find each other by their names, and those of another event stay away."""
    found = stories_of(
        [
            news("Velin dam breaks, eleven missing"),
            news("Ilse Marek: eleven missing as Velin dam fails"),
            news("What we know of the eleven missing at Velin dam"),
            news("Kestrel Mining halts Varnholt pit after tremors"),
            news("Tremors stop work at Kestrel's Varnholt pit"),
        ]
    )
    assert found == [0, 0, 0, 3, 3]


def test_a_bridge_makes_two_beginnings_one_story() -> None:
    """Two first reports that share few words are one story once articles tell what both tell."""
    first = news("Blast heard at Tessing smelter", "A blast shook the Tessing smelter. Windows broke in Hollin street.")
    second = news(
        "Nine workers hurt in furnace accident",
        "Nine workers of Orlo Metals have burns, a furnace split, Dr Ama Sel said.",
    )
    more = [
        news(
            f"Tessing smelter blast: nine workers hurt, furnace split ({n})",
            "The blast at the Tessing smelter, which broke windows in Hollin street, came from a furnace that split. "
            f"Nine workers of Orlo Metals have burns, said Dr Ama Sel. Version {n} of the report.",
        )
        for n in range(3)
    ]
    found, groupings = group([first, second, *more], WINDOW)
    assert groupings[1].kind is GroupingKind.FIRST
    assert any(grouping.merge_with is not None for grouping in groupings)
    assert len(set(found)) == 1
