"""Compiled draws of the stationary bootstrap. Its callers and their documentation are in `bootstrap.py`."""

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
State = NDArray[np.uint64]

MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11))


@numba.njit(cache=True)
def _next(state: State) -> float:
    """A uniform number in (0, 1) by splitmix64 (Steele, Lea and Flood 2014), so that draws need no global state."""
    state[0] += MIX[0]
    z = state[0]
    z = (z ^ (z >> SHIFTS[0])) * MIX[1]
    z = (z ^ (z >> SHIFTS[1])) * MIX[2]
    z = z ^ (z >> SHIFTS[2])
    return (float(z >> SHIFTS[3]) + 0.5) * 2.0**-53


@numba.njit(cache=True)
def _next_block(state: State, n: int, left: int, scale: float) -> tuple[int, int]:
    """Start and length of one block, no longer than `left`; scale = 1 / log(1 - 1/block), 0 for blocks of one row."""
    start = min(int(_next(state) * n), n - 1)
    length = 1
    if scale != 0.0:
        length += int(min(np.log(_next(state)) * scale, float(left)))
    return start, min(length, left)


@numba.njit(cache=True)
def draw_means(sums: Floats, block: float, draws: int, seed: np.uint64) -> Floats:
    """Means (draws, k) of resampled rows from their running sums (n + 1, k), which begin with zeros."""
    n, k = sums.shape[0] - 1, sums.shape[1]
    scale = 0.0 if block <= 1.0 else 1.0 / np.log1p(-1.0 / block)
    state = np.array([seed], dtype=np.uint64)
    means = np.zeros((draws, k))
    for draw in range(draws):
        left = n
        while left > 0:
            start, length = _next_block(state, n, left, scale)
            left -= length
            end = start + length
            if end <= n:
                for j in range(k):
                    means[draw, j] += sums[end, j] - sums[start, j]
            else:
                for j in range(k):
                    means[draw, j] += sums[n, j] - sums[start, j] + sums[end - n, j]
        for j in range(k):
            means[draw, j] /= n
    return means


@numba.njit(cache=True)
def draw_ranks(  # noqa: PLR0917 - compiled functions have no keyword-only arguments
    up: NDArray[np.bool_],
    ends: NDArray[np.bool_],
    unit: NDArray[np.int32],
    units: int,
    block: float,
    draws: int,
    seed: np.uint64,
) -> Floats:
    """Area under the ROC curve and average precision (draws, 2) of rows sorted by falling score.

    up: (n,) bool; ends: (n,) bool, true on the last row of each tie; unit: (n,) int32, the unit each row is drawn with.
    """
    scale = 0.0 if block <= 1.0 else 1.0 / np.log1p(-1.0 / block)
    state = np.array([seed], dtype=np.uint64)
    result = np.full((draws, 2), np.nan)
    counts = np.empty(units + 1, dtype=np.int32)
    for draw in range(draws):
        counts[:] = 0
        left = units
        while left > 0:
            start, length = _next_block(state, units, left, scale)
            left -= length
            end = start + length
            counts[start] += 1
            if end <= units:
                counts[end] -= 1
            else:
                counts[0] += 1
                counts[end - units] -= 1
        for i in range(1, units):
            counts[i] += counts[i - 1]
        positives, negatives, ties_up, ties_down = 0, 0, 0, 0
        area, precision = 0.0, 0.0
        for i in range(len(up)):
            count = counts[unit[i]]
            if up[i]:
                ties_up += count
            else:
                ties_down += count
            if ends[i]:
                area += ties_down * (positives + 0.5 * ties_up)
                positives += ties_up
                negatives += ties_down
                if positives > 0:
                    precision += ties_up * (positives / (positives + negatives))
                ties_up, ties_down = 0, 0
        if positives > 0 and negatives > 0:
            result[draw, 0] = area / (float(positives) * float(negatives))
            result[draw, 1] = precision / positives
    return result
