"""Regular expressions that cannot take a worker's time.

In: a pattern as written between slashes. Out: a compiled expression, or why it is refused. Hides google-re2, whose time
grows with the text and the size of the expression, never exponentially (S18). Trap: an expression made of large
repetitions is slow all the same; so its size is bounded, it is tried on a long text when it is saved, and the index
leaves out what proves slow.
"""

import time
from functools import lru_cache

import re2

PATTERN_LIMIT = 500  #: characters
PROGRAM_LIMIT = 2_000  #: instructions of the compiled expression
TEXT_LIMIT = 200_000  #: characters of a text that are searched
TRIAL_SECONDS = 0.01  #: for 10,000 characters; an ordinary expression takes a thousandth

_TRIALS = ("ab " * 3_334, "a" * 10_000, "Kyiv, 24 February: 1,200 men (of 3.5 %) at 10:30. " * 200)
_ENOUGH = 5  #: times the limit, which no busy machine explains


class BadPattern(ValueError):
    """An expression cannot be used; the message says why."""


@lru_cache(maxsize=20_000)
def compiled(pattern: str, *, case: bool) -> "re2.Pattern":
    """Compile an expression; raises BadPattern."""
    if len(pattern) > PATTERN_LIMIT:
        raise BadPattern(f"it is longer than {PATTERN_LIMIT} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 4 << 20
    options.case_sensitive = case
    try:
        made = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise BadPattern(said.decode() if isinstance(said, bytes) else str(said)) from None
    if made.programsize > PROGRAM_LIMIT:
        raise BadPattern("its repetitions make it too large; use smaller numbers in { }")
    if made.search("") is not None:
        raise BadPattern("it matches nothing at all, so it would be found in every article")
    return made


def is_slow(pattern: str, *, case: bool) -> bool:
    """Try an expression on long texts; only when somebody saves it, for this takes time."""
    made = compiled(pattern, case=case)
    return any(_least_seconds(made, text) > TRIAL_SECONDS for text in _TRIALS)


def _least_seconds(made: "re2.Pattern", text: str) -> float:
    """Time an expression, the best of three; once is enough if it is far too slow."""
    least = float("inf")
    for _ in range(3):
        began = time.thread_time()
        made.search(text)
        least = min(least, time.thread_time() - began)
        if least > TRIAL_SECONDS * _ENOUGH or least < TRIAL_SECONDS:
            break
    return least
