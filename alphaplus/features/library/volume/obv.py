"""On-balance volume (OBV): volume that came with rising closes minus volume that came with falling ones."""

from alphaplus.features.contract import feature
from alphaplus.features.state import add, slope

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
    inputs=("obv", "volume_sum_{window}"),
    outputs=("obv_slope_{window}",),
    variants=({"window": 20},),
    history={"obv": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window + 1,
    unit="ratio",
)
def obv_slope(s, b, n, obv, volume, window):
    """Least-squares slope of on-balance volume a bar, over the mean volume of the same bars.

    Without any volume it reads 0.

    Reference: definition.
    """
    return 0.0 if volume <= 0.0 else slope(s, obv, window) * window / volume
