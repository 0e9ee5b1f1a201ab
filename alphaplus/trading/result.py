"""What a backtest found: trades, equity, positions and decisions, and the figures drawn from them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.records import Decision, Prediction, Signal, Trade
from alphaplus.trading.costs import Costs


@dataclass(frozen=True)
class Backtest:
    """A finished backtest over n bars.

    `equity` (n,) is marked at each close and `positions` (n,) is the fraction of equity that stands there, 0 when flat;
    `orders` (n, 1 or 3) is what each close asked for, with stop and target. `decisions` has one entry a bar, `signals`
    those that opened a position, `predictions` what versions said; all three are empty when positions were given.
    `judged_until` (ms UTC) is the end of the slice on which the version was judged before it might serve, None where
    that is not known: bars up to it helped to choose the version, so they flatter it.
    """

    bars: BarFrame
    costs: Costs
    capital: float
    equity: NDArray[np.float64]
    positions: NDArray[np.float64]
    orders: NDArray[np.float64]
    trades: tuple[Trade, ...]
    fees_paid: float
    slippage_paid: float
    traded: float
    decisions: tuple[Decision, ...] = ()
    signals: tuple[Signal, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    seed: int = 0
    judged_until: int | None = None

    @property
    def instrument(self) -> Instrument:
        """What was traded."""
        return self.bars.instrument

    @property
    def timeframe(self) -> Timeframe:
        """The length of a bar."""
        return self.bars.timeframe

    @property
    def times(self) -> NDArray[np.int64]:
        """Close times (n,), ms UTC: when each equity was known."""
        return self.bars.close_time

    @property
    def returns(self) -> NDArray[np.float64]:
        """Net return of each bar (n,), 0 once the equity is gone."""
        before = np.concatenate(([self.capital], self.equity[:-1]))
        return np.divide(self.equity - before, before, out=np.zeros_like(before), where=before > 0)

    @property
    def drawdown(self) -> NDArray[np.float64]:
        """Loss from the highest equity so far (n,), 0 or negative; the capital counts as a height."""
        return self.equity / np.maximum(np.maximum.accumulate(self.equity), self.capital) - 1.0

    @property
    def exposure(self) -> float:
        """Share of closes at which a position was held."""
        return float(np.mean(self.positions != 0.0)) if len(self.positions) else 0.0

    def at_costs(self, factor: float) -> "Backtest":
        """The same orders at other costs: 0 for none, 2 for twice the costs."""
        from alphaplus.trading.backtest import backtest_orders

        return backtest_orders(
            self.bars, self.orders, costs=self.costs.times(factor), capital=self.capital, seed=self.seed
        )

    @property
    def judged_bars(self) -> int:
        """How many of the bars, all at the beginning, lie in the slice on which the version was judged."""
        if self.judged_until is None:
            return 0
        return int(np.searchsorted(self.times, self.judged_until, side="right"))

    @property
    def versions(self) -> tuple[int, ...]:
        """Numbers of the model versions that spoke."""
        return tuple(sorted({prediction.version for prediction in self.predictions}))

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Figures by name, JSON-safe: a figure that does not exist is None. See `trading.metrics.measure`."""
        from alphaplus.trading.metrics import measure

        return measure(self)

    @cached_property
    def baselines(self) -> dict[str, Any]:
        """Buy-and-hold, and random entries of the same turnover and exposure. See `trading.baselines.baselines`."""
        from alphaplus.trading.baselines import baselines

        return baselines(self)

    def summary(self) -> dict[str, Any]:
        """Everything but the single trades and decisions as plain JSON values. See `trading.export.summarise`."""
        from alphaplus.trading.export import summarise

        return summarise(self)

    def to_json(self) -> str:
        """The summary with every trade as one JSON text."""
        from alphaplus.trading.export import as_json

        return as_json(self)

    def to_csv(self, path: Path | str) -> None:
        """Write the trades as CSV."""
        from alphaplus.trading.export import write_csv

        write_csv(self, Path(path))

    def to_html(self, path: Path | str) -> None:
        """Write the report as one page that needs nothing else: no script, no font, no request."""
        from alphaplus.trading.report import write_html

        write_html(self, Path(path))
