"""Gradient-boosted trees by CatBoost: oblivious trees, which ask the same question on the whole of each level."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from alphaplus.core.enums import InputKind, Task
from alphaplus.core.errors import TrainingError
from alphaplus.core.optional import require
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.boosting import borders_of, class_places, shares_of
from alphaplus.models.convert import trimmed
from alphaplus.models.family import FamilyParams, family, read_params
from alphaplus.models.linear import linked
from alphaplus.models.onnx import GRAPH
from alphaplus.models.search import Search
from alphaplus.models.spec import ModelSpec

if TYPE_CHECKING:
    from catboost import CatBoost as Trees
    from onnx import NodeProto

LOSSES = {Task.BINARY: "Logloss", Task.MULTICLASS: "MultiClass", Task.REGRESSION: "RMSE"}
TASKS = {
    "Logloss": Task.BINARY,
    "CrossEntropy": Task.BINARY,
    "MultiClass": Task.MULTICLASS,
    "RMSE": Task.REGRESSION,
    "MAE": Task.REGRESSION,
    "Huber": Task.REGRESSION,
    "Quantile": Task.REGRESSION,
}
"""What the losses of models that were trained elsewhere give."""
MAGIC = b"CBM1"
HEAD = 8  # bytes before the model: these, and how many follow
PARAMS, CLASSES = "params", "class_params"  # entries of CatBoost's notes in a model


class CatBoostParams(FamilyParams):
    """Parameters of the trees."""

    rounds: Annotated[int, Search(50, 600, log=True)] = Field(
        150, ge=1, le=5000, description="trees, each with a value for every class"
    )
    learning_rate: Annotated[float, Search(0.005, 0.2, log=True)] = Field(
        0.03, gt=0, le=1, description="share of each tree that is kept"
    )
    depth: Annotated[int, Search(2, 7)] = Field(
        4, ge=1, le=10, description="levels of a tree, one question each; few, as the signal is weak"
    )
    column_share: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, gt=0, le=1, description="share of the columns that each level may look at"
    )
    row_share: Annotated[float, Search(0.3, 1.0)] = Field(
        0.5, gt=0, le=1, description="share of the rows that each tree sees, drawn anew"
    )
    l2: Annotated[float, Search(0.1, 1000.0, log=True)] = Field(10.0, ge=0, description="L2 penalty on leaf values")
    max_bin: int = Field(64, ge=2, le=255, description="bins of a column; fewer are faster")


@family("catboost")
class CatBoost:
    """Gradient-boosted trees. One thread and fixed seeds, so that the same rows give the same bits.

    Needs the extra `catboost`; a version serves by its ONNX graph without it.
    """

    name: str
    input = InputKind.TABLE
    tasks = frozenset(Task)
    native_file = "model.cbm"
    Params = CatBoostParams

    def fit(self, train: Dataset, spec: ModelSpec) -> "FittedCatBoost":
        """Boost on every row of `train`, weighted; begins where no column says anything, at the share of each class."""
        catboost = require("catboost", extra="catboost")
        params = read_params(CatBoostParams, spec)
        target = class_places(train)
        begin = _begin(target, train)
        data = catboost.Pool(
            train.X, label=target, weight=train.weight, baseline=np.tile(begin, (len(train), 1)), thread_count=1
        )
        model = catboost.CatBoost(_settings(params, train, spec.seed))
        try:
            model.fit(data)
        except catboost.CatBoostError as error:
            raise TrainingError(
                f"CatBoost cannot learn from these rows: {error}", hint="look at the columns"
            ) from error
        model.set_scale_and_bias(1.0, begin.tolist())
        return FittedCatBoost(model)

    def load(self, native: bytes) -> "FittedCatBoost":
        """Read CatBoost's cbm format; raises ValueError when it is something else, or trees that ONNX cannot say."""
        if not native.startswith(MAGIC) or len(native) < HEAD + int.from_bytes(native[len(MAGIC) : HEAD], "little"):
            raise ValueError("not a whole CatBoost model")  # of a truncated one CatBoost would read what lies behind
        catboost = require("catboost", extra="catboost")
        try:
            return FittedCatBoost(catboost.CatBoost().load_model(blob=native))
        except (catboost.CatBoostError, KeyError, TypeError) as error:
            raise ValueError(f"CatBoost cannot read the model: {error}") from error


