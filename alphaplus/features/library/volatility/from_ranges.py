"""Volatility from open, high, low and close: Parkinson, Garman-Klass, Rogers-Satchell, Yang-Zhang."""

from math import log, sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum

LOG_2 = 0.6931471805599453


@feature(
    inputs=("open", "high", "low", "close"),
    outputs=("parkinson_term", "garman_klass_term", "rogers_satchell_term", "open_to_close"),
    unit="variance a bar; the last as a natural logarithm",
)
def range_terms(s, b, n, open_, high, low, close):
    """What one bar says about its variance, after three authors, and the logarithm of its close over its open.

    Reference: Parkinson (1980), Garman & Klass (1980), Rogers & Satchell (1991), all Journal of Business or Annals.
    """
    up, down, move = log(high / open_), log(low / open_), log(close / open_)
    span = (up - down) * (up - down)
    garman_klass = 0.5 * span - (2.0 * LOG_2 - 1.0) * move * move
    return span / (4.0 * LOG_2), garman_klass, up * (up - move) + down * (down - move), move


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
    return sqrt(max(window_sum(s, term, window), 0.0) / window)


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
    return log(open_ / s[close - 1])


@feature(
    inputs=("overnight", "open_to_close", "rogers_satchell_term"),
    outputs=("yang_zhang_{window}",),
    variants=({"window": 20},),
    history={
        "overnight": lambda window: window,
        "open_to_close": lambda window: window,
        "rogers_satchell_term": lambda window: window,
    },
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="standard deviation a bar, as a ratio",
)
def yang_zhang(s, b, n, gaps, moves, terms, window):
    """Volatility from gaps, moves and ranges, free of drift and of the size of the gaps.

    Variance of the gaps plus k times the variance of the moves plus (1 - k) times the mean Rogers-Satchell term, with
    k = 0.34 / (1.34 + (window + 1) / (window - 1)); both variances divide by `window` - 1.

    Reference: Yang & Zhang, Drift-Independent Volatility Estimation, Journal of Business (2000).
    """
    weight = 0.34 / (1.34 + (window + 1.0) / (window - 1.0))
    mean_gap = mean_move = inside = 0.0
    for k in range(window):
        mean_gap += s[gaps - k]
        mean_move += s[moves - k]
        inside += s[terms - k]
    mean_gap, mean_move, inside = mean_gap / window, mean_move / window, inside / window
    gap = move = 0.0
    for k in range(window):
        gap += (s[gaps - k] - mean_gap) ** 2
        move += (s[moves - k] - mean_move) ** 2
    return sqrt(max((gap + weight * move) / (window - 1.0) + (1.0 - weight) * inside, 0.0))
