"""What the trades inside a bar were like: who took, how many there were, and how large. No trades, no value."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("volume", "buy_volume"),
    outputs=("buy_ratio", "taker_imbalance"),
    unit=("ratio in [0, 1]", "ratio in [-1, 1]"),
)
def buy_ratio(s, b, n, volume, buy_volume):
    """Share of the volume that buyers took, and buying minus selling volume over the volume.

    One is the other on another scale, so a model needs one of them. Without any volume they read 0.5 and 0.

    Reference: definition.
    """
    share = 0.5 if volume <= 0.0 else min(max(buy_volume / volume, 0.0), 1.0)
    return share, 2.0 * share - 1.0


@feature(
    inputs=("volume", "largest_trade"),
    outputs=("large_trade_share",),
    unit="ratio in [0, 1]",
)
def large_trade_share(s, b, n, volume, largest):
    """Share of the volume that came in the one largest trade; 0 without any volume.

    Reference: definition.
    """
    return 0.0 if volume <= 0.0 else min(largest / volume, 1.0)


@feature(
    inputs=("trade_count",),
    outputs=("trade_count_sum_{window}",),
    variants=({"window": 20},),
    history={"trade_count": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="trades",
)
def trade_count_sum(s, b, n, count, window):
    """Trades of the last `window` bars together.

    Reference: definition.
    """
    return window_sum(s, count, window)


@feature(
    inputs=("trade_count", "volume", "trade_count_sum_{window}", "volume_sum_{window}"),
    outputs=("trade_count_ratio_{window}", "average_trade_size_ratio_{window}"),
    variants=({"window": 20},),
    unit=("ratio in [0, {window}]", "ratio, at least 0"),
)
def trade_ratios(s, b, n, count, volume, count_sum, volume_sum, window):
    """Number of trades and mean size of a trade, each over that of the last `window` bars, this one included.

    Without any trade, or any volume in the window, they read 1.

    Reference: definition.
    """
    if count_sum <= 0.0:
        return 1.0, 1.0
    size = 1.0 if count <= 0.0 or volume_sum <= 0.0 else (volume * count_sum) / (count * volume_sum)
    return count * window / count_sum, size
