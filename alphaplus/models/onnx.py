"""ONNX: what may be loaded, how it is run, and the check that it says what the native model says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import ArtifactCorrupt, ParityError
from alphaplus.models.family import Fitted

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

GRAPH = "alphaplus"  # converters give a graph a random name unless told one
OPSET = 15
TREES, TREES_OPSET = "ai.onnx.ml", 1  # the domain of the operators that add up trees
IR = 8
INPUT, OUTPUT = "X", "Y"
MAX_BYTES = 64 * 2**20
MAX_NODES = 5_000
MAX_OPSETS = {"": 21, "ai.onnx": 21, "ai.onnx.ml": 5}
CONTROL_FLOW = frozenset({"If", "Loop", "Scan", "SequenceMap"})
TOLERANCE = 1e-5
RANDOM_ROWS = 10_000
BORDER_ROWS = 30_000
COPIES = 16
CHUNK = 50_000
ZERO = 1e-30
"""Borders nearer to zero are LightGBM's own zero, 1e-35. Its reader of text is not exact there, so a feature of exactly
that size, which no market gives, may take the other branch; such borders are checked at 0 and on both sides."""


@dataclass(frozen=True, slots=True)
class Parity:
    """The largest difference between ONNX and native outputs, and over how many rows of which kinds."""

    max_error: float
    real_rows: int
    random_rows: int
    border_rows: int

    @property
    def rows(self) -> int:
        """Rows compared."""
        return self.real_rows + self.random_rows + self.border_rows


class OnnxModel:
    """A graph that was checked, ready to run on one thread: batches and single rows give the same bits."""

    def __init__(self, content: bytes) -> None:
        import onnxruntime

        check_graph(content)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises classes of its own that share no base but Exception
            raise ArtifactCorrupt(f"ONNX Runtime refuses the model: {error}") from error
        self._outputs = [self._session.get_outputs()[0].name]

    @property
    def columns(self) -> int:
        """How many columns the graph declares to take."""
        return int(self._session.get_inputs()[0].shape[1])

    def run(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The graph's output (n, k) for rows (n, p) float32."""
        out: NDArray[np.float32] = self._session.run(self._outputs, {INPUT: x})[0]
        return out


