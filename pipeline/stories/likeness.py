"""Estimate how much text two articles share.

In: sketches. Out: a share between 0 and 1. Pure. Trap: MinHash estimates, with a standard error of about 0.04 for a
Jaccard of 0.3; a shortened copy has a small Jaccard, which is why the share of the smaller text is worked out from it
(Broder: On the resemblance and containment of documents, 1997).
"""

from operator import eq

from pipeline.model import Sketch

_FEWEST_EQUAL = 4  # of 128 values; fewer are chance when one text is long
_SHINGLE_WORDS = 3


def shared_text(one: Sketch, other: Sketch) -> float:
    """Estimate the share of the smaller text's shingles that the other text has."""
    equal_count: int = sum(map(eq, one.minhash, other.minhash))
    if equal_count < _FEWEST_EQUAL:
        return 0.0
    jaccard = equal_count / len(one.minhash)
    sizes = [max(1, sketch.word_count - _SHINGLE_WORDS + 1) for sketch in (one, other)]
    return min(1.0, jaccard / (1 + jaccard) * sum(sizes) / min(sizes))
