"""The six volume patterns as events: the bar on which what volume says of the price turns into a pattern."""

from math import nan

from alphaplus.features.library.volume.patterns import ACCUMULATION, BREAK, CLIMAX, DISTRIBUTION, DIVERGENCE, DRY_UP
from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.touch import NOTHING, barrier

HORIZON = 48  # bars
AWAY = 2.0  # average true ranges from the close to target and to stop
LIKE, WAY, DIRECTION, BORN, STRENGTH, LOW, HIGH, TARGET, STOP = range(9)
SLOTS = 9


@pattern(
    kind="volume_patterns",
    life=Life.TRADE,
    drawing=Drawing.MARK,
    inputs=(
        *("volume_pattern_type", "volume_pattern_confidence", "volume_pattern_direction"),
        *("high", "low", "close", "atr_14", "highest_{span}", "lowest_{span}"),
    ),
    variants=(
        {
            "name": "volume_divergence",
            "title": "Volume divergence: a new extreme that the flow of volume contradicts; a turn.",
            "code": DIVERGENCE,
            "span": "20",
        },
        {
            "name": "volume_climax",
            "title": "Volume climax: a new extreme on much volume that closes off it; a turn.",
            "code": CLIMAX,
            "span": "20",
        },
        {
            "name": "volume_dry_up",
            "title": "Volume dry-up: five narrow bars on little volume; a move is near, no direction.",
            "code": DRY_UP,
            "span": "5",
        },
        {
            "name": "volume_accumulation",
            "title": "Accumulation: money flows in while the price stands; a rise.",
            "code": ACCUMULATION,
            "span": "20",
        },
        {
            "name": "volume_distribution",
            "title": "Distribution: money flows out while the price stands; a fall.",
            "code": DISTRIBUTION,
            "span": "20",
        },
        {
            "name": "volume_price_breakout",
            "title": "Volume breakout: a close beyond the 20 bars before on much volume; its way goes on.",
            "code": BREAK,
            "span": "20",
        },
    ),
    state=SLOTS,
    memory=HORIZON + 1,
    horizon=HORIZON,
    warmup=2,
)
def volume_turn(s, b, n, kind, confidence, way, high, low, close, atr, highest, lowest, code):
    """Volume pattern: `volume_pattern_type` turns into the pattern's code, or keeps it and turns its direction.

    Strength is `volume_pattern_confidence`, low and high are those of the bars that the pattern is about: the last 20,
    of a dry-up the last five. Target and stop lie two average true ranges from the close. It is told of until one of
    them is reached, a newer one of its kind is born, or 48 bars are over; a dry-up, which has no direction, has
    neither. What holds on the first bar of all has not turned into anything.

    Reference: as `volume_pattern_type`; target and stop are ours.
    """
    turned = kind == code and (s[b + LIKE] != code or s[b + WAY] != way)
    s[b + LIKE], s[b + WAY] = kind, way
    if n == 0:
        return nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan
    if turned:
        s[b + DIRECTION], s[b + BORN], s[b + STRENGTH] = way, n, confidence
        s[b + LOW], s[b + HIGH] = lowest, highest
        s[b + TARGET] = close + way * AWAY * atr if way != 0.0 else nan
        s[b + STOP] = close - way * AWAY * atr if way != 0.0 else nan
        told = (way if way != 0.0 else 2.0), confidence, lowest, highest, close, s[b + TARGET], s[b + STOP]
        return (way, confidence, lowest, highest, 0.0) + told
    direction, age = s[b + DIRECTION], n - s[b + BORN]
    if s[b + STRENGTH] > 0.0 and (
        age >= HORIZON or (direction != 0.0 and barrier(direction, s[b + TARGET], s[b + STOP], high, low) != NOTHING)
    ):
        s[b + STRENGTH] = 0.0
    if s[b + STRENGTH] == 0.0:
        return 0.0, 0.0, nan, nan, nan, 0.0, nan, nan, nan, nan, nan, nan
    return (direction, s[b + STRENGTH], s[b + LOW], s[b + HIGH], age) + (0.0, nan, nan, nan, nan, nan, nan)
