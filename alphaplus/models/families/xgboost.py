"""Gradient-boosted trees by XGBoost: shallow trees, large leaves, many of them, as the signal is weak."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from alphaplus.core.enums import InputKind, Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.boosting import borders_of, class_places, shares_of
from alphaplus.models.family import FamilyParams, family, read_params
from alphaplus.models.linear import linked
from alphaplus.models.search import Search
from alphaplus.models.spec import ModelSpec
from alphaplus.models.trees import Tree, Trees, graph_of_trees

if TYPE_CHECKING:
    from xgboost import Booster

OBJECTIVES = {Task.BINARY: "binary:logistic", Task.MULTICLASS: "multi:softprob", Task.REGRESSION: "reg:squarederror"}
TASKS = {
    "binary:logistic": Task.BINARY,
    "multi:softprob": Task.MULTICLASS,
    "multi:softmax": Task.MULTICLASS,
    "reg:squarederror": Task.REGRESSION,
    "reg:absoluteerror": Task.REGRESSION,
    "reg:pseudohubererror": Task.REGRESSION,
}
"""What the objectives of models trained elsewhere give; others put other functions around the sum of trees."""


class XGBoostParams(FamilyParams):
    """Parameters of the trees."""

    rounds: Annotated[int, Search(50, 600, log=True)] = Field(
        150, ge=1, le=5000, description="trees, for each class where there are more than two"
    )
    learning_rate: Annotated[float, Search(0.005, 0.2, log=True)] = Field(
        0.03, gt=0, le=1, description="share of each tree that is kept"
    )
    max_depth: Annotated[int, Search(2, 6)] = Field(
        3, ge=1, le=12, description="splits from root to leaf; few, as the signal is weak"
    )
    min_leaf_share: Annotated[float, Search(0.001, 0.1, log=True)] = Field(
        0.01, ge=0, lt=0.5, description="smallest share of the weight that a leaf may hold"
    )
    column_share: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, gt=0, le=1, description="share of the columns that each tree may look at"
    )
    row_share: Annotated[float, Search(0.3, 1.0)] = Field(
        0.5, gt=0, le=1, description="share of the rows that each tree sees, drawn anew"
    )
    l2: Annotated[float, Search(0.1, 1000.0, log=True)] = Field(10.0, ge=0, description="L2 penalty on leaf values")
    max_bin: int = Field(63, ge=2, le=255, description="histogram bins of a column; fewer are faster")


@family("xgboost")
class XGBoost:
    """Gradient-boosted trees. One thread and fixed seeds, so that the same rows give the same bits."""

    name: str
    input = InputKind.TABLE
    tasks = frozenset(Task)
    native_file = "model.json"
    Params = XGBoostParams

    def fit(self, train: Dataset, spec: ModelSpec) -> "FittedXGBoost":
        """Boost on every row of `train`, weighted."""
        import xgboost

        params = read_params(XGBoostParams, spec)
        data = xgboost.QuantileDMatrix(
            train.X, label=class_places(train), weight=train.weight, nthread=1, max_bin=params.max_bin
        )
        return FittedXGBoost(xgboost.train(_settings(params, train, spec.seed), data, num_boost_round=params.rounds))

    def load(self, native: bytes) -> "FittedXGBoost":
        """Read XGBoost's JSON; raises ValueError when it is something else, or trees that ONNX cannot say."""
        import xgboost

        _require_plain(native)  # before XGBoost sees it, which ends the process over an empty file
        booster = xgboost.Booster()
        booster.load_model(bytearray(native))  # its errors are ValueErrors
        return FittedXGBoost(booster)


