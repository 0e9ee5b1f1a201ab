"""Bars on which everything that is registered must keep its contract, and the verdicts of the checks on them."""

from functools import lru_cache

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features import checks
from alphaplus.features.sets import FeatureSet

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
def judged(bars, compiled):
    """`judged(columns)(check)`: the faults that a check finds among columns, worked out when it is first asked for."""
    return lambda columns: verdicts_of(columns, bars, compiled)


def verdicts_of(columns, bars, compiled):
    everything = FeatureSet("every column", columns)
    full = checks.Trial.begin(everything, with_sides(bars, holes=False), cache_folder=compiled)
    holed = checks.Trial.begin(everything, with_sides(bars, holes=True), cache_folder=compiled)
    rows = holed.rows[:SHORT]

    def rng():
        return np.random.default_rng(7)

    verdicts = {
        "stream": lambda: checks.stream_faults(holed, rng()),
        "restore": lambda: checks.restore_faults(holed, rng()),
        "prefix": lambda: checks.prefix_faults(holed.compute, rows, columns, rng(), cuts=60),
        "poison": lambda: checks.poison_faults(holed.compute, rows, columns, rng(), cuts=12),
        "repeat": lambda: checks.repeat_faults(holed.compute, rows, columns),
        "repaint": lambda: checks.repaint_faults(holed.compute, rows, columns),
        "clock": lambda: checks.clock_faults(holed.compute, rows, columns, bars.timeframe, rng()),
        "canary": lambda: checks.canary_faults(columns, full.values, full.rows),
        "alien": lambda: checks.alien_faults(full.compute, full.rows, columns, rng()),
        "warmup": lambda: checks.warmup_faults(full),
        "memory": lambda: checks.memory_faults(full),
        "infinity": lambda: checks.infinity_faults(holed),
        "restart": lambda: checks.restart_faults(full, rng()),
        "short gap": lambda: checks.short_gap_faults(full, rng()),
    }
    return lru_cache(lambda name: verdicts[name]())
