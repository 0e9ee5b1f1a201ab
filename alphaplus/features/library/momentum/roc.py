"""Rate of change (ROC) of the close."""

from alphaplus.features.contract import feature


@feature(
    inputs=("close",),
    outputs=("roc_{window}",),
    variants=({"window": 5}, {"window": 10}, {"window": 20}),
    history={"close": lambda window: window + 1},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="percent",
)
def roc(s, b, n, close, window):
    """Change of the close over `window` bars, in percent.

    Reference: TA-Lib, function ROC.
    """
    return 100.0 * (s[close] / s[close - window] - 1.0)