def check_graph(content: bytes) -> None:
    """Raise ArtifactCorrupt unless the bytes are a plain ONNX graph.

    Refused: over 64 MiB, anything that does not parse, tensors outside the file, operators of other than the standard
    domains, newer opsets than are known, functions, control flow, over 5,000 nodes.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # stubs are not among our tools

    if len(content) > MAX_BYTES:
        raise ArtifactCorrupt(f"the ONNX file has {len(content)} bytes, at most {MAX_BYTES} are loaded")
    try:
        proto = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise ArtifactCorrupt(
            "this is not an ONNX file, or not all of one",
            hint="it was cut off or altered on its way, or is something else; a pickle is never loaded",
        ) from error
    if not proto.graph.node:
        raise ArtifactCorrupt("the ONNX file holds no graph")
    _check_domains(proto)
    nodes = 0
    for kind, thing in _walk(proto.graph):
        if kind == "tensor" and (thing.external_data or thing.data_location == onnx.TensorProto.EXTERNAL):
            raise ArtifactCorrupt(f"ONNX tensor {thing.name!r} points outside the file")
        if kind == "node":
            nodes += 1
            if thing.op_type in CONTROL_FLOW:
                raise ArtifactCorrupt(f"ONNX operator {thing.op_type} is not allowed")
            if thing.domain not in MAX_OPSETS:
                raise ArtifactCorrupt(f"ONNX operator {thing.op_type} belongs to the foreign domain {thing.domain!r}")
    if nodes > MAX_NODES:
        raise ArtifactCorrupt(f"the ONNX graph has {nodes} nodes, at most {MAX_NODES} are loaded")


def parity(fitted: Fitted, content: bytes, *, x: NDArray[np.float32], seed: int = 0) -> Parity:
    """Compare the exported graph with the native model; raises ParityError above 1e-5.

    Compared are all real rows `x` (n, p), 10,000 random rows (each column drawn by itself from the real ones, half of
    them stretched beyond), and rows exactly on every border of every split and on its two float32 neighbours: up to
    16 of each, since a row sees a border only where its other columns lead there. For a regression the tolerance is
    relative to the largest output.
    """
    model = OnnxModel(content)
    random = np.random.default_rng(seed)
    mixed = _random_rows(x, random)
    on_borders = _border_rows(fitted, x, random)
    worst = max(_difference(fitted, model, rows) for rows in (x, mixed, on_borders) if len(rows))
    if not worst <= TOLERANCE:
        raise ParityError(
            f"the ONNX model differs from the native one by {worst:.3g}, at most {TOLERANCE:g} is allowed",
            hint="the model was not accepted; report this with its parameters",
            max_error=worst,
        )
    return Parity(worst, len(x), len(mixed), len(on_borders))


def _check_domains(proto: "ModelProto") -> None:
    if proto.functions:
        raise ArtifactCorrupt("ONNX functions are not allowed")
    for opset in proto.opset_import:
        if opset.version > MAX_OPSETS.get(opset.domain, 0):
            raise ArtifactCorrupt(f"ONNX opset {opset.version} of domain {opset.domain!r} is not known here")


def _walk(graph: "GraphProto") -> Iterator[tuple[str, Any]]:
    """Every node and tensor of a graph, those inside attributes included."""
    for tensor in graph.initializer:
        yield "tensor", tensor
    for sparse in graph.sparse_initializer:
        yield "tensor", sparse.values
        yield "tensor", sparse.indices
    for node in graph.node:
        yield "node", node
        for attribute in node.attribute:
            for tensor in (attribute.t, *attribute.tensors):
                yield "tensor", tensor
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield "tensor", sparse.values
                yield "tensor", sparse.indices
            for inner in (attribute.g, *attribute.graphs):
                yield from _walk(inner)


def _difference(fitted: Fitted, model: OnnxModel, rows: NDArray[np.float32]) -> float:
    worst = 0.0
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        native, exported = fitted.predict(part), model.run(part)
        if native.shape != exported.shape:
            raise ParityError(f"the ONNX model gives shape {exported.shape}, the native one {native.shape}")
        scale = max(1.0, float(np.max(np.abs(native))))
        worst = max(worst, float(np.max(np.abs(native - exported))) / scale)
        if not np.all(np.isfinite(exported)):
            return float("inf")
    return worst


def _random_rows(x: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    rows = np.empty((RANDOM_ROWS, x.shape[1]), dtype=np.float32)
    for column in range(x.shape[1]):
        rows[:, column] = random.choice(x[:, column], RANDOM_ROWS)
    half = RANDOM_ROWS // 2
    spread = np.nanstd(x, axis=0, dtype=np.float64)
    rows[half:] += (3.0 * spread * random.standard_normal((RANDOM_ROWS - half, x.shape[1]))).astype(np.float32)
    return rows


def _border_rows(fitted: Fitted, x: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    borders = fitted.borders()
    count = sum(len(values) for _, values in borders)
    copies = int(np.clip(BORDER_ROWS // max(3 * count, 1), 1, COPIES))
    parts = []
    for column, distinct in borders:
        values = np.repeat(distinct, copies)
        zero = np.abs(values) < ZERO
        below = np.where(zero, values * np.float32(0.5), np.nextafter(values, np.float32(-np.inf)))
        above = np.where(zero, values * np.float32(2.0), np.nextafter(values, np.float32(np.inf)))
        for shifted in (below, np.where(zero, np.float32(0.0), values), above):
            rows = x[random.integers(0, len(x), len(values))].copy()
            rows[:, column] = shifted
            parts.append(rows)
    return np.concatenate(parts) if parts else np.empty((0, x.shape[1]), dtype=np.float32)
