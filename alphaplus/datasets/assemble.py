"""Features and labels of the same bars, joined into one dataset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import SIDE_COLUMNS, BarFrame
from alphaplus.core.errors import ConfigError, DataError, NotEnoughSamples
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec, make
from alphaplus.datasets.pattern_events import PATTERN_SUCCESS, assemble_events
from alphaplus.datasets.regimes import ALL, check_regime, in_regime
from alphaplus.datasets.select import Rules, choose
from alphaplus.datasets.splits import LEAST_ROWS, WalkForward, holdout
from alphaplus.datasets.weights import Weighting
from alphaplus.features.checks import bars_until_known
from alphaplus.features.compute import compute_features
from alphaplus.features.faults import Faults, earliest
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.hindsight import alien_faults, canary_faults
from alphaplus.features.leaks import poison_faults, prefix_faults
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.features.trial import Trial

NAMED = 5  # columns a message names
FLOAT32_MAX = float(np.finfo(np.float32).max)
LEAK_BARS = 1_500  # of the first series, its oldest, on which every column has a value
MOST_LEAK_BARS = 32_000  # with the bars before the first values; twenty days of minutes are 28,800
LEAK_CUTS = 12
UNJUDGED = "not judged: no value in the bars looked at"

Measure = Callable[[Dataset], Mapping[str, float]]
"""Importance of every column, learned from these rows alone."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """Columns that look ahead, and how, and those of which it cannot be told, and why."""

    found: Mapping[str, str] = field(default_factory=dict)
    unjudged: Mapping[str, str] = field(default_factory=dict)


def assemble(
    bars: Sequence[BarFrame],
    features: FeatureSet,
    label: LabelSpec,
    *,
    cache_folder: Path | None = None,
    start: int | None = None,
    end: int | None = None,
    regime: str = ALL,
    weighting: Weighting | None = None,
    select: Rules | None = None,
    measure: Measure | None = None,
) -> Dataset:
    """Compute the features of every series from its first bar on, label it, and keep the rows that have both.

    Columns that bars of this timeframe can give no value (`FeatureSet.for_timeframe`) are left out, as are those that
    need trades or a book where the bars of a series have none at all; both are named in the dataset. `start` and `end`
    (ms UTC) drop rows whose bar closed earlier, or whose label looked later; they do not move the origin from which
    features are computed. `regime` keeps only rows whose bar was in it, as known at its close; `weighting` says what
    they weigh beside their uniqueness. With `select`
    columns are dropped by rule, with the reasons in `.selection`: on rows only whose answers were known before the
    first test block of a walk-forward, and with the importance that `measure` finds there. Raises DataError when the
    series do not belong together, NotEnoughSamples when no row is left.

    The rows of the label pattern_success are patterns in place of bars, see `datasets.pattern_events`; their columns
    cannot be selected.
    """
    _check(bars)
    weighting = weighting or Weighting()
    weighting.check(label.classes)
    if label.name == PATTERN_SUCCESS:
        if select is not None:
            raise ConfigError("columns of patterns cannot be selected", hint="leave the selection out")
        return assemble_events(
            bars,
            features,
            label,
            cache_folder=cache_folder,
            start=start,
            end=end,
            regime=regime,
            weighting=weighting,
        )
    fitting = features.for_timeframe(bars[0].timeframe)
    absent = fitting.needing(_unknown_sides(bars))
    usable = fitting.without(absent)
    if not usable.columns:
        raise _nothing_left(sum(len(series) for series in bars), absent)
    frames = [compute_features(series, usable, cache_folder=cache_folder) for series in bars]
    regime = check_regime(regime)
    chosen = [in_regime(regime, series, cache_folder=cache_folder) for series in bars]
    leaks = _leaks(bars[0], usable, cache_folder=cache_folder) if select is not None and select.leaks else Leaks()
    dataset = join(
        bars,
        frames,
        label=label,
        feature_set_name=usable.name,
        feature_set_hash=usable.hash,
        start=start,
        end=end,
        among=chosen,
        weighting=weighting,
        select=select,
        leaks=leaks,
        measure=measure,
    )
    left_out = tuple(column for column in features.columns if column not in fitting.columns)
    kept = usable if dataset.selection is None else usable.without(dataset.selection.dropped)
    return replace(dataset, columns_left_out=left_out, absent=absent, feature_set_hash=kept.hash, regime=regime)


def _unknown_sides(bars: Sequence[BarFrame]) -> list[str]:
    """Side columns of which some series has not a single value."""
    return [name for name in SIDE_COLUMNS if any(np.isnan(series.column(name)).all() for series in bars)]


def make_dataset(
    bars: BarFrame | Sequence[BarFrame],
    features: str = "core",
    *,
    label: str = "signal_direction",
    horizon: int = 24,
    regime: str = ALL,
    weighting: Weighting | None = None,
    select: Rules | bool = False,
    cache_folder: Path | None = None,
    **params: float | str,
) -> Dataset:
    """Assemble a dataset by the names of its feature set and label; several series give a panel.

    `regime` keeps the rows of one kind of market, see `datasets.regimes`. `weighting` says what rows weigh beside their
    uniqueness. `select` drops columns that are
    constant, mostly missing, leaking or repeat others; True takes the usual rules.
    """
    series = [bars] if isinstance(bars, BarFrame) else list(bars)
    rules = select if isinstance(select, Rules) else Rules() if select else None
    return assemble(
        series,
        feature_set(features),
        LabelSpec(label, horizon, params),
        cache_folder=cache_folder,
        regime=regime,
        weighting=weighting,
        select=rules,
    )


def join(
    bars: Sequence[BarFrame],
    frames: Sequence[FeatureFrame],
    *,
    label: LabelSpec,
    feature_set_name: str,
    feature_set_hash: str,
    start: int | None = None,
    end: int | None = None,
    among: Sequence[NDArray[np.bool_]] | None = None,
    weighting: Weighting | None = None,
    select: Rules | None = None,
    leaks: Leaks | None = None,
    measure: Measure | None = None,
) -> Dataset:
    """Join computed features, one frame per series with a row per bar, with the labels of the same bars.

    `among` says for every series which of its bars (n,) may become rows. `feature_set_hash` is taken as it is
    given, also where `select` drops columns.
    """
    _check(bars)
    parts = [
        _part(series, np.asarray(frame.values), label=label, start=start, end=end, instrument_id=position)
        for position, (series, frame) in enumerate(zip(bars, frames, strict=True))
    ]
    if among is not None:
        parts = [
            {name: array[chosen[part["bar"]]] for name, array in part.items()}
            for part, chosen in zip(parts, among, strict=True)
        ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if name != "bar"}
    joined["values"][np.abs(joined["values"]) > FLOAT32_MAX] = np.nan  # a dataset cannot hold it
    order = np.lexsort((joined["instrument_id"], joined["as_of"]))
    labelled = _Labelled(
        columns=tuple(frames[0].columns),
        rows={name: array[order] for name, array in joined.items()},
        facts={
            "instruments": tuple(series.instrument for series in bars),
            "timeframe": bars[0].timeframe,
            "label": label,
            "feature_set": feature_set_name,
            "feature_set_hash": feature_set_hash,
            "weighting": weighting or Weighting(),
        },
        bars=sum(len(series) for series in bars),
    )
    if select is None:
        return labelled.dataset(labelled.columns)
    return _selected(labelled, select, leaks=leaks or Leaks(), measure=measure)


@dataclass(frozen=True, slots=True)
class _Labelled:
    """All labelled rows in order of time, missing features still among them, and what is the same for all.

    `bars` counts the bars that they were labelled from.
    """

    columns: tuple[str, ...]
    rows: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    bars: int

    def dataset(self, columns: Sequence[str], *, among: NDArray[np.bool_] | None = None) -> Dataset:
        """The rows `among` all in which every one of the columns is known; raises NotEnoughSamples for none."""
        rows = self.rows if among is None else {name: array[among] for name, array in self.rows.items()}
        values = rows["values"][:, [self.columns.index(name) for name in columns]]
        missing = ~np.isfinite(values)
        share = missing.mean(axis=0) if len(missing) else np.zeros(len(columns))
        keep = ~missing.any(axis=1)
        if not keep.any():
            raise _nothing_left(self.bars, [name for name, one in zip(columns, share, strict=True) if one == 1.0])
        return Dataset(
            X=np.ascontiguousarray(values[keep], dtype=np.float32),
            **{name: array[keep] for name, array in rows.items() if name != "values"},
            missing_share=share,
            columns=tuple(columns),
            **self.facts,
        )


def _selected(labelled: _Labelled, rules: Rules, *, leaks: Leaks, measure: Measure | None) -> Dataset:
    """The dataset of the columns that are kept, decided before anything is tested.

    Which rows are tested depends on the rows that are left, and these on the columns; where the decision has looked too
    far it is made again on less.
    """
    as_of, span_end = labelled.rows["as_of"], labelled.rows["span_end"]
    if not len(as_of):
        raise _nothing_left(labelled.bars, [])
    begin = int(as_of[0]) + (int(as_of[-1]) - int(as_of[0])) // 2
    while True:
        seen = span_end < begin

        selection = choose(
            labelled.columns,
            labelled.rows["values"][seen],
            until=int(span_end[seen].max(initial=0)),
            rules=rules,
            leaking=leaks.found,
            unjudged=leaks.unjudged,
            importance=None if measure is None else partial(_measured, measure, labelled, seen),
        )
        dataset = labelled.dataset(selection.kept)
        tested = _first_tested(dataset)
        if tested >= begin:
            return replace(dataset, selection=selection)
        begin = tested


def _measured(
    measure: Measure, labelled: _Labelled, seen: NDArray[np.bool_], names: tuple[str, ...], known: NDArray[np.bool_]
) -> Mapping[str, float]:
    """The importance of columns on those of the seen rows where all of them are known."""
    among = seen.copy()
    among[seen] = known
    return measure(labelled.dataset(names, among=among))


def _first_tested(dataset: Dataset) -> int:
    """When the first row is tested by the walk-forward of a training (ms UTC): of the part before the hold-out."""
    development = dataset.rows(holdout(dataset).train) if len(dataset) >= LEAST_ROWS else dataset
    return WalkForward.for_timeframe(dataset.timeframe).first_test(development)


def _leaks(bars: BarFrame, features: FeatureSet, *, cache_folder: Path | None) -> Leaks:
    """What a sample of the oldest bars tells: their future is cut off, poisoned, guessed, and that of another market.

    The sample reaches as far as columns need to have values in it, as long as that can be afforded.
    """
    firsts = [bars_until_known(column, bars.timeframe) for column in features.columns]
    known = max((first for first in firsts if first + LEAK_BARS <= MOST_LEAK_BARS), default=1)
    trial = Trial.begin(features, bars.rows(0, known + LEAK_BARS), cache_folder=cache_folder)
    rows, columns, rng = trial.rows, features.columns, np.random.default_rng(0)
    faults: Faults = {}
    for least in sorted({1, min(known, max(1, len(rows) // 2))}):  # some cuts anywhere, some where all have values
        cut_off = prefix_faults(trial.compute, rows, columns, rng, cuts=LEAK_CUTS, least=least)
        poisoned = poison_faults(trial.compute, rows, columns, rng, cuts=LEAK_CUTS, least=least)
        faults = earliest(faults, earliest(cut_off, poisoned))
    faults = earliest(faults, canary_faults(columns, trial.values, rows, bayes=trial.bars.bayes))
    faults = earliest(faults, alien_faults(trial.compute, rows, columns, rng))
    silent = [column for place, column in enumerate(columns) if not np.isfinite(trial.values[:, place]).any()]
    return Leaks({column: str(fault) for column, fault in faults.items()}, dict.fromkeys(silent, UNJUDGED))


def _check(bars: Sequence[BarFrame]) -> None:
    if not bars:
        raise DataError("a dataset needs at least one series of bars")
    timeframes = sorted({str(series.timeframe) for series in bars})
    if len(timeframes) > 1:
        raise DataError(f"series of different timeframes: {timeframes}", hint="a dataset has one timeframe")
    symbols = [series.instrument.symbol for series in bars]
    if len(set(symbols)) < len(symbols):
        raise DataError(f"a symbol occurs twice among {symbols}", hint="give every instrument one series")


def _nothing_left(count: int, absent: Sequence[str]) -> NotEnoughSamples:
    """Why no row is left: columns that never had a value, or nothing in common."""
    if absent:
        named = ", ".join(absent[:NAMED]) + (f" and {len(absent) - NAMED} more" if len(absent) > NAMED else "")
        return NotEnoughSamples(
            f"of {count} bars none has a value of {named}",
            hint="use a longer series, a feature set that needs only what these bars carry, or let --select drop them",
            columns=list(absent),
        )
    return NotEnoughSamples(
        f"of {count} bars none has both all features and a label",
        hint="use more bars, an earlier start or a shorter horizon",
    )


def _part(
    bars: BarFrame,
    values: NDArray[np.float64],
    *,
    label: LabelSpec,
    start: int | None,
    end: int | None,
    instrument_id: int,
) -> dict[str, NDArray[Any]]:
    """The labelled rows of one series, with the number of their bar; missing features still among them."""
    if len(values) != len(bars):
        raise DataError(f"{len(values)} rows of features for {len(bars)} bars of {bars.instrument.symbol}")
    labelled = make(label, bars)
    close, times = bars.column("close"), bars.close_time
    last_return = np.full(len(bars), np.nan)
    last_return[1:] = close[1:] / close[:-1] - 1.0
    keep = labelled.valid & np.isfinite(last_return)
    if start is not None:
        keep &= times >= start
    if end is not None:
        keep &= times[labelled.span_end] < end
    rows = np.flatnonzero(keep)
    return {
        "bar": rows,
        "values": values[rows],
        "y": labelled.y[rows],
        "as_of": times[rows],
        "span_end": times[labelled.span_end[rows]],
        "instrument_id": np.full(len(rows), instrument_id, dtype=np.int32),
        "outcome": labelled.outcome[rows],
        "last_return": last_return[rows],
        "last_known": labelled.last_known[rows],
    }
