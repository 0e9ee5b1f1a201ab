"""Resting orders: the levels of swings beyond which stops are thought to rest, until the price has taken them."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled

KEPT = 8  # levels of each side
OLDEST = 500  # bars that a level is kept
ALIKE = 0.25  # average true ranges: swings no farther apart are at one level

# Slots of one level: its first swing and when that was, how far from it others may be, how many it has (0: no level),
# the nearest and the farthest of them as the price comes to it, when the farthest was, whether that was passed, and the
# bar with which the level, or the pool that it became, was known.
PRICE, AT, WIDTH, SWINGS, NEAR, TIP, TIP_AT, PASSED, SINCE = range(9)
LEVEL = 9
SIDE = LEVEL * KEPT + 1  # one more counts the levels
HIDDEN = (
    *("resting_pooled", "resting_near", "resting_far", "resting_first", "resting_first_bars"),
    *("resting_second", "resting_second_bars", "resting_swept", "resting_tip", "resting_tip_bars"),
)
NONE = nan, nan, nan, nan, nan, nan


@feature(
    inputs=(
        *("high", "low", "close", "atr_14", "swing_5_high_born", "swing_5_low_born"),
        *("swing_5_high", "swing_5_high_age", "swing_5_low", "swing_5_low_age"),
    ),
    outputs=HIDDEN,
    optional=("swing_5_high", "swing_5_high_age", "swing_5_low", "swing_5_low_age"),
    state=2 * SIDE,
    memory=2 * OLDEST,
    hidden=HIDDEN,
    group="smc",
    unit=(
        *("-1, 0 or 1", "price", "price", "price", "bars, at least 0", "price", "bars, at least 0"),
        *("-1, 0 or 1", "price", "bars, at least 0"),
    ),
)
def resting(s, b, n, high, low, close, atr, top_born, bottom_born, top, top_age, bottom, bottom_age):
    """Levels of swings of five bars on each side: which became pools on this bar, and which were swept by it.

    Every swing begins a level, unless one is no farther from the first swing of a level than a quarter of the average
    true range of the bar that confirmed that one: then it joins, and with its second swing a level becomes a pool, told
    of by +1 for lows and -1 for highs. A level reaches from the nearer of its first two swings to that quarter beyond
    the first. It is gone when the price gets there, after 500 bars, or when eight newer ones of its side are kept. The
    pool of highs is told of where both sides have one.

    A level is swept by a bar that passes the farthest of its swings, for the first time since its newest one was known,
    and closes back on this side of the level: +1 below lows, -1 above highs, and of several levels the farthest. A bar
    that sweeps both sides is none.

    Reference: the inner circle trader's concept; the package smartmoneyconcepts 0.0.27, function liquidity, takes one
    hundredth of the range of the whole series for the tolerance.
    """
    above, below = b, b + SIDE
    over = _pass(s, above, n, 1.0, high, close)
    under = _pass(s, below, n, -1.0, low, close)
    swept, tip, tip_bars = 0.0, nan, nan
    if (over < 0) != (under < 0):
        at, swept = (over, -1.0) if over >= 0 else (under, 1.0)
        tip, tip_bars = s[at + TIP], n - s[at + TIP_AT]
    pooled, pool = 0.0, NONE
    joined = _rest(s, above, n, 1.0, top, n - top_age, ALIKE * atr) if top_born > 0.0 else -1
    if joined >= 0:
        pooled, pool = -1.0, _told(s, joined, n, 1.0, top, top_age)
    joined = _rest(s, below, n, -1.0, bottom, n - bottom_age, ALIKE * atr) if bottom_born > 0.0 else -1
    if joined >= 0 and pooled == 0.0:
        pooled, pool = 1.0, _told(s, joined, n, -1.0, bottom, bottom_age)
    return (pooled,) + pool + (swept, tip, tip_bars)


@compiled
def _pass(s, z, n, side, reach, close):
    """Let a bar happen to the levels of a side (+1 highs); slot of the farthest that it sweeps, -1 for none."""
    found = -1
    for place in range(KEPT):
        at = z + LEVEL * place
        if s[at + SWINGS] == 0.0:
            continue
        if side * (reach - s[at + TIP]) > 0.0:
            if s[at + PASSED] == 0.0 and side * (s[at + NEAR] - close) > 0.0:
                farther = side * (s[at + TIP] - s[found + TIP]) if found >= 0 else 1.0
                if farther > 0.0 or (farther == 0.0 and s[at + TIP_AT] > s[found + TIP_AT]):
                    found = at
            s[at + PASSED] = 1.0
        beyond = side * (reach - s[at + PRICE]) >= s[at + WIDTH]
        if beyond or n - s[at + SINCE] >= OLDEST:
            s[at + SWINGS] = 0.0
    return found


@compiled
def _rest(s, z, n, side, price, at, width):
    """Let a swing join the level whose first swing is nearest, or begin one; slot of a new pool, -1 for none.

    Of equally near levels it is the newest.
    """
    level = -1
    for place in range(KEPT):
        slot = z + LEVEL * place
        apart = abs(price - s[slot + PRICE])
        if s[slot + SWINGS] > 0.0 and apart <= s[slot + WIDTH]:
            nearer = abs(price - s[level + PRICE]) - apart if level >= 0 else 1.0
            if nearer > 0.0 or (nearer == 0.0 and s[slot + AT] > s[level + AT]):
                level = slot
    if level < 0:
        slot = z + LEVEL * (int(s[z + LEVEL * KEPT]) % KEPT)
        s[z + LEVEL * KEPT] += 1.0
        s[slot + PRICE], s[slot + AT], s[slot + WIDTH], s[slot + SWINGS] = price, at, width, 1.0
        s[slot + NEAR], s[slot + TIP], s[slot + TIP_AT], s[slot + PASSED], s[slot + SINCE] = price, price, at, 0.0, n
        return -1
    s[level + PASSED] = 0.0
    s[level + SWINGS] += 1.0
    if side * (price - s[level + TIP]) > 0.0:
        s[level + TIP], s[level + TIP_AT] = price, at
    if s[level + SWINGS] > 2.0:
        return -1
    s[level + SINCE] = n
    if side * (price - s[level + NEAR]) < 0.0:
        s[level + NEAR] = price
    return level


@compiled
def _told(s, level, n, side, price, age):
    """What the hidden columns tell of a new pool, which the swing of this price and age made."""
    return s[level + NEAR], s[level + PRICE] + side * s[level + WIDTH], s[level + PRICE], n - s[level + AT], price, age
