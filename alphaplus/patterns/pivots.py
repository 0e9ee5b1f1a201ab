"""Pivots: the turning points of the price, known once they are confirmed and never moved afterwards."""

from math import inf, nan

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_higher_clocks
from alphaplus.features.state import compiled, window_max, window_min
from alphaplus.patterns.contract import PIVOTS

KEPT = 8  # turning points that a zigzag remembers

TOP, TOP_AT, BOTTOM, BOTTOM_AT = range(4)
SWINGS = ({"reach": 5}, {"reach": 20})


@feature(
    inputs=("high", "low"),
    outputs=(
        *("swing_{reach}_high", "swing_{reach}_high_age", "swing_{reach}_low", "swing_{reach}_low_age"),
        *("swing_{reach}_high_born", "swing_{reach}_low_born"),
    ),
    variants=[*SWINGS, *on_higher_clocks({"reach": 5})],
    history={"high": lambda reach: 2 * reach + 1, "low": lambda reach: 2 * reach + 1},
    state=4,
    warmup=lambda reach: 2 * reach + 1,
    memory=lambda reach: 60 * reach,
    sparse=("swing_{reach}_high", "swing_{reach}_high_age", "swing_{reach}_low", "swing_{reach}_low_age"),
    hidden=("swing_{reach}_high_born", "swing_{reach}_low_born"),
    group=PIVOTS,
    unit=("price", "bars, at least reach", "price", "bars, at least reach", "flag, 0 or 1", "flag, 0 or 1"),
)
def swing(s, b, n, high, low, reach):
    """The newest swing high and swing low, and how many bars ago they were.

    A swing high is a high that no high of the `reach` bars before it exceeds and that all of the `reach` bars after it
    stay below; it is known with the last of these, when its `born` is 1, and stands until the next one is known. A
    swing low mirrors it. NaN before the first.

    Reference: Williams, Trading Chaos (1995), fractals, with `reach` bars on each side instead of two.
    """
    top, bottom = s[high - reach], s[low - reach]
    top_born, bottom_born = 0.0, 0.0
    if top > window_max(s, high, reach) and top >= window_max(s, high - reach, reach + 1):
        s[b + TOP], s[b + TOP_AT], top_born = top, n - reach, 1.0
    if bottom < window_min(s, low, reach) and bottom <= window_min(s, low - reach, reach + 1):
        s[b + BOTTOM], s[b + BOTTOM_AT], bottom_born = bottom, n - reach, 1.0
    has_top, has_bottom = s[b + TOP] > 0.0, s[b + BOTTOM] > 0.0
    return (
        s[b + TOP] if has_top else nan,
        n - s[b + TOP_AT] if has_top else nan,
        s[b + BOTTOM] if has_bottom else nan,
        n - s[b + BOTTOM_AT] if has_bottom else nan,
        top_born,
        bottom_born,
    )


# The way of the present leg, its extreme, and how many turning points there were. Then a chain: the farthest price back
# since the extreme, the farthest forth again since that, and so on, for a bar that confirms a turning point may come
# after more of them, and each of the next bars may confirm one.
LEG, EXTREME, EXTREME_AT, COUNT = range(4)
CHAIN = 6
LINKS = 4
LINKED = LINKS + CHAIN
PRICES = LINKED + CHAIN
TIMES = PRICES + KEPT
ZIGZAG = TIMES + KEPT


@feature(
    inputs=("high", "low", "close", "atr_14"),
    outputs=(
        *("zigzag_{name}_leg", "zigzag_{name}_length", "zigzag_{name}_turn"),
        *(f"zigzag_{{name}}_{part}_{i + 1}" for i in range(KEPT) for part in ("price", "bars")),
    ),
    variants=({"name": "fine", "move": 1.5}, {"name": "medium", "move": 3.0}, {"name": "coarse", "move": 6.0}),
    state=ZIGZAG,
    memory=lambda move: int(500 * move),
    hidden=(
        "zigzag_{name}_turn",
        *(f"zigzag_{{name}}_{part}_{i + 1}" for i in range(KEPT) for part in ("price", "bars")),
    ),
    group=PIVOTS,
    unit=("-1 or 1", "average true ranges, at least 0", "-1, 0 or 1", *("price", "bars, at least 0") * KEPT),
)
def zigzag(s, b, n, high, low, close, atr, move):
    """The way of the present leg between turning points, its length so far, and the last eight turning points.

    A leg up ends at its highest high once a later bar closes `move` average true ranges (of that bar) below it; the
    turning point is known on that bar, when `turn` is +1 (a high) or -1 (a low), and is never moved. `price_1` is the
    newest, then they alternate back in time; `bars` tells how many bars ago each was. The length is the distance from
    the newest turning point to the farthest price since.

    Reference: Merrill, Filtered Waves (1977), with average true ranges instead of percent.
    """
    if n == 0:
        s[b + LEG], s[b + EXTREME] = 1.0, 0.0
    leg = s[b + LEG]
    farthest, nearest = (high, low) if leg > 0.0 else (low, high)
    turn = 0.0
    if leg * (farthest - s[b + EXTREME]) > 0.0 or n == 0:
        s[b + EXTREME], s[b + EXTREME_AT], s[b + LINKS] = farthest, n, leg * inf
    else:
        _chain(s, b, n, leg, farthest, nearest)
        if atr > 0.0 and leg * (s[b + EXTREME] - close) >= move * atr:
            turn = leg
            _turn(s, b, leg)
    newest = s[b + PRICES]
    known = s[b + COUNT]
    length = abs(s[b + EXTREME] - newest) / atr if known > 0.0 and atr > 0.0 else 0.0
    newer = _point(s, b, n, known, 0) + _point(s, b, n, known, 1) + _point(s, b, n, known, 2)
    middle = _point(s, b, n, known, 3) + _point(s, b, n, known, 4) + _point(s, b, n, known, 5)
    return (s[b + LEG], length, turn) + newer + middle + _point(s, b, n, known, 6) + _point(s, b, n, known, 7)


@compiled
def _chain(s, b, n, leg, farthest, nearest):
    """Let a bar that is no new extreme take the first place in the chain for which it goes far enough."""
    way, price, other = -leg, nearest, farthest
    for k in range(CHAIN):
        if way * (price - s[b + LINKS + k]) > 0.0:
            s[b + LINKS + k], s[b + LINKED + k] = price, n
            if k + 1 < CHAIN:
                s[b + LINKS + k + 1] = way * inf
            break
        way, price, other = -way, other, price


@compiled
def _turn(s, b, leg):
    """Remember the extreme as a turning point and begin the leg back."""
    for k in range(KEPT - 1, 0, -1):
        s[b + PRICES + k], s[b + TIMES + k] = s[b + PRICES + k - 1], s[b + TIMES + k - 1]
    s[b + PRICES], s[b + TIMES] = s[b + EXTREME], s[b + EXTREME_AT]
    s[b + COUNT] += 1.0
    s[b + LEG] = -leg
    s[b + EXTREME], s[b + EXTREME_AT] = s[b + LINKS], s[b + LINKED]
    for k in range(CHAIN - 1):
        s[b + LINKS + k], s[b + LINKED + k] = s[b + LINKS + k + 1], s[b + LINKED + k + 1]
    s[b + LINKS + CHAIN - 1] = leg * inf


@compiled
def _point(s, b, n, known, k):
    """Price of a turning point and how many bars ago it was; NaN where there are not that many."""
    if known > k:
        return s[b + PRICES + k], n - s[b + TIMES + k]
    return nan, nan
