"""Overfitting by selection: how good the best of many useless trials would look, and whether ours looks better."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EULER = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class DeflatedSharpe:
    """`probability` that the true Sharpe ratio exceeds `threshold`, the best expected of so many useless trials.

    `sharpe` and `threshold` are per period.
    """

    sharpe: float
    threshold: float
    probability: float
    n: int
    trials: int


def expected_best(trials: int, *, deviation: float) -> float:
    """Expected largest of `trials` independent normal Sharpe ratios of mean 0 and this standard deviation."""
    from scipy.stats import norm

    if trials < 2:
        return 0.0
    near, far = norm.ppf(1.0 - 1.0 / trials), norm.ppf(1.0 - 1.0 / (trials * np.e))
    return float(deviation * ((1.0 - EULER) * near + EULER * far))


def deflated_sharpe(
    sharpe: float, *, n: int, skew: float = 0.0, kurtosis: float = 3.0, trials: int = 1, deviation: float = 0.0
) -> DeflatedSharpe:
    """Deflated Sharpe ratio of Bailey and Lopez de Prado (2014).

    `sharpe` per period over `n` periods; `kurtosis` is 3 for a normal distribution; `deviation` is the standard
    deviation of the Sharpe ratios per period over all trials.
    """
    from scipy.stats import norm

    threshold = expected_best(trials, deviation=deviation)
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if n < 2 or not np.isfinite(sharpe) or spread <= 0.0:
        return DeflatedSharpe(sharpe, threshold, float("nan"), n, trials)
    probability = float(norm.cdf((sharpe - threshold) * np.sqrt(n - 1) / np.sqrt(spread)))
    return DeflatedSharpe(sharpe, threshold, probability, n, trials)


def deflated_sharpe_of(returns: Floats, *, trials: int = 1, trial_sharpes: Sequence[float] = ()) -> DeflatedSharpe:
    """Deflated Sharpe ratio of returns per period (n,), their skewness and kurtosis taken from themselves.

    `trial_sharpes` are per period. With fewer than two of them the spread of the trials is taken as that of useless
    ones, 1 / sqrt(n).
    """
    n = len(returns)
    deviation = float(returns.std(ddof=1)) if n > 1 else 0.0
    if deviation == 0.0:
        return DeflatedSharpe(float("nan"), 0.0, float("nan"), n, trials)
    centred = returns - returns.mean()
    scale = float(np.sqrt(np.mean(centred**2)))
    spread = float(np.std(trial_sharpes, ddof=1)) if len(trial_sharpes) > 1 else 1.0 / np.sqrt(n)
    return deflated_sharpe(
        float(returns.mean()) / deviation,
        n=n,
        skew=float(np.mean((centred / scale) ** 3)),
        kurtosis=float(np.mean((centred / scale) ** 4)),
        trials=trials,
        deviation=float(spread),
    )


def pbo_of_blocks(blocks: Floats) -> float:
    """Probability of backtest overfitting of trials, from their mean gains (S, N) in S equal blocks of time, S even.

    Of all divisions of the blocks into two halves: the share in which the trial that is best on one half is no better
    than the median on the other (combinatorially symmetric cross-validation, Bailey, Borwein, Lopez de Prado & Zhu
    2017). NaN for fewer than two trials.
    """
    s, n = blocks.shape
    if n < 2:
        return float("nan")
    chosen = np.zeros((comb(s, s // 2), s))
    for row, places in enumerate(combinations(range(s), s // 2)):
        chosen[row, places] = 1.0
    inside, outside = chosen @ blocks, (1.0 - chosen) @ blocks
    best = np.argmax(inside, axis=1)
    own = outside[np.arange(len(chosen)), best][:, None]
    rank = np.sum(outside < own, axis=1) + 0.5 * (np.sum(outside == own, axis=1) + 1.0)  # 1 to n, the mean of ties
    return float(np.mean(rank / (n + 1.0) <= 0.5))
