"""Ichimoku lines as they are known at the bar, nothing shifted ahead."""

from alphaplus.features.contract import feature


@feature(
    inputs=("highest_9", "lowest_9", "highest_26", "lowest_26", "highest_52", "lowest_52"),
    outputs=("ichimoku_tenkan", "ichimoku_kijun", "ichimoku_senkou_a", "ichimoku_senkou_b"),
    unit="price",
)
def ichimoku(s, b, n, high_9, low_9, high_26, low_26, high_52, low_52):
    """Middles of the ranges of 9 and 26 bars, the middle of these two, and the middle of the range of 52 bars.

    On charts the last two, which bound the cloud, are drawn 26 bars ahead: here they stand at the bar that gives them.

    Reference: Hosoda (1968); Elliott, Ichimoku Charts (2007).
    """
    tenkan, kijun = 0.5 * (high_9 + low_9), 0.5 * (high_26 + low_26)
    return tenkan, kijun, 0.5 * (tenkan + kijun), 0.5 * (high_52 + low_52)


@feature(
    inputs=("close", "ichimoku_tenkan", "ichimoku_kijun"),
    outputs=("close_to_tenkan", "close_to_kijun", "tenkan_to_kijun"),
    unit="ratio",
)
def ichimoku_lines(s, b, n, close, tenkan, kijun):
    """Distances of the close from both lines, and of the fast line from the slow one, over the close.

    Reference: Hosoda (1968); Elliott, Ichimoku Charts (2007).
    """
    scale = 1.0 / close
    return (close - tenkan) * scale, (close - kijun) * scale, (tenkan - kijun) * scale


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
