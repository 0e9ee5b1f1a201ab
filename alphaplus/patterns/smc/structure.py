"""Market structure: which way the price breaks its swings, and what it left behind before each break."""

from math import inf, nan

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_all_clocks
from alphaplus.features.state import compiled
from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.smc.newest import SLOTS, newest, remember

REACH = 5  # bars on each side of the swings that make the structure
OLDEST = 300  # bars: a swing older than this is no level any more
FADES = 500  # bars without a break after which there is no trend
WITH, AGAINST = 1.0, 2.0  # what kind of break: of structure, with the trend, or a change of character, against it
FULL = 1.0  # average true ranges beyond the level of a break of strength 1
HORIZON = 48  # bars

# A leg is what has happened since the swing that waits to be broken: its farthest price the other way, the last candle
# the other way, and which candle that was when the farthest price came.
WAITS, EXTREME, LAST_LOW, LAST_HIGH, LAST_AT, BLOCK_LOW, BLOCK_HIGH, BLOCK_AT = range(8)
LEG = 8
UP, DOWN, TREND, TREND_AT = 0, LEG, 2 * LEG, 2 * LEG + 1
HIDDEN = (
    *("structure_break", "structure_level", "structure_level_bars", "structure_extreme"),
    *("structure_block_low", "structure_block_high", "structure_block_bars"),
)
NO_BREAK = 0.0, nan, nan, nan, nan, nan, nan


@feature(
    inputs=(
        *("open", "high", "low", "close", "swing_5_high_born", "swing_5_low_born"),
        *("swing_5_high", "swing_5_high_age", "swing_5_low", "swing_5_low_age"),
    ),
    outputs=("structure_trend", *HIDDEN),
    variants=on_all_clocks(),
    history=dict.fromkeys(("open", "high", "low", "close"), REACH + 1),
    optional=("swing_5_high", "swing_5_high_age", "swing_5_low", "swing_5_low_age"),
    state=2 * LEG + 2,
    warmup=REACH + 1,
    memory=FADES + OLDEST,
    hidden=HIDDEN,
    group="smc",
    unit=("-1, 0 or 1", "-2, -1, 0, 1 or 2", *("price", "bars, at least 0"), *("price",) * 3, "bars, at least 0"),
)
def structure(s, b, n, open_, high, low, close, top_born, bottom_born, top, top_age, bottom, bottom_age):
    """The trend of the structure: the way in which the price last closed beyond a swing.

    The newest swing high, and the newest swing low, of five bars on each side wait to be broken by a close beyond them,
    once each, for at most 300 bars. A break with the trend is one of structure, one against it a change of character,
    which turns it; the first break begins the trend and is neither. After 500 bars without a break there is none (0).
    Hidden columns tell of the break of this bar: +1 or -1 of structure, +2 or -2 of character, the swing, the farthest
    price the other way since the swing, and the last candle against the break (closed below its open before a rise)
    from the swing to the farthest price before this bar, the latest of equal ones.

    Reference: Smart Money Concepts as in the package smartmoneyconcepts 0.0.27, function bos_choch, and LuxAlgo's
    indicator of that name, whose swings are broken as here.
    """
    if s[b + TREND] != 0.0 and n - s[b + TREND_AT] >= FADES:
        s[b + TREND] = 0.0
    told = NO_BREAK
    if s[b + UP + WAITS] > 0.0 and s[close] > top and top_born == 0.0:
        if top_age <= OLDEST:
            told = _broken(s, b, b + UP, n, 1.0, top, top_age, s[low])
        s[b + UP + WAITS] = 0.0
    elif s[b + DOWN + WAITS] > 0.0 and s[close] < bottom and bottom_born == 0.0:
        if bottom_age <= OLDEST:
            told = _broken(s, b, b + DOWN, n, -1.0, bottom, bottom_age, s[high])
        s[b + DOWN + WAITS] = 0.0
    _lengthen(s, b + UP, n, 1.0, top_born, open_, low, high, close)
    _lengthen(s, b + DOWN, n, -1.0, bottom_born, open_, high, low, close)
    return (s[b + TREND],) + told


