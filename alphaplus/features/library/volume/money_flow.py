"""Money flow: volume weighted by where and in which direction the price moved."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_signed, window_sum


@feature(
    inputs=("high", "low", "close", "volume"),
    outputs=("money_flow_volume",),
    unit="base units, signed",
)
def money_flow_volume(s, b, n, high, low, close, volume):
    """Volume times the close location value; 0 for a bar without a range.

    Reference: Chaikin, accumulation/distribution.
    """
    span = high - low
    return 0.0 if span <= 0.0 else volume * ((close - low) - (high - close)) / span


@feature(
    inputs=("money_flow_volume", "volume_sum_{window}"),
    outputs=("cmf_{window}",),
    variants=({"window": 20},),
    history={"money_flow_volume": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def cmf(s, b, n, flow, total, window):
    """Chaikin money flow: money flow volume of the last `window` bars over their volume; 0 without any volume.

    Reference: Chaikin.
    """
    return 0.0 if total <= 0.0 else window_sum(s, flow, window) / total


@feature(
    inputs=("high", "low", "close", "volume", "tick_size"),
    outputs=("money_flow",),
    state=1,
    warmup=1,
    memory=1,
    unit="quote currency, signed",
)
def money_flow(s, b, n, high, low, close, volume, tick_size):
    """Typical price times volume, with the sign of the typical price's change; 0 at the first bar and when unchanged.

    Typical prices nearer than a tenth of a tick, where the tick is known, or than rounding, are the same: sums of
    floats break ties.

    Reference: Quong & Soudack (1989).
    """
    price = (high + low + close) / 3.0
    change = price - s[b]
    s[b] = price
    if n == 0 or abs(change) <= max(0.1 * tick_size, 1e-12 * price):
        return 0.0
    return price * volume if change > 0.0 else -price * volume


@feature(
    inputs=("money_flow",),
    outputs=("mfi_{window}",),
    variants=({"window": 14},),
    history={"money_flow": lambda window: window + 1},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="points in [0, 100]",
)
def mfi(s, b, n, flow, window):
    """Money flow index: positive money flow of the last `window` changes over all of it, times 100; 50 without any.

    Reference: Quong & Soudack (1989); TA-Lib, function MFI.
    """
    positive, total = window_signed(s, flow, window)
    return 50.0 if total <= 0.0 else 100.0 * min(positive / total, 1.0)
