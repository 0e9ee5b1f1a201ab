"""Stationary bootstrap: intervals for statistics of rows that depend on their neighbours in time.

Blocks of random, geometric length start at random rows and wrap around the end (Politis and Romano 1994). Statistics
that are functions of means are resampled through running sums, so that a draw costs its number of blocks and not its
number of rows; ranks (AUC, average precision) are resampled by counting rows in an order sorted once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.evaluation.resampling import draw_means, draw_ranks

Floats = NDArray[np.float64]

DRAWS = 2000
UNITS = 4000  # that a long series is drawn in: more would not narrow what 2,000 draws can tell


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the bounds of its two-sided interval at `level`."""

    value: float
    low: float
    high: float
    level: float
    draws: int
    block: float


def stationary_bootstrap(values: Floats, *, block: float, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Means of resampled rows (draws, k) of `values` (n, k) or (n,), blocks of `block` rows on average.

    A draw costs its number of blocks, which of 100,000 independent rows are as many. From 8,000 rows on neighbours are
    therefore drawn together, some 4,000 groups of them; the law of the mean is the same but for what the joints of so
    many groups add to it.
    """
    table = values[:, None] if values.ndim == 1 else values
    centre = table.mean(axis=0)  # running sums of centred values keep their digits
    together = len(table) // UNITS
    grouped = np.column_stack([table - centre, np.ones(len(table))])
    if together > 1:
        grouped = np.add.reduceat(grouped, np.arange(0, len(table), together), axis=0)
    sums = np.zeros((len(grouped) + 1, grouped.shape[1]))
    np.cumsum(grouped, axis=0, out=sums[1:])
    drawn = draw_means(sums, max(block / max(together, 1), 1.0), draws, np.uint64(seed))
    means: Floats = centre + drawn[:, :-1] / drawn[:, -1:]
    return means


def interval(
    values: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    block: float | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a statistic of column means.

    `values` (n, k) are rows in order of time; `statistic` maps means (m, k) to values (m,). Without `block` the length
    is chosen from the first column by `optimal_block`.
    """
    table = values[:, None] if values.ndim == 1 else values
    length = optimal_block(table[:, 0]) if block is None else max(block, 1.0)
    estimate = float(statistic(table.mean(axis=0, keepdims=True))[0])
    drawn = statistic(stationary_bootstrap(table, block=length, draws=draws, seed=seed))
    return from_draws(estimate, drawn, level=level, block=length)


def from_draws(estimate: float, drawn: Floats, *, level: float, block: float) -> Interval:
    """Percentile interval of draws (m,); draws in which the statistic is undefined are left out."""
    defined = drawn[np.isfinite(drawn)]
    if not len(defined):
        return Interval(estimate, float("nan"), float("nan"), level, len(drawn), block)
    low, high = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Interval(estimate, float(low), float(high), level, len(drawn), block)


def rank_draws(
    up: Floats, score: Floats, *, unit: NDArray[np.intp], block: float, draws: int = DRAWS, seed: int = 0
) -> Floats:
    """Resampled area under the ROC curve and average precision (draws, 2), ties counted half.

    up: (n,) 1.0 or 0.0; score: (n,); unit: (n,) number of the time each row belongs to, 0 to m - 1 in order. Whole
    times are drawn, in blocks of `block` times on average. The draws are those of `stationary_bootstrap` on m rows.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.diff(score[order]) != 0.0, True)
    units = int(unit.max()) + 1 if len(unit) else 0
    drawn: Floats = draw_ranks(
        up[order] > 0.0, ends, unit[order].astype(np.int32), units, max(block, 1.0), draws, np.uint64(seed)
    )
    return drawn


def optimal_block(series: Floats) -> float:
    """Mean block length for the mean of a series, at least 1.

    Politis and White (2004) with the correction of Patton, Politis and White (2009): b = (2 G^2 / D)^(1/3) n^(1/3) with
    D = 2 g(0)^2 for the stationary bootstrap, autocovariances tapered by the flat-top window up to twice the lag after
    which they are negligible.
    """
    n = len(series)
    centred = series - series.mean() if n else series
    variance = float(centred @ centred) / n if n else 0.0
    if n < 10 or variance <= 0.0:
        return 1.0
    quiet = max(5, int(np.sqrt(np.log10(n))))
    longest = int(np.ceil(np.sqrt(n))) + quiet
    covariance = _autocovariances(centred, min(longest, n - 1))
    limit = 2.0 * np.sqrt(np.log10(n) / n) * variance
    small = np.abs(covariance[1:]) < limit
    runs = np.convolve(small, np.ones(quiet), mode="valid") == quiet
    loud = np.flatnonzero(~small)
    last_loud = int(loud[-1]) + 1 if len(loud) else 0
    last = int(np.argmax(runs)) if runs.any() else last_loud
    width = min(2 * max(last, 1), len(covariance) - 1)
    lags = np.arange(1, width + 1)
    taper = np.minimum(1.0, 2.0 * (1.0 - lags / width)) if width > 1 else np.zeros(1)
    tapered = taper * covariance[1 : width + 1]
    density = covariance[0] + 2.0 * tapered.sum()
    slope = 2.0 * (lags * tapered).sum()
    if density <= 0.0:
        return 1.0
    block = (2.0 * slope**2 / (2.0 * density**2)) ** (1.0 / 3.0) * n ** (1.0 / 3.0)
    return float(np.clip(block, 1.0, np.ceil(min(3.0 * np.sqrt(n), n / 3.0))))


def _autocovariances(centred: Floats, lags: int) -> Floats:
    """Biased autocovariances at lags 0 to `lags`, by FFT."""
    n = len(centred)
    size = 1 << int(2 * n - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    covariance: Floats = np.fft.irfft(spectrum * np.conj(spectrum), size)[: lags + 1] / n
    return covariance
