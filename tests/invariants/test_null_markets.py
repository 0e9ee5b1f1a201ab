"""Where there is nothing to find, nothing is found; and what is found but cannot be traded is not promoted."""

import numpy as np
import pytest

from alphaplus.evaluation.classify import score
from alphaplus.market.sources.simulated import simulate
from alphaplus.trading.backtest import backtest_positions

FAMILIES = ("lightgbm", "logistic")
SEEDS = range(1, 11)
WITHIN = 2.58  # standard errors: 99 % of a normal law


def mean_auc(halves, market, *, horizon, family):
    """Mean AUC over ten markets, and its standard error.

    Labels that overlap make the rows of one market dependent, so the error is that between markets, which are
    independent; but an estimate from ten may be too small by chance, and never is it smaller than that of independent
    rows (Mann and Whitney 1947). The test part is one long block: AUC compares rows with one another, and a model that
    follows moves has seen the ups of a block when it predicts its later rows, which costs about 0.003 in blocks of 400
    rows and 0.005 over folds put together (measured on 100 markets).
    """
    found, independent = [], []
    for seed in SEEDS:
        market_halves = halves(market, seed=seed, horizon=horizon)
        up = market_halves.up
        scores = score(up.astype(float), market_halves.says(family), classes=(0.0, 1.0), base=np.array([0.5, 0.5]))
        found.append(scores["roc_auc"])
        ups, downs = np.count_nonzero(up), np.count_nonzero(~up)
        independent.append(np.sqrt((ups + downs + 1) / (12.0 * ups * downs)))
    error = max(np.std(found, ddof=1), np.mean(independent)) / np.sqrt(len(found))
    return float(np.mean(found)), float(error)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("market", "horizon"), [("N0", 1), ("N1", 24)])
def test_the_mean_auc_of_null_markets_is_that_of_guessing(halves, market, horizon, family):
    mean, error = mean_auc(halves, market, horizon=horizon, family=family)
    assert abs(mean - 0.5) <= WITHIN * error
    assert error < 0.01  # so that a leak worth 0.03 would be seen


def test_a_planted_edge_is_far_outside_that_range(halves):
    mean, error = mean_auc(halves, "M1", horizon=1, family="logistic")
    assert mean - 0.5 > 20 * error


@pytest.mark.parametrize("family", FAMILIES)
def test_a_planted_market_passes_every_gate(judged, family):
    """The control of the tests below: the gates do open."""
    evaluation = judged("M1", bars=12_000, horizon=1, seed=1, family=family)
    assert evaluation.failed_gates == ()


def failed(evaluation):
    return {f"{gate.gate} {gate.name}" for gate in evaluation.failed_gates}


def check_null(judged, market, *, bars, horizon, family="lightgbm"):
    """No model is promoted, and not merely because rows were too few."""
    for seed in SEEDS:
        evaluation = judged(market, bars=bars, horizon=horizon, seed=seed, family=family)
        assert failed(evaluation) - {"G0 effective samples", "G0 trades"}, seed


def test_no_model_of_a_martingale_is_promoted(judged):
    check_null(judged, "N0", bars=6_000, horizon=1)


def test_no_model_of_overlapping_labels_is_promoted(judged):
    check_null(judged, "N1", bars=6_000, horizon=24)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("market", "horizon"), [("N0", 1), ("N1", 24), ("N2", 1)])
def test_no_model_of_a_long_null_market_is_promoted(judged, market, horizon, family):
    check_null(judged, market, bars=20_000, horizon=horizon, family=family)


def test_no_model_of_a_bounce_is_promoted_though_it_finds_it(judged):
    evaluation = judged("N2", bars=60_000, horizon=1, seed=1, family="logistic")
    assert evaluation.metrics["oos"]["model"]["roc_auc"]["low"] > 0.5
    assert "G3 net Sharpe" in failed(evaluation), "what it knows is worth less than the spread"


@pytest.fixture(scope="module")
def bounce():
    return simulate("N2", bars=200_000, seed=1)


def test_a_bounce_pays_who_does_not_pay_the_spread(bounce):
    """The trap: what is measured from close to close looks like a profit."""
    against = -np.sign(bounce.column("close") - bounce.column("open"))
    free = backtest_positions(bounce, against, fee_bps=0.0, slippage_bps=0.0)
    assert free.returns.mean() > 5.0 * error(free.returns)


STRATEGIES = {
    "against the last move": lambda moves: -np.sign(moves),
    "with the last move": np.sign,
    "against large moves": lambda moves: -np.sign(moves) * (np.abs(moves) > 20e-4),
    "against ten bars": lambda moves: -np.sign(np.convolve(moves, np.ones(10))[: len(moves)]),
    "a coin": lambda moves: np.sign(np.random.default_rng(1).standard_normal(len(moves))),
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_on_a_bounce_loses_after_the_spread(bounce, name):
    moves = np.log(bounce.column("close") / bounce.column("open"))
    cost = bounce.instrument.fee_bps
    assert cost == 4.0  # half the spread
    paid = backtest_positions(bounce, STRATEGIES[name](moves), fee_bps=cost, slippage_bps=0.0)
    assert paid.returns.mean() < -10.0 * error(paid.returns)


def error(returns):
    return returns.std(ddof=1) / np.sqrt(len(returns))
