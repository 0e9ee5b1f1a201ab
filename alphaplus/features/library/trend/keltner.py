"""Keltner channel: an exponential average with a channel of average true ranges around it."""

from alphaplus.features.contract import feature


@feature(
    inputs=("close", "ema_20", "atr_10"),
    outputs=("keltner_upper", "keltner_middle", "keltner_lower", "keltner_width", "keltner_position"),
    variants=({"ranges": 2},),
    unit=("price", "price", "price", "ratio, at least 0", "ratio, 0 at the lower line and 1 at the upper one"),
)
def keltner(s, b, n, close, middle, average_range, ranges):
    """Average of 20 closes, lines two average true ranges of 10 bars beside it, their distance, the place of the close.

    The distance is given over the average. A market that stands still has width 0 and position 0.5.

    Reference: Keltner (1960), as modified by Raschke; the parameters of StockCharts' ChartSchool.
    """
    half = ranges * average_range
    width = 2.0 * half / middle
    position = 0.5 if width < 1e-12 else 0.5 + 0.5 * (close - middle) / half
    return middle + half, middle, middle - half, width, position
