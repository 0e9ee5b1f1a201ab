"""Forecasts of a logarithm made into forecasts of the amount itself.

The mean of an amount is more than the exponential of the mean of its logarithm (Jensen), by a factor that depends on
how far forecasts are off. Reference: Duan, Smearing Estimate: A Nonparametric Retransformation Method (1983).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def smeared(actual: Floats, predicted: Floats, fold: NDArray[np.int32]) -> Floats:
    """Forecasts (n,) of a logarithm, raised to the logarithm of the amount that they mean; NaN in the first fold.

    The factor is the mean of exp(actual - predicted) over all folds before, numbered from 0 in order of time, so no row
    has a part in its own.
    """
    raised = np.full(len(predicted), np.nan)
    for number in range(1, int(fold.max(initial=0)) + 1):
        own, before = fold == number, fold < number
        raised[own] = predicted[own] + np.log(np.mean(np.exp(actual[before] - predicted[before])))
    return raised
