"""What is known at each bar close: features for the rules, and what the serving versions say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ColumnsMismatch, ConfigError
from alphaplus.core.moments import minute
from alphaplus.core.records import Prediction
from alphaplus.datasets.regimes import ALL, regime_column
from alphaplus.features.sets import MAX_GAP, FeatureSet
from alphaplus.registry.routing import Service, by_slot
from alphaplus.registry.versions import ModelVersion
from alphaplus.signals.view import MarketView
from alphaplus.signals.voters.technical_ml import NAME as TECHNICAL

Ask = Callable[..., list[Prediction]]
"""`Predicts.predict` with symbol and explain already given."""


class Predicts(Protocol):
    """What the pipeline asks of a predictor; `inference.predictor.Predictor` is one."""

    def predict(
        self,
        version: ModelVersion,
        features: NDArray[np.float64],
        columns: Sequence[str],
        as_of: NDArray[np.int64],
        symbol: str,
        *,
        explain: bool = False,
    ) -> list[Prediction]:
        """Predict rows of `features` (n, p), whose columns are named, at their bar closes `as_of` (n,) ms UTC.

        A row without a prediction is left out of the result.
        """
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What versions said at each of n bars: a prediction, or None and the reason in `absences`.

    `horizons` is how many bars ahead a decision looks. `failures` are the errors of versions that could not answer, by
    their numbers.
    """

    predictions: list[Prediction | None]
    absences: list[str]
    horizons: list[int]
    failures: dict[int, Exception] = field(default_factory=dict)

    @classmethod
    def nothing(cls, n: int, *, horizon: int) -> "Said":
        """Nobody was asked."""
        return cls([None] * n, ["no version serves"] * n, [horizon] * n)


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known at each of n bar closes; `rows` are the feature values that voters read, named by `columns`."""

    bars: BarFrame
    as_of: list[int]
    closes: list[float]
    columns: Mapping[str, int]
    rows: list[list[float]]
    said: Said

    def __len__(self) -> int:
        return len(self.as_of)

    def view(self, i: int) -> MarketView:
        """All that is known at the close of bar `i`."""
        prediction = self.said.predictions[i]
        return MarketView(
            instrument=self.bars.instrument,
            timeframe=self.bars.timeframe,
            as_of=self.as_of[i],
            close=self.closes[i],
            columns=self.columns,
            row=self.rows[i],
            predictions={} if prediction is None else {TECHNICAL: prediction},
            absences={} if prediction is not None else {TECHNICAL: self.said.absences[i]},
        )


def model_columns(version: ModelVersion) -> tuple[str, ...]:
    """The feature columns that a version was trained on, in its order.

    Raises ColumnsMismatch when their code has changed since.
    """
    features = version.spec.features
    if features.hash != version.spec.feature_set_hash:
        message = f"the features {features.name!r} have changed since version {version.number} was trained"
        raise ColumnsMismatch(message, hint="retrain it", version=version.number)
    return features.columns


def union_set(columns: Sequence[str], sets: Sequence[FeatureSet]) -> FeatureSet:
    """One feature set with the given columns and those of the sets.

    Raises ConfigError when the sets treat gaps differently: one engine cannot.
    """
    gaps = {features.max_gap for features in sets} or {MAX_GAP}
    if len(gaps) > 1:
        raise ConfigError(f"feature sets pass over gaps of {sorted(gaps)} bars", hint="give them one `max_gap`")
    union = dict.fromkeys((*columns, *(column for features in sets for column in features.columns)))
    return FeatureSet("pipeline", tuple(union), max_gap=gaps.pop())


def ask_versions(
    ask: Ask,
    services: Sequence[Service],
    *,
    values: NDArray[np.float64],
    places: Mapping[str, int],
    as_of: NDArray[np.int64],
    horizon: int,
) -> Said:
    """Let the version that serves each bar predict it, in one batch a version.

    Slots are asked in the order of their services; one for a regime speaks only at bars of it.

    `values` (n, p) are the features, `places` the position of each column, `horizon` that of bars nobody serves. A
    version that fails leaves its bars to the rules, and its error in the result.
    """
    said = Said.nothing(len(as_of), horizon=horizon)
    timelines = by_slot(services)
    services = [service for timeline in timelines for service in timeline]
    serving = _serving(timelines, values, places, as_of)
    for i in np.flatnonzero(serving < 0).tolist():
        said.absences[i] = _why_nobody(services, int(as_of[i]))
    for number, service in enumerate(services):
        index = np.flatnonzero(serving == number)
        if not len(index):
            continue
        for i in index.tolist():
            said.horizons[i] = service.version.slot.horizon
        try:
            _ask_version(ask, service.version, index, values=values, places=places, as_of=as_of, said=said)
        except Exception as error:  # this is the voter call in batch: the rules must go on whatever a model does
            said.failures[service.version.number] = error
            for i in index.tolist():
                said.predictions[i] = None
                said.absences[i] = f"version {service.version.number} failed: {error}"
    return said


def _serving(
    timelines: Sequence[Sequence[Service]],
    values: NDArray[np.float64],
    places: Mapping[str, int],
    as_of: NDArray[np.int64],
) -> NDArray[np.intp]:
    """Position of the service that speaks at each bar (n,), all timelines in a row; -1 where none does."""
    serving = np.full(len(as_of), -1)
    begin = 0
    for timeline in timelines:
        latest = np.searchsorted([service.start for service in timeline], as_of, side="right") - 1
        speaks = (latest >= 0) & (serving < 0)
        regime = timeline[0].version.slot.regime
        if regime != ALL:
            column, code = regime_column(regime)
            speaks &= values[:, places[column]] == code
        serving[speaks] = begin + latest[speaks]
        begin += len(timeline)
    return serving


def _why_nobody(services: Sequence[Service], as_of: int) -> str:
    first = min(service.start for service in services)
    if as_of < first:
        return f"no version had been trained by then; the first speaks from {minute(first)} UTC on"
    regimes = ", ".join(dict.fromkeys(service.version.slot.regime for service in services))
    return f"no version for this market had been trained by then; there are some for {regimes}"


def _ask_version(
    ask: Ask,
    version: ModelVersion,
    index: NDArray[np.intp],
    *,
    values: NDArray[np.float64],
    places: Mapping[str, int],
    as_of: NDArray[np.int64],
    said: Said,
) -> None:
    columns = model_columns(version)
    missing = [column for column in columns if column not in places]
    if missing:
        message = f"{len(missing)} columns of version {version.number} are not computed here, {missing[0]} is one"
        raise ColumnsMismatch(message, hint="start the pipeline again, it was built before this version came")
    rows = values[index][:, [places[column] for column in columns]]
    known = np.isfinite(rows).all(axis=1)
    for i, row in zip(index[~known].tolist(), rows[~known], strict=True):
        unknown = columns[int(np.argmin(np.isfinite(row)))]
        said.absences[i] = f"{unknown} has no value at this bar"
    asked = index[known].tolist()
    if asked:
        found = {one.as_of: one for one in ask(version, rows[known], columns, as_of[index[known]])}
        for i in asked:
            said.predictions[i] = found.get(int(as_of[i]))
            said.absences[i] = f"version {version.number} gave no prediction"
