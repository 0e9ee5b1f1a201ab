"""Places of the latest value among the last ones: extremes, median, rank."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_max, window_min


@feature(
    inputs=("{column}",),
    outputs=("{column}_min_{window}", "{column}_max_{window}"),
    variants=({"column": "log_return_1", "window": 20}, {"column": "log_return_1", "window": 50}),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="as the column",
)
def extremes(s, b, n, value, window):
    """Smallest and largest of the last `window` values.

    Reference: definition.
    """
    return window_min(s, value, window), window_max(s, value, window)


@feature(
    inputs=("{column}",),
    outputs=("{column}_rank_{window}",),
    variants=({"column": "close", "window": 20}, {"column": "volume", "window": 20}),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [0, 1]",
)
def rank(s, b, n, value, window):
    """Share of the `window` - 1 values before that are smaller, equal ones counting half.

    Reference: definition.
    """
    below = 0.0
    for k in range(1, window):
        below += 0.5 if s[value - k] <= s[value] else 0.0
        below += 0.5 if s[value - k] < s[value] else 0.0
    return below / (window - 1.0)


@feature(
    inputs=("{column}",),
    outputs=("{column}_median_{window}",),
    variants=({"column": "log_return_1", "window": 20},),
    state=lambda window: window,
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="as the column",
)
def median(s, b, n, value, window):
    """Median of the last `window` values; the mean of the middle two if `window` is even.

    The values are sorted anew at every bar, in slots of its own: for windows up to fifty that is cheap enough, and it
    cannot go stale where a value was missing.

    Reference: definition.
    """
    for filled in range(window):
        new, place = s[value - filled], filled
        while place > 0 and s[b + place - 1] > new:
            s[b + place] = s[b + place - 1]
            place -= 1
        s[b + place] = new
    middle = window // 2
    return s[b + middle] if window % 2 else 0.5 * (s[b + middle - 1] + s[b + middle])
