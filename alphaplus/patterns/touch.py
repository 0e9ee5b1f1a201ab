"""Target, stop or neither: which level a trade reaches first, for detectors, for what is said of events, for labels.

All of it stands in this file, for compiled code is kept by the file it came from.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from alphaplus.features.state import compiled

NOTHING, TARGET, STOP, EXPIRED, INTERRUPTED = range(5)

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@compiled
def barrier(direction, target, stop, high, low):
    """Which of target and stop a bar reaches, for a trade of a direction (+1, -1); of both the stop.

    A target or stop that is NaN is never reached.
    """
    if direction > 0.0:
        return STOP if low <= stop else TARGET if high >= target else NOTHING
    return STOP if high >= stop else TARGET if low <= target else NOTHING


@compiled
def exit_price(direction, reached, target, stop, open_):
    """At what price a reached barrier is left: its own, or the open where the bar opened beyond it."""
    level = target if reached == TARGET else stop
    upwards = (direction > 0.0) == (reached == TARGET)
    return open_ if (open_ > level if upwards else open_ < level) else level


@njit(error_model="numpy", nogil=True, cache=True)
def first_touches(
    known: Places, direction: Array, target: Array, stop: Array, horizon: int, prices: Array, breaks: NDArray[np.bool_]
) -> tuple[Places, Places, Array]:
    """What became of trades: code (m,) NOTHING to INTERRUPTED, the bar of the end (m,), and the price there (m,).

    Trade i is decided at the close of bar `known[i]` and entered at the next open; it expires at the close of the bar
    `horizon` bars on. `prices` (n, 4) are open, high, low and close; `breaks` (n,) marks bars before which too many are
    missing: there a trade is interrupted, at the last close before it. What is not over has the last bar and its
    close.
    """
    count, n = len(known), len(prices)
    codes, ends, exits = np.zeros(count, np.int64), np.empty(count, np.int64), np.empty(count)
    for i in range(count):
        code, at = NOTHING, known[i]
        price = prices[at, 3]
        while code == NOTHING and at + 1 < n:
            if breaks[at + 1]:
                code, at = INTERRUPTED, at + 1
                break
            at += 1
            code = barrier(direction[i], target[i], stop[i], prices[at, 1], prices[at, 2])
            if code != NOTHING:
                price = exit_price(direction[i], code, target[i], stop[i], prices[at, 0])
            else:
                price = prices[at, 3]
                if at - known[i] >= horizon:
                    code = EXPIRED
        codes[i], ends[i], exits[i] = code, at, price
    return codes, ends, exits
