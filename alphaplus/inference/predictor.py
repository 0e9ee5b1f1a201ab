"""The predictor: what a version says about feature rows, one or many, in one call of its ONNX graph."""

import logging
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Role
from alphaplus.core.errors import ColumnsMismatch, MissingExtra, Unexplained
from alphaplus.core.records import Contribution, Prediction
from alphaplus.inference.cache import ModelCache
from alphaplus.models.model import Model
from alphaplus.registry.versions import ModelVersion
from alphaplus.storage.base import ArtifactStore

log = logging.getLogger(__name__)

CACHE_SIZE = 10


class Predictor:
    """Serves versions from the artefact store. Batches and single rows give the same bits."""

    def __init__(self, artifacts: ArtifactStore, *, cache_size: int = CACHE_SIZE) -> None:
        self._cache = ModelCache(artifacts, size=cache_size)

    def model(self, version: ModelVersion) -> Model:
        """The version's model, verified; raises ModelUnavailable."""
        return self._cache.get(version)

    def predict(
        self,
        version: ModelVersion,
        features: NDArray[np.float64],
        columns: Sequence[str],
        as_of: NDArray[np.int64],
        symbol: str,
        *,
        explain: bool = False,
        role: Role = Role.CHAMPION,
    ) -> list[Prediction]:
        """Predict the rows of `features` (n, p) known at the bar closes `as_of` (n,), ms UTC.

        `columns` names the columns of `features`, in the order of the model's. A row with a missing feature gets no
        prediction, so the result may be shorter than n; `Prediction.as_of` says which bar each is about. With `explain`
        each carries its contributions, largest first, where the family can tell them here. `latency_ms` is the time of
        the call, without the loading of the model, over its rows.

        Raises ModelUnavailable, and ColumnsMismatch when the columns are not those the model was trained on.
        """
        model = self._cache.get(version)
        model.check_columns(tuple(columns))
        if features.shape != (len(as_of), len(columns)):
            raise ColumnsMismatch(f"features have shape {features.shape}, expected ({len(as_of)}, {len(columns)})")
        return predict_rows(model, features, as_of, symbol, version=version.number, explain=explain, role=role)


def predict_rows(
    model: Model,
    features: NDArray[np.float64],
    as_of: NDArray[np.int64],
    symbol: str,
    *,
    version: int = 0,
    explain: bool = False,
    role: Role = Role.CHAMPION,
) -> list[Prediction]:
    """Predict rows of the model's own columns (n, p), as `Predictor.predict`; version 0 is a model of no registry."""
    begun = perf_counter()
    outputs = model.predict(features)
    values = model.values(outputs)
    confidence = model.confidence(values)
    shares = _explained(model, features) if explain else None
    known = np.flatnonzero(np.isfinite(values))
    latency_ms = (perf_counter() - begun) * 1000.0 / max(len(known), 1)
    return [
        Prediction(
            version=version,
            symbol=symbol,
            timeframe=model.spec.timeframe,
            as_of=int(as_of[row]),
            horizon=model.horizon,
            value=float(values[row]),
            probabilities=tuple(outputs[row].tolist()) if model.classes else (),
            confidence=float(confidence[row]),
            role=role,
            target=model.spec.label.name,
            latency_ms=latency_ms,
            contributions=() if shares is None else _contributions(model, features[row], shares[row]),
        )
        for row in known.tolist()
    ]


def _explained(model: Model, features: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """What each column adds (n, p + 1); None where nobody can tell, which is no reason not to predict."""
    try:
        return model.explain(features)
    except (MissingExtra, Unexplained) as error:
        log.warning("predictions come without contributions", extra={"family": model.spec.family, "why": str(error)})
        return None


def _contributions(model: Model, values: NDArray[np.float64], shares: NDArray[np.float64]) -> tuple[Contribution, ...]:
    order = np.argsort(-np.abs(shares[:-1]), kind="stable").tolist()
    return tuple(Contribution(model.columns[column], float(values[column]), float(shares[column])) for column in order)