@compiled
def _broken(s, b, leg, n, way, level, age, back):
    """Let a bar break the swing of a leg; gives what the hidden columns tell of it."""
    before, extreme = s[b + TREND], s[leg + EXTREME]
    s[b + TREND], s[b + TREND_AT] = way, n
    if before == 0.0:
        return NO_BREAK
    extreme = min(extreme, back) if way > 0.0 else max(extreme, back)
    kind = way * WITH if before == way else way * AGAINST
    return kind, level, age, extreme, s[leg + BLOCK_LOW], s[leg + BLOCK_HIGH], n - s[leg + BLOCK_AT]


@compiled
def _lengthen(s, leg, n, way, born, open_, back, forth, close):
    """Add this bar to the leg, or begin it with the bars since the swing that was born.

    `back` and `forth` are the lows and highs where the leg waits for a rise (`way` +1), and mirrored.
    """
    first = 0
    if born > 0.0:
        s[leg + WAITS], s[leg + EXTREME], first = 1.0, way * inf, REACH
        s[leg + LAST_LOW], s[leg + LAST_HIGH], s[leg + LAST_AT] = nan, nan, nan
    for k in range(first, -1, -1):
        if way * (s[close - k] - s[open_ - k]) < 0.0:
            s[leg + LAST_LOW], s[leg + LAST_HIGH] = min(s[back - k], s[forth - k]), max(s[back - k], s[forth - k])
            s[leg + LAST_AT] = n - k
        if way * (s[back - k] - s[leg + EXTREME]) <= 0.0:
            s[leg + EXTREME] = s[back - k]
            s[leg + BLOCK_LOW], s[leg + BLOCK_HIGH] = s[leg + LAST_LOW], s[leg + LAST_HIGH]
            s[leg + BLOCK_AT] = s[leg + LAST_AT]


@pattern(
    kind="smc",
    life=Life.TRADE,
    drawing=Drawing.LEVEL,
    inputs=("close", "atr_14", "structure_break", "structure_level", "structure_level_bars", "structure_extreme"),
    optional=("structure_level", "structure_level_bars", "structure_extreme"),
    variants=(
        {
            "name": "break_of_structure",
            "title": "Break of structure (BOS): a close beyond the newest swing, the way the trend goes.",
            "kind": WITH,
        },
        {
            "name": "change_of_character",
            "title": "Change of character (CHoCH): a close beyond the newest swing against the trend, which turns it.",
            "kind": AGAINST,
        },
    ),
    state=SLOTS,
    memory=HORIZON,
    points=1,
    horizon=HORIZON,
)
def structure_break(s, b, n, close, atr, broke, level, level_bars, extreme, kind):
    """A close beyond the newest swing of five bars on each side that no close has been beyond yet.

    With the trend of the structure it is a break of structure, against it a change of character. Level and point are
    the broken swing, low and high reach from it to the farthest price the other way since, where the stop is; the
    target is as far from the close as the stop. Strength is the distance of the close from the level in average true
    ranges, at most 1. The columns tell of the newest one for 48 bars.

    Reference: Smart Money Concepts as in the package smartmoneyconcepts 0.0.27, function bos_choch, and LuxAlgo's
    indicator of that name, whose swings are broken as here.
    """
    way = broke / kind
    if abs(way) != 1.0:
        return newest(s, b, n, HORIZON) + (0.0, nan, nan, nan, nan, nan, nan, nan, nan)
    strength = min(way * (close - level) / (FULL * atr), 1.0)
    low, high = min(level, extreme), max(level, extreme)
    remember(s, b, n, way, strength, low, high)
    target = close + (close - extreme)
    return newest(s, b, n, HORIZON) + (way, strength, low, high, level, target, extreme, level_bars, level)
