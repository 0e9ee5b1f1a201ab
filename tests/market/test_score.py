"""The quality score: each component against a plain count, its edges, and never anything but a number in [0, 1]."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.records import RowsRead, Series
from alphaplus.market.read import read_bars
from alphaplus.market.score import WEIGHTS, data_quality, judged_from
from alphaplus.market.sources.simulated import simulate

START = 1_609_718_400_000  # 2021-01-04
NOW = 1_767_225_600_000
H1, D1 = Timeframe.H1, Timeframe.D1


def frame(close, *, timeframe=H1, volume=None, high=None, low=None, missing=()):
    """Hourly bars from closes, some of them missing."""
    close = np.asarray(close, dtype=float)
    table = pl.DataFrame(
        {
            "open_time": START + timeframe.ms * np.arange(len(close)),
            "open": close,
            "high": close * 1.01 if high is None else np.asarray(high, dtype=float),
            "low": close * 0.99 if low is None else np.asarray(low, dtype=float),
            "close": close,
            "volume": np.ones(len(close)) if volume is None else np.asarray(volume, dtype=float),
        }
    )
    keep = np.setdiff1d(np.arange(len(close)), missing)
    return BarFrame(Instrument("WALK"), timeframe, table[keep.tolist()])


def walk(count, *, seed=1, scale=0.01):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, scale, count)))


def judge(bars, *, after=0, **options):
    """The score `after` so many milliseconds from the last close."""
    return data_quality(bars, now=int(bars.close_time[-1]) + after, **options)


def outliers_one_by_one(bars, count):
    """Outliers and judged returns of the last `count` bars, counted in the plainest way."""
    close, times = bars.column("close").tolist(), bars.open_time.tolist()
    past, found, judged = [], 0, 0
    for n in range(1, len(close)):
        if times[n] - times[n - 1] != bars.timeframe.ms:
            continue
        value = np.log(close[n]) - np.log(close[n - 1])
        if n >= len(close) - count and len(past) >= 100:
            last = sorted(past[-100:])
            middle = (last[49] + last[50]) / 2
            away = sorted(abs(x - middle) for x in last)
            usual = (away[49] + away[50]) / 2
            if usual > 0:
                judged += 1
                found += abs(value) > 10 * 1.4826 * usual
        past.append(value)
    return found, judged


def test_a_clean_fresh_series_scores_one():
    quality = judge(simulate("N0", bars=1_000))
    assert quality.total == 1.0
    assert [part.value for part in quality.components.values()] == [1.0] * 4
    assert (quality.bars, quality.symbol, quality.timeframe) == (720, "SIM-N0", H1)
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_the_total_is_the_weighted_mean():
    bars = frame(walk(1_000), missing=range(900, 950))
    quality = judge(bars, after=4 * H1.ms)
    values = {name: part.value for name, part in quality.components.items()}
    assert quality.total == pytest.approx(sum(WEIGHTS[name] * value for name, value in values.items()))
    assert values["completeness"] < 1.0
    assert values["freshness"] < 1.0


def test_completeness_is_the_lower_of_window_and_whole():
    late = judge(frame(walk(2_000), missing=range(1_900, 1_972))).completeness
    assert late.value == pytest.approx(1 - 72 / 720)
    assert late.reason == "648 of 720 bars of the window are there, 1,928 of 2,000 since the start"
    early = judge(frame(walk(2_000), missing=range(100, 600))).completeness
    assert early.value == pytest.approx(1 - 500 / 2_000)


def test_the_window_of_long_bars_is_two_hundred_of_them():
    assert judge(frame(walk(500), timeframe=D1)).bars == 200
    assert judge(frame(walk(500), timeframe=D1), window_days=300).bars == 300


@pytest.mark.parametrize(("after", "value"), [(0.0, 1.0), (1.0, 1.0), (1.5, 0.95), (6.0, 0.5), (11.0, 0.0), (1e6, 0.0)])
def test_freshness_falls_evenly_once_a_bar_is_due(after, value):
    assert judge(frame(walk(300)), after=int(after * H1.ms)).freshness.value == pytest.approx(value)


def test_bars_that_close_after_now_are_not_known():
    bars = frame(walk(500))
    early = data_quality(bars, now=int(bars.close_time[299]) + 5)
    assert early == judge(bars.rows(0, 300), after=5)
    assert data_quality(bars, now=int(bars.close_time[0]) - 1).bars == 0


def test_validity_is_the_share_of_rows_that_were_not_refused():
    bars = frame(walk(500))
    assert judge(bars, read=RowsRead(1_000, 250)).validity.value == 0.75
    assert "250 of 1,000 rows were refused" in judge(bars, read=RowsRead(1_000, 250)).validity.reason
    assert judge(bars, read=RowsRead(0, 0)).validity.reason == "0 of 500 bars break a rule"


def test_the_report_of_an_import_is_known(tmp_path):
    path = tmp_path / "X-1h.csv"
    rows = [f"{START + n * H1.ms},1,2,{-1 if n == 3 else 0.5},1,7" for n in range(10)]
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    bars = read_bars([path], symbol="X", timeframe=H1, now=NOW)
    assert judge(bars).validity.value == pytest.approx(0.9)


def test_bars_that_break_a_rule_count_where_no_import_is_known():
    high = walk(500) * 1.01
    high[[450, 460]] = 1.0
    assert judge(frame(walk(500), high=high)).validity.value == pytest.approx(1 - 2 / 500)


@pytest.mark.parametrize(("length", "dead"), [(9, 0), (10, 10), (30, 30)])
def test_a_feed_that_hangs_is_less_valid(length, dead):
    close = walk(500)
    high, low, volume = close * 1.01, close * 0.99, np.ones(500)
    high[100 : 100 + length] = low[100 : 100 + length] = close[100 : 100 + length]
    volume[300 : 300 + length] = 0.0
    found = judge(frame(close, high=high, low=low, volume=volume)).validity
    assert found.value == pytest.approx(1 - 2 * dead / 500)
    assert ("runs of 10" in found.reason) == bool(dead)


def test_a_gap_ends_a_run():
    volume = np.ones(400)
    volume[100:119] = 0.0
    assert judge(frame(walk(400), volume=volume)).validity.value < 1.0
    assert judge(frame(walk(400), volume=volume, missing=[109])).validity.value == 1.0


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), jumps=st.integers(0, 12), missing=st.integers(0, 30), count=st.integers(102, 900)
)
def test_outliers_are_those_of_a_plain_count(seed, jumps, missing, count):
    rng = np.random.default_rng(seed)
    close = walk(count, seed=seed)
    for place in rng.integers(1, count, jumps):
        close[place:] *= rng.choice([0.8, 1.25])
    bars = frame(close, missing=rng.integers(1, count - 1, missing))
    window = int(np.sum(bars.open_time > bars.open_time[-1] - 720 * H1.ms))
    found, judged = outliers_one_by_one(bars, window)
    value = judge(bars).outliers.value
    assert value == (pytest.approx(max(0.0, 1 - 50 * found / judged)) if judged else 0.0)


def test_one_bad_tick_in_a_month_is_told():
    close = walk(1_000)
    close[800] *= 1.5
    found = judge(frame(close)).outliers
    assert found.reason == "2 of 720 returns are far beyond the 100 before them"  # there and back
    assert found.value == pytest.approx(1 - 100 / 720)


def test_a_return_over_a_gap_is_no_outlier():
    close = walk(1_000)
    close[800:] *= 3.0
    assert judge(frame(close)).outliers.value < 1.0
    assert judge(frame(close, missing=[799])).outliers.value == 1.0


def test_an_empty_series_scores_nothing():
    quality = data_quality(BarFrame.empty(Instrument("X"), H1), now=NOW)
    assert (quality.total, quality.bars) == (0.0, 0)
    assert {part.reason for part in quality.components.values()} == {"no bars"}


def test_one_bar_is_complete_fresh_and_valid_and_says_nothing_of_outliers():
    quality = judge(frame([100.0]))
    assert [part.value for part in quality.components.values()] == [1.0, 1.0, 1.0, 0.0]
    assert quality.outliers.reason == "none of 0 returns has 100 before it that moved"


def test_a_market_that_stands_still_is_neither_valid_nor_judged():
    flat = np.full(500, 100.0)
    quality = judge(frame(flat, high=flat, low=flat, volume=np.zeros(500)))
    assert [part.value for part in quality.components.values()] == [1.0, 1.0, 0.0, 0.0]
    assert quality.total == pytest.approx(0.6)


def test_impossible_prices_lower_the_score_and_break_nothing():
    close = walk(500)
    close[[100, 200, 300]] = [np.nan, -5.0, 0.0]
    close[400] = np.inf
    quality = judge(frame(close))
    assert quality.validity.value == pytest.approx(1 - 4 / 500)
    assert 0.0 <= quality.total < 1.0


def test_the_end_of_a_stored_series_gives_the_score_of_all_of_it():
    bars = frame(walk(5_000), missing=[*range(10, 300), *range(4_500, 4_520)])
    last = int(bars.open_time[-1])
    whole = judge(bars)
    series = Series(bars.instrument, H1, len(bars), START, last, 5_000 - len(bars))
    assert judge(bars.between(judged_from(last, H1), last + 1), series=series) == whole


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 400),
    missing=st.integers(0, 200),
    after=st.integers(-400, 400),
    scale=st.sampled_from([0.0, 1e-12, 0.01, 3.0]),
    timeframe=st.sampled_from(list(Timeframe)),
)
def test_every_number_lies_between_nothing_and_one(seed, count, missing, after, scale, timeframe):
    rng = np.random.default_rng(seed)
    gone = rng.integers(0, max(count, 1), missing)
    bars = frame(walk(count, seed=seed, scale=scale), timeframe=timeframe, missing=gone)
    quality = data_quality(bars, now=START + (count + after) * timeframe.ms)
    for value in (quality.total, *(part.value for part in quality.components.values())):
        assert 0.0 <= value <= 1.0
    assert all(part.reason for part in quality.components.values())


@pytest.mark.real_data
def test_recorded_hours_are_nearly_complete_and_long_stale(btc_1h):
    at_the_end, today = judge(btc_1h), data_quality(btc_1h, now=NOW)
    assert at_the_end.total > 0.98
    assert today.freshness.value == 0.0
    assert today.total == pytest.approx(at_the_end.total - WEIGHTS["freshness"])
    assert at_the_end.completeness.value == pytest.approx(45_013 / 45_140)
    found, judged = outliers_one_by_one(btc_1h.rows(40_000, len(btc_1h)), 720)
    assert (judged, at_the_end.outliers.value) == (720, pytest.approx(1 - 50 * found / 720))
