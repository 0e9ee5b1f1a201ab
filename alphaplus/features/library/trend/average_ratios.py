"""Moving averages compared with the close and with each other."""

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_all_clocks

STILL = 1e-9  # average true range as a share of the price
MOST = 20.0


@feature(
    inputs=("close", "{column}"),
    outputs=("close_to_{column}",),
    variants=tuple({"column": f"ema_{window}"} for window in (9, 20, 50, 200))
    + tuple({"column": f"sma_{window}"} for window in (20, 50, 200)),
    unit="ratio",
)
def close_to_average(s, b, n, close, average):
    """Close over a moving average, minus one.

    Reference: definition.
    """
    return close / average - 1.0


@feature(
    inputs=("{fast}", "{slow}"),
    outputs=("{fast}_to_{slow}",),
    variants=(
        {"fast": "ema_9", "slow": "ema_20"},
        {"fast": "ema_20", "slow": "ema_50"},
        {"fast": "ema_50", "slow": "ema_200"},
        {"fast": "sma_20", "slow": "sma_50"},
        {"fast": "sma_50", "slow": "sma_200"},
    ),
    unit="ratio",
)
def average_to_average(s, b, n, fast, slow):
    """A fast moving average over a slow one, minus one.

    Reference: definition.
    """
    return fast / slow - 1.0


@feature(
    inputs=("ema_20", "ema_50", "atr_14"),
    outputs=("trend",),
    variants=on_all_clocks(),
    unit="average true ranges in [-20, 20]",
)
def trend(s, b, n, fast, slow, average_range):
    """Exponential average of 20 closes minus that of 50, in average true ranges of 14 bars, capped at 20.

    Where the market stands still the range fades faster than the averages meet: under a billionth of the price it is
    none, and the trend reads 0.

    Reference: definition.
    """
    if average_range <= STILL * slow:
        return 0.0
    return min(max((fast - slow) / average_range, -MOST), MOST)
