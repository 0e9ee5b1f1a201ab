"""Order block: the last candle against a move that broke the structure, where large orders are thought to rest."""

from math import isnan, nan

from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.zones import SLOTS, advance_zones, nearest_of_both, open_zone

MOST = 5  # of each direction
HORIZON = 500  # bars
ZONES = SLOTS * MOST + 1
NEWEST = 2 * ZONES  # slot of the number of the newest block's candle of direction +1; the next slot is that of -1
AHEAD = 1000  # added to a candle's number, so that none is 0: blocks may be older than the first bar that is seen
FULL = 3.0  # average true ranges from the block to the close of a move of strength 1


@pattern(
    kind="smc",
    life=Life.ZONE,
    drawing=Drawing.ZONE,
    inputs=(
        *("high", "low", "close", "atr_14"),
        *("structure_break", "structure_block_low", "structure_block_high", "structure_block_bars"),
    ),
    optional=("structure_block_low", "structure_block_high", "structure_block_bars"),
    variants=({"name": "order_block"},),
    state=2 * ZONES + 2,
    memory=HORIZON,
    points=1,
    horizon=HORIZON,
    most=MOST,
    by_close=True,
)
def order_block(s, b, n, high, low, close, atr, broke, block_low, block_high, block_bars):
    """Order block: the last opposite candle before the move that broke the structure or changed its character.

    For a break upwards that is the last candle that closed below its open, of the bars from the broken swing high to
    the lowest low before the break (the latest of equal ones); mirrored downwards. Where there is none, or the break
    does not close beyond all of it, there is no block, and a candle is a block once. The zone reaches from its low to
    its high and is known with the break. It is mitigated at its middle and lives until a bar closes beyond it, 500 bars
    at most, and at most five of each direction; of those alive the columns tell of the one nearest to the close.
    Strength is the distance from the zone to the close of the break, three average true ranges and more being 1. Its
    point is the edge of the candle that the price left.

    Reference: the inner circle trader's concept; the package smartmoneyconcepts 0.0.27, function ob, takes the candle
    of the lowest low itself, whichever way it closed.
    """
    advance_zones(s, b, MOST, n, 1.0, HORIZON, True, high, low, close)
    advance_zones(s, b + ZONES, MOST, n, -1.0, HORIZON, True, high, low, close)
    born, grade, edge = 0.0, nan, nan
    if broke != 0.0 and not isnan(block_bars):
        place = b + NEWEST if broke > 0.0 else b + NEWEST + 1
        candle = n + AHEAD - block_bars
        way, near = (1.0, block_high) if broke > 0.0 else (-1.0, block_low)
        if candle != s[place] and way * (close - near) > 0.0:
            s[place] = candle
            born, edge = way, near
            grade = min(born * (close - edge) / (FULL * atr), 1.0)
            open_zone(s, b if born > 0.0 else b + ZONES, MOST, n, block_low, block_high, grade)
    seen = nearest_of_both(s, b, b + ZONES, MOST, n, close)
    told = (born, grade, block_low, block_high, nan, nan, nan, block_bars, edge)
    if born == 0.0:
        told = (0.0, nan, nan, nan, nan, nan, nan, nan, nan)
    return seen + told
