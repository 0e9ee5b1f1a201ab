"""Savitzky-Golay filter at the end of its window: a cubic through the last closes, read at the last of them."""

from fractions import Fraction

from alphaplus.features.contract import feature

WINDOW, DEGREE = 11, 3


def end_weights(window: int, degree: int, derivative: int) -> tuple[float, ...]:
    """Weights of the last `window` values, the newest first, in the fitted polynomial or its slope at the newest.

    Least squares on the ages 0, -1, ... by the normal equations, in fractions, so that they are exact everywhere.
    """
    size = degree + 1
    ages = range(0, -window, -1)
    rows = [[Fraction(sum(age ** (i + j) for age in ages)) for j in range(size)] for i in range(size)]
    goal = [Fraction(int(i == derivative)) for i in range(size)]
    for i in range(size):  # Gauss-Jordan; the matrix is positive definite, so no pivot is zero
        pivot = rows[i][i]
        rows[i], goal[i] = [value / pivot for value in rows[i]], goal[i] / pivot
        for j in range(size):
            if j != i:
                factor = rows[j][i]
                rows[j] = [a - factor * c for a, c in zip(rows[j], rows[i], strict=True)]
                goal[j] -= factor * goal[i]
    return tuple(float(sum(goal[i] * age**i for i in range(size))) for age in ages)


LEVEL = end_weights(WINDOW, DEGREE, derivative=0)
SLOPE = end_weights(WINDOW, DEGREE, derivative=1)


@feature(
    inputs=("close",),
    outputs=("savgol_level_11", "close_to_savgol_11", "savgol_slope_11"),
    history={"close": WINDOW},
    warmup=WINDOW,
    memory=WINDOW,
    unit=("price", "ratio", "ratio a bar"),
)
def savitzky_golay(s, b, n, close):
    """Value at this bar of the cubic through the last 11 closes, how far the close is above it, and its slope.

    Distance and slope are divided by the close.

    The coefficients are those of the window's end. The centred ones, which are usual, read five bars ahead.

    Reference: Savitzky & Golay, Smoothing and Differentiation of Data (1964); Gorry, General Least-Squares Smoothing
    (1990), for the end points.
    """
    price = s[close]
    level = other_level = slope = other_slope = 0.0  # sums in two halves wait less for one another
    for k in range(1, WINDOW, 2):
        away, before = s[close - k] - price, s[close - k - 1] - price
        level += LEVEL[k] * away
        other_level += LEVEL[k + 1] * before
        slope += SLOPE[k] * away
        other_slope += SLOPE[k + 1] * before
    below = level + other_level
    return price + below, -below / price, (slope + other_slope) / price
