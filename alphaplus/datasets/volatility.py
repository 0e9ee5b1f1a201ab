"""Causal volatility: an exponentially weighted standard deviation of returns, known at the close of each bar."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame

SPAN = 100  # bars; the span of Lopez de Prado, Advances in Financial Machine Learning (2018), section 3.3
LEAST = 20  # returns before the first value


def ewma_volatility(bars: BarFrame) -> NDArray[np.float64]:
    """Standard deviation of one bar's log return (n,), seen from the close of that bar; NaN for the first LEAST bars.

    Weights decay by 1 - 2/(SPAN + 1) a bar and are normalised, so no starting value is needed. The mean is taken as
    zero. A return over a gap of m missing bars counts as the variance of m + 1 bars.
    """
    if len(bars) == 0:
        return np.empty(0)
    squares = np.full(len(bars), np.nan)
    squares[1:] = np.diff(np.log(bars.column("close"))) ** 2 / (1.0 + bars.missing_before[1:])
    seen = pl.Series(squares).fill_nan(None)
    variance = seen.ewm_mean(span=SPAN, adjust=True, ignore_nulls=True, min_samples=LEAST)
    volatility: NDArray[np.float64] = np.sqrt(variance.fill_null(np.nan).to_numpy())
    return volatility
