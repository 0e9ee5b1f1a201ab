"""Average true range (ATR)."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_all_clocks


@feature(
    inputs=("true_range",),
    outputs=("atr_{window}",),
    variants=[{"window": 10}, {"window": 50}, *on_all_clocks({"window": 14})],
    state=1,
    warmup=lambda window: window,
    memory=lambda window: 20 * window,
    unit="price",
)
def atr(s, b, n, true_range, window):
    """True range, smoothed with weight 1/window.

    The first value is the plain mean of the first `window` true ranges.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib, function ATR.
    """
    if n < window:
        s[b] += true_range * (1.0 / window)
        return s[b] if n == window - 1 else nan
    s[b] += (true_range - s[b]) * (1.0 / window)
    return s[b]


@feature(
    inputs=("atr_{short}", "atr_{long}"),
    outputs=("atr_ratio_{short}_{long}",),
    variants=({"short": 14, "long": 50},),
    unit="ratio",
)
def atr_ratio(s, b, n, lately, usually, short, long):
    """Average true range of the last bars over that of more bars; 1 in a market without movement.

    Reference: definition.
    """
    return 1.0 if usually <= 0.0 else lately / usually
