"""Simulated markets: bars drawn from a known law, with the best possible forecast beside every bar."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import SIMULATED_VENUE, BarFrame, Instrument, Timeframe
from alphaplus.core.catalog import Catalog
from alphaplus.core.errors import ConfigError
from alphaplus.market.quality import EARLIEST, MAX_PRICE, MIN_PRICE
from alphaplus.market.symbols import check_symbol

SIGMA = 0.01  # standard deviation of one bar's shock
FEE_BPS = 2.0  # methodology 7: two basis points a side, all in
FIRST_PRICE = 100.0
END = 1_735_689_600_000  # 2025-01-01: the close of the last bar, fixed so that a seed always gives the same bars


@dataclass(frozen=True, slots=True)
class Law:
    """One draw of a market, arrays of one length.

    Plain returns, the Bayes probability that the next bar rises, the volatility that was known before each bar, and
    volume; and what trading costs there, in basis points a side.
    """

    returns: NDArray[np.float64]
    bayes: NDArray[np.float64]
    volatility: NDArray[np.float64]
    volume: NDArray[np.float64]
    fee_bps: float = FEE_BPS


Draw = Callable[[np.random.Generator, int], Law]
_MARKETS: Catalog[Draw] = Catalog("market", package="alphaplus.market.sources.planted")


def planted_market(name: str) -> Callable[[Draw], Draw]:
    """Register a function of a generator and a number of bars that draws one market."""

    def register(draw: Draw) -> Draw:
        _MARKETS.add(name, draw)
        return draw

    return register


def usual_volume(generator: np.random.Generator, moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-normal volume (n,) around the size of the moves, which says nothing about their direction."""
    shown: NDArray[np.float64] = 0.5 + np.abs(moves) / SIGMA
    return 1000.0 * shown * np.exp(0.3 * generator.standard_normal(len(moves)))


def markets() -> list[str]:
    """Names of all simulated markets."""
    return _MARKETS.names()


def simulate(
    market: str,
    *,
    bars: int = 40_000,
    seed: int = 1,
    timeframe: Timeframe = Timeframe.H1,
    symbol: str | None = None,
    end: int = END,
) -> BarFrame:
    """Draw a simulated market: the same name, length, seed, timeframe and end give the same bars.

    `.bayes[t]` (bars,) is P(close[t + 1] > open[t + 1]) given all that is known at the close of bar t. Every bar opens
    where the one before it closed; high and low are the extremes of a Brownian bridge from open to close, so they say
    nothing about the future. Raises UnknownName, and ConfigError when the bars would start before 1990 or the price
    would leave the range that bars may have.
    """
    draw = _MARKETS.get(market)
    if bars < 1:
        raise ConfigError(f"cannot simulate {bars} bars", hint="ask for at least one")
    last_open = timeframe.floor(end) - timeframe.ms
    open_time = last_open - timeframe.ms * np.arange(bars - 1, -1, -1, dtype=np.int64)
    if open_time[0] < EARLIEST:
        raise ConfigError(f"{bars} bars of {timeframe} would start before 1990", hint="ask for fewer or shorter bars")
    generator = np.random.default_rng([seed, zlib.crc32(market.encode())])
    law = draw(generator, bars)
    factors: NDArray[np.float64] = 1.0 + law.returns
    close = np.multiply(np.cumprod(factors), FIRST_PRICE)
    open_ = np.concatenate(([FIRST_PRICE], close[:-1]))
    high, low = _extremes(generator, open_, close, volatility=law.volatility)
    if not (low.min() >= MIN_PRICE and high.max() <= MAX_PRICE):
        raise ConfigError(f"over {bars} bars the price of {market} leaves the allowed range", hint="ask for fewer bars")
    table = pl.DataFrame(
        {"open_time": open_time, "open": open_, "high": high, "low": low, "close": close, "volume": law.volume}
    )
    name = f"SIM-{market}" if symbol is None else check_symbol(symbol)
    instrument = Instrument(name, venue=SIMULATED_VENUE, base="SIM", quote="USD", fee_bps=law.fee_bps)
    return BarFrame(instrument, timeframe, table, bayes=law.bayes)


def _extremes(
    generator: np.random.Generator,
    open_: NDArray[np.float64],
    close: NDArray[np.float64],
    *,
    volatility: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw highs and lows from the law of a Brownian bridge's maximum and minimum.

    Reference: Borodin, Salminen, Handbook of Brownian Motion (2002), IV.4: max = (r + sqrt(r^2 - 2 s^2 log u)) / 2.
    """
    change = np.log(close / open_)
    reach = -2.0 * volatility**2 * np.log(1.0 - generator.random((2, len(open_))))
    up = (change + np.sqrt(change**2 + reach[0])) / 2.0
    down = (change - np.sqrt(change**2 + reach[1])) / 2.0
    high = np.maximum(open_ * np.exp(up), np.maximum(open_, close))
    low = np.minimum(open_ * np.exp(down), np.minimum(open_, close))
    return high, low
