"""Walk-forward efficiency: how much of what calls earned on rows that were learned from is left on later ones.

It is shown and never a gate: that the out-of-sample returns differ from zero is what their own t statistic says, and a
model that fits its past badly can have an efficiency above one. Reference: Pardo, The Evaluation and Optimization of
Trading Strategies (2008).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def mean_followed(predicted: Floats, outcome: Floats, *, neutral: float) -> float:
    """Mean simple return, before costs, of taking the side that each prediction (n,) is on of `neutral`.

    outcome: (n,) simple return over the span of each label; spans may overlap.
    """
    return float(np.mean(np.sign(predicted - neutral) * outcome))


def walk_forward_efficiency(unseen: Sequence[float], seen: Sequence[float], *, rows: Sequence[int]) -> float:
    """Mean return out of sample over that in sample, folds counting by their tested rows; NaN without a gain in sample.

    unseen, seen: mean return of each fold on the rows that it tested and on rows that it had learned from.
    """
    learned = float(np.average(seen, weights=rows))
    return float(np.average(unseen, weights=rows)) / learned if learned > 0.0 else float("nan")
