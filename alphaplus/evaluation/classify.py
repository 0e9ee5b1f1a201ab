"""Metrics of classifications: what share was right, how good the probabilities were, beside the base rate.

All metrics but the ranks are functions of means over rows, which makes their bootstrap intervals cheap.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import DataError
from alphaplus.evaluation.bootstrap import (
    DRAWS,
    Interval,
    from_draws,
    optimal_block,
    rank_draws,
    stationary_bootstrap,
)
from alphaplus.evaluation.calibration import (
    BINS,
    CalibrationCurve,
    CalibrationLine,
    bins,
    calibration_curve,
    calibration_line,
    ece,
    log_odds,
    logistic,
)
from alphaplus.evaluation.losses import brier, log_loss

__all__ = [
    "CalibrationCurve",
    "CalibrationLine",
    "area_under_curve",
    "calibration_curve",
    "calibration_line",
    "class_shares",
    "confusion",
    "ece",
    "score",
    "with_intervals",
]

Floats = NDArray[np.float64]

ECE_DRAWS = 500  # thirty columns a class: a quarter of the draws gives the bounds to a few percent of their width


@dataclass(frozen=True, slots=True)
class _Rows:
    """Checked input: y (n,) class numbers, p and base (n, k) probabilities."""

    y: NDArray[np.intp]
    p: Floats
    base: Floats

    @property
    def k(self) -> int:
        return int(self.p.shape[1])


def score(y: Floats, p: Floats, *, classes: tuple[float, ...], base: Floats) -> dict[str, float]:
    """Metrics of class probabilities.

    y: (n,) values out of `classes`. p: (n, k) in the order of `classes`, or (n,) the probability of the second of two.
    base: the base-rate guesser's probabilities, (k,), (n, k), or (n,) for the second of two.

    Precision, recall and F1 are those of the last of two classes, else averages over classes (0 where undefined), AUC
    and average precision averages of one class against the rest (NaN where only one class occurs). Calibration is that
    of the second of two classes; of more, ECE is the average over classes and the line is fitted to all of them
    together. `skill` is 1 - log loss / log loss of the base rate.
    """
    rows = _rows(y, p, classes, base)
    if not len(rows.y):
        raise DataError("no rows to score")
    columns = _columns(rows)
    values = _from_means(columns.mean(axis=0, keepdims=True), rows.k)
    result = {name: float(value[0]) for name, value in values.items()}
    result["roc_auc"], result["pr_auc"] = _ranks(rows)
    result["ece"] = float(np.mean([ece(event, rows.p[:, c]) for c, event in _events(rows)]))
    line = _line(rows)
    result["calibration_slope"], result["calibration_intercept"] = line.slope, line.intercept
    result["n"] = float(len(rows.y))
    return result


def with_intervals(
    y: Floats,
    p: Floats,
    *,
    classes: tuple[float, ...],
    base: Floats,
    as_of: NDArray[np.int64],
    horizon: int = 1,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Interval]:
    """The metrics of `score`, each with its stationary-bootstrap interval.

    `as_of` (n,) in increasing order: rows of one time are drawn together. Blocks are at least `horizon` times long,
    because labels overlap for so long, and else as long as the log loss asks for. The calibration line is resampled by
    one Newton step from the fit, which is exact to first order; ECE on fixed bins and with a quarter of the draws.
    """
    rows = _rows(y, p, classes, base)
    values = score(y, p, classes=classes, base=base)
    unit = np.unique(as_of, return_inverse=True)[1]
    losses = log_loss(rows.y, rows.p)
    block = max(float(horizon), optimal_block(_by_time(losses[:, None], unit)[:, 0]))
    line = _line(rows)
    columns = _by_time(np.column_stack([np.ones(len(unit)), _columns(rows), _newton(rows, line)]), unit)
    means = stationary_bootstrap(columns, block=block, draws=draws, seed=seed)
    means = means[:, 1:] / means[:, :1]
    width = columns.shape[1] - 6
    drawn: dict[str, Floats] = dict(_from_means(means[:, :width], rows.k))
    drawn["calibration_slope"], drawn["calibration_intercept"] = _stepped(means[:, width:], line)
    drawn["roc_auc"], drawn["pr_auc"] = _rank_draws(rows, unit, block=block, draws=draws, seed=seed)
    drawn["ece"] = _ece_draws(rows, unit, block=block, draws=max(draws // 4, min(draws, ECE_DRAWS)), seed=seed)
    return {name: from_draws(values[name], drawn[name], level=level, block=block) for name in values if name in drawn}


def confusion(y: Floats, p: Floats, *, classes: tuple[float, ...]) -> NDArray[np.int64]:
    """Counts (k, k): row i, column j is how often class i was called class j, the most probable one."""
    rows = _rows(y, p, classes, class_shares(y, classes=classes))
    k = rows.k
    return np.bincount(rows.y * k + rows.p.argmax(axis=1), minlength=k * k).reshape(k, k).astype(np.int64)


def area_under_curve(up: Floats, score: Floats) -> float:
    """Area under the ROC curve of a score (n,) for up (n,) 1.0 or 0.0; NaN where only one of them occurs."""
    return _rank(up, score)[0] if len(up) else float("nan")


def class_shares(y: Floats, *, classes: tuple[float, ...]) -> Floats:
    """Share of each class (k,), with one row added to each so that none is impossible."""
    counts = np.array([np.count_nonzero(y == value) for value in classes], dtype=np.float64) + 1.0
    shares: Floats = counts / counts.sum()
    return shares


def _rows(y: Floats, p: Floats, classes: tuple[float, ...], base: Floats) -> _Rows:
    number = np.searchsorted(np.asarray(classes), y)
    number = np.minimum(number, len(classes) - 1)
    if not bool(np.all(np.asarray(classes)[number] == y)):
        raise DataError(f"labels outside the classes {classes}", hint="classes are given in increasing order")
    wide = _wide(np.asarray(p, dtype=np.float64), len(y))
    usual = np.asarray(base, dtype=np.float64)
    usual = np.broadcast_to(usual, (len(y), len(classes))) if usual.shape == (len(classes),) else _wide(usual, len(y))
    if wide.shape != (len(y), len(classes)) or usual.shape != wide.shape:
        raise DataError(f"{len(y)} labels of {len(classes)} classes, but probabilities {wide.shape} and {usual.shape}")
    if not (np.isfinite(wide).all() and np.isfinite(usual).all()):
        raise DataError("probabilities that are NaN or infinite cannot be scored")
    return _Rows(number.astype(np.intp), wide, usual)


def _wide(p: Floats, n: int) -> Floats:
    return np.column_stack([1.0 - p, p]) if p.ndim == 1 and len(p) == n else p


def _events(rows: _Rows) -> list[tuple[int, Floats]]:
    """Class number and whether it happened (n,): the second of two classes, or each of more."""
    chosen = [1] if rows.k == 2 else list(range(rows.k))
    return [(c, (rows.y == c).astype(np.float64)) for c in chosen]


def _columns(rows: _Rows) -> Floats:
    """Per row: its cell of the confusion matrix (k * k), log loss, log loss of the base rate, Brier score."""
    cells = np.eye(rows.k * rows.k)[rows.y * rows.k + rows.p.argmax(axis=1)]
    return np.column_stack([cells, log_loss(rows.y, rows.p), log_loss(rows.y, rows.base), brier(rows.y, rows.p)])


def _from_means(means: Floats, k: int) -> Mapping[str, Floats]:
    """Metrics (m,) from means (m, k * k + 3) of the columns above."""
    cells = means[:, : k * k].reshape(-1, k, k)
    loss, base_loss, squares = means[:, k * k], means[:, k * k + 1], means[:, k * k + 2]
    actual, called, right = cells.sum(axis=2), cells.sum(axis=1), np.einsum("mii->mi", cells)
    recall = _ratio(right, actual)
    precision = _ratio(right, called)
    f1 = _ratio(2.0 * right, actual + called)
    occurs = actual > 0.0
    accuracy = right.sum(axis=1)
    agreement = accuracy - (actual * called).sum(axis=1)
    spread = (1.0 - (called**2).sum(axis=1)) * (1.0 - (actual**2).sum(axis=1))
    last = slice(-1, None) if k == 2 else slice(None)
    return {
        "accuracy": accuracy,
        "balanced_accuracy": (recall * occurs).sum(axis=1) / occurs.sum(axis=1),
        "precision": precision[:, last].mean(axis=1),
        "recall": recall[:, last].mean(axis=1),
        "f1": f1[:, last].mean(axis=1),
        "mcc": _ratio(agreement, np.sqrt(np.maximum(spread, 0.0))),
        "log_loss": loss,
        "base_log_loss": base_loss,
        "skill": 1.0 - _ratio(loss, base_loss),
        "brier": squares,
    }


def _ratio(above: Floats, below: Floats) -> Floats:
    """Quotient, 0 where the divisor is 0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)


