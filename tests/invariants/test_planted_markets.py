"""What is planted is found (methodology 7): 40,000 bars, the first half trains, the second half tests.

The share of the edge that is captured is (accuracy - 1/2) over (accuracy of the Bayes forecast on the same bars - 1/2).
"""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from alphaplus.evaluation.compare import hln
from alphaplus.evaluation.losses import binary_log_loss
from alphaplus.features.compute import compute_features

FAMILIES = ("lightgbm", "logistic")
SEEDS = (1, 2, 3)
UNSEEN = range(11, 21)  # the calibration was chosen while looking at 1 to 10
LEAK = 1.05  # more than all of an edge would be a leak
THEORY = {"M1": 0.097, "M2": 0.087, "M3": 0.097, "M5": 0.15, "M6": 0.108}  # attainable, over 1/2

# `lean` has `volume_ratio` and `volume_change`, which lose the level of volume; what is usual at the hour has it.
SHOCKS = (
    *("return_1", "return_2", "return_3", "body_ratio", "range_position_20"),
    *("volume_change", "volume_ratio", "relative_volume"),
)
# Plain returns: bounded forms of a move (`body_ratio`, `close_zscore_20`) let even one linear model tell the two states
# of M6 apart, by the size of the move: with `lean` it captures .89 to .94.
RETURNS = ("return_1", "return_2", "return_3", "return_5", "realised_volatility_20")


def shares(found, families=FAMILIES, *, rows=slice(None)):
    """The captured share of the edge by family."""
    return {family: found.captured(found.says(family), rows=rows) for family in families}


def attainable(found):
    return np.mean((found.bayes > 0.5) == found.up) - 0.5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("market", ["M1", "M2", "M3"])
def test_nine_tenths_of_the_planted_edge_are_found(halves, market, seed):
    found = halves(market, seed=seed)
    assert attainable(found) == pytest.approx(THEORY[market], abs=0.012)
    captured = shares(found)
    assert 0.90 <= max(captured.values()) <= LEAK, captured


@pytest.mark.parametrize("seed", SEEDS)
def test_nine_tenths_of_a_planted_candlestick_are_found_on_its_bars(halves, seed):
    found = halves("M4", seed=seed)
    planted = found.bayes != 0.5
    assert planted.mean() == pytest.approx(0.24, abs=0.01)
    captured = shares(found, rows=planted)
    assert 0.90 <= max(captured.values()) <= LEAK, captured


@pytest.mark.parametrize("seed", SEEDS)
def test_trees_see_what_two_signs_say_together_and_a_linear_model_does_not(halves, seed):
    found = halves("M5", seed=seed, features=SHOCKS)
    assert attainable(found) == pytest.approx(THEORY["M5"], abs=0.012)
    captured = shares(found)
    assert 0.85 <= captured["lightgbm"] <= LEAK
    assert abs(captured["logistic"]) <= 0.10


@pytest.mark.parametrize("seed", SEEDS)
def test_trees_tell_calm_bars_from_wild_ones(halves, seed):
    found = halves("M6", seed=seed)
    assert attainable(found) == pytest.approx(THEORY["M6"], abs=0.012)
    assert 0.85 <= shares(found, ("lightgbm",))["lightgbm"] <= LEAK


def by_regime(found, states):
    """What one logistic for each state (n,) of all rows says of the tested rows."""
    p = np.empty(len(found.future))
    for state in np.unique(states[found.future]):
        p[states[found.future] == state] = found.says("logistic", among=states == state)
    return p


def calm_or_wild(found, compiled):
    """The state of every row (n,): the realised volatility of five bars, cut in two by what the training half has."""
    column = compute_features(found.bars, ["realised_volatility_5"], cache_folder=compiled).values
    logs = np.log(column[np.searchsorted(found.bars.close_time, found.dataset.as_of)])
    return KMeans(2, random_state=0, n_init=1).fit(logs[found.past]).predict(logs)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_linear_model_for_each_regime_beats_one_for_all(halves, compiled, seed):
    found = halves("M6", seed=seed, features=RETURNS)
    pooled, own = found.says("logistic"), by_regime(found, calm_or_wild(found, compiled))
    assert found.captured(pooled) < 0.65
    assert 0.85 <= found.captured(own) <= LEAK
    up = found.up.astype(float)
    assert hln(binary_log_loss(up, own), binary_log_loss(up, pooled), horizon=1).p_value < 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_thirds_of_last_month_are_no_regimes_of_two_states(halves, compiled, seed):
    """What `volatility_regime` can do here: its middle third is half calm and half wild, and is learned from as one."""
    found = halves("M6", seed=seed, features=RETURNS)
    column = compute_features(found.bars, ["volatility_regime"], cache_folder=compiled).values[:, 0]
    states = column[np.searchsorted(found.bars.close_time, found.dataset.as_of)]
    pooled, own = found.captured(found.says("logistic")), found.captured(by_regime(found, states))
    assert pooled + 0.3 < own < 0.85


def test_the_prior_finds_nothing(halves):
    assert abs(shares(halves("M1", seed=1), ("prior",))["prior"]) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("seed", UNSEEN)
@pytest.mark.parametrize(("market", "least"), [("M1", 0.90), ("M2", 0.90), ("M3", 0.90), ("M6", 0.85)])
def test_the_edge_is_found_among_all_columns_of_core(halves, market, least, seed):
    captured = shares(halves(market, seed=seed, features="core"))
    assert least <= max(captured.values()) <= LEAK, captured


@pytest.mark.slow
@pytest.mark.parametrize("seed", UNSEEN)
def test_what_two_signs_say_together_is_found_on_other_seeds(halves, seed):
    """Not among all columns of `core`: each sign alone says nothing, and one default tree in four may ask for both."""
    captured = shares(halves("M5", seed=seed, features=SHOCKS))
    assert 0.85 <= captured["lightgbm"] <= LEAK
    crowded = shares(halves("M5", seed=seed, features="core"))
    assert 0.5 < crowded["lightgbm"] <= LEAK, "measured: .61 to .88"
    assert abs(crowded["logistic"]) <= 0.10
