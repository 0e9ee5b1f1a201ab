"""Gap between one bar's close and the next one's open."""

from alphaplus.features.contract import feature


@feature(
    inputs=("open", "close"),
    outputs=("gap",),
    history={"close": 2},
    warmup=2,
    memory=2,
    unit="ratio",
)
def gap(s, b, n, open_, close):
    """Open over the close before it, minus one.

    Reference: definition.
    """
    return open_ / s[close - 1] - 1.0
