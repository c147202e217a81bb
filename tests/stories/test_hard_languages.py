"""The hard cases of grouping in German, Russian, Arabic and Chinese: none holds in English only."""

from datetime import timedelta

import pytest

from pipeline.model import GroupingKind
from tests.stories.hard_languages import Hard, hard_languages
from tests.stories.languages import LANGUAGES
from tests.stories.making import NOW
from tests.stories.memory_index import News, group

WINDOW = timedelta(hours=72)

in_each = pytest.mark.parametrize("hard", hard_languages(), ids=lambda hard: hard.language)


def told(hard: Hard, *texts: str, title: str = "", days: int = 0) -> list[News]:
    """Make articles, each of another outlet."""
    at = NOW + timedelta(days=days)
    return [News(title, text, f"o{n}.example", at, hard.language) for n, text in enumerate(texts)]


@in_each
def test_a_corrected_text_is_a_copy(hard: Hard) -> None:
    """A note in front and another figure make no new text."""
    corrected = hard.joined(hard.note, hard.text.replace(*hard.corrected))
    _, groupings = group(told(hard, hard.text, corrected), WINDOW)
    assert groupings[1].kind is GroupingKind.COPY


@in_each
def test_the_next_version_of_a_wire_text_is_a_copy(hard: Hard) -> None:
    """An agency's text that comes again reordered and with a sentence more belongs to the first."""
    updated = hard.joined(hard.wire[0], *hard.wire[2:], hard.wire[1], hard.added)
    _, groupings = group(told(hard, hard.text, updated), WINDOW)
    assert groupings[1].kind is GroupingKind.COPY


@in_each
def test_a_report_in_other_words_is_no_copy(hard: Hard) -> None:
    """Another outlet's own words join the story as a report."""
    found, groupings = group(told(hard, hard.text, hard.own_words), WINDOW)
    assert found == [0, 0]
    assert groupings[1].kind is GroupingKind.REPORT


@in_each
def test_headlines_alone_find_each_other(hard: Hard) -> None:
    """Titles without text come together by event."""
    titles = [title for event in hard.headlines for title in event]
    news = [News(title, "", f"o{n}.example", NOW, hard.language) for n, title in enumerate(titles)]
    assert group(news, WINDOW)[0] == [0, 0, 0, 3, 3]


@in_each
def test_a_shared_footer_makes_no_story(hard: Hard) -> None:
    """What stands under every page of an outlet joins nothing once it has been seen."""
    seen = [
        News(f"{n}", f"alpha{n} beta{n} gamma{n}. {hard.footer}", "brief.example", NOW - 3 * WINDOW, hard.language)
        for n in range(200)
    ]
    briefs = told(hard, *(f"{brief} {hard.footer}" for brief in hard.briefs))
    found, _ = group([*seen, *briefs], WINDOW)
    assert len(set(found[len(seen) :])) == len(hard.briefs)


@in_each
def test_an_affair_of_weeks_is_many_stories(hard: Hard) -> None:
    """The same person each week, and another event: two reports of a day belong together, those of weeks do not."""
    news = [
        News("", episode, f"o{week}-{n}.example", NOW + timedelta(days=7 * week + n), hard.language)
        for week, episode in enumerate(hard.affair)
        for n in range(2)
    ]
    found, _ = group(news, WINDOW)
    assert [found[2 * week] == found[2 * week + 1] for week in range(len(hard.affair))] == [True] * len(hard.affair)
    assert len(set(found)) == len(hard.affair)


def _three_events(hard: Hard) -> list[News]:
    dam = LANGUAGES[hard.language]
    titled = (*hard.third, dam.one, dam.other)
    reports = [News(title, text, f"t{n}.example", NOW, hard.language) for n, (title, text) in enumerate(titled)]
    return [*told(hard, hard.text, hard.own_words), *reports]


@in_each
def test_a_round_up_joins_none_of_its_stories(hard: Hard) -> None:
    """A briefing of three events belongs to none, and makes no two of them one."""
    dam = LANGUAGES[hard.language]
    briefing = hard.joined(hard.own_words, hard.third[1][1], dam.other[1])
    found, groupings = group([*_three_events(hard), *told(hard, briefing)], WINDOW)
    assert len(set(found[:6])) == 3
    assert found[6] not in found[:6]
    assert groupings[6].kind is GroupingKind.ROUNDUP
    assert all(grouping.merge_with is None for grouping in groupings)


@in_each
def test_a_live_blog_of_one_event_is_its_story(hard: Hard) -> None:
    """Minute by minute, newest first, over one event: it joins that event's story, as it grows too."""
    entries = [f"{20 - n}:{n}5 {sentence}" for n, sentence in enumerate((hard.added, hard.own_words, *hard.wire[::-1]))]
    early, late = "\n".join(entries[-4:]), "\n".join(entries)
    found, _ = group([*_three_events(hard), *told(hard, early, late)], WINDOW)
    assert found[6] == found[7] == found[0]
