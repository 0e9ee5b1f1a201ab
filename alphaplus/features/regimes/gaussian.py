"""Three normal laws of two observations, as arrays for the fitting and as numbers for a feature's params."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Volatility
from alphaplus.core.errors import NotEnoughSamples

STATES = tuple(word.value for word in Volatility)
LEAST_ROWS = 300
LEAST_VARIANCE = 1e-4  # below it a state would be a single value


@dataclass(frozen=True, slots=True)
class Gaussians:
    """Means and variances (3, 2) of uncorrelated normals, one row a state, ordered by the mean of the second column."""

    means: NDArray[np.float64]
    variances: NDArray[np.float64]

    def log_densities(self, observations: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithms of the densities of observations (n, 2), (n, 3)."""
        away = observations[:, None, :] - self.means
        constant = np.log(2.0 * np.pi * self.variances).sum(axis=1)
        logs: NDArray[np.float64] = -0.5 * ((away**2 / self.variances).sum(axis=2) + constant)
        return logs

    def params(self, weights: NDArray[np.float64]) -> dict[str, float]:
        """The numbers that a step takes: mean, 1 / (2 variance) and the height of every state's weighted density."""
        heights = np.log(weights) - 0.5 * np.log(2.0 * np.pi * self.variances).sum(axis=1)
        numbers: dict[str, float] = {}
        for place, state in enumerate(STATES):
            x, y = self.means[place].tolist()
            x_scale, y_scale = (0.5 / self.variances[place]).tolist()
            numbers |= {f"{state}_x": x, f"{state}_y": y, f"{state}_x_scale": x_scale, f"{state}_y_scale": y_scale}
            numbers[f"{state}_height"] = float(heights[place])
        return numbers


def whole_rows(observations: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows (n, 2) without NaN; raises NotEnoughSamples when they are fewer than 300."""
    rows = observations[np.isfinite(observations).all(axis=1)]
    if len(rows) < LEAST_ROWS:
        message = f"{len(rows)} whole rows are too few to fit three states, {LEAST_ROWS} are needed"
        raise NotEnoughSamples(message, hint="fit on a longer training part")
    return rows
