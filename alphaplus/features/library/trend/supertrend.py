"""Supertrend: a stop some average true ranges behind the price, which only follows and never retreats."""

from alphaplus.features.contract import feature

UPPER, LOWER, UP, CLOSE = range(4)


@feature(
    inputs=("high", "low", "close", "atr_{window}"),
    outputs=("supertrend", "supertrend_direction", "close_to_supertrend"),
    variants=({"window": 10, "ranges": 3},),
    state=4,
    warmup=1,
    memory=600,
    unit=("price", "-1 or 1", "ratio"),
)
def supertrend(s, b, n, high, low, close, average_range, window, ranges):
    """Line below the price in an upward trend and above it in a downward one, its direction, and the close's distance.

    The lines lie `ranges` average true ranges of `window` bars beside the middle of the bar; the lower one never falls
    while closes stay above it, the upper one never rises while closes stay below. A close beyond the line turns the
    trend. The distance is given over the close. The first trend is up where the bar closed in its upper half. Trends
    seldom outlast the declared memory; one that does shows its start in the line.

    Reference: Seban, Supertrend; the rules of TradingView's ta.supertrend.
    """
    middle, reach = 0.5 * (high + low), ranges * average_range
    upper, lower = middle + reach, middle - reach
    if n == 0:
        up = close >= middle
    else:
        upper = upper if s[b + CLOSE] > s[b + UPPER] else min(upper, s[b + UPPER])
        lower = lower if s[b + CLOSE] < s[b + LOWER] else max(lower, s[b + LOWER])
        up = close >= lower if s[b + UP] > 0.0 else close > upper
    s[b + UPPER], s[b + LOWER], s[b + CLOSE] = upper, lower, close
    direction, line = (1.0, lower) if up else (-1.0, upper)
    s[b + UP] = direction
    return line, direction, (close - line) / close
