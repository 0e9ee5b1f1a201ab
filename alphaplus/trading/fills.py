"""What one bar does to an account: the order of the last close, then stop and target, then the mark at the close.

One compiled function on a flat state is the whole truth about fills. The simulated broker calls it a bar at a time,
`fill_bars` loops it over history, and both give the same bits.

The rules, each the conservative reading of an hourly candle:

- An order is a target position, as a fraction of equity, decided at a close and filled at the next bar's open. It
  trades only when it differs from the position wanted before; NaN keeps what there is.
- Slippage moves the price of market fills against the trader, the fee is taken on the notional of every fill. A full
  position is sized so that its own entry fee fits into the equity.
- A stop is a market order: filled at its price, or at the open when the bar opens beyond it. A target is a limit order:
  it fills only when the bar trades through it, without slippage, or at the open when the bar opens beyond it. When a
  bar reaches both, the stop was first.
- A mark that leaves no equity closes the position; an account without cash stays at zero.
"""

from collections.abc import Callable
from enum import IntEnum
from math import isnan, nan
from typing import NamedTuple, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

BASIS_POINT = 1e-4

Array = NDArray[np.float64]
Market = tuple[NDArray[np.int64], Array, Array]
Bar = tuple[float, float, float, float, float]  # open time, open, high, low, close
Order = tuple[float, float, float]  # position wanted, stop, target
Step = TypeVar("Step", bound=Callable[..., object])
compiled = cast("Callable[[Step], Step]", njit(nogil=True, cache=True))

# slots of the state of one account
(
    FEE,  # share of the notional that a fill costs
    SLIPPAGE,  # share of the price that a market fill loses
    CASH,
    QUANTITY,  # base units, negative when short
    WANTED,  # the fraction of equity last asked for
    STOP,
    TARGET,
    OPENED,  # open time of the bar in which the position was opened, ms
    CASH_BEFORE,  # cash when the position was opened: the account was flat, so this was its equity
    ENTERED,  # units bought into the position, or sold into a short one
    ENTERED_AT,  # their mean price
    LEFT,  # units taken out of it again
    LEFT_AT,
    FEES,  # fees of the open position
    HELD,  # closes that the position has seen
    EQUITY,  # marked at the last close
    FEES_PAID,
    SLIPPAGE_PAID,
    TRADED,  # notional of all fills
    RUINED,
    SLOTS,
) = range(21)

# fields of one closed trade
(SIDE, OPENED_AT, CLOSED_AT, ENTRY, EXIT, UNITS, TRADE_FEES, PNL, EQUITY_BEFORE, BARS, REASON, FIELDS) = range(12)
OPEN, HIGH, LOW, CLOSE = range(4)  # columns of a bar
ORDER_FIELDS = 3  # position, stop, target
TRADES_AT_A_TIME = 65_536
MOST_TRADES_A_BAR = 2  # an old position closed at the open, a new one stopped before the close


class ExitReason(IntEnum):
    """Why a position was closed, as the kernel writes it."""

    CLOSED = 0
    REVERSED = 1
    STOP = 2
    TARGET = 3
    RUIN = 4
    OPEN = 5  # still open: valued at the last close, nothing was paid for leaving

    @property
    def at_open(self) -> bool:
        """Whether such an exit happens at the open of its bar; others are dated by its close."""
        return self in (ExitReason.CLOSED, ExitReason.REVERSED)


# the same as compiled constants
CLOSE_EXIT, REVERSE_EXIT, STOP_EXIT, LIMIT_EXIT, RUIN_EXIT, NO_EXIT = (float(reason) for reason in ExitReason)


class Filled(NamedTuple):
    """What a run of bars did: trades (k, FIELDS), the last state, and two marks at each close.

    `equity` (n,) is the worth of the account, `position` (n,) the fraction of equity that was asked for and still
    stands: 0 again once a stop or target has closed it.
    """

    equity: Array
    position: Array
    trades: Array
    state: Array


