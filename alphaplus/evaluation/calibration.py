"""Calibration: whether events forecast with probability p happen with frequency p."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 10
EDGE = 1e-9  # probabilities are kept this far from 0 and 1 before their log-odds are taken
MAX_STEPS = 50


@dataclass(frozen=True, slots=True)
class CalibrationCurve:
    """Bins of equal mass: mean forecast, frequency of the event and number of rows in each, all (b,)."""

    predicted: Floats
    observed: Floats
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """Logistic regression of the event on the log-odds of its forecast; 1 and 0 when perfectly calibrated.

    A slope under 1 means forecasts too far from the base rate, over 1 too near; NaN when all forecasts are equal or the
    event always or never happened.
    """

    slope: float
    intercept: float


def bins(p: Floats, count: int = BINS) -> NDArray[np.intp]:
    """Number of the equal-mass bin of each forecast (n,); equal forecasts share a bin, so some bins may be empty."""
    edges = np.quantile(p, np.linspace(0.0, 1.0, count + 1)) if len(p) else np.zeros(count + 1)
    return np.searchsorted(edges[1:-1], p)


def calibration_curve(happened: Floats, p: Floats, *, count: int = BINS) -> CalibrationCurve:
    """Mean forecast and frequency in bins of equal mass; `happened` (n,) 1.0 or 0.0, `p` (n,) in [0, 1].

    Of amounts, any numbers, it gives the mean forecast and the mean amount.
    """
    number = bins(p, count)
    rows = np.bincount(number, minlength=count)
    used = rows > 0
    predicted = np.bincount(number, weights=p, minlength=count)[used] / rows[used]
    observed = np.bincount(number, weights=happened, minlength=count)[used] / rows[used]
    return CalibrationCurve(predicted, observed, rows[used])


def ece(happened: Floats, p: Floats, *, count: int = BINS) -> float:
    """Expected calibration error: mean over rows of |frequency - mean forecast| of their bin."""
    if not len(p):
        return float("nan")
    curve = calibration_curve(happened, p, count=count)
    return float(np.abs(curve.observed - curve.predicted) @ curve.count / len(p))


def expected_ece(p: Floats, n_eff: float, *, count: int = BINS) -> float:
    """What `ece` is on average for perfectly calibrated forecasts and `n_eff` independent rows.

    The mean absolute error of a frequency of n_eff/count rows, by the normal approximation: the floor that noise sets.
    """
    if not len(p) or n_eff <= 0.0:
        return float("nan")
    return float(np.sqrt(2.0 / np.pi * np.mean(p * (1.0 - p)) * count / n_eff))


def log_odds(p: Floats) -> Floats:
    """log(p / (1 - p)) with p kept EDGE away from 0 and 1."""
    kept = np.clip(p, EDGE, 1.0 - EDGE)
    return np.log(kept) - np.log1p(-kept)


def calibration_line(happened: Floats, p: Floats) -> CalibrationLine:
    """Fit the calibration line by Newton's method; `happened` (n,) 1.0 or 0.0, `p` (n,) in [0, 1]."""
    fitted = logistic(log_odds(p), happened)
    return CalibrationLine(fitted[1], fitted[0])


def logistic(x: Floats, happened: Floats) -> tuple[float, float]:
    """Intercept and slope of a logistic regression on one variable, by Newton's method; NaN when it has no maximum."""
    nothing = (float("nan"), float("nan"))
    if len(x) < 2 or np.ptp(x) < EDGE or happened.min() == happened.max():
        return nothing
    scale, centre = float(x.std()), float(x.mean())
    z = (x - centre) / scale
    intercept, slope = 0.0, 0.0
    for _ in range(MAX_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(intercept + slope * z, -500.0, 500.0)))
        error, weight = happened - p, p * (1.0 - p)
        g0, g1 = error.sum(), (error * z).sum()
        h00, h01, h11 = weight.sum(), (weight * z).sum(), (weight * z * z).sum()
        determinant = h00 * h11 - h01 * h01
        if not determinant > EDGE * h00 * h00:
            return nothing  # the classes are separated: the likelihood rises for ever
        up, right = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        longest = max(abs(up), abs(right), 1.0)
        intercept, slope = intercept + up / longest, slope + right / longest
        if max(abs(up), abs(right)) < 1e-12:
            break
    else:
        return nothing
    return float(intercept - slope * centre / scale), float(slope / scale)
