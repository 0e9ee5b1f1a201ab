"""Deepest fall and steepest rise of the close within the last bars, put together from both halves of the window."""

from alphaplus.features.contract import feature

OUTPUTS = ("highest_close_{window}", "lowest_close_{window}", "max_drawdown_{window}", "max_run_up_{window}")
HALVES = tuple(name.replace("{window}", "{half}") for name in OUTPUTS)
UNITS = ("price", "price", "ratio in [-1, 0]", "ratio, at least 0")


@feature(
    inputs=("close",),
    outputs=OUTPUTS,
    variants=({"window": 5},),
    history={"close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit=UNITS,
)
def drawdown(s, b, n, close, window):
    """Highest and lowest of the last `window` closes, the deepest fall from a close to a later one, the steepest rise.

    Both over the close that they began at, minus one; 0 where there is none.

    Reference: definition; Magdon-Ismail & Atiya, Maximum Drawdown, Risk (2004).
    """
    high = low = s[close - window + 1]
    fallen, fell_from, risen, rose_from = high, high, low, low
    for k in range(window - 2, -1, -1):
        value = s[close - k]
        high, low = max(high, value), min(low, value)
        if value * fell_from < fallen * high:  # the smaller of two ratios, without dividing
            fallen, fell_from = value, high
        if value * rose_from > risen * low:
            risen, rose_from = value, low
    return high, low, fallen / fell_from - 1.0, risen / rose_from - 1.0


@feature(
    inputs=HALVES,
    outputs=OUTPUTS,
    variants=({"window": 10, "half": 5}, {"window": 20, "half": 10}),
    history={name: lambda half: half + 1 for name in HALVES},
    warmup=lambda half: half + 1,
    memory=lambda half: half,
    unit=UNITS,
)
def joined_drawdown(s, b, n, high, low, fall, rise, window, half):
    """Highest and lowest of the last `window` closes, the deepest fall from a close to a later one, the steepest rise.

    Each lies within the older half, within the newer one, or leads from the older one's extreme to the newer one's.

    Reference: definition; Magdon-Ismail & Atiya, Maximum Drawdown, Risk (2004).
    """
    old_high, old_low = s[high - half], s[low - half]
    deepest = min(s[low] / old_high - 1.0, s[fall], s[fall - half])
    steepest = max(s[high] / old_low - 1.0, s[rise], s[rise - half])
    return max(s[high], old_high), min(s[low], old_low), deepest, steepest
