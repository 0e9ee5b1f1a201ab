"""The figures of a backtest: what it earned, at what risk and cost, and how sure that is."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import DAY_MS
from alphaplus.evaluation.returns import profit_factor, sharpe, sharpe_interval, summary

if TYPE_CHECKING:
    from alphaplus.trading.result import Backtest

LEVEL = 0.90  # of the interval of the Sharpe ratio
LEAST_DAYS = 30  # a shorter test has no annual return: the exponent would make it a fantasy
COST_FACTORS = (0.0, 1.0, 2.0)


def measure(backtest: "Backtest") -> dict[str, Any]:
    """All figures by name, JSON-safe; what does not exist is None.

    Returns, rates and the drawdown are plain ratios, `expectancy` is quote currency a trade and `expectancy_pct`
    percent of the equity at entry. `win_rate` needs `break_even_rate` to pay: the share of wins at which trades of the
    sizes found sum to nothing. `turnover` is the notional of all fills over mean equity, a year.
    """
    returns, per_year = backtest.returns, backtest.timeframe.per_year
    profits = np.array([trade.pnl for trade in backtest.trades])
    figures: dict[str, Any] = summary(returns, per_year=per_year) if _days(backtest) >= LEAST_DAYS else _short(returns)
    bounds = sharpe_interval(returns, per_year=per_year, level=LEVEL, seed=backtest.seed)
    figures |= {
        "bars": len(returns),
        "final_equity": float(backtest.equity[-1]),
        "total_return": float(backtest.equity[-1] / backtest.capital - 1.0),
        "sharpe": bounds.value,
        "sharpe_low": bounds.low,
        "sharpe_high": bounds.high,
        "sharpe_level": LEVEL,
        "longest_drawdown_bars": _longest(backtest.drawdown < 0.0),
        "exposure": backtest.exposure,
        "turnover": backtest.traded / float(np.mean(backtest.equity)) * per_year / len(returns),
        "traded": backtest.traded,
        "fees_paid": backtest.fees_paid,
        "slippage_paid": backtest.slippage_paid,
    }
    figures |= _of_trades(backtest, profits)
    figures = {name: None if _undefined(value) else value for name, value in figures.items()}
    return figures | _at_other_costs(backtest) | {"predictions": _of_predictions(backtest), "held": _reasons(backtest)}


def _days(backtest: "Backtest") -> float:
    return float(backtest.times[-1] - backtest.bars.open_time[0]) / DAY_MS


def _short(returns: NDArray[np.float64]) -> dict[str, Any]:
    whole = summary(returns, per_year=float(len(returns)))  # no annualisation
    unknown = dict.fromkeys(("annual_return", "annual_volatility", "sortino", "calmar"))
    return {"max_drawdown": whole["max_drawdown"]} | unknown


def _of_trades(backtest: "Backtest", profits: NDArray[np.float64]) -> dict[str, Any]:
    wins, losses = profits[profits > 0.0], -profits[profits < 0.0]
    win = float(wins.mean()) if len(wins) else None
    loss = float(losses.mean()) if len(losses) else None
    return {
        "trades": len(profits),
        "win_rate": len(wins) / len(profits) if len(profits) else None,
        "break_even_rate": loss / (win + loss) if win is not None and loss is not None else None,
        "profit_factor": profit_factor(profits),
        "expectancy": float(profits.mean()) if len(profits) else None,
        "expectancy_pct": float(np.mean([t.return_pct for t in backtest.trades])) if len(profits) else None,
        "average_win": win,
        "average_loss": loss,
        "average_bars": float(np.mean([trade.bars for trade in backtest.trades])) if len(profits) else None,
        "exits": dict(Counter(trade.exit_reason for trade in backtest.trades)),
    }


def _at_other_costs(backtest: "Backtest") -> dict[str, Any]:
    """The same orders at 0, 1 and 2 times the costs, and the cost a side in bps that would eat all of the gain.

    That cost is negative when the orders lose without any, None when nothing was traded.
    """
    table = {}
    for factor in COST_FACTORS:
        other = backtest if factor == 1.0 else backtest.at_costs(factor)
        ratio = sharpe(other.returns, per_year=other.timeframe.per_year)
        table[f"{factor:g}x"] = {
            "total_return": float(other.equity[-1] / other.capital - 1.0),
            "sharpe": None if _undefined(ratio) else ratio,
        }
    free = backtest.at_costs(0.0)
    gained = float(free.equity[-1]) - free.capital
    return {"costs": table, "break_even_cost_bps": 10_000 * gained / free.traded if free.traded > 0.0 else None}


def _of_predictions(backtest: "Backtest") -> dict[str, Any] | None:
    """How often the versions' direction came true from the next open to the close at the horizon; None without any."""
    if not backtest.predictions:
        return None
    bars = backtest.bars
    place = np.searchsorted(bars.close_time, [prediction.as_of for prediction in backtest.predictions])
    ends = place + np.array([prediction.horizon for prediction in backtest.predictions])
    values = np.array([prediction.value for prediction in backtest.predictions])
    over = ends < len(bars)
    place, ends, values = place[over], ends[over], values[over]
    moves = bars.column("close")[ends] - bars.column("open")[np.minimum(place + 1, len(bars) - 1)]
    judged = (moves != 0.0) & (values != 0.5) & np.isfinite(values)
    right = np.sign(values[judged] - 0.5) == np.sign(moves[judged])
    return {
        "count": len(backtest.predictions),
        "judged": int(judged.sum()),
        "accuracy": float(right.mean()) if len(right) else None,
        "share_up": float(np.mean(moves[judged] > 0.0)) if len(right) else None,
    }


def _reasons(backtest: "Backtest") -> dict[str, int] | None:
    """How many bars ended in which side; None when positions were given."""
    return dict(Counter(decision.side.value for decision in backtest.decisions)) if backtest.decisions else None


def _longest(below: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], below, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _undefined(value: object) -> bool:
    return isinstance(value, float) and not np.isfinite(value)
