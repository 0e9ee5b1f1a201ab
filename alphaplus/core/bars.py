"""Instruments, timeframes and bars: the one schema in which market data moves through the house."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.errors import BadBars, UnknownName

if TYPE_CHECKING:
    from alphaplus.core.records import ImportReport

SIMULATED_VENUE = "simulated"
SLIPPAGE_BPS = 2.0
MINUTE_MS = 60_000
DAY_MS = 86_400_000
WEEK_OFFSET_MS = 4 * DAY_MS  # the epoch was a Thursday, weeks start on Monday

PRICES = ("open", "high", "low", "close")
REQUIRED = ("open_time", "open", "high", "low", "close", "volume")
SIDE_COLUMNS = (
    "quote_volume",
    "trade_count",
    "buy_volume",
    "largest_trade",
    "bid_depth_0_5",
    "bid_depth_1_0",
    "bid_depth_2_0",
    "ask_depth_0_5",
    "ask_depth_1_0",
    "ask_depth_2_0",
    "spread_bps",
    "microprice",
    "sentiment",
    "sentiment_count",
    "news_age_ms",
)


class Timeframe(StrEnum):
    """The length of a bar."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"

    @classmethod
    def parse(cls, text: str) -> "Timeframe":
        """Find a timeframe by its name in either case; raises UnknownName."""
        try:
            return cls(text.strip().lower())
        except ValueError:
            raise UnknownName(text, kind="timeframe", known=list(cls)) from None

    @property
    def ms(self) -> int:
        """Length in milliseconds."""
        unit = {"m": MINUTE_MS, "h": 60 * MINUTE_MS, "d": DAY_MS, "w": 7 * DAY_MS}[self.value[-1]]
        return int(self.value[:-1]) * unit

    @property
    def offset_ms(self) -> int:
        """Where the grid starts after the epoch: 0, but four days for weeks, which start on Monday."""
        return WEEK_OFFSET_MS if self is Timeframe.W1 else 0

    @property
    def per_year(self) -> float:
        """Bars in a year of 365 days, the year by which figures are annualised."""
        return 365 * DAY_MS / self.ms

    def floor(self, time_ms: int) -> int:
        """The open time of the bar that contains `time_ms`."""
        return (time_ms - self.offset_ms) // self.ms * self.ms + self.offset_ms


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is traded. `tick_size` and `lot_size` of 0 mean unknown; `fee_bps` is what one side costs."""

    symbol: str
    venue: str = ""
    base: str = ""
    quote: str = ""
    tick_size: float = 0.0
    lot_size: float = 0.0
    fee_bps: float = 10.0

    @property
    def simulated(self) -> bool:
        """Whether its prices come from a generator, which every screen must say."""
        return self.venue == SIMULATED_VENUE

    @property
    def slippage_bps(self) -> float:
        """What a market order is taken to lose on one side: 2 bps, none where simulated, whose fee is all in."""
        return 0.0 if self.simulated else SLIPPAGE_BPS


@dataclass(frozen=True, slots=True)
class BarFrame:
    """Closed bars of one instrument and timeframe, oldest first.

    `table` holds `open_time` (int64, ms UTC) and float64 `open, high, low, close, volume`, optionally columns of
    SIDE_COLUMNS (float64, NaN when unknown). Times are unique and increasing; gaps stay gaps.
    """

    instrument: Instrument
    timeframe: Timeframe
    table: pl.DataFrame
    report: "ImportReport | None" = None
    bayes: NDArray[np.float64] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        missing = [name for name in REQUIRED if name not in self.table.columns]
        if missing:
            raise BadBars(f"bars lack the columns {missing}", hint=f"needed: {list(REQUIRED)}")
        extra = [name for name in self.table.columns if name not in REQUIRED and name not in SIDE_COLUMNS]
        if extra:
            raise BadBars(f"bars carry unknown columns {extra}", hint=f"side columns are {list(SIDE_COLUMNS)}")
        wrong = [n for n in self.table.columns if self.table[n].dtype != (pl.Int64 if n == "open_time" else pl.Float64)]
        if wrong:
            raise BadBars(f"bar columns {wrong} have the wrong type", hint="open_time is Int64, all others Float64")
        times = self.open_time
        if len(times) > 1 and not bool(np.all(np.diff(times) > 0)):
            raise BadBars("bar times are not strictly increasing", hint="sort the bars and drop duplicates")

    @classmethod
    def empty(cls, instrument: Instrument, timeframe: Timeframe) -> "BarFrame":
        """No bars at all."""
        schema = {name: pl.Int64 if name == "open_time" else pl.Float64 for name in REQUIRED}
        return cls(instrument, timeframe, pl.DataFrame(schema=schema))

    def __len__(self) -> int:
        return self.table.height

    @property
    def open_time(self) -> NDArray[np.int64]:
        """Open times (n,), ms UTC."""
        return self.table["open_time"].to_numpy()

    @property
    def close_time(self) -> NDArray[np.int64]:
        """Close times (n,), ms UTC: when each bar became known."""
        return self.open_time + self.timeframe.ms

    @property
    def missing_before(self) -> NDArray[np.int64]:
        """Missing bars between each bar and the one before it (n,), 0 for the first."""
        return np.diff(self.open_time, prepend=self.open_time[:1] - self.timeframe.ms) // self.timeframe.ms - 1

    def column(self, name: str) -> NDArray[np.float64]:
        """One column as float64 (n,); a side column that the table lacks is all NaN."""
        if name in self.table.columns:
            return self.table[name].to_numpy().astype(np.float64, copy=False)
        if name in SIDE_COLUMNS:
            return np.full(len(self), np.nan)
        raise UnknownName(name, kind="bar column", known=[*REQUIRED, *SIDE_COLUMNS])

    def matrix(self, columns: tuple[str, ...]) -> NDArray[np.float64]:
        """The named columns as float64 (n, k), C-contiguous."""
        out = np.empty((len(self), len(columns)))
        for position, name in enumerate(columns):
            out[:, position] = self.column(name)
        return out

    def rows(self, start: int, stop: int) -> Self:
        """Bars by position, as a slice."""
        bayes = None if self.bayes is None else self.bayes[start:stop]
        return replace(self, table=self.table[start:stop], report=None, bayes=bayes)

    def between(self, start: int, end: int) -> Self:
        """Bars with start <= open_time < end, in ms UTC."""
        first, last = np.searchsorted(self.open_time, [start, end])
        return self.rows(int(first), int(last))
