"""Trees as they ship give what each of their splits says, one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.matching.confidence import COMPARED, MEASURES, learned, ranked
from helpbot.core.matching.trees import Trees

COLUMNS = ("a", "b")
RAW = {
    "depth": 2,
    "bias": 0.5,
    "columns": ["b", "a"],
    "features": [0, 1, 0, 1, 1, 1],
    "thresholds": [1.0, 0.0, 2.0, 0.5, 0.0, 9.0],
    "leaves": [[1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0]],
}


@pytest.mark.parametrize(
    ("a", "b", "logit"),
    [
        (0.0, 1.0, 0.5 + 1 + 10),
        (0.1, 1.0, 0.5 + 2 + 20),
        (0.6, 1.5, 0.5 + 3 + 30),
        (9.5, 2.5, 0.5 + 4 + 40),
    ],
)
def test_each_tree_is_walked_down_to_its_leaf(a: float, b: float, logit: float) -> None:
    assert Trees.of(RAW, COLUMNS).logits(np.array([[a, b]])) == pytest.approx([logit])


def test_rows_do_not_mix() -> None:
    rows = np.array([[0.0, 1.0], [9.5, 2.5], [0.1, 1.0]])
    assert Trees.of(RAW, COLUMNS).logits(rows) == pytest.approx([11.5, 44.5, 22.5])


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        Trees.of(RAW, ("a",))


@given(st.lists(st.floats(-3, 3), min_size=len(MEASURES) + 3, max_size=len(MEASURES) + 3))
def test_the_shipped_trees_read_every_row_as_one_by_one(row: list[float]) -> None:
    trees = learned().trees
    assert trees.features.max() < len(MEASURES) + len(COMPARED)
    slow = trees.bias
    for features, thresholds, leaves in zip(trees.features, trees.thresholds, trees.leaves, strict=True):
        at = 0
        for _ in range(trees.depth):
            at = 2 * at + 1 + int(row[features[at]] > thresholds[at])
        slow += leaves[at - len(thresholds)]
    assert trees.logits(np.array([row])) == pytest.approx([slow])


def test_nothing_considered_is_nothing_found() -> None:
    assert ranked([]) == []
