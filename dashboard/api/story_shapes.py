"""What the API sends of one story: its articles with what each was compared with, who tells it, what may be the same.

In: the facts of the story's page. Out: pydantic models. Hides pydantic. Trap: evidence is kept for the newest articles
of a story; of older ones there is the sentence `why` alone.
"""

from datetime import datetime

from dashboard.api.shapes import AlertShape, ArticleShape, Shape
from dashboard.story_page import NEAR_SHOWN, StoryPageFacts, tellers
from dashboard.story_rows import compared, near_stories
from pipeline.model import GroupingKind
from pipeline.store.articles import StoredArticle


class ToldArticle(ArticleShape):
    """An article of a story: what the decision to put it there was made from, and the article whose text it repeats."""

    compared: list[str]
    copy_of: int | None

    @classmethod
    def among(cls, stored: StoredArticle, facts: StoryPageFacts) -> "ToldArticle":
        """Write an article of a story."""
        grouping = facts.story.groupings.get(stored.id)
        plain = ArticleShape.of(stored, grouping, with_text=False)
        is_copy = grouping is not None and grouping.kind is GroupingKind.COPY
        original = grouping.of_article_id if grouping and is_copy else None
        return cls(compared=list(compared(facts.evidence.get(stored.id, {}))), copy_of=original, **plain.model_dump())


class NearStory(Shape):
    """Another story with which articles of this one were compared."""

    id: int
    title: str


class StoryDetail(Shape):
    """A story with its articles and alerts, the oldest article first."""

    id: int
    title: str
    first_at: datetime
    last_at: datetime
    article_count: int
    text_count: int
    outlet_count: int
    outlets: dict[str, int]  #: articles of each, the most first
    own_outlets: list[str]  #: those that tell it in their own words
    agencies: dict[str, int]  #: articles that credit each
    languages: dict[str, int]
    grown_6h: int  #: articles in its last six hours
    articles: list[ToldArticle]
    alerts: list[AlertShape]
    near: list[NearStory]

    @classmethod
    def of(cls, facts: StoryPageFacts) -> "StoryDetail":
        """Write a story."""
        story, told = facts.story.story, tellers(facts.story)
        near = near_stories(facts.evidence, story.id, facts.titles)[:NEAR_SHOWN]
        return cls(
            id=story.id,
            title=story.title,
            first_at=story.first_at,
            last_at=story.last_at,
            article_count=story.article_count,
            text_count=story.text_count,
            outlet_count=story.outlet_count,
            outlets=dict(told.outlets),
            own_outlets=list(told.own_outlets),
            agencies=dict(told.agencies),
            languages=dict(told.languages),
            grown_6h=told.grown_6h,
            articles=[ToldArticle.among(one, facts) for one in facts.story.articles],
            alerts=[AlertShape.of(one.alert) for one in facts.story.alerts],
            near=[NearStory(id=number, title=title) for number, title in near],
        )
