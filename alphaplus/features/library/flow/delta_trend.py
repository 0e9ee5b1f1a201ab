"""Where cumulative volume delta (CVD) goes, as a model can take it: its slope, and whether the price follows."""

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled, slope, window_max, window_min


@feature(
    inputs=("cumulative_volume_delta", "volume_sum_{window}"),
    outputs=("cvd_slope_{window}",),
    variants=({"window": 20},),
    history={"cumulative_volume_delta": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window + 50,
    unit="ratio",
)
def cvd_slope(s, b, n, delta, volume, window):
    """Least-squares slope of cumulative volume delta a bar, over the mean volume of the same bars; 0 without any.

    Reference: definition.
    """
    return 0.0 if volume <= 0.0 else slope(s, delta, window) * window / volume


@feature(
    inputs=("cumulative_volume_delta", "close"),
    outputs=("cvd_divergence_{window}",),
    variants=({"window": 20},),
    history={"cumulative_volume_delta": lambda window: window, "close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window + 50,
    unit="ratio in [-1, 1]",
)
def cvd_divergence(s, b, n, delta, close, window):
    """Place of cumulative volume delta in its range of the last `window` bars minus that of the close in its own.

    +1 when the buying is at its highest and the close at its lowest, -1 the other way round, 0 when they agree. A range
    of nothing counts as its middle.

    Reference: definition.
    """
    return _place(s, delta, window) - _place(s, close, window)


@compiled
def _place(s, h, window):
    low = window_min(s, h, window)
    span = window_max(s, h, window) - low
    return 0.5 if span <= 0.0 else (s[h] - low) / span
