"""Our indicators against TA-Lib, bar by bar from the first value on.

Known deviations, where we decide otherwise: in a market without movement RSI, the stochastic, MFI and the ultimate
oscillator read 50 and Williams %R -50 (TA-Lib: 0); MFI also reads 50 where less than one unit of money flowed. KAMA,
which is TA-Lib's own, starts afresh with every segment of 1,024 bars from the 256 bars before it, so that it can be
saved and resumed: see the test of its segments.
"""

import numpy as np
import pytest
import talib

from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet
from alphaplus.features.talib import LEAD, SEGMENT

CASES = {
    **{f"ema_{w}": (lambda o, h, low, c, v, w=w: talib.EMA(c, w)) for w in (9, 20, 50, 200)},
    **{f"sma_{w}": (lambda o, h, low, c, v, w=w: talib.SMA(c, w)) for w in (20, 50, 200)},
    **{f"highest_{w}": (lambda o, h, low, c, v, w=w: talib.MAX(h, w)) for w in (5, 9, 10, 14, 20, 26, 50, 52)},
    **{f"lowest_{w}": (lambda o, h, low, c, v, w=w: talib.MIN(low, w)) for w in (5, 9, 10, 14, 20, 26, 50, 52)},
    **{f"atr_{w}": (lambda o, h, low, c, v, w=w: talib.ATR(h, low, c, w)) for w in (10, 14, 50)},
    **{f"roc_{w}": (lambda o, h, low, c, v, w=w: talib.ROC(c, w)) for w in (5, 10, 20)},
    **{f"momentum_{w}": (lambda o, h, low, c, v, w=w: talib.MOM(c, w)) for w in (5, 10, 20)},
    **{f"linear_slope_{w}": (lambda o, h, low, c, v, w=w: talib.LINEARREG_SLOPE(c, w) / c) for w in (20, 50)},
    **{f"rsi_{w}": (lambda o, h, low, c, v, w=w: talib.RSI(c, w)) for w in (7, 14)},
    "true_range": lambda o, h, low, c, v: talib.TRANGE(h, low, c),
    "atr_14_to_close": lambda o, h, low, c, v: talib.NATR(h, low, c, 14) / 100,
    "keltner_upper": lambda o, h, low, c, v: talib.EMA(c, 20) + 2 * talib.ATR(h, low, c, 10),
    "keltner_middle": lambda o, h, low, c, v: talib.EMA(c, 20),
    "keltner_lower": lambda o, h, low, c, v: talib.EMA(c, 20) - 2 * talib.ATR(h, low, c, 10),
    "donchian_upper": lambda o, h, low, c, v: talib.MAX(h, 20),
    "donchian_middle": lambda o, h, low, c, v: talib.MIDPRICE(h, low, 20),
    "donchian_lower": lambda o, h, low, c, v: talib.MIN(low, 20),
    "ichimoku_tenkan": lambda o, h, low, c, v: talib.MIDPRICE(h, low, 9),
    "ichimoku_kijun": lambda o, h, low, c, v: talib.MIDPRICE(h, low, 26),
    "ichimoku_senkou_b": lambda o, h, low, c, v: talib.MIDPRICE(h, low, 52),
    "trend": lambda o, h, low, c, v: (talib.EMA(c, 20) - talib.EMA(c, 50)) / talib.ATR(h, low, c, 14),
    "macd": lambda o, h, low, c, v: talib.MACD(c)[0],
    "macd_signal": lambda o, h, low, c, v: talib.MACD(c)[1],
    "macd_histogram": lambda o, h, low, c, v: talib.MACD(c)[2],
    "macd_to_close": lambda o, h, low, c, v: talib.MACD(c)[0] / c,
    "macd_signal_to_close": lambda o, h, low, c, v: talib.MACD(c)[1] / c,
    "macd_histogram_to_close": lambda o, h, low, c, v: talib.MACD(c)[2] / c,
    "bollinger_upper": lambda o, h, low, c, v: talib.BBANDS(c, 20)[0],
    "bollinger_middle": lambda o, h, low, c, v: talib.BBANDS(c, 20)[1],
    "bollinger_lower": lambda o, h, low, c, v: talib.BBANDS(c, 20)[2],
    "stochastic_fast": lambda o, h, low, c, v: talib.STOCHF(h, low, c, 14, 1)[0],
    "stochastic_k": lambda o, h, low, c, v: talib.STOCHF(h, low, c, 14, 3)[1],
    "stochastic_d": lambda o, h, low, c, v: talib.STOCH(h, low, c, 14, 3, 0, 3)[1],
    "williams_r_14": lambda o, h, low, c, v: talib.WILLR(h, low, c, 14),
    "adx_14": lambda o, h, low, c, v: talib.ADX(h, low, c, 14),
    "plus_di_14": lambda o, h, low, c, v: talib.PLUS_DI(h, low, c, 14),
    "minus_di_14": lambda o, h, low, c, v: talib.MINUS_DI(h, low, c, 14),
    "cci_20": lambda o, h, low, c, v: talib.CCI(h, low, c, 20),
    "mfi_14": lambda o, h, low, c, v: talib.MFI(h, low, c, v, 14),
    "obv": lambda o, h, low, c, v: talib.OBV(c, v),
    "aroon_up_25": lambda o, h, low, c, v: talib.AROON(h, low, 25)[1],
    "aroon_down_25": lambda o, h, low, c, v: talib.AROON(h, low, 25)[0],
    "aroon_oscillator_25": lambda o, h, low, c, v: talib.AROONOSC(h, low, 25),
    "close_to_parabolic_sar": lambda o, h, low, c, v: 1 - talib.SAR(h, low, 0.02, 0.2) / c,
    "parabolic_sar": lambda o, h, low, c, v: talib.SAR(h, low, 0.02, 0.2),
    "trix_15": lambda o, h, low, c, v: talib.TRIX(c, 15),
    "ultimate_oscillator": lambda o, h, low, c, v: talib.ULTOSC(h, low, c),
    "typical_price": lambda o, h, low, c, v: talib.TYPPRICE(h, low, c),
}
FLAT = {"rsi_14": 50.0, "stochastic_fast": 50.0, "stochastic_d": 50.0, "williams_r_14": -50.0, "mfi_14": 50.0}
FLAT |= {"cci_20": 0.0, "adx_14": 0.0, "plus_di_14": 0.0, "macd": 0.0, "bollinger_width": 0.0}
FLAT |= {"bollinger_percent_b": 0.5, "range_position_20": 0.5, "cmf_20": 0.0, "volume_ratio": 1.0}
FLAT |= {"ultimate_oscillator": 50.0, "choppiness_14": 50.0, "mass_index_25": 25.0, "trend": 0.0, "trix_15": 0.0}
FLAT |= {"keltner_position": 0.5, "keltner_width": 0.0, "supertrend": 100.0, "supertrend_direction": 1.0}
FLAT |= {"parabolic_sar": 100.0, "close_to_cloud": 0.0, "donchian_width": 0.0, "vwma_20": 100.0, "adx_14": 0.0}
FLAT |= {"atr_ratio_14_50": 1.0, "volatility_ratio_5_20": 1.0, "volatility_of_volatility_20": 0.0, "yang_zhang_20": 0.0}
FLAT |= {"log_return_1_skew_50": 0.0, "log_return_1_zscore_20": 0.0, "log_return_1_rank_20": 0.5, "up_ratio_20": 0.5}
FLAT |= {"return_autocorrelation_20": 0.0, "return_volume_correlation_20": 0.0, "volume_zscore_50": 0.0}
FLAT |= {
    "close_rank_50": 0.5,
    "max_drawdown_20": 0.0,
    "max_run_up_20": 0.0,
    "consecutive_up": 0.0,
    "efficiency_ratio_20": 0.0,
}
COVERED = frozenset(CASES) | {"kama_30"}
BOUNDS = {"trend": (-20, 20), "keltner_position": (-9, 10), "plus_di_14": (0, 100), "minus_di_14": (0, 100)}
BOUNDS |= {"adx_14": (0, 100), "rsi_14": (0, 100), "close_to_supertrend": (-1, 1), "atr_ratio_14_50": (0, 4)}
BOUNDS |= {"mass_index_25": (0, 50), "choppiness_14": (0, 110), "ultimate_oscillator": (0, 100), "trix_15": (-9, 9)}


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def computed(request, walk, compute_every):
    """Arrays open to volume of one stretch without long gaps, and our columns of it."""
    bars = walk(20_000) if request.param == "walk" else request.getfixturevalue("btc_1h")
    if request.param != "walk":
        long_gaps = np.flatnonzero(bars.missing_before > 24)
        bars = bars.rows(int(long_gaps[-1]), len(bars)) if len(long_gaps) else bars
        assert len(bars) > 20_000
    arrays = [bars.column(name) for name in ("open", "high", "low", "close", "volume")]
    return arrays, compute_every(bars)


