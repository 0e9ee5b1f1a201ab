"""Structure retest: after a break of structure the price comes back to the broken level, and the level holds."""

from math import isnan

from alphaplus.features.state import compiled
from alphaplus.patterns.entries import trade

PATIENCE = 24  # bars from the break to the retest
NEAR = 0.25  # average true ranges: how near to the level the price must come
BREAKS = ("break_of_structure", "change_of_character")
TOLD = ("born", "grade", "level")  # what is asked of every kind of break, in this order

LEVEL, BROKEN, CLEARNESS, CAUSE, LEFT = range(5)  # of the newest break of a direction; a clearness of 0 is none
BREAK = 5


@trade.entry(
    inputs=(
        *trade.BAR,
        *trade.MARKET,
        *(f"{kind}_{part}" for kind in BREAKS for part in TOLD),
    ),
    optional=(
        *trade.MARKET,
        *(f"{kind}_{part}" for kind in BREAKS for part in ("grade", "level")),
    ),
    variants=({"name": "structure_retest"},),
    state=trade.SLOTS + 2 * BREAK,
    causes=BREAKS,
)
def structure_retest(s, b, n, high, low, close, atr, trend, swing_high, swing_low, *breaks):
    """Structure retest: the level of a break of structure is retested from the other side and holds by the close.

    Within 24 bars of a break of structure or change of character, and once a bar has kept farther away, a bar comes
    within a quarter of an average true range of the broken level, or through it, and closes beyond it in the direction
    of the break. A close back through the level ends the wait, as does a newer break of the same direction; a break
    gives one entry. The stop is a quarter of an average true range behind the level or the bar's own extreme, whichever
    is farther; the target at the newest swing of twenty bars that lies before the price, at most three times the risk
    away. Left out is what risks less than half an average true range or has its target nearer than its stop. Strength
    is the mean of the break's strength, the reward to risk over three, and the agreement of the structure (1, 0.5, 0).

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), broken resistance becomes support.
    """
    trade.advance(s, b, n, high, low)
    cause = 0.0
    rising = _retested(s, b + trade.SLOTS, n, 1.0, low, close, atr)
    falling = _retested(s, b + trade.SLOTS + BREAK, n, -1.0, high, close, atr)
    if rising != falling:
        direction, at, back = (1.0, b + trade.SLOTS, low) if rising else (-1.0, b + trade.SLOTS + BREAK, high)
        level, cause = s[at + LEVEL], s[at + CAUSE]
        farther = min(level, back) if rising else max(level, back)
        stop = farther - direction * trade.BEYOND * atr
        target = trade.swing_target(direction, close, stop, swing_high, swing_low)
        strength = trade.confidence(direction, close, target, stop, atr, s[at + CLEARNESS], trend)
        if strength > 0.0:
            trade.enter(s, b, n, direction, strength, target, stop)
            s[at + CLEARNESS] = 0.0
    for i in range(len(BREAKS)):
        born, clearness, level = breaks[3 * i], breaks[3 * i + 1], breaks[3 * i + 2]
        if abs(born) == 1.0 and not isnan(level):
            at = b + trade.SLOTS + (0 if born > 0.0 else BREAK)
            s[at + LEVEL], s[at + BROKEN], s[at + CLEARNESS], s[at + CAUSE], s[at + LEFT] = level, n, clearness, i, 0.0
    return trade.columns(s, b, n, close, cause)


@compiled
def _retested(s, at, n, direction, back, close, atr):
    """Whether this bar came back to the level and held it; a level that did not hold, or is old, is forgotten."""
    if s[at + CLEARNESS] == 0.0:
        return False
    if direction * (close - s[at + LEVEL]) <= 0.0 or n - s[at + BROKEN] > PATIENCE:
        s[at + CLEARNESS] = 0.0
        return False
    if direction * (back - s[at + LEVEL]) > NEAR * atr:
        s[at + LEFT] = 1.0
        return False
    return s[at + LEFT] == 1.0
