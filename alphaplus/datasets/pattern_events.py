"""Datasets whose rows are patterns: what was known when each was born, and whether it then reached its target.

A row has the features of the bar at whose close the pattern became known and what the pattern told of itself there; of
several patterns on one bar each has a row. The answer is that of the label `pattern_success`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import SIDE_COLUMNS, BarFrame
from alphaplus.core.cancel import Cancelled, stop_if
from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import Answers, LabelSpec, spans
from alphaplus.datasets.regimes import ALL, check_regime, in_regime
from alphaplus.datasets.weights import Weighting
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet
from alphaplus.patterns.contract import Life, PatternSpec
from alphaplus.patterns.events import chosen_patterns, detect_as_born

Floats = NDArray[np.float64]

PATTERN_SUCCESS = "pattern_success"
IS = "is_"
DESCRIPTION = (
    "event_direction",
    "event_strength",
    "event_reward_to_risk",
    "event_target_distance",
    "event_stop_distance",
    "event_height",
    "event_bars",
)
"""What an event tells of itself: its direction and strength, what it can win over what it risks, how far the close is
from target and stop and how high it is in average true ranges, and how many bars before it began."""
ANSWERS = {"target": 1.0, "stop": 0.0, "expired": 0.0, "failed": 0.0}
"""What outcomes within the horizon are worth; after others nobody knows."""


def traded_patterns(pattern: str) -> list[PatternSpec]:
    """The patterns of a name or kind that have a target and a stop.

    Raises UnknownName, and ConfigError where none of them has: zones are places, not trades.
    """
    found = [spec for spec in chosen_patterns([pattern]) if spec.life is not Life.ZONE and spec.directed]
    if not found:
        raise ConfigError(f"{pattern} has no target and no stop", hint="entries, figures or candles have")
    return found


def rows_of(events: pl.DataFrame, bars: BarFrame) -> NDArray[np.int64]:
    """The bar (m,) at whose close each event became known."""
    return np.searchsorted(bars.close_time, events["known_at"].to_numpy())


def answers(events: pl.DataFrame, bars: BarFrame, *, horizon: int) -> Answers:
    """Whether each event (m,) reached its target before its stop within `horizon` bars: 1, 0, or NaN for unknown.

    It is known when the event is over, or with the last bar of the horizon. What has failed, expired or not come in
    time has not reached its target. Unknown is what a gap interrupted, what a newer one replaced, and what is so young
    that its horizon is not over, for early answers are not like late ones.
    """
    row = rows_of(events, bars)
    over = events["ended_at"].is_not_null().to_numpy()
    ended = np.searchsorted(bars.close_time, events["ended_at"].fill_null(0).to_numpy())
    early = over & (ended <= row + horizon)
    told = np.array([ANSWERS.get(outcome, np.nan) for outcome in events["outcome"].to_list()], dtype=np.float64)
    traded = (events["state"] != "none").to_numpy()
    known = spans(bars, horizon).whole[row] & traded
    return Answers(np.where(known, np.where(early, told, 0.0), np.nan), np.where(early, ended, row + horizon))


def describe(
    born: pl.DataFrame, bars: BarFrame, patterns: Sequence[str], *, cache_folder: Path | None = None
) -> Floats:
    """The columns of DESCRIPTION and one `is_` for each of the patterns (m, k), of events as they were born.

    NaN where an event has no target, no stop or nothing to risk, or the average true range is not known.
    """
    row, close = rows_of(born, bars), bars.column("close")
    atr = compute_features(bars, ["atr_14"], cache_folder=cache_folder).values[row, 0]
    direction, strength, low, high, target, stop = (
        born[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("direction", "strength", "low", "high", "target", "stop")
    )
    reward, risk = direction * (target - close[row]), direction * (close[row] - stop)
    age = (born["known_at"] - born["start"]).to_numpy() / bars.timeframe.ms
    height = np.nan_to_num(high - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        told = [direction, strength, reward / risk, reward / atr, risk / atr, height / atr, age]
    told += [(born["pattern"] == name).to_numpy().astype(np.float64) for name in patterns]
    described = np.column_stack(told)
    described[~((risk > 0.0) & (atr > 0.0))] = np.nan
    return described


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is the same for all series of a dataset."""

    features: FeatureSet
    label: LabelSpec
    patterns: list[PatternSpec]
    regime: str
    start: int | None
    end: int | None
    cache_folder: Path | None


