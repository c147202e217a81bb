"""Grow the two rounds of trees.

In: labelled pages. Out: a forest as it is kept in forest.json. Hides lightgbm. Trap: the second round must learn from
what the first says of pages it has not seen, so the first is grown three times more on two thirds of the pages.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import lightgbm
import numpy as np

from benchmarks.text_model.pages import LabelledPage
from pipeline.articles.forest import Forest, in_context, read_forest
from pipeline.articles.traits import NAMES

SECOND = [
    "length",
    "links",
    "bold",
    "ends",
    "upper",
    "tag",
    "inner_links",
    "outer_paragraphs",
    "second_links",
    "levels_up",
    "same_shape",
    "same_parent",
    "links_before",
    "links_after",
    "description",
    "title",
    "picked",
    "after",
    "hidden",
    "repeated",
    "quoted",
    "outer_purity",
    "outer_picked",
    "shape_purity",
    "picked_before",
    "picked_after",
]
KEPT = tuple(map(NAMES.index, SECOND))
TREES = (60, 48)
_PARTS = 3
_SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 16,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "verbose": -1,
    "num_threads": 1,
    "seed": 3,
}
_SEGMENT_WEIGHT = 0.45  # of a block with a wanted or unwanted string; a whole article weighs about 3 times a root
_OPAQUE_WEIGHT = 0.3

Rows = Callable[[LabelledPage], list[list[float]]]


def grow(pages: Sequence[LabelledPage]) -> dict[str, Any]:
    """Grow a forest; pages of one name stay together."""
    names = sorted({page.name for page in pages})
    part_of = {name: index % _PARTS for index, name in enumerate(sorted(names, key=lambda name: hash_of(name, 1)))}
    alone: dict[int, list[float]] = {}
    for part in range(_PARTS):
        model = _fit([page for page in pages if part_of[page.name] != part], lambda page: page.rows, TREES[0])
        alone |= {id(page): ask(model, page.rows) for page in pages if part_of[page.name] == part}
    first = _fit(pages, lambda page: page.rows, TREES[0])
    second = _fit(pages, lambda page: in_context(page.rows, page.lengths, page.kin, alone[id(page)], KEPT), TREES[1])
    return {"traits": NAMES, "kept": SECOND, "first": _trees(first), "second": _trees(second)}


def forest_of(said: dict[str, Any]) -> Forest:
    """Make a forest of what was grown."""
    return read_forest(said)


def ask(model: lightgbm.Booster, rows: Sequence[Sequence[float]]) -> list[float]:
    """Give the probability of each row."""
    return [float(share) for share in model.predict(np.array(rows, dtype=np.float64))]


def hash_of(name: str, seed: int) -> int:
    """Give a number that spreads names evenly and always alike."""
    number = seed
    for character in name:
        number = (number * 1_000_003 + ord(character)) % 2_147_483_647
    return number


def _fit(pages: Sequence[LabelledPage], rows_of: Rows, count: int) -> lightgbm.Booster:
    rows, labels, weights = [], [], []
    for page in pages:
        for row, said, weight in zip(rows_of(page), page.labels, _weights(page), strict=True):
            if said is not None:
                rows.append(row)
                labels.append(said)
                weights.append(weight)
    data = lightgbm.Dataset(np.array(rows), np.array(labels, dtype=float), weight=np.array(weights))
    return lightgbm.train(_SETTINGS, data, count)


def _weights(page: LabelledPage) -> list[float]:
    """Weigh the blocks of articles by their words, and every article alike."""
    share = _OPAQUE_WEIGHT if page.opaque else 1.0
    if page.of != "articles":
        return [share * _SEGMENT_WEIGHT] * len(page.rows)
    total = sqrt(sum(page.word_counts) + 1)
    return [share * 3 * sqrt(count + 1) / total for count in page.word_counts]


def _trees(model: lightgbm.Booster) -> list[Any]:
    return [_node(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]


def _node(tree: dict[str, Any]) -> Any:
    if "leaf_value" in tree:
        return round(tree["leaf_value"], 4)
    branches = [_node(tree["left_child"]), _node(tree["right_child"])]
    return [tree["split_feature"], float(f"{tree['threshold']:.6g}"), *branches]
