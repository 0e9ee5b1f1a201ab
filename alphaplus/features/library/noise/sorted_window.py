"""Of sorted values: the median, and the median distance from it."""

from alphaplus.features.state import compiled


@compiled
def sorted_median(s, b, window):
    """Median of `window` ordered values; the mean of the middle two if `window` is even."""
    return 0.5 * (s[b + (window - 1) // 2] + s[b + window // 2])


@compiled
def median_deviation(s, b, window, middle):
    """Median distance of `window` ordered values from `middle`, their median (MAD)."""
    upper = _distance(s, b, window, middle, window // 2 + 1)
    return upper if window % 2 else 0.5 * (_distance(s, b, window, middle, window // 2) + upper)


@compiled
def _distance(s, b, window, middle, count):
    """Distance from `middle` within which `count` of the ordered values lie: of all runs of as many, the nearest."""
    values = s[b : b + window]
    nearest = max(middle - values[0], values[count - 1] - middle)
    for k in range(1, window - count + 1):
        below, above = middle - values[k], values[k + count - 1] - middle
        distance = below if below > above else above
        nearest = distance if distance < nearest else nearest
    return nearest


@compiled
def least_deviation(s, b, window, middle):
    """A number that the median distance of the ordered values from their median `middle` cannot be below.

    Half of the values lie within that distance, so on one side of the median at least a quarter do.
    """
    quarter = (window + 3) // 4 - 1
    return min(middle - s[b + (window - 1) // 2 - quarter], s[b + window // 2 + quarter] - middle)