def _ranks(rows: _Rows) -> tuple[float, float]:
    """Area under the ROC curve and average precision, averaged over the classes that occur."""
    found = [_rank(event, rows.p[:, c]) for c, event in _events(rows)]
    table = np.array([pair for pair in found if np.isfinite(pair[0])])
    return (float(table[:, 0].mean()), float(table[:, 1].mean())) if len(table) else (float("nan"), float("nan"))


def _rank(event: Floats, p: Floats) -> tuple[float, float]:
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0.0, True))
    positives = np.cumsum(event[order])[ends]
    negatives = ends + 1.0 - positives
    if positives[-1] == 0.0 or negatives[-1] == 0.0:
        return float("nan"), float("nan")
    more_up, more_down = np.diff(positives, prepend=0.0), np.diff(negatives, prepend=0.0)
    area = float((more_down * (positives - more_up / 2.0)).sum() / (positives[-1] * negatives[-1]))
    precision = float((more_up * positives / (positives + negatives)).sum() / positives[-1])
    return area, precision


def _rank_draws(rows: _Rows, unit: NDArray[np.intp], *, block: float, draws: int, seed: int) -> tuple[Floats, Floats]:
    """Resampled AUC and average precision (draws,), averaged over the classes that occur."""
    found = [
        rank_draws(event, rows.p[:, c], unit=unit, block=block, draws=draws, seed=seed)
        for c, event in _events(rows)
        if event.min() < event.max()
    ]
    if not found:
        return np.full(draws, np.nan), np.full(draws, np.nan)
    mean = np.mean(found, axis=0)
    return mean[:, 0], mean[:, 1]


