"""Losses per row: what one prediction cost, given what happened."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLIP = float(np.finfo(np.float64).eps)  # probabilities are kept this far from 0 and 1, as scikit-learn does


def binary_log_loss(up: Floats, p_up: Floats) -> Floats:
    """Log loss in nats (n,) of the probability of up; NaN where either is."""
    p = np.clip(p_up, CLIP, 1.0 - CLIP)
    return -(up * np.log(p) + (1.0 - up) * np.log1p(-p))


def log_loss(y: NDArray[np.intp], p: Floats) -> Floats:
    """Log loss in nats (n,) of the probabilities (n, k) of classes numbered y (n,)."""
    chosen = np.take_along_axis(p, y[:, None], axis=1)[:, 0]
    return -np.log(np.clip(chosen, CLIP, 1.0 - CLIP))


def brier(y: NDArray[np.intp], p: Floats) -> Floats:
    """Brier score (n,): squared distance to what happened, halved for two classes so that it lies in [0, 1]."""
    distance = ((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1)
    scaled: Floats = distance / 2.0 if p.shape[1] == 2 else distance
    return scaled


def relative_gain(means: Floats) -> Floats:
    """How much lower the first of two mean losses (m, 2 or more) is, as a share of the second; NaN where that is 0."""
    ours, theirs = means[:, 0], means[:, 1]
    return 1.0 - np.divide(ours, theirs, out=np.full_like(ours, np.nan), where=theirs > 0.0)


def squared_error(actual: Floats, predicted: Floats) -> Floats:
    """Squared error (n,)."""
    return (actual - predicted) ** 2


def qlike(actual: Floats, predicted: Floats) -> Floats:
    """QLIKE (n,) of forecasts of a variance, both given as logarithms: v/f - log(v/f) - 1, 0 for a perfect forecast.

    It ranks forecasts rightly although the variance is only measured, not seen. Reference: Patton 2011, "Volatility
    forecast comparison using imperfect volatility proxies".
    """
    surprise = actual - predicted
    loss: Floats = np.expm1(surprise) - surprise
    return loss
