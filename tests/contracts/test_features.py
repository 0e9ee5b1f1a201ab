"""Every registered feature keeps its contract: one set holds them all, each column is judged by itself."""

from functools import lru_cache

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features import checks
from alphaplus.features.contract import features
from alphaplus.features.sets import FeatureSet

COLUMNS = tuple(features.names())
BARS = 34_000  # more than the longest declared memory
SHORT = 2_500  # for checks that compute the whole again and again
MONDAY = 1_514_764_800_000  # 2018-01-01
DEPTHS = tuple(f"{side}_depth_{band}" for side in ("bid", "ask") for band in ("0_5", "1_0", "2_0"))


def walk_bars() -> BarFrame:
    """A seeded random walk, with flat bars, bars without volume, and ties."""
    rng = np.random.default_rng(5)
    close = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.004, BARS) * (rng.random(BARS) > 0.02))), 1)
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) + np.round(rng.exponential(2, BARS) * (rng.random(BARS) > 0.1), 1)
    low = np.minimum(open_, close) - np.round(rng.exponential(2, BARS) * (rng.random(BARS) > 0.1), 1)
    volume = np.round(rng.lognormal(3, 1, BARS) * (rng.random(BARS) > 0.03), 2)
    times = MONDAY + Timeframe.H1.ms * np.arange(BARS)
    table = {"open_time": times, "open": open_, "high": high, "low": low, "close": close, "volume": volume}
    return BarFrame(Instrument("WALK"), Timeframe.H1, pl.DataFrame(table))


def with_sides(bars: BarFrame, *, holes: bool) -> BarFrame:
    """The bars with made-up side columns, some stretches of them missing if asked for."""
    rng = np.random.default_rng(6)
    n = len(bars)
    sides = {
        "buy_volume": bars.column("volume") * rng.random(n),
        "largest_trade": bars.column("volume") * rng.random(n),
        "trade_count": np.ceil(bars.column("volume") * rng.lognormal(0, 0.3, n)),
        **{name: rng.lognormal(2, 0.5, n) for name in DEPTHS},
        "spread_bps": rng.exponential(2, n),
        "microprice": bars.column("close") * (1 + rng.normal(0, 1e-4, n)),
    }
    if holes:
        for values in sides.values():
            for start in rng.integers(0, n, 30):
                values[start : start + rng.integers(1, 60)] = np.nan
    return BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(**sides))


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def bars(request) -> BarFrame:
    """Hourly bars that start with a week and whose first 600 have no gap."""
    if request.param == "walk":
        return walk_bars()
    real = request.getfixturevalue("btc_1h")
    weeks = np.flatnonzero((real.open_time - Timeframe.W1.offset_ms) % Timeframe.W1.ms == 0)
    start = next(int(w) for w in weeks if real.open_time[w + 600] - real.open_time[w] == 600 * Timeframe.H1.ms)
    assert len(real) - start >= BARS
    return real.rows(start, len(real))


@pytest.fixture(scope="module")
def faults(bars):
    """The verdict of a check on all columns, worked out when the first column asks for it."""
    everything = FeatureSet("every feature", COLUMNS)
    full = checks.Trial.begin(everything, with_sides(bars, holes=False))
    holed = checks.Trial.begin(everything, with_sides(bars, holes=True))
    rows = holed.rows[:SHORT]

    def rng():
        return np.random.default_rng(7)

    verdicts = {
        "stream": lambda: checks.stream_faults(holed, rng()),
        "restore": lambda: checks.restore_faults(holed, rng()),
        "prefix": lambda: checks.prefix_faults(holed.compute, rows, COLUMNS, rng(), cuts=60),
        "poison": lambda: checks.poison_faults(holed.compute, rows, COLUMNS, rng(), cuts=12),
        "repeat": lambda: checks.repeat_faults(holed.compute, rows, COLUMNS),
        "repaint": lambda: checks.repaint_faults(holed.compute, rows, COLUMNS),
        "clock": lambda: checks.clock_faults(holed.compute, rows, COLUMNS, bars.timeframe, rng()),
        "canary": lambda: checks.canary_faults(COLUMNS, full.values, full.rows),
        "alien": lambda: checks.alien_faults(full.compute, full.rows, COLUMNS, rng()),
        "warmup": lambda: checks.warmup_faults(full),
        "memory": lambda: checks.memory_faults(full),
        "infinity": lambda: checks.infinity_faults(holed),
        "restart": lambda: checks.restart_faults(full, rng()),
        "short gap": lambda: checks.short_gap_faults(full, rng()),
    }
    return lru_cache(lambda name: verdicts[name]())


@pytest.mark.parametrize("column", COLUMNS)
def test_live_bars_and_chunks_give_the_bits_of_history(faults, column):
    assert column not in faults("stream"), faults("stream")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_restored_engine_continues_with_the_same_bits(faults, column):
    assert column not in faults("restore"), faults("restore")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_prefix_of_the_bars_gives_the_prefix_of_the_values(faults, column):
    assert column not in faults("prefix"), faults("prefix")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_poisoned_future_changes_nothing_in_the_past(faults, column):
    assert column not in faults("poison"), faults("poison")[column]


@pytest.mark.parametrize("check", ["repeat", "repaint", "clock", "canary", "alien"])
def test_no_column_is_accused_by_the_further_checks(faults, check):
    """Those that `alphaplus features check` makes beside the contract's own."""
    assert faults(check) == {}


@pytest.mark.parametrize("column", COLUMNS)
def test_the_first_value_comes_at_the_declared_bar(faults, column):
    assert column not in faults("warmup"), faults("warmup")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_the_start_is_forgotten_after_the_declared_memory(faults, column):
    assert column not in faults("memory"), faults("memory")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_no_value_is_infinite(faults, column):
    assert column not in faults("infinity"), faults("infinity")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_long_gap_begins_anew(faults, column):
    assert column not in faults("restart"), faults("restart")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_short_gap_is_passed_over(faults, column):
    assert column not in faults("short gap"), faults("short gap")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_the_declaration_says_what_it_must(column):
    spec = features.get(column)
    assert spec.description.endswith(".")
    assert spec.reference
    assert spec.units[column]
    assert spec.group
