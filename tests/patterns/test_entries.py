"""Entry points are those that a slow reading of their rules finds, and they are told of while their trade is open."""

import math
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features, total_memory
from alphaplus.features.plan import FULL_BAR
from alphaplus.features.sets import MAX_GAP, FeatureSet
from alphaplus.market.resample import resample
from alphaplus.patterns.births import births_of
from alphaplus.patterns.contract import EVENT, SEEN, Life, patterns
from alphaplus.patterns.figures import FIGURES
from alphaplus.patterns.follow import follow

MONDAY = 1_514_764_800_000  # 2018-01-01
PLAIN = ("order_block_retest", "gap_fill", "structure_retest", "sweep_reversal", "figure_breakout")
ALIGNED = {"entry_with_h1": Timeframe.H1, "entry_with_h4": Timeframe.H4, "entry_with_d1": Timeframe.D1}
ENTRIES = (*PLAIN, *ALIGNED)
CAUSES = ("order_block", "fair_value_gap", "break_of_structure", "change_of_character", "liquidity_sweep")
COLUMNS = tuple(
    dict.fromkeys(
        [
            *("atr_14", "regime", "structure_trend", "h4_structure_trend", "d1_structure_trend"),
            *("swing_20_high", "swing_20_low"),
            *(f"{cause}_{part}" for cause in CAUSES for part in ("born", "grade", "bottom", "top", "level")),
            *(f"{figure}_{part}" for figure in FIGURES for part in ("broke", "strength", "target", "stop")),
            *(f"{name}_{part}" for name in ENTRIES for part in (*SEEN, *EVENT, "cause")),
        ]
    )
)


