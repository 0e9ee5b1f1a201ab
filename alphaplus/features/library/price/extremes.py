"""Highest high and lowest low of the last bars, each window put together from two overlapping shorter ones."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_max, window_min

PARTS = {9: 5, 10: 5, 14: 9, 20: 10, 26: 14, 50: 26, 52: 26}  # window -> a shorter one that covers it twice over


@feature(
    inputs=("high", "low"),
    outputs=("highest_{window}", "lowest_{window}"),
    variants=({"window": 5},),
    history={"high": lambda window: window, "low": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="price",
)
def extremes(s, b, n, high, low, window):
    """Highest high and lowest low of the last `window` bars.

    Reference: TA-Lib, functions MAX and MIN.
    """
    return window_max(s, high, window), window_min(s, low, window)


@feature(
    inputs=("highest_{part}", "lowest_{part}"),
    outputs=("highest_{window}", "lowest_{window}"),
    variants=tuple({"window": window, "part": part} for window, part in PARTS.items()),
    history={
        "highest_{part}": lambda window, part: window - part + 1,
        "lowest_{part}": lambda window, part: window - part + 1,
    },
    warmup=lambda window, part: window - part + 1,
    memory=lambda window, part: window - part,
    unit="price",
)
def joined_extremes(s, b, n, highest, lowest, window, part):
    """Highest high and lowest low of the last `window` bars: the extremes of its newest and its oldest `part` bars.

    Reference: TA-Lib, functions MAX and MIN.
    """
    back = window - part
    return max(s[highest], s[highest - back]), min(s[lowest], s[lowest - back])
