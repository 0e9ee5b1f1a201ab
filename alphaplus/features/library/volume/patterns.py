"""Volume patterns: what volume says about the price, in one word, with a confidence and a direction."""

from alphaplus.features.contract import feature
from alphaplus.features.library.volume.breakout import BREAKOUT
from alphaplus.features.state import compiled

NONE, DIVERGENCE, CLIMAX, DRY_UP, ACCUMULATION, DISTRIBUTION, BREAK = range(7)
WORDS = {
    NONE: "none",
    DIVERGENCE: "volume_divergence",
    CLIMAX: "climax",
    DRY_UP: "dry_up",
    ACCUMULATION: "accumulation",
    DISTRIBUTION: "distribution",
    BREAK: "breakout",
}
THRESHOLDS = {
    "disagree": 0.1,  # slope of OBV and CVD against a new extreme, in mean volumes a bar
    "climax": 2.5,  # volume of a climax, in means of the bars before
    "wide": 1.5,  # range of a climax, likewise
    "off": 1.0 / 3.0,  # how far from the extreme a climax closes, as a share of its range
    "dry": 0.6,  # volume of five bars that dry up, in means of the bars before
    "tight": 0.8,  # their range, likewise
    "flat": 1.5,  # net move of a flat price, in mean ranges of a bar
    "flow": 0.15,  # Chaikin money flow of accumulation, and minus that of distribution
    "least": BREAKOUT,
}


@feature(
    inputs=(
        *("high", "low", "close", "prior_high_20", "prior_low_20", "prior_bar_range_20"),
        *("volume_surge_20", "volume_contraction_5", "range_contraction_5", "net_move_20"),
        *("obv_slope_20", "cvd_slope_20", "cmf_20"),
    ),
    outputs=("volume_pattern_type", "volume_pattern_confidence", "volume_pattern_direction"),
    variants=(THRESHOLDS,),
    words={"volume_pattern_type": WORDS},
    unit=(
        "code: none 0, volume_divergence 1, climax 2, dry_up 3, accumulation 4, distribution 5, breakout 6",
        "score in [0, 1]",
        "-1, 0 or 1",
    ),
)
def volume_pattern(
    s,
    b,
    n,
    high,
    low,
    close,
    top,
    bottom,
    usual,
    surge,
    quiet,
    narrow,
    move,
    obv,
    cvd,
    money,
    disagree,
    climax,
    wide,
    off,
    dry,
    tight,
    flat,
    flow,
    least,
):
    """The volume pattern of which the bar is the surest sign, how sure, and which way the price should go by it.

    An extreme is a high above or a low below all of the 20 bars before, not both at once. The patterns are

    - volume_divergence: a new extreme that the mean slope of OBV and CVD contradicts; against the extreme,
    - climax: a new extreme on much volume and a wide range that closes off it; against the extreme,
    - dry_up: five bars of little volume in small ranges; no direction,
    - accumulation, distribution: the price is where it was 20 bars ago, and money flowed in, or out; up, down,
    - breakout: a close beyond the 20 bars before on more volume; onwards.

    All conditions of a pattern must hold. Each then has a grade, 0 at its threshold and 1 at twice it or, where less
    counts, at half of it; that of a breakout's distance is 1 at one mean range. The confidence is the mean of the
    grades: a measure of how clear the pattern is, not a probability. Of several patterns the one of the highest
    confidence counts, of equal ones the first in the list; without any the three read 0.

    Reference: ideas of Wyckoff as in Pruden, The Three Skills of Top Trading (2007), for climax, accumulation and
    distribution, of Granville (1963) for divergence, of O'Neil (1988) for breakout and dry-up; the numbers are ours.
    """
    kind, best, way = NONE, 0.0, 0.0
    edge = (1.0 if high > top else 0.0) - (1.0 if low < bottom else 0.0)
    span = high - low
    if edge != 0.0:
        against = -0.5 * edge * (obv + cvd)
        if against >= disagree:
            kind, best, way = _surer(kind, best, way, DIVERGENCE, _above(against, disagree), -edge)
        back = high - close if edge > 0.0 else close - low
        if surge >= climax and span >= wide * usual and back >= off * span:
            sure = (_above(surge, climax) + _above(span, wide * usual) + _above(back, off * span)) / 3.0
            kind, best, way = _surer(kind, best, way, CLIMAX, sure, -edge)
    if quiet <= dry and narrow <= tight:
        kind, best, way = _surer(kind, best, way, DRY_UP, 0.5 * (_below(quiet, dry) + _below(narrow, tight)), 0.0)
    if abs(move) <= flat and abs(money) >= flow:
        sure = 0.5 * (_below(abs(move), flat) + _above(abs(money), flow))
        code = ACCUMULATION if money > 0.0 else DISTRIBUTION
        kind, best, way = _surer(kind, best, way, code, sure, 1.0 if money > 0.0 else -1.0)
    beyond = max(close - top, bottom - close)
    if beyond > 0.0 and surge >= least:
        sure = 0.5 * (_above(surge, least) + (1.0 if beyond >= usual else beyond / usual))
        kind, best, way = _surer(kind, best, way, BREAK, sure, 1.0 if close > top else -1.0)
    return float(kind), best, way


@compiled
def _above(value, threshold):
    """Grade of a value that reaches its threshold: 0 there, 1 at twice it and beyond."""
    return 1.0 if value >= 2.0 * threshold else value / threshold - 1.0


@compiled
def _below(value, threshold):
    """Grade of a value that stays within its threshold: 0 there, 1 at half of it and below."""
    return min(2.0 - 2.0 * value / threshold, 1.0)


@compiled
def _surer(kind, best, way, code, sure, direction):
    """The surer of two patterns, the first when they are equal."""
    return (code, sure, direction) if sure > best else (kind, best, way)
