"""Compiled walks through the trees of a forest. Their caller and its documentation are in `forest.py`."""

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Places = NDArray[np.int32]


@numba.njit(cache=True)
def walk(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    x: Singles, roots: Places, split: Places, threshold: Singles, right: Places, value: Floats
) -> Floats:
    """Sum over the trees of the values of the leaves (n,) where the rows x (n, p) end."""
    out = np.zeros(len(x))
    for row in range(len(x)):
        total = 0.0
        for root in roots:
            node = root
            while split[node] >= 0:
                node = node + 1 if x[row, split[node]] <= threshold[node] else right[node]
            total += value[node]
        out[row] = total
    return out


@numba.njit(cache=True)
def steps(  # noqa: PLR0917
    x: Singles, roots: Places, split: Places, threshold: Singles, right: Places, value: Floats
) -> Floats:
    """Changes of value along the paths of the rows x (n, p), summed by the column that was asked (n, p)."""
    out = np.zeros(x.shape)
    for row in range(len(x)):
        for root in roots:
            node = root
            while split[node] >= 0:
                column = split[node]
                child = node + 1 if x[row, column] <= threshold[node] else right[node]
                out[row, column] += value[child] - value[node]
                node = child
    return out
