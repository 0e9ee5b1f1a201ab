"""The normal law."""

from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray


def normal_cdf(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normal distribution function (n,)."""
    return np.array([0.5 * (1.0 + erf(value / sqrt(2.0))) for value in z.tolist()], dtype=np.float64)
