"""What a strategy must beat: buying and holding, and its own positions entered at random times (methodology 6)."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import PRICES
from alphaplus.evaluation.returns import max_drawdown, sharpe
from alphaplus.trading import fills
from alphaplus.trading.fills import compiled

if TYPE_CHECKING:
    from alphaplus.trading.result import Backtest

SHIFTS = 500


def buy_and_hold(backtest: "Backtest") -> "Backtest":
    """One purchase at the second bar's open with all of the capital, at the same costs."""
    from alphaplus.trading.backtest import backtest_orders

    orders = np.ones((len(backtest.bars), 1))
    return backtest_orders(backtest.bars, orders, costs=backtest.costs, capital=backtest.capital)


def random_sharpes(backtest: "Backtest", *, count: int = SHIFTS) -> NDArray[np.float64]:
    """Annual net Sharpe ratios (count,) of circularly shifted copies of the positions, drawn by the backtest's seed.

    Turnover, exposure and the length of trades are those of the strategy; only the moment is random.
    """
    bars = backtest.bars
    if len(bars) < 3:
        return np.full(count, np.nan)
    shifts = np.random.default_rng(backtest.seed).integers(1, len(bars), size=count)
    state = fills.new_state(
        capital=backtest.capital, fee_bps=backtest.costs.fee_bps, slippage_bps=backtest.costs.slippage_bps
    )
    market = (bars.open_time, bars.matrix(PRICES), np.roll(backtest.positions, -1)[:, None])
    per_bar: NDArray[np.float64] = _shifted_sharpes(state, market, shifts)
    return per_bar * float(np.sqrt(bars.timeframe.per_year))


def baselines(backtest: "Backtest") -> dict[str, Any]:
    """Figures of both baselines, JSON-safe; `percentile` is the share of random entries with a lower Sharpe ratio."""
    held = buy_and_hold(backtest)
    per_year = backtest.timeframe.per_year
    drawn = random_sharpes(backtest)
    drawn = drawn[np.isfinite(drawn)]
    own = sharpe(backtest.returns, per_year=per_year)
    quantiles = np.quantile(drawn, (0.05, 0.5, 0.95)).tolist() if len(drawn) else [None] * 3
    return {
        "buy_and_hold": {
            "total_return": float(held.equity[-1] / held.capital - 1.0),
            "sharpe": _known(sharpe(held.returns, per_year=per_year)),
            "max_drawdown": max_drawdown(held.returns),
        },
        "random_entries": {
            "count": len(drawn),
            "seed": backtest.seed,
            "sharpe_p05": quantiles[0],
            "sharpe_median": quantiles[1],
            "sharpe_p95": quantiles[2],
            "percentile": 100.0 * float(np.mean(drawn < own)) if len(drawn) and np.isfinite(own) else None,
        },
    }


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


@compiled
def _shifted_sharpes(fresh: fills.Array, market: fills.Market, shifts: NDArray[np.int64]) -> fills.Array:
    """Sharpe ratio per bar (k,) of the orders of a market entered `shifts` (k,) bars later, NaN without spread."""
    times, prices, orders = market
    n = len(times)
    found = np.full(len(shifts), np.nan)
    trades = np.empty((fills.MOST_TRADES_A_BAR, fills.FIELDS))
    for k in range(len(shifts)):
        state = fresh.copy()
        total, squares, before = 0.0, 0.0, state[fills.EQUITY]
        for i in range(n):
            bar = (float(times[i]), prices[i, 0], prices[i, 1], prices[i, 2], prices[i, 3])
            order = fills.order_at(orders, (i - 1 - shifts[k]) % n if i > 0 else -1)
            fills.fill_bar(state, trades, 0, bar, order)
            equity = state[fills.EQUITY]
            change = equity / before - 1.0 if before > 0.0 else 0.0
            total += change
            squares += change * change
            before = equity
        mean = total / n
        variance = (squares - n * mean * mean) / (n - 1)
        if variance > 0.0:
            found[k] = mean / np.sqrt(variance)
    return found
