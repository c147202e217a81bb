"""Where an article belongs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from pipeline.model import Candidate, Grouping, GroupingKind, StoryCandidate, TermCounts
from pipeline.stories import THRESHOLDS, decide, sketch
from tests.stories.making import AGENCY, NOTHING, NOW, OTHER, OWN_WORDS, candidate, profile, story


def decided(
    text: str,
    *stories: StoryCandidate,
    texts: Sequence[Candidate] = (),
    title: str = "",
    counts: TermCounts = NOTHING,
    at: datetime = NOW,
) -> Grouping:
    return decide(sketch(title, text, "en"), profile(text, title, counts), at, texts, stories)


def test_first_of_all() -> None:
    """With nothing to compare, an article begins its story and says by what it will be found."""
    grouping = decided(AGENCY)
    assert (grouping.kind, grouping.story_id, grouping.of_article_id) == (GroupingKind.FIRST, None, None)
    assert grouping.why
    assert grouping.profile == profile(AGENCY)
    assert "skipper" in grouping.keys


def test_same_text_is_a_copy() -> None:
    """The very same text is a copy, and the reason says so."""
    texts = [candidate(OTHER, number=1, story=10), candidate(AGENCY, number=2, story=20, title="Lock")]
    grouping = decided(AGENCY, story(OTHER, number=10), story(AGENCY, number=20), texts=texts)
    assert (grouping.kind, grouping.story_id, grouping.of_article_id) == (GroupingKind.COPY, 20, 2)
    assert grouping.score == 1.0
    assert grouping.why == "the same text as “Lock” (post.example)"


def test_shortened_text_is_a_copy_and_says_how_much() -> None:
    """An agency's text cut short is still a copy; the reason names the share."""
    grouping = decided(" ".join(AGENCY.split()[:60]), texts=[candidate(AGENCY, title="Lock")])
    assert grouping.kind is GroupingKind.COPY
    assert grouping.why == f"{grouping.score:.0%}".replace("%", " %") + " of the text shared with “Lock” (post.example)"


def test_copy_joins_the_earliest_of_equal_articles() -> None:
    """Of several equal texts the earliest is named."""
    late = candidate(AGENCY, number=1, story=10)
    early = candidate(AGENCY, number=2, story=20, published_at=NOW - timedelta(hours=5))
    assert decided(AGENCY, texts=[late, early]).of_article_id == 2


def test_equal_phrase_is_no_copy() -> None:
    """Two articles of which we only have “Live updates” are not the same text."""
    grouping = decided("", texts=[candidate("", title="Live updates")], title="Live updates")
    assert grouping.kind is not GroupingKind.COPY


def test_what_every_page_of_an_outlet_says_makes_no_copy() -> None:
    """Two briefs under one long footer share most of their text, and nothing that they speak of."""
    footer = AGENCY  # worn by counting, as a footer is
    counts = TermCounts(1000, dict.fromkeys(sketch("", footer, "en").terms, 990))
    brief, other = "Rye prices fell again in Tormund.", "Snow closed the pass above Kelling."
    grouping = decided(f"{brief} {footer}", texts=[candidate(f"{other} {footer}")], counts=counts)
    assert grouping.kind is GroupingKind.FIRST


def test_own_words_are_a_report_from_the_very_first_article() -> None:
    """Another outlet's words for the event join its story although nothing has been counted yet."""
    grouping = decided(OWN_WORDS, story(OTHER, number=10), story(AGENCY, number=20, title="Lock closes"))
    assert (grouping.kind, grouping.story_id, grouping.of_article_id) == (GroupingKind.REPORT, 20, None)
    assert THRESHOLDS.report <= grouping.score <= 1
    assert "“Lock closes”: " in grouping.why
    assert "council" in grouping.why


def test_a_story_speaks_of_all_its_articles() -> None:
    """With a report, the story's profile holds the words of both."""
    grouping = decided(OWN_WORDS, story(AGENCY))
    assert {"skipper", "detour"} <= grouping.profile.weights.keys()
    assert grouping.profile.weights["gate"] > profile(AGENCY).weights["gate"]


