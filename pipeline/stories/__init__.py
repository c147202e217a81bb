"""Which articles tell the same story: sketch a text, compare it with a few others, decide."""

from pipeline.stories.fingerprint import sketch
from pipeline.stories.group import THRESHOLDS, Thresholds, decide

__all__ = ["THRESHOLDS", "Thresholds", "decide", "sketch"]
