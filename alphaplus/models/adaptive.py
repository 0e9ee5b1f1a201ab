"""Adaptive conformal inference: a level that keeps the promise of prediction sets on any data.

After every answer the level moves: alpha <- alpha + step * (target - missed). Where sets miss too often they grow,
where they miss too seldom they shrink. For ANY data, adversarial included, the share of misses among T answers differs
from the target by (max(alpha_1, 1 - alpha_1) + step) / (step * T) at most, if each answer is known before the next set
is made. With answers that come late the level swings further, by a step for each answer still to come.

Reference: Gibbs and Candes 2021, "Adaptive conformal inference under distribution shift".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.models.conformal import Conformal

STEP = 0.01


@dataclass(frozen=True, slots=True)
class AdaptiveLevel:
    """The state of a stream: `alpha` is the level of the next set, `target` the share of misses to keep.

    Outside [0, 1] a level asks for a set of everything, or of nothing.
    """

    alpha: float
    target: float
    step: float = STEP

    @classmethod
    def start(cls, target: float, *, step: float = STEP) -> "AdaptiveLevel":
        """The level before the first answer is the target itself."""
        return cls(target, target, step)

    def after(self, missed: bool) -> "AdaptiveLevel":
        """The level once an answer is known, and whether its set missed it."""
        return AdaptiveLevel(self.alpha + self.step * (self.target - float(missed)), self.target, self.step)


def adaptive_thresholds(
    scores: NDArray[np.float64],
    conformal: Conformal,
    *,
    as_of: NDArray[np.int64],
    span_end: NDArray[np.int64],
    target: float,
    step: float = STEP,
) -> NDArray[np.float64]:
    """The threshold (n,) of each set of a stream, as the answers known when it was made had left the level.

    scores: (n,) how badly the answers fit (`conformal.misfits`). as_of: (n,) when each set was made, in increasing
    order; span_end: (n,) when its answer was known, both ms.
    """
    level = AdaptiveLevel.start(target, step=step)
    answered = np.argsort(span_end, kind="stable")
    known = np.searchsorted(span_end[answered], as_of, side="right")  # answers there were when each set was made
    limits = np.empty(len(scores))
    done = 0
    for row, count in enumerate(known.tolist()):
        for other in answered[done:count].tolist():
            level = level.after(bool(scores[other] > limits[other]))
        done = max(done, count)
        limits[row] = conformal.threshold(level.alpha)
    return limits
