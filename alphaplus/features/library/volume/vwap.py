"""Volume-weighted average price (VWAP), of the day so far and of the last bars."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum

DAY_MS = 86_400_000
DAY, AVERAGE, VOLUME, SQUARES = range(4)
NOISE = 1e-24  # variance that rounding makes, as a share of the squared price
WIDEST = 10.0  # deviations


@feature(
    inputs=("open_time", "high", "low", "close", "volume"),
    outputs=("vwap", "close_to_vwap", "vwap_band_position"),
    state=4,
    memory=1,
    memory_hours=24,
    gaps="carry",
    unit=("price", "ratio above -1", "standard deviations in [-10, 10]"),
)
def session_vwap(s, b, n, open_time, high, low, close, volume):
    """Mean typical price since midnight UTC, weighted by volume, and the close over it minus one.

    The third is the distance of the close in deviations: the root of the mean squared distance of the typical prices
    from that mean, weighted alike; 0 while there is none. Bars missing since midnight are passed over, however many;
    before any volume of the day the mean is the typical price. A bar of a day or a week is a session of its own.

    Reference: definition, anchored to the UTC day; West, Updating mean and variance estimates (1979).
    """
    price = (high + low + close) / 3.0
    if n == 0 or open_time >= s[b + DAY] + DAY_MS:
        s[b + DAY] = int(open_time) // DAY_MS * DAY_MS
        s[b + VOLUME] = s[b + SQUARES] = 0.0
    before = s[b + AVERAGE] if s[b + VOLUME] > 0.0 else price
    total = s[b + VOLUME] + volume
    average = before if total <= 0.0 else before + volume / total * (price - before)
    squares = s[b + SQUARES] + volume * (price - before) * (price - average)
    s[b + AVERAGE], s[b + VOLUME], s[b + SQUARES] = average, total, squares
    away = close - average
    deviations = 0.0 if squares <= NOISE * total * average * average else away * sqrt(total / squares)
    return average, away / average, max(-WIDEST, min(WIDEST, deviations))


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
    unit=("price", "ratio above -1"),
)
def rolling_vwap(s, b, n, money, total, price, close, window):
    """Mean typical price of the last `window` bars, weighted by volume, and the close over it minus one.

    Without any volume it is the typical price.

    Reference: definition.
    """
    average = price if total <= 0.0 else window_sum(s, money, window) / total
    return average, close / average - 1.0