def test_another_event_begins_a_story_and_names_the_nearest() -> None:
    """What is not near enough begins a story; the reason says what was nearest."""
    grouping = decided(OTHER, story(AGENCY, title="Lock closes"))
    assert (grouping.kind, grouping.story_id) == (GroupingKind.FIRST, None)
    assert "Lock closes" in grouping.why
    assert grouping.score < THRESHOLDS.report


def test_common_words_are_learnt_by_counting() -> None:
    """Words that half of all articles hold make no likeness, in whatever language they are."""
    one, other = "krokodil vintergatan sjunger gladlynt", "krokodil vintergatan badar ofta"
    counts = TermCounts(10_000, {"krokodil": 6000, "vintergatan": 5000})
    assert decided(one, story(other)).kind is GroupingKind.REPORT
    assert decided(one, story(other, counts=counts), counts=counts).kind is GroupingKind.FIRST


def test_time_lessens_a_likeness_by_half() -> None:
    """The same words count half when a story's middle is three days away."""
    plain = decided(OWN_WORDS, story(AGENCY)).score
    old = decided(OWN_WORDS, story(AGENCY, mean_at=NOW - THRESHOLDS.half_after)).score
    assert old == pytest.approx(plain / 2)


def test_a_story_that_many_tell_draws_more() -> None:
    """The more articles a story has, the likelier the next is its own; up to a bound."""
    few, many, most = (decided(OWN_WORDS, story(AGENCY, article_count=n)).score for n in (1, 20, 100_000))
    assert few < many < most
    assert most == pytest.approx(few * (1 + THRESHOLDS.growth * THRESHOLDS.most_growth))


def test_two_stories_that_are_one_are_told() -> None:
    """An article that is near to two stories which are like each other names both."""
    halves = [story(AGENCY[:330], number=10), story(f"{AGENCY[200:]}", number=20)]
    grouping = decided(AGENCY.replace("Tuesday", "Monday"), *halves)
    assert {grouping.story_id, grouping.merge_with} == {10, 20}


@pytest.mark.parametrize("counts", [(51, 51), (3000, 60)])
def test_long_stories_are_left_to_a_hand(counts: tuple[int, int]) -> None:
    """A merge moves the smaller story's articles; two long ones the machine leaves alone."""
    one, other = counts
    halves = [story(AGENCY, number=10, article_count=one), story(AGENCY, number=20, article_count=other)]
    assert decided(AGENCY, *halves).merge_with is None


def test_what_was_compared_is_kept() -> None:
    """The evidence holds the candidates with their scores and what would have been enough."""
    grouping = decided(
        OWN_WORDS, story(OTHER, number=10), story(AGENCY, number=20, title="Lock"), texts=[candidate(OTHER)]
    )
    evidence = grouping.evidence
    assert evidence["stories"][0]["story"] == 20
    assert evidence["stories"][0]["title"] == "Lock"
    assert evidence["stories"][0]["score"] == pytest.approx(grouping.score, abs=0.001)
    assert "harbour" in evidence["stories"][0]["terms"]
    assert evidence["texts"][0]["share"] < evidence["enough"]["copy"]
    assert evidence["enough"]["report"] == THRESHOLDS.report


def test_order_of_candidates_does_not_matter() -> None:
    """The decision depends on what the candidates are, not on how they come."""
    found = [story(text, number=n) for n, text in enumerate((AGENCY, OTHER, OWN_WORDS))]
    assert decided(OWN_WORDS[:200], *found) == decided(OWN_WORDS[:200], *reversed(found))


def test_empty_article_is_decided_too() -> None:
    """An article without a single word belongs to nobody and breaks nothing."""
    assert decided("…", story("—"), story(AGENCY), texts=[candidate("—")]).kind is GroupingKind.FIRST
