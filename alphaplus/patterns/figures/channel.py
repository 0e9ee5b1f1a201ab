"""Ascending and descending channel: a trend between two parallel lines, which lasts until the price leaves them."""

from alphaplus.features.state import compiled
from alphaplus.patterns.figures import bounded
from alphaplus.patterns.figures.lines import LOWER_WAY, UPPER_WAY


@bounded.large(variants=({"name": "ascending_channel"},))
def ascending_channel(s, b, n, high, low, close, *drawn):
    """Ascending channel: two rising parallel lines; a close below the lower one breaks it.

    Touches and lines are those of an ascending triangle, but both lines rise, and the height between them at the newest
    touch is more than 2/3 of the base and at most 3/2. The lower line carries the trend, so the channel breaks down:
    target and stop lie the base below the lower line and half of the base above it, as of the bar that breaks it; end,
    strength and points are as there.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), trend channels; Bulkowski, Encyclopedia of
    Chart Patterns (2005).
    """
    return bounded.large_figure(s, b, n, high, low, close, drawn, -1.0 if _is_channel(drawn, 1.0) else 0.0)


@bounded.large(variants=({"name": "descending_channel"},))
def descending_channel(s, b, n, high, low, close, *drawn):
    """Descending channel: two falling parallel lines; a close above the upper one breaks it.

    The mirror image of an ascending channel.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), trend channels; Bulkowski, Encyclopedia of
    Chart Patterns (2005).
    """
    return bounded.large_figure(s, b, n, high, low, close, drawn, 1.0 if _is_channel(drawn, -1.0) else 0.0)


@compiled
def _is_channel(drawn, side):
    return drawn[UPPER_WAY] == side and drawn[LOWER_WAY] == side and bounded.parallel(drawn)
