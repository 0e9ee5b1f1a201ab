"""A trained model: calibrated predictions by ONNX, explanations by the native model, and a sense of confidence."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.errors import ArtifactCorrupt, ColumnsMismatch, ConfigError
from alphaplus.core.normal import normal_cdf
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.models.anomaly import ScoresAnomaly
from alphaplus.models.calibrate import Calibration
from alphaplus.models.conformal import Conformal
from alphaplus.models.family import Fitted
from alphaplus.models.fit import read_fitted
from alphaplus.models.onnx import OnnxModel
from alphaplus.models.spec import ModelSpec

if TYPE_CHECKING:
    from alphaplus.features.frame import FeatureFrame

QUANTILES = 200  # steps of the stored distribution of decisiveness
BINS = 10


@dataclass(frozen=True, slots=True)
class Reference:
    """How each column was distributed in training, for drift: inner bin edges (p, 9) and shares of the rows (p, 10)."""

    edges: NDArray[np.float64]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, x: NDArray[np.float32]) -> "Reference":
        """Decile bins of the columns of x (n, p); a column with few values has bins that coincide and hold nothing."""
        edges, shares = np.empty((x.shape[1], BINS - 1)), np.empty((x.shape[1], BINS))
        for column in range(x.shape[1]):
            values = np.sort(x[:, column]).astype(np.float64)  # several times as fast in this order
            edges[column] = np.quantile(values, np.arange(1, BINS) / BINS)
            up_to = np.searchsorted(values, edges[column], side="right")
            shares[column] = np.diff(up_to, prepend=0, append=len(x)) / len(x)
        return cls(edges, shares)


@dataclass(frozen=True)
class Model:
    """What one training produced.

    Inputs are a FeatureFrame of exactly the model's columns, or an array (n, p) in their order. Features are cast to
    float32 here and nowhere later. Rows with a missing feature get NaN. `trained_from` and `trained_to` (ms UTC) bound
    what it learned from: nothing that became known after `trained_to` has touched it. `base` is the share of ups, or
    the mean label, of its training rows; `spread` the standard deviation of a regression's errors on unseen rows;
    `decisiveness` the quantiles of |prediction - base| over unseen rows; `conformal` gives prediction sets.
    """

    spec: ModelSpec
    columns: tuple[str, ...]
    task: Task
    classes: tuple[float, ...]
    trained_from: int
    trained_to: int
    base: float
    spread: float
    calibration: Calibration
    decisiveness: NDArray[np.float64] = field(repr=False)
    reference: Reference = field(repr=False)
    onnx: bytes = field(repr=False)
    native: bytes = field(repr=False)
    conformal: Conformal = field(repr=False)

    @property
    def horizon(self) -> int:
        """Bars ahead."""
        return self.spec.label.horizon

    @cached_property
    def sha256(self) -> str:
        """Hash of the artefact, the same for the same spec and data."""
        from alphaplus.models.artifact import digest

        return digest(self)

    @cached_property
    def session(self) -> OnnxModel:
        """The ONNX graph, checked and ready to run."""
        return OnnxModel(self.onnx)

    @cached_property
    def fitted(self) -> Fitted:
        """The native model, loaded when first asked for, as only explanations need it; raises ArtifactCorrupt."""
        try:
            return read_fitted(self.spec, self.native)
        except ValueError as error:
            raise ArtifactCorrupt(f"the native model cannot be read: {error}", hint="train again") from error

    def predict(self, features: "FeatureFrame | NDArray[np.floating]") -> NDArray[np.float64]:
        """Calibrated probabilities (n, k) in the order of `classes`, or values (n, 1)."""
        x, whole = self._rows(features)
        if len(x) and whole.all():
            return self.calibration.apply(self.session.run(x).astype(np.float64))
        out = np.full((len(x), max(len(self.classes), 1)), np.nan)
        if whole.any():
            out[whole] = self.calibration.apply(self.session.run(x[whole]).astype(np.float64))
        return out

    def prediction_set(
        self, features: "FeatureFrame | NDArray[np.floating]", *, alpha: float = 0.1
    ) -> NDArray[np.bool_] | NDArray[np.float64]:
        """Which classes hold the answer in a share 1 - alpha of cases (n, k), or the bounds of an interval (n, 2).

        What that promises, and where it cannot, is said in `models.conformal`. With little or no edge the honest set of
        a direction is mostly both: abstain. A row with a missing feature has all classes, or NaN bounds.
        """
        outputs = self.predict(features)
        sets = self.conformal.sets(outputs, alpha=alpha, task=self.task)
        return sets if self.task is Task.REGRESSION else sets | np.isnan(outputs)

    def p_up(self, features: "FeatureFrame | NDArray[np.floating]") -> NDArray[np.float64]:
        """Probability that the price rises over the horizon (n,)."""
        return self.direction(self.predict(features))

    def direction(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of up (n,) that `predict`'s outputs (n, k) mean.

        For three classes P(up) + P(hold)/2; for a forecast the probability that a normal law of the model's own error
        around it is positive. Raises ConfigError for a label that is no direction.
        """
        if not self.spec.label.directional:
            raise ConfigError(f"{self.spec.label.name} says nothing about a direction", hint="ask for its values")
        if self.task is Task.REGRESSION:
            return normal_cdf(outputs[:, 0] / self.spread)
        return up_probability(outputs, self.classes)

    def values(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The number (n,) that a prediction is known by: the probability of up or of the event, or the forecast."""
        return headline(outputs, self.spec.label)

    def confidence(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rank in [0, 1] of the decisiveness of `values` (n,) among the model's own predictions on unseen rows.

        It is the share of those that were less decisive, so 0.7 means among the 30 % most decisive.
        """
        decisive = np.abs(values - self.base)
        rank = np.searchsorted(self.decisiveness, decisive, side="left") / len(self.decisiveness)
        return np.where(np.isfinite(values), rank, np.nan)

    def raw(self, features: "FeatureFrame | NDArray[np.floating]") -> NDArray[np.float64]:
        """The native output (n,) before link and calibration: log-odds of up against down, or the forecast."""
        x, whole = self._rows(features)
        out = np.full(len(x), np.nan)
        if whole.any():
            out[whole] = _one_output(self.fitted.raw(x[whole]))
        return out

    def explain(self, features: "FeatureFrame | NDArray[np.floating]") -> NDArray[np.float64]:
        """What each column adds to `raw` (n, p + 1), what is left without any column last; rows sum to `raw`."""
        x, whole = self._rows(features)
        out = np.full((len(x), len(self.columns) + 1), np.nan)
        if whole.any():
            out[whole] = _one_output(self.fitted.contributions(x[whole]))
        return out

    def anomaly(self, features: "FeatureFrame | NDArray[np.floating]") -> NDArray[np.float64]:
        """How unusual each row is among those it learned from (n,), in (0, 1); about 0.5 and less is usual.

        Raises ConfigError for a model without an isolation forest.
        """
        fitted = self.fitted
        if not isinstance(fitted, ScoresAnomaly):
            raise ConfigError(
                f"this {self.spec.family} model grew no isolation forest", hint="train it with the anomaly column"
            )
        x, whole = self._rows(features)
        out = np.full(len(x), np.nan)
        if whole.any():
            out[whole] = fitted.anomaly(x[whole])
        return out

    def importance(self) -> dict[str, float]:
        """Share of each column in what the model does, largest first."""
        shares = self.fitted.importance()
        order = np.argsort(-shares, kind="stable")
        return {self.columns[position]: float(shares[position]) for position in order}

    def save(self, folder: Path | str) -> str:
        """Write the artefact into an empty or new folder; gives its sha256."""
        from alphaplus.models.artifact import pack

        return pack(self, Path(folder))

    def check_columns(self, columns: tuple[str, ...]) -> None:
        """Raise ColumnsMismatch unless these are the model's columns in its order."""
        if tuple(columns) == self.columns:
            return
        missing = [name for name in self.columns if name not in columns]
        extra = [name for name in columns if name not in self.columns]
        raise ColumnsMismatch(
            f"the features are not those of the model: missing {missing[:5]}, unknown {extra[:5]}"
            if missing or extra
            else "the features are those of the model in another order",
            hint=f"compute the feature set {self.spec.feature_set!r}",
            missing=missing,
            extra=extra,
        )

    def _rows(self, features: "FeatureFrame | NDArray[np.floating]") -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Features as float32, and which rows are whole; a value too large for float32 counts as missing."""
        if isinstance(features, np.ndarray):
            values = features
        else:
            if features.timeframe is not self.spec.timeframe:
                message = f"the features are of {features.timeframe} bars, the model learned from {self.spec.timeframe}"
                raise ColumnsMismatch(message, hint="a model speaks about bars of its own timeframe only")
            self.check_columns(tuple(features.columns))
            values = features.values
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise ColumnsMismatch(f"features have shape {values.shape}, expected (n, {len(self.columns)})")
        with np.errstate(over="ignore"):
            x = np.ascontiguousarray(values, dtype=np.float32)
        return x, np.asarray(np.isfinite(x).all(axis=1))


def headline(p: NDArray[np.float64], label: LabelSpec) -> NDArray[np.float64]:
    """The number (n,) that outputs (n, k) are known by: the probability of up or of the event, or the forecast."""
    if not label.classes:
        return p[:, 0]
    return up_probability(p, label.classes) if label.directional else p[:, -1]


def up_probability(p: NDArray[np.float64], classes: tuple[float, ...]) -> NDArray[np.float64]:
    """P(up) + P(neither)/2 (n,) from probabilities (n, k) of classes whose sign is the direction."""
    if not classes:
        raise ConfigError("a regression has no class probabilities")
    total = np.zeros(len(p))
    for column, value in enumerate(classes):
        if value >= 0.0:
            total += p[:, column] if value > 0.0 else 0.5 * p[:, column]
    return total


def decisiveness_quantiles(values: NDArray[np.float64], base: float) -> NDArray[np.float64]:
    """Quantiles of |values - base| at the middles of 200 equal shares, increasing."""
    return np.quantile(np.abs(values - base), (np.arange(QUANTILES) + 0.5) / QUANTILES)


def _one_output(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The last output minus the first where there are several (n, k, ...): up against down."""
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, -1] - outputs[:, 0]
