"""Ichimoku lines as they are known at the bar, nothing shifted ahead."""

from alphaplus.features.contract import feature


@feature(
    inputs=("highest_{window}", "lowest_{window}"),
    outputs=("ichimoku_{line}",),
    variants=({"line": "tenkan", "window": 9}, {"line": "kijun", "window": 26}, {"line": "senkou_b", "window": 52}),
    unit="price",
)
def ichimoku_line(s, b, n, highest, lowest, window):
    """Middle of the range of the last `window` bars: 9 for tenkan, 26 for kijun, 52 for senkou b.

    Charts draw senkou b, a side of the cloud, 26 bars ahead: here it stands at the bar that gives it.

    Reference: Hosoda (1968); Elliott, Ichimoku Charts (2007).
    """
    return 0.5 * (highest + lowest)


@feature(
    inputs=("ichimoku_tenkan", "ichimoku_kijun", "close"),
    outputs=("ichimoku_senkou_a", "tenkan_to_kijun"),
    unit=("price", "ratio"),
)
def ichimoku_senkou_a(s, b, n, tenkan, kijun, close):
    """Middle of tenkan and kijun, and the distance of tenkan from kijun over the close.

    Charts draw senkou a, the other side of the cloud, 26 bars ahead: here it stands at the bar that gives it.

    Reference: Hosoda (1968); Elliott, Ichimoku Charts (2007).
    """
    return 0.5 * (tenkan + kijun), (tenkan - kijun) / close


@feature(
    inputs=("close", "ichimoku_{line}"),
    outputs=("close_to_{line}",),
    variants=({"line": "tenkan"}, {"line": "kijun"}),
    unit="ratio",
)
def close_to_line(s, b, n, close, line):
    """Close minus the line, over the close.

    Reference: Hosoda (1968); Elliott, Ichimoku Charts (2007).
    """
    return (close - line) / close


@feature(
    inputs=("close", "ichimoku_senkou_a", "ichimoku_senkou_b"),
    outputs=("close_to_cloud", "cloud_width"),
    history={"ichimoku_senkou_a": 27, "ichimoku_senkou_b": 27},
    warmup=27,
    memory=27,
    unit="ratio",
)
def ichimoku_cloud(s, b, n, close, senkou_a, senkou_b):
    """Close beyond the cloud that charts show at this bar, the one of 26 bars ago, and that cloud's width.

    Both over the close. The distance is above 0 over the cloud, below 0 under it and 0 inside; the width is above 0
    where the faster line is the upper one.

    Reference: Hosoda (1968); Elliott, Ichimoku Charts (2007).
    """
    fast, slow = s[senkou_a - 26], s[senkou_b - 26]
    beyond = max(close - max(fast, slow), 0.0) + min(close - min(fast, slow), 0.0)
    return beyond / close, (fast - slow) / close


@feature(
    inputs=("close",),
    outputs=("chikou_to_close",),
    history={"close": 27},
    warmup=27,
    memory=27,
    unit="ratio",
)
def chikou(s, b, n, close):
    """Close over the close 26 bars ago, minus one: what the lagging line says when it is drawn there.

    Reference: Hosoda (1968); Elliott, Ichimoku Charts (2007).
    """
    return s[close] / s[close - 26] - 1.0
