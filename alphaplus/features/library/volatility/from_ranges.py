"""Volatility from open, high, low and close: Parkinson, Garman-Klass, Rogers-Satchell, Yang-Zhang."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.library.price.log_ratio import log_ratio
from alphaplus.features.state import window_sum, window_variance

LOG_2 = 0.6931471805599453


@feature(
    inputs=("open", "high", "low", "close"),
    outputs=("parkinson_term", "garman_klass_term", "rogers_satchell_term", "open_to_close"),
    unit=(*("variance a bar, at least 0",) * 3, "natural logarithm"),
)
def range_terms(s, b, n, open_, high, low, close):
    """What one bar says about its variance, after three authors, and the logarithm of its close over its open.

    Reference: Parkinson (1980), Garman & Klass (1980), Rogers & Satchell (1991), all Journal of Business or Annals.
    """
    up, down, move = log_ratio(high, open_), log_ratio(low, open_), log_ratio(close, open_)
    span = (up - down) * (up - down)
    garman_klass = 0.5 * span - (2.0 * LOG_2 - 1.0) * move * move
    return span * (0.25 / LOG_2), garman_klass, up * (up - move) + down * (down - move), move


@feature(
    inputs=("{name}_term",),
    outputs=("{name}_{window}",),
    variants=(
        {"name": "parkinson", "window": 20},
        {"name": "garman_klass", "window": 20},
        {"name": "rogers_satchell", "window": 20},
    ),
    history={"{name}_term": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="standard deviation a bar, as a ratio",
)
def range_volatility(s, b, n, term, window):
    """Root of the mean of what the last `window` bars say about their variance.

    Reference: Parkinson (1980), Garman & Klass (1980), Rogers & Satchell (1991).
    """
    return sqrt(max(window_sum(s, term, window), 0.0) * (1.0 / window))


@feature(
    inputs=("open", "close"),
    outputs=("overnight",),
    history={"close": 2},
    warmup=2,
    memory=2,
    unit="natural logarithm",
)
def overnight(s, b, n, open_, close):
    """Logarithm of the open over the close before it.

    Reference: definition.
    """
    return log_ratio(open_, s[close - 1])


@feature(
    inputs=("overnight", "open_to_close", "rogers_satchell_{window}"),
    outputs=("yang_zhang_{window}",),
    variants=({"window": 20},),
    history={"overnight": lambda window: window, "open_to_close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="standard deviation a bar, as a ratio",
)
def yang_zhang(s, b, n, gaps, moves, inside, window):
    """Volatility from gaps, moves and ranges, free of drift and of the size of the gaps.

    Variance of the gaps plus k times the variance of the moves plus (1 - k) times the Rogers-Satchell variance, with
    k = 0.34 / (1.34 + (window + 1) / (window - 1)); both variances divide by `window` - 1.

    Reference: Yang & Zhang, Drift-Independent Volatility Estimation, Journal of Business (2000).
    """
    weight = 0.34 / (1.34 + (window + 1.0) / (window - 1.0))
    mean_gap, mean_move = window_sum(s, gaps, window) * (1.0 / window), window_sum(s, moves, window) * (1.0 / window)
    gap = window_variance(s, gaps, window, mean_gap)
    move = window_variance(s, moves, window, mean_move)
    return sqrt((gap + weight * move) * (window / (window - 1.0)) + (1.0 - weight) * inside * inside)
