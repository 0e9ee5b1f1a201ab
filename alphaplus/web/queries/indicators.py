"""The indicator lines of the chart, from the same engine that feeds the models."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.web.queries.stores import installation

COLUMNS = ("ema_20", "ema_50", "rsi_14")
WARMUP = 1000  # bars read before the first one shown; after 20 windows no line remembers where it began

_one_at_a_time = Lock()  # the first call compiles; a second one would compile the same again


def indicators(bars: BarFrame) -> dict[str, NDArray[np.float64]]:
    """The indicator columns of bars, float64 (n,) each, NaN while warming up."""
    from alphaplus.features.compute import compute_features
    from alphaplus.features.sets import FeatureSet

    with _one_at_a_time:
        frame = compute_features(bars, FeatureSet("chart", COLUMNS), cache_folder=installation().cache_folder)
    return {name: frame.values[:, position] for position, name in enumerate(frame.columns)}
