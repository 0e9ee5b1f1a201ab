"""Where cumulative volume delta (CVD) goes, as a model can take it: its slope, and whether the price follows."""

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled, slope_of_total, window_max, window_min


@feature(
    inputs=("volume_delta", "volume_sum_{window}"),
    outputs=("cvd_slope_{window}",),
    variants=({"window": 20},),
    history={"volume_delta": lambda window: window - 1},
    warmup=lambda window: window - 1,
    memory=lambda window: window,
    unit="ratio",
)
def cvd_slope(s, b, n, delta, volume, window):
    """Least-squares slope of cumulative volume delta a bar, over the mean volume of the same bars; 0 without any.

    Reference: definition.
    """
    return 0.0 if volume <= 0.0 else slope_of_total(s, delta, window) * window / volume


@feature(
    inputs=("volume_delta", "close"),
    outputs=("cvd_divergence_{window}",),
    variants=({"window": 20},),
    history={"volume_delta": lambda window: window - 1, "close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def cvd_divergence(s, b, n, delta, close, window):
    """Place of cumulative volume delta in its range of the last `window` bars minus that of the close in its own.

    +1 when the buying is at its highest and the close at its lowest, -1 the other way round, 0 when they agree. A range
    of nothing counts as its middle.

    Reference: definition.
    """
    low = window_min(s, close, window)
    span = window_max(s, close, window) - low
    price = 0.5 if span <= 0.0 else (s[close] - low) / span
    return _place_of_total(s, delta, window) - price


@compiled
def _place_of_total(s, h, window):
    """Place of a running total in the range of its last `window` values, from its changes."""
    back = low = high = 0.0  # the total now is the zero
    for k in range(window - 1):
        back -= s[h - k]
        low, high = min(low, back), max(high, back)
    return 0.5 if high <= low else -low / (high - low)
