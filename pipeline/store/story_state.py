"""What the conditions of a rule ask of a story, as it stands in this transaction.

In: a story's id and a rule. Out: `StoryState`, and the words of its texts. Trap: ask after the article has been placed
and under the language's lock, so that the counts hold until the commit.
"""

from datetime import timedelta

from sqlalchemy import Connection, func, select

from pipeline.model import GroupingKind
from pipeline.rule import Rule, StoryState
from pipeline.store.tables import articles, groupings, stories

KNOWN_TEXTS = 30  #: newest articles of a story whose words count as known


def state_of(tx: Connection, story_id: int, rule: Rule, *, first_in_language: bool = False) -> StoryState:
    """Give a story's counts; those that the rule does not ask for cost nothing and are 0."""
    counts = select(stories.c.article_count, stories.c.text_count, stories.c.outlet_count, stories.c.last_at)
    story = tx.execute(counts.where(stories.c.id == story_id)).one()
    since = story.last_at - timedelta(hours=rule.growth.hours) if rule.growth else None
    return StoryState(
        article_count=story.article_count,
        text_count=story.text_count,
        outlet_count=story.outlet_count,
        independent_outlet_count=_independent(tx, story_id) if rule.outlets else 0,
        grown_count=_grown(tx, story_id, since) if since else 0,
        first_in_language=first_in_language,
    )


def _independent(tx: Connection, story_id: int) -> int:
    """Count the outlets with a text of their own."""
    own = select(func.count(articles.c.outlet.distinct())).join(groupings, groupings.c.article_id == articles.c.id)
    own = own.where(articles.c.story_id == story_id, groupings.c.kind != GroupingKind.COPY)
    return tx.execute(own).scalar_one()


def _grown(tx: Connection, story_id: int, since: object) -> int:
    recent = select(func.count()).where(articles.c.story_id == story_id, articles.c.published_at > since)
    return tx.execute(recent).scalar_one()


def texts_before(tx: Connection, story_id: int, article_id: int) -> list[str]:
    """Give titles and texts of the story's newest articles without this one."""
    found = select(articles.c.title, articles.c.text).where(
        articles.c.story_id == story_id, articles.c.id != article_id
    )
    rows = tx.execute(found.order_by(articles.c.id.desc()).limit(KNOWN_TEXTS))
    return [f"{row.title}\n{row.text}" for row in rows]
