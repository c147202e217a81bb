"""The records that travel from one stage to the next; frozen, and every instant is aware and in UTC.

In: nothing. Out: every record and word, from the files of this folder in the order of the way: feed, entry, page,
article, story, match, alert, delivery. Only ids cross the queue; these records live inside one process.
"""

from pipeline.model.alerts import Alert, DeliveryTask, Digest, Match, Notice, Span, Subscription, Update
from pipeline.model.articles import Article, Extract, FetchTask, Matchable, Response, RobotsCopy
from pipeline.model.coverage import Finding, Incident, IncidentKind, MovedFeed, OperatorNotice
from pipeline.model.feeds import Entry, Feed, FeedLease, NextPoll, ParsedFeed, Push, PushOffer, Validators
from pipeline.model.polls import Arrivals, FeedFigures, FeedOverlap, PollCounts, PollResult, Replanned, Traffic
from pipeline.model.stories import Candidate, Grouping, Profile, Sketch, Story, StoryCandidate, TermCounts
from pipeline.model.users import User
from pipeline.model.words import (
    ActKind,
    AlarmKind,
    Bound,
    CoverageKind,
    DeliveryState,
    EditCause,
    EntryState,
    FeedEventKind,
    FeedState,
    GroupingKind,
    PushState,
    Reason,
    Role,
    Scope,
    TextSource,
)
from pipeline.model.work import Pace, Released, Swept

__all__ = [
    "ActKind",
    "AlarmKind",
    "Alert",
    "Arrivals",
    "Article",
    "Bound",
    "Candidate",
    "CoverageKind",
    "DeliveryState",
    "DeliveryTask",
    "Digest",
    "EditCause",
    "Entry",
    "EntryState",
    "Extract",
    "Feed",
    "FeedEventKind",
    "FeedFigures",
    "FeedLease",
    "FeedOverlap",
    "FeedState",
    "FetchTask",
    "Finding",
    "Grouping",
    "GroupingKind",
    "Incident",
    "IncidentKind",
    "Match",
    "Matchable",
    "MovedFeed",
    "NextPoll",
    "Notice",
    "OperatorNotice",
    "Pace",
    "ParsedFeed",
    "PollCounts",
    "PollResult",
    "Profile",
    "Push",
    "PushOffer",
    "PushState",
    "Reason",
    "Released",
    "Replanned",
    "Response",
    "RobotsCopy",
    "Role",
    "Scope",
    "Sketch",
    "Span",
    "Story",
    "StoryCandidate",
    "Subscription",
    "Swept",
    "TermCounts",
    "TextSource",
    "Traffic",
    "Update",
    "User",
    "Validators",
]
