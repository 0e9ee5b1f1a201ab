"""Markets of two hidden states: their path, and what the past tells about the present one."""

import numpy as np
from numpy.typing import NDArray


def hidden_states(generator: np.random.Generator, bars: int, *, stay: float) -> NDArray[np.int64]:
    """Draw the state of every bar (n,), 0 or 1: a fair one first, then the same again with probability `stay`."""
    leaves = generator.random(bars) >= stay
    leaves[0] = generator.random() < 0.5
    path: NDArray[np.int64] = np.cumsum(leaves) % 2
    return path


def filtered(log_likelihood: NDArray[np.float64], *, stay: float) -> NDArray[np.float64]:
    """The probabilities of the states of bars 0 to n (n + 1, 2), each given the bars before it.

    `log_likelihood` (n, 2) is that of every bar in each state, given the bars before it; constants alike for both
    states may be left out. Reference: Hamilton, A New Approach to the Economic Analysis of Nonstationary Time Series
    (1989).
    """
    weights = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True)).tolist()
    first = 0.5
    found = [first]
    for one, other in weights:
        after = first * one / (first * one + (1.0 - first) * other)
        first = stay * after + (1.0 - stay) * (1.0 - after)
        found.append(first)
    states = np.array(found)
    return np.column_stack([states, 1.0 - states])
