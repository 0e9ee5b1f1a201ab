"""Which way the market leans, and how far."""

from alphaplus.core.enums import Bias
from alphaplus.features.contract import feature
from alphaplus.features.library.regime.stay import present, settle

BEAR, SIDEWAYS, BULL = -1.0, 0.0, 1.0
ENTER, LEAVE = 0.25, 0.125  # distances of the averages, in average true ranges
HALF = 2.0  # distance at which a trend has half its strength


@feature(
    inputs=("ema_50", "ema_200", "atr_14"),
    outputs=("ema_gap_to_atr", "trend_strength"),
    unit=("average true ranges in [-100, 100]", "ratio in [0, 1]"),
)
def ema_gap(s, b, n, fast, slow, true_range):
    """Distance of the 50 bars' average above the 200 bars' one in average true ranges, and how strong a trend that is.

    The strength is d / (d + 2) of that distance d, upwards and downwards alike: 0 where the averages meet, a half at
    two average true ranges, and never quite 1. Without any range both read 0; the distance ends at 100.

    Reference: exponential averages as ema_50 and ema_200, Wilder's average true range; the strength by definition.
    """
    if true_range <= 0.0:
        return 0.0, 0.0
    gap = min(max((fast - slow) / true_range, -100.0), 100.0)
    return gap, abs(gap) / (abs(gap) + HALF)


@feature(
    inputs=("ema_gap_to_atr",),
    outputs=("market_regime",),
    state=2,
    memory=400,
    words={"market_regime": {-1: Bias.BEAR.value, 0: Bias.SIDEWAYS.value, 1: Bias.BULL.value}},
    unit="code: bear -1, sideways 0, bull 1",
)
def market_regime(s, b, n, gap):
    """Bull, bear or sideways, by the distance of the 50 bars' average from the 200 bars' one.

    Bull where it is more than .25 average true ranges above, until under .125; bear likewise below; else sideways. Each
    lasts 6 bars at least. As `regime` it has no strict memory.

    Reference: methodology of the project, regimes.
    """
    held = present(s, b, SIDEWAYS)
    if gap > ENTER or (held == BULL and gap >= LEAVE):
        found = BULL
    elif gap < -ENTER or (held == BEAR and gap <= -LEAVE):
        found = BEAR
    else:
        found = SIDEWAYS
    return settle(s, b, found)
