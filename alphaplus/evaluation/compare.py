"""Comparisons of forecasts by their losses, and the correction for making several of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean of (loss - loss of the rival), its t statistic, and the one-sided p-value of the loss being no smaller."""

    difference: float
    statistic: float
    p_value: float
    n: int


def hln(loss: Floats, rival: Floats, *, horizon: int) -> Comparison:
    """Test whether `loss` is smaller than `rival`, both (n,) in order of time, of forecasts `horizon` steps ahead.

    Diebold and Mariano (1995) with the correction of Harvey, Leybourne and Newbold (1997): autocovariances up to
    horizon - 1, unweighted, a factor for small samples and Student's t with n - 1 degrees of freedom. Where unweighted
    autocovariances give no positive variance they are weighted after Bartlett. Equal losses have p = 1.
    """
    from scipy.stats import t as student

    difference = loss - rival
    n = len(difference)
    if n < 2 or bool(np.all(difference == 0.0)):
        return Comparison(0.0 if n else float("nan"), 0.0, 1.0, n)
    mean = float(difference.mean())
    centred = difference - mean
    steps = min(horizon, n - 1)
    covariance = np.array([float(centred[lag:] @ centred[: n - lag]) / n for lag in range(steps)])
    variance = (covariance[0] + 2.0 * covariance[1:].sum()) / n
    if variance <= 0.0:
        weights = 1.0 - np.arange(1, steps) / steps
        variance = (covariance[0] + 2.0 * (weights * covariance[1:]).sum()) / n
    if variance <= 0.0:  # a constant difference
        statistic = float(np.sign(mean)) * np.inf
        return Comparison(mean, statistic, 0.0 if mean < 0.0 else 1.0, n)
    correction = np.sqrt(max(n + 1 - 2 * steps + steps * (steps - 1) / n, 0.0) / n)
    statistic = float(correction * mean / np.sqrt(variance))
    return Comparison(mean, statistic, float(student.cdf(statistic, df=n - 1)), n)


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Adjusted p-values (k,): those at most q may be rejected while false rejections stay under a share q.

    Reference: Benjamini and Hochberg (1995).
    """
    k = len(p_values)
    order = np.argsort(p_values)
    adjusted = p_values[order] * k / np.arange(1, k + 1)
    adjusted = np.minimum.accumulate(adjusted[::-1])[::-1]
    result = np.empty(k)
    result[order] = np.minimum(adjusted, 1.0)
    return result
