"""Liquidity: pools of stops that rest beyond swings at one level, and the bars that sweep them and turn."""

from math import nan

from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.smc import newest
from alphaplus.patterns.smc.resting import OLDEST
from alphaplus.patterns.zones import SLOTS, advance_zones, nearest_of_both, open_zone

MOST = 8  # pools of each direction
ZONES = SLOTS * MOST + 1
FAINT = 0.01  # strength of a pool whose swings are as far apart as they may be
HORIZON = 48  # bars that a sweep is told of, and its trade is given
BEYOND = 0.1  # average true ranges from the wick of a sweep to its stop
REWARD = 2.0  # times the risk: how far the target of a sweep is


@pattern(
    kind="smc",
    life=Life.ZONE,
    drawing=Drawing.ZONE,
    inputs=(
        *("high", "low", "close", "resting_pooled", "resting_near", "resting_far"),
        *("resting_first", "resting_first_bars", "resting_second", "resting_second_bars"),
    ),
    optional=(
        *("resting_near", "resting_far"),
        *("resting_first", "resting_first_bars", "resting_second", "resting_second_bars"),
    ),
    variants=({"name": "liquidity_pool"},),
    state=2 * ZONES,
    memory=OLDEST,
    points=2,
    horizon=OLDEST,
    most=MOST,
)
def liquidity_pool(s, b, n, high, low, close, pooled, near, far, first, first_bars, second, second_bars):
    """Liquidity pool: two swings of five bars on each side at one level, beyond which stops are thought to rest.

    Highs make a pool above the price, of direction -1 like every zone there, lows one below it of direction +1. Swings
    at one level are at most a quarter of an average true range apart; a third one there makes no new pool. The zone
    reaches from the nearer of the two swings to that quarter beyond the first of them, is known with the second, and
    lives until the price has gone through all of it, 500 bars at most, and at most eight of each direction; of those
    alive the columns tell of the one nearest to the close. Strength is 1 for equal swings and falls to 0 for those as
    far apart as they may be. Its points are the two swings.

    Reference: the inner circle trader's concept as in the package smartmoneyconcepts 0.0.27, function liquidity.
    """
    advance_zones(s, b, MOST, n, 1.0, OLDEST, False, high, low, close)
    advance_zones(s, b + ZONES, MOST, n, -1.0, OLDEST, False, high, low, close)
    told = 0.0, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan
    if pooled != 0.0:
        low_edge, high_edge = min(near, far), max(near, far)
        grade = max(1.0 - abs(second - first) / abs(far - first), FAINT)
        open_zone(s, b if pooled > 0.0 else b + ZONES, MOST, n, low_edge, high_edge, grade)
        points = first_bars, first, second_bars, second
        told = (pooled, grade, low_edge, high_edge, nan, nan, nan) + points
    return nearest_of_both(s, b, b + ZONES, MOST, n, close) + told


@pattern(
    kind="smc",
    life=Life.TRADE,
    drawing=Drawing.LEVEL,
    inputs=("high", "low", "close", "atr_14", "resting_swept", "resting_tip", "resting_tip_bars"),
    optional=("resting_tip", "resting_tip_bars"),
    variants=({"name": "liquidity_sweep"},),
    state=newest.SLOTS,
    memory=HORIZON,
    points=1,
    horizon=HORIZON,
)
def liquidity_sweep(s, b, n, high, low, close, atr, swept, tip, tip_bars):
    """Liquidity sweep: a bar that passes a swing or a pool for the first time and closes back on this side of it.

    Above highs its direction is -1, below lows +1. Level and point are the farthest swing of what was swept, low and
    high reach from there to the end of the wick. The stop is a tenth of an average true range beyond the wick, the
    target twice as far from the close as the stop. Strength is the share of the bar's range that the close has come
    back. The columns tell of the newest one for 48 bars.

    Reference: the inner circle trader's concept; Osler, Stop-loss orders and price cascades in currency markets (2005).
    """
    if swept == 0.0:
        return newest.newest(s, b, n, HORIZON) + (0.0, nan, nan, nan, nan, nan, nan, nan, nan)
    wick = low if swept > 0.0 else high
    strength = (close - wick) / (swept * (high - low))
    bottom, top = min(tip, wick), max(tip, wick)
    stop = wick - swept * BEYOND * atr
    newest.remember(s, b, n, swept, strength, bottom, top)
    told = swept, strength, bottom, top, tip, close + REWARD * (close - stop), stop, tip_bars, tip
    return newest.newest(s, b, n, HORIZON) + told
