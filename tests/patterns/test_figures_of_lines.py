"""Figures between two lines against an oracle that draws the lines anew, from turning points alone.

It is written from the docstrings, in plain Python on positions of bars, and shares no number with the steps.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
import pytest
from drawing import CALM, frame, legs

from alphaplus.core.bars import BarFrame
from alphaplus.features.sets import MAX_GAP
from alphaplus.patterns.births import births_of
from alphaplus.patterns.contract import patterns

LARGE = (
    *("ascending_triangle", "descending_triangle", "symmetric_triangle", "rectangle"),
    *("rising_wedge", "falling_wedge", "ascending_channel", "descending_channel"),
)
SMALL = ("bull_flag", "bear_flag", "bull_pennant", "bear_pennant")
NAMES = (*LARGE, *SMALL)
SCALES = ("medium", "fine")
BARS = 60_000


@dataclass(frozen=True)
class Line:
    """Through two points (bar, price)."""

    first: tuple[float, float]
    last: tuple[float, float]

    def at(self, bar):
        (x, y), (u, v) = self.first, self.last
        return y + (v - y) * (bar - x) / (u - x)

    @property
    def slope(self):
        return self.at(1.0) - self.at(0.0)


@dataclass(frozen=True)
class Found:
    """What the oracle says of one figure."""

    row: int
    direction: int
    strength: float
    height: float
    risk: float
    upper: Line
    lower: Line
    low: float
    high: float
    horizon: int

    @property
    def level(self):
        return self.upper if self.direction > 0 else self.lower

    @property
    def other(self):
        return self.lower if self.direction > 0 else self.upper

    def told(self):
        """Level, target and stop as of the bar on which it becomes known, then the rest."""
        level = self.level.at(self.row)
        target, stop = level + self.direction * self.height, level - self.direction * self.risk
        points = (*self.upper.first, *self.upper.last, *self.lower.first, *self.lower.last)
        return self.direction, self.strength, self.low, self.high, level, target, stop, *points

    def breaks(self, close, following):
        """The bar that closes beyond the level, or None; `following` is where the next figure takes its place."""
        for bar in range(self.row + 1, min(self.row + self.horizon + 1, following, len(close))):
            if self.direction * (close[bar] - self.level.at(bar)) > 0:
                return bar
            met = self.upper.at(bar) <= self.lower.at(bar)
            if met or self.direction * (close[bar] - self.other.at(bar)) < 0:
                return None
        return None


def way(line, start, end, base):
    """Which way a line goes between two bars: up, down, or flat for a change of a quarter of the base."""
    change = (line.at(end) - line.at(start)) / base
    return "flat" if abs(change) <= 0.25 else "up" if change > 0 else "down"


def way_in(older, low, high):
    """+1 where the newest of the points beyond the touches is below them, -1 where it is above, else 0."""
    beyond = [price for _, price in older if not low <= price <= high]
    return 0 if not beyond else 1 if beyond[0] < low else -1


def figure(row, close, turn, turns, scale, atr):
    """Name and figure that the touches on a bar make, or None; `turns` are (bar, price), the newest first."""
    count = 5 if scale == "medium" else 4
    touches, older = turns[:count], turns[count : count + 3]
    if len(touches) < count:
        return None
    same, opposite = touches[::2], touches[1::2]
    mine, theirs = Line(same[-1], same[0]), Line(opposite[-1], opposite[0])
    upper, lower = (mine, theirs) if turn > 0 else (theirs, mine)
    start, end = touches[-1][0], touches[0][0]
    base = upper.at(start) - lower.at(start)
    if base <= 0 or not lower.at(row) < close < upper.at(row):
        return None
    ratio = (upper.at(end) - lower.at(end)) / base
    shape = "closing" if ratio <= 2 / 3 else "parallel" if ratio <= 1.5 else "parting"
    ways = way(upper, start, end, base), way(lower, start, end, base)
    prices = [price for _, price in touches]
    low, high = min(prices), max(prices)
    lines = {"upper": upper, "lower": lower, "low": low, "high": high}
    if scale == "medium":
        off = abs(same[1][1] - mine.at(same[1][0])) / base
        if off > 0.25:
            return None
        name, direction = large(shape, ways, way_in(older, low, high))
        strength, height, risk, horizon = 1 - off / 0.25, base, base / 2, 100
    else:
        if not older:
            return None
        pole = touches[-1][1] - older[0][1]
        bars = touches[-1][0] - older[0][0]
        back = (touches[-1][1] - low) / pole if pole > 0 else (touches[-1][1] - high) / pole
        if abs(pole) / bars < 0.5 * atr or back > 0.6:
            return None
        name, direction = small(shape, ways, 1 if pole > 0 else -1)
        strength, height, risk, horizon = 1 - back / 0.6, abs(pole), base, 50
    if not direction:
        return None
    return name, Found(row, direction, max(strength, 0.01), height, risk, horizon=horizon, **lines)


def large(shape, ways, came):
    names = {
        ("closing", ("flat", "up")): ("ascending_triangle", 1),
        ("closing", ("down", "flat")): ("descending_triangle", -1),
        ("closing", ("down", "up")): ("symmetric_triangle", came),
        ("closing", ("up", "up")): ("rising_wedge", -1),
        ("closing", ("down", "down")): ("falling_wedge", 1),
        ("parallel", ("flat", "flat")): ("rectangle", came),
        ("parallel", ("up", "up")): ("ascending_channel", -1),
        ("parallel", ("down", "down")): ("descending_channel", 1),
    }
    return names.get((shape, ways), (None, 0))


def small(shape, ways, direction):
    kind = "bull" if direction > 0 else "bear"
    back = "down" if direction > 0 else "up"
    if shape == "parallel" and set(ways) <= {"flat", back}:
        return f"{kind}_flag", direction
    if shape == "closing" and ways[0] != "up" and ways[1] != "down":
        return f"{kind}_pennant", direction
    return None, 0


def judge(columns, close):
    """All figures by name, in the order of their bars."""
    found = {name: [] for name in NAMES}
    for scale in SCALES:
        turn = columns[f"zigzag_{scale}_turn"]
        points = [(columns[f"zigzag_{scale}_bars_{i}"], columns[f"zigzag_{scale}_price_{i}"]) for i in range(1, 9)]
        for row in np.flatnonzero(np.nan_to_num(turn)).tolist():
            turns = [(row - bars[row], prices[row]) for bars, prices in points if not np.isnan(bars[row])]
            made = figure(row, close[row], turn[row], turns, scale, columns["atr_14"][row])
            if made:
                found[made[0]].append(made[1])
    return found


def walk():
    """A seeded random walk whose speed changes, without ties."""
    rng = np.random.default_rng(11)
    speed = 0.004 * np.exp(0.6 * np.sin(np.arange(BARS) / 300.0))
    close = 1000.0 * np.exp(np.cumsum(rng.normal(0.0, 1.0, BARS) * speed))
    open_ = np.concatenate([close[:1], close[:-1]])
    wick = close * speed * 0.5
    high = np.maximum(open_, close) + rng.exponential(1.0, BARS) * wick
    low = np.minimum(open_, close) - rng.exponential(1.0, BARS) * wick
    return frame(open_, high, low, close)


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def both(request, columns_of):
    """Births of the columns and figures of the oracle, by name, on the same bars; and the closes."""
    bars = walk() if request.param == "walk" else request.getfixturevalue("btc_1h")
    specs = [patterns.get(name) for name in NAMES]
    inputs = [f"zigzag_{scale}_turn" for scale in SCALES]
    inputs += [f"zigzag_{s}_{part}_{i}" for s in SCALES for part in ("bars", "price") for i in range(1, 9)]
    told = [column for spec in specs for column in (*spec.event_columns, f"{spec.name}_age")]
    columns = columns_of(bars, [*inputs, *told, "atr_14", "regime"])
    close = bars.column("close")
    return {spec.name: births_of(spec, columns, bars) for spec in specs}, judge(columns, close), close


@pytest.mark.parametrize("name", NAMES)
def test_births_are_those_of_the_oracle(both, name):
    births, found, _ = both[0][name], both[1][name], both[2]
    assert births.row.tolist() == [figure.row for figure in found]
    assert len(found) > 0
    ours = np.column_stack([births.direction, births.strength, births.low, births.high])
    geometry = np.empty((len(found), 8))
    geometry[:, 0::2], geometry[:, 1::2] = births.row[:, None] - births.point_bars, births.point_prices
    told = np.column_stack([ours, births.level, births.target, births.stop, geometry])
    np.testing.assert_allclose(told, [figure.told() for figure in found], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_breakouts_are_those_of_the_oracle(both, name):
    births, found, close = both[0][name], both[1][name], both[2]
    following = [figure.row for figure in found[1:]] + [len(close)]
    expected = []
    for figure, stop in zip(found, following, strict=True):
        bar = figure.breaks(close, stop)
        if bar is not None:
            level, way = figure.level.at(bar), figure.direction
            expected.append((bar, level + way * figure.height, level - way * figure.risk))
    broke = list(zip(births.broke_row.tolist(), births.broke_target, births.broke_stop, strict=True))
    assert [row for row, *_ in broke] == [row for row, *_ in expected]
    np.testing.assert_allclose(broke, expected, rtol=1e-9)


def test_the_shapes_of_lines_exclude_each_other(both):
    large = [figure.row for name in LARGE for figure in both[1][name]]
    assert len(large) == len(set(large))


# What no chart shows, or should not.
TRIANGLE = legs(118, 124, 108, 124, 113, 124, 118)
AT = CALM + 105  # where it becomes known


@pytest.fixture
def events(detect):
    """`events(bars)`: all events of figures between lines."""
    return partial(detect, wanted=[patterns.get(name) for name in NAMES])


def spiked(bars, *, factor):
    """The bars with one high that is `factor` times as high, inside the triangle."""
    prices = {name: bars.column(name).copy() for name in ("open", "high", "low", "close")}
    prices["high"][CALM + 50] *= factor
    return frame(*prices.values())


def test_flat_prices_and_equal_highs_make_no_figure(events):
    flat = np.full(1_000, 100.0)
    assert events(frame(flat, flat, flat, flat)).is_empty()
    closes = 100.0 + np.arange(4_000) % 2
    opens = 201.0 - closes
    assert events(frame(opens, np.full(4_000, 101.0), np.full(4_000, 100.0), closes)).is_empty()


def test_fewer_bars_than_a_figure_needs_make_none(events):
    assert events(TRIANGLE.rows(0, AT)).filter(pattern="ascending_triangle").is_empty()
    assert len(events(TRIANGLE.rows(0, AT + 1)).filter(pattern="ascending_triangle")) == 1


@pytest.mark.parametrize(("missing", "count"), [(MAX_GAP, 1), (MAX_GAP + 1, 0)], ids=["short", "long"])
def test_a_long_gap_inside_a_figure_undoes_it(missing, count, events):
    late = pl.when(pl.int_range(pl.len()) >= CALM + 60).then(missing * TRIANGLE.timeframe.ms).otherwise(0)
    table = TRIANGLE.table.with_columns(pl.col("open_time") + late)
    bars = BarFrame(TRIANGLE.instrument, TRIANGLE.timeframe, table)
    assert len(events(bars).filter(pattern="ascending_triangle")) == count


@pytest.mark.parametrize("factor", [10.0, 1e6])
def test_an_absurd_high_hides_the_figure_and_tells_nothing_infinite(factor, events):
    found = events(spiked(TRIANGLE, factor=factor))
    assert found.filter(pattern="ascending_triangle").is_empty()
    numbers = found.select("strength", "low", "high", "level", "target", "stop").to_numpy()
    assert np.isfinite(numbers).all()
