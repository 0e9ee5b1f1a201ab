"""What tests of patterns share: the drawings, and the markets on which detectors are held against plain scans."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.contract import features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet
from alphaplus.market.read import read_bars
from alphaplus.patterns import events
from alphaplus.patterns.contract import KINDS, PIVOTS

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # the gallery is read by tests and by the documentation alike

NOW = 1_767_225_600_000
EVERY = tuple(column for column, spec in features if spec.group in (*KINDS, PIVOTS))  # as tests/contracts has them
ROWS = 4_096
REAL = {
    "BTCUSDT": "ohlcv/binance_spot_1h/BTCUSDT-1h-201708-202210.csv.gz",
    "LTCUSDT": "ohlcv/binance_spot_1h/LTCUSDT-1h-202210-202504.csv.gz",
}


@pytest.fixture(scope="session")
def cases():
    """All cases of the gallery."""
    import gallery

    return gallery.CASES


def walk(*, bars: int = 12_000, seed: int = 3) -> BarFrame:
    """A random walk on prices of eighths, so that ties are many and mirrored prices exact, with flat stretches."""
    from drawing import frame

    rng = np.random.default_rng(seed)
    moves = rng.normal(0, 0.6, bars) * (np.arange(bars) % 700 < 640)
    close = np.round(8.0 * (300.0 + np.cumsum(moves))) / 8.0
    open_ = np.concatenate([close[:1], close[:-1]])
    wicks = np.round(8.0 * rng.exponential(0.4, (2, bars)) * (moves != 0.0)) / 8.0
    return frame(open_, np.maximum(open_, close) + wicks[0], np.minimum(open_, close) - wicks[1], close)


@pytest.fixture(scope="module", params=["walk", *(pytest.param(name, marks=pytest.mark.real_data) for name in REAL)])
def market(request) -> BarFrame:
    """Hourly bars: a walk, and two recorded series with the gaps that they have."""
    if request.param == "walk":
        return walk()
    path = request.getfixturevalue("data_folder") / REAL[request.param]
    return read_bars([path], symbol=request.param, timeframe=Timeframe.H1, now=NOW)


@pytest.fixture(scope="session")
def detect(compiled):
    """`detect(bars, wanted, since=)`: events, found by the code of all patterns that the tests of a run share."""
    return partial(events.detect, cache_folder=compiled)


@pytest.fixture(scope="session")
def columns_of(compiled):
    """`columns_of(bars, names)`: columns (n,) by name, those of patterns out of the set of them all."""

    def of_set(bars, columns, wanted):
        engine = FeatureEngine(FeatureSet("tested", columns), bars.instrument, bars.timeframe, cache_folder=compiled)
        rows, places = bars.matrix(engine.inputs), [columns.index(name) for name in wanted]
        parts = [engine.compute(rows[start : start + ROWS])[:, places] for start in range(0, len(rows), ROWS)]
        return dict(zip(wanted, np.concatenate(parts).T, strict=True))

    def columns_by_name(bars: BarFrame, names) -> dict[str, np.ndarray]:
        drawn, others = ([name for name in names if (name in EVERY) is of_them] for of_them in (True, False))
        found = of_set(bars, EVERY, drawn) if drawn else {}
        found |= of_set(bars, tuple(others), others) if others else {}
        return {name: found[name] for name in names}

    return columns_by_name
