"""Forecasts of logarithms become forecasts of amounts, by what was known before."""

import numpy as np
import pytest

from alphaplus.evaluation.losses import qlike
from alphaplus.evaluation.smearing import smeared


@pytest.fixture
def drawn():
    """Log amounts around known means, in four folds, with normal errors of standard deviation 0.8."""
    rng = np.random.default_rng(1)
    mean = rng.normal(0.0, 1.0, 40_000)
    return mean + rng.normal(0.0, 0.8, 40_000), mean, np.repeat(np.arange(4, dtype=np.int32), 10_000)


def test_of_normal_errors_the_factor_is_half_their_variance(drawn):
    actual, mean, fold = drawn
    raised = smeared(actual, mean, fold)
    assert np.isnan(raised[fold == 0]).all()
    later = fold > 0
    assert (raised - mean)[later] == pytest.approx(0.8**2 / 2, abs=0.03)  # the mean of a log-normal amount
    assert qlike(actual, raised)[later].mean() < qlike(actual, mean)[later].mean()


def test_a_fold_depends_on_those_before_it_alone(drawn):
    actual, mean, fold = drawn
    whole = smeared(actual, mean, fold)
    wild = np.where(fold >= 2, actual + 9.0, actual)
    again = smeared(wild, mean, fold)
    assert np.array_equal(again[fold <= 2], whole[fold <= 2], equal_nan=True)
    assert (again[fold == 3] > whole[fold == 3]).all()
