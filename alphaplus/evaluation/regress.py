"""Metrics of regressions: how far off, how much better than the mean, and how well ranked."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import DataError
from alphaplus.evaluation.bootstrap import DRAWS, Interval, from_draws, optimal_block, stationary_bootstrap
from alphaplus.evaluation.losses import qlike, squared_error

Floats = NDArray[np.float64]


def score(y: Floats, p: Floats, *, base: Floats | float, log_variance: bool = False) -> dict[str, float]:
    """Metrics of forecasts p (n,) of y (n,), both in the label's unit; `base` the mean known beforehand, one or (n,).

    mae, mse; r2 against the mean of y itself; skill = 1 - mse / mse of `base`, the out-of-sample R2 of Campbell and
    Thompson (2008); rank_ic, Spearman's correlation of forecast and outcome; direction_accuracy, how often the sign was
    right, among rows with y other than 0. Logarithms of variances have no direction: qlike stands in its place, and
    base_qlike, that of `base`.
    """
    if not len(y):
        raise DataError("no rows to score")
    columns = _columns(y, p, base, log_variance=log_variance)
    values = _from_means(columns.mean(axis=0, keepdims=True))
    return {name: float(value[0]) for name, value in values.items()} | {"n": float(len(y))}


def with_intervals(
    y: Floats,
    p: Floats,
    *,
    base: Floats | float,
    as_of: NDArray[np.int64],
    horizon: int = 1,
    log_variance: bool = False,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Interval]:
    """The metrics of `score`, each with its stationary-bootstrap interval; rows of one time are drawn together.

    Blocks are at least `horizon` times long. Ranks are taken once over all rows, so the draws of rank_ic resample the
    correlation of the ranks.
    """
    values = score(y, p, base=base, log_variance=log_variance)
    starts = np.flatnonzero(np.diff(as_of, prepend=as_of[:1] - 1))
    rows = _columns(y, p, base, log_variance=log_variance)
    columns = np.add.reduceat(np.column_stack([np.ones(len(y)), rows]), starts, axis=0)
    block = max(float(horizon), optimal_block(columns[:, 2]))
    means = stationary_bootstrap(columns, block=block, draws=draws, seed=seed)
    drawn = _from_means(means[:, 1:] / means[:, :1])
    return {name: from_draws(values[name], drawn[name], level=level, block=block) for name in drawn}


def ranks(x: Floats) -> Floats:
    """Ranks (n,) from 1 on; equal values share the mean of theirs."""
    _, number, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Floats = (last - (counts - 1) / 2.0)[number]
    return shared


def _columns(y: Floats, p: Floats, base: Floats | float, *, log_variance: bool) -> Floats:
    """Per row: |error|, squared error, that of the base, y, y^2, ranks and their products, sign right, sign known.

    For logarithms of variances also the QLIKE of forecast and base.
    """
    usual = np.broadcast_to(base, y.shape)
    a, b = ranks(y), ranks(p)
    a, b = a - a.mean(), b - b.mean()
    known = y != 0.0
    right = known & (np.sign(p) == np.sign(y))
    centred = y - y.mean()
    return np.column_stack(
        [
            np.abs(y - p),
            squared_error(y, p),
            squared_error(y, usual),
            centred,
            centred**2,
            a,
            b,
            a * a,
            b * b,
            a * b,
            right,
            known,
            *([qlike(y, p), qlike(y, usual)] if log_variance else []),
        ]
    )


def _from_means(means: Floats) -> dict[str, Floats]:
    mae, mse, base_mse, mean, square, a, b, aa, bb, ab, right, known, *variance = means.T
    with np.errstate(divide="ignore", invalid="ignore"):
        of_sign_or_variance = (
            dict(zip(("qlike", "base_qlike"), variance, strict=True))
            if variance
            else {"direction_accuracy": right / known}
        )
        return {
            "mae": mae,
            "mse": mse,
            "base_mse": base_mse,
            "r2": 1.0 - mse / (square - mean**2),
            "skill": 1.0 - mse / base_mse,
            "rank_ic": (ab - a * b) / np.sqrt((aa - a * a) * (bb - b * b)),
            **of_sign_or_variance,
        }
