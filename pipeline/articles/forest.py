"""Ask a forest of small decision trees how likely each block of a page is the article's.

In: the rows that traits.py measured, the lengths of the blocks, and their kin. Out: a probability for each block. Hides
the file the trees are kept in, and that they become one function. Two rounds: the first looks at each block alone, the
second at what the first said of those around it and of its kin: a paragraph is judged by how all that are built like it
look together. Trap: the trees were grown by benchmarks/text_model on the rows of exactly
this version of traits.py; `NAMES` is kept in the file and compared when it is read.
"""

import ast
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.resources import files
from itertools import accumulate
from math import exp
from types import FunctionType
from typing import Any, cast

from pipeline.articles.kin import Kin
from pipeline.articles.traits import NAMES

Trees = Callable[..., float]  #: takes the numbers of a row one by one

_NEAR = (-2, -1, 1, 2)
_HOPELESS = 0.1
_REACH = 6  # blocks before and after whose mean is looked at
_OF_CONTEXT = 12  # what in_context adds to the kept traits


@dataclass(frozen=True, slots=True)
class Forest:
    """The trees of both rounds, and which traits the second looks at again."""

    first: Trees
    second: Trees
    kept: tuple[int, ...]

    def ask(self, rows: Sequence[Sequence[float]], lengths: Sequence[int], kin: Kin) -> list[float]:
        """Give the probability of each block."""
        alone = [_squashed(self.first(*row)) for row in rows]
        hopeful = [index for index in range(len(rows)) if not _is_hopeless(alone, index)]
        likely = list(alone)
        for index, row in zip(hopeful, in_context(rows, lengths, kin, alone, self.kept, hopeful), strict=True):
            likely[index] = _squashed(self.second(*row))
        return likely


def in_context(
    rows: Sequence[Sequence[float]],
    lengths: Sequence[int],
    kin: Kin,
    alone: Sequence[float],
    kept: Sequence[int],
    indexes: Sequence[int] | None = None,
) -> list[list[float]]:
    """Give the rows of the second round: some traits, what the first round said of the block, those around and its kin.

    For the blocks at `indexes`, or for all.
    """
    count = len(rows)
    weighed = [length * share for length, share in zip(lengths, alone, strict=True)]
    masses = list(accumulate(weighed, initial=0.0))
    total = masses[-1] + 1
    means = [_means(group, lengths, weighed) for group in kin]
    found = []
    for index in range(count) if indexes is None else indexes:
        row = rows[index]
        near = [alone[index + step] if 0 <= index + step < count else 0.0 for step in _NEAR]
        before, after = alone[max(0, index - _REACH) : index], alone[index + 1 : index + 1 + _REACH]
        found.append(
            [row[trait] for trait in kept]
            + [alone[index], *near, sum(before) / _REACH, sum(after) / _REACH]
            + [masses[index] / total, (masses[-1] - masses[index + 1]) / total]
            + [mean[group[index]] for mean, group in zip(means, kin, strict=True)]
        )
    return found


def _means(group: Sequence[int], lengths: Sequence[int], weighed: Sequence[float]) -> dict[int, float]:
    """Give for each kinship the mean of what was said of its blocks, by their lengths."""
    whole: defaultdict[int, int] = defaultdict(int)
    likely: defaultdict[int, float] = defaultdict(float)
    for key, length, share in zip(group, lengths, weighed, strict=True):
        whole[key] += length
        likely[key] += share
    return {key: likely[key] / length for key, length in whole.items()}


def _is_hopeless(alone: Sequence[float], index: int) -> bool:
    """Tell whether neither the block nor its neighbours are likely at all: half of a usual page is menus."""
    return max(alone[max(0, index - 1) : index + 2]) < _HOPELESS


def load() -> Forest:
    """Read the forest that comes with the product."""
    return read_forest(json.loads(files("pipeline.articles").joinpath("forest.json").read_text(encoding="utf-8")))


def read_forest(said: Mapping[str, Any]) -> Forest:
    """Make a forest of what is kept in the file; raises ValueError if it was grown on other traits."""
    if tuple(said["traits"]) != NAMES:
        raise ValueError("forest.json was grown on other traits: grow it anew with benchmarks/text_model")
    kept = tuple(map(NAMES.index, said["kept"]))
    return Forest(_compiled(said["first"], len(NAMES)), _compiled(said["second"], len(kept) + _OF_CONTEXT), kept)


def _compiled(trees: Sequence[Any], count: int) -> Trees:
    """Make one function that sums what trees say of a row of so many: four times as fast as walking them."""
    total = reduce(lambda left, right: ast.BinOp(left, ast.Add(), right), map(_expression, trees))
    row = [ast.arg(_name(trait)) for trait in range(count)]
    arguments = ast.arguments(posonlyargs=[], args=row, kwonlyargs=[], kw_defaults=[], defaults=[])
    whole = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, total)))
    return cast("Trees", FunctionType(compile(whole, "forest.json", "eval"), {})())


def _expression(said: Any) -> ast.expr:
    """Write a tree as an expression: a number is a leaf, a list a question with its two branches.

    Nothing but numbers gets into it, whatever the file says.
    """
    if not isinstance(said, list):
        return ast.Constant(float(said))
    trait, threshold, at_most, more = said
    value = ast.Name(_name(int(trait)), ast.Load())
    question = ast.Compare(value, [ast.LtE()], [ast.Constant(float(threshold))])
    return ast.IfExp(question, _expression(at_most), _expression(more))


def _name(trait: int) -> str:
    return f"trait_{trait}"


def _squashed(total: float) -> float:
    return 1 / (1 + exp(-total))
