"""Volume breakout: the price leaves the range of the bars before, and volume comes with it."""

from alphaplus.features.contract import feature

BREAKOUT = 1.5  # volume, in means of the bars before


@feature(
    inputs=("close", "prior_high_{window}", "prior_low_{window}", "volume_surge_{window}"),
    outputs=("volume_breakout",),
    variants=({"window": 20, "least": BREAKOUT},),
    unit="flag, 0 or 1",
)
def volume_breakout(s, b, n, close, high, low, surge, window, least):
    """1 where the close is beyond all prices of the `window` bars before on `least` times their mean volume or more.

    Which way, `volume_pattern_direction` says.

    Reference: O'Neil, How to Make Money in Stocks (1988): volume at least half above its average.
    """
    return 1.0 if surge >= least and (close > high or close < low) else 0.0
