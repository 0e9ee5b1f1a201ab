"""Values of other columns some bars ago."""

from alphaplus.features.contract import feature

BACK = (1, 2, 3, 5, 10)


@feature(
    inputs=("{column}",),
    outputs=("{column}_lag_{back}",),
    variants=tuple(
        {"column": column, "back": back} for column in ("log_return_1", "rsi_14", "volume_ratio") for back in BACK
    ),
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
