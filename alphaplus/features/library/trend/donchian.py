"""Donchian channel: the highest high and the lowest low of the last bars, and what lies half way between them."""

from alphaplus.features.contract import feature


@feature(
    inputs=("highest_{window}", "lowest_{window}", "close"),
    outputs=("donchian_upper", "donchian_middle", "donchian_lower", "donchian_width"),
    variants=({"window": 20},),
    unit=("price", "price", "price", "ratio, at least 0"),
)
def donchian(s, b, n, highest, lowest, close, window):
    """Highest high, middle and lowest low of the last `window` bars, and the channel's width over the close.

    The place of the close between them is `range_position_{window}`.

    Reference: Donchian; Kaufman, Trading Systems and Methods (2013).
    """
    return highest, 0.5 * (highest + lowest), lowest, (highest - lowest) / close
