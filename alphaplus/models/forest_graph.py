"""One ONNX graph of a forest and a model that reads its path length: forest, then the other graph, names prefixed."""

import numpy as np

from alphaplus.models.forest import LEAF, Forest
from alphaplus.models.onnx import GRAPH, INPUT, IR, OPSET, TREES, TREES_OPSET
from alphaplus.models.trees import Tree, Trees

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
    lengths = _trees(forest).attributes(leaves="target")
    nodes = [helper.make_node("TreeEnsembleRegressor", [INPUT], [PATH], domain=TREES, n_targets=1, **lengths)]
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


def _trees(forest: Forest) -> Trees:
    """Trees that sum the path lengths of the leaves."""
    ends = np.append(forest.roots[1:], len(forest.split))
    trees = []
    for root, end in zip(forest.roots.tolist(), ends.tolist(), strict=True):
        split = forest.split[root:end].astype(np.int64)
        leaf = split == LEAF
        trees.append(
            Tree(
                split,
                forest.threshold[root:end],
                np.where(leaf, 0, np.arange(1, len(split) + 1)),
                np.where(leaf, 0, forest.right[root:end] - root),
                np.zeros(len(split), dtype=np.bool_),
                forest.value[root:end],
            )
        )
    return Trees(trees, np.zeros(1, dtype=np.float32), "<=")
