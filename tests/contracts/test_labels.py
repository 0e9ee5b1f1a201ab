"""Every registered label: reads its span and nothing else, and says when its answer is not known."""

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.enums import Task
from alphaplus.datasets.labelling import MAX_GAP, LabelSpec, get_label, labels, make

HORIZONS = (1, 7, 24)
WARM = 40  # bars before which a label need not know its volatility or its side
PRICES = ("open", "high", "low", "close")
PARAMS = {"pattern_success": {"pattern": "cdlengulfing"}}  # a pattern that is often there, and soon compiled
SPARSE = {"pattern_success"}  # asked about some bars only


def walk(n, seed, gaps=()):
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, n)))
    opens = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0.0, 0.002, n))
    steps = np.ones(n, dtype=np.int64)
    for position, missing in gaps:
        steps[position] += missing
    table = pl.DataFrame(
        {
            "open_time": np.cumsum(steps) * Timeframe.H1.ms,
            "open": opens,
            "high": np.maximum(opens, close) * 1.002,
            "low": np.minimum(opens, close) * 0.998,
            "close": close,
            "volume": rng.uniform(1.0, 2.0, n),
        }
    )
    return BarFrame(Instrument("AAA"), Timeframe.H1, table)


def stilled(bars, rows):
    """The same bars with the price standing still in `rows`, at the close before them."""
    prices = np.column_stack([bars.column(name) for name in PRICES]).copy()
    prices[rows] = prices[rows[0] - 1, 3]
    return BarFrame(
        bars.instrument,
        bars.timeframe,
        bars.table.with_columns(**{name: prices[:, j] for j, name in enumerate(PRICES)}),
    )


def leapt(bars, rows, factor):
    """The same bars with all prices of `rows` a factor away."""
    prices = np.column_stack([bars.column(name) for name in PRICES]).copy()
    prices[rows] *= factor
    return BarFrame(
        bars.instrument,
        bars.timeframe,
        bars.table.with_columns(**{name: prices[:, j] for j, name in enumerate(PRICES)}),
    )


def poisoned(bars, rows, rng):
    """The same bars with wild prices in `rows`."""
    wild = np.exp(rng.normal(0.0, 1.0, (len(rows), 4)))
    prices = np.column_stack([bars.column(name) for name in PRICES]).copy()
    prices[rows] *= wild
    prices[:, 1], prices[:, 2] = prices.max(axis=1), prices.min(axis=1)
    columns = {name: prices[:, j] for j, name in enumerate(PRICES)}
    volume = bars.column("volume").copy()
    volume[rows] *= 100.0
    return BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(**columns, volume=volume))


@pytest.fixture(params=labels())
def name(request):
    return request.param


@pytest.mark.parametrize("horizon", HORIZONS)
def test_label_does_not_change_when_bars_after_its_span_do(name, horizon):
    bars, spec, rng = walk(300, 1), LabelSpec(name, horizon, PARAMS.get(name, {})), np.random.default_rng(2)
    whole = make(spec, bars)
    for t in rng.integers(0, 300 - horizon - 1, 25):
        changed = make(spec, poisoned(bars, np.arange(t + horizon + 1, 300), rng))
        assert np.array_equal(changed.y[: t + 1], whole.y[: t + 1], equal_nan=True)
        assert np.array_equal(changed.valid[: t + 1], whole.valid[: t + 1])


@pytest.mark.parametrize("horizon", HORIZONS)
def test_answer_does_not_change_when_bars_after_its_own_span_end_do(name, horizon):
    """Also where that is before the horizon is over."""
    bars, spec, rng = walk(300, 10), LabelSpec(name, horizon, PARAMS.get(name, {})), np.random.default_rng(11)
    whole = make(spec, bars)
    for t in rng.choice(np.flatnonzero(whole.valid), 25, replace=False):
        end = whole.span_end[t]
        changed = make(spec, poisoned(bars, np.arange(end + 1, 300), rng))
        assert (changed.y[t], changed.span_end[t], changed.outcome[t]) == (whole.y[t], end, whole.outcome[t])


