"""Features and labels of the same bars, joined into one dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import SIDE_COLUMNS, BarFrame
from alphaplus.core.cancel import Cancelled, stop_if
from alphaplus.core.errors import ConfigError, DataError
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.dataset_recipe import DatasetRecipe, SeriesUsed, libraries
from alphaplus.datasets.folder import Growing, open_dataset, refuse_held
from alphaplus.datasets.joining import Labelled, Pieces, computed, label_series, walk
from alphaplus.datasets.labelling import LabelSpec, get_label
from alphaplus.datasets.pattern_events import PATTERN_SUCCESS, assemble_events, traded_patterns
from alphaplus.datasets.regimes import ALL, check_regime, regime_column
from alphaplus.datasets.select import Rules, choose
from alphaplus.datasets.selecting import Candidates, Leaks, Measure, find_leaks, nothing_left, selected
from alphaplus.datasets.weights import Weighting, uniqueness
from alphaplus.features.codehash import code_hash
from alphaplus.features.contract import features as catalog
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.patterns.events import event_sets


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
    folder: Path | None = None,
    cancelled: Cancelled | None = None,
) -> Dataset:
    """Compute the features of every series from its first bar on, label it, and keep the rows that have both.

    Columns that bars of this timeframe can give no value (`FeatureSet.for_timeframe`) are left out, as are those that
    need trades or a book where the bars of a series have none at all; both are named in the dataset. `start` and `end`
    (ms UTC) drop rows whose bar closed earlier, or whose label looked later; they do not move the origin from which
    features are computed. `regime` keeps only rows whose bar was in it, as known at its close; `weighting` says what
    they weigh beside their uniqueness. With `select` columns are dropped by rule, with the reasons in `.selection`: on
    rows only whose answers were known before the first test block of a walk-forward, and with the importance that
    `measure` finds there.

    With `folder` the rows are written there as they are computed and the dataset is a map of them, as `open_dataset`
    gives it: little memory is needed, but where columns are selected, which takes all of them at once.

    Raises DataError when the series do not belong together, NotEnoughSamples when no row is left, StorageError when the
    folder holds a dataset already, JobCancelled soon after `cancelled()` is true.

    The rows of the label pattern_success are patterns in place of bars, see `datasets.pattern_events`; their columns
    cannot be selected.
    """
    _check(bars)
    weighting = weighting or Weighting()
    weighting.check(label.classes)
    regime = check_regime(regime)
    if folder is not None:
        refuse_held(folder)
    recipe = recipe_of(
        bars,
        features,
        label,
        start=start,
        end=end,
        regime=regime,
        weighting=weighting,
        select=select,
        measure=measure,
    )
    if label.name == PATTERN_SUCCESS:
        if select is not None:
            raise ConfigError("columns of patterns cannot be selected", hint="leave the selection out")
        events = assemble_events(
            bars,
            features,
            label,
            cache_folder=cache_folder,
            start=start,
            end=end,
            regime=regime,
            weighting=weighting,
            cancelled=cancelled,
        )
        return _placed(replace(events, recipe=recipe), folder)
    fitting = features.for_timeframe(bars[0].timeframe)
    absent = fitting.needing(_unknown_sides(bars))
    usable = fitting.without(absent)
    if not usable.columns:
        raise nothing_left(sum(len(series) for series in bars), absent)
    labelled = label_series(bars, label, start=start, end=end, regime=regime, cache_folder=cache_folder)
    facts = _facts(bars, label, usable.name, usable.hash, weighting=weighting)
    pieces = _asking(computed(bars, usable, cache_folder=cache_folder), cancelled)
    if select is None:
        dataset = _known_rows(labelled, bars, pieces, columns=usable.columns, facts=facts, folder=folder)
    else:
        stop_if(cancelled)
        leaks = find_leaks(bars[0], usable, cache_folder=cache_folder) if select.leaks else Leaks()
        candidates = _candidates(labelled, bars, pieces, columns=usable.columns, facts=facts)
        stop_if(cancelled)
        dataset = selected(candidates, select, leaks=leaks, measure=measure)
    dataset = replace(
        dataset,
        columns_left_out=tuple(column for column in features.columns if column not in fitting.columns),
        absent=absent,
        feature_set_hash=usable.without(() if dataset.selection is None else dataset.selection.dropped).hash,
        regime=regime,
        recipe=recipe,
    )
    return _placed(dataset, folder)


def _asking(pieces: Pieces, cancelled: Cancelled | None) -> Pieces:
    """The same pieces; before each is worked out it is asked whether it is still wanted."""

    def piece(i: int, first: int, stop: int) -> NDArray[np.float64]:
        stop_if(cancelled)
        return pieces(i, first, stop)

    return piece


def _placed(dataset: Dataset, folder: Path | None) -> Dataset:
    """The dataset itself, or saved in a folder the map of it."""
    if folder is None:
        return dataset
    dataset.save(folder)
    return open_dataset(folder)


def recipe_of(
    bars: Sequence[BarFrame],
    features: FeatureSet,
    label: LabelSpec,
    *,
    start: int | None = None,
    end: int | None = None,
    regime: str = ALL,
    weighting: Weighting | None = None,
    select: Rules | None = None,
    measure: Measure | None = None,
) -> DatasetRecipe:
    """The recipe of what `assemble` would give for the same arguments, with the code and libraries that are here."""
    deciding = None if select is None else measure
    return DatasetRecipe(
        series=tuple(SeriesUsed.of(series) for series in bars),
        timeframe=bars[0].timeframe,
        features=features,
        features_hash=features.hash,
        label=label,
        regime=regime,
        start=start,
        end=end,
        weighting=weighting or Weighting(),
        select=select,
        measure=None if deciding is None else deciding.to_json(),
        code=_code(label, regime, selecting=select is not None),
        libraries=libraries(() if deciding is None else deciding.libraries),
    )


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
    folder: Path | None = None,
    **params: float | str,
) -> Dataset:
    """Assemble a dataset by the names of its feature set and label; several series give a panel.

    `regime` keeps the rows of one kind of market, see `datasets.regimes`. `weighting` says what rows weigh beside their
    uniqueness. `select` drops columns that are constant, mostly missing, leaking or repeat others; True takes the usual
    rules. `folder` keeps it there, mapped.
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
        folder=folder,
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
    weighting: Weighting | None = None,
    select: Rules | None = None,
    leaks: Leaks | None = None,
    measure: Measure | None = None,
) -> Dataset:
    """Join computed features, one frame per series with a row per bar, with the labels of the same bars.

    `feature_set_hash` is taken as it is given, also where `select` drops columns. The dataset has no recipe, for where
    the features come from is not known here.
    """
    _check(bars)
    for series, frame in zip(bars, frames, strict=True):
        if len(frame) != len(series):
            raise DataError(f"{len(frame)} rows of features for {len(series)} bars of {series.instrument.symbol}")
    labelled = label_series(bars, label, start=start, end=end, regime=ALL)
    facts = _facts(bars, label, feature_set_name, feature_set_hash, weighting=weighting or Weighting())
    columns = tuple(frames[0].columns)

    def pieces(i: int, first: int, stop: int) -> NDArray[np.float64]:
        return np.asarray(frames[i].values[first:stop])

    if select is None:
        return _known_rows(labelled, bars, pieces, columns=columns, facts=facts)
    candidates = _candidates(labelled, bars, pieces, columns=columns, facts=facts)
    return selected(candidates, select, leaks=leaks or Leaks(), measure=measure)


