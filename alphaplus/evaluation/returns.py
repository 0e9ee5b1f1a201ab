"""Metrics of returns and trades: what a strategy earned, and at what risk.

Returns are simple returns per bar, (n,); `per_year` is bars in a year (`Timeframe.per_year`), crypto's has 365 days. A
ratio whose divisor is zero, as that of constant returns, is NaN.
"""

import numpy as np
from numpy.typing import NDArray

from alphaplus.evaluation.bootstrap import DRAWS, Interval, interval

Floats = NDArray[np.float64]

LARGEST_LOG = 700.0  # of a float
LEAST_SPREAD = 1e-14  # relative; a spread below is rounding of a constant


def sharpe(returns: Floats, *, per_year: float = 1.0) -> float:
    """Mean over standard deviation (ddof 1), annualised; the risk-free rate is taken as zero."""
    if len(returns) < 2:
        return float("nan")
    return _quotient(float(returns.mean()), float(returns.std(ddof=1))) * float(np.sqrt(per_year))


def sharpe_interval(
    returns: Floats, *, per_year: float = 1.0, level: float = 0.90, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Annual Sharpe ratio with its stationary-bootstrap interval."""

    def ratio(means: Floats) -> Floats:
        variance = np.maximum(means[:, 1] - means[:, 0] ** 2, 0.0) * n / max(n - 1, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            values: Floats = means[:, 0] / np.sqrt(variance) * np.sqrt(per_year)
        return values

    n = len(returns)
    table = np.column_stack([returns, returns**2])
    found = interval(table, ratio, level=level, draws=draws, seed=seed)
    return Interval(sharpe(returns, per_year=per_year), found.low, found.high, level, draws, found.block)


def sortino(returns: Floats, *, per_year: float = 1.0) -> float:
    """Mean over the root mean square of losses (over all bars), annualised."""
    if len(returns) < 2:
        return float("nan")
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    return _quotient(float(returns.mean()), downside) * float(np.sqrt(per_year))


def drawdowns(returns: Floats) -> Floats:
    """Distance (n,) of equity below its highest value so far, the starting value included; 0 or negative."""
    equity = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    peak = np.maximum.accumulate(equity)
    fallen: Floats = (equity / peak - 1.0)[1:]
    return fallen


def max_drawdown(returns: Floats) -> float:
    """Deepest drawdown, 0 or negative (-0.2 is a fall by a fifth)."""
    return float(drawdowns(returns).min()) if len(returns) else 0.0


def annual_return(returns: Floats, *, per_year: float) -> float:
    """Compound return per year; -1 when all was lost, NaN where a short gain grows beyond all numbers."""
    if not len(returns):
        return float("nan")
    total = float(np.prod(1.0 + returns))
    if total <= 0.0:
        return -1.0
    power = per_year / len(returns)
    return float(total**power - 1.0) if power * np.log(total) < LARGEST_LOG else float("nan")


def calmar(returns: Floats, *, per_year: float) -> float:
    """Compound return per year over the depth of the deepest drawdown."""
    return _quotient(annual_return(returns, per_year=per_year), -max_drawdown(returns))


def profit_factor(profits: Floats) -> float:
    """Sum of the gains over the sum of the losses of trades (or bars); NaN without a loss."""
    return _quotient(float(profits[profits > 0.0].sum()), float(-profits[profits < 0.0].sum()))


def summary(returns: Floats, *, per_year: float, profits: Floats | None = None) -> dict[str, float]:
    """All metrics of returns; with `profits` (one per closed trade, any unit) those of trades as well."""
    volatility = float(returns.std(ddof=1) * np.sqrt(per_year)) if len(returns) > 1 else float("nan")
    found = {
        "total_return": float(np.prod(1.0 + returns) - 1.0),
        "annual_return": annual_return(returns, per_year=per_year),
        "annual_volatility": volatility,
        "sharpe": sharpe(returns, per_year=per_year),
        "sortino": sortino(returns, per_year=per_year),
        "max_drawdown": max_drawdown(returns),
        "calmar": calmar(returns, per_year=per_year),
        "bars": float(len(returns)),
    }
    if profits is not None:
        found |= {
            "trades": float(len(profits)),
            "win_rate": _quotient(float(np.count_nonzero(profits > 0.0)), float(len(profits))),
            "expectancy": _quotient(float(profits.sum()), float(len(profits))),
            "profit_factor": profit_factor(profits),
        }
    return found


def _quotient(above: float, below: float) -> float:
    return above / below if below > LEAST_SPREAD * max(abs(above), LEAST_SPREAD) else float("nan")
