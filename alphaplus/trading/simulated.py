"""The simulated account: one bar at a time through the same compiled function as the backtest loop."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Side
from alphaplus.core.records import Signal, Trade, TradePlan
from alphaplus.trading import fills
from alphaplus.trading.costs import Costs
from alphaplus.trading.fills import ExitReason

REASONS = {float(reason): (reason.name.lower(), reason.at_open) for reason in ExitReason}
NO_ORDER = (nan, nan, nan)  # position, stop, target


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a decision may know of the account: the fraction of equity held or ordered, and its expiry (ms UTC)."""

    position: float = 0.0
    expires_at: int = 0

    @property
    def side(self) -> Side:
        """Which way it stands; HOLD when flat."""
        if self.position == 0.0:
            return Side.HOLD
        return Side.LONG if self.position > 0.0 else Side.SHORT


FLAT = Portfolio()


class SimulatedBroker:
    """Fills plans at the next bar's open, watches stop and target, keeps the account of one instrument."""

    def __init__(self, symbol: str, timeframe: Timeframe, *, costs: Costs, capital: float) -> None:
        self._symbol = symbol
        self._bar_ms = timeframe.ms
        self._state = fills.new_state(capital=capital, fee_bps=costs.fee_bps, slippage_bps=costs.slippage_bps)
        self._written = np.empty((fills.MOST_TRADES_A_BAR, fills.FIELDS))
        self._order = NO_ORDER
        self._held: Signal | None = None  # the signal that opened the position
        self._ordered: Signal | None = None  # the signal that waits for the next open
        self.portfolio = FLAT

    @property
    def equity(self) -> float:
        """Equity, marked at the last close."""
        return float(self._state[fills.EQUITY])

    def submit(self, plan: TradePlan) -> tuple[float, float, float]:
        """Take the plan of a close as the order for the next open; gives the position, stop and target ordered.

        A plan that asks for the position there is gives no order (NaN); its signal renews the position's expiry.
        """
        signal = plan.signal
        order = NO_ORDER
        if plan.position != self.portfolio.position:
            opens = plan.position != 0.0
            stop = nan if signal.stop is None or not opens else signal.stop
            target = nan if signal.target is None or not opens else signal.target
            order = (plan.position, stop, target)
            self._ordered = signal if opens else None
        if plan.position == 0.0:
            self.portfolio = FLAT
        elif signal.side is not Side.HOLD:
            self.portfolio = Portfolio(plan.position, signal.expires_at or 0)
        self._order = order
        return order

    def advance(self, open_time: int, prices: Sequence[float]) -> list[Trade]:
        """Let one closed bar (open, high, low, close) happen; returns the trades it closed."""
        open_, high, low, close = map(float, prices)
        bar = (float(open_time), open_, high, low, close)
        count = fills.fill_bar(self._state, self._written, 0, bar, self._order)
        closed = []
        for row in self._written[:count].tolist():
            stood = self._ordered is None or REASONS[row[fills.REASON]][1]
            signal = self._held if stood else self._ordered
            closed.append(trade_record(row, symbol=self._symbol, bar_ms=self._bar_ms, signal=signal))
        if self._ordered is not None:
            self._held = self._ordered
        if self._state[fills.WANTED] == 0.0:
            self._held, self.portfolio = None, FLAT
        self._order = NO_ORDER
        self._ordered = None
        return closed

    def open_trade(self, open_time: int, *, price: float) -> Trade | None:
        """The open position as a trade valued at `price`, the close of the bar that opened at `open_time`."""
        if self._state[fills.QUANTITY] == 0.0:
            return None
        row = fills.open_trade(self._state, open_time, price=price)[0].tolist()
        return trade_record(row, symbol=self._symbol, bar_ms=self._bar_ms, signal=self._held)


def trade_record(row: Sequence[float], *, symbol: str, bar_ms: int, signal: Signal | None = None) -> Trade:
    """One trade as the kernel wrote it (FIELDS), with the signal that opened it; `bar_ms` is the length of a bar.

    Exits at an open carry that bar's open time; those inside a bar or at its end carry its close time, when they were
    known.
    """
    side, opened_at, closed_at, entry, exit_, units, fees, pnl, equity, bars, code = row
    reason, at_open = REASONS[code]
    decision = None if signal is None else signal.decision
    if reason == "closed" and signal is not None:
        reason = "expired"  # a signal's position is closed without another one only when its time is over
    return Trade(
        symbol=symbol,
        side=Side.LONG if side > 0 else Side.SHORT,
        opened_at=int(opened_at),
        closed_at=int(closed_at) + (0 if at_open else bar_ms),
        entry=entry,
        exit=exit_,
        quantity=units,
        fees=fees,
        pnl=pnl,
        return_pct=100.0 * pnl / equity,
        bars=int(bars),
        exit_reason=reason,
        confidence=0.0 if signal is None else signal.confidence,
        probability=None if decision is None else decision.probability,
        version=None if decision is None else next((vote.version for vote in decision.ml.votes if vote.present), None),
    )
