"""Backtests: of given positions by the compiled loop, and of the whole pipeline bar by bar."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alphaplus.core.bars import PRICES, BarFrame
from alphaplus.core.errors import DataError, MissingBars
from alphaplus.core.moments import minute
from alphaplus.core.records import Decision, Signal, Trade
from alphaplus.trading import fills
from alphaplus.trading.costs import Costs
from alphaplus.trading.observation import Observation
from alphaplus.trading.pipeline import Pipeline
from alphaplus.trading.plan import opens
from alphaplus.trading.result import Backtest
from alphaplus.trading.simulated import SimulatedBroker, trade_record

BARS_A_REPORT = 2_000


def backtest_positions(
    bars: BarFrame,
    positions: ArrayLike,
    *,
    fee_bps: float | None = None,
    slippage_bps: float = 0.0,
    capital: float = 10_000.0,
    seed: int = 0,
) -> Backtest:
    """Trade given target positions.

    `positions` (n,) are fractions of equity, decided at the close of each bar and filled at the open of the next;
    negative is short, and only a change trades. `fee_bps` None takes the instrument's own fee. `seed` draws the random
    baselines. Raises DataError when the positions do not fit the bars, MissingBars when there are none.
    """
    if len(bars) == 0:
        raise MissingBars("there are no bars to trade", hint="widen the time range")
    wanted = np.ascontiguousarray(positions, dtype=np.float64)
    if wanted.shape != (len(bars),):
        message = f"positions have the shape {wanted.shape}, the bars are {len(bars)}"
        raise DataError(message, hint="one position for every bar")
    bad = np.flatnonzero(~np.isfinite(wanted))
    if len(bad):
        raise DataError(f"positions are not finite at {len(bad)} bars, the first is {bad[0]}", hint="use 0 for none")
    costs = Costs(bars.instrument.fee_bps if fee_bps is None else fee_bps, slippage_bps)
    return backtest_orders(bars, wanted[:, None], costs=costs, capital=capital, seed=seed)


def backtest_orders(
    bars: BarFrame, orders: NDArray[np.float64], *, costs: Costs, capital: float, seed: int = 0
) -> Backtest:
    """Trade given orders: a position (n, 1) at each close, or (n, 3) with stop and target beside it, NaN for none."""
    filled = fill(bars, orders, costs=costs, capital=capital)
    rows, symbol, bar_ms = filled.trades.tolist(), bars.instrument.symbol, bars.timeframe.ms
    return Backtest(
        bars=bars,
        costs=costs,
        capital=capital,
        equity=filled.equity,
        positions=filled.position,
        orders=orders,
        trades=tuple([trade_record(row, symbol=symbol, bar_ms=bar_ms) for row in rows]),
        fees_paid=float(filled.state[fills.FEES_PAID]),
        slippage_paid=float(filled.state[fills.SLIPPAGE_PAID]),
        traded=float(filled.state[fills.TRADED]),
        seed=seed,
    )


def run_backtest(
    bars: BarFrame,
    pipeline: Pipeline,
    *,
    start: int | None = None,
    seed: int = 0,
    judged_until: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Take the pipeline over bars, one decision at every close, with costs and capital of its settings.

    The pipeline must be fresh and `bars` should reach back to the origin of the series: those that open before `start`
    (ms UTC) only warm the features. `progress` is told how many of how many bars are done. `seed` draws the random
    baselines. `judged_until` (ms UTC) is the end of the slice on which the version was judged; the report says which
    bars lie in it.

    Raises MissingBars when no bar is left to trade, DataError when one of them lies in the range that the first
    version learned from, and whatever error keeps a version from predicting: a backtest never scores the rules in a
    model's name.
    """
    first = 0 if start is None else int(np.searchsorted(bars.open_time, start))
    if first >= len(bars):
        raise MissingBars("there are no bars to trade", hint="widen the time range")
    _refuse_own_training(bars, first, pipeline)
    observation = pipeline.observe(bars)
    failure = next(iter(observation.said.failures.values()), None)
    if failure is not None:
        raise failure
    traded = bars.rows(first, len(bars))
    capital = pipeline.settings.trading.capital
    broker = SimulatedBroker(bars.instrument.symbol, bars.timeframe, costs=pipeline.costs, capital=capital)
    walk = _walk(observation, first, pipeline=pipeline, broker=broker, progress=progress)
    found = backtest_orders(traded, walk.orders, costs=pipeline.costs, capital=capital, seed=seed)
    return replace(
        found,
        trades=tuple(walk.trades),
        decisions=tuple(walk.decisions),
        signals=tuple(walk.signals),
        predictions=tuple(said for said in observation.said.predictions[first:] if said is not None),
        judged_until=judged_until,
    )


@dataclass(frozen=True, slots=True)
class _Walk:
    """What the bars of a backtest left behind."""

    orders: NDArray[np.float64]
    trades: list[Trade]
    decisions: list[Decision]
    signals: list[Signal]


def _walk(
    observation: Observation,
    first: int,
    *,
    pipeline: Pipeline,
    broker: SimulatedBroker,
    progress: Callable[[int, int], None] | None,
) -> _Walk:
    n = len(observation)
    times = observation.bars.open_time.tolist()
    prices = observation.bars.matrix(PRICES)
    walk = _Walk(np.empty((n - first, fills.ORDER_FIELDS)), [], [], [])
    for i in range(first, n):
        walk.trades.extend(broker.advance(times[i], prices[i]))
        plan = pipeline.decide(observation, i, broker.portfolio)
        if opens(plan, broker.portfolio):
            walk.signals.append(plan.signal)
        walk.orders[i - first] = broker.submit(plan)
        walk.decisions.append(plan.signal.decision)
        if progress is not None and (i - first) % BARS_A_REPORT == 0:
            progress(i - first, n - first)
    last = broker.open_trade(times[-1], price=float(prices[-1, 3]))
    if last is not None:
        walk.trades.append(last)
    if progress is not None:
        progress(n - first, n - first)
    return walk


def _refuse_own_training(bars: BarFrame, first: int, pipeline: Pipeline) -> None:
    earliest = min(pipeline.services(), key=lambda service: service.start, default=None)
    if earliest is None or bars.close_time[first] >= earliest.start:
        return
    version = earliest.version
    learned_to = minute(version.trained_to)
    raise DataError(
        f"the range starts at {minute(int(bars.open_time[first]))} UTC, but model version {version.number} learned "
        f"from data up to {learned_to} UTC (trained_to): it would be scored on its own training range",
        hint=f"start at {learned_to} UTC or later, or train a version that ends before the range",
        trained_to=version.trained_to,
    )


def fill(bars: BarFrame, orders: NDArray[np.float64], *, costs: Costs, capital: float) -> fills.Filled:
    """Run orders (n, 1 or 3) over bars with a fresh account."""
    state = fills.new_state(capital=capital, fee_bps=costs.fee_bps, slippage_bps=costs.slippage_bps)
    return fills.fill_bars(state, bars.open_time, prices=bars.matrix(PRICES), orders=orders)
