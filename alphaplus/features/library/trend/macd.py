"""Moving average convergence/divergence (MACD): the distance of two averages, and its own average."""

from math import nan

from alphaplus.features.contract import feature

FAST, SLOW, SIGNAL = range(3)


@feature(
    inputs=("close",),
    outputs=("macd", "macd_signal", "macd_histogram"),
    variants=({"fast": 12, "slow": 26, "signal": 9},),
    state=3,
    warmup=lambda slow, signal: slow + signal - 1,
    memory=lambda slow: 14 * slow,
    unit="price",
)
def macd(s, b, n, close, fast, slow, signal):
    """Fast minus slow exponential average, the exponential average of that, and the difference of both.

    All averages start as plain means; the fast one starts late, so that both are first known at the same bar.

    Reference: TA-Lib, function MACD.
    """
    if n < slow - 1:
        s[b + SLOW] += close
        if n >= slow - fast:
            s[b + FAST] += close
        return nan, nan, nan
    if n == slow - 1:
        s[b + SLOW] = (s[b + SLOW] + close) / slow
        s[b + FAST] = (s[b + FAST] + close) / fast
    else:
        s[b + SLOW] += (close - s[b + SLOW]) * (2.0 / (slow + 1.0))
        s[b + FAST] += (close - s[b + FAST]) * (2.0 / (fast + 1.0))
    line = s[b + FAST] - s[b + SLOW]
    known = n - slow + 1
    if known < signal - 1:
        s[b + SIGNAL] += line
        return nan, nan, nan
    if known == signal - 1:
        s[b + SIGNAL] = (s[b + SIGNAL] + line) / signal
    else:
        s[b + SIGNAL] += (line - s[b + SIGNAL]) * (2.0 / (signal + 1.0))
    return line, s[b + SIGNAL], line - s[b + SIGNAL]