class FittedCatBoost:
    """Trees with float32 borders; of CatBoost's notes only the loss is kept, since others hold times and random ids."""

    def __init__(self, model: "Trees") -> None:
        notes = model.get_metadata()
        loss = json.loads(notes[PARAMS])["loss_function"]["type"]
        if loss not in TASKS:
            raise ValueError(f"CatBoost's loss {loss} cannot be exported; these can: {', '.join(TASKS)}")
        if model.get_cat_feature_indices() or model.get_text_feature_indices() or model.get_embedding_feature_indices():
            raise ValueError("columns that hold no numbers cannot be exported")
        names = json.loads(notes[CLASSES])["class_names"] if CLASSES in list(notes.keys()) else []
        if any(isinstance(name, str) for name in names):
            raise ValueError(f"classes called {names} have no order; train on the numbers 0, 1, ... in their order")
        for name in list(notes.keys()):
            del notes[name]
        notes[PARAMS] = json.dumps({"loss_function": {"type": loss, "params": {}}})
        self._model = model
        self._task = TASKS[loss]
        self.column_names: tuple[str, ...] = tuple(model.feature_names_)
        self._columns = len(self.column_names)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, classes), or values (n, 1)."""
        return linked(self.raw(x), task=self._task)

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Sums of leaf values (n, k)."""
        out = self._model.predict(x, prediction_type="RawFormulaVal", thread_count=1)
        return np.asarray(out, dtype=np.float64).reshape(len(x), -1)

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Exact tree SHAP values (n, k, p + 1), the expected output last."""
        pool = require("catboost", extra="catboost").Pool(x, thread_count=1)
        out = self._model.get_feature_importance(pool, type="ShapValues", thread_count=1)
        return np.asarray(out, dtype=np.float64).reshape(len(x), -1, self._columns + 1)

    def importance(self) -> NDArray[np.float64]:
        """Share of the mean change of the output when a column takes another value (p,): CatBoost keeps no gain."""
        return shares_of(np.asarray(self._model.get_feature_importance(thread_count=1), dtype=np.float64))

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """The thresholds of every split, by column."""
        borders = self._model.get_borders()
        return borders_of((int(column), float(value)) for column, values in borders.items() for value in values)

    def native(self) -> bytes:
        """CatBoost's cbm format."""
        return self._saved("cbm")

    def to_onnx(self) -> bytes:
        """CatBoost's own graph, set right.

        The start of the scores is added to the leaves of the first tree: with two classes ONNX Runtime would count it
        twice (measured with 1.31).
        """
        from onnx import load_model_from_string

        proto = load_model_from_string(self._saved("onnx", export_parameters={"onnx_graph_name": GRAPH}))
        del proto.metadata_props[:]
        [trees] = [node for node in proto.graph.node if node.op_type.startswith("TreeEnsemble")]
        if self._task is not Task.REGRESSION:
            _begin_in_the_first_tree(trees)
        outputs = self.predict(np.zeros((1, self._columns), dtype=np.float32)).shape[1]
        return trimmed(proto, output=trees.output[-1], columns=self._columns, outputs=outputs)

    def _saved(self, kind: str, **options: object) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            self._model.save_model(str(path), format=kind, **options)
            return path.read_bytes()


def _settings(params: CatBoostParams, train: Dataset, seed: int) -> dict[str, Any]:
    return {
        "loss_function": LOSSES[train.task],
        "boosting_type": "Plain",
        "iterations": params.rounds,
        "learning_rate": params.learning_rate,
        "depth": params.depth,
        "rsm": params.column_share,
        "bootstrap_type": "Bernoulli",
        "subsample": params.row_share,
        "l2_leaf_reg": params.l2,
        "border_count": params.max_bin - 1,
        "leaf_estimation_iterations": 1,
        "boost_from_average": False,
        "random_seed": seed,
        "thread_count": 1,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }


def _begin(target: NDArray[np.float64], train: Dataset) -> NDArray[np.float64]:
    """The best constant scores (k,): the mean, the log-odds of the second class, or the logarithms of the shares."""
    if train.task is Task.REGRESSION:
        return np.array([np.average(target, weights=train.weight)])
    shares = np.bincount(target.astype(np.intp), weights=train.weight, minlength=len(train.classes))
    logs = np.log(shares / shares.sum())
    begin: NDArray[np.float64] = logs[1:] - logs[:1] if train.task is Task.BINARY else logs
    return begin


def _begin_in_the_first_tree(trees: "NodeProto") -> None:
    """Move `base_values` of a TreeEnsembleClassifier, one a class, into the leaves of its first tree."""
    about = {attribute.name: attribute for attribute in trees.attribute}
    if "base_values" not in about:
        return  # the scores begin at zero
    base = about["base_values"].floats
    for place, tree in enumerate(about["class_treeids"].ints):
        if tree == 0:
            about["class_weights"].floats[place] += base[about["class_ids"].ints[place]]
    trees.attribute.remove(about["base_values"])
