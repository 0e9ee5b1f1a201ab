"""Metrics of returns against empyrical, and the deflated Sharpe ratio against its paper."""

import empyrical
import numpy as np
import pytest

from alphaplus.evaluation import returns
from alphaplus.evaluation.overfit import deflated_sharpe, deflated_sharpe_of, expected_best

YEAR = 8760.0


@pytest.fixture(params=range(4))
def series(request):
    rng = np.random.default_rng(request.param)
    return rng.standard_t(5, 2000) * 0.004 + (request.param - 1.5) * 0.0002


def test_metrics_equal_empyrical(series):
    x = series
    assert returns.sharpe(x, per_year=YEAR) == pytest.approx(empyrical.sharpe_ratio(x, annualization=YEAR), rel=1e-12)
    assert returns.sortino(x, per_year=YEAR) == pytest.approx(empyrical.sortino_ratio(x, annualization=YEAR), rel=1e-12)
    assert returns.max_drawdown(x) == pytest.approx(empyrical.max_drawdown(x), rel=1e-12)
    assert returns.calmar(x, per_year=YEAR) == pytest.approx(empyrical.calmar_ratio(x, annualization=YEAR), rel=1e-12)
    assert returns.annual_return(x, per_year=YEAR) == pytest.approx(
        empyrical.annual_return(x, annualization=YEAR), rel=1e-12
    )
    summary = returns.summary(x, per_year=YEAR)
    assert summary["annual_volatility"] == pytest.approx(empyrical.annual_volatility(x, annualization=YEAR), rel=1e-12)
    assert summary["total_return"] == pytest.approx(empyrical.cum_returns_final(x), rel=1e-12)


def test_loss_of_the_first_bar_is_in_the_drawdown():
    assert returns.max_drawdown(np.array([-0.1, 0.05])) == pytest.approx(-0.1)
    assert returns.drawdowns(np.array([0.1, -0.5, 0.2])) == pytest.approx([0.0, -0.5, -0.4])


@pytest.mark.parametrize("x", [np.zeros(50), np.full(50, 0.001), np.array([0.1]), np.empty(0)])
def test_ratios_without_risk_are_undefined(x):
    assert np.isnan(returns.sharpe(x))
    assert np.isnan(returns.sortino(x))
    assert np.isnan(returns.calmar(x, per_year=YEAR))


def test_ruin():
    x = np.array([0.1, -1.0, 0.1])
    assert returns.annual_return(x, per_year=YEAR) == -1.0
    assert returns.max_drawdown(x) == -1.0


def test_trades():
    profits = np.array([3.0, -1.0, 2.0, -1.5, 0.0])
    found = returns.summary(np.array([0.01, -0.01]), per_year=YEAR, profits=profits)
    assert found["profit_factor"] == pytest.approx(2.0)
    assert found["win_rate"] == pytest.approx(0.4)
    assert found["expectancy"] == pytest.approx(0.5)
    assert found["trades"] == 5.0
    assert np.isnan(returns.profit_factor(np.array([1.0])))
    assert np.isnan(returns.summary(np.array([0.01, -0.01]), per_year=YEAR, profits=np.empty(0))["win_rate"])


def test_sharpe_interval_is_as_wide_as_theory_says():
    x = np.random.default_rng(9).normal(0.05, 1.0, 4000)
    found = returns.sharpe_interval(x)
    assert found.value == returns.sharpe(x)
    assert found.low < found.value < found.high
    assert (found.high - found.low) / (2 * 1.645 / np.sqrt(4000)) == pytest.approx(1.0, abs=0.1)


PAPER = {"n": 1250, "deviation": np.sqrt(0.5 / 250)}  # Bailey and Lopez de Prado (2014): SR 2.5 a year, variance 0.5


def test_deflated_sharpe_of_the_paper():
    ours = deflated_sharpe(2.5 / np.sqrt(250), trials=100, skew=-3.0, kurtosis=10.0, **PAPER)
    assert round(ours.threshold, 4) == 0.1132
    assert round(ours.probability, 4) == 0.9004
    assert (
        round(deflated_sharpe(2.5 / np.sqrt(250), trials=46, skew=-3.0, kurtosis=10.0, **PAPER).probability, 4)
        == 0.9505
    )
    assert round(deflated_sharpe(2.5 / np.sqrt(250), trials=88, **PAPER).probability, 4) == 0.9505


def test_one_trial_is_not_deflated():
    assert expected_best(1, deviation=1.0) == 0.0
    found = deflated_sharpe(0.1, n=400)
    assert found.threshold == 0.0
    assert found.probability == pytest.approx(0.977, abs=0.002)


def test_best_of_many_useless_trials_is_not_believed():
    rng = np.random.default_rng(10)
    believed = 0
    for _ in range(40):
        trials = rng.normal(size=(50, 500))
        sharpes = trials.mean(axis=1) / trials.std(axis=1, ddof=1)
        best = trials[sharpes.argmax()]
        assert deflated_sharpe_of(best).probability > 0.9  # looked at alone it convinces
        believed += deflated_sharpe_of(best, trials=50, trial_sharpes=tuple(sharpes)).probability >= 0.95
    assert believed <= 5


def test_unknown_trials_are_taken_as_useless_ones():
    x = np.random.default_rng(11).normal(0.1, 1.0, 500)
    assert deflated_sharpe_of(x, trials=20).threshold == pytest.approx(expected_best(20, deviation=1 / np.sqrt(500)))
    assert np.isnan(deflated_sharpe_of(np.zeros(10)).probability)
