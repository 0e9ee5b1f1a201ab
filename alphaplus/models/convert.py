"""Making ONNX: graphs of our own, and what converters leave to do so that all have one form and the same bytes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alphaplus.models.onnx import GRAPH, INPUT, IR, OPSET, OUTPUT, check_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import GraphProto, ModelProto

MAPS = "ZipMap"  # turns a matrix of probabilities into one dictionary for each row

Step = tuple[str, list[str], str, Mapping[str, Any]]
"""A node: its operator, inputs, output and attributes."""


def graph_of(steps: Sequence[Step], constants: Mapping[str, "NDArray[Any]"], *, columns: int, outputs: int) -> bytes:
    """A graph of steps that lead from "X" (n, columns) to "Y" (n, outputs)."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **options) for kind, inputs, output, options in steps],
        GRAPH,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, outputs])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return serialised(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR))


def trimmed(proto: "ModelProto", *, output: str, columns: int, outputs: int) -> bytes:
    """Leave a graph its one input, as "X" (n, columns), and the output of this name, (n, outputs).

    The labels of classifiers go, which nobody asks for, and so do dictionaries in place of matrices. The shapes are
    declared anew, since CatBoost declares wrong ones.
    """
    from onnx import TensorProto, helper

    graph = proto.graph
    for node in [node for node in graph.node if node.op_type == MAPS]:
        graph.node.remove(node)
    constants = {tensor.name for tensor in graph.initializer}
    _rename_input(graph, next(one.name for one in graph.input if one.name not in constants))
    del graph.input[:], graph.output[:]
    graph.input.append(helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, columns]))
    graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, outputs]))
    return serialised(proto)


def adapted(content: bytes, *, columns: int, outputs: int) -> bytes:
    """A graph that was made elsewhere, in the form of ours.

    Raises ArtifactCorrupt for what may not be loaded, ValueError unless it has one input, a float32 matrix of so many
    columns, and one float32 output beside class labels.
    """
    from onnx import TensorProto, load_model_from_string

    check_graph(content)
    proto = load_model_from_string(content)
    constants = {tensor.name for tensor in proto.graph.initializer}
    given = [one for one in proto.graph.input if one.name not in constants]
    shapes = [[dim.dim_value for dim in one.type.tensor_type.shape.dim] for one in given]
    kinds = [one.type.tensor_type.elem_type for one in given]
    if kinds != [TensorProto.FLOAT] or len(shapes[0]) != 2:
        raise ValueError("the graph does not take one float32 matrix of rows and columns")
    if shapes[0][1] not in (0, columns):  # 0 where it declares none
        raise ValueError(f"the model takes {shapes[0][1]} columns, {columns} are named")
    matrices = {node.output[0]: node.input[0] for node in proto.graph.node if node.op_type == MAPS}
    numbers = [
        matrices.get(one.name, one.name)
        for one in proto.graph.output
        if one.name in matrices or one.type.tensor_type.elem_type == TensorProto.FLOAT
    ]
    if len(numbers) != 1:
        raise ValueError(f"the graph has {len(numbers)} outputs of float32 numbers, it needs one: {', '.join(numbers)}")
    return trimmed(proto, output=numbers[0], columns=columns, outputs=outputs)


def serialised(proto: "ModelProto") -> bytes:
    """The bytes of a graph, the same in every process: some converters keep operator sets in the order of a hash."""
    from onnx.helper import make_opsetid

    opsets = sorted((opset.domain, opset.version) for opset in proto.opset_import)
    del proto.opset_import[:]
    proto.opset_import.extend(make_opsetid(domain, version) for domain, version in opsets)
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def _rename_input(graph: "GraphProto", name: str) -> None:
    for node in graph.node:
        for place, given in enumerate(node.input):
            if given == name:
                node.input[place] = INPUT
