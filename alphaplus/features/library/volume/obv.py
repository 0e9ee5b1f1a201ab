"""On-balance volume (OBV): volume that came with rising closes minus volume that came with falling ones."""

from alphaplus.features.contract import feature
from alphaplus.features.state import add, slope_of_total

PREVIOUS, TOTAL = range(2)


@feature(
    inputs=("close", "volume"),
    outputs=("obv",),
    state=3,
    memory=None,
    unit="base units, a running total",
)
def obv(s, b, n, close, volume):
    """Running total of the volume, added on a rising close and subtracted on a falling one.

    It begins with the first bar's volume.

    Reference: Granville (1963); TA-Lib, function OBV.
    """
    if n == 0 or close > s[b + PREVIOUS]:
        add(s, b + TOTAL, volume)
    elif close < s[b + PREVIOUS]:
        add(s, b + TOTAL, -volume)
    s[b + PREVIOUS] = close
    return s[b + TOTAL] + s[b + TOTAL + 1]


@feature(
    inputs=("close", "volume"),
    outputs=("signed_volume",),
    history={"close": 2},
    warmup=2,
    memory=2,
    unit="base units, signed",
)
def signed_volume(s, b, n, close, volume):
    """Volume of a bar, with the sign of the close's change: what on-balance volume adds up.

    Reference: Granville (1963).
    """
    rising, falling = s[close] > s[close - 1], s[close] < s[close - 1]
    return volume * ((1.0 if rising else 0.0) - (1.0 if falling else 0.0))


@feature(
    inputs=("signed_volume", "volume_sum_{window}"),
    outputs=("obv_slope_{window}",),
    variants=({"window": 20},),
    history={"signed_volume": lambda window: window - 1},
    warmup=lambda window: window - 1,
    memory=lambda window: window,
    unit="ratio",
)
def obv_slope(s, b, n, change, volume, window):
    """Least-squares slope of on-balance volume a bar, over the mean volume of the same bars.

    Without any volume it reads 0.

    Reference: definition.
    """
    return 0.0 if volume <= 0.0 else slope_of_total(s, change, window) * window / volume
