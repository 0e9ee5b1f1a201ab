"""Probability of backtest overfitting and minimum backtest length: published numbers and brute force."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import rankdata

from alphaplus.core.errors import ConfigError, DataError, NotEnoughSamples
from alphaplus.evaluation.overfit import minimum_years, pbo_of_blocks, pbo_of_returns


def brute_force(returns, blocks):
    """The paper's algorithm as it is written there: one choice at a time, logits of relative ranks."""
    parts = np.array_split(np.arange(len(returns)), blocks)

    def sharpes(rows):
        return returns[rows].mean(axis=0) / returns[rows].std(axis=0)

    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[b] for b in chosen])
        outside = np.setdiff1d(np.arange(len(returns)), inside)
        best = sharpes(inside).argmax()
        share = rankdata(sharpes(outside))[best] / (returns.shape[1] + 1)
        logits.append(np.log(share / (1 - share)))
    return np.mean(np.array(logits) <= 0)


@pytest.mark.parametrize(("n", "trials", "blocks"), [(100, 7, 6), (101, 12, 8), (90, 2, 4)])
def test_it_is_the_algorithm_of_the_paper(n, trials, blocks):
    returns = np.random.default_rng(n).normal(0.02, 1.0, (n, trials))
    assert pbo_of_returns(returns, blocks=blocks) == brute_force(returns, blocks)


@pytest.fixture(scope="module")
def simulated():
    """Probabilities over 100 seeds of T = 1000, N = 50, S = 10: of noise, and with one strategy of 0.15 per bar."""
    found = []
    for seed in range(100):
        returns = np.random.default_rng(seed).normal(size=(1000, 50))
        better = returns + 0.15 * (np.arange(50) == 17)
        found.append([pbo_of_returns(returns, blocks=10), pbo_of_returns(better, blocks=10)])
    return np.array(found)


def test_noise_is_overfitted_half_of_the_time(simulated):
    """Methodology 6: 0.50 on average, single seeds 0.33 to 0.76."""
    noise = simulated[:, 0]
    assert abs(noise.mean() - 0.5) <= 2.58 * noise.std() / 10.0
    assert np.mean((noise > 0.33) & (noise < 0.76)) > 0.6


def test_one_good_strategy_is_seldom_overfitted(simulated):
    """Methodology 6: 0.09 on average of 12 seeds, whose own standard error is 0.03."""
    good = simulated[:, 1]
    assert good.mean() == pytest.approx(0.09, abs=0.04)
    assert np.mean(good <= 0.21) > 0.8


def test_sixteen_blocks_of_means():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(16, 40))
    assert 0.2 < pbo_of_blocks(noise) < 0.8
    noise[:, 3] += 5.0  # better in every block
    assert pbo_of_blocks(noise) == 0.0


def test_means_and_returns_agree_where_the_spread_is_that_of_all():
    """With the same spread in every block, the Sharpe ratio ranks as the mean does."""
    rng = np.random.default_rng(1)
    means = rng.normal(size=(8, 9))
    shocks = np.tile([100.0, -100.0], 20)[:, None]
    returns = (means[:, None, :] + shocks).reshape(-1, 9)
    assert pbo_of_returns(returns, blocks=8) == pbo_of_blocks(means)


def test_copies_of_one_trial_are_no_evidence_against_overfitting():
    one = np.random.default_rng(2).normal(0.2, 1.0, (200, 1))
    assert pbo_of_returns(np.repeat(one, 5, axis=1), blocks=8) == 1.0
    assert pbo_of_returns(np.zeros((64, 3)), blocks=8) == 1.0  # nobody traded


def test_large_tables_are_taken_in_parts(monkeypatch):
    returns = np.random.default_rng(3).normal(size=(200, 20))
    whole = pbo_of_returns(returns, blocks=8)
    monkeypatch.setattr("alphaplus.evaluation.overfit.LARGEST", 500)
    assert pbo_of_returns(returns, blocks=8) == whole


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(NotEnoughSamples, match="31 periods"):
        pbo_of_returns(np.zeros((31, 3)))
    with pytest.raises(DataError, match="1 trials"):
        pbo_of_blocks(np.zeros((16, 1)))
    with pytest.raises(DataError, match="15 blocks"):
        pbo_of_blocks(np.zeros((15, 4)))
    with pytest.raises(DataError, match="NaN"):
        pbo_of_blocks(np.full((16, 4), np.nan))
    with pytest.raises(ConfigError):
        minimum_years(10, sharpe=0.0)


@pytest.mark.parametrize(("trials", "years"), [(10, 2.5), (45, 5.0), (100, 6.4)])
def test_minimum_length_of_the_paper(trials, years):
    assert round(minimum_years(trials), 1) == years
    assert minimum_years(trials, sharpe=2.0) == pytest.approx(minimum_years(trials) / 4.0)


def test_one_trial_needs_no_length():
    assert minimum_years(1) == 0.0
