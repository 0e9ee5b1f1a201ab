"""Volume positioning: whether the recent volume was traded below or above the price of now."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_balance


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
    return min(max(0.5 + 0.5 * window_balance(s, middle, volume, window, close) / total, 0.0), 1.0)
