"""Stories that merge, split and stay apart, by the machine and by hand, with their alerts."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Connection

from pipeline.accept import Accepted, accept
from pipeline.alerts import SubscriptionIndex
from pipeline.errors import NotFound, Unusable
from pipeline.model import ActKind, Grouping, GroupingKind
from pipeline.regroup import apart, merge, split, undo
from pipeline.store import alerts, merging, stories, subscriptions
from pipeline.store.database import Database
from pipeline.stories import sketch
from tests.store.making import NOW, after, started
from tests.stories.making import AGENCY, OTHER, OWN_WORDS
from tests.test_accept import WINDOW, news, taken

# The two halves of one report, so unlike that each begins a story, and the whole, which is near to both.
UPPER = (
    "Kestrel Mining stops digging at its Varnholt copper pit: tremors cracked the pit's eastern wall on Monday, "
    "geologists of the Varnholt survey said, and the copper company cleared ninety miners from the pit."
)
LOWER = (
    "Smelters in Tessing face a shortage. The Tessing works, which turn ore into wire for carmakers, have stocks for "
    "twelve days, their union said, and carmakers asked the ministry for talks about wire from abroad."
)
BOTH = f"{UPPER} {LOWER}"


@dataclass(frozen=True)
class Two:
    """Two stories of one subscription, and what their articles are."""

    lock: Accepted
    bread: Accepted


def two(tx: Connection) -> Two:
    """Begin two stories that both meet a subscription."""
    subscriptions.add(tx, "Town", "lock OR ovens", ("mail",), NOW)
    return Two(taken(tx, 1, news(1, AGENCY, title="Lock closes")), taken(tx, 2, news(2, OTHER, title="Bread")))


def merged(tx: Connection, one: int, other: int) -> merging.Act:
    return merge(tx, one, other, "", after(9), by_hand=True)


def test_a_merge_by_hand_makes_one_story_of_two(database: Database) -> None:
    """Articles, counts and dates come together, and the number of the story that is gone leads to the other."""
    with database.write() as tx:
        made = two(tx)
        report = taken(tx, 3, news(3, OWN_WORDS))
        act = merged(tx, made.bread.story_id, made.lock.story_id)
        assert (act.kind, act.story_id, act.other_story_id) == (
            ActKind.MERGE,
            made.lock.story_id,  # it had more articles
            made.bread.story_id,
        )
        story = stories.get(tx, made.bread.story_id)
        assert story == stories.get(tx, made.lock.story_id)
        assert (story.article_count, story.text_count, story.outlet_count) == (3, 3, 3)
        held = [stored.id for stored in stories.articles_of(tx, made.bread.story_id)]
        assert held == [made.lock.article_id, made.bread.article_id, report.article_id]
        assert set(stories.groupings_of(tx, story.id)) == set(held)
        assert [found.id for found in stories.recent(tx, 9)] == [story.id]


def test_nobody_is_told_twice_of_merged_stories(database: Database) -> None:
    """Whoever had the alert of either story gets no other for both, and each alert leads to the living story."""
    with database.write() as tx:
        made = two(tx)
        subscriptions.add(tx, "Bread", "rye", ("mail",), NOW)
        later = taken(tx, 3, news(3, OTHER + " More to follow.", title="Bread again"))
        assert [alert.subscription_name for alert in later.alerts] == ["Bread"]
        merged(tx, made.lock.story_id, made.bread.story_id)
        again = taken(tx, 4, news(4, AGENCY.replace("Tuesday", "Monday") + " Rye is short as well, and ovens."))
        assert again.story_id == stories.living(tx, made.lock.story_id)
        assert again.alerts == ()
        told = alerts.of_story(tx, again.story_id)
        assert sorted(alert.subscription_name for alert in told) == ["Bread", "Town", "Town"]
        assert {stories.living(tx, alert.story_id) for alert in told} == {again.story_id}


def test_new_articles_join_the_living_story(database: Database) -> None:
    """Reports and copies of the story that is gone find the one it was merged into."""
    with database.write() as tx:
        made = two(tx)
        merged(tx, made.lock.story_id, made.bread.story_id)
        living = stories.living(tx, made.bread.story_id)
        assert taken(tx, 3, news(3, OWN_WORDS)).story_id == living
        assert taken(tx, 4, news(4, OTHER)).story_id == living


def test_an_undone_merge_gives_both_stories_back(database: Database) -> None:
    """Each has its articles and alerts again, and is found by its own; what came meanwhile stays."""
    with database.write() as tx:
        made = two(tx)
        before = [stories.get(tx, one.story_id) for one in (made.lock, made.bread)]
        act = merged(tx, made.lock.story_id, made.bread.story_id)
        undone = undo(tx, act.id, after(20))
        assert undone.undone_at == after(20)
        assert [stories.get(tx, one.story_id) for one in (made.lock, made.bread)] == before
        for one in (made.lock, made.bread):
            assert [alert.article_id for alert in alerts.of_story(tx, one.story_id)] == [one.article_id]
        assert taken(tx, 3, news(3, OWN_WORDS)).story_id == made.lock.story_id
        assert taken(tx, 4, news(4, OTHER)).story_id == made.bread.story_id
        with pytest.raises(Unusable, match="undone already"):
            undo(tx, act.id, after(30))


def test_merges_of_merges_are_undone_in_any_order(database: Database) -> None:
    """A story merged into one that was merged itself goes back to where it was."""
    with database.write() as tx:
        made = two(tx)
        third = taken(tx, 3, news(3, UPPER))
        inner = merged(tx, made.bread.story_id, third.story_id)
        outer = merged(tx, made.lock.story_id, made.bread.story_id)
        assert stories.living(tx, third.story_id) == stories.living(tx, made.lock.story_id)
        undo(tx, outer.id, NOW)
        assert stories.living(tx, third.story_id) == stories.living(tx, made.bread.story_id) == inner.story_id
        undo(tx, inner.id, NOW)
        assert len({stories.living(tx, one.story_id) for one in (made.lock, made.bread, third)}) == 3


def test_two_stories_that_turn_out_to_be_one_are_merged(database: Database) -> None:
    """An article near to both brings them together; the subscription that had both alerts gets no third."""
    with database.write() as tx:
        subscriptions.add(tx, "Copper", "varnholt OR tessing", ("mail",), NOW)
        first, second, act = late(tx)
        assert act.by_hand is False
        assert stories.living(tx, first.story_id) == stories.living(tx, second.story_id)
        assert len(alerts.recent(tx, 9)) == 2


def late(tx: Connection) -> tuple[Accepted, Accepted, merging.Act]:
    """Have the machine merge two stories, with candidates as they would stand after more reports."""
    first, second = taken(tx, 1, news(1, UPPER)), taken(tx, 2, news(2, LOWER))
    assert first.story_id != second.story_id
    taken_with_merge(tx, 3, first.story_id, second.story_id)
    [act] = merging.recent_acts(tx, 9)
    return first, second, act


def taken_with_merge(tx: Connection, number: int, one: int, other: int) -> Accepted:
    """Take an article in whose decision names two stories that are one."""
    made = news(number, BOTH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.accept.decide", lambda *_: _joins(one, other))
        task = started(tx, number)
        index = SubscriptionIndex(subscriptions.list_all(tx))
        accepted = accept(tx, task, made, sketch("", BOTH, "en"), index, WINDOW, NOW)
    assert accepted is not None
    return accepted


def _joins(one: int, other: int) -> Grouping:
    return Grouping(GroupingKind.REPORT, one, None, 0.4, "near to both", merge_with=other)


def test_a_hand_wins_over_the_machine(database: Database) -> None:
    """Stories said to be apart are never merged by the machine, nor those whose merge a hand took back."""
    with database.write() as tx:
        first, second, act = late(tx)
        undo(tx, act.id, NOW)
        taken_with_merge(tx, 4, first.story_id, second.story_id)
        assert stories.living(tx, first.story_id) != stories.living(tx, second.story_id)
        third = taken(tx, 5, news(5, OTHER))
        said = apart(tx, first.story_id, third.story_id, NOW)
        taken_with_merge(tx, 6, first.story_id, third.story_id)
        assert stories.living(tx, third.story_id) != stories.living(tx, first.story_id)
        undo(tx, said.id, NOW)
        taken_with_merge(tx, 7, first.story_id, third.story_id)
        assert stories.living(tx, third.story_id) == stories.living(tx, first.story_id)


def test_apart_holds_through_other_merges(database: Database) -> None:
    """Not being the same is inherited by the story that one of the two is merged into."""
    with database.write() as tx:
        made = two(tx)
        third = taken(tx, 3, news(3, UPPER))
        apart(tx, made.lock.story_id, made.bread.story_id, NOW)
        kept = merged(tx, made.lock.story_id, third.story_id).story_id
        assert merging.are_apart(tx, made.bread.story_id, kept)
        by_hand = merged(tx, made.bread.story_id, kept)  # the last word of a hand wins over its words before
        undo(tx, by_hand.id, NOW)
        assert merging.are_apart(tx, made.bread.story_id, kept)


def test_a_split_takes_articles_out_for_good(database: Database) -> None:
    """They have a story of their own, found by their own words, with their alerts, and stay out."""
    with database.write() as tx:
        made = two(tx)
        merged(tx, made.lock.story_id, made.bread.story_id)
        kept = stories.living(tx, made.lock.story_id)
        act = split(tx, kept, [made.bread.article_id], after(30))
        new = stories.get(tx, act.other_story_id)
        assert (new.title, new.article_count, new.text_count, new.outlet_count) == ("Bread", 1, 1, 1)
        assert stories.get(tx, kept).article_count == 1
        assert taken(tx, 3, news(3, OTHER + " The guild has not answered.")).story_id == new.id
        assert taken(tx, 4, news(4, OWN_WORDS)).story_id == kept
        assert merging.are_apart(tx, kept, new.id)
        assert taken(tx, 5, news(5, OTHER)).alerts == ()
        undo(tx, act.id, after(40))
        assert stories.living(tx, new.id) == kept
        assert stories.get(tx, kept).article_count == 5
        assert not merging.are_apart(tx, kept, new.id)


def test_what_cannot_be_done_says_what_can(database: Database) -> None:
    """Unknown stories, strangers, whole stories and what is one already are refused with a way out."""
    with database.write() as tx:
        made = two(tx)
        with pytest.raises(NotFound):
            merged(tx, made.lock.story_id, 999)
        with pytest.raises(Unusable, match="one story already"):
            merged(tx, made.lock.story_id, made.lock.story_id)
        with pytest.raises(Unusable, match="stories show"):
            split(tx, made.lock.story_id, [made.bread.article_id], NOW)
        for taken_out in ([], [made.lock.article_id]):
            with pytest.raises(Unusable, match="leave one in"):
                split(tx, made.lock.story_id, taken_out, NOW)
        with pytest.raises(Unusable, match="stories split"):
            apart(tx, made.lock.story_id, made.lock.story_id, NOW)
        with pytest.raises(NotFound, match="stories acts"):
            undo(tx, 999, NOW)
