"""The triple barrier: against a plain scan, a closed form, and a market on which no trade can win or lose."""

import numpy as np
import pytest

from alphaplus.core.bars import SIMULATED_VENUE, Instrument
from alphaplus.core.errors import ConfigError, DataError
from alphaplus.datasets.barriers import barrier_trades
from alphaplus.datasets.labelling import MAX_GAP, make_labels
from alphaplus.datasets.volatility import LEAST, ewma_volatility
from alphaplus.patterns.touch import EXPIRED, STOP, TARGET

SHIFT = 0.5826  # -zeta(1/2) / sqrt(2 pi)
SIGMA = 0.01


def prints(n, *, drift=0.0, seed=0):
    """Prices of one print a bar: a walk that is seen only at its closes."""
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(drift, SIGMA, n)))
    return np.repeat(close[:, None], 4, axis=1)


def after_a_hundred(*rows):
    """Prices of a hundred bars and one with a sigma of 1 %, the last at 100, and then these rows (open, high, ...)."""
    close = 100.0 * np.exp(SIGMA * (np.arange(101) % 2))
    return np.vstack([np.repeat(close[:, None], 4, axis=1), np.array(rows)])


def scanned(bars, t, side, *, target, stop, horizon):
    """What becomes of the trade of bar t, bar by bar; gives the code, its end and the gross return."""
    rows = bars.table.to_dicts()
    sigma = ewma_volatility(bars)[t]
    entry = rows[t + 1]["open"]
    up, down = entry * np.exp(target * sigma), entry * np.exp(-stop * sigma)
    if side < 0:
        up, down = entry * np.exp(stop * sigma), entry * np.exp(-target * sigma)
    names = {"up": TARGET, "down": STOP} if side > 0 else {"up": STOP, "down": TARGET}
    for j in range(t + 1, t + horizon + 1):
        bar = rows[j]
        hit = [where for where in ("up", "down") if (bar["high"] >= up if where == "up" else bar["low"] <= down)]
        if hit:
            code = STOP if len(hit) == 2 else names[hit[0]]
            level = up if names["up"] == code else down
            beyond = bar["open"] > level if names["up"] == code else bar["open"] < level
            return code, j, side * ((bar["open"] if beyond else level) / entry - 1.0)
    return EXPIRED, t + horizon, side * (rows[t + horizon]["close"] / entry - 1.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize(("target", "stop"), [(2.0, 1.0), (1.0, 3.0), (4.0, 2.0)])
def test_agrees_with_a_plain_scan(make_bars, side, target, stop):
    bars = make_bars(300, seed=5, missing=[60, 61, 100, 101, 102, 103, 104, 200])
    found = barrier_trades(bars, np.full(300, side), target=target, stop=stop, horizon=5, cost_bps=0.0)
    missing, seen = bars.missing_before, set()
    for t in range(LEAST, 295):
        if missing[t + 1 : t + 6].max() > MAX_GAP:
            continue
        code, end, gross = scanned(bars, t, side, target=target, stop=stop, horizon=5)
        assert (found.code[t], found.end[t]) == (code, end)
        assert found.gross[t] == pytest.approx(gross, abs=1e-14)
        seen.add(code)
    assert seen == {TARGET, STOP, EXPIRED}


@pytest.mark.parametrize("name", ["profitable", "entry_point", "meta"])
def test_labels_agree_with_a_plain_scan(make_bars, name):
    """With the cost of the instrument, 10 + 2 basis points a side, on both notionals."""
    from alphaplus.features.compute import compute_features

    bars = make_bars(300, seed=6, missing=[60, 61, 100, 101, 102, 103, 104, 200])
    found = make_labels(bars, name, horizon=12)
    rule = compute_features(bars, ["macd_histogram"]).values[:, 0]
    assert found.valid.sum() > 200
    for t in np.flatnonzero(found.valid):
        ends = {}
        for side in (1.0, -1.0):
            code, end, gross = scanned(bars, t, side, target=4.0, stop=2.0, horizon=12)
            net = gross - 12e-4 * (2.0 + side * gross)
            ends[side] = code, end, net > 0.0
        if name == "entry_point":
            won = [side for side in ends if ends[side][0] == TARGET]
            expected = (won[0] if len(won) == 1 else 0.0), max(end for _, end, _ in ends.values())
        else:
            side = 1.0 if name == "profitable" else np.sign(rule[t])
            expected = float(ends[side][2]), ends[side][1]
        assert (found.y[t], found.span_end[t]) == expected
        paid = bars.column("close")[expected[1]] / bars.column("open")[t + 1] - 1.0
        assert found.outcome[t] == pytest.approx(paid, abs=1e-15)


def test_probability_of_the_target_first_is_that_of_a_walk_seen_at_its_closes(bars_of):
    """Broadie, Glasserman and Kou (1997): barriers lie further off by .5826 sigma than a path that nobody watches."""
    bars = bars_of(prints(400_000))
    found = barrier_trades(bars, np.ones(len(bars)), target=3.0, stop=1.5, horizon=500)
    won = (found.code == TARGET)[found.code > 0]
    share, blocks = won.mean(), won[: len(won) // 200 * 200].reshape(-1, 200).mean(axis=1)
    error = blocks.std(ddof=1) / np.sqrt(len(blocks))  # trades of neighbouring bars share their path
    formula = (1.5 + SHIFT) / (4.5 + 2 * SHIFT)
    assert round(formula, 3) == 0.368
    assert abs(share - formula) < 3.0 * error < 0.008
    assert share > 1.5 / 4.5 + 5.0 * error  # what it would be without the shift


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize(("target", "stop"), [(1, 1), (1, 5), (4, 2), (3, 1.5), (5, 1)])
def test_a_martingale_pays_minus_its_cost(bars_of, side, target, stop):
    """As closes jump over barriers, to book the barrier itself would fake a gain of a quarter of sigma."""
    bars = bars_of(prints(250_000, drift=-(SIGMA**2) / 2, seed=2))
    found = barrier_trades(bars, np.full(len(bars), side), target=target, stop=stop, horizon=24, cost_bps=7.0)
    net = found.net[LEAST:-25:25]  # one after the other
    assert abs(net.mean() + 14e-4) < 3.0 * net.std(ddof=1) / np.sqrt(len(net))
    label = make_labels(bars, "profitable", side=side, target=target, stop=stop, cost_bps=7.0)
    assert np.array_equal(label.y[label.valid], found.net[label.valid] > 0.0)


def test_both_in_one_bar_are_the_stop(bars_of):
    bars, t = bars_of(after_a_hundred((100.0, 110.0, 90.0, 105.0), (105.0, 105.0, 105.0, 105.0))), 100
    for side in (1.0, -1.0):
        found = barrier_trades(bars, np.full(len(bars), side), target=2.0, stop=2.0, horizon=2, cost_bps=0.0)
        sigma = ewma_volatility(bars)[t]
        assert sigma == pytest.approx(SIGMA, rel=1e-9)
        assert (found.code[t], found.end[t]) == (STOP, t + 1)
        assert found.gross[t] == pytest.approx(side * (np.exp(-side * 2.0 * sigma) - 1.0), rel=1e-12)


@pytest.mark.parametrize(
    ("side", "opened", "code"), [(1, 90, STOP), (1, 110, TARGET), (-1, 90, TARGET), (-1, 110, STOP)]
)
def test_a_bar_that_opens_beyond_a_barrier_fills_there(bars_of, side, opened, code):
    bars = bars_of(after_a_hundred((100.0, 100.5, 99.5, 100.0), (opened, opened + 0.1, opened - 0.1, opened)))
    t = 100
    found = barrier_trades(bars, np.full(len(bars), float(side)), target=2.0, stop=2.0, horizon=2, cost_bps=10.0)
    assert (found.code[t], found.end[t]) == (code, t + 2)
    assert found.gross[t] == pytest.approx(side * (opened / 100.0 - 1.0), rel=1e-12)
    assert found.net[t] == pytest.approx(found.gross[t] - 10e-4 * (1.0 + opened / 100.0), rel=1e-12)


def test_what_has_no_side_or_no_sigma_has_no_trade(bars_of):
    bars = bars_of(prints(60))
    side = np.ones(60)
    side[[30, 31]] = 0.0, np.nan
    found = barrier_trades(bars, side, horizon=5)
    assert (found.code[:LEAST] == -1).all()
    assert np.isnan(found.net[:LEAST]).all()
    assert (found.end[[30, 31, 59]] == -1).all()
    assert np.isnan(found.net[[30, 31, 59]]).all()
    still = barrier_trades(bars_of(np.full((60, 4), 100.0)), np.ones(60), horizon=5)
    assert (still.code == -1).all()


def test_cost_is_the_instruments_own(bars_of):
    simulated = Instrument("SIM", venue=SIMULATED_VENUE, fee_bps=2.0)
    for instrument, cost in ((Instrument("AAA", fee_bps=5.0), 7e-4), (simulated, 2e-4)):
        bars = bars_of(prints(200), instrument)
        found = barrier_trades(bars, np.ones(200), horizon=5)
        paid = (found.gross - found.net)[LEAST:150]
        assert paid == pytest.approx(cost * (2.0 + found.gross[LEAST:150]), rel=1e-9)


def test_bad_parameters_are_named(bars_of):
    bars = bars_of(prints(60))
    with pytest.raises(DataError, match="59 sides for 60 bars"):
        barrier_trades(bars, np.ones(59), horizon=5)
    for params, message in (
        ({"target": 0.0}, "target is 0"),
        ({"stop": -1.0}, "stop is -1"),
        ({"side": 0.5}, "side is 0.5"),
        ({"cost_bps": -1.0}, "cost_bps is -1"),
    ):
        with pytest.raises(ConfigError, match=message):
            make_labels(bars, "profitable", **params)
    with pytest.raises(ConfigError, match="meta_labels takes an array"):
        make_labels(bars, "meta", side=1.0)


@pytest.mark.real_data
def test_most_trades_of_the_defaults_meet_a_barrier_in_time(btc_1h):
    """What `profitable` says of recorded hours."""
    found = barrier_trades(btc_1h, np.ones(len(btc_1h)), horizon=24)
    over = found.code > 0
    assert np.mean((found.end - np.arange(len(btc_1h)))[over]) == pytest.approx(10.4, abs=0.1)
    assert np.mean(found.code[over] == EXPIRED) == pytest.approx(1 / 7, abs=0.01)
    assert 24e-4 / np.nanmedian(2.0 * ewma_volatility(btc_1h)) == pytest.approx(0.2, abs=0.03)
