"""The labelled bars of several series in order of time, and their features, which come by in pieces.

All columns of all bars would take twice the memory of what a model learns from, and much more with many symbols. So
the series are walked through side by side, a few thousand bars at a time, and of their features only the rows that are
kept are written down, once, where they belong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.datasets.labelling import LabelSpec, make
from alphaplus.datasets.regimes import in_regime
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet

BARS = 4096  # of every series in a piece
FLOAT32_MAX = float(np.finfo(np.float32).max)

Pieces = Callable[[int, int, int], NDArray[np.float64]]
"""Features (b - a, p) of the bars a to b of a series, by its position; asked for in order of time, none left out."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The labelled bars of several series, ordered by time and then by series.

    `answers` are arrays (n,) as a Dataset has them, all but X; bar: (n,) int64, position of the bar in its series.
    """

    answers: Mapping[str, Any]
    bar: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bar)


def label_series(
    bars: Sequence[BarFrame],
    label: LabelSpec,
    *,
    start: int | None = None,
    end: int | None = None,
    regime: str,
    cache_folder: Path | None = None,
) -> Labelled:
    """Label every series; of bars that closed before `start`, or whose label looked at `end` or later, none is kept."""
    parts = [
        _answers(series, label, start=start, end=end, among=in_regime(regime, series, cache_folder=cache_folder))
        for series in bars
    ]
    position = np.concatenate([np.full(len(part["bar"]), i, dtype=np.int32) for i, part in enumerate(parts)])
    order = np.lexsort((position, np.concatenate([part["as_of"] for part in parts])))
    answers = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
    bar = answers.pop("bar")
    return Labelled({**answers, "instrument_id": position[order]}, bar)


def walk(
    labelled: Labelled, bars: Sequence[BarFrame], pieces: Pieces, columns: int
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """The labelled rows in order, some thousand at a time: which they are, and their features (m, p).

    What is not known, or what float32 cannot hold, is NaN.
    """
    as_of, position = labelled.answers["as_of"], labelled.answers["instrument_id"]
    begun, row = [0] * len(bars), 0
    for edge in _edges(bars):
        until = int(np.searchsorted(as_of, edge, side="right"))
        values = np.empty((until - row, columns))
        for i, series in enumerate(bars):
            stop = int(np.searchsorted(series.open_time, edge - series.timeframe.ms, side="right"))
            if stop > begun[i]:
                mine = np.flatnonzero(position[row:until] == i)
                values[mine] = pieces(i, begun[i], stop)[labelled.bar[row:until][mine] - begun[i]]
                begun[i] = stop
        values[~(np.abs(values) <= FLOAT32_MAX)] = np.nan
        yield slice(row, until), values
        row = until


def computed(bars: Sequence[BarFrame], features: FeatureSet, *, cache_folder: Path | None = None) -> Pieces:
    """Compute the features of every series as they are asked for."""
    engines = [
        FeatureEngine(features, series.instrument, series.timeframe, cache_folder=cache_folder) for series in bars
    ]
    return lambda i, start, stop: engines[i].advance(bars[i].rows(start, stop)).values


def _edges(bars: Sequence[BarFrame]) -> list[int]:
    """Closes (ms UTC) that divide all series into pieces, the last close of all among them."""
    step = BARS * bars[0].timeframe.ms
    first = min((int(series.close_time[0]) for series in bars if len(series)), default=0)
    last = max((int(series.close_time[-1]) for series in bars if len(series)), default=0)
    return [*range(first, last, step), last]


def _answers(
    bars: BarFrame, label: LabelSpec, *, start: int | None, end: int | None, among: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """The labelled rows of one series, with the number of their bar."""
    labelled = make(label, bars)
    close, times = bars.column("close"), bars.close_time
    last_return = np.full(len(bars), np.nan)
    last_return[1:] = close[1:] / close[:-1] - 1.0
    keep = labelled.valid & np.isfinite(last_return) & among
    if start is not None:
        keep &= times >= start
    if end is not None:
        keep &= times[labelled.span_end] < end
    rows = np.flatnonzero(keep)
    return {
        "bar": rows,
        "y": labelled.y[rows],
        "as_of": times[rows],
        "span_end": times[labelled.span_end[rows]],
        "outcome": labelled.outcome[rows],
        "last_return": last_return[rows],
        "last_known": labelled.last_known[rows],
    }
