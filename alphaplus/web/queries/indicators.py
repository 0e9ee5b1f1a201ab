"""The indicator lines of the chart, from the same engine that feeds the models."""

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.web.queries.stores import bar_store, installation

if TYPE_CHECKING:
    from alphaplus.features.sets import FeatureSet

COLUMNS = ("ema_20", "ema_50", "rsi_14")
WARMUP = 1000  # bars read before the first one shown; after 20 windows no line remembers where it began

_one_at_a_time = Lock()  # the first call compiles; a second one would compile the same again


def drawn() -> "FeatureSet":
    """The feature set of the chart's lines; a warm-up compiles it ahead of the first page."""
    from alphaplus.features.sets import FeatureSet

    return FeatureSet("chart", COLUMNS)


def warm() -> None:
    """Compile the lines for every stored timeframe, so that the first page does not wait for it."""
    from alphaplus.features.compiler import warm as compile_ahead

    chart = drawn()
    timeframes = {series.timeframe for series in bar_store().series()}
    with _one_at_a_time:
        compile_ahead(chart.columns, chart.max_gap, sorted(timeframes), installation().cache_folder)


def indicators(bars: BarFrame) -> dict[str, NDArray[np.float64]]:
    """The indicator columns of bars, float64 (n,) each, NaN while warming up."""
    from alphaplus.features.compute import compute_features

    with _one_at_a_time:
        frame = compute_features(bars, drawn(), cache_folder=installation().cache_folder)
    return {name: frame.values[:, position] for position, name in enumerate(frame.columns)}
