"""Who was the aggressor: buying minus selling volume, from trades, or by the tick rule where there are none."""

from math import isnan, nan

from alphaplus.features.contract import feature
from alphaplus.features.state import add, window_sum

PREVIOUS, DIRECTION = range(2)


@feature(
    inputs=("close", "volume", "buy_volume"),
    outputs=("volume_delta", "volume_delta_from_trades"),
    optional=("buy_volume",),
    state=2,
    warmup=2,
    memory=50,
    unit=("base units, signed", "flag, 0 or 1"),
)
def volume_delta(s, b, n, close, volume, buy_volume):
    """Buying minus selling volume, and whether it comes from trades (1) or from the tick rule (0).

    By the tick rule the volume takes the sign of the close's last change, however long ago that was; the declared
    memory supposes that the close changes once in 50 bars.

    Reference: Lee & Ready (1991) for the tick rule.
    """
    if n > 0 and close != s[b + PREVIOUS]:
        s[b + DIRECTION] = 1.0 if close > s[b + PREVIOUS] else -1.0
    s[b + PREVIOUS] = close
    if n == 0:
        return nan, nan
    if isnan(buy_volume):
        return s[b + DIRECTION] * volume, 0.0
    return 2.0 * buy_volume - volume, 1.0


@feature(
    inputs=("volume_delta",),
    outputs=("cumulative_volume_delta",),
    state=2,
    memory=None,
    unit="base units, a running total",
)
def cumulative_volume_delta(s, b, n, delta):
    """Running total of buying minus selling volume.

    Reference: definition.
    """
    add(s, b, delta)
    return s[b] + s[b + 1]


@feature(
    inputs=("volume_delta", "volume_sum_{window}"),
    outputs=("volume_flow_imbalance",),
    variants=({"window": 20},),
    history={"volume_delta": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def volume_flow_imbalance(s, b, n, delta, total, window):
    """Buying minus selling volume of the last `window` bars, over their volume; 0 without any.

    Reference: definition.
    """
    return 0.0 if total <= 0.0 else min(max(window_sum(s, delta, window) / total, -1.0), 1.0)