def new_state(*, capital: float, fee_bps: float, slippage_bps: float) -> Array:
    """The state of a fresh account, float64 (SLOTS,)."""
    state = np.zeros(SLOTS)
    state[FEE] = fee_bps * BASIS_POINT
    state[SLIPPAGE] = slippage_bps * BASIS_POINT
    state[CASH] = state[EQUITY] = capital
    state[STOP] = state[TARGET] = nan
    return state


@compiled
def _trade(s: Array, quantity: float, price: float, slipped: float) -> None:
    """Buy `quantity` (negative sells) at `price`, of which `slipped` a unit is slippage."""
    notional = abs(quantity) * price
    fee = notional * s[FEE]
    s[CASH] -= quantity * price + fee
    if s[QUANTITY] * quantity >= 0.0:
        s[ENTERED] += abs(quantity)
        s[ENTERED_AT] += (price - s[ENTERED_AT]) * (abs(quantity) / s[ENTERED])  # exact for a single fill
    else:
        s[LEFT] += abs(quantity)
        s[LEFT_AT] += (price - s[LEFT_AT]) * (abs(quantity) / s[LEFT])
    s[QUANTITY] += quantity
    s[FEES] += fee
    s[FEES_PAID] += fee
    s[SLIPPAGE_PAID] += abs(quantity) * slipped
    s[TRADED] += notional


@compiled
def _leave(s: Array, trades: Array, row: int, exit_: tuple[float, float, float]) -> int:
    """Close the whole position; `exit_` is time, price and reason. Writes a row of `trades`, gives the next."""
    time, price, reason = exit_
    side = 1.0 if s[QUANTITY] > 0.0 else -1.0
    slipped = 0.0 if reason in (LIMIT_EXIT, NO_EXIT) else price * s[SLIPPAGE]
    _trade(s, -s[QUANTITY], price - side * slipped, slipped)
    if s[CASH] <= 0.0:  # what is owed beyond the capital is not collected
        s[CASH] = 0.0
        s[RUINED] = 1.0
    trades[row, SIDE] = side
    trades[row, OPENED_AT] = s[OPENED]
    trades[row, CLOSED_AT] = time
    trades[row, ENTRY] = s[ENTERED_AT]
    trades[row, EXIT] = s[LEFT_AT]
    trades[row, UNITS] = s[ENTERED]
    trades[row, TRADE_FEES] = s[FEES]
    trades[row, PNL] = s[CASH] - s[CASH_BEFORE]
    trades[row, EQUITY_BEFORE] = s[CASH_BEFORE]
    trades[row, BARS] = s[HELD]
    trades[row, REASON] = reason
    s[WANTED] = 0.0
    s[STOP] = s[TARGET] = nan
    s[ENTERED] = s[ENTERED_AT] = s[LEFT] = s[LEFT_AT] = s[FEES] = s[HELD] = 0.0
    return row + 1


@compiled
def _move(s: Array, time: float, price: float, wanted: float) -> None:
    """Trade from the present position to the fraction `wanted` of the equity at `price`."""
    equity = s[CASH] + s[QUANTITY] * price
    if equity <= 0.0:
        return
    worth = wanted * equity / (1.0 + s[FEE])
    side = 1.0 if worth / price > s[QUANTITY] else -1.0
    slipped = price * s[SLIPPAGE]
    quantity = worth / (price + side * slipped) - s[QUANTITY]
    if quantity * side <= 0.0:  # the change is smaller than what it would cost
        return
    if s[QUANTITY] == 0.0:
        s[OPENED] = time
        s[CASH_BEFORE] = s[CASH]
    _trade(s, quantity, price + side * slipped, slipped)


@compiled
def _touch(s: Array, trades: Array, row: int, bar: tuple[float, float, float, float]) -> int:
    """Close the position if the bar (time, open, high, low) reached its stop or its target; gives the next row."""
    time, open_, high, low = bar
    side = 1.0 if s[QUANTITY] > 0.0 else -1.0
    stop, target = s[STOP], s[TARGET]
    worst, best = (low, high) if side > 0.0 else (high, low)
    if side * (open_ - stop) <= 0.0:  # comparisons with an absent (NaN) level are false
        return _leave(s, trades, row, (time, open_, STOP_EXIT))
    if side * (open_ - target) > 0.0:
        return _leave(s, trades, row, (time, open_, LIMIT_EXIT))
    if side * (worst - stop) <= 0.0:
        return _leave(s, trades, row, (time, stop, STOP_EXIT))
    if side * (best - target) > 0.0:
        return _leave(s, trades, row, (time, target, LIMIT_EXIT))
    return row


