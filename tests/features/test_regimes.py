"""Regimes by rules: against the rules written another way, on a walk and on recorded bars."""

import numpy as np
import pandas as pd
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.enums import Bias, Trend, Volatility
from alphaplus.core.errors import UnknownName
from alphaplus.core.records import RegimeState
from alphaplus.features import checks
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features, total_memory, total_warmup
from alphaplus.features.regimes import regime_state, regime_states
from alphaplus.features.sets import FeatureSet

PERCENTILES = {"volatility_percentile": "realised_volatility_20", "bollinger_width_percentile": "bollinger_width"}
STATES = {"regime": 4, "market_regime": 3, "volatility_regime": 3}
LEANS = ("ema_gap_to_atr", "trend_strength")
COVERED = frozenset((*PERCENTILES, *STATES, "bars_in_regime", *LEANS))
NEEDED = ("adx_14", "ema_50", "ema_200", "atr_14", *PERCENTILES.values())
COLUMNS = FeatureSet("regimes", (*PERCENTILES, *STATES, "bars_in_regime", *LEANS, *NEEDED))
STAY, LONGEST = 6, 100


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def bars(request, walk):
    return walk(6_000, seed=3) if request.param == "walk" else request.getfixturevalue("btc_1h").rows(0, 20_000)


@pytest.fixture(scope="module")
def computed(bars):
    return compute_features(bars, COLUMNS)


def hourly_samples(bars, values):
    """Hour of each bar's close, and the value sampled in each hour: that of the first bar that reached its end."""
    hour = bars.close_time // Timeframe.H1.ms
    known = ~np.isnan(values)
    if bars.close_time[known][0] % Timeframe.H1.ms:
        known &= hour > hour[known][0]
    table = pd.DataFrame({"hour": hour[known], "value": values[known], "place": np.flatnonzero(known)})
    return table.groupby("hour").first()


def ranked(bars, values, place, window):
    """Share of smaller ones among the last `window` samples before a bar."""
    samples = hourly_samples(bars, values)
    past = samples.value[samples.place < place].tail(window)
    return (past.astype(np.float32) < np.float32(values[place])).mean()  # with the digits that are kept


def judge_percentiles(bars, window, *, places, first):
    got = compute_features(bars, (*PERCENTILES, *PERCENTILES.values()))
    for percentile, of in PERCENTILES.items():
        values, ranks = got.column(of), got.column(percentile)
        known = np.flatnonzero(~np.isnan(ranks))
        assert known[0] == np.flatnonzero(~np.isnan(values))[0] + first
        for place in np.random.default_rng(1).choice(known, places):
            assert ranks[place] == pytest.approx(ranked(bars, values, place, window), rel=1e-12, abs=1e-12)


def test_a_percentile_is_the_share_of_smaller_hourly_values_of_the_last_month(bars):
    judge_percentiles(bars, 720, places=300, first=100)


@pytest.mark.parametrize(
    ("timeframe", "count", "window", "first"),
    [("15m", 4_000, 720, 400), ("4h", 1_000, 180, 100), ("6h", 600, 120, 100), ("1d", 500, 100, 100)],
)
def test_a_percentile_samples_hours_or_longer_bars(walk, timeframe, count, window, first):
    judge_percentiles(walk(count, timeframe=Timeframe.parse(timeframe)), window, places=200, first=first)


def test_a_percentile_samples_the_bar_after_a_missing_last_one_of_an_hour(walk):
    whole = walk(4_003, timeframe=Timeframe.M15).rows(3, 4_003)
    keep = np.setdiff1d(np.arange(4_000), np.random.default_rng(2).choice(4_000, 300))
    lacking = BarFrame(whole.instrument, whole.timeframe, whole.table[keep.tolist()])
    judge_percentiles(lacking, 720, places=200, first=400)


def test_a_long_gap_keeps_the_samples_and_none_is_taken_in_it(walk):
    whole = walk(3_000)
    lacking = BarFrame(whole.instrument, whole.timeframe, whole.table[[*range(1_000), *range(2_000, 3_000)]])
    got = compute_features(lacking, (*PERCENTILES, *PERCENTILES.values(), "regime", "adx_14"))
    for percentile, of in PERCENTILES.items():
        values, ranks = got.column(of), got.column(percentile)
        assert np.isnan(values[1_000])
        assert np.array_equal(np.isnan(ranks[200:]), np.isnan(values[200:]))
        for place in range(1_021, 1_900, 50):
            assert ranks[place] == pytest.approx(ranked(lacking, values, place, 720), rel=1e-12)
    regime, adx = got.column("regime"), got.column("adx_14")
    assert np.isnan(regime[1_000:1_020]).all()
    assert np.array_equal(np.isnan(regime[1_000:]), np.isnan(adx[1_000:]))


def test_a_market_that_never_moved_reads_zero(flat):
    got = compute_features(flat(900), COLUMNS)
    assert set(got.column("volatility_percentile")[200:]) == {0.0}
    assert set(got.column("regime")[200:]) == {list(Trend).index(Trend.CONSOLIDATION)}
    assert set(got.column("market_regime")[250:]) == {0.0}
    assert set(got.column("volatility_regime")[200:]) == {0.0}
    assert set(got.column("trend_strength")[250:]) == {0.0}


def settled(wish, count):
    """States from wishes: `wish(t, present)` is what bar t asks for; a change is granted after six bars."""
    states, begun = [], 0
    for t in range(count):
        asked = wish(t, states[-1] if states else None)
        if states and asked != states[-1] and t - begun >= STAY:
            begun = t
        elif states:
            asked = states[-1]
        states.append(asked)
    return np.array(states)


