"""The bars before this one as a measure for it: their extremes, their usual range and their usual volume."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum

MOST = 100.0  # times the usual; beyond it the number says no more


@feature(inputs=("high", "low"), outputs=("bar_range",), unit="price")
def bar_range(s, b, n, high, low):
    """High minus low.

    Reference: definition.
    """
    return high - low


@feature(
    inputs=("highest_{window}", "lowest_{window}", "bar_range", "volume_sum_{window}"),
    outputs=("prior_high_{window}", "prior_low_{window}", "prior_bar_range_{window}", "prior_volume_{window}"),
    variants=({"window": 20},),
    history={
        **dict.fromkeys(("highest_{window}", "lowest_{window}", "volume_sum_{window}"), 2),
        "bar_range": lambda window: window + 1,
    },
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit=("price", "price", "price", "base units, at least 0"),
)
def prior_bars(s, b, n, high, low, span, volume, window):
    """Highest high, lowest low, mean range and mean volume of the `window` bars before this one.

    Reference: Donchian channel, one bar back.
    """
    return (
        s[high - 1],
        s[low - 1],
        window_sum(s, span - 1, window) / window,
        s[volume - 1] / window,
    )


@feature(
    inputs=("volume", "prior_volume_{window}"),
    outputs=("volume_surge_{window}",),
    variants=({"window": 20},),
    unit="ratio in [0, 100]",
)
def volume_surge(s, b, n, volume, usual, window):
    """Volume over the mean of the `window` bars before, which unlike `volume_ratio` leaves this one out; at most 100.

    Where those had no volume it reads 1 for a bar without any, else 100.

    Reference: definition.
    """
    if usual <= 0.0:
        return 1.0 if volume <= 0.0 else MOST
    return min(volume / usual, MOST)


@feature(
    inputs=("volume", "bar_range", "prior_volume_20", "prior_bar_range_20"),
    outputs=("volume_contraction_{window}", "range_contraction_{window}"),
    variants=({"window": 5},),
    history={"volume": lambda window: window, "bar_range": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [0, 100]",
)
def contraction(s, b, n, volume, span, usual_volume, usual_range, window):
    """Mean volume and mean range of the last `window` bars, each over that of the 20 bars before this one.

    At most 100; 1 where nothing was usual.

    Reference: definition; volatility contraction after Minervini (2013).
    """
    volumes, ranges = window_sum(s, volume, window) / window, window_sum(s, span, window) / window
    return (
        1.0 if usual_volume <= 0.0 else min(volumes / usual_volume, MOST),
        1.0 if usual_range <= 0.0 else min(ranges / usual_range, MOST),
    )


@feature(
    inputs=("close", "prior_bar_range_{window}"),
    outputs=("net_move_{window}",),
    variants=({"window": 20},),
    history={"close": lambda window: window + 1},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="ratio in [-100, 100]",
)
def net_move(s, b, n, close, usual, window):
    """Change of the close over `window` bars, in mean ranges of one of them; 0 where none had a range.

    Reference: definition.
    """
    return 0.0 if usual <= 0.0 else min(max((s[close] - s[close - window]) / usual, -MOST), MOST)
