"""Compiled helpers that steps share: window sums and scans on a history, compensated sums, and the resampler."""

from functools import partial
from math import inf, sqrt
from typing import Any

from numba import njit

from alphaplus.features.lanes import (
    exchange_sorted,
    older_aged,
    older_arched,
    older_balance,
    older_distances,
    older_max,
    older_min,
    older_powers,
    older_products,
    older_ranked,
    older_signed,
    older_squares,
    older_sum,
)

# Steps are only ever called from compiled code: without wrappers and reference counts they compile twice as fast.
compiled: Any = partial(
    njit, error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False, forceinline=True
)

# Slots of the engine's header, at the start of the state; only BAR restarts after a gap. What is left of it, and some
# slots at the end, keep the vector code, which reads a little before and after a window, inside the state.
BAR, SEEN, TIME, ORIGIN, TICK = range(5)
HEADER, FOOTER = 16, 9

SHORT = 4  # windows up to here are not worth the lanes

# Slots of a higher clock: the bar that is being built, then the one that closed last, then how many have closed.
START, OPEN, HIGH, LOW, CLOSE, VOLUME, COUNT = range(7)
LAST = 7  # START to VOLUME of the closed bar
CLOSED = 13
CLOCK = 14


@compiled
def window_sum(s, h, window):
    """Sum of the last `window` values of a history, in a fixed order."""
    if window <= SHORT:
        total = s[h]
        for k in range(1, window):
            total += s[h - k]
        return total
    return older_sum(s, h, window) + s[h]


@compiled
def window_variance(s, h, window, mean):
    """Mean squared distance from `mean` over the last `window` values (divisor `window`)."""
    distance = s[h] - mean
    return (older_squares(s, h, window, mean) + distance * distance) / window


@compiled
def window_deviation(s, h, window, mean):
    """Standard deviation over the last `window` values (divisor `window`)."""
    return sqrt(window_variance(s, h, window, mean))


@compiled
def window_moments(s, h, window, mean):
    """Mean second, third and fourth powers of the distances from `mean` over the last `window` values."""
    second, third, fourth = older_powers(s, h, window, mean)
    distance = s[h] - mean
    square = distance * distance
    return (second + square) / window, (third + square * distance) / window, (fourth + square * square) / window


@compiled
def window_distance(s, h, window, center):
    """Mean absolute distance from `center` over the last `window` values."""
    return (older_distances(s, h, window, center) + abs(s[h] - center)) / window


@compiled
def window_covariance(s, h, other, window, mean, other_mean):
    """Mean product of the distances of two histories from their means over the last `window` values."""
    newest = (s[h] - mean) * (s[other] - other_mean)
    return (older_products(s, h, other, window, mean, other_mean) + newest) / window


@compiled
def window_signed(s, h, window):
    """Sum of the positive ones of the last `window` values, and the sum of the magnitudes of all."""
    positive, total = older_signed(s, h, window)
    return positive + max(s[h], 0.0), total + abs(s[h])


@compiled
def window_rank(s, h, window):
    """How many of the `window` - 1 values before are below the newest one, and how many equal it."""
    return older_ranked(s, h, window, s[h])


@compiled
def window_count_below(s, h, window, value):
    """How many of the last `window` values are below `value`."""
    below, _ = older_ranked(s, h, window, value)
    return below + (1.0 if s[h] < value else 0.0)


@compiled
def window_balance(s, h, weights, window, level):
    """Weights of those of the last `window` values that are below `level`, minus the weights of those above."""
    newest = s[weights] if s[h] < level else -s[weights] if s[h] > level else 0.0
    return older_balance(s, h, weights, window, level) + newest


@compiled
def window_max(s, h, window):
    """Largest of the last `window` values."""
    return max(older_max(s, h, window), s[h])


@compiled
def window_min(s, h, window):
    """Smallest of the last `window` values."""
    return min(older_min(s, h, window), s[h])


@compiled
def sort_window(s, first, h, window):
    """Put the last `window` values of a history into the slots from `first` on, in order."""
    for filled in range(window):
        new, place = s[h - filled], first + filled
        while place > first and s[place - 1] > new:
            s[place] = s[place - 1]
            place -= 1
        s[place] = new


@compiled
def replace_sorted(s, first, window, old, new):
    """Let `new` take the place of `old`, which is among the `window` sorted values from slot `first` on."""
    exchange_sorted(s, first, window, old, new)


