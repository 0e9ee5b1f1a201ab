"""Fitting a hidden Markov model to the bars of a training part, for the feature `regime_hmm`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError
from alphaplus.features.regimes.gaussian import LEAST_VARIANCE, STATES, Gaussians, whole_rows
from alphaplus.features.regimes.mixture import RegimeFit, mixture_of

LEAST_CHANGE = 0.004  # keeps every state in reach, and what the filter remembers short
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the present numbers say about the rows: states (n, 3), changes summed (3, 3), log likelihood a row."""

    states: Values
    changes: Values
    log_likelihood: float


def fit_hidden_markov(
    observations: Values, *, seed: int = 0, least_stay: float = 0.95, rounds: int = 200, tolerance: float = 1e-6
) -> RegimeFit:
    """Fit three states to observations (n, 2) of a training part, in order of time, by Baum and Welch's algorithm.

    Begins with a Gaussian mixture (`seed`) and ends after `rounds` or when the mean log likelihood of a bar gains less
    than `tolerance`. Every state follows itself with probability `least_stay` at least, else the likeliest states are
    kinds of bars and no regimes; no change is less probable than .004. The states are ordered by the mean of the second
    column, which should tell volatility. Rows with NaN are left out. Give the params to `register_hidden_markov`.
    Raises NotEnoughSamples under 300 rows, and ConfigError for a `least_stay` that leaves no room for changes.

    Reference: Rabiner, A Tutorial on Hidden Markov Models (1989), with scaling.
    """
    if not 0.0 <= least_stay <= 1.0 - 2.0 * LEAST_CHANGE:
        message = f"a state cannot follow itself with probability {least_stay} at least"
        raise ConfigError(message, hint=f"between 0 and {1.0 - 2.0 * LEAST_CHANGE}")
    rows = whole_rows(observations)
    laws, _ = mixture_of(rows, seed=seed)
    least = np.full((3, 3), LEAST_CHANGE)
    np.fill_diagonal(least, max(least_stay, LEAST_CHANGE))
    transitions = np.array([_floored(np.full(3, 1.0 / 3.0), floor) for floor in least])
    before = -np.inf
    expected = _expect(rows, laws, transitions)
    for _ in range(rounds):
        if expected.log_likelihood - before < tolerance:
            break
        before = expected.log_likelihood
        laws = _laws(rows, expected.states)
        transitions = np.array([_floored(row, floor) for row, floor in zip(expected.changes, least, strict=True)])
        expected = _expect(rows, laws, transitions)
    order = np.argsort(laws.means[:, 1], kind="stable")
    laws, transitions = Gaussians(laws.means[order], laws.variances[order]), transitions[np.ix_(order, order)]
    moves = {f"{a}_{b}": float(transitions[i, j]) for i, a in enumerate(STATES) for j, b in enumerate(STATES)}
    return RegimeFit(laws.params(np.ones(3)) | moves, expected.log_likelihood, len(rows))


def _expect(rows: Values, laws: Gaussians, transitions: Values) -> _Expected:
    """Filter forward, then smooth backward: allowed here, where all rows are of the past."""
    logs = laws.log_densities(rows)
    tops = logs.max(axis=1, keepdims=True)
    density = np.exp(logs - tops)
    forward, scale = np.empty_like(density), np.empty(len(density))
    ahead = np.full(3, 1.0 / 3.0)
    for t, likely in enumerate(density):
        joint = ahead * likely
        scale[t] = joint.sum()
        forward[t] = joint / scale[t]
        ahead = forward[t] @ transitions
    backward, later = np.empty_like(density), np.ones(3)
    for t in range(len(density) - 1, -1, -1):
        backward[t] = later
        later = transitions @ (density[t] * later / scale[t])
    weighted = density[1:] * backward[1:] / scale[1:, None]
    changes = transitions * (forward[:-1].T @ weighted)
    return _Expected(forward * backward, changes, float((np.log(scale) + tops[:, 0]).mean()))


def _laws(rows: Values, states: Values) -> Gaussians:
    total = states.sum(axis=0)[:, None]
    means = states.T @ rows / total
    variances = np.array([states[:, k] @ (rows - means[k]) ** 2 for k in range(3)]) / total
    return Gaussians(means, np.maximum(variances, LEAST_VARIANCE))


def _floored(row: Values, least: Values) -> Values:
    """The likeliest probabilities given counts, none of them under its least: the low rise, the others make room."""
    low = np.zeros(len(row), dtype=bool)
    while True:
        room = 1.0 - least[low].sum()
        raised = np.where(low, least, row * room / row[~low].sum())
        fallen = ~low & (raised < least)
        if not fallen.any():
            return raised
        low |= fallen
