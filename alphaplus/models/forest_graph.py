"""One ONNX graph of a forest and a model that reads its path length: forest, then the other graph, names prefixed."""

from typing import Any

import numpy as np

from alphaplus.models.forest import LEAF, Forest
from alphaplus.models.onnx import GRAPH, INPUT, IR, OPSET

TREES = "ai.onnx.ml"
TREES_OPSET = 1
PATH = "path_length"
PREFIX = "inner/"


def graph_after_forest(forest: Forest, inner: bytes, *, with_columns: bool) -> bytes:
    """Feed the path length of rows X (n, p) to the input of the graph `inner`, behind the columns of X or alone.

    The path length is the native one to the bit, so the whole is as exact as `inner` by itself.
    """
    import onnx
    from onnx import TensorProto, helper

    proto = onnx.load_model_from_string(inner)
    entry = proto.graph.input[0].name
    last = proto.graph.output[0]
    nodes = [helper.make_node("TreeEnsembleRegressor", [INPUT], [PATH], domain=TREES, **_trees(forest))]
    if with_columns:
        nodes.append(helper.make_node("Concat", [INPUT, PATH], [PREFIX + entry], axis=1))
    else:
        nodes.append(helper.make_node("Identity", [PATH], [PREFIX + entry]))
    for node in proto.graph.node:
        for names in (node.input, node.output):
            names[:] = [PREFIX + name if name else name for name in names]
        node.name = PREFIX + node.name if node.name else ""
        nodes.append(node)
    for tensor in proto.graph.initializer:
        tensor.name = PREFIX + tensor.name
    last.name = PREFIX + last.name
    graph = helper.make_graph(
        nodes,
        GRAPH,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, forest.columns])],
        [last],
        proto.graph.initializer,
    )
    opsets = {"": OPSET, TREES: TREES_OPSET} | {one.domain: one.version for one in proto.opset_import}
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in sorted(opsets.items())],
        ir_version=max(IR, proto.ir_version),
    )
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _trees(forest: Forest) -> dict[str, Any]:
    """Attributes of a TreeEnsembleRegressor that sums the values of the leaves."""
    counts = np.diff(forest.roots, append=len(forest.split))
    tree = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(forest.split)) - forest.roots[tree]
    leaf = forest.split == LEAF
    return {
        "n_targets": 1,
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        "nodes_treeids": tree.tolist(),
        "nodes_nodeids": within.tolist(),
        "nodes_featureids": np.where(leaf, 0, forest.split).tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values": forest.threshold.tolist(),
        "nodes_truenodeids": np.where(leaf, 0, within + 1).tolist(),
        "nodes_falsenodeids": np.where(leaf, 0, forest.right - forest.roots[tree]).tolist(),
        "target_treeids": tree[leaf].tolist(),
        "target_nodeids": within[leaf].tolist(),
        "target_ids": [0] * int(leaf.sum()),
        "target_weights": forest.value[leaf].tolist(),
    }
