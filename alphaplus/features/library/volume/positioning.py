"""Volume positioning: whether the recent volume was traded below or above the price of now."""

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled


@feature(inputs=("high", "low"), outputs=("bar_middle",), unit="price")
def bar_middle(s, b, n, high, low):
    """Mean of high and low.

    Reference: TA-Lib, function MEDPRICE.
    """
    return 0.5 * (high + low)


@feature(
    inputs=("bar_middle", "close", "volume", "volume_sum_{window}"),
    outputs=("volume_positioning_score",),
    variants=({"window": 20},),
    history={"bar_middle": lambda window: window, "volume": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="score in [0, 1]",
)
def volume_positioning_score(s, b, n, middle, close, volume, total, window):
    """Share of the volume of the last `window` bars, this one included, that was traded below the close.

    A bar's volume is taken to lie at the middle of its range, and counts by half where that is the close itself. At 1
    all who bought lately did so below the price of now, at 0 above it; 0.5 is as much below as above, or no volume.

    Reference: definition; the idea is that of the volume profile (Steidlmayer).
    """
    if total <= 0.0:
        return 0.5
    return min(max(0.5 + 0.5 * _below_minus_above(s, middle, volume, close, window) / total, 0.0), 1.0)


@compiled
def _below_minus_above(s, h, volume, level, window):
    """Volume of the bars whose value is below `level` minus that of those above, on four accumulators, no branches."""
    a = b = c = d = 0.0
    whole = window - window % 4
    for k in range(0, whole, 4):
        a += s[volume - k] * _sign(level - s[h - k])
        b += s[volume - k - 1] * _sign(level - s[h - k - 1])
        c += s[volume - k - 2] * _sign(level - s[h - k - 2])
        d += s[volume - k - 3] * _sign(level - s[h - k - 3])
    total = (a + b) + (c + d)
    for k in range(whole, window):
        total += s[volume - k] * _sign(level - s[h - k])
    return total


@compiled
def _sign(value):
    return (1.0 if value > 0.0 else 0.0) - (1.0 if value < 0.0 else 0.0)
