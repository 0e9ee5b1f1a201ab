"""Median and Hampel filter of the close, over the bars that are there: this one and those before it."""

from alphaplus.features.contract import feature
from alphaplus.features.library.noise.sorted_window import (
    median_deviation,
    sorted_median,
)
from alphaplus.features.state import replace_sorted, sort_window

FAR = 3.0 * 1.4826  # median absolute deviations, as three standard deviations of a normal law


@feature(
    inputs=("close",),
    outputs=(
        "median_filter_{window}",
        "close_to_median_{window}",
        "hampel_{window}",
        "close_to_hampel_{window}",
        "hampel_outlier_{window}",
    ),
    variants=({"window": 11},),
    state=lambda window: window + 1,
    history={"close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit=("price", "ratio above -1", "price", "ratio above -1", "flag, 0 or 1"),
)
def median_filter(s, b, n, close, window):
    """Median of the last closes, and the close itself unless it is an outlier, when the median stands for it.

    Both over the last `window` closes, this one included, where the textbook's filters are centred and would look
    ahead. An outlier lies further from the median than 3 * 1.4826 times the median absolute deviation of these closes;
    where that is 0, as in a market that hardly moves, nothing is one.

    Reference: Hampel, The Influence Curve and its Role in Robust Estimation (1974); Tukey, Exploratory Data Analysis
    (1977), for running medians.
    """
    leaving = b + window  # the slot of the close that the next bar pushes out; 0, which no price is, before the first
    if s[leaving] <= 0.0:
        sort_window(s, b, close, window)
    else:
        replace_sorted(s, b, window, s[leaving], s[close])
    s[leaving] = s[close - window + 1]
    price, middle = s[close], sorted_median(s, b, window)
    reach, to_median = FAR * median_deviation(s, b, window, middle), price / middle - 1.0
    if 0.0 < reach < abs(price - middle):
        return middle, to_median, middle, to_median, 1.0
    return middle, to_median, price, 0.0, 0.0