@compiled
def bars_since_high(s, slot, h, window, first):
    """Age of the highest of the last `window` values, of equal ones the latest, kept in a slot from bar to bar.

    Only where the old one leaves the window all are looked at again. `first` says that the slot holds nothing yet; the
    history must be one that is never missing.
    """
    age = int(s[slot]) + 1
    if first or age >= window:
        age, highest = 0, s[h]
        for k in range(1, window):
            if s[h - k] > highest:
                age, highest = k, s[h - k]
    elif s[h] >= s[h - age]:
        age = 0
    s[slot] = age
    return age


@compiled
def bars_since_low(s, slot, h, window, first):
    """Age of the lowest of the last `window` values; as `bars_since_high`."""
    age = int(s[slot]) + 1
    if first or age >= window:
        age, lowest = 0, s[h]
        for k in range(1, window):
            if s[h - k] < lowest:
                age, lowest = k, s[h - k]
    elif s[h] <= s[h - age]:
        age = 0
    s[slot] = age
    return age


@compiled
def slope(s, h, window):
    """Slope a bar of the least-squares line through the last `window` values."""
    total = older_sum(s, h, window) + s[h]
    return (0.5 * (window - 1) * total - older_aged(s, h, window)) * 12.0 / (window * (window * window - 1.0))


@compiled
def slope_of_total(s, h, window):
    """Slope a bar of the least-squares line through the last `window` values of a running total.

    The history holds the total's changes, the last `window` - 1 of which are read: a difference of large totals would
    lose what is looked for.
    """
    arched = older_arched(s, h, window - 1, float(window)) + (window - 1.0) * s[h]
    return arched * 6.0 / (window * (window * window - 1.0))


@compiled
def add(s, total, value):
    """Add to a sum kept in slot `total`, with what rounding lost kept in the slot after it (Neumaier 1974)."""
    old = s[total]
    new = old + value
    if abs(old) >= abs(value):
        s[total + 1] += (old - new) + value
    else:
        s[total + 1] += (value - new) + old
    s[total] = new


@compiled
def first_bad(bars, s, timeframe_ms, offset_ms):
    """Position of the first bar that the loop must not see, or -1: late, off the grid, or with impossible values.

    `bars`: (n, k) with open_time, open, high, low, close, volume first.
    """
    last = s[TIME] if s[SEEN] > 0.0 else -inf
    for t in range(bars.shape[0]):
        time = bars[t, 0]
        if not (time > last and abs(time) < 1e15) or (int(time) - offset_ms) % timeframe_ms != 0:
            return t
        last = time
        high, low = bars[t, 2], bars[t, 3]
        if not (0.0 < low <= bars[t, 1] <= high < inf and low <= bars[t, 4] <= high):
            return t
        if not 0.0 <= bars[t, 5] < inf:
            return t
    return -1


@compiled
def clear(s, start, stop):
    """Set slots to zero."""
    for k in range(start, stop):
        s[k] = 0.0


@compiled
def resample(s, z, stop, time, open_, high, low, close, volume, timeframe_ms, length_ms, offset_ms, need, max_gap):
    """Add a bar to the higher bar built at slot `z`; true when a higher bar has just become final.

    A higher bar is final with its last bar or, where that is missing, with the first one after; one that saw fewer
    than `need` bars is dropped. More than `max_gap` higher bars missing restart the clock, slots `z` to `stop`.
    """
    final = False
    if s[z + COUNT] == 0.0 or time >= s[z + START] + length_ms:
        final = _begin(s, z, stop, time, open_, high, low, length_ms, offset_ms, need, max_gap)
    s[z + HIGH] = max(s[z + HIGH], high)
    s[z + LOW] = min(s[z + LOW], low)
    s[z + CLOSE] = close
    s[z + VOLUME] += volume
    s[z + COUNT] += 1.0
    if time + timeframe_ms == s[z + START] + length_ms:
        if s[z + COUNT] >= need:
            _finish(s, z)
            final = True
        s[z + COUNT] = 0.0
    return final


@compiled
def _begin(s, z, stop, time, open_, high, low, length_ms, offset_ms, need, max_gap):
    """Begin the higher bar that `time` lies in; true when the one before has become final by that."""
    start = (int(time) - offset_ms) // length_ms * length_ms + offset_ms
    final = s[z + COUNT] >= need  # a bar that was closed by its last one counts none
    if final:
        _finish(s, z)
    seen = s[z + CLOSED] > 0.0 or final
    if seen and (start - s[z + LAST]) / length_ms - 1.0 > max_gap:
        clear(s, z, stop)
        final = False
    s[z + START] = start
    s[z + OPEN] = open_
    s[z + HIGH] = high
    s[z + LOW] = low
    s[z + VOLUME] = 0.0
    s[z + COUNT] = 0.0
    return final


@compiled
def _finish(s, z):
    for k in range(6):
        s[z + LAST + k] = s[z + k]
