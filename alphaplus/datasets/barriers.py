"""The triple barrier: what becomes of a trade that ends at a target, at a stop, or after so many bars.

Reference: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import DataError
from alphaplus.datasets.labelling import MAX_GAP, Params, number, optional_number
from alphaplus.datasets.volatility import ewma_volatility
from alphaplus.patterns.touch import INTERRUPTED, NOTHING, first_touches

BPS = 1e-4
TARGET_SIGMAS, STOP_SIGMAS = 4.0, 2.0  # `profitable` says why
LEAST = 0.1  # sigmas; a nearer barrier is an answer of the first tick
NO_TRADE = -1


@dataclass(frozen=True, slots=True)
class Trades:
    """One trade for every bar (n,), decided at its close and entered at the open of the next.

    code: int64, TARGET, STOP, EXPIRED, INTERRUPTED or NOTHING of `patterns.touch`, NOTHING where it is not over, or -1
    where there is none. end: int64, the bar in which it ended; of a trade that is not over the last bar, -1 where there
    is none. gross: float64, simple return of its side; net: the same less what both sides cost. Both are NaN where
    there is no trade, or no end.
    """

    code: NDArray[np.int64]
    end: NDArray[np.int64]
    gross: NDArray[np.float64]
    net: NDArray[np.float64]


def barrier_trades(
    bars: BarFrame,
    side: NDArray[np.float64],
    *,
    target: float = TARGET_SIGMAS,
    stop: float = STOP_SIGMAS,
    horizon: int,
    cost_bps: float | None = None,
) -> Trades:
    """Trade the sign of `side` (n,) at every bar until the first barrier; 0 or NaN is no trade.

    A long's target is entry * exp(target * sigma) and its stop entry * exp(-stop * sigma), a short's the mirror image;
    sigma is the causal EWMA volatility of one bar at the close, and a bar without any has no trade. The third barrier
    is the close of the bar `horizon` bars on. Both of a target and a stop in one bar count as the stop; a bar that
    opens beyond a barrier fills there. A gap of more than MAX_GAP missing bars interrupts a trade.

    `cost_bps` is paid on the notional of the entry and on that of the exit; None takes the instrument's fee and
    slippage. Raises DataError unless there is a side for every bar.
    """
    if len(side) != len(bars):
        raise DataError(f"{len(side)} sides for {len(bars)} bars", hint="one a bar: above 0 long, below 0 short")
    prices = bars.matrix(("open", "high", "low", "close"))
    entry = np.append(prices[1:, 0], np.nan)
    sigma = ewma_volatility(bars)
    known = np.flatnonzero(np.isfinite(entry) & (sigma > 0.0) & np.isfinite(side) & (side != 0.0))
    way, opened = np.sign(side[known]), entry[known]
    upwards = np.exp(way * target * sigma[known])
    downwards = np.exp(-way * stop * sigma[known])
    breaks = bars.missing_before > MAX_GAP
    codes, ends, exits = first_touches(known, way, opened * upwards, opened * downwards, horizon, prices, breaks)

    code, end = np.full(len(bars), NO_TRADE, np.int64), np.full(len(bars), NO_TRADE, np.int64)
    gross, net = np.full(len(bars), np.nan), np.full(len(bars), np.nan)
    over = (codes != NOTHING) & (codes != INTERRUPTED)
    ratio = np.where(over, exits / opened, np.nan)
    cost = BPS * (bars.instrument.fee_bps + bars.instrument.slippage_bps if cost_bps is None else cost_bps)
    code[known], end[known] = codes, ends
    gross[known] = way * (ratio - 1.0)
    net[known] = gross[known] - cost * (1.0 + ratio)
    return Trades(code, end, gross, net)


def trades_of(params: Params, bars: BarFrame, side: NDArray[np.float64], *, horizon: int) -> Trades:
    """`barrier_trades` by the parameters of a label: target, stop and cost_bps; raises ConfigError for bad ones."""
    return barrier_trades(
        bars,
        side,
        target=number(params, "target", least=LEAST),
        stop=number(params, "stop", least=LEAST),
        horizon=horizon,
        cost_bps=optional_number(params, "cost_bps"),
    )