@pytest.mark.parametrize("column", list(CASES))
def test_agrees_with_talib_to_a_billionth(computed, column):
    arrays, frame = computed
    expected = CASES[column](*arrays)
    got = frame.column(column)
    assert np.array_equal(np.isnan(got), np.isnan(expected)), "first values differ"
    scale = np.nanmedian(np.abs(expected))  # a value near zero is compared with the usual size of its column
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("column", list(FLAT))
def test_reads_neutral_in_a_market_without_movement(column, flat, compute_every):
    values = compute_every(flat(200)).column(column)
    assert values[-1] == FLAT[column]
    assert set(values[~np.isnan(values)]) == {FLAT[column]}


def test_a_market_that_stops_for_weeks_stays_within_bounds(walk, frame, compute_every):
    """Smoothed ranges fade to the smallest numbers there are, and what is divided by them must not grow."""
    bars = walk(500)
    prices = {name: bars.column(name) for name in ("open", "high", "low", "close")}
    still = {name: np.append(values, np.full(20_000, bars.column("close")[-1])) for name, values in prices.items()}
    got = compute_every(frame({**still, "volume": np.append(bars.column("volume"), np.zeros(20_000))}))
    for column, (low, high) in BOUNDS.items():
        values = got.column(column)[500:]
        assert np.isfinite(values).all(), column
        assert low <= values.min(), column
        assert values.max() <= high, column
    assert got.column("trend")[-1] == 0.0
    assert got.column("keltner_position")[-1] == 0.5


