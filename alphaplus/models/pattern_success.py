"""What a model of pattern success says of detected patterns: how probable it is that each reaches its target."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ColumnsMismatch, ConfigError
from alphaplus.datasets.pattern_events import IS, PATTERN_SUCCESS, assemble_events, describe, rows_of
from alphaplus.datasets.regimes import in_regime
from alphaplus.features.compute import compute_features
from alphaplus.models.model import Model
from alphaplus.models.outofsample import OutOfSample
from alphaplus.patterns.events import Detected

P_SUCCESS = "p_success"


def success_probability(
    found: Detected, bars: BarFrame, model: Model, *, cache_folder: Path | None = None
) -> NDArray[np.float64]:
    """The probability (m,) that each event reaches its target before its stop within the model's horizon.

    It comes from what was known when the event became known, so later bars never change it. NaN for a pattern that the
    model was not trained on, outside of its regime, where a feature is missing, and for what became known while the
    model was still learning (`trained_to`): it would be told its own answers.

    Raises ConfigError for a model of something else, ColumnsMismatch for one of bars of another timeframe or of columns
    that have changed since.
    """
    if model.spec.label.name != PATTERN_SUCCESS:
        raise ConfigError(f"the model is one of {model.spec.label.name}", hint=f"train one of {PATTERN_SUCCESS}")
    if model.spec.timeframe is not bars.timeframe:
        message = f"the bars are of {bars.timeframe}, the model learned from {model.spec.timeframe}"
        raise ColumnsMismatch(message, hint="a model speaks about bars of its own timeframe only")
    patterns = [column.removeprefix(IS) for column in model.columns if column.startswith(IS)]
    row = rows_of(found.born, bars)
    asked = found.born["pattern"].is_in(patterns).to_numpy() & (bars.close_time[row] > model.trained_to)
    asked &= in_regime(model.spec.regime, bars, cache_folder=cache_folder)[row]
    p = np.full(len(row), np.nan)
    if asked.any():
        features = compute_features(bars, model.spec.features, cache_folder=cache_folder).values[row[asked]]
        told = describe(found.born.filter(asked), bars, patterns, cache_folder=cache_folder)
        p[asked] = model.values(model.predict(np.hstack([features, told])))
    return p


def said_of_rows(
    model: Model, rows: OutOfSample, series: Sequence[BarFrame], *, cache_folder: Path | None = None
) -> NDArray[np.float64]:
    """What a model says of the rows (n,) of another of the same patterns; NaN for what it has learned from.

    The patterns are found again on the bars of each symbol, in the order of `instrument_id`. Several may have become
    known with one bar, so those of a bar are paired in their order. Raises ColumnsMismatch where they do not pair: the
    other model was trained on other patterns.
    """
    spec = model.spec
    own = assemble_events(series, spec.features, spec.label, cache_folder=cache_folder, regime=spec.regime)
    key, asked = (one.as_of * len(series) + one.instrument_id for one in (own, rows))
    first = np.searchsorted(asked, asked)
    place = np.minimum(np.searchsorted(key, asked) + np.arange(len(asked)) - first, len(key) - 1)
    if not (np.array_equal(key[place], asked) and np.array_equal(own.y[place], rows.y)):
        raise ColumnsMismatch("the patterns are not those that the other model was judged on", hint="compare by hand")
    said = model.values(model.predict(own.X[place]))
    return np.where(rows.as_of > model.trained_to, said, np.nan)


def with_success(events: pl.DataFrame, p: NDArray[np.float64]) -> pl.DataFrame:
    """The events with their probability of success (m,) as `p_success`, null for NaN, and as their confidence.

    Where there is none the confidence stays the detector's, which is kept as `strength` in any case.
    """
    said = pl.Series(P_SUCCESS, p, dtype=pl.Float64).fill_nan(None)
    return events.with_columns(said, confidence=pl.coalesce(said, pl.col("confidence")))
