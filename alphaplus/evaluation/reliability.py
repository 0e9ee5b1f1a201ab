"""The reliability curve: what happened on average where about the same was forecast, as a report can draw it."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.evaluation.bootstrap import DRAWS, optimal_block, stationary_bootstrap
from alphaplus.evaluation.calibration import bins, calibration_curve

Floats = NDArray[np.float64]


def reliability(
    actual: Floats,
    predicted: Floats,
    *,
    as_of: NDArray[np.int64],
    horizon: int = 1,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, list[float] | list[int]]:
    """Bins of equal mass of the forecasts (n,): `predicted` and `observed` means, `low`, `high` and `count`, each (b,).

    `low` and `high` bound what happened, by the stationary bootstrap of whole times `as_of` (n,), in increasing order;
    blocks are at least `horizon` times long. Works for probabilities and for amounts. Empty bins are left out.
    """
    curve = calibration_curve(actual, predicted)
    number = bins(predicted)
    member = (number[:, None] == np.unique(number)).astype(np.float64)
    starts = np.flatnonzero(np.diff(as_of, prepend=as_of[:1] - 1))
    columns = np.add.reduceat(np.column_stack([member, member * actual[:, None]]), starts, axis=0)
    block = max(float(horizon), optimal_block(np.add.reduceat(actual - predicted, starts)))
    drawn = stationary_bootstrap(columns, block=block, draws=draws, seed=seed)
    rows, sums = np.hsplit(drawn, 2)
    drawn_means = np.divide(sums, rows, out=np.full_like(sums, np.nan), where=rows > 0.5 / len(columns))
    low, high = np.nanquantile(drawn_means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return {
        "predicted": curve.predicted.tolist(),
        "observed": curve.observed.tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
        "count": curve.count.tolist(),
    }
