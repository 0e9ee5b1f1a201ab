"""Candlestick patterns are TA-Lib's to the bit, in history and live, and their events say what the candles say."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import talib
from talib import abstract

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features.contract import features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import MAX_GAP, FeatureSet
from alphaplus.features.talib import LEAD, SEGMENT
from alphaplus.market.read import read_bars
from alphaplus.patterns.births import RANGES
from alphaplus.patterns.candles import CANDLES
from alphaplus.patterns.contract import patterns
from alphaplus.patterns.events import chosen_patterns

NAMES = tuple(candle.function.lower() for candle in CANDLES)
SET = FeatureSet("candles", NAMES)
PRICES = ("open", "high", "low", "close")
NOW = 1_767_225_600_000
START = SEGMENT * Timeframe.H1.ms * 400 + 7 * Timeframe.H1.ms  # a few bars behind the border of a segment
RECORDED = {
    "1h of a coin": ("ohlcv/binance_spot_1h/BTCUSDT-1h-201708-202210.csv.gz", "BTCUSDT", Timeframe.H1, 45),
    "15m of a coin": ("ohlcv/binance_spot_15m/SOLUSDT-15m-202008-202210.csv.gz", "SOLUSDT", Timeframe.M15, 45),
    "1m with gaps": ("ohlcv/bitfinex_1m/ETHUSD-1m-201801-201803.csv.gz", "ETHUSD", Timeframe.M1, 45),
    "1d of a stock": ("stocks/SPY_D.csv.gz", "SPY", Timeframe.D1, 45),
}


def walk(count=25_000, *, holes=False):
    """Bars on a grid of ticks that often open away from the close before, so that nearly every pattern occurs."""
    rng = np.random.default_rng(3)
    gap, move = (np.round(rng.standard_t(4, count) * size) for size in (3.0, 6.0))
    close = 5_000.0 + np.cumsum(gap + move)
    close += 1_000.0 - min(close.min(), 1_000.0)
    open_ = close - move
    high = np.maximum(open_, close) + np.round(rng.exponential(2.5, count) * (rng.random(count) > 0.3))
    low = np.minimum(open_, close) - np.round(rng.exponential(2.5, count) * (rng.random(count) > 0.3))
    missing = np.where(rng.random(count) < 0.001, rng.integers(1, 3 * MAX_GAP, count), 0) if holes else 0
    times = START + Timeframe.H1.ms * np.cumsum(1 + missing + np.zeros(count, np.int64))
    columns = dict(zip(PRICES, (open_, high, low, close), strict=True))
    return BarFrame(
        Instrument("WALK"), Timeframe.H1, pl.DataFrame({"open_time": times, **columns, "volume": np.ones(count)})
    )


def computed(bars):
    engine = FeatureEngine(SET, bars.instrument, bars.timeframe)
    return engine.compute(bars.matrix(engine.inputs))


def by_talib(bars, *, segments=False):
    """TA-Lib's own batch call on every stretch between long gaps, unknown until the function has bars enough.

    With `segments` it is called anew on every segment of the clock's grid and the bars of the stretch just before.
    """
    starts = [0, *np.flatnonzero(bars.missing_before > MAX_GAP).tolist(), len(bars)]
    grid = (bars.open_time - bars.timeframe.offset_ms) // bars.timeframe.ms // SEGMENT
    expected = np.full((len(bars), len(NAMES)), np.nan)
    for start, stop in pairwise(starts):
        cuts = start + 1 + np.flatnonzero(np.diff(grid[start:stop])) if segments else []
        for first, last in pairwise([start, *cuts, stop]):
            lead = max(start, first - LEAD)
            arrays = [bars.column(name)[lead:last] for name in PRICES]
            for place, candle in enumerate(CANDLES):
                known = max(first, lead + abstract.Function(candle.function).lookback)
                expected[known:last, place] = getattr(talib, candle.function)(*arrays)[known - lead :]
    return expected


def unequal(got, expected):
    """Bar and name of all values whose bits are not the same."""
    apart = np.argwhere(~((got == expected) | (np.isnan(got) & np.isnan(expected))))
    return [(row, NAMES[place]) for row, place in apart.tolist()]


def is_tie(bars, row, name):
    """Whether a billionth of a price decides if the pattern is there."""
    arrays = [bars.column(price)[row - 40 : row + 1] for price in PRICES]
    answers = set()
    for changed in range(len(PRICES)):
        for factor in (1.0 - 1e-9, 1.0 + 1e-9):
            moved = [values.copy() for values in arrays]
            moved[changed][-1] *= factor
            answers.add(int(getattr(talib, name.upper())(*moved)[-1]))
    return len(answers) > 1


def occurring(values):
    return int(((values != 0.0) & ~np.isnan(values)).any(axis=0).sum())


def test_all_of_talib_are_there_as_it_describes_them():
    assert sorted(candle.function for candle in CANDLES) == sorted(talib.get_function_groups()["Pattern Recognition"])
    assert len(CANDLES) == 61
    for candle in CANDLES:
        theirs = abstract.Function(candle.function)
        spec = features.get(candle.function.lower())
        assert spec.warmup == theirs.lookback + 1, candle.function
        assert spec.params == dict(theirs.parameters), candle.function
        assert 1 <= candle.bars <= candle.warmup, candle.function


@pytest.mark.parametrize("holes", [False, True])
def test_a_walk_gives_talibs_numbers(holes):
    """In whole numbers no sum is rounded, so the borders of 24 segments do not show at all."""
    bars = walk(holes=holes)
    got = computed(bars)
    assert unequal(got, by_talib(bars)) == []
    assert occurring(got) >= 55


@pytest.mark.real_data
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_bars_give_talibs_numbers(data_folder, name):
    """To the bit, segment by segment; on the whole series too, but for ties that the rounding of a sum decides.

    TA-Lib keeps its averages as running sums, whose last bits depend on where they began. Of 75,856 bars of SOLUSDT one
    short line has a shadow that is its average exactly, and goes one way or the other.
    """
    file, symbol, timeframe, kinds = RECORDED[name]
    bars = read_bars([data_folder / file], symbol=symbol, timeframe=timeframe, now=NOW, utc=True)
    got = computed(bars)
    assert unequal(got, by_talib(bars, segments=True)) == []
    apart = unequal(got, by_talib(bars))
    assert len(apart) <= len(bars) / 20_000
    assert [place for place in apart if not is_tie(bars, *place)] == []
    assert occurring(got) >= kinds


def test_a_tie_is_told_from_a_plain_difference():
    bars = walk(3_000)
    rows = range(100, 3_000)
    assert 0 < sum(is_tie(bars, row, "cdlshortline") for row in rows) < 0.2 * len(rows)


def test_live_equals_history_over_restarts_borders_and_gaps():
    bars = walk(3_000, holes=True)
    grid = bars.open_time // bars.timeframe.ms
    assert len(np.unique(grid // SEGMENT)) >= 3
    assert (bars.missing_before > MAX_GAP).any()
    engine = FeatureEngine(SET, bars.instrument, bars.timeframe)
    rows, got = bars.matrix(engine.inputs), np.empty((len(bars), len(NAMES)))
    restarts = set(np.random.default_rng(1).integers(0, len(rows), 10).tolist())
    for place, row in enumerate(rows):
        if place in restarts:
            kept, engine = engine.snapshot(), FeatureEngine(SET, bars.instrument, bars.timeframe)
            engine.restore(kept)
        if place % 5 == 0:
            forming = row.copy()
            forming[engine.inputs.index("close")] = row[engine.inputs.index("high")]
            engine.push(forming, forming=True)
        got[place] = engine.push(row)
    assert unequal(got, computed(bars)) == []


@pytest.fixture(scope="module")
def told(detect):
    """A walk, its columns by name, and all events of candlestick patterns on it."""
    bars = walk(6_000)
    return bars, dict(zip(NAMES, computed(bars).T, strict=True)), detect(bars, chosen_patterns(["candles"]))


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_a_column_is_an_event(told, name):
    bars, columns, events = told
    spec, value = patterns.get(name), columns[name]
    row = np.flatnonzero(~np.isnan(value) & (value != 0.0))
    found = events.filter(pattern=name)
    assert found["known_at"].to_list() == bars.close_time[row].tolist()
    assert found["strength"].to_list() == [min(abs(number) / 100.0, 1.0) for number in value[row].tolist()]
    assert found["direction"].to_list() == [int(np.sign(number)) if spec.directed else 0 for number in value[row]]
    spans = [slice(max(place - spec.bars + 1, 0), place + 1) for place in row.tolist()]
    assert found["low"].to_list() == [bars.column("low")[span].min() for span in spans]
    assert found["high"].to_list() == [bars.column("high")[span].max() for span in spans]
    assert found["start"].to_list() == [bars.open_time[span.start] for span in spans]


def test_targets_lie_as_far_as_stops_and_only_where_there_is_a_direction(told):
    bars, _, events = told
    aimed = events.filter(pl.col("direction") != 0, pl.col("target").is_not_null())
    assert len(aimed) > 1_000
    away = (aimed["target"] - aimed["level"]) * aimed["direction"]
    assert (away > 0.0).all()
    np.testing.assert_allclose(aimed["level"] - aimed["stop"], aimed["target"] - aimed["level"], atol=1e-9)
    ranges = talib.ATR(*(bars.column(name) for name in PRICES[1:]), 14)
    rows = np.searchsorted(bars.close_time, aimed["known_at"].to_numpy())
    np.testing.assert_allclose(away, RANGES * ranges[rows], rtol=1e-9)
    aimless = events.filter(direction=0)
    assert set(aimless["pattern"]) == {name for name in NAMES if not patterns.get(name).directed}
    assert aimless["target"].is_null().all()
    assert aimless["outcome"].is_null().all()
    assert (aimless["state"] == "none").all()
