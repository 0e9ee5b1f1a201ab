"""Volume whose shocks can be read from it: log volume is autoregressive."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

KEEPS = 0.9  # of its distance from the usual, each bar
SHOCK = 0.3  # standard deviation of a shock to log volume
USUAL = 1000.0


def shocked_volume(generator: np.random.Generator, bars: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw shocks (n,) of standard deviation 1, and the volume (n,) that they make.

    log(v / 1000) of each bar is 0.9 times that of the bar before plus 0.3 times its shock, started in its stationary
    law; the shock of the first bar is what takes it there from 0.
    """
    shocks = generator.standard_normal(bars)
    shocks[0] /= sqrt(1.0 - KEEPS**2)
    logs = np.empty(bars)
    level = 0.0
    for position, shock in enumerate(shocks.tolist()):
        level = KEEPS * level + SHOCK * shock
        logs[position] = level
    return shocks, USUAL * np.exp(logs)
