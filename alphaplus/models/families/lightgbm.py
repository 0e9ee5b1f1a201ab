"""Gradient-boosted trees by LightGBM, set for weak signals: small trees, large leaves, many of them."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from alphaplus.core.enums import InputKind, Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.boosting import borders_of, class_places, shares_of
from alphaplus.models.family import FamilyParams, family, read_params
from alphaplus.models.lightgbm_text import floor_thresholds, task_of, trees_of
from alphaplus.models.search import Search
from alphaplus.models.spec import ModelSpec
from alphaplus.models.trees import Trees, graph_of_trees

if TYPE_CHECKING:
    from lightgbm import Booster

OBJECTIVES = {Task.BINARY: "binary", Task.MULTICLASS: "multiclass", Task.REGRESSION: "regression"}


class LightGBMParams(FamilyParams):
    """Parameters of the trees."""

    rounds: Annotated[int, Search(50, 600, log=True)] = Field(
        150, ge=1, le=5000, description="trees, for each class where there are more than two"
    )
    learning_rate: Annotated[float, Search(0.005, 0.2, log=True)] = Field(
        0.03, gt=0, le=1, description="share of each tree that is kept"
    )
    num_leaves: Annotated[int, Search(3, 64, log=True)] = Field(
        8, ge=2, le=1024, description="leaves of a tree; few, as the signal is weak"
    )
    min_leaf_share: Annotated[float, Search(0.001, 0.1, log=True)] = Field(
        0.01, ge=0, lt=0.5, description="smallest share of the rows that a leaf may hold"
    )
    min_leaf_rows: int = Field(20, ge=1, description="smallest number of rows that a leaf may hold")
    column_share: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, gt=0, le=1, description="share of the columns that each tree may look at"
    )
    row_share: Annotated[float, Search(0.3, 1.0)] = Field(
        0.5, gt=0, le=1, description="share of the rows that each tree sees, drawn anew"
    )
    l2: Annotated[float, Search(0.1, 1000.0, log=True)] = Field(10.0, ge=0, description="L2 penalty on leaf values")
    max_bin: int = Field(63, ge=3, le=255, description="histogram bins of a column; fewer are faster")


@family("lightgbm")
class LightGBM:
    """Gradient-boosted trees. One thread and fixed seeds, so that the same rows give the same bits."""

    name: str
    input = InputKind.TABLE
    tasks = frozenset(Task)
    native_file = "model.txt"
    Params = LightGBMParams

    def fit(self, train: Dataset, spec: ModelSpec) -> "FittedLightGBM":
        """Boost on every row of `train`, weighted by its uniqueness."""
        import lightgbm

        params = read_params(LightGBMParams, spec)
        data = lightgbm.Dataset(
            train.X,
            label=class_places(train),
            weight=train.weight,
            feature_name=[f"c{position}" for position in range(len(train.columns))],
            params={"max_bin": params.max_bin, "feature_pre_filter": False, "verbose": -1, "num_threads": 1},
            free_raw_data=True,
        )
        booster = lightgbm.train(
            _settings(params, train, spec.seed),
            data,
            num_boost_round=params.rounds,
            keep_training_booster=True,  # else LightGBM writes the trees as text and reads them back
        )
        return FittedLightGBM(booster, train.task)

    def load(self, native: bytes) -> "FittedLightGBM":
        """Read LightGBM's text format; raises ValueError when it is something else, or trees that ONNX cannot say."""
        from lightgbm import Booster
        from lightgbm.basic import LightGBMError

        text = native.decode()
        if not text.startswith("tree\n"):
            raise ValueError("not a LightGBM text model")
        task = task_of(text)
        floored = floor_thresholds(text)
        try:
            return FittedLightGBM(Booster(model_str=floored), task, floored)
        except LightGBMError as error:
            raise ValueError(f"LightGBM cannot read the model: {error}") from error


class FittedLightGBM:
    """Trees; written as LightGBM's own text with every threshold a float32, which decides alike on float32 rows."""

    def __init__(self, booster: "Booster", task: Task, text: str = "") -> None:
        """Trees for a task; `text` is what they were read from, written when asked for where it is empty."""
        self._booster = booster
        self._task = task
        self._given = text
        self._outputs: int = booster.num_model_per_iteration()
        self._columns: int = booster.num_feature()
        self.column_names: tuple[str, ...] = tuple(booster.feature_name())

    @cached_property
    def _text(self) -> str:
        return self._given or floor_thresholds(self._booster.model_to_string(num_iteration=-1))

    @cached_property
    def _trees(self) -> Trees:
        return trees_of(self._text)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, classes), or values (n, 1)."""
        out = np.asarray(self._booster.predict(x, num_threads=1), dtype=np.float64)
        if self._task is Task.BINARY:
            return np.column_stack([1.0 - out, out])
        return out.reshape(len(x), self._outputs)

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Sums of leaf values (n, k)."""
        out = self._booster.predict(x, raw_score=True, num_threads=1)
        return np.asarray(out, dtype=np.float64).reshape(len(x), self._outputs)

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Exact tree SHAP values (n, k, p + 1), the expected output last."""
        out = self._booster.predict(x, pred_contrib=True, num_threads=1)
        return np.asarray(out, dtype=np.float64).reshape(len(x), self._outputs, self._columns + 1)

    def importance(self) -> NDArray[np.float64]:
        """Share of the total gain (p,)."""
        return shares_of(np.asarray(self._booster.feature_importance("gain"), dtype=np.float64))

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """The thresholds of every split, by column."""
        return borders_of(self._trees.splits())

    def native(self) -> bytes:
        """LightGBM's text format."""
        return self._text.encode()

    def to_onnx(self) -> bytes:
        """The trees, with their probabilities or values."""
        return graph_of_trees(self._trees, task=self._task, columns=self._columns)


def _settings(params: LightGBMParams, train: Dataset, seed: int) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "objective": OBJECTIVES[train.task],
        "learning_rate": params.learning_rate,
        "num_leaves": params.num_leaves,
        "min_data_in_leaf": max(params.min_leaf_rows, int(params.min_leaf_share * len(train))),
        "min_sum_hessian_in_leaf": 0.0,
        "feature_fraction": params.column_share,
        "bagging_fraction": params.row_share,
        "bagging_freq": 1,
        "lambda_l2": params.l2,
        "max_bin": params.max_bin,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    if train.task is Task.MULTICLASS:
        settings["num_class"] = len(train.classes)
    return settings