class FittedXGBoost:
    """Trees, summed up in float32 as XGBoost does, whose thresholds are float32 too."""

    def __init__(self, booster: "Booster") -> None:
        if booster.attr("best_iteration") is not None:  # stopped early: what came after is not used
            booster = booster[: int(str(booster.attr("best_iteration"))) + 1]
            booster.set_attr(best_iteration=None, best_score=None)
        self.column_names: tuple[str, ...] = tuple(booster.feature_names or ())
        booster.feature_names, booster.feature_types = None, None
        booster.set_param({"nthread": 1})
        self._booster = booster
        learner = json.loads(booster.save_config())["learner"]
        self._task = TASKS[learner["objective"]["name"]]
        self._outputs = max(int(learner["learner_model_param"]["num_class"]), 1)
        self._columns: int = booster.num_features()

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, classes), or values (n, 1)."""
        return linked(self.raw(x), task=self._task)

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Sums of leaf values (n, k)."""
        out = self._booster.inplace_predict(x, predict_type="margin", validate_features=False)
        return np.asarray(out, dtype=np.float64).reshape(len(x), self._outputs)

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Exact tree SHAP values (n, k, p + 1), the expected output last.

        XGBoost sums in float32; what rounding leaves over goes to the expected output, so that rows add up.
        """
        import xgboost

        out = self._booster.predict(xgboost.DMatrix(x, nthread=1), pred_contribs=True, validate_features=False)
        parts = np.asarray(out, dtype=np.float64).reshape(len(x), self._outputs, self._columns + 1)
        parts[:, :, -1] = self.raw(x) - parts[:, :, :-1].sum(axis=2)
        return parts

    def importance(self) -> NDArray[np.float64]:
        """Share of the total gain (p,)."""
        gain = np.zeros(self._columns)
        for name, value in self._booster.get_score(importance_type="total_gain").items():
            gain[int(name[1:])] = value
        return shares_of(gain)

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """The thresholds of every split, by column."""
        return borders_of(self._trees().splits())

    def native(self) -> bytes:
        """XGBoost's JSON, in which float32 values survive exactly."""
        return bytes(self._booster.save_raw(raw_format="json"))

    def to_onnx(self) -> bytes:
        """The trees, with their probabilities or values."""
        return graph_of_trees(self._trees(), task=self._task, columns=self._columns)

    def _trees(self) -> Trees:
        learner = json.loads(self.native())["learner"]
        model = learner["gradient_booster"]["model"]
        start = np.array(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float32)
        if self._task is Task.BINARY:
            start = np.log(start / (1 - start))  # it stands there as a probability
        trees = [_tree(tree, output) for tree, output in zip(model["trees"], model["tree_info"], strict=True)]
        return Trees(trees, start, "<")


def _tree(tree: Mapping[str, Any], output: int) -> Tree:
    """A tree of XGBoost's JSON, where a leaf has no children and its value in place of a threshold."""
    left, right = (np.array(tree[f"{side}_children"], dtype=np.int64) for side in ("left", "right"))
    leaf = left < 0
    condition = np.array(tree["split_conditions"], dtype=np.float32)
    return Tree(
        np.where(leaf, -1, np.array(tree["split_indices"], dtype=np.int64)),
        condition,
        np.where(leaf, 0, left),
        np.where(leaf, 0, right),
        np.array(tree["default_left"], dtype=np.bool_),
        condition.astype(np.float64),
        output,
    )


def _settings(params: XGBoostParams, train: Dataset, seed: int) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "objective": OBJECTIVES[train.task],
        "learning_rate": params.learning_rate,
        "max_depth": params.max_depth,
        "min_child_weight": params.min_leaf_share * len(train) * _curvature(train),
        "colsample_bytree": params.column_share,
        "subsample": params.row_share,
        "reg_lambda": params.l2,
        "max_bin": params.max_bin,
        "tree_method": "hist",
        "seed": seed,
        "nthread": 1,
        "verbosity": 0,
    }
    if train.task is Task.MULTICLASS:
        settings["num_class"] = len(train.classes)
    return settings


def _curvature(train: Dataset) -> float:
    """Second derivative of the loss a row has on average where boosting begins; XGBoost weighs leaves by it."""
    if train.task is Task.REGRESSION:
        return 1.0
    shares = np.array([np.sum(train.weight[train.y == value]) for value in train.classes]) / train.weight.sum()
    spread = float(np.min(shares * (1.0 - shares)))
    return spread if train.task is Task.BINARY else 2.0 * spread


def _require_plain(native: bytes) -> None:
    """Raise ValueError unless this is the JSON of plain trees with an objective that is known."""
    try:
        learner: Mapping[str, Any] = json.loads(native)["learner"]
        booster, objective = learner["gradient_booster"]["name"], learner["objective"]["name"]
        if booster != "gbtree":
            raise ValueError(f"XGBoost's {booster} cannot be exported, its gbtree can")
        if objective not in TASKS:
            raise ValueError(f"XGBoost's objective {objective} cannot be exported; these can: {', '.join(TASKS)}")
        trees = learner["gradient_booster"]["model"]["trees"]
        if any(tree["categories_nodes"] for tree in trees):
            raise ValueError("splits on categories cannot be exported")
        if any(tree["tree_param"]["size_leaf_vector"] not in {"0", "1"} for tree in trees):
            raise ValueError("leaves with several values cannot be exported, one tree for each class can")
    except (KeyError, TypeError) as error:
        raise ValueError("not the JSON of an XGBoost model") from error
