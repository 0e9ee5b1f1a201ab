"""Fitting a Gaussian mixture to the bars of a training part, for the feature `regime_mixture`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.features.regimes.gaussian import LEAST_VARIANCE, STATES, Gaussians, whole_rows


@dataclass(frozen=True, slots=True)
class RegimeFit:
    """The params of a fitted regime, the mean log likelihood of a bar under them, and how many bars were fitted."""

    params: Mapping[str, float]
    log_likelihood: float
    bars: int


def fit_mixture(observations: NDArray[np.float64], *, seed: int = 0) -> RegimeFit:
    """Fit three normal laws to observations (n, 2) of a training part, by expectation and maximisation.

    The states are ordered by the mean of the second column, which should tell volatility. Rows with NaN are left out.
    Give the params to `register_mixture`. Raises NotEnoughSamples under 300 rows.
    """
    rows = whole_rows(observations)
    laws, weights = mixture_of(rows, seed=seed)
    logs = laws.log_densities(rows) + np.log(weights)
    return RegimeFit(laws.params(weights), float(np.logaddexp.reduce(logs, axis=1).mean()), len(rows))


def mixture_of(rows: NDArray[np.float64], *, seed: int) -> tuple[Gaussians, NDArray[np.float64]]:
    """Laws of the three states and their weights (3,)."""
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    model = GaussianMixture(
        n_components=len(STATES),
        covariance_type="diag",
        n_init=3,
        tol=1e-5,
        max_iter=1_000,
        reg_covar=LEAST_VARIANCE,
        random_state=seed,
    )
    with threadpool_limits(1):  # threads that wait for one another take longer, and add up in another order
        model.fit(rows)
    order = np.argsort(model.means_[:, 1], kind="stable")
    weights: NDArray[np.float64] = model.weights_[order]
    return Gaussians(model.means_[order], model.covariances_[order]), weights
