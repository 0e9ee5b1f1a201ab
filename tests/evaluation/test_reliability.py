"""The reliability curve against its definition, and what its intervals cover; walk-forward efficiency."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve as sk_curve

from alphaplus.evaluation.efficiency import mean_followed, walk_forward_efficiency
from alphaplus.evaluation.reliability import reliability


def test_the_curve_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 5000)
    up = (rng.random(5000) < p).astype(float)
    found = reliability(up, p, as_of=np.arange(5000))
    observed, predicted = sk_curve(up, p, n_bins=10, strategy="quantile")
    assert found["observed"] == pytest.approx(observed, rel=1e-12)
    assert found["predicted"] == pytest.approx(predicted, rel=1e-12)
    assert found["count"] == [500] * 10


def test_intervals_are_as_wide_as_the_binomial_law_says():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.1, 0.9, 20_000)
    up = (rng.random(20_000) < p).astype(float)
    found = reliability(up, p, as_of=np.arange(20_000))
    observed, low, high = (np.array(found[name]) for name in ("observed", "low", "high"))
    assert (low < observed).all()
    assert (observed < high).all()
    assert (high - low) / (2 * 1.96 * np.sqrt(observed * (1 - observed) / 2000)) == pytest.approx(np.ones(10), abs=0.15)


def test_copies_of_an_instrument_narrow_nothing():
    rng = np.random.default_rng(2)
    p, up = rng.uniform(0.3, 0.7, 1000), (rng.random(1000) < 0.5).astype(float)
    once = reliability(up, p, as_of=np.arange(1000))
    twice = reliability(np.repeat(up, 2), np.repeat(p, 2), as_of=np.repeat(np.arange(1000), 2))
    assert twice["low"] == pytest.approx(once["low"], rel=1e-9)
    assert sum(twice["count"]) == 2000


def test_amounts_and_constants_have_a_curve_too():
    rng = np.random.default_rng(3)
    forecast = rng.normal(size=3000)
    found = reliability(2.0 * forecast + rng.normal(size=3000), forecast, as_of=np.arange(3000))
    slope = np.polyfit(found["predicted"], found["observed"], 1)[0]
    assert slope == pytest.approx(2.0, abs=0.1)
    alike = reliability(rng.normal(size=50), np.full(50, 0.5), as_of=np.arange(50))
    assert alike["count"] == [50]
    assert alike["predicted"] == [0.5]


def test_efficiency_is_the_ratio_of_what_calls_earned():
    outcome = np.array([0.01, -0.02, 0.03])
    assert mean_followed(np.array([0.6, 0.4, 0.5]), outcome, neutral=0.5) == pytest.approx(0.01)
    assert walk_forward_efficiency([0.01, 0.03], [0.04, 0.04], rows=[100, 300]) == pytest.approx(0.025 / 0.04)
    assert np.isnan(walk_forward_efficiency([0.01], [-0.02], rows=[10]))
