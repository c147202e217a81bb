"""Where an article belongs."""

from datetime import timedelta

import pytest

from pipeline.model import Candidate, Grouping, GroupingKind, TermCounts
from pipeline.stories import THRESHOLDS, decide, sketch
from tests.stories.making import AGENCY, NOW, OTHER, OWN_WORDS, candidate

NOTHING = TermCounts(0, {})


def decided(
    text: str,
    *candidates: Candidate,
    title: str = "",
    outlet: str = "news.example",
    counts: TermCounts = NOTHING,
) -> Grouping:
    return decide(sketch(title, text, "en"), title, outlet, NOW, candidates, counts)


def test_first_of_all() -> None:
    """With nothing to compare, an article begins its story."""
    grouping = decided(AGENCY)
    assert (grouping.kind, grouping.story_id, grouping.of_article_id) == (GroupingKind.FIRST, None, None)
    assert grouping.why


def test_same_text_is_a_copy() -> None:
    """The very same text is a copy, and the reason says so."""
    grouping = decided(
        AGENCY, candidate(OTHER, number=1, story=10), candidate(AGENCY, number=2, story=20, title="Lock")
    )
    assert (grouping.kind, grouping.story_id, grouping.of_article_id) == (GroupingKind.COPY, 20, 2)
    assert grouping.score == 1.0
    assert grouping.why == "the same text as “Lock” (post.example)"


def test_shortened_text_is_a_copy_and_says_how_much() -> None:
    """An agency's text cut short is still a copy; the reason names the share."""
    grouping = decided(" ".join(AGENCY.split()[:60]), candidate(AGENCY, title="Lock"))
    assert grouping.kind is GroupingKind.COPY
    assert grouping.why == f"{grouping.score:.0%}".replace("%", " %") + " of shingles shared with “Lock” (post.example)"


def test_copy_joins_the_earliest_of_equal_articles() -> None:
    """Of several equal texts the earliest is named."""
    late = candidate(AGENCY, number=1, story=10)
    early = candidate(AGENCY, number=2, story=20, published_at=NOW - timedelta(hours=5))
    assert decided(AGENCY, late, early).of_article_id == 2


def test_equal_phrase_is_no_copy() -> None:
    """Two articles of which we only have “Live updates” are not the same text."""
    grouping = decided("", candidate("", title="Live updates"), title="Live updates")
    assert grouping.kind is not GroupingKind.COPY


def test_own_words_are_a_report_from_the_very_first_article() -> None:
    """Another outlet's words for the event join its story although nothing has been counted yet."""
    grouping = decided(OWN_WORDS, candidate(OTHER, number=1, story=10), candidate(AGENCY, number=2, story=20))
    assert (grouping.kind, grouping.story_id, grouping.of_article_id) == (GroupingKind.REPORT, 20, 2)
    assert THRESHOLDS.report <= grouping.score <= 1
    assert "council" in grouping.why


def test_another_event_begins_a_story_and_names_the_nearest() -> None:
    """What is not near enough begins a story; the reason says what was nearest."""
    grouping = decided(OTHER, candidate(AGENCY, title="Lock closes"))
    assert (grouping.kind, grouping.story_id, grouping.of_article_id) == (GroupingKind.FIRST, None, 1)
    assert "Lock closes" in grouping.why
    assert grouping.score < THRESHOLDS.report


def test_common_words_are_learnt_by_counting() -> None:
    """Words that half of all articles hold make no likeness, in whatever language they are."""
    one, other = "krokodil vintergatan sjunger gladlynt", "krokodil vintergatan badar ofta"
    rare = decided(one, candidate(other))
    common = decided(one, candidate(other), counts=TermCounts(10_000, {"krokodil": 6000, "vintergatan": 5000}))
    assert rare.kind is GroupingKind.REPORT
    assert common.kind is GroupingKind.FIRST


def test_time_and_a_common_outlet_lessen_a_likeness() -> None:
    """The same words count less from three days ago, and less from the outlet itself."""
    plain = decided(OWN_WORDS, candidate(AGENCY)).score
    old = decided(OWN_WORDS, candidate(AGENCY, published_at=NOW - THRESHOLDS.fade_after)).score
    own = decided(OWN_WORDS, candidate(AGENCY), outlet="post.example").score
    assert old == pytest.approx(plain * (1 - THRESHOLDS.fade))
    assert own == pytest.approx(plain * (1 - THRESHOLDS.same_outlet))


def test_shared_title_helps() -> None:
    """Two reports under like titles are nearer than without."""
    without = decided(OWN_WORDS, candidate(AGENCY)).score
    shared = decided(OWN_WORDS, candidate(AGENCY, title="Orrest lock"), title="Lock of Orrest").score
    assert shared > without


def test_story_counts_as_a_whole() -> None:
    """Of two stories whose nearest articles are equally near, the one that is near throughout is joined."""
    stray = [candidate(AGENCY.replace("crowns", "marks"), number=1, story=10), candidate(OTHER, number=2, story=10)]
    whole = [candidate(AGENCY.replace("crowns", "marks"), number=3 + n, story=20) for n in range(2)]
    assert decided(OWN_WORDS, *stray, *whole).story_id == 20


def test_order_of_candidates_does_not_matter() -> None:
    """The decision depends on what the candidates are, not on how they come."""
    found = [candidate(text, number=n, story=n) for n, text in enumerate((AGENCY, OTHER, OWN_WORDS))]
    assert decided(OWN_WORDS[:200], *found) == decided(OWN_WORDS[:200], *reversed(found))


def test_empty_article_is_decided_too() -> None:
    """An article without a single word belongs to nobody and breaks nothing."""
    assert decided("…", candidate("—"), candidate(AGENCY)).kind is GroupingKind.FIRST
