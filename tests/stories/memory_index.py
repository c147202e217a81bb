"""The articles and stories so far, kept in memory: what the store does, without a store.

In: articles with their sketches and groupings. Out: candidates and counts. It mirrors pipeline.store.candidates,
pipeline.store.terms and pipeline.store.merging (limits and weights included), so that grouping can be measured on
thousands of articles.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model import Candidate, Grouping, Profile, Sketch, StoryCandidate, TermCounts
from pipeline.store.candidates import BAND_LIMIT, LIKELY_LIMIT, SAME_TEXT_LIMIT, STORY_LIMIT, TERM_LIMIT, TEXT_LIMIT
from pipeline.stories import THRESHOLDS, Thresholds, decide, joined, keys_of, profile_of, sketch


@dataclass
class MemoryStory:
    """A story as it grows."""

    id: int
    title: str
    article_count: int
    last_at: datetime
    mean_at: datetime
    profile: Profile

    def grow(self, published_at: datetime, profile: Profile) -> None:
        """Take one more article in."""
        self.article_count += 1
        self.last_at = max(self.last_at, published_at)
        self.mean_at += (published_at - self.mean_at) / self.article_count
        self.profile = profile


class MemoryIndex:
    """One language's articles and stories; ids count up from 0."""

    def __init__(self) -> None:
        self._articles: list[Candidate] = []
        self._by_text: defaultdict[bytes, list[int]] = defaultdict(list)
        self._by_band: defaultdict[int, list[int]] = defaultdict(list)
        self._by_term: defaultdict[str, list[int]] = defaultdict(list)
        self._held: Counter[str] = Counter()
        self._merged_into: dict[int, int] = {}
        self.stories: dict[int, MemoryStory] = {}
        self.merged_count = 0

    def story_of(self, position: int) -> int:
        """Give the living story of an article."""
        return self._living(self._articles[position].story_id)

    def place(self, candidate: Candidate, grouping: Grouping) -> None:
        """Add the next article where it belongs."""
        position, made = len(self._articles), candidate.sketch
        if grouping.story_id is None:
            at = candidate.published_at
            self.stories[position] = MemoryStory(position, candidate.title, 1, at, at, grouping.profile)
        else:
            self.stories[grouping.story_id].grow(candidate.published_at, grouping.profile)
        self._articles.append(candidate)
        self._held.update(made.terms.keys())
        for term in grouping.keys:
            self._by_term[term].append(position)
        self._by_text[made.text_hash].append(position)
        for band in set(made.bands):
            self._by_band[band].append(position)
        if grouping.merge_with is not None:
            self._merge(candidate.story_id, grouping.merge_with)

    def _merge(self, one: int, other: int) -> None:
        kept, gone = sorted((self.stories[one], self.stories[other]), key=lambda s: (-s.article_count, s.id))
        total = kept.article_count + gone.article_count
        kept.mean_at += (gone.mean_at - kept.mean_at) * gone.article_count / total
        kept.article_count, kept.last_at = total, max(kept.last_at, gone.last_at)
        kept.profile = joined(kept.profile, gone.profile)
        self._merged_into[gone.id] = kept.id
        del self.stories[gone.id]
        self.merged_count += 1

    def find_texts(self, made: Sketch, since: datetime) -> list[Candidate]:
        """Give the articles that share text or bands, those that share most first."""
        weight: Counter[int] = Counter(dict.fromkeys(self._by_text[made.text_hash][-SAME_TEXT_LIMIT:], 100))
        for band in set(made.bands):
            weight.update(self._by_band[band][-BAND_LIMIT:])
        ranked = sorted(weight, key=lambda position: (-weight[position], -position))
        found = (self._articles[position] for position in ranked)
        return [self._moved(each) for each in found if each.published_at >= since][:TEXT_LIMIT]

    def find_stories(self, profile: Profile, since: datetime, also: Iterable[int]) -> list[StoryCandidate]:
        """Give the stories that share the profile's strongest terms, and those asked for."""
        shared: defaultdict[int, float] = defaultdict(float)
        for term in keys_of(profile):
            newest = [self._articles[position] for position in self._by_term[term][-TERM_LIMIT:]]
            for placed in {each.story_id for each in newest if each.published_at >= since}:
                shared[placed] += profile.weights[term]
        weight: defaultdict[int, float] = defaultdict(float)
        for placed in _heaviest(shared)[:LIKELY_LIMIT]:
            weight[self._living(placed)] += shared[placed]
        found = [story for story in _heaviest(weight) if self.stories[story].last_at >= since][:STORY_LIMIT]
        return [self._candidate(story) for story in dict.fromkeys([*also, *found])]

    def frequencies(self, terms: Iterable[str]) -> TermCounts:
        """Count the articles that hold each term."""
        return TermCounts(len(self._articles), {term: self._held[term] for term in terms if self._held[term]})

    def _candidate(self, number: int) -> StoryCandidate:
        story = self.stories[number]
        return StoryCandidate(story.id, story.title, story.article_count, story.mean_at, story.profile)

    def _moved(self, article: Candidate) -> Candidate:
        return Candidate(
            article.article_id,
            self._living(article.story_id),
            article.outlet,
            article.title,
            article.published_at,
            article.sketch,
        )

    def _living(self, story: int) -> int:
        while story in self._merged_into:
            story = self._merged_into[story]
        return story


def _heaviest(weights: Mapping[int, float]) -> list[int]:
    return sorted(weights, key=lambda story: (-weights[story], -story))


@dataclass(frozen=True)
class News:
    """An article to group."""

    title: str
    text: str
    outlet: str
    published_at: datetime
    language: str = "en"


def group(
    articles: Sequence[News], window: timedelta, thresholds: Thresholds = THRESHOLDS, sketches: Sequence[Sketch] = ()
) -> tuple[list[int], list[Grouping]]:
    """Group articles one after the other; gives each article's story at the end, and how it was decided."""
    index, made = MemoryIndex(), sketches or [sketch(each.title, each.text, each.language) for each in articles]
    groupings = []
    for number, (each, its) in enumerate(zip(articles, made, strict=True)):
        profile = profile_of(its, each.title, each.language, index.frequencies(its.terms))
        since = each.published_at - window
        texts = index.find_texts(its, since)
        stories = index.find_stories(profile, since, [text.story_id for text in texts])
        grouping = decide(its, profile, each.published_at, texts, stories, thresholds)
        story = number if grouping.story_id is None else grouping.story_id
        index.place(Candidate(number, story, each.outlet, each.title, each.published_at, its), grouping)
        groupings.append(grouping)
    return [index.story_of(number) for number in range(len(articles))], groupings
