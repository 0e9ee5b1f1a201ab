"""Split-conformal sets: the classes, or the interval, that hold the answer in a stated share of cases.

Scores say how badly an output fits an answer: 1 minus the probability of the class, or the distance from the forecast.
A set holds every answer that fits no worse than all but a share `alpha` of the answers on rows that the model was not
fitted on. If rows can change places (exchangeable data) a set then misses the answer in a share `alpha` of cases at
most; on a market they cannot, and the adaptive level of `models.adaptive` is what keeps the promise.

The calibration of probabilities is fitted on the same rows, so each half of them in time, purged, is scored with the
calibration that was fitted on the other half (cross-conformal).

References: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Sadinle, Lei and Wasserman 2019,
"Least ambiguous set-valued classifiers with bounded error levels"; Vovk 2015, "Cross-conformal predictors".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.calibrate import calibration_of, halves_in_time

STORED = 1000  # scores kept; of more, evenly spaced ones

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Conformal:
    """How badly the true answers of `n` unseen rows fitted: `scores` (m,) in increasing order, m at most 1000.

    Of more rows than that, each score kept stands for the ones below it, so that sets become larger, never smaller. Of
    none, as in a model that nobody could score, every set holds everything.
    """

    n: int = 0
    scores: tuple[float, ...] = ()

    def threshold(self, alpha: float) -> float:
        """The largest score that an answer in the set may have.

        It is the ceil((n + 1)(1 - alpha))-th smallest. With fewer rows than that, and from alpha 0 down, it is
        infinite: everything is in the set. From alpha 1 up it is -infinite, and nothing is.
        """
        if alpha >= 1.0:
            return -inf
        rank = ceil((self.n + 1) * (1.0 - max(alpha, 0.0)))
        if rank > self.n:
            return inf
        return self.scores[(rank - 1) * len(self.scores) // self.n]  # the first stored one of that rank or more

    def sets(self, outputs: Floats, *, alpha: float, task: Task) -> NDArray[np.bool_] | Floats:
        """Which classes each set holds (n, k), or its lower and upper bounds (n, 2), from calibrated outputs (n, k).

        A set without any class, or whose bounds are NaN, says that nothing fits well enough.
        """
        limit = self.threshold(alpha)
        if task is not Task.REGRESSION:
            return np.asarray(1.0 - outputs <= limit)
        if limit == -inf:
            return np.full((len(outputs), 2), np.nan)
        return np.column_stack([outputs[:, 0] - limit, outputs[:, 0] + limit])

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; `from_json` is the inverse."""
        return {"n": self.n, "scores": list(self.scores)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Conformal":
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError when it is something else."""
        n, scores = int(content["n"]), tuple(float(score) for score in content["scores"])
        if len(scores) != min(n, STORED) or not np.all(np.isfinite(scores)) or np.any(np.diff(scores) < 0.0):
            raise ValueError(f"{len(scores)} scores of {n} rows are not those of conformal sets")
        return cls(n, scores)


def conformal_of(scores: Floats) -> Conformal:
    """The sets that scores (n,) of unseen rows give."""
    n, ordered = len(scores), np.sort(scores)
    if not n:
        return Conformal()
    kept = min(n, STORED)
    ranks = -(-np.arange(1, kept + 1) * n // kept)  # rounded up
    return Conformal(n, tuple(ordered[ranks - 1].tolist()))


def conform(outputs: Floats, rows: Dataset, *, calibrated: bool = True, shares: tuple[float, ...] = ()) -> Conformal:
    """Conformal sets from outputs (n, k) before calibration on rows that were not fitted on; `shares` as `calibrate`.

    `calibrated`: whether the model is calibrated on these rows; one that is not is scored as it is, all rows at once.
    Where labels live too long to tell two halves apart there are no scores, and every set holds everything.
    """
    if rows.task is Task.REGRESSION or not calibrated:
        return conformal_of(misfits(outputs, rows.y, classes=rows.classes))
    earlier, later = halves_in_time(rows.as_of, rows.span_end)
    if not len(earlier):
        return Conformal()
    scores = []
    for seen, unseen in ((earlier, later), (later, earlier)):
        p = calibration_of(outputs[seen], rows.rows(seen), shares=shares).apply(outputs[unseen])
        scores.append(misfits(p, rows.y[unseen], classes=rows.classes))
    return conformal_of(np.concatenate(scores))


def misfits(outputs: Floats, y: Floats, *, classes: tuple[float, ...]) -> Floats:
    """Scores (n,): how badly calibrated outputs (n, k) fit the answers y (n,)."""
    if not classes:
        return np.abs(y - outputs[:, 0])
    return 1.0 - outputs[np.arange(len(y)), np.searchsorted(classes, y)]
