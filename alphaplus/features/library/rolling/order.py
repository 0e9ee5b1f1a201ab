"""The last values in order: smallest, largest, median, and where the latest one stands among them."""

from math import inf, nan

from alphaplus.features.contract import feature
from alphaplus.features.state import replace_sorted, window_count_below, window_rank


@feature(
    inputs=("{column}",),
    outputs=("{column}_min_{window}", "{column}_max_{window}", "{column}_median_{window}", "{column}_rank_{window}"),
    variants=tuple({"column": "log_return_1", "window": window} for window in (5, 10, 20, 50)),
    state=lambda window: 2 * window,
    warmup=lambda window: window,
    memory=lambda window: window,
    unit=("as the column", "as the column", "as the column", "ratio in [0, 1]"),
)
def order(s, b, n, value, window):
    """Smallest, largest and median of the last `window` known values, and the share of the others that are smaller.

    The median is the mean of the middle two where `window` is even; in the rank equal values count half.

    Reference: definition.
    """
    place, first = b + n % window, b + window
    if n == 0:
        for k in range(first, first + window):
            s[k] = inf
    old = inf if n < window else s[place]
    smaller = window_count_below(s, first + window - 1, window, value) - (1.0 if old < value else 0.0)
    replace_sorted(s, first, window, old, value)
    s[place] = value
    if n < window - 1:
        return nan, nan, nan, nan
    equal = 1
    while smaller + equal < window and s[first + int(smaller) + equal] == value:
        equal += 1
    middle = first + window // 2
    median = s[middle] if window % 2 else 0.5 * (s[middle - 1] + s[middle])
    rank = (smaller + 0.5 * (equal - 1)) / (window - 1.0)
    return s[first], s[first + window - 1], median, rank


@feature(
    inputs=("{column}",),
    outputs=("{column}_rank_{window}",),
    variants=tuple({"column": column, "window": window} for column in ("close", "volume") for window in (20, 50)),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [0, 1]",
)
def rank(s, b, n, value, window):
    """Share of the `window` - 1 values before that are smaller, equal ones counting half.

    Reference: definition.
    """
    smaller, equal = window_rank(s, value, window)
    return (smaller + 0.5 * equal) / (window - 1.0)
