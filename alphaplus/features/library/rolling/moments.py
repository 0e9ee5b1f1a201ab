"""Mean, standard deviation, skewness and kurtosis of the last values of a column.

Long windows are put together from short ones that earlier bars have worked out: the mean and the sums of powers of the
distances from it can be joined exactly. Nothing runs on from bar to bar, so nothing drifts.
"""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled

POWERS = ("{column}_mean", "{column}_squares", "{column}_cubes", "{column}_fourths")
UNIT = "as the column, and its second, third and fourth power"


@compiled
def joined(older, mean_a, squares_a, cubes_a, fourths_a, newer, mean_b, squares_b, cubes_b, fourths_b):
    """Mean and sums of the powers of the distances from it, of `older` and `newer` values together (Pebay 2008)."""
    count = older + newer
    shift = mean_b - mean_a
    old, new = older / count, newer / count
    mean = mean_a + shift * new
    square = shift * shift
    both = older * new
    squares = squares_a + squares_b + square * both
    crossed = old * squares_b - new * squares_a
    cubes = cubes_a + cubes_b + shift * (3.0 * crossed + square * (both * (old - new)))
    crossed_squares = 6.0 * (old * old * squares_b + new * new * squares_a)
    fourths = square * (square * (both * (old * old - old * new + new * new)) + crossed_squares)
    fourths += fourths_a + fourths_b + 4.0 * shift * (old * cubes_b - new * cubes_a)
    return mean, squares, cubes, fourths


@feature(
    inputs=("{column}",),
    outputs=tuple(name + "_{window}" for name in POWERS),
    variants=({"column": "log_return_1", "window": 5},),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit=UNIT,
)
def powers(s, b, n, value, window):
    """Mean of the last `window` values, and sums of the second, third and fourth powers of the distances from it.

    Reference: definition.
    """
    mean = squares = cubes = fourths = 0.0
    for k in range(window):
        mean += s[value - k]
    mean *= 1.0 / window
    for k in range(window):
        distance = s[value - k] - mean
        square = distance * distance
        squares += square
        cubes += square * distance
        fourths += square * square
    return mean, squares, cubes, fourths


@feature(
    inputs=tuple(name + "_{half}" for name in POWERS),
    outputs=tuple(name + "_{window}" for name in POWERS),
    variants=(
        {"column": "log_return_1", "window": 10, "half": 5},
        {"column": "log_return_1", "window": 20, "half": 10},
    ),
    history={name + "_{half}": lambda half: half + 1 for name in POWERS},
    warmup=lambda half: half + 1,
    memory=lambda half: half,
    unit=UNIT,
)
def doubled_powers(s, b, n, mean, squares, cubes, fourths, window, half):
    """Mean of the last `window` values, and sums of powers of the distances from it, joined from both halves.

    Reference: Pebay, Formulas for Robust, One-Pass Parallel Computation of Covariances (2008).
    """
    return joined(
        half, s[mean - half], s[squares - half], s[cubes - half], s[fourths - half],
        half, s[mean], s[squares], s[cubes], s[fourths],
    )  # fmt: skip


@feature(
    inputs=tuple(name + "_20" for name in POWERS) + tuple(name + "_10" for name in POWERS),
    outputs=tuple(name + "_50" for name in POWERS),
    variants=({"column": "log_return_1"},),
    history={name + "_20": 31 for name in POWERS},
    warmup=31,
    memory=30,
    unit=UNIT,
)
def powers_of_fifty(s, b, n, mean, squares, cubes, fourths, mean_10, squares_10, cubes_10, fourths_10):
    """Mean of the last 50 values, and sums of powers of the distances from it, joined from 20, 20 and the newest 10.

    Reference: Pebay, Formulas for Robust, One-Pass Parallel Computation of Covariances (2008).
    """
    old = joined(
        20, s[mean - 30], s[squares - 30], s[cubes - 30], s[fourths - 30],
        20, s[mean - 10], s[squares - 10], s[cubes - 10], s[fourths - 10],
    )  # fmt: skip
    return joined(40, old[0], old[1], old[2], old[3], 10, mean_10, squares_10, cubes_10, fourths_10)


@feature(
    inputs=("{column}", *(name + "_{window}" for name in POWERS)),
    outputs=(
        "{column}_std_{window}",
        "{column}_skew_{window}",
        "{column}_kurtosis_{window}",
        "{column}_zscore_{window}",
    ),
    variants=tuple({"column": "log_return_1", "window": window} for window in (5, 10, 20, 50)),
    unit="deviation as the column; skewness, excess kurtosis and z-score without unit",
)
def moments(s, b, n, value, mean, squares, cubes, fourths, window):
    """Sample standard deviation, skewness and excess kurtosis of the last `window` values, and the latest's z-score.

    The deviation divides by `window` - 1; skewness and kurtosis are plain moment ratios, and the z-score, which is the
    distance from the mean in deviations, divides by `window`. Equal values read 0 four times.

    Reference: definition; scipy.stats.skew, kurtosis and zscore with bias.
    """
    second = squares * (1.0 / window)
    if second <= 1e-26 * mean * mean or second < 1e-100:
        return 0.0, 0.0, 0.0, 0.0
    deviation = sqrt(second)
    inverse = 1.0 / deviation
    square = inverse * inverse
    skew = cubes * (1.0 / window) * square * inverse
    kurtosis = fourths * (1.0 / window) * square * square - 3.0
    return deviation * sqrt(window / (window - 1.0)), skew, kurtosis, (value - mean) * inverse