def _known_rows(
    labelled: Labelled,
    bars: Sequence[BarFrame],
    pieces: Pieces,
    *,
    columns: tuple[str, ...],
    facts: Mapping[str, Any],
    folder: Path | None = None,
) -> Dataset:
    """The labelled rows of which every column is known, written down as they come by."""
    rows = Growing(len(labelled), len(columns), folder=folder)
    keep = np.zeros(len(labelled), dtype=np.bool_)
    missing = np.zeros(len(columns), dtype=np.int64)
    for part, values in walk(labelled, bars, pieces, len(columns)):
        unknown = np.isnan(values)
        missing += unknown.sum(axis=0)
        keep[part] = ~unknown.any(axis=1)
        rows.add(values[keep[part]].astype(np.float32))
    share = missing / max(len(labelled), 1)
    if not keep.any():
        raise nothing_left(sum(len(series) for series in bars), columns, share)
    return Dataset(
        X=rows.finish(),
        **{name: array[keep] for name, array in labelled.answers.items()},
        missing_share=share,
        columns=columns,
        **facts,
    )


def _candidates(
    labelled: Labelled,
    bars: Sequence[BarFrame],
    pieces: Pieces,
    *,
    columns: tuple[str, ...],
    facts: Mapping[str, Any],
) -> Candidates:
    """All labelled rows with all of their columns, to select among."""
    values = np.empty((len(labelled), len(columns)))
    for part, some in walk(labelled, bars, pieces, len(columns)):
        values[part] = some
    return Candidates(columns, values, labelled.answers, facts, bars=sum(len(series) for series in bars))


def _facts(
    bars: Sequence[BarFrame], label: LabelSpec, features: str, features_hash: str, *, weighting: Weighting
) -> dict[str, Any]:
    return {
        "instruments": tuple(series.instrument for series in bars),
        "timeframe": bars[0].timeframe,
        "label": label,
        "feature_set": features,
        "feature_set_hash": features_hash,
        "weighting": weighting,
    }


def _code(label: LabelSpec, regime: str, *, selecting: bool) -> dict[str, str]:
    """Hashes of the code that labels, puts together and weighs, and of the columns that labels and regimes read."""
    words = [value for value in label.resolved.values() if isinstance(value, str)]
    read = [word for word in words if word in catalog.names()]
    read += [] if regime == ALL else [regime_column(regime)[0]]
    code = {
        f"the label {label.name}": code_hash(get_label(label.name).answer),
        "putting together": stable_hash([code_hash(label_series), code_hash(walk), code_hash(_known_rows)]),
        "weighing": stable_hash([code_hash(uniqueness), code_hash(Weighting.weights)]),
    }
    if label.name == PATTERN_SUCCESS:
        sets = event_sets(traded_patterns(str(label.resolved["pattern"])))
        code["the patterns"] = stable_hash([code_hash(assemble_events), *(one.hash for one in sets)])
    if read:
        code["the columns that labels and regimes read"] = FeatureSet("read", tuple(dict.fromkeys(read))).hash
    if selecting:
        code["the selection"] = stable_hash([code_hash(choose), code_hash(selected), code_hash(find_leaks)])
    return code


def _unknown_sides(bars: Sequence[BarFrame]) -> list[str]:
    """Side columns of which some series has not a single value."""
    return [name for name in SIDE_COLUMNS if any(np.isnan(series.column(name)).all() for series in bars)]


def _check(bars: Sequence[BarFrame]) -> None:
    if not bars:
        raise DataError("a dataset needs at least one series of bars")
    timeframes = sorted({str(series.timeframe) for series in bars})
    if len(timeframes) > 1:
        raise DataError(f"series of different timeframes: {timeframes}", hint="a dataset has one timeframe")
    symbols = [series.instrument.symbol for series in bars]
    if len(set(symbols)) < len(symbols):
        raise DataError(f"a symbol occurs twice among {symbols}", hint="give every instrument one series")
