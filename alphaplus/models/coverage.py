"""Realised coverage: how often prediction sets held the answer on rows that nothing was fitted on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.evaluation.bootstrap import interval, optimal_block
from alphaplus.models.adaptive import adaptive_thresholds
from alphaplus.models.conformal import Conformal, misfits
from alphaplus.models.outofsample import OutOfSample

ALPHA = 0.1

Floats = NDArray[np.float64]


def coverage(conformal: Conformal, oos: OutOfSample, *, classes: tuple[float, ...], horizon: int) -> dict[str, Any]:
    """Share of rows whose answer lies in its 90 % set, and the mean size of sets, each with a 95 % interval.

    `fixed` has sets of one level, `adaptive` those of a level that learns from every answer as it becomes known. The
    size of a set is its number of classes, of an interval its width; it is left out where some set holds everything
    there is.
    """
    scores = misfits(oos.p, oos.y, classes=classes)
    fixed = np.full(len(scores), conformal.threshold(ALPHA))
    adaptive = adaptive_thresholds(scores, conformal, as_of=oos.as_of, span_end=oos.span_end, target=ALPHA)
    found: dict[str, Any] = {"alpha": ALPHA, "calibration_rows": conformal.n}
    for name, limits in (("fixed", fixed), ("adaptive", adaptive)):
        held = (scores <= limits).astype(np.float64)
        found[name] = {"coverage": _interval(held, oos.as_of, horizon)}
        size = (1.0 - oos.p <= limits[:, None]).sum(axis=1).astype(np.float64) if classes else 2.0 * limits
        if np.isfinite(size).all():
            found[name]["size"] = _interval(size, oos.as_of, horizon)
    return found


def _interval(values: Floats, as_of: NDArray[np.int64], horizon: int) -> dict[str, float]:
    """Mean (of rows) with its interval; rows of one time are drawn together."""
    starts = np.flatnonzero(np.diff(as_of, prepend=as_of[:1] - 1))
    table = np.add.reduceat(np.column_stack([values, np.ones(len(values))]), starts, axis=0)
    block = max(float(horizon), optimal_block(table[:, 0]))
    found = interval(table, lambda means: means[:, 0] / means[:, 1], block=block)
    return {"value": found.value, "low": found.low, "high": found.high}