@pytest.mark.parametrize("horizon", HORIZONS)
def test_last_known_is_the_newest_answer_that_was_known(name, horizon):
    bars = walk(200, 12, gaps=((60, MAX_GAP), (120, MAX_GAP + 1)))
    found = make(LabelSpec(name, horizon, PARAMS.get(name, {})), bars)
    for now in range(200):
        known = [t for t in range(200) if found.valid[t] and found.span_end[t] <= now]
        assert np.array_equal(found.last_known[now], found.y[known[-1]] if known else np.nan, equal_nan=True)


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("name", [name for name in labels() if not get_label(name).asks_past])
def test_label_does_not_change_when_bars_before_its_own_do(name, horizon):
    """But through what was known at its own close: the past is scaled, which leaves returns and so sigma alone."""
    bars, spec, rng = walk(300, 3), LabelSpec(name, horizon, PARAMS.get(name, {})), np.random.default_rng(4)
    whole = make(spec, bars)
    scaled = bars.table.with_columns(**{column: 7.0 * bars.table[column] for column in PRICES})
    again = make(spec, BarFrame(bars.instrument, bars.timeframe, scaled))
    assert np.array_equal(again.valid, whole.valid)
    assert np.allclose(again.y[whole.valid], whole.y[whole.valid], rtol=1e-9, atol=1e-9)
    for t in rng.integers(50, 290 - horizon, 25):
        volume = bars.column("volume").copy()
        volume[: t + 1] *= 50.0
        opens = bars.column("open").copy()
        opens[: t + 1] *= 0.999  # no label reads the opens up to its own bar
        changed = BarFrame(
            bars.instrument,
            bars.timeframe,
            bars.table.with_columns(open=opens, volume=volume, low=np.minimum(opens, bars.column("low"))),
        )
        assert make(spec, changed).y[t] == pytest.approx(whole.y[t], rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_label_changes_with_the_bars_in_its_span(name, horizon):
    bars, spec, rng = walk(300, 5), LabelSpec(name, horizon, PARAMS.get(name, {})), np.random.default_rng(6)
    whole = make(spec, bars)
    changes = 0
    for t in rng.choice(np.flatnonzero(whole.valid & (np.arange(300) >= WARM)), 25, replace=False):
        inside = np.arange(t + 1, t + horizon + 1)
        others = [poisoned(bars, inside[[0, -1]], rng), stilled(bars, inside)]
        others += [leapt(bars, inside, factor) for factor in (0.8, 1.25)]
        changes += any(make(spec, other).y[t] != whole.y[t] for other in others)
    assert changes >= 8


@pytest.mark.parametrize("horizon", HORIZONS)
def test_prefix_gives_the_same_labels_as_far_as_it_knows(name, horizon):
    bars, spec = walk(300, 7), LabelSpec(name, horizon, PARAMS.get(name, {}))
    whole = make(spec, bars)
    for cut in np.random.default_rng(8).integers(1, 300, 50):
        part = make(spec, bars.rows(0, int(cut)))
        known = max(int(cut) - horizon, 0)
        assert np.array_equal(part.y[:known], whole.y[:known], equal_nan=True)
        assert not part.valid[known:].any()


@pytest.mark.parametrize("horizon", HORIZONS)
def test_frame_keeps_its_promises(name, horizon):
    bars = walk(300, 9, gaps=((60, MAX_GAP), (120, MAX_GAP + 1), (200, 50)))
    found = make(LabelSpec(name, horizon, PARAMS.get(name, {})), bars)
    index = np.arange(300)
    assert len(found) == len(found.y) == len(found.span_end) == len(found.valid) == 300
    assert np.array_equal(np.isfinite(found.y), found.valid)
    assert np.array_equal(np.isfinite(found.outcome), found.valid)
    assert (found.span_end[found.valid] > index[found.valid]).all()
    assert (found.span_end[found.valid] - index[found.valid] <= horizon).all()
    warm = (index >= WARM) & ((index < 200) | (index >= 200 + WARM) | (not get_label(name).asks_past))
    inside = np.array([bars.missing_before[t + 1 : t + 1 + horizon].sum() for t in index])
    assert not found.valid[inside > MAX_GAP].any()
    assert name in SPARSE or found.valid[(inside <= MAX_GAP) & warm & (index < 300 - horizon)].all()
    if found.task is Task.REGRESSION:
        assert found.classes == ()
    else:
        assert set(found.y[found.valid]) <= set(found.classes)
        assert list(found.classes) == sorted(found.classes)
        assert len(found.classes) == (2 if found.task is Task.BINARY else 3)
