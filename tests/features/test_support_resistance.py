"""Support and resistance against a search that starts from nothing at every bar, with the delay of confirmation."""

import numpy as np
import pytest
import talib

from alphaplus.core.bars import Timeframe
from alphaplus.features.sets import MAX_GAP

COLUMNS = (
    "distance_to_support",
    "distance_to_resistance",
    "distance_to_support_atr",
    "distance_to_resistance_atr",
    "support_strength",
    "resistance_strength",
)
COVERED = frozenset(COLUMNS)
SIDES = 5


def pivots(values, atr):
    """(bar that confirms it, price, how near others count) of all highs that stand above five bars on both sides."""
    found = []
    for top in range(SIDES, len(values) - SIDES):
        seen = top + SIDES
        before, after = values[top - SIDES : top], values[top + 1 : seen + 1]
        if not np.isnan(atr[seen]) and (before <= values[top]).all() and (after < values[top]).all():
            found.append((seen, values[top], 0.5 * atr[seen]))
    return found


def expected(bars):
    """All six columns, bar by bar, from pivots confirmed by then."""
    high, low, close = (bars.column(name) for name in ("high", "low", "close"))
    atr = talib.ATR(high, low, close, 14)
    highs, lows = pivots(high, atr), [(seen, -price, near) for seen, price, near in pivots(-low, atr)]
    rows = np.full((len(bars), len(COLUMNS)), np.nan)
    for row in range(14, len(bars)):
        known = [level for kind in (highs, lows) for level in [one for one in kind if one[0] <= row][-8:]]
        known = sorted((price, near) for seen, price, near in known if row - seen <= 500)
        below = [level for level in known if level[0] <= close[row]]
        above = [level for level in known if level[0] > close[row]]
        for side, level in enumerate((below[-1] if below else None, above[0] if above else None)):
            far = 20 * atr[row]
            distance = far if level is None else min(abs(close[row] - level[0]), far)
            touches = sum(abs(price - level[0]) <= level[1] for price, _ in known) if level else 0
            rows[row, side::2] = distance, distance / atr[row] if atr[row] else 20.0, 1 - 0.5**touches
    return rows


def compare(bars, compute):
    got, wanted = compute(bars), expected(bars)
    for place, column in enumerate(COLUMNS):
        scale = np.nanmedian(wanted[:, place])
        np.testing.assert_allclose(got.column(column), wanted[:, place], rtol=1e-9, atol=1e-9 * scale)
    return got


@pytest.mark.parametrize("tick", [0.01, 1.0], ids=["fine", "with ties"])
def test_levels_are_those_of_confirmed_pivots(walk, tick, compute_every):
    strength = compare(walk(4_000, seed=8, tick=tick), compute_every).column("support_strength")
    assert np.nanmin(strength) == 0.0  # no level below is in the walk too
    assert np.nanmax(strength) > 0.9


@pytest.mark.real_data
def test_levels_of_recorded_hours(btc_1h, compute_every):
    gaps = np.flatnonzero(btc_1h.missing_before > MAX_GAP)
    start = int(gaps[-1]) if len(gaps) else 0
    compare(btc_1h.rows(start, start + 4_000), compute_every)


def path(frame, closes, *, spread=0.1):
    """Bars that follow a line of closes, high and low `spread` away from it."""
    closes = np.asarray(closes, dtype=float)
    table = {"open": closes, "high": closes + spread, "low": closes - spread, "close": closes}
    return frame({**table, "volume": np.ones(len(closes))})


def test_a_level_is_known_five_bars_after_its_pivot_and_not_before(frame, compute_every):
    bars = path(frame, [*range(100, 120), *range(118, 98, -1)])  # one top, of 119.1 at bar 19
    got = compute_every(bars)
    assert (got.column("resistance_strength")[14:24] == 0.0).all()
    assert (got.column("distance_to_resistance_atr")[14:24] == 20.0).all()
    assert (got.column("resistance_strength")[24:] == 0.5).all()
    np.testing.assert_allclose(got.column("distance_to_resistance")[24:], 119.1 - bars.column("close")[24:], rtol=1e-12)


def test_broken_support_is_resistance(frame, compute_every):
    down, up = np.linspace(110, 100, 11), np.linspace(101, 110, 10)
    bars = path(frame, [*np.linspace(100, 110, 11), *down[1:], *up, *np.linspace(109, 90, 20)])
    got = compute_every(bars)
    close, level = bars.column("close"), 99.9  # the low of bar 20
    above = np.flatnonzero((np.arange(len(close)) >= 30) & (close >= level))
    broken = np.flatnonzero((np.arange(len(close)) >= 40) & (close < level))
    assert len(above)
    assert len(broken)
    np.testing.assert_allclose(got.column("distance_to_support")[above], close[above] - level, rtol=1e-9)
    np.testing.assert_allclose(got.column("distance_to_resistance")[broken], level - close[broken], rtol=1e-9)


def test_a_level_grows_stronger_with_every_turn_at_it(frame, compute_every):
    leg = np.linspace(100, 110, 21)
    bars = path(frame, np.concatenate([*[np.r_[leg[1:], leg[::-1][1:]] for _ in range(5)]]))
    strength = compute_every(bars).column("support_strength")
    middle = [20 + 40 * turn + 10 for turn in range(1, 5)]  # on the way down to the turn after
    assert strength[middle].tolist() == [1 - 0.5**turns for turns in range(1, 5)]


def test_a_level_is_forgotten_after_five_hundred_bars(frame, compute_every):
    closes = np.concatenate([np.linspace(100, 90, 21), np.linspace(90.5, 100, 20), np.linspace(100.01, 130, 700)])
    got = compute_every(path(frame, closes))
    strength, seen = got.column("support_strength"), 25
    assert (strength[seen : seen + 501] > 0.0).all()
    assert (strength[seen + 501 :] == 0.0).all()


def test_a_market_without_movement_knows_no_level(flat, compute_every):
    got = compute_every(flat(100))
    for side in ("support", "resistance"):
        assert (got.column(f"distance_to_{side}")[14:] == 0.0).all()
        assert (got.column(f"distance_to_{side}_atr")[14:] == 20.0).all()
        assert (got.column(f"{side}_strength")[14:] == 0.0).all()


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_levels_do_not_depend_on_the_unit_of_the_price(walk, frame, scale, compute_every):
    bars = walk(1_000, timeframe=Timeframe.H1)
    prices = {name: bars.column(name) * scale for name in ("open", "high", "low", "close")}
    got, plain = (compute_every(one) for one in (frame({**prices, "volume": bars.column("volume")}), bars))
    for column in COLUMNS[2:]:
        np.testing.assert_allclose(got.column(column), plain.column(column), rtol=1e-6, atol=1e-9)
