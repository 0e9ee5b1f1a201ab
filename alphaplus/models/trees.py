"""Trees as arrays, and the ONNX graph that adds up their leaves.

Made here and not by a converter: that one walks the nodes in Python, which took a tenth of the time of a training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.models.convert import serialised
from alphaplus.models.onnx import GRAPH, INPUT, IR, OUTPUT, TREES, TREES_OPSET

MODES = {"<": "BRANCH_LT", "<=": "BRANCH_LEQ"}
LINKS = {Task.BINARY: "LOGISTIC", Task.MULTICLASS: "SOFTMAX"}

Places = NDArray[np.int64]


class Tree(NamedTuple):
    """One tree as arrays over its nodes (m,), the root first.

    split: the column that a node asks, -1 in a leaf. threshold: float32. left, right: places of the children, 0 in
    leaves. missing_left: whether a row without a value goes left. value: what a leaf adds to the output; elsewhere of
    no meaning. output: which one.
    """

    split: Places
    threshold: NDArray[np.float32]
    left: Places
    right: Places
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    output: int = 0


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees whose leaves are added up, beginning with `start` (outputs,).

    A row goes left where its value is below the threshold ("<"), or not above it ("<=").
    """

    trees: Sequence[Tree]
    start: NDArray[np.float32]
    left_if: Literal["<", "<="]

    def splits(self) -> Iterator[tuple[int, float]]:
        """Column and threshold of every split."""
        for tree in self.trees:
            asks = tree.split >= 0
            yield from zip(tree.split[asks].tolist(), tree.threshold[asks].tolist(), strict=True)

    def attributes(self, *, leaves: Literal["class", "target"]) -> dict[str, Any]:
        """Attributes of ONNX's TreeEnsembleClassifier or TreeEnsembleRegressor, by its names."""
        split, threshold, left, right, missing_left, value = (
            np.concatenate([tree[place] for tree in self.trees]) for place in range(6)
        )
        sizes = [len(tree.split) for tree in self.trees]
        number = np.repeat(np.arange(len(sizes)), sizes)
        within = np.concatenate([np.arange(size) for size in sizes])
        output = np.repeat([tree.output for tree in self.trees], sizes)
        leaf = split < 0
        found = {
            "nodes_treeids": number.tolist(),
            "nodes_nodeids": within.tolist(),
            "nodes_featureids": np.where(leaf, 0, split).tolist(),
            "nodes_modes": np.where(leaf, "LEAF", MODES[self.left_if]).tolist(),
            "nodes_values": np.where(leaf, np.float32(0.0), threshold).tolist(),
            "nodes_truenodeids": left.tolist(),
            "nodes_falsenodeids": right.tolist(),
            "nodes_missing_value_tracks_true": (missing_left & ~leaf).astype(np.int64).tolist(),
            f"{leaves}_treeids": number[leaf].tolist(),
            f"{leaves}_nodeids": within[leaf].tolist(),
            f"{leaves}_ids": output[leaf].tolist(),
            f"{leaves}_weights": value[leaf].tolist(),
        }
        return found | ({"base_values": self.start.tolist()} if self.start.any() else {})


def graph_of_trees(trees: Trees, *, task: Task, columns: int) -> bytes:
    """The graph from "X" (n, columns) to probabilities (n, classes), or to the values (n, 1) of a regression."""
    from onnx import TensorProto, helper

    outputs = len(trees.start)
    if task is Task.REGRESSION:
        node = helper.make_node(
            "TreeEnsembleRegressor", [INPUT], [OUTPUT], domain=TREES, n_targets=outputs,
            post_transform="NONE", **trees.attributes(leaves="target"),
        )  # fmt: skip
    else:
        outputs = max(outputs, 2)  # one sum decides between two classes
        node = helper.make_node(
            "TreeEnsembleClassifier", [INPUT], ["label", OUTPUT], domain=TREES, classlabels_int64s=range(outputs),
            post_transform=LINKS[task], **trees.attributes(leaves="class"),
        )  # fmt: skip
    graph = helper.make_graph(
        [node],
        GRAPH,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, outputs])],
    )
    opsets = [helper.make_opsetid(TREES, TREES_OPSET)]
    return serialised(helper.make_model(graph, opset_imports=opsets, ir_version=IR))
