"""Overfitting by selection: how good the best of many useless trials would look, and whether ours looks better."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError, DataError, NotEnoughSamples

Floats = NDArray[np.float64]

EULER = 0.5772156649015329
BLOCKS = 16  # 12,870 ways to choose half of them
LARGEST = 2_000_000  # numbers of one table, to bound memory


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


def minimum_years(trials: int, *, sharpe: float = 1.0) -> float:
    """Years of history under which the best of so many useless trials is expected to show this annual Sharpe ratio.

    Minimum backtest length of Bailey, Borwein, Lopez de Prado and Zhu (2014), with the expected maximum itself instead
    of the bound they derive from it.
    """
    if sharpe <= 0.0:
        raise ConfigError(f"a Sharpe ratio of {sharpe:g} is no target", hint="it is positive")
    return (expected_best(trials, deviation=1.0) / sharpe) ** 2


def pbo_of_blocks(means: Floats) -> float:
    """Probability of backtest overfitting of trials whose performance is a mean, as a log loss with its sign turned.

    means: (S, N), the performance of each trial in each of S equal blocks of time, more being better; see
    `pbo_of_returns`.
    """
    return _pbo(means[:, :, None], lambda table: table[..., 0])


def pbo_of_returns(returns: Floats, *, blocks: int = BLOCKS) -> float:
    """Probability of backtest overfitting of trials judged by the Sharpe ratio of their returns (T, N) per period.

    Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2017): time is cut into blocks;
    for every choice of half of them the best trial there is looked up, and its rank among all trials on the other half.
    The probability is the share of choices in which it is no better there than the median trial: about one half where
    no trial is better than another. A trial that never trades has the ratio 0.
    """
    if len(returns) < 2 * blocks:
        raise NotEnoughSamples(f"{len(returns)} periods cannot be cut into {blocks} blocks", hint="use fewer blocks")
    parts = np.array_split(returns, blocks)
    sums = np.stack([np.stack([part.sum(axis=0), (part**2).sum(axis=0)], axis=-1) for part in parts])
    size = np.array([float(len(part)) for part in parts])
    count = np.broadcast_to(size[:, None, None], (*sums.shape[:2], 1))
    return _pbo(np.concatenate([sums, count], axis=2), _sharpe_of_sums)


def _sharpe_of_sums(table: Floats) -> Floats:
    """Sharpe ratios from sums of returns, of their squares, and numbers of periods (..., 3)."""
    mean, square = table[..., 0] / table[..., 2], table[..., 1] / table[..., 2]
    variance = square - mean**2
    moves = variance > np.finfo(np.float64).eps * square
    return np.divide(mean, np.sqrt(variance, where=moves, out=np.ones_like(mean)), out=np.zeros_like(mean), where=moves)


def _pbo(table: Floats, performance: Callable[[Floats], Floats]) -> float:
    """The probability from sums (S, N, k) by block, and the performance (c, N) that sums (c, N, k) of halves mean."""
    blocks, trials, kinds = table.shape
    if blocks < 2 or blocks % 2 or trials < 2:
        raise DataError(f"{trials} trials in {blocks} blocks", hint="two trials or more, and an even number of blocks")
    if not np.isfinite(table).all():
        raise DataError("performances that are NaN or infinite cannot be ranked")
    chosen = np.zeros((comb(blocks, blocks // 2), blocks))
    for row, places in enumerate(combinations(range(blocks), blocks // 2)):
        chosen[row, places] = 1.0
    flat = table.reshape(blocks, -1)
    overfitted = 0.0
    for half in np.array_split(chosen, -(-len(chosen) * flat.shape[1] // LARGEST)):
        inside, outside = (performance((part @ flat).reshape(len(part), trials, kinds)) for part in (half, 1.0 - half))
        best = np.take_along_axis(outside, inside.argmax(axis=1)[:, None], axis=1)
        below, equal = (outside < best).sum(axis=1), (outside == best).sum(axis=1)
        rank = below + (equal + 1.0) / 2.0  # 1 to N, equals sharing the mean of theirs
        overfitted += float(np.count_nonzero(rank <= (trials + 1) / 2.0))
    return overfitted / len(chosen)
