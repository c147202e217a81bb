"""Which articles tell the same story: sketch a text, say what it speaks of, compare it with a few others, decide."""

from pipeline.stories.fingerprint import sketch
from pipeline.stories.group import decide
from pipeline.stories.profile import MOST_TERMS, joined, keys_of, profile_of
from pipeline.stories.thresholds import THRESHOLDS, Thresholds

__all__ = ["MOST_TERMS", "THRESHOLDS", "Thresholds", "decide", "joined", "keys_of", "profile_of", "sketch"]