def test_mfi_breaks_no_ties_where_the_tick_is_known(walk):
    from dataclasses import replace

    bars = walk(3_000, tick=0.1)
    known = replace(bars, instrument=replace(bars.instrument, tick_size=0.1))
    got = compute_features(known, FeatureSet("one", ("mfi_14",))).column("mfi_14")
    high, low, close = (np.rint(bars.column(name) / 0.1).astype(int) for name in ("high", "low", "close"))
    sign = np.sign(np.diff(high + low + close))
    assert (sign == 0).any()
    price = (bars.column("high") + bars.column("low") + bars.column("close")) / 3
    flow = (price * bars.column("volume"))[1:] * sign
    windows = np.lib.stride_tricks.sliding_window_view(flow, 14)
    expected = 100 * np.maximum(windows, 0).sum(1) / np.abs(windows).sum(1)
    np.testing.assert_allclose(got[14:], expected, rtol=1e-9)


def test_kama_equals_talib_from_the_lead_of_each_segment_on(computed):
    """Exactly TA-Lib's on the segment and its lead; on the whole series wherever the seed no longer shows.

    KAMA keeps between 0.56 and 0.996 of the last value, by how straight the price runs, so what a segment starts from
    shows for some hundreds of bars: 1e-4 of the value at its first, under 1e-9 from its 512th bar on. The first segment
    has the seed of the whole series.
    """
    (_, _, _, close, _), frame = computed
    got, whole = frame.column("kama_30"), talib.KAMA(close, 30)
    grid = frame.open_time // frame.timeframe.ms
    starts = np.flatnonzero(np.diff(grid // SEGMENT, prepend=-1))
    place = np.arange(len(close)) - np.repeat(starts, np.diff(starts, append=len(close)))
    settled = (place >= SEGMENT // 2) | (np.arange(len(close)) < starts[1])
    assert settled.mean() > 0.4
    np.testing.assert_allclose(got[settled], whole[settled], rtol=1e-9)
    np.testing.assert_allclose(got, whole, rtol=1e-4)
    for start, stop in zip(starts, [*starts[1:], len(close)], strict=True):
        lead = max(start - LEAD, 0)
        np.testing.assert_allclose(got[start:stop], talib.KAMA(close[lead:stop], 30)[start - lead :], rtol=1e-9)
