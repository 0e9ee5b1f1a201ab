"""Returns: how far the close moved over some bars."""

from alphaplus.features.contract import Param, feature
from alphaplus.features.library.clocks import on_higher_clocks
from alphaplus.features.library.price.log_ratio import log_ratio

PLAIN: list[dict[str, Param]] = [{"name": f"return_{back}", "back": back} for back in (1, 2, 3, 5, 10, 20, 50)]


@feature(
    inputs=("close",),
    outputs=("{name}",),
    variants=PLAIN + on_higher_clocks({"name": "return", "back": 1}),
    history={"close": lambda back: back + 1},
    warmup=lambda back: back + 1,
    memory=lambda back: back + 1,
    unit="ratio",
)
def simple_return(s, b, n, close, back):
    """Close over the close `back` bars ago, minus one.

    Reference: definition.
    """
    return s[close] / s[close - back] - 1.0


@feature(
    inputs=("close",),
    outputs=("log_return_{back}",),
    variants=tuple({"back": back} for back in (1, 2, 3, 5, 10, 20)),
    history={"close": lambda back: back + 1},
    warmup=lambda back: back + 1,
    memory=lambda back: back + 1,
    unit="natural logarithm",
)
def log_return(s, b, n, close, back):
    """Natural logarithm of the close over the close `back` bars ago.

    Reference: definition.
    """
    return log_ratio(s[close], s[close - back])
