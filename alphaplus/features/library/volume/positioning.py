"""Volume positioning: whether the recent volume was traded below or above the price of now."""

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled


@feature(
    inputs=("high", "low", "close", "volume", "volume_sum_{window}"),
    outputs=("volume_positioning_score",),
    variants=({"window": 20},),
    history={name: lambda window: window for name in ("high", "low", "volume")},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="score in [0, 1]",
)
def volume_positioning_score(s, b, n, high, low, close, volume, total, window):
    """Share of the volume of the last `window` bars, this one included, that was traded below the close.

    A bar's volume is taken to lie at the middle of its range, and counts by half where that is the close itself. At 1
    all who bought lately did so below the price of now, at 0 above it; 0.5 is as much below as above, or no volume.

    Reference: definition; the idea is that of the volume profile (Steidlmayer).
    """
    if total <= 0.0:
        return 0.5
    net = _below_minus_above(s, high, low, volume, 2.0 * close, window)
    return min(max(0.5 + 0.5 * net / total, 0.0), 1.0)


@compiled
def _below_minus_above(s, high, low, volume, level, window):
    """Volume of bars whose high and low add up to less than `level`, minus that of those with more."""
    below = above = 0.0
    for k in range(window):
        middle = s[high - k] + s[low - k]
        below += s[volume - k] if middle < level else 0.0
        above += s[volume - k] if middle > level else 0.0
    return below - above
