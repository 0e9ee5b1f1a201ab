"""Regression metrics against scipy and scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from alphaplus.core.errors import DataError
from alphaplus.evaluation import regress
from alphaplus.evaluation.losses import qlike


def sample(n=1500, seed=0, *, ties=False):
    rng = np.random.default_rng(seed)
    p = rng.normal(size=n)
    y = 0.3 * p + rng.normal(size=n)
    return (np.round(y, 1), np.round(p, 1)) if ties else (y, p)


@pytest.mark.parametrize("ties", [False, True])
def test_metrics_equal_the_oracles(ties):
    y, p = sample(ties=ties)
    found = regress.score(y, p, base=0.1)
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(y, p), rel=1e-12)
    assert found["mse"] == pytest.approx(sk.mean_squared_error(y, p), rel=1e-12)
    assert found["r2"] == pytest.approx(sk.r2_score(y, p), rel=1e-12)
    assert found["rank_ic"] == pytest.approx(stats.spearmanr(y, p).statistic, rel=1e-12)
    assert found["skill"] == pytest.approx(1 - sk.mean_squared_error(y, p) / np.mean((y - 0.1) ** 2), rel=1e-12)
    known = y != 0
    assert found["direction_accuracy"] == pytest.approx(np.mean(np.sign(y[known]) == np.sign(p[known])), rel=1e-12)
    assert np.array_equal(regress.ranks(y), stats.rankdata(y))


def test_qlike_is_that_of_the_variances():
    """Patton 2011: v/f - log(v/f) - 1, of the variances themselves."""
    y, p = sample(seed=3)
    variance, forecast = np.exp(y), np.exp(p)
    expected = np.mean(variance / forecast - np.log(variance / forecast) - 1.0)
    found = regress.score(y, p, base=0.2, log_variance=True)
    assert found["qlike"] == pytest.approx(expected, rel=1e-12)
    assert found["base_qlike"] == pytest.approx(np.mean(variance / np.exp(0.2) - (y - 0.2) - 1.0), rel=1e-12)
    assert regress.score(y, y, base=0.0, log_variance=True)["qlike"] == 0.0
    assert "qlike" not in regress.score(y, p, base=0.2)
    assert "direction_accuracy" not in found  # the sign of a logarithm says only what the unit is
    interval = regress.with_intervals(y, p, base=0.2, as_of=np.arange(len(y)), log_variance=True)["qlike"]
    assert interval.low < interval.value == found["qlike"] < interval.high


def test_qlike_ranks_forecasts_rightly_by_a_noisy_measure():
    """The measured variance is chi-squared around the true one; the true one still has the least loss on average."""
    rng = np.random.default_rng(4)
    true = rng.normal(size=40_000)
    measured = true + np.log(rng.chisquare(3, 40_000) / 3)
    losses = {shift: qlike(measured, true + shift).mean() for shift in (-0.2, -0.1, 0.0, 0.1, 0.2)}
    assert min(losses, key=losses.get) == 0.0


def test_intervals_surround_the_values():
    y, p = sample(seed=1)
    found = regress.with_intervals(y, p, base=0.0, as_of=np.arange(len(y)), horizon=5)
    values = regress.score(y, p, base=0.0)
    assert set(found) == set(values) - {"n"}
    for name, one in found.items():
        assert one.value == values[name]
        assert one.low < one.value < one.high
        assert one.block >= 5
    width = found["rank_ic"].high - found["rank_ic"].low
    assert width == pytest.approx(2 * 1.96 / np.sqrt(len(y)), rel=0.25)


def test_rows_of_one_time_are_drawn_together():
    y, p = sample(300)
    once = regress.with_intervals(y, p, base=0.0, as_of=np.arange(300))
    twice = regress.with_intervals(np.repeat(y, 2), np.repeat(p, 2), base=0.0, as_of=np.repeat(np.arange(300), 2))
    for name in ("mae", "mse", "skill"):
        assert twice[name].low == pytest.approx(once[name].low, rel=1e-9)


def test_constant_forecast_has_no_rank():
    y, _ = sample(100)
    assert np.isnan(regress.score(y, np.ones(100), base=0.0)["rank_ic"])


def test_nothing_to_score():
    with pytest.raises(DataError):
        regress.score(np.empty(0), np.empty(0), base=0.0)
