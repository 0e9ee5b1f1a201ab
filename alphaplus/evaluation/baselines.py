"""Baselines every model must beat: the base rate, persistence, one lag.

Each is fitted on the outcomes of training rows and on one number that was known before each, and predicts test rows
from that number alone: of a direction it is the last bar's return, of anything else the newest label that was known.
Probabilities are of up, or of the event, whose outcomes are 1.0, 0.0 and NaN for unknown; for a regression outcomes
and predictions are in the label's unit. Training rows without an outcome are left out, and so is what is NaN before
them; a test row of which nothing is known before gets the base rate.
"""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.errors import NotEnoughSamples
from alphaplus.evaluation.calibration import logistic

Floats = NDArray[np.float64]


def base_rate(actual: Floats, before: Floats, test_before: Floats, *, task: Task = Task.BINARY) -> Floats:
    """The share of up or of the event (or the mean) in the training rows, for every test row (n,)."""
    return np.full(len(test_before), _mean(_outcomes(actual), task))


def persistence(
    actual: Floats, before: Floats, test_before: Floats, *, task: Task = Task.BINARY, directional: bool = True
) -> Floats:
    """What comes when the last one comes again, for every test row (n,).

    How often up followed (or the mean after) a bar of the same direction; how often an event came where it had just
    happened, or had not; of an amount the last one itself.
    """
    if task is Task.REGRESSION and not directional:
        return np.where(np.isfinite(test_before), test_before, _mean(_outcomes(actual), task))
    everyone, (actual, last) = _mean(_outcomes(actual), task), _known(actual, before)
    means = {sign: _mean(actual[np.sign(last) == sign], task) for sign in (-1.0, 0.0, 1.0)}
    signs = np.sign(test_before)
    return np.select([signs == sign for sign in means], list(means.values()), default=everyone)


def one_lag(actual: Floats, before: Floats, test_before: Floats, *, task: Task = Task.BINARY) -> Floats:
    """Logistic regression (or least squares) on what was known before, for the test rows (n,).

    Falls back on the base rate where it has no solution, as when all values are equal.
    """
    everyone, (actual, last) = _mean(_outcomes(actual), task), _known(actual, before)
    if task is Task.REGRESSION:
        spread = float(np.mean((last - last.mean()) ** 2)) if len(last) else 0.0
        slope = float(np.mean((last - last.mean()) * actual)) / spread if spread > 0.0 else 0.0
        line = actual.mean() + slope * (test_before - last.mean()) if len(last) else test_before
        return np.where(np.isfinite(test_before) & (len(last) > 0), line, everyone)
    intercept, slope = logistic(last, actual)
    if not np.isfinite(slope):
        return np.full(len(test_before), everyone)
    odds = np.clip(intercept + slope * test_before, -500.0, 500.0)
    return np.where(np.isfinite(test_before), 1.0 / (1.0 + np.exp(-odds)), everyone)


def baselines(
    actual: Floats, before: Floats, test_before: Floats, *, task: Task = Task.BINARY, directional: bool = True
) -> dict[str, Floats]:
    """All three by name, as `Evidence` wants them."""
    return {
        "base_rate": base_rate(actual, before, test_before, task=task),
        "persistence": persistence(actual, before, test_before, task=task, directional=directional),
        "one_lag": one_lag(actual, before, test_before, task=task),
    }


def _outcomes(actual: Floats) -> Floats:
    known = actual[np.isfinite(actual)]
    if not len(known):
        raise NotEnoughSamples("no training row has an outcome to fit the baselines on")
    return known


def _known(actual: Floats, before: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(actual) & np.isfinite(before)
    return actual[known], before[known]


def _mean(actual: Floats, task: Task) -> float:
    """Mean; of a direction with one up and one down row added, so that it is never certain."""
    if task is Task.REGRESSION:
        return float(actual.mean()) if len(actual) else 0.0
    return float((actual.sum() + 1.0) / (len(actual) + 2.0))
