"""Parabolic stop and reverse (SAR): a stop that follows the price ever faster, and the side that it is on."""

from math import nan

from alphaplus.features.contract import feature

HIGH, LOW, UP, STOP, EXTREME, SPEED = range(6)


@feature(
    inputs=("high", "low"),
    outputs=("parabolic_sar",),
    variants=({"step": 0.02, "fastest": 0.2},),
    state=6,
    warmup=2,
    memory=400,
    unit="price",
)
def parabolic_sar(s, b, n, high, low, step, fastest):
    """Stop that moves towards the extreme of its trend by a share that grows with every new extreme.

    The share begins at `step`, grows by it and ends at `fastest`; the stop never enters the ranges of this bar and the
    last. Touching it turns the trend, and the old extreme is the first stop of the new one. The first trend is down
    where the second bar's low fell by more than its high rose. From the second turn on the start no longer shows.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib, function SAR.
    """
    last_high, last_low = s[b + HIGH], s[b + LOW]
    s[b + HIGH], s[b + LOW] = high, low
    if n == 0:
        return nan
    if n == 1:
        fall = last_low - low
        up = not (fall > 0.0 and high - last_high < fall)
        s[b + UP], s[b + SPEED] = (1.0 if up else 0.0), step
        s[b + STOP], s[b + EXTREME] = (last_low, high) if up else (last_high, low)
        last_high, last_low = high, low
    up, stop, extreme, speed = s[b + UP] > 0.0, s[b + STOP], s[b + EXTREME], s[b + SPEED]
    top, bottom = max(high, last_high), min(low, last_low)
    turned = low <= stop if up else high >= stop
    if turned:
        up = not up
        stop = min(extreme, bottom) if up else max(extreme, top)
        extreme, speed = (high if up else low), step
    elif high > extreme if up else low < extreme:
        extreme, speed = (high if up else low), min(speed + step, fastest)
    ahead = stop + speed * (extreme - stop)
    s[b + STOP] = min(ahead, bottom) if up else max(ahead, top)
    s[b + UP], s[b + EXTREME], s[b + SPEED] = (1.0 if up else 0.0), extreme, speed
    return stop


@feature(
    inputs=("close", "parabolic_sar"),
    outputs=("close_to_parabolic_sar",),
    unit="ratio",
)
def close_to_parabolic_sar(s, b, n, close, stop):
    """Close minus the parabolic stop, over the close: above 0 in an upward trend.

    Reference: definition.
    """
    return (close - stop) / close
