"""Compiled helpers that steps share: window sums and scans on a history, compensated sums, and the resampler."""

from functools import partial
from math import inf, sqrt
from typing import Any

from numba import njit

# Steps are only ever called from compiled code: without wrappers and reference counts they compile twice as fast.
compiled: Any = partial(
    njit, error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
)

# Slots of the engine's header, at the start of the state; only BAR restarts after a gap.
BAR, SEEN, TIME, ORIGIN, TICK = range(5)
HEADER = 5

# Slots of a higher clock: the bar that is being built, then the one that closed last, then how many have closed.
START, OPEN, HIGH, LOW, CLOSE, VOLUME, COUNT = range(7)
LAST = 7  # START to VOLUME of the closed bar
CLOSED = 13
CLOCK = 14


@compiled
def window_sum(s, h, window):
    """Sum of the last `window` values of a history, newest first, in a fixed order on four accumulators."""
    a = b = c = d = 0.0
    whole = window - window % 4
    for k in range(0, whole, 4):
        a += s[h - k]
        b += s[h - k - 1]
        c += s[h - k - 2]
        d += s[h - k - 3]
    total = (a + b) + (c + d)
    for k in range(whole, window):
        total += s[h - k]
    return total


@compiled
def window_variance(s, h, window, mean):
    """Mean squared distance from `mean` over the last `window` values (divisor `window`)."""
    a = b = c = d = 0.0
    whole = window - window % 4
    for k in range(0, whole, 4):
        a += (s[h - k] - mean) ** 2
        b += (s[h - k - 1] - mean) ** 2
        c += (s[h - k - 2] - mean) ** 2
        d += (s[h - k - 3] - mean) ** 2
    total = (a + b) + (c + d)
    for k in range(whole, window):
        total += (s[h - k] - mean) ** 2
    return total / window


@compiled
def window_deviation(s, h, window, mean):
    """Standard deviation over the last `window` values (divisor `window`)."""
    return sqrt(window_variance(s, h, window, mean))


@compiled
def window_max(s, h, window):
    """Largest of the last `window` values."""
    a = b = c = d = s[h]
    whole = window - window % 4
    for k in range(0, whole, 4):
        a = max(a, s[h - k])
        b = max(b, s[h - k - 1])
        c = max(c, s[h - k - 2])
        d = max(d, s[h - k - 3])
    for k in range(whole, window):
        a = max(a, s[h - k])
    return max(a, b, c, d)


@compiled
def window_min(s, h, window):
    """Smallest of the last `window` values."""
    a = b = c = d = s[h]
    whole = window - window % 4
    for k in range(0, whole, 4):
        a = min(a, s[h - k])
        b = min(b, s[h - k - 1])
        c = min(c, s[h - k - 2])
        d = min(d, s[h - k - 3])
    for k in range(whole, window):
        a = min(a, s[h - k])
    return min(a, b, c, d)


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
    middle = (window - 1) / 2.0
    a = b = c = d = 0.0
    whole = window - window % 4
    for k in range(0, whole, 4):
        a += (middle - k) * s[h - k]
        b += (middle - k - 1) * s[h - k - 1]
        c += (middle - k - 2) * s[h - k - 2]
        d += (middle - k - 3) * s[h - k - 3]
    total = (a + b) + (c + d)
    for k in range(whole, window):
        total += (middle - k) * s[h - k]
    return total * 12.0 / (window * (window * window - 1.0))


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
    start = (int(time) - offset_ms) // length_ms * length_ms + offset_ms
    final = False
    if s[z + COUNT] > 0.0 and s[z + START] != start:
        final = s[z + COUNT] >= need
        if final:
            _finish(s, z)
        s[z + COUNT] = 0.0
    seen = s[z + CLOSED] > 0.0 or final
    if seen and (start - s[z + LAST]) / length_ms - 1.0 > max_gap:
        clear(s, z, stop)
        final = False
    if s[z + COUNT] == 0.0:
        s[z + START] = start
        s[z + OPEN] = open_
        s[z + HIGH] = high
        s[z + LOW] = low
        s[z + VOLUME] = 0.0
    s[z + HIGH] = max(s[z + HIGH], high)
    s[z + LOW] = min(s[z + LOW], low)
    s[z + CLOSE] = close
    s[z + VOLUME] += volume
    s[z + COUNT] += 1.0
    if time + timeframe_ms == start + length_ms:
        if s[z + COUNT] >= need:
            _finish(s, z)
            final = True
        s[z + COUNT] = 0.0
    return final


@compiled
def _finish(s, z):
    for k in range(6):
        s[z + LAST + k] = s[z + k]
