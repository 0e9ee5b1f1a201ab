"""Comparison of losses: size, power, and the correction for several comparisons."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from alphaplus.evaluation.compare import benjamini_hochberg, hln
from alphaplus.evaluation.losses import binary_log_loss


def test_one_step_ahead_it_is_a_t_test():
    """Up to the factor: with horizon 1 the correction is sqrt((n - 1)/n), and the variance has divisor n."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 80))
    found = hln(a, b, horizon=1)
    t = stats.ttest_1samp(a - b, 0.0, alternative="less")
    assert found.statistic == pytest.approx(t.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(t.pvalue, rel=1e-12)
    assert found.difference == pytest.approx((a - b).mean())


def test_formula_with_overlap():
    rng = np.random.default_rng(1)
    d = np.convolve(rng.normal(0.1, 1.0, 203), np.ones(4) / 4, mode="valid")
    n, h, c = len(d), 4, d - d.mean()
    variance = (c @ c + 2 * sum(c[k:] @ c[:-k] for k in (1, 2, 3))) / n / n
    expected = np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n) * d.mean() / np.sqrt(variance)
    assert hln(d, np.zeros(n), horizon=4).statistic == pytest.approx(expected, rel=1e-12)


def test_negative_variance_is_weighted_instead():
    d = np.tile([1.0, -1.0], 20) + 0.01
    found = hln(d, np.zeros(40), horizon=2)  # lag 1 is -1: the unweighted sum is negative
    assert np.isfinite(found.statistic)
    assert found.statistic > 0.0
    assert found.p_value > 0.5


def test_equal_and_constant_differences():
    x = np.arange(10.0)
    assert hln(x, x, horizon=3).p_value == 1.0
    assert hln(x - 0.5, x, horizon=3).p_value == 0.0
    assert hln(x + 0.5, x, horizon=3).p_value == 1.0
    assert hln(x[:1], x[:1], horizon=3).p_value == 1.0


def overlapping_game(rng, n=1500, horizon=24):
    """Losses of a persistent random forecaster and of the base rate on overlapping outcomes of a driftless walk."""
    steps = rng.normal(size=n + horizon)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    up = (sums[horizon : n + horizon] > sums[:n]).astype(float)
    signal = np.convolve(rng.normal(size=n + horizon - 1), np.ones(horizon), mode="valid")
    forecast = 0.5 + 0.05 * np.sign(signal)
    return binary_log_loss(up, forecast), binary_log_loss(up, np.full(n, 0.5))


def test_overlap_does_not_fool_it():
    rng = np.random.default_rng(2)
    games = [overlapping_game(rng) for _ in range(300)]
    ours = np.mean([hln(a, b, horizon=24).p_value < 0.05 for a, b in games])
    naive = np.mean([hln(a, b, horizon=1).p_value < 0.05 for a, b in games])
    assert ours <= 0.08
    assert naive > 0.10  # only those that err to the good side; the two-sided share is twice that


def test_it_sees_a_real_difference():
    rng = np.random.default_rng(3)
    a, b = rng.normal(-0.15, 1.0, 2000), rng.normal(0.0, 1.0, 2000)
    assert hln(a, b, horizon=5).p_value < 0.01
    assert hln(b, a, horizon=5).p_value > 0.99


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_benjamini_hochberg_equals_scipy(p_values):
    p = np.array(p_values)
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p), rel=1e-12, abs=1e-300)
