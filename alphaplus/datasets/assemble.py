"""Features and labels of the same bars, joined into one dataset."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import DataError, NotEnoughSamples
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec, make
from alphaplus.features.compute import compute_features
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet, feature_set

NAMED = 5  # columns a message names
FLOAT32_MAX = float(np.finfo(np.float32).max)


def assemble(
    bars: Sequence[BarFrame],
    features: FeatureSet,
    label: LabelSpec,
    *,
    cache_folder: Path | None = None,
    start: int | None = None,
) -> Dataset:
    """Compute the features of every series from its first bar on, label it, and keep the rows that have both.

    Columns that bars of this timeframe can give no value (`FeatureSet.for_timeframe`) are left out, and named in the
    dataset. `start` (ms UTC) drops rows whose bar closed earlier; it does not move the origin from which features are
    computed. Raises DataError when the series do not belong together, NotEnoughSamples when no row is left.
    """
    _check(bars)
    usable = features.for_timeframe(bars[0].timeframe)
    frames = [compute_features(series, usable, cache_folder=cache_folder) for series in bars]
    dataset = join(bars, frames, label=label, feature_set_name=usable.name, feature_set_hash=usable.hash, start=start)
    left_out = tuple(column for column in features.columns if column not in usable.columns)
    return replace(dataset, columns_left_out=left_out)


def make_dataset(
    bars: BarFrame | Sequence[BarFrame],
    features: str = "core",
    *,
    label: str = "signal_direction",
    horizon: int = 24,
    **params: float,
) -> Dataset:
    """Assemble a dataset by the names of its feature set and label; several series give a panel."""
    series = [bars] if isinstance(bars, BarFrame) else list(bars)
    return assemble(series, feature_set(features), LabelSpec(label, horizon, params))


def join(
    bars: Sequence[BarFrame],
    frames: Sequence[FeatureFrame],
    *,
    label: LabelSpec,
    feature_set_name: str,
    feature_set_hash: str,
    start: int | None = None,
) -> Dataset:
    """Join computed features, one frame per series with a row per bar, with the labels of the same bars."""
    _check(bars)
    columns = tuple(frames[0].columns)
    parts = [
        _part(series, np.asarray(frame.values), label=label, start=start, instrument_id=position)
        for position, (series, frame) in enumerate(zip(bars, frames, strict=True))
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    missing = ~np.isfinite(joined["values"]) | (np.abs(joined["values"]) > FLOAT32_MAX)
    missing_share = missing.mean(axis=0) if len(missing) else np.zeros(len(columns))
    keep = ~missing.any(axis=1)
    if not keep.any():
        raise _nothing_left(bars, [name for name, share in zip(columns, missing_share, strict=True) if share == 1.0])
    kept = {name: array[keep] for name, array in joined.items()}
    order = np.lexsort((kept["instrument_id"], kept["as_of"]))
    kept = {name: array[order] for name, array in kept.items()}
    return Dataset(
        X=np.ascontiguousarray(kept.pop("values"), dtype=np.float32),
        **kept,
        missing_share=missing_share,
        instruments=tuple(series.instrument for series in bars),
        timeframe=bars[0].timeframe,
        columns=columns,
        label=label,
        feature_set=feature_set_name,
        feature_set_hash=feature_set_hash,
    )


def _check(bars: Sequence[BarFrame]) -> None:
    if not bars:
        raise DataError("a dataset needs at least one series of bars")
    timeframes = sorted({str(series.timeframe) for series in bars})
    if len(timeframes) > 1:
        raise DataError(f"series of different timeframes: {timeframes}", hint="a dataset has one timeframe")
    symbols = [series.instrument.symbol for series in bars]
    if len(set(symbols)) < len(symbols):
        raise DataError(f"a symbol occurs twice among {symbols}", hint="give every instrument one series")


def _nothing_left(bars: Sequence[BarFrame], absent: Sequence[str]) -> NotEnoughSamples:
    """Why no row is left: columns that never had a value, or nothing in common."""
    count = sum(len(series) for series in bars)
    if absent:
        named = ", ".join(absent[:NAMED]) + (f" and {len(absent) - NAMED} more" if len(absent) > NAMED else "")
        return NotEnoughSamples(
            f"of {count} bars none has a value of {named}",
            hint="use a longer series, or a feature set that needs only what these bars carry",
            columns=list(absent),
        )
    return NotEnoughSamples(
        f"of {count} bars none has both all features and a label",
        hint="use more bars, an earlier start or a shorter horizon",
    )


def _part(
    bars: BarFrame, values: NDArray[np.float64], *, label: LabelSpec, start: int | None, instrument_id: int
) -> dict[str, NDArray[np.generic]]:
    """The labelled rows of one series; missing features still among them."""
    if len(values) != len(bars):
        raise DataError(f"{len(values)} rows of features for {len(bars)} bars of {bars.instrument.symbol}")
    labelled = make(label, bars)
    close, times = bars.column("close"), bars.close_time
    last_return = np.full(len(bars), np.nan)
    last_return[1:] = close[1:] / close[:-1] - 1.0
    keep = labelled.valid & np.isfinite(last_return)
    if start is not None:
        keep &= times >= start
    rows = np.flatnonzero(keep)
    return {
        "values": values[rows],
        "y": labelled.y[rows],
        "as_of": times[rows],
        "span_end": times[labelled.span_end[rows]],
        "instrument_id": np.full(len(rows), instrument_id, dtype=np.int32),
        "outcome": labelled.outcome[rows],
        "last_return": last_return[rows],
    }
