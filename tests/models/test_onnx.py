"""What may be loaded as ONNX, and that the parity check sees a wrong graph."""

import pickle

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from alphaplus.core.errors import ArtifactCorrupt, ParityError
from alphaplus.models import onnx as checks
from alphaplus.models.fit import fit
from alphaplus.models.onnx import OnnxModel, check_graph, parity
from alphaplus.models.spec import ModelSpec

OPSETS = [helper.make_opsetid("", 15)]


def graph(nodes=None, constants=(), *, opsets=None):
    nodes = nodes if nodes is not None else [helper.make_node("Identity", ["X"], ["Y"])]
    shape = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in "XY"]
    made = helper.make_graph(nodes, "g", shape[:1], shape[1:], list(constants))
    return helper.make_model(made, opset_imports=opsets or OPSETS, ir_version=8)


def external(tensor):
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    tensor.ClearField("raw_data")
    return tensor


def weights():
    return numpy_helper.from_array(np.ones((1, 2), np.float32), "w")


def nested():
    """External data in a constant inside an attribute of a node."""
    return graph(
        [
            helper.make_node("Constant", [], ["w"], value=external(weights())),
            helper.make_node("Add", ["X", "w"], ["Y"]),
        ]
    )


def looping():
    inner = helper.make_graph([helper.make_node("Identity", ["X"], ["Z"])], "i", [], [])
    return graph([helper.make_node("If", ["X"], ["Y"], then_branch=inner, else_branch=inner)])


def with_function():
    model = graph()
    model.functions.add(name="f", domain="")
    return model


REFUSED = {
    "external tensor": (graph([helper.make_node("Add", ["X", "w"], ["Y"])], [external(weights())]), "outside the file"),
    "external in attribute": (nested(), "outside the file"),
    "foreign domain": (graph([helper.make_node("Evil", ["X"], ["Y"], domain="com.evil")]), "foreign domain"),
    "foreign opset": (graph(opsets=[*OPSETS, helper.make_opsetid("com.evil", 1)]), "not known"),
    "newer opset": (graph(opsets=[helper.make_opsetid("", 99)]), "opset 99"),
    "control flow": (looping(), "If is not allowed"),
    "function": (with_function(), "functions"),
    "too many nodes": (graph([helper.make_node("Identity", ["X"], [f"Y{i}"]) for i in range(5001)]), "5001 nodes"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_graphs_that_reach_beyond_themselves_are_refused(name):
    model, message = REFUSED[name]
    with pytest.raises(ArtifactCorrupt, match=message):
        check_graph(model.SerializeToString())


def test_a_plain_graph_is_accepted():
    check_graph(graph().SerializeToString())
    x = np.ones((3, 2), np.float32)
    assert np.array_equal(OnnxModel(graph().SerializeToString()).run(x), x)


@pytest.mark.parametrize("content", [b"", b"junk", b"\x00" * 50, pickle.dumps({"a": 1}), b"PK\x03\x04zip"])
def test_what_is_no_onnx_is_refused(content):
    with pytest.raises(ArtifactCorrupt):
        OnnxModel(content)


def test_too_large_a_file_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr(checks, "MAX_BYTES", 10)
    monkeypatch.setattr(onnx, "load_model_from_string", lambda _: pytest.fail("parsed"))
    with pytest.raises(ArtifactCorrupt, match="11 bytes"):
        check_graph(b"x" * 11)


def test_a_graph_that_runs_on_other_shapes_is_refused_by_the_runtime():
    broken = graph([helper.make_node("MatMul", ["X", "nowhere"], ["Y"])])
    with pytest.raises(ArtifactCorrupt, match="ONNX Runtime refuses"):
        OnnxModel(broken.SerializeToString())


@pytest.fixture(scope="module")
def trees(dataset_of):
    dataset = dataset_of(rows=800)
    return dataset, fit(ModelSpec.of(dataset, family="lightgbm", params={"rounds": 40}), dataset)


class Shifted:
    """A model whose thresholds are one float32 below those of the graph: what rounding to the nearest does."""

    def __init__(self, fitted, column, value):
        self._fitted, self._column, self._value = fitted, column, value

    def predict(self, x):
        moved = x.copy()
        exactly = moved[:, self._column] == self._value
        moved[exactly, self._column] = np.nextafter(self._value, np.float32(np.inf))
        return self._fitted.predict(moved)

    def agrees(self, x):
        return not np.any(x[:, self._column] == self._value)

    def borders(self):
        return self._fitted.borders()


def test_parity_sees_a_threshold_that_is_off_by_one_float32(trees):
    """Such a fault shows on hardly any real row, which is why rows are placed on the borders."""
    dataset, fitted = trees
    exported = fitted.to_onnx()
    borders = [(column, value) for column, values in fitted.borders() for value in values if abs(value) > 1e-30]
    for column, value in borders[:: len(borders) // 4]:
        wrong = Shifted(fitted, column, value)
        with pytest.raises(ParityError, match="differs from the native one"):
            parity(wrong, exported, x=dataset.X)
    unseen = [wrong for wrong in (Shifted(fitted, *border) for border in borders) if wrong.agrees(dataset.X)]
    assert len(unseen) > len(borders) / 2
    assert parity(fitted, exported, x=dataset.X).max_error < 1e-6


def test_parity_counts_a_row_for_every_border_and_its_neighbours(trees):
    dataset, fitted = trees
    found = parity(fitted, fitted.to_onnx(), x=dataset.X)
    assert found.border_rows == 16 * 3 * sum(len(values) for _, values in fitted.borders())
    assert found.rows == len(dataset) + 10_000 + found.border_rows


def test_parity_refuses_nan_from_the_graph(trees):
    dataset, fitted = trees
    constant = numpy_helper.from_array(np.full((1, 1), np.nan, np.float32), "w")
    nodes = [
        helper.make_node("ReduceMean", ["X"], ["m"], axes=[1]),
        helper.make_node("Mul", ["m", "w"], ["n"]),
        helper.make_node("Concat", ["n", "n"], ["Y"], axis=1),
    ]
    with pytest.raises(ParityError):
        parity(fitted, graph(nodes, [constant]).SerializeToString(), x=dataset.X)
