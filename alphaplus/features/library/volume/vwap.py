"""Volume-weighted average price (VWAP), of the day so far and of the last bars."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum

DAY, MONEY, VOLUME = range(3)
DAY_MS = 86_400_000


@feature(
    inputs=("open_time", "high", "low", "close", "volume"),
    outputs=("vwap", "close_to_vwap"),
    state=3,
    memory=1440,
    unit="price; the distance as a ratio",
)
def session_vwap(s, b, n, open_time, high, low, close, volume):
    """Mean typical price since midnight UTC, weighted by volume, and the close over it minus one.

    Before any volume it is the typical price.

    Reference: definition, anchored to the UTC day.
    """
    price = (high + low + close) / 3.0
    day = int(open_time) // DAY_MS
    if n == 0 or day != s[b + DAY]:
        s[b + DAY], s[b + MONEY], s[b + VOLUME] = day, 0.0, 0.0
    s[b + MONEY] += price * volume
    s[b + VOLUME] += volume
    average = price if s[b + VOLUME] <= 0.0 else s[b + MONEY] / s[b + VOLUME]
    return average, close / average - 1.0


@feature(
    inputs=("typical_price", "volume"),
    outputs=("turnover",),
    unit="quote currency",
)
def turnover(s, b, n, price, volume):
    """Typical price times volume.

    Reference: definition.
    """
    return price * volume


@feature(
    inputs=("turnover", "volume_sum_{window}", "typical_price", "close"),
    outputs=("vwap_{window}", "close_to_vwap_{window}"),
    variants=({"window": 20},),
    history={"turnover": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="price; the distance as a ratio",
)
def rolling_vwap(s, b, n, money, total, price, close, window):
    """Mean typical price of the last `window` bars, weighted by volume, and the close over it minus one.

    Without any volume it is the typical price.

    Reference: definition.
    """
    average = price if total <= 0.0 else window_sum(s, money, window) / total
    return average, close / average - 1.0
