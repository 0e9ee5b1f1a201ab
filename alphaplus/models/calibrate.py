"""Calibration: make probabilities mean what they say, on rows that the model has not seen.

Two classes: Platt's line through the log-odds; where 1,000 labels or more are independent and it proves better, an
isotonic curve. More classes: a temperature. The line and the temperature are pulled towards "change nothing" as
strongly as few independent labels deserve: the likelihood counts rows as effective ones, and slope and intercept carry
a normal prior.

References: Platt 1999, "Probabilistic outputs for support vector machines"; Zadrozny & Elkan 2002, "Transforming
classifier scores into accurate multiclass probability estimates"; Guo et al. 2017, "On calibration of modern neural
networks".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task

ISOTONIC_FROM = 1000  # effective samples (methodology 5)
GROUPS = 50  # points of the isotonic curve at most, so that its ends rest on many rows
SLOPE_SPREAD = 1.0  # prior standard deviation of the slope around 1, and of the log temperature around 0
INTERCEPT_SPREAD = 0.5  # prior standard deviation of the intercept around 0, in log-odds
EDGE = 1e-6
STEPS = 50
SMALL = 1e-10


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted calibration: its method and the numbers of that method.

    identity: none. platt: (slope, intercept). temperature: (temperature,). isotonic: k probabilities of the model, then
    the k observed shares they become; straight lines between, flat outside.

    `shares` are the true shares of the classes, given only for a model that learned from classes of equal weight: its
    odds are first multiplied by theirs, which is what the weights took away. (Elkan 2001, "The foundations of
    cost-sensitive learning", theorem 2.) A temperature could not do that, and a line only as far as its prior lets it.
    """

    method: str
    values: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    def apply(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrate outputs (n, k); rows of probabilities still sum to one. Values of a regression pass unchanged."""
        if self.shares:
            true = p * np.array(self.shares)
            p = true / true.sum(axis=1, keepdims=True)
        if self.method == "identity":
            return p
        if self.method == "temperature":
            scores = np.log(np.clip(p, EDGE, 1.0)) / self.values[0]
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            scaled: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
            return scaled
        if self.method == "platt":
            slope, intercept = self.values
            up = _sigmoid(slope * _logit(p[:, 1]) + intercept)
        else:
            half = len(self.values) // 2
            up = np.interp(p[:, 1], self.values[:half], self.values[half:])
        out = np.empty((len(up), 2))
        out[:, 0] = 1.0 - up
        out[:, 1] = up
        return out

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; `from_json` is the inverse."""
        content = {"method": self.method, "values": list(self.values)}
        return content | {"shares": list(self.shares)} if self.shares else content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Calibration":
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError when it is something else."""
        sizes = {"identity": (0,), "platt": (2,), "temperature": (1,), "isotonic": range(2, 2 * GROUPS + 1, 2)}
        method, values = str(content["method"]), tuple(float(value) for value in content["values"])
        if len(values) not in sizes[method] or not np.all(np.isfinite(values)):
            raise ValueError(f"calibration {method!r} cannot have {len(values)} values")
        shares = tuple(float(share) for share in content.get("shares", ()))
        if not all(0.0 < share < 1.0 for share in shares):
            raise ValueError(f"classes cannot have the shares {shares}")
        return cls(method, values, shares)


def calibrate(
    p: NDArray[np.float64],
    y: NDArray[np.intp],
    *,
    as_of: NDArray[np.int64],
    span_end: NDArray[np.int64],
    n_eff: float,
    task: Task,
    shares: tuple[float, ...] = (),
) -> Calibration:
    """Fit the calibration that suits the task and the effective number of rows.

    p: (n, k) outputs on rows later than those fitted on. y: (n,) position of the true class; ignored in a regression,
    which is not calibrated. as_of, span_end: (n,) ms, the life of each label, `as_of` in increasing order. A constant
    model is left as it is. shares: those of the classes where the model learned from balanced ones, see Calibration.
    """
    if shares:
        true = Calibration("identity", shares=shares).apply(p)
        fitted = calibrate(true, y, as_of=as_of, span_end=span_end, n_eff=n_eff, task=task)
        return replace(fitted, shares=shares)
    if task is Task.REGRESSION or not len(p) or float(np.ptp(p, axis=0).max()) == 0.0:
        return Calibration("identity")
    share = n_eff / len(p)
    if task is Task.MULTICLASS:
        return Calibration("temperature", (_temperature(p, y, share),))
    up = p[:, 1]
    if n_eff < ISOTONIC_FROM or not _bends(up, y, share, halves=halves_in_time(as_of, span_end)):
        return Calibration("platt", _platt(up, y, share))
    return _isotonic(up, y)


def halves_in_time(as_of: NDArray[np.int64], span_end: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the earlier and the later half of the times; of the earlier ones those whose label ended before."""
    times = np.unique(as_of)
    cut = times[len(times) // 2]
    return np.flatnonzero(span_end < cut), np.flatnonzero(as_of >= cut)


def _bends(
    p: NDArray[np.float64], y: NDArray[np.intp], share: float, *, halves: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> bool:
    """Whether a curve fitted to one half of the rows is better on the other half than a line, both ways together.

    Where a line will do, a curve only adds noise: on ten markets M1 it cost 2 % of the edge on average and 9 % on the
    worst.
    """
    earlier, later = halves
    if not len(earlier):
        return False
    gain = 0.0
    for seen, unseen in ((earlier, later), (later, earlier)):
        line, curve = Calibration("platt", _platt(p[seen], y[seen], share)), _isotonic(p[seen], y[seen])
        both = np.column_stack([1.0 - p[unseen], p[unseen]])
        rows = np.arange(len(both))
        gain += float(np.sum(np.log(curve.apply(both)[rows, y[unseen]] / line.apply(both)[rows, y[unseen]])))
    return gain > 0.0


def _platt(p: NDArray[np.float64], y: NDArray[np.intp], share: float) -> tuple[float, float]:
    """Slope and intercept; where the best slope is negative, none and the intercept that is best without one.

    Calibration never turns a model round: what it says is then worth nothing, and the share of ups is all that is left.
    """
    ones = np.ones(len(p))
    slope, intercept = _penalised_logistic(np.column_stack([_logit(p), ones]), y, share, centre=np.array([1.0, 0.0]))
    if slope >= 0.0:
        return float(slope), float(intercept)
    (intercept,) = _penalised_logistic(ones[:, None], y, share, centre=np.array([0.0]))
    return 0.0, float(intercept)


def _penalised_logistic(
    design: NDArray[np.float64], y: NDArray[np.intp], share: float, *, centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coefficients of the columns of `design` (n, 1 or 2), intercept last, by damped Newton steps from `centre`.

    Rows count `share` each; the prior is normal around `centre`.
    """
    precision = np.array([1.0 / SLOPE_SPREAD**2, 1.0 / INTERCEPT_SPREAD**2])[-len(centre) :]

    def loss(line: NDArray[np.float64]) -> float:
        odds = design @ line
        likelihood = np.sum(np.logaddexp(0.0, odds) - y * odds)
        return float(share * likelihood + 0.5 * np.sum(precision * (line - centre) ** 2))

    line, least = centre, loss(centre)
    for _ in range(STEPS):
        fitted = _sigmoid(design @ line)
        gradient = share * design.T @ (fitted - y) + precision * (line - centre)
        hessian = share * design.T @ (design * (fitted * (1.0 - fitted))[:, None]) + np.diag(precision)
        step = np.linalg.solve(hessian, gradient)
        while (now := loss(line - step)) > least and float(np.abs(step).max()) > SMALL:
            step = step / 2.0
        if float(np.abs(step).max()) <= SMALL:
            break
        line, least = line - step, now
    return line


def _temperature(p: NDArray[np.float64], y: NDArray[np.intp], share: float) -> float:
    """The temperature of the smallest penalised log loss, by golden-section search over its logarithm."""
    scores = np.log(np.clip(p, EDGE, 1.0))
    rows = np.arange(len(y))

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        top = scaled.max(axis=1)
        normaliser = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        penalty = 0.5 * (log_temperature / SLOPE_SPREAD) ** 2
        return float(share * np.sum(normaliser - scaled[rows, y]) + penalty)

    low, high = -4.0, 4.0
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-7:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2.0))


def _isotonic(p: NDArray[np.float64], y: NDArray[np.intp]) -> Calibration:
    """Shares of ups in groups of equal size, made non-decreasing by pooling neighbours that are not."""
    order = np.argsort(p, kind="stable")
    groups = np.array_split(order, min(GROUPS, len(order)))
    blocks: list[tuple[float, float, int]] = []  # mean probability, share of ups, rows
    for group in groups:
        block = (float(np.mean(p[group])), float(np.mean(y[group])), len(group))
        while blocks and blocks[-1][1] >= block[1]:
            before = blocks.pop()
            rows = before[2] + block[2]
            block = (
                (before[0] * before[2] + block[0] * block[2]) / rows,
                (before[1] * before[2] + block[1] * block[2]) / rows,
                rows,
            )
        blocks.append(block)
    inside = [min(max(share, 0.5 / rows), 1.0 - 0.5 / rows) for _, share, rows in blocks]
    shares = np.maximum.accumulate(inside).tolist()
    return Calibration("isotonic", (*(mean for mean, _, _ in blocks), *shares))


def _sigmoid(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    p: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * odds))  # cannot overflow
    return p


def _logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.minimum(np.maximum(p, EDGE), 1.0 - EDGE)  # np.clip costs ten times as much on one row
    odds: NDArray[np.float64] = np.log(clipped / (1.0 - clipped))
    return odds
