"""Kalman filter of a local linear trend, forward only."""

from math import nan

from alphaplus.features.contract import Param, feature

LEVEL, TREND = range(2)  # slots
BEGIN = 20  # bars until the first guess of a level without trend is corrected


def steady_gains(level_noise: float, trend_noise: float) -> tuple[float, float]:
    """Shares of a surprise that go into level and trend once the filter has settled.

    The variances are those of the shocks to level and trend in units of the variance of the observation's noise; the
    gains depend on nothing else, so they suit every price and market. Found by repeating the filter's covariance step
    until it stands still.
    """
    level = cross = trend = 1.0
    before = (0.0, 0.0, 0.0)
    while max(abs(new - old) for new, old in zip((level, cross, trend), before, strict=True)) > 1e-15:
        before = (level, cross, trend)
        ahead = level + 2.0 * cross + trend + level_noise
        shared, drift = cross + trend, trend + trend_noise
        to_level, to_trend = ahead / (ahead + 1.0), shared / (ahead + 1.0)
        level, cross, trend = (1.0 - to_level) * ahead, (1.0 - to_level) * shared, drift - to_trend * shared
    return to_level, to_trend


def _settled(level_noise: float, trend_noise: float) -> dict[str, Param]:
    level_gain, trend_gain = steady_gains(level_noise, trend_noise)
    return {"level_gain": level_gain, "trend_gain": trend_gain}


@feature(
    inputs=("close",),
    outputs=("kalman_level", "kalman_trend", "close_to_kalman", "kalman_slope"),
    variants=(_settled(level_noise=0.05, trend_noise=0.001),),
    state=2,
    warmup=BEGIN,
    memory=200,
    unit=("price", "price a bar", "ratio", "ratio a bar"),
)
def kalman(s, b, n, close, level_gain, trend_gain):
    """Level and trend of the close by a Kalman filter, how far the close is above the level, and the trend again.

    The last two are divided by the close. The close is a level in noise, the level moves by a trend and a shock, the
    trend by a shock; the variances of the shocks are .05 and .001 of the noise's. The gains are those of the settled
    filter, from the first bar on, where the level is the close and the trend 0; the first 19 bars are not shown. Never
    the smoother, which looks ahead.

    Reference: Harvey, Forecasting, Structural Time Series Models and the Kalman Filter (1989), local linear trend.
    """
    if n == 0:
        s[b + LEVEL], s[b + TREND] = close, 0.0
        return nan, nan, nan, nan
    surprise = close - s[b + LEVEL] - s[b + TREND]
    s[b + LEVEL] += s[b + TREND] + level_gain * surprise
    s[b + TREND] += trend_gain * surprise
    if n < BEGIN - 1:
        return nan, nan, nan, nan
    level, trend = s[b + LEVEL], s[b + TREND]
    return level, trend, (close - level) / close, trend / close
