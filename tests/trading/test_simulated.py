"""The broker that is asked a bar at a time gives the bits of the compiled loop."""

from math import isnan

import numpy as np
import pytest

from alphaplus.core.bars import PRICES, Timeframe
from alphaplus.core.enums import Panel, Side
from alphaplus.core.records import Consensus, Decision, Signal, TradePlan, Vote
from alphaplus.trading import fills
from alphaplus.trading.backtest import backtest_orders
from alphaplus.trading.costs import Costs
from alphaplus.trading.plan import opens, plan
from alphaplus.trading.simulated import FLAT, Portfolio, SimulatedBroker

COSTS = Costs(7.5, 2.5)


def signal(side, *, as_of=0, stop=None, target=None, expires_at=None, version=7):
    said = 0.5 if side is Side.HOLD else (0.6 if side is Side.LONG else 0.4)
    vote = Vote("technical_ml", Panel.ML, 0.25, said, version=version)
    panel = Consensus(Panel.ML, said, 0.8, 1.0, 1.0, 0.0, (vote,))
    decision = Decision("TEST", Timeframe.H1, as_of, panel, panel, said, 0.8, side, "why")
    return Signal("TEST", Timeframe.H1, as_of, side, 0.2, 0.8, 100.0, stop, target, decision, expires_at=expires_at)


def random_plans(bars, seed):
    """Plans at random bars with levels, None elsewhere."""
    rng = np.random.default_rng(seed)
    for i, close in enumerate(bars.column("close").tolist()):
        side = rng.choice([Side.LONG, Side.SHORT, Side.HOLD])
        if rng.random() < 0.8 or side is Side.HOLD:
            yield signal(Side.HOLD, as_of=i)
            continue
        sign = 1 if side is Side.LONG else -1
        levels = {"stop": close * (1 - 0.02 * sign), "target": close * (1 + 0.03 * sign)}
        yield signal(side, as_of=i, expires_at=i + 5, **levels)


@pytest.mark.parametrize("seed", range(5))
def test_one_bar_at_a_time_is_the_loop_bit_for_bit(markets, seed):
    bars = markets.walk(1_500, seed=seed)
    broker = SimulatedBroker("TEST", bars.timeframe, costs=COSTS, capital=10_000.0)
    orders, equity, trades, asked = [], [], [], []
    for time, prices, wish in zip(bars.open_time.tolist(), bars.matrix(PRICES), random_plans(bars, seed), strict=True):
        trades += broker.advance(time, prices)
        equity.append(broker.equity)
        intent = plan(wish, broker.portfolio, fraction=0.8)
        orders.append(broker.submit(intent))
        asked.append(broker.portfolio.position)
    trades += [broker.open_trade(int(bars.open_time[-1]), price=float(bars.column("close")[-1]))] * bool(asked[-2])
    whole = backtest_orders(bars, np.array(orders), costs=COSTS, capital=10_000.0)
    assert len(trades) > 40
    assert whole.equity.tolist() == equity
    assert [(t.opened_at, t.closed_at, t.pnl, t.entry, t.exit, t.bars) for t in whole.trades] == [
        (t.opened_at, t.closed_at, t.pnl, t.entry, t.exit, t.bars) for t in trades
    ]


def test_a_trade_remembers_the_signal_that_opened_it():
    broker = SimulatedBroker("TEST", Timeframe.H1, costs=Costs(0, 0), capital=1_000.0)
    broker.submit(plan(signal(Side.LONG, version=3, expires_at=10**15), broker.portfolio, fraction=1.0))
    broker.advance(0, [100, 100, 100, 100])
    reverse = signal(Side.SHORT, version=4, stop=105.0, expires_at=10**15)
    broker.submit(plan(reverse, broker.portfolio, fraction=1.0))
    first, second = broker.advance(3_600_000, [100, 110, 100, 110])
    assert (first.version, first.side, first.exit_reason) == (3, Side.LONG, "reversed")
    assert (second.version, second.side, second.exit_reason) == (4, Side.SHORT, "stop")
    assert second.probability == 0.4
    assert broker.portfolio == FLAT


def test_a_position_without_a_new_signal_expires():
    broker = SimulatedBroker("TEST", Timeframe.H1, costs=Costs(0, 0), capital=1_000.0)
    broker.submit(plan(signal(Side.LONG, as_of=0, expires_at=2), broker.portfolio, fraction=1.0))
    seen = []
    for bar in range(4):
        closed = broker.advance(bar * 3_600_000, [100, 100, 100, 100])
        seen += [trade.exit_reason for trade in closed]
        broker.submit(plan(signal(Side.HOLD, as_of=bar + 1), broker.portfolio, fraction=1.0))
    assert seen == ["expired"]
    assert broker.portfolio == FLAT


def test_a_renewed_signal_keeps_the_position_and_its_levels_longer():
    held = Portfolio(1.0, expires_at=5)
    broker = SimulatedBroker("TEST", Timeframe.H1, costs=Costs(0, 0), capital=1_000.0)
    broker.portfolio = held
    again = plan(signal(Side.LONG, as_of=4, expires_at=9), held, fraction=1.0)
    assert not opens(again, held)
    assert all(isnan(field) for field in broker.submit(again))
    assert broker.portfolio == Portfolio(1.0, expires_at=9)


def test_hold_without_a_position_says_why_nothing_is_done():
    refused = plan(signal(Side.HOLD), FLAT, fraction=1.0)
    assert (refused.position, refused.refused) == (0.0, "why")


@pytest.mark.parametrize(
    ("side", "held", "as_of", "position"),
    [
        (Side.LONG, FLAT, 0, 0.5),
        (Side.SHORT, FLAT, 0, -0.5),
        (Side.SHORT, Portfolio(0.5, 9), 0, -0.5),
        (Side.LONG, Portfolio(0.4, 9), 0, 0.4),
        (Side.HOLD, Portfolio(0.5, 9), 8, 0.5),
        (Side.HOLD, Portfolio(0.5, 9), 9, 0.0),
    ],
)
def test_plan(side, held, as_of, position):
    assert plan(signal(side, as_of=as_of, expires_at=20), held, fraction=0.5).position == position


def test_an_order_without_levels_has_none():
    broker = SimulatedBroker("TEST", Timeframe.H1, costs=Costs(0, 0), capital=1_000.0)
    order = broker.submit(TradePlan(signal(Side.LONG), 1.0))
    assert order[0] == 1.0
    assert np.isnan(order[1:]).all()
    assert len(order) == fills.ORDER_FIELDS