def walk_bars(count, *, seed, timeframe=Timeframe.H1):
    """A seeded random walk with wicks, and two long gaps."""
    rng = np.random.default_rng(seed)
    close = 1000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.004, count)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) + rng.exponential(2.0, count)
    low = np.minimum(open_, close) - rng.exponential(2.0, count)
    times = MONDAY + timeframe.ms * np.arange(count)
    table = {"open_time": times, "open": open_, "high": high, "low": low, "close": close, "volume": np.ones(count)}
    there = np.ones(count, bool)
    for start in (count // 3, 2 * count // 3):
        there[start : start + MAX_GAP + 30] = False
    return BarFrame(Instrument("WALK"), timeframe, pl.DataFrame(table).filter(there))


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def bars(request):
    """Hourly bars with long gaps."""
    return walk_bars(12_000, seed=3) if request.param == "walk" else request.getfixturevalue("btc_1h")


def births_in(values):
    """How many entries of each name there are, those that have any."""
    counts = {name: int(np.nansum(np.abs(values[f"{name}_born"]))) for name in ENTRIES if f"{name}_born" in values}
    return {name: count for name, count in counts.items() if count}


@pytest.fixture(scope="module")
def values(bars, columns_of):
    """What every column says of the bars, by name."""
    return columns_of(bars, COLUMNS)


def stretches(bars):
    """From where to where there are bars without a long gap."""
    starts = [0, *np.flatnonzero(bars.missing_before > MAX_GAP).tolist(), len(bars)]
    return list(pairwise(starts))


def trade_of(values, bars, row, way, *, stop, clearness):
    """Entry, stop, target and strength, or None where the trade is not worth taking."""
    close, atr = bars.column("close")[row], values["atr_14"][row]
    swing = values["swing_20_high" if way > 0 else "swing_20_low"][row]
    farthest = close + way * 3.0 * abs(close - stop)
    between = way * (swing - close) > 0 and way * (farthest - swing) > 0
    return weighed(
        values, row, way, close, stop=stop, target=swing if between else farthest, clearness=clearness, atr=atr
    )


def weighed(values, row, way, close, *, stop, target, clearness, atr):
    risk, reward = way * (close - stop), way * (target - close)
    if risk < 0.5 * atr or reward < risk or risk <= 0 or min(stop, target) <= 0:
        return None
    trend = values["structure_trend"][row]
    agrees = 0.5 if math.isnan(trend) or trend == 0 else float(way == trend)
    return {
        "row": row,
        "direction": way,
        "level": close,
        "stop": stop,
        "target": target,
        "grade": np.mean([clearness, min(reward / risk / 3.0, 1.0), agrees]),
    }


def zone_retests(values, bars, zone, *, by_close, half):
    """Retests of zones, of which the near edge, or `half` of them, must have been reached."""
    spec, found = patterns.get(zone), []
    for first, last in stretches(bars):
        alive, count = {1.0: [], -1.0: []}, {1.0: 0, -1.0: 0}
        for row in range(first, last):
            calls = {}
            for way, kept in alive.items():
                kept[:] = [one for one in kept if one["number"] > count[way] - spec.most]  # newer ones took their place
                called = [one for one in kept if is_retested(one, bars, row, by_close, half)]
                kept[:] = [one for one in kept if one["alive"] and row - one["born"] < spec.horizon]
                calls[way] = [one for one in called if one in kept]
            if bool(calls[1.0]) != bool(calls[-1.0]):
                way = 1.0 if calls[1.0] else -1.0
                best = max(calls[way], key=lambda one: (one["grade"], one["born"]))
                stop = best["far"] if way * (best["back"] - best["far"]) > 0 else best["back"]
                stop -= way * 0.25 * values["atr_14"][row]
                trade = trade_of(values, bars, row, way, stop=stop, clearness=best["grade"])
                if trade:
                    found.append(trade)
                    alive[way] = [one for one in alive[way] if one not in calls[way]]
            way = values[f"{zone}_born"][row]
            if way in alive:
                low, high, grade = (values[f"{zone}_{part}"][row] for part in ("bottom", "top", "grade"))
                near, far = (high, low) if way > 0 else (low, high)
                count[way] += 1
                one = {"way": way, "near": near, "far": far, "grade": grade, "born": row, "number": count[way]}
                alive[way].append({**one, "alive": True, "deep": False})
    return found


def is_retested(one, bars, row, by_close, half):
    """Let a bar happen to a zone and say whether it is a retest."""
    way, near, far, close = one["way"], one["near"], one["far"], bars.column("close")[row]
    one["back"] = back = bars.column("low" if way > 0 else "high")[row]
    one["alive"] = way * (close - far) >= 0 if by_close else way * (back - far) > 0
    asked = 0.5 * (near + far) if half else near
    one["deep"] |= way * (back - asked) <= 0
    return one["deep"] and way * (back - near) <= 0 and way * (close - near) > 0


def structure_retests(values, bars):
    """Retests of broken levels."""
    close, atr, found = bars.column("close"), values["atr_14"], []
    for first, last in stretches(bars):
        waiting = {}
        for row in range(first, last):
            calls = []
            for way, one in list(waiting.items()):
                back = bars.column("low" if way > 0 else "high")[row]
                if way * (close[row] - one["level"]) <= 0 or row - one["row"] > 24:
                    del waiting[way]
                elif way * (back - one["level"]) > 0.25 * atr[row]:
                    one["left"] = True
                elif one["left"]:
                    calls.append((way, one, back))
            if len(calls) == 1:
                ((way, one, back),) = calls
                behind = min(way * one["level"], way * back) * way
                stop = behind - way * 0.25 * atr[row]
                trade = trade_of(values, bars, row, way, stop=stop, clearness=one["grade"])
                if trade:
                    found.append({**trade, "cause": one["cause"]})
                    del waiting[way]
            for cause, kind in enumerate(("break_of_structure", "change_of_character")):
                way = values[f"{kind}_born"][row]
                if way in (1.0, -1.0):
                    level, grade = values[f"{kind}_level"][row], values[f"{kind}_grade"][row]
                    waiting[way] = {"row": row, "level": level, "grade": grade, "cause": cause, "left": False}
    return found


def sweep_reversals(values, bars):
    """Sweeps, each by itself."""
    found = []
    for row in np.flatnonzero(np.abs(values["liquidity_sweep_born"]) == 1.0).tolist():
        way = values["liquidity_sweep_born"][row]
        stop = bars.column("low" if way > 0 else "high")[row] - way * 0.25 * values["atr_14"][row]
        trade = trade_of(values, bars, row, way, stop=stop, clearness=values["liquidity_sweep_grade"][row])
        found += [trade] if trade else []
    return found


def figure_breakouts(values, bars):
    """Breakouts of figures, the strongest of each bar."""
    found = {}
    for cause, figure in enumerate(FIGURES):
        for row in np.flatnonzero(np.abs(values[f"{figure}_broke"]) == 1.0).tolist():
            way, clearness, target, stop = (
                values[f"{figure}_{part}"][row] for part in ("broke", "strength", "target", "stop")
            )
            close, atr = bars.column("close")[row], values["atr_14"][row]
            trade = weighed(values, row, way, close, stop=stop, target=target, clearness=clearness, atr=atr)
            if trade and trade["grade"] > found.get(row, {"grade": 0.0})["grade"]:
                found[row] = {**trade, "cause": cause}
    return [found[row] for row in sorted(found)]


ORACLES = {
    "order_block_retest": lambda values, bars: zone_retests(values, bars, "order_block", by_close=True, half=False),
    "gap_fill": lambda values, bars: zone_retests(values, bars, "fair_value_gap", by_close=False, half=True),
    "structure_retest": structure_retests,
    "sweep_reversal": sweep_reversals,
    "figure_breakout": figure_breakouts,
}


@pytest.mark.parametrize("name", PLAIN)
def test_entries_are_those_that_a_slow_scan_finds(name, values, bars):
    expected = ORACLES[name](values, bars)
    rows = np.flatnonzero(np.nan_to_num(values[f"{name}_born"]))
    assert len(rows) > 5
    assert rows.tolist() == [trade["row"] for trade in expected]
    assert values[f"{name}_born"][rows].tolist() == [trade["direction"] for trade in expected]
    assert values[f"{name}_cause"][rows].tolist() == [trade.get("cause", 0) for trade in expected]
    for part in ("level", "stop", "target", "grade"):
        assert values[f"{name}_{part}"][rows] == pytest.approx([trade[part] for trade in expected], rel=1e-9), part


@pytest.mark.parametrize("name", ENTRIES)
def test_a_trade_is_told_of_until_it_has_ended(name, values, bars):
    """What is told on every bar follows from the events alone: the newest one, unless it has ended."""
    births = births_of(patterns.get(name), values, bars)
    found = follow(patterns.get(name), births, bars, max_gap=MAX_GAP)
    expected, since = np.zeros(len(bars)), np.full(len(bars), np.nan)
    for place, row in enumerate(births.row.tolist()):
        end = len(bars) if found.ended[place] < 0 else int(found.ended[place])
        expected[row:], since[row:] = 0.0, np.nan
        expected[row:end] = births.direction[place]
        since[row:end] = np.arange(end - row)
    known = ~np.isnan(values[f"{name}_direction"])
    assert np.array_equal(values[f"{name}_direction"][known], expected[known])
    assert np.array_equal(values[f"{name}_age"], since, equal_nan=True)
    assert {"target", "stop"} <= set(found.outcome) or not len(births.row)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_is_a_trade_worth_taking(name, values, bars):
    births = births_of(patterns.get(name), values, bars)
    risk = births.direction * (births.level - births.stop)
    reward = births.direction * (births.target - births.level)
    assert (risk >= 0.5 * values["atr_14"][births.row] * (1 - 1e-12)).all()
    assert (reward >= risk).all()
    assert ((births.strength > 0.0) & (births.strength <= 1.0)).all()
    assert np.isin(births.cause, np.arange(len(patterns.get(name).causes))).all()
    assert np.array_equal(births.level, bars.column("close")[births.row])


def trend_of(bars, every):
    """The structure's trend on the bars of a higher timeframe, known on those bars from their close on."""
    higher = resample(bars, every, min_share=FULL_BAR)
    trend = compute_features(higher.bars, FeatureSet("trend", ("structure_trend",))).column("structure_trend")
    place = np.searchsorted(higher.known_at, bars.close_time, side="right") - 1
    length, offset = every.ms, every.offset_ms
    forming = (bars.open_time - offset) // length * length + offset
    last = higher.bars.open_time[np.maximum(place, 0)]
    known = (place >= 0) & ((forming - last) // length - 1 <= MAX_GAP)
    return np.where(known, trend[np.maximum(place, 0)], np.nan)


@pytest.mark.parametrize("name", ["entry_with_h4", "entry_with_d1"])
def test_aligned_entries_are_the_plain_ones_that_go_with_the_higher_trend(name, values, bars):
    trend = trend_of(bars, ALIGNED[name])
    expected = np.full((len(bars), 5), np.nan)
    for cause, trigger in enumerate(PLAIN):
        born, grade = values[f"{trigger}_born"], values[f"{trigger}_grade"]
        takes = (born != 0) & (born == trend) & ~(grade <= expected[:, 1])
        told = [born, grade, values[f"{trigger}_target"], values[f"{trigger}_stop"], np.full(len(bars), float(cause))]
        expected[takes] = np.column_stack(told)[takes]
    rows = np.flatnonzero(~np.isnan(expected[:, 0]))
    assert np.flatnonzero(np.nan_to_num(values[f"{name}_born"])).tolist() == rows.tolist()
    assert len(rows) > 20
    got = np.column_stack([values[f"{name}_{part}"] for part in ("born", "grade", "target", "stop", "cause")])
    assert np.array_equal(got[rows], expected[rows])


def test_a_timeframe_is_its_own_where_the_bars_are_of_it(values):
    own = [values[f"{trigger}_born"] * values["structure_trend"] > 0 for trigger in PLAIN]
    assert np.array_equal(np.nan_to_num(values["entry_with_h1_born"]) != 0, np.any(own, axis=0))


@pytest.mark.parametrize(
    ("timeframe", "there"), [(Timeframe.D1, ["entry_with_d1"]), pytest.param(Timeframe.W1, [], marks=pytest.mark.slow)]
)
def test_an_aligned_entry_needs_a_timeframe_that_its_bars_build(timeframe, there):
    bars = walk_bars(2_000, seed=4, timeframe=timeframe)
    frame = compute_features(bars, FeatureSet("aligned", tuple(f"{name}_born" for name in ALIGNED)))
    assert list(births_in({name: frame.column(name) for name in frame.columns})) == there


def test_the_list_of_figures_is_that_of_the_catalog():
    assert sorted(FIGURES) == sorted(name for name, spec in patterns if spec.kind == "figures")
    assert patterns.get("figure_breakout").causes == FIGURES


def test_every_entry_point_may_be_a_trigger():
    assert {name for name, spec in patterns if spec.kind == "entries"} == set(ENTRIES)
    assert patterns.get("entry_with_h4").causes == PLAIN
    assert all(patterns.get(name).life is Life.TRADE for name in ENTRIES)


@pytest.mark.parametrize("name", ALIGNED)
def test_an_aligned_entry_remembers_as_long_as_the_structure_of_its_timeframe(name):
    hours = ALIGNED[name].ms // Timeframe.H1.ms
    assert features.get(f"{name}_born").memory_hours == hours * total_memory("structure_trend")


def shaped(close, *, wick=0.0):
    """Hourly bars with these closes."""
    close = np.asarray(close, dtype=float)
    open_ = np.concatenate([close[:1], close[:-1]])
    table = {
        "open_time": MONDAY + Timeframe.H1.ms * np.arange(len(close)),
        "open": open_,
        "high": np.maximum(open_, close) + wick,
        "low": np.minimum(open_, close) - wick,
        "close": close,
        "volume": np.ones(len(close)),
    }
    return BarFrame(Instrument("SHAPED"), Timeframe.H1, pl.DataFrame(table))


@pytest.mark.parametrize(
    "bars",
    [shaped(np.full(500, 100.0)), shaped(np.linspace(100.0, 200.0, 500)), shaped([100.0, 101.0, 99.0])],
    ids=["flat prices", "a straight line", "fewer bars than any pattern needs"],
)
def test_nothing_is_entered_where_nothing_happens(bars, columns_of):
    assert births_in(columns_of(bars, COLUMNS)) == {}


def test_extreme_spikes_give_no_entry_whose_target_or_stop_is_no_price(columns_of):
    rng = np.random.default_rng(8)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 3_000)))
    close[rng.random(3_000) > 0.97] *= 40.0
    values = columns_of(shaped(close, wick=0.001), COLUMNS)
    assert births_in(values)
    for name in ENTRIES:
        assert not (values[f"{name}_target"] <= 0.0).any()
        assert not (values[f"{name}_stop"] <= 0.0).any()


def test_a_long_gap_ends_every_trade(bars, values):
    after = np.flatnonzero(bars.missing_before > MAX_GAP)
    open_before = 0
    for name in ENTRIES:
        direction = np.nan_to_num(values[f"{name}_direction"])
        assert (direction[after] == 0.0).all()
        open_before += np.count_nonzero(direction[after - 1])
    assert open_before
