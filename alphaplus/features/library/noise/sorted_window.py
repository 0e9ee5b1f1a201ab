"""A window kept in order: its median, and the median distance from it."""

from alphaplus.features.state import compiled


@compiled
def sort_window(s, b, h, window):
    """Put the last `window` values of a history into the slots from `b` on, in order."""
    for filled in range(window):
        new, place = s[h - filled], b + filled
        while place > b and s[place - 1] > new:
            s[place] = s[place - 1]
            place -= 1
        s[place] = new


@compiled
def replace_sorted(s, b, window, old, new):
    """Let `new` take the place of `old`, which is one of the values, among the `window` ordered ones from slot `b` on.

    Every value looks at its neighbour and becomes it, itself, or the new one. Looking at all of them without a branch
    is faster than finding the place and moving what lies between: the loops are compiled for many values at once.
    """
    values = s[b : b + window]
    if new > old:
        for k in range(window - 1):
            here, above = values[k], values[k + 1]
            moved = above if above < new else new
            moved = here if here > moved else moved
            values[k] = here if above <= old else moved
        last = window - 1
        values[last] = new if new > values[last] else values[last]
    else:
        for k in range(window - 1, 0, -1):
            here, below = values[k], values[k - 1]
            moved = below if below > new else new
            moved = here if here < moved else moved
            values[k] = here if below >= old else moved
        values[0] = new if new < values[0] else values[0]


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
