"""Ultimate oscillator: how far closes lie above their true lows, over three windows at once."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("low", "close"),
    outputs=("buying_pressure",),
    history={"close": 2},
    warmup=2,
    memory=2,
    unit="price",
)
def buying_pressure(s, b, n, low, close):
    """Close minus the lower of the low and the last close.

    Reference: Williams, Technical Analysis of Stocks & Commodities (1985).
    """
    return s[close] - min(low, s[close - 1])


@feature(
    inputs=("{column}",),
    outputs=("{column}_sum_{window}",),
    variants=tuple({"column": column, "window": 7} for column in ("buying_pressure", "true_range")),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="price",
)
def pressure_sum(s, b, n, value, window):
    """Sum of the last `window` values.

    Reference: definition.
    """
    return window_sum(s, value, window)


@feature(
    inputs=("{column}_sum_{half}",),
    outputs=("{column}_sum_{window}",),
    variants=tuple(
        {"column": column, "window": window, "half": window // 2}
        for column in ("buying_pressure", "true_range")
        for window in (14, 28)
    ),
    history={"{column}_sum_{half}": lambda half: half + 1},
    warmup=lambda half: half + 1,
    memory=lambda half: half,
    unit="price",
)
def doubled_sum(s, b, n, total, window, half):
    """Sum of the last `window` values: that of the newer half plus that of the older one.

    Reference: definition.
    """
    return s[total] + s[total - half]


@feature(
    inputs=tuple(f"{column}_sum_{window}" for window in (7, 14, 28) for column in ("buying_pressure", "true_range")),
    outputs=("ultimate_oscillator",),
    unit="points in [0, 100]",
)
def ultimate_oscillator(s, b, n, up_7, range_7, up_14, range_14, up_28, range_28):
    """Buying pressure over true range of the last 7, 14 and 28 bars, weighted 4, 2 and 1, times 100.

    A window without any range counts as 50.

    Reference: Williams, Technical Analysis of Stocks & Commodities (1985); TA-Lib, function ULTOSC.
    """
    fast = 0.5 if range_7 <= 0.0 else up_7 / range_7
    middle = 0.5 if range_14 <= 0.0 else up_14 / range_14
    slow = 0.5 if range_28 <= 0.0 else up_28 / range_28
    return (4.0 * fast + 2.0 * middle + slow) * (100.0 / 7.0)