def assemble_events(
    bars: Sequence[BarFrame],
    features: FeatureSet,
    label: LabelSpec,
    *,
    cache_folder: Path | None = None,
    start: int | None = None,
    end: int | None = None,
    regime: str = ALL,
    weighting: Weighting | None = None,
    cancelled: Cancelled | None = None,
) -> Dataset:
    """Find the patterns that the label speaks of in every series, and keep those with all features and an answer.

    The arguments are those of `assemble`, which this is for labels of patterns. Raises NotEnoughSamples when no pattern
    is left, JobCancelled where `cancelled()` is true when a series begins.
    """
    fitting = features.for_timeframe(bars[0].timeframe)
    absent = fitting.needing([name for name in SIDE_COLUMNS if any(np.isnan(one.column(name)).all() for one in bars)])
    patterns = traded_patterns(str(label.resolved["pattern"]))
    kept = _Kept(fitting.without(absent), label, patterns, check_regime(regime), start, end, cache_folder)
    parts = []
    for place, series in enumerate(bars):
        stop_if(cancelled)
        parts.append(_part(series, kept, instrument_id=place))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((joined["instrument_id"], joined["as_of"]))
    rows = {name: array[order] for name, array in joined.items()}
    values = rows.pop("values")
    missing = ~np.isfinite(values)
    whole = ~missing.any(axis=1)
    if not whole.any():
        count = sum(len(one) for one in bars)
        raise NotEnoughSamples(
            f"of {len(values)} patterns on {count} bars none has both all features and an answer",
            hint="use more bars, other patterns or a shorter horizon",
        )
    return Dataset(
        X=np.ascontiguousarray(values[whole], dtype=np.float32),
        **{name: array[whole] for name, array in rows.items()},
        missing_share=missing.mean(axis=0),
        instruments=tuple(one.instrument for one in bars),
        timeframe=bars[0].timeframe,
        columns=(*kept.features.columns, *DESCRIPTION, *(f"{IS}{spec.name}" for spec in patterns)),
        label=label,
        feature_set=kept.features.name,
        feature_set_hash=kept.features.hash,
        columns_left_out=tuple(column for column in features.columns if column not in fitting.columns),
        absent=absent,
        regime=kept.regime,
        weighting=weighting or Weighting(),
    )


def _part(bars: BarFrame, kept: _Kept, *, instrument_id: int) -> dict[str, NDArray[Any]]:
    """The answered events of one series, missing features still among them."""
    found = detect_as_born(bars, kept.patterns, cache_folder=kept.cache_folder)
    row, times, close = rows_of(found.born, bars), bars.close_time, bars.column("close")
    answered = answers(found.events, bars, horizon=kept.label.horizon)
    known = np.isfinite(answered.y) & (row > 0)
    last = np.where(known, answered.end, row)
    latest = np.full(len(bars), -1, dtype=np.int64)
    np.maximum.at(latest, last[known], np.flatnonzero(known))
    latest = np.maximum.accumulate(latest)[row]
    before = np.where(latest >= 0, answered.y[latest], np.nan) if len(row) else answered.y
    known &= in_regime(kept.regime, bars, cache_folder=kept.cache_folder)[row]
    if kept.start is not None:
        known &= times[row] >= kept.start
    if kept.end is not None:
        known &= times[last] < kept.end
    names = [spec.name for spec in kept.patterns]
    row, last = row[known], last[known]
    told = describe(found.born.filter(known), bars, names, cache_folder=kept.cache_folder)
    values = compute_features(bars, kept.features, cache_folder=kept.cache_folder).values[row]
    return {
        "values": np.hstack([values, told]),
        "y": answered.y[known],
        "as_of": times[row],
        "span_end": times[last],
        "instrument_id": np.full(len(row), instrument_id, dtype=np.int32),
        "outcome": close[last] / bars.column("open")[row + 1] - 1.0,
        "last_return": close[row] / close[row - 1] - 1.0,
        "last_known": before[known],
    }
