"""Levels and spreads in price units, made comparable by dividing them by the close."""

from alphaplus.features.contract import feature


@feature(
    inputs=("{column}", "close"),
    outputs=("{column}_to_close",),
    variants=tuple({"column": column} for column in ("true_range", "atr_14", "macd", "macd_signal", "macd_histogram")),
    unit="ratio",
)
def relative_to_close(s, b, n, value, close):
    """A value in price units, over the close.

    Reference: definition.
    """
    return value / close
