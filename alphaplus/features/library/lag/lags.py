"""Values of other columns some bars ago."""

from alphaplus.features.contract import feature

BACK = (1, 2, 3, 5, 10)
LAGGED: dict[str, tuple[int, ...]] = dict.fromkeys(("log_return_1", "rsi_14", "volume_ratio"), BACK)
LAGGED |= dict.fromkeys(("macd_histogram_to_close", "bollinger_percent_b", "atr_14_to_close"), (1, 3, 5))


@feature(
    inputs=("{column}",),
    outputs=("{column}_lag_{back}",),
    variants=tuple({"column": column, "back": back} for column, backs in LAGGED.items() for back in backs),
    history={"{column}": lambda back: back + 1},
    warmup=lambda back: back + 1,
    memory=lambda back: back + 1,
    unit="as the column",
)
def lag(s, b, n, value, back):
    """Value of the column `back` bars ago.

    Reference: definition.
    """
    return s[value - back]
