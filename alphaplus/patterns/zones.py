"""Zones: price ranges that live from their birth until the price has filled, broken or outlived them.

A few slots of the state hold those alive of one direction; a detector needs `open_zone`, `advance_zones` and
`nearest_of_both`. What is said of an event afterwards (`follow_zones`) is worked out by the same functions; all of it
stands in this file, for compiled code is kept by the file it came from.
"""

from math import nan

import numpy as np
from numba import njit
from numpy.typing import NDArray

from alphaplus.features.state import compiled

# Slots of one zone. A strength of 0 says that there is none.
STRENGTH, BOTTOM, TOP, BORN, DEEPEST = range(5)
SLOTS = 5  # times the most that may live, and one more to count them
FRESH, TOUCHED, MITIGATED, FILLED, BROKEN, EXPIRED, RETIRED, INTERRUPTED = range(8)  # what became of a zone

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@compiled
def depth(direction, bottom, top, high, low):
    """How deep a bar goes into a zone: FRESH for not at all, TOUCHED its near edge, MITIGATED its middle, or FILLED.

    A zone of direction +1 lies below the price and is entered from above, one of -1 mirrors it.
    """
    middle = 0.5 * (bottom + top)
    if direction > 0.0:
        return FILLED if low <= bottom else MITIGATED if low <= middle else TOUCHED if low <= top else FRESH
    return FILLED if high >= top else MITIGATED if high >= middle else TOUCHED if high >= bottom else FRESH


@compiled
def open_zone(s, z, most, n, bottom, top, strength):
    """Let a zone live from the next bar on; where all places are taken the oldest retires. Gives its place."""
    place = int(s[z + SLOTS * most]) % most
    s[z + SLOTS * most] += 1.0
    at = z + SLOTS * place
    s[at + STRENGTH], s[at + BOTTOM], s[at + TOP], s[at + BORN], s[at + DEEPEST] = strength, bottom, top, n, 0.0
    return place


@compiled
def advance_zone(s, at, n, direction, horizon, by_close, high, low, close):
    """What one bar makes of the zone at slot `at`, one of FRESH to EXPIRED; what has ended is gone from then on.

    A zone is touched at its near edge and mitigated at its middle. It ends FILLED where the price reaches its far edge
    or, with `by_close`, BROKEN where a bar closes beyond it, and EXPIRED after `horizon` bars.
    """
    bottom, top = s[at + BOTTOM], s[at + TOP]
    deep = depth(direction, bottom, top, high, low)
    s[at + DEEPEST] = max(s[at + DEEPEST], float(min(deep, MITIGATED)))
    ended = 0
    if by_close:
        if (close < bottom) if direction > 0.0 else (close > top):
            ended = BROKEN
    elif deep == FILLED:
        ended = FILLED
    if ended == 0 and n - s[at + BORN] >= horizon:
        ended = EXPIRED
    if ended != 0:
        s[at + STRENGTH] = 0.0
        return ended
    return int(s[at + DEEPEST])


@compiled
def advance_zones(s, z, most, n, direction, horizon, by_close, high, low, close):
    """Let one bar happen to all zones of a direction; gives how many live on."""
    alive = 0
    for place in range(most):
        at = z + SLOTS * place
        if s[at + STRENGTH] > 0.0:
            alive += advance_zone(s, at, n, direction, horizon, by_close, high, low, close) <= MITIGATED
    return alive


@compiled
def nearest_zone(s, z, most, close):
    """Slot of the living zone whose nearer edge is nearest to the close, the youngest of equal ones; -1 for none."""
    best, found = 0.0, -1
    for place in range(most):
        at = z + SLOTS * place
        if s[at + STRENGTH] > 0.0:
            away = _away(s, at, close)
            if found < 0 or away < best or (away == best and s[at + BORN] > s[found + BORN]):
                best, found = away, at
    return found


@compiled
def nearest_of_both(s, up, down, most, n, close):
    """The five columns of the zone nearest to the close, of those from slot `up` (+1) and from slot `down` (-1) on."""
    below, above = nearest_zone(s, up, most, close), nearest_zone(s, down, most, close)
    if above < 0 and below < 0:
        return 0.0, 0.0, nan, nan, nan
    chosen, direction = below, 1.0
    if below < 0 or (above >= 0 and _away(s, above, close) < _away(s, below, close)):
        chosen, direction = above, -1.0
    return direction, s[chosen + STRENGTH], s[chosen + BOTTOM], s[chosen + TOP], n - s[chosen + BORN]


@compiled
def _away(s, at, close):
    """How far the close is from a zone; 0 inside."""
    return max(s[at + BOTTOM] - close, close - s[at + TOP], 0.0)


@njit(error_model="numpy", nogil=True, cache=True)
def follow_zones(
    known: Places,
    direction: Array,
    edges: Array,
    most: int,
    horizon: int,
    by_close: bool,
    prices: Array,
    breaks: NDArray[np.bool_],
) -> tuple[Places, Places, Places, Places]:
    """What became of zones: code (m,) FRESH to INTERRUPTED, and the bars (m,) of the end, first touch and mitigation.

    Zone i, from `edges[i, 0]` to `edges[i, 1]`, is known at the close of bar `known[i]` (ascending, at most one of a
    direction a bar). `prices` (n, 4) are open, high, low and close; `breaks` (n,) marks bars before which too many are
    missing, where all is forgotten. Bars are -1 for what has not happened.
    """
    count, n = len(known), len(prices)
    codes, ends = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    touched, mitigated = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    size = SLOTS * most + 1
    s, who, following = np.zeros(2 * size), np.full((2, most), -1, np.int64), 0
    for t in range(known[0] if count else n, n):
        for side in range(2):
            for place in range(most):
                i, at = who[side, place], side * size + SLOTS * place
                if i < 0:
                    continue
                if breaks[t]:
                    codes[i], ends[i], who[side, place], s[at] = INTERRUPTED, t, -1, 0.0
                    continue
                code = advance_zone(s, at, t, direction[i], horizon, by_close, prices[t, 1], prices[t, 2], prices[t, 3])
                deep = int(s[at + DEEPEST])
                if deep >= TOUCHED and touched[i] < 0:
                    touched[i] = t
                if deep >= MITIGATED and mitigated[i] < 0:
                    mitigated[i] = t
                codes[i] = code
                if code > MITIGATED:
                    ends[i], who[side, place] = t, -1
        if breaks[t]:
            s[:] = 0.0
        while following < count and known[following] == t:
            side = 0 if direction[following] > 0.0 else 1
            place = open_zone(s, side * size, most, t, edges[following, 0], edges[following, 1], 1.0)
            if who[side, place] >= 0:
                codes[who[side, place]], ends[who[side, place]] = RETIRED, t
            who[side, place] = following
            following += 1
    return codes, ends, touched, mitigated
