"""Support and resistance: how far the close is from the nearest prices at which the market has turned before."""

from math import inf

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled, window_max, window_min

KEPT = 8  # levels of each kind
OLDEST_AGE = 500  # bars for which a level is remembered
NEAR = 0.5  # average true ranges within which pivots make a level stronger
FAR = 20.0  # average true ranges beyond which no level is told
HIGH, LOW = range(2)  # kinds of pivots

# Levels are written in turn, those of highs first; an order of them lies sorted by price from place 1 on, between a
# price of 0 and one without end.
LEVELS = 2 * KEPT
PLACES = LEVELS + 2
HIGHS, LOWS, COUNT, ABOVE, OLDEST = range(5)  # pivots so far, levels, first place above the close, nothing is older
LEVEL_PRICE = 5  # 0 where there is none
LEVEL_BIRTH = LEVEL_PRICE + LEVELS  # bar that confirmed it
PRICE = LEVEL_BIRTH + LEVELS
WEIGHT = PRICE + PLACES  # half of 1 for every pivot near a level, its own included
REACH = WEIGHT + PLACES  # how near that is
LEVEL = REACH + PLACES  # which one it is
SLOTS = LEVEL + PLACES


@compiled
def _begin(s, b):
    """Know no level."""
    s[b + ABOVE], s[b + OLDEST] = 1.0, inf
    s[b + PRICE], s[b + PRICE + 1] = 0.0, inf
    s[b + WEIGHT] = s[b + WEIGHT + 1] = 1.0


@compiled
def _move(s, b, source, target):
    """Copy what lies in one place of the order to another."""
    s[b + PRICE + target], s[b + WEIGHT + target] = s[b + PRICE + source], s[b + WEIGHT + source]
    s[b + REACH + target], s[b + LEVEL + target] = s[b + REACH + source], s[b + LEVEL + source]


@compiled
def _remember(s, b, price, reach, n, kind):
    """Put a level in the place of the one that came eight of its kind before."""
    level = kind * KEPT + int(s[b + kind]) % KEPT
    count = int(s[b + COUNT])
    old = s[b + LEVEL_PRICE + level] if s[b + LEVEL_PRICE + level] > 0.0 else -inf
    s[b + kind] += 1.0
    s[b + LEVEL_PRICE + level], s[b + LEVEL_BIRTH + level] = price, n
    s[b + OLDEST] = min(s[b + OLDEST], n)
    place, weight = count + 1, 0.5
    for k in range(1, count + 1):
        other, near = s[b + PRICE + k], s[b + REACH + k]
        own = s[b + LEVEL + k] == level
        place = k if own else place
        weight *= 0.5 if abs(other - price) <= reach and not own else 1.0
        s[b + WEIGHT + k] *= (0.5 if abs(other - price) <= near else 1.0) * (2.0 if abs(other - old) <= near else 1.0)
    if place > count:
        _move(s, b, place, place + 1)
        s[b + COUNT] += 1.0
    while s[b + PRICE + place + 1] < price or (s[b + PRICE + place + 1] == price and s[b + REACH + place + 1] < reach):
        _move(s, b, place + 1, place)
        place += 1
    while s[b + PRICE + place - 1] > price or (s[b + PRICE + place - 1] == price and s[b + REACH + place - 1] > reach):
        _move(s, b, place - 1, place)
        place -= 1
    s[b + PRICE + place], s[b + WEIGHT + place], s[b + REACH + place] = price, weight, reach
    s[b + LEVEL + place] = level


@compiled
def _forget(s, b, level):
    """Take one level out."""
    price, place = s[b + LEVEL_PRICE + level], 0
    for k in range(1, int(s[b + COUNT]) + 1):
        s[b + WEIGHT + k] *= 2.0 if abs(s[b + PRICE + k] - price) <= s[b + REACH + k] else 1.0
        place = k if s[b + LEVEL + k] == level else place
    for k in range(place, int(s[b + COUNT]) + 1):
        _move(s, b, k + 1, k)
    s[b + LEVEL_PRICE + level] = 0.0
    s[b + COUNT] -= 1.0
    s[b + ABOVE] = 1.0


@compiled
def _forget_old(s, b, n):
    """Take out what has been known for too long."""
    oldest = inf
    for level in range(LEVELS):
        if s[b + LEVEL_PRICE + level] > 0.0:
            if n - s[b + LEVEL_BIRTH + level] > OLDEST_AGE:
                _forget(s, b, level)
            else:
                oldest = min(oldest, s[b + LEVEL_BIRTH + level])
    s[b + OLDEST] = oldest


@compiled
def _look_around(s, b, close):
    """Find the first level above the close, from where it was."""
    place = int(s[b + ABOVE])
    while s[b + PRICE + place] <= close:
        place += 1
    while s[b + PRICE + place - 1] > close:
        place -= 1
    s[b + ABOVE] = place
    return place


@feature(
    inputs=("high", "low", "close", "atr_14"),
    outputs=(
        "distance_to_support",
        "distance_to_resistance",
        "distance_to_support_atr",
        "distance_to_resistance_atr",
        "support_strength",
        "resistance_strength",
    ),
    variants=({"reach": 5},),
    history={"high": lambda reach: 2 * reach + 1, "low": lambda reach: 2 * reach + 1},
    state=SLOTS,
    warmup=lambda reach: 2 * reach + 1,
    memory=lambda reach: OLDEST_AGE + 2 * reach + 1,
    unit=(*("price, at least 0",) * 2, *("average true ranges in [0, 20]",) * 2, *("score in [0, 1]",) * 2),
)
def support_resistance(s, b, n, high, low, close, atr, reach):
    """Distance of the close to the nearest level at or below it, and to the nearest above, of confirmed pivots.

    A pivot high is a high that no high of the five bars before it exceeds and that all of the five after it stay below;
    it is known with the last of these, and a level from then on. A pivot low mirrors it. The last eight levels of each
    kind count, for at most 500 bars. Which side of the close a level lies on is all that decides what it is: broken
    support is resistance. Nothing is told beyond 20 average true ranges, in prices as in ranges: a distance of 20 of
    them stands for no level in sight. Strength is one minus a half to the power of the number of remembered pivots,
    highs and lows, within half an average true range of the level (that of the bar which confirmed it): 0 says that
    there is no level, a half that the market has turned there once, three quarters twice. In a market that never moved
    the distances read 0 and 20.

    Reference: Murphy, Technical Analysis of the Financial Markets (1999), on support, resistance and their reversal.
    """
    if n == 0:
        _begin(s, b)
    if n - s[b + OLDEST] > OLDEST_AGE:
        _forget_old(s, b, n)
    top, bottom = s[high - reach], s[low - reach]
    if top > window_max(s, high, reach) and top >= window_max(s, high - reach, reach + 1):
        _remember(s, b, top, NEAR * atr, n, HIGH)
    if bottom < window_min(s, low, reach) and bottom <= window_min(s, low - reach, reach + 1):
        _remember(s, b, bottom, NEAR * atr, n, LOW)
    place = _look_around(s, b, close)
    below = close - s[b + PRICE + place - 1] if place > 1 else inf
    above = s[b + PRICE + place] - close
    limit, ranges = FAR * atr, 1.0 / atr if atr > 0.0 else inf
    return (
        min(below, limit),
        min(above, limit),
        min(below * ranges, FAR) if below > 0.0 else 0.0,
        min(above * ranges, FAR),
        1.0 - s[b + WEIGHT + place - 1],
        1.0 - s[b + WEIGHT + place],
    )
