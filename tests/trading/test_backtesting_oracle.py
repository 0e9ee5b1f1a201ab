"""The trade list against backtesting.py: the same signals give the same bars, prices and profits."""

import warnings
from math import nan

import numpy as np
import pytest

from alphaplus.core.enums import Side
from alphaplus.trading.backtest import backtest_orders
from alphaplus.trading.costs import Costs

pytest.importorskip("backtesting", reason="the oracle is a test-only package")


def signals(bars, *, seed, levels, every=25):
    """Orders (n, 3) at random bars, NaN elsewhere, and the same as a mapping."""
    rng = np.random.default_rng(seed)
    close = bars.column("close")
    spread = np.median(bars.column("high") - bars.column("low"))
    orders = np.full((len(bars), 3), nan)
    for i in np.flatnonzero(rng.random(len(bars)) < 1 / every):
        side = rng.choice([-1.0, 0.0, 1.0], p=[0.4, 0.2, 0.4])
        orders[i, 0] = side
        if levels and side:
            orders[i, 1] = close[i] - side * rng.uniform(0.3, 3) * spread
            orders[i, 2] = close[i] + side * rng.uniform(0.3, 4) * spread
    return orders


def oracle(bars, orders, *, commission):
    """Trades of backtesting.py: entry bar, exit bar, side, entry, exit, profit and commission of one unit."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from backtesting import Backtest, Strategy

    class Signals(Strategy):
        def init(self):
            pass

        def next(self):
            side, stop, target = orders[len(self.data) - 1]
            held = np.sign(self.position.size)
            if np.isnan(side) or side == held:
                return
            if side == 0:
                self.position.close()
                return
            levels = {name: value for name, value in (("sl", stop), ("tp", target)) if not np.isnan(value)}
            (self.buy if side > 0 else self.sell)(size=1, **levels)

    table = pd.DataFrame(
        {name.title(): bars.column(name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(bars.open_time, unit="ms"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stats = Backtest(table, Signals, cash=1e9, commission=commission, exclusive_orders=True).run()
    found = stats["_trades"].sort_values(["EntryBar", "ExitBar"])
    return list(
        zip(
            found["EntryBar"], found["ExitBar"], np.sign(found["Size"]), found["EntryPrice"], found["ExitPrice"],
            found["PnL"], strict=True,
        )
    )  # fmt: skip


def compare(bars, orders, *, commission):
    ours = backtest_orders(bars, orders, costs=Costs(commission * 1e4, 0.0), capital=1e6)
    closed = [trade for trade in ours.trades if trade.exit_reason != "open"]
    theirs = oracle(bars, orders, commission=commission)
    step, first = bars.timeframe.ms, int(bars.open_time[0])
    places = {int(time): place for place, time in enumerate(bars.open_time)}
    assert len(closed) == len(theirs) > 30
    for trade, (entered, left, side, entry, exit_, profit) in zip(closed, theirs, strict=True):
        intrabar = trade.exit_reason in ("stop", "target")
        assert places[trade.opened_at] == entered, first
        assert places[trade.closed_at - (step if intrabar else 0)] == left
        assert (1 if trade.side is Side.LONG else -1) == side
        assert trade.entry == pytest.approx(entry, rel=1e-9)
        assert trade.exit == pytest.approx(exit_, rel=1e-9)
        assert trade.pnl / trade.quantity == pytest.approx(profit, rel=1e-9, abs=1e-9 * entry)


@pytest.mark.parametrize("levels", [False, True])
@pytest.mark.parametrize("commission", [0.0, 0.001])
def test_same_trades_on_a_walk(markets, levels, commission):
    bars = markets.walk(4_000, seed=5)
    compare(bars, signals(bars, seed=6, levels=levels), commission=commission)


@pytest.mark.real_data
def test_same_trades_on_recorded_bars(btc_1h):
    bars = btc_1h.rows(10_000, 18_000)
    compare(bars, signals(bars, seed=7, levels=True), commission=0.001)
