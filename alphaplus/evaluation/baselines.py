"""Baselines every model must beat: the base rate, the last direction, one lag.

Each is fitted on the outcomes and last bar's returns of training rows and predicts test rows from their last return
alone. For a direction outcomes are 1.0 up, 0.0 down, NaN unknown, and predictions probabilities of up; for a regression
both are in the label's unit. Training rows without an outcome are left out.
"""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.errors import NotEnoughSamples
from alphaplus.evaluation.calibration import logistic

Floats = NDArray[np.float64]


def base_rate(actual: Floats, last_return: Floats, test_last_return: Floats, *, task: Task = Task.BINARY) -> Floats:
    """The share of up (or the mean) in the training rows, for every test row (n,)."""
    actual, _ = _known(actual, last_return)
    return np.full(len(test_last_return), _mean(actual, task))


def last_direction(
    actual: Floats, last_return: Floats, test_last_return: Floats, *, task: Task = Task.BINARY
) -> Floats:
    """How often up followed (or the mean after) a bar of the same direction, for every test row (n,)."""
    actual, last = _known(actual, last_return)
    means = {sign: _mean(actual[np.sign(last) == sign], task) for sign in (-1.0, 0.0, 1.0)}
    signs = np.sign(test_last_return)
    return np.select([signs == sign for sign in means], list(means.values()), default=means[0.0])


def lag_logistic(actual: Floats, last_return: Floats, test_last_return: Floats, *, task: Task = Task.BINARY) -> Floats:
    """Logistic regression (or least squares) on the last bar's return, for the test rows (n,).

    Falls back on the base rate where it has no solution, as when all returns are equal.
    """
    actual, last = _known(actual, last_return)
    if task is Task.REGRESSION:
        spread = float(np.mean((last - last.mean()) ** 2))
        slope = float(np.mean((last - last.mean()) * actual)) / spread if spread > 0.0 else 0.0
        line: Floats = actual.mean() + slope * (test_last_return - last.mean())
        return line
    intercept, slope = logistic(last, actual)
    if not np.isfinite(slope):
        return np.full(len(test_last_return), _mean(actual, task))
    return 1.0 / (1.0 + np.exp(-np.clip(intercept + slope * test_last_return, -500.0, 500.0)))


def baselines(
    actual: Floats, last_return: Floats, test_last_return: Floats, *, task: Task = Task.BINARY
) -> dict[str, Floats]:
    """All three by name, as `Evidence` wants them."""
    fitted = (base_rate, last_direction, lag_logistic)
    return {f.__name__: f(actual, last_return, test_last_return, task=task) for f in fitted}


def _known(actual: Floats, last_return: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(actual) & np.isfinite(last_return)
    if not known.any():
        raise NotEnoughSamples("no training row has an outcome to fit the baselines on")
    return actual[known], last_return[known]


def _mean(actual: Floats, task: Task) -> float:
    """Mean; of a direction with one up and one down row added, so that it is never certain."""
    if task is Task.REGRESSION:
        return float(actual.mean()) if len(actual) else 0.0
    return float((actual.sum() + 1.0) / (len(actual) + 2.0))