@compiled
def fill_bar(s: Array, trades: Array, row: int, bar: Bar, order: Order) -> int:
    """Let one bar happen to the account `s` (SLOTS,).

    `bar` is its open time in ms, open, high, low and close; `order` what the close before decided: position wanted,
    stop, target, NaN for none. Levels last as long as the position. Closed trades are written from `row` of `trades`
    (k, FIELDS) on, at most two; gives the row after them.
    """
    time, open_, high, low, close = bar
    wanted, stop, target = order
    if wanted != s[WANTED] and not isnan(wanted) and s[RUINED] == 0.0:
        if s[QUANTITY] != 0.0 and wanted * s[QUANTITY] <= 0.0:
            row = _leave(s, trades, row, (time, open_, CLOSE_EXIT if wanted == 0.0 else REVERSE_EXIT))
        if wanted != 0.0:
            _move(s, time, open_, wanted)
        s[WANTED], s[STOP], s[TARGET] = wanted, stop, target
    if s[QUANTITY] != 0.0:
        row = _touch(s, trades, row, (time, open_, high, low))
    if s[QUANTITY] != 0.0:
        s[HELD] += 1.0
        if s[CASH] + s[QUANTITY] * close <= 0.0:
            row = _leave(s, trades, row, (time, close, RUIN_EXIT))
    s[EQUITY] = s[CASH] + s[QUANTITY] * close
    return row


@compiled
def _loop(s: Array, market: Market, start: int, trades: Array, marks: Array) -> tuple[int, int]:
    """Fill bars from `start` until the end or until `trades` is full; gives the next bar and the rows written."""
    times, prices, orders = market
    row, n = 0, len(times)
    for i in range(start, n):
        if row + MOST_TRADES_A_BAR > len(trades):
            return i, row
        bar = (float(times[i]), prices[i, OPEN], prices[i, HIGH], prices[i, LOW], prices[i, CLOSE])
        row = fill_bar(s, trades, row, bar, order_at(orders, i - 1))
        marks[i, 0] = s[EQUITY]
        marks[i, 1] = s[WANTED]
    return n, row


@compiled
def order_at(orders: Array, i: int) -> Order:
    """The order of close `i`, from columns position or position, stop, target; none before the first."""
    if i < 0:
        return nan, nan, nan
    if orders.shape[1] == ORDER_FIELDS:
        return orders[i, 0], orders[i, 1], orders[i, 2]
    return orders[i, 0], nan, nan


def fill_bars(
    state: Array,
    time: NDArray[np.int64],
    *,
    prices: Array,
    orders: Array,
) -> Filled:
    """Let bars happen to a copy of `state`.

    `time` (n,) holds open times in ms, `prices` (n, 4) open, high, low, close, and `orders` (n, 1) the position wanted
    at each close, or (n, 3) with stop and target beside it; row i is filled at the open of bar i + 1. A position left
    at the end is among the trades, valued at the last close (see ExitReason.OPEN).
    """
    state = state.copy()
    market = (time, prices, orders)
    marks = np.empty((len(time), 2))
    parts, start = [], 0
    while start < len(time):
        trades = np.empty((TRADES_AT_A_TIME, FIELDS))
        start, count = _loop(state, market, start, trades, marks)
        parts.append(trades[:count])
    if state[QUANTITY] != 0.0:
        parts.append(open_trade(state, int(time[-1]), price=float(prices[-1, CLOSE])))
    return Filled(marks[:, 0], marks[:, 1], np.concatenate(parts) if parts else np.empty((0, FIELDS)), state)


def open_trade(state: Array, time: int, *, price: float) -> Array:
    """The open position as one trade (1, FIELDS) valued at `price` as of the bar that opened at `time`."""
    trades = np.empty((1, FIELDS))
    copy = state.copy()
    copy[FEE] = 0.0
    _leave(copy, trades, 0, (float(time), price, NO_EXIT))
    return trades
