"""Baselines: fitted on training rows, predicting test rows."""

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.core.errors import NotEnoughSamples
from alphaplus.evaluation.baselines import base_rate, baselines, one_lag, persistence


@pytest.fixture
def market():
    """Last returns and the direction that followed, which leans with them."""
    rng = np.random.default_rng(0)
    last = rng.normal(0.0, 0.01, 5000)
    up = (rng.random(5000) < 1.0 / (1.0 + np.exp(-(0.1 + 40.0 * last)))).astype(float)
    return up, last


def test_base_rate(market):
    up, last = market
    assert base_rate(up, last, last[:3]) == pytest.approx([up.mean()] * 3, abs=1e-3)


def test_persistence_is_how_often_up_followed(market):
    up, last = market
    found = persistence(up, last, np.array([0.5, -0.5]))
    assert found == pytest.approx([up[last > 0].mean(), up[last < 0].mean()], abs=1e-3)
    assert persistence(up, last, np.array([0.0]))[0] == 0.5  # no flat bar was seen


def test_one_lag_equals_scikit_learn(market):
    from sklearn.linear_model import LogisticRegression

    up, last = market
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(last[:, None], up)
    test = np.linspace(-0.03, 0.03, 7)
    assert one_lag(up, last, test) == pytest.approx(model.predict_proba(test[:, None])[:, 1], abs=1e-5)


def test_ties_are_left_out(market):
    up, last = market
    holes = up.copy()
    holes[::7] = np.nan
    keep = np.isfinite(holes)
    found, expected = baselines(holes, last, last[:50]), baselines(up[keep], last[keep], last[:50])
    for name in expected:
        assert found[name] == pytest.approx(expected[name], rel=1e-12)


def test_certain_past_gives_no_certainty():
    up, last = np.ones(100), np.random.default_rng(1).normal(size=100)
    for guess in baselines(up, last, last[:10]).values():
        assert ((guess > 0.5) & (guess < 1.0)).all()


def test_regression_predicts_in_its_own_unit():
    rng = np.random.default_rng(2)
    last = rng.normal(size=1000)
    moves = 0.3 + 0.5 * last + rng.normal(size=1000)
    found = baselines(moves, last, np.array([1.0, -1.0]), task=Task.REGRESSION)
    assert found["base_rate"] == pytest.approx([moves.mean()] * 2)
    assert found["persistence"] == pytest.approx([moves[last > 0].mean(), moves[last < 0].mean()])
    slope, intercept = np.polyfit(last, moves, 1)
    assert found["one_lag"] == pytest.approx([intercept + slope, intercept - slope])


def test_nothing_to_fit_on():
    with pytest.raises(NotEnoughSamples):
        baselines(np.full(5, np.nan), np.zeros(5), np.zeros(2))
