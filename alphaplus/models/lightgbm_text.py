"""LightGBM's text format: what the trees give, thresholds that float32 can hold, and the trees as arrays."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.models.boosting import float32_floor
from alphaplus.models.trees import Tree, Trees

TASKS = {
    "binary": Task.BINARY,
    "multiclass": Task.MULTICLASS,
    "regression": Task.REGRESSION,
    "regression_l1": Task.REGRESSION,
    "huber": Task.REGRESSION,
    "fair": Task.REGRESSION,
    "quantile": Task.REGRESSION,
}
"""What the objectives of models trained elsewhere give; others put other functions around the sum of trees."""
SPLIT_ON_CATEGORY, MISSING_LEFT = 1, 2  # bits of decision_type
CHILDREN = ("left_child", "right_child")
MISSING, MISSING_IS_NAN, MISSING_IS_ZERO = 0b1100, 0b1000, 0b0100


def task_of(text: str) -> Task:
    """What the trees give by the first lines of their text; raises ValueError for what cannot be exported."""
    header = text.split("\nTree=0", 1)[0]
    found = re.search(r"^objective=(.*)$", header, re.MULTILINE)
    objective = found[1] if found else "none"
    name = objective.split()[0]
    if name not in TASKS or re.search(r"\bsqrt\b", objective):
        raise ValueError(f"LightGBM's objective {objective} cannot be exported; these can: {', '.join(TASKS)}")
    if re.search(r"^average_output$", header, re.MULTILINE):
        raise ValueError("a random forest of LightGBM cannot be exported, its boosted trees can")
    return TASKS[name]


def floor_thresholds(text: str) -> str:
    """Replace every numeric threshold by the largest float32 not above it.

    On float32 input `x <= t` then decides as before, and the ONNX form, whose thresholds are float32, decides alike;
    rounded to the nearest float32, some rows would take the other branch. Raises ValueError for splits on categories.
    """
    lines = text.split("\n")
    kinds = [int(kind) for line in lines if line.startswith("decision_type=") for kind in line[14:].split()]
    if any(kind & SPLIT_ON_CATEGORY for kind in kinds):
        raise ValueError("splits on categories cannot be exported")
    out = []
    for line in lines:
        if line.startswith("tree_sizes="):
            continue  # byte counts of the text that is being changed; LightGBM reads it without
        out.append(_floored(line) if line.startswith("threshold=") else line)
    return "\n".join(out)


def _floored(line: str) -> str:
    values = np.array(line.removeprefix("threshold=").split(), dtype=np.float64)
    floored = float32_floor(values).astype(np.float64)
    if np.array_equal(values, floored):
        return line
    return "threshold=" + " ".join(repr(value) for value in floored.tolist())


def trees_of(text: str) -> Trees:
    """The trees of a text whose thresholds are floored.

    Raises ValueError where zeros count as missing and go another way than their value says: ONNX knows no such split.
    """
    head, *parts = text.split("\nend of trees", 1)[0].split("\nTree=")
    outputs = int(_entries(head)["num_tree_per_iteration"])
    trees = [_tree(_entries(part), number % outputs) for number, part in enumerate(parts)]
    return Trees(trees, np.zeros(outputs, dtype=np.float32), "<=")


def _tree(entries: Mapping[str, str], output: int) -> Tree:
    """A tree of n splits, its nodes 0 to n - 1, and n + 1 leaves, which LightGBM calls -1, -2, ... as children."""

    def numbers(name: str, kind: type) -> NDArray[Any]:
        return np.array(entries.get(name, "").split(), dtype=kind)

    value = numbers("leaf_value", np.float64)
    splits, leaves = len(value) - 1, np.zeros(len(value), dtype=np.int64)
    threshold, kind = numbers("threshold", np.float64), numbers("decision_type", np.int64)
    left, right = (
        np.where(child < 0, splits + ~child, child) for child in map(numbers, CHILDREN, (np.int64, np.int64))
    )
    as_zero = threshold >= 0.0  # where it has learned of none, LightGBM takes a missing value for zero
    as_missing = (kind & MISSING_LEFT) > 0
    if np.any(((kind & MISSING) == MISSING_IS_ZERO) & (as_zero != as_missing)):
        raise ValueError("trees to which zeros are missing values cannot be exported")
    missing_left = np.where((kind & MISSING) == MISSING_IS_NAN, as_missing, as_zero)
    return Tree(
        np.concatenate([numbers("split_feature", np.int64), leaves - 1]),
        np.concatenate([threshold, leaves]).astype(np.float32),
        np.concatenate([left, leaves]),
        np.concatenate([right, leaves]),
        np.concatenate([missing_left, leaves > 0]),
        np.concatenate([np.zeros(splits), value]),
        output,
    )


def _entries(lines: str) -> Mapping[str, str]:
    return dict(line.split("=", 1) for line in lines.split("\n") if "=" in line)