def wishes(frame):
    """What every column asks for, as functions of a place among the known rows and the present state."""
    adx, volatility, width = (frame.column(name) for name in ("adx_14", *PERCENTILES))
    gap = (frame.column("ema_50") - frame.column("ema_200")) / frame.column("atr_14")

    def trend(t, present):
        if adx[t] >= (20 if present == 0 else 25):
            return 0
        if volatility[t] >= (0.7 if present == 2 else 0.8):
            return 2
        return 3 if width[t] <= 0.2 else 1

    def bias(t, present):
        if abs(gap[t]) > 0.25:
            return np.sign(gap[t])
        return present if present and np.sign(gap[t]) == present and abs(gap[t]) >= 0.125 else 0

    def level(t, present):
        upper, lower = (0.6 if present == 2 else 0.67), (0.4 if present == 0 else 0.33)
        return 2 if volatility[t] >= upper else 0 if volatility[t] <= lower else 1

    return {"regime": trend, "market_regime": bias, "volatility_regime": level}


def stretches(states):
    """First and last place of every stretch of known values."""
    known = np.concatenate([[False], ~np.isnan(states), [False]])
    edges = np.flatnonzero(known[1:] != known[:-1])
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize("column", list(STATES))
def test_a_regime_follows_its_rule(computed, column):
    states, wish = computed.column(column), wishes(computed)[column]
    assert stretches(states)
    for start, stop in stretches(states):
        expected = settled(lambda t, present, start=start: wish(start + t, present), stop - start)
        np.testing.assert_array_equal(states[start:stop], expected)


@pytest.mark.parametrize(("column", "count"), list(STATES.items()))
def test_every_regime_occurs_and_lasts_six_bars(computed, column, count):
    states = computed.column(column)
    assert len(np.unique(states[~np.isnan(states)])) == count
    for start, stop in stretches(states):
        changes = np.flatnonzero(np.diff(states[start:stop]) != 0)
        assert np.diff(np.concatenate([[-1], changes])).min(initial=STAY) >= STAY


def test_bars_in_regime_count_up_to_a_hundred(computed):
    states, ages = computed.column("regime"), computed.column("bars_in_regime")
    for start, stop in stretches(states):
        part = pd.Series(states[start:stop])
        counted = part.groupby((part != part.shift()).cumsum()).cumcount() + 1
        np.testing.assert_array_equal(ages[start:stop], np.minimum(counted, LONGEST))


def test_the_strength_of_a_trend_is_its_distance_over_itself_and_two(computed):
    gap = (computed.column("ema_50") - computed.column("ema_200")) / computed.column("atr_14")
    np.testing.assert_allclose(computed.column("ema_gap_to_atr"), gap, rtol=1e-9)
    np.testing.assert_allclose(computed.column("trend_strength"), 1 - 2 / (np.abs(gap) + 2), rtol=1e-9, atol=1e-12)


def test_a_steady_trend_is_stronger_than_a_walk_and_reads_its_direction(computed, frame):
    for sign, word in ((1, 1.0), (-1, -1.0)):
        close = 100 * np.exp(sign * 0.002 * np.arange(1_000))
        bars = frame({"open": close, "high": close * 1.001, "low": close * 0.999, "close": close, "volume": close})
        got = compute_features(bars, COLUMNS)
        assert set(got.column("market_regime")[250:]) == {word}
        assert set(got.column("regime")[250:]) == {0.0}
        assert got.column("trend_strength")[-1] > 0.8 > np.nanmedian(computed.column("trend_strength"))


@pytest.mark.parametrize("column", [*STATES, "bars_in_regime"])
def test_wherever_a_run_starts_it_meets_the_whole_one_within_the_declared_memory(bars, computed, column):
    """Hysteresis has no strict bound on its memory: twenty starts, each wherever it falls."""
    memory, columns = total_memory(column), FeatureSet("one", (column,))
    warmup = total_warmup(column)
    for start in np.random.default_rng(4).integers(0, len(bars) - memory - 400, 20).tolist():
        stop = start + memory + 400
        late = compute_features(bars.rows(start, stop), columns).values[memory + warmup :, 0]
        np.testing.assert_array_equal(late, computed.column(column)[start + memory + warmup : stop])


def test_live_bars_and_restarts_give_the_regimes_of_history(bars):
    trial = checks.Trial.begin(COLUMNS, bars.rows(0, 4_000))
    assert checks.stream_faults(trial, np.random.default_rng(5)) == {}
    assert checks.restore_faults(trial, np.random.default_rng(6)) == {}
    assert checks.prefix_faults(trial.compute, trial.rows, COLUMNS.columns, np.random.default_rng(7)) == {}


def test_codes_are_places_in_the_vocabulary():
    assert list(features.get("regime").words["regime"].items()) == list(enumerate(Trend))
    assert list(features.get("volatility_regime").words["volatility_regime"].items()) == list(enumerate(Volatility))
    assert set(features.get("market_regime").words["market_regime"].values()) == set(Bias)


def test_a_row_becomes_a_record_of_words(computed):
    codes = {"regime": 2.0, "market_regime": -1.0, "volatility_regime": 2.0}
    row, columns = np.array([0.5, *codes.values()]), ("rsi_14", *codes)
    assert regime_state(row, columns) == RegimeState(Trend.VOLATILE, Bias.BEAR, Volatility.HIGH)
    row[2] = np.nan
    assert regime_state(row, columns) is None
    with pytest.raises(UnknownName, match="market_regime"):
        regime_state(row[:2], columns[:2])
    states = regime_states(computed)
    assert len(states) == len(computed)
    assert states[0] is None
    known = [state for state in states if state is not None]
    assert {state.trend for state in known} == set(Trend)
    assert {state.bias for state in known} == set(Bias)
    assert {state.volatility for state in known} == set(Volatility)