def _stacked(rows: _Rows) -> tuple[Floats, Floats]:
    """Log-odds and events (n, c) of the classes whose calibration is judged."""
    events = _events(rows)
    return np.column_stack([log_odds(rows.p[:, c]) for c, _ in events]), np.column_stack([e for _, e in events])


def _line(rows: _Rows) -> CalibrationLine:
    odds, events = _stacked(rows)
    intercept, slope = logistic(odds.ravel(), events.ravel())
    return CalibrationLine(slope, intercept)


def _newton(rows: _Rows, line: CalibrationLine) -> Floats:
    """Per row (n, 5): gradient and Hessian of the log-likelihood at the fitted line."""
    odds, events = _stacked(rows)
    p = 1.0 / (1.0 + np.exp(-np.clip(line.intercept + line.slope * odds, -500.0, 500.0)))
    error, weight = events - p, p * (1.0 - p)
    terms = (error, error * odds, weight, weight * odds, weight * odds * odds)
    return np.column_stack([term.sum(axis=1) for term in terms])


def _stepped(means: Floats, line: CalibrationLine) -> tuple[Floats, Floats]:
    """Slopes and intercepts (m,) one Newton step from the line, by the resampled gradients and Hessians."""
    g0, g1, h00, h01, h11 = means.T
    determinant = h00 * h11 - h01 * h01
    safe = np.where(determinant > 0.0, determinant, np.nan)
    return line.slope + (h00 * g1 - h01 * g0) / safe, line.intercept + (h11 * g0 - h01 * g1) / safe


def _ece_draws(rows: _Rows, unit: NDArray[np.intp], *, block: float, draws: int, seed: int) -> Floats:
    """Resampled expected calibration error (draws,), the bins those of the whole sample."""
    total = np.zeros(draws)
    events = _events(rows)
    for c, event in events:
        member = np.eye(BINS)[bins(rows.p[:, c])]
        gap = _by_time(np.column_stack([np.ones(len(unit)), member * (event - rows.p[:, c])[:, None]]), unit)
        means = stationary_bootstrap(gap, block=block, draws=draws, seed=seed)
        total += np.abs(means[:, 1:]).sum(axis=1) / means[:, 0]
    return total / len(events)


def _by_time(columns: Floats, unit: NDArray[np.intp]) -> Floats:
    """Sums of the rows of each time (m, k); the rows themselves when each has a time of its own."""
    if len(unit) == 0 or int(unit.max()) + 1 == len(unit):
        return columns
    starts = np.flatnonzero(np.diff(unit, prepend=-1))
    return np.add.reduceat(columns, starts, axis=0)
