"""Change stories after their articles were placed: merge two, split one, keep two apart, undo.

In: story and article numbers, inside a transaction. Out: the acts, each of which can be undone. Here stories and the
store meet, as in `accept`. Trap: what a hand said lasts: the machine asks `may_merge` before it merges, and a merge of
its own that a hand undoes is never made again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from pipeline.errors import Unusable
from pipeline.model import ActKind, Profile
from pipeline.store import articles, candidates, merging, stories
from pipeline.store.merging import Act
from pipeline.stories import joined, profile_of

PROFILED_MOST = 60  #: newest articles from which a story's profile is made anew


def may_merge(tx: Connection, one_id: int, other_id: int) -> bool:
    """Tell whether the machine may merge two stories."""
    return not merging.are_apart(tx, one_id, other_id)


def merge(tx: Connection, one_id: int, other_id: int, why: str, now: datetime, *, by_hand: bool) -> Act:
    """Make one story of two: the one with more articles is kept, of equals the older."""
    first, second = stories.get(tx, one_id), stories.get(tx, other_id)
    if first.id == second.id:
        raise Unusable(f"{one_id} and {other_id} are one story already")
    stories.lock(tx, first.id, second.id)
    kept, gone = sorted((first, second), key=lambda story: (-story.article_count, story.id))
    act_id = merging.record(tx, ActKind.MERGE, kept.id, gone.id, why, now, by_hand=by_hand)
    if by_hand:
        merging.end_apart(tx, kept.id, gone.id, act_id)
    moved = merging.article_ids(tx, gone.id)
    merging.note_moves(tx, act_id, moved)
    profiles = [stories.find_profile(tx, story_id) or Profile() for story_id in (kept.id, gone.id)]
    merging.move(tx, moved, gone.id, kept.id)
    merging.redirect(tx, gone.id, kept.id)
    stories.put_profile(tx, kept.id, joined(*profiles), merging.recount(tx, kept.id, now))
    return merging.get_act(tx, act_id)


def split(tx: Connection, story_id: int, article_ids: Sequence[int], now: datetime) -> Act:
    """Take articles out of a story into one of their own; the two stay apart."""
    story_id = stories.living(tx, story_id)
    held, taken = merging.article_ids(tx, story_id), sorted(set(article_ids))
    if strangers := [each for each in taken if each not in held]:
        raise Unusable(
            f"story {story_id} has no article {strangers[0]}; `storywatch stories show {story_id}` lists them"
        )
    rest = [each for each in held if each not in taken]
    if not taken or not rest:
        raise Unusable("name at least one article to take out, and leave one in")
    stories.lock(tx, story_id)
    moved = [each for each in held if each in taken]
    new_id = merging.begin_like(tx, story_id, moved[0], now)
    act_id = merging.record(tx, ActKind.SPLIT, story_id, new_id, "", now, by_hand=True)
    merging.note_moves(tx, act_id, moved)
    _move(tx, moved, story_id, new_id)
    merging.keep_apart(tx, rest[0], moved[0], act_id)
    profile_anew(tx, story_id, now)
    profile_anew(tx, new_id, now)
    return merging.get_act(tx, act_id)


def apart(tx: Connection, one_id: int, other_id: int, now: datetime) -> Act:
    """Say that two stories are not the same, whatever comes."""
    one_id, other_id = stories.living(tx, one_id), stories.living(tx, other_id)
    if one_id == other_id:
        raise Unusable(f"they are one story, {one_id}; split it first: `storywatch stories split {one_id} ARTICLE…`")
    stories.lock(tx, one_id, other_id)
    act_id = merging.record(tx, ActKind.APART, one_id, other_id, "", now, by_hand=True)
    _keep_apart(tx, one_id, other_id, act_id)
    return merging.get_act(tx, act_id)


def undo(tx: Connection, act_id: int, now: datetime) -> Act:
    """Take an act back; articles that came since stay where they are."""
    act = merging.get_act(tx, act_id)
    if act.undone_at is not None:
        raise Unusable(f"act {act_id} was undone already, at {act.undone_at:%Y-%m-%d %H:%M} UTC")
    stories.lock(tx, act.story_id, act.other_story_id)
    merging.close(tx, act_id, now)
    if act.kind is ActKind.MERGE:
        _undo_merge(tx, act, now)
    elif act.kind is ActKind.SPLIT:
        _undo_split(tx, act, now)
    return merging.get_act(tx, act_id)


def _undo_merge(tx: Connection, act: Act, now: datetime) -> None:
    kept_id = stories.living(tx, act.story_id)
    moved = merging.moved_ids(tx, act.id, kept_id)
    rest = [each for each in merging.article_ids(tx, kept_id) if each not in moved]
    if not moved or not rest:
        raise Unusable(f"nothing is left to undo of act {act.id}: its articles were moved since")
    merging.revive(tx, act.other_story_id, kept_id)
    _move(tx, moved, kept_id, act.other_story_id)
    profile_anew(tx, kept_id, now)
    profile_anew(tx, act.other_story_id, now)
    if not act.by_hand:
        said = merging.record(tx, ActKind.APART, kept_id, act.other_story_id, f"act {act.id} undone", now, by_hand=True)
        merging.keep_apart(tx, rest[0], moved[0], said)


def _undo_split(tx: Connection, act: Act, now: datetime) -> None:
    """Bring all of the new story back, and lead its id to the old one."""
    old_id, new_id = stories.living(tx, act.story_id), stories.living(tx, act.other_story_id)
    if old_id == new_id:
        return
    _move(tx, merging.article_ids(tx, new_id), new_id, old_id)
    merging.redirect(tx, new_id, old_id)
    profile_anew(tx, old_id, now)


def _keep_apart(tx: Connection, one_id: int, other_id: int, act_id: int) -> None:
    merging.keep_apart(tx, merging.article_ids(tx, one_id)[0], merging.article_ids(tx, other_id)[0], act_id)


def _move(tx: Connection, moved: Sequence[int], from_id: int, to_id: int) -> None:
    """Move articles, and what later reports find them by."""
    merging.move(tx, moved, from_id, to_id)
    for article_id in moved:
        candidates.move_terms(tx, article_id, to_id, articles.sketch_of(tx, article_id).terms)


def profile_anew(tx: Connection, story_id: int, now: datetime) -> None:
    """Add up a story's profile and counts from its articles as they are."""
    total = Profile()
    for article_id in merging.article_ids(tx, story_id)[-PROFILED_MOST:]:
        sketch = articles.sketch_of(tx, article_id)
        of = articles.get(tx, article_id).article
        counts = stories.frequencies(tx, sketch.terms)
        total = joined(total, profile_of(sketch, of.title, of.language, counts))
    stories.put_profile(tx, story_id, total, merging.recount(tx, story_id, now))
