"""Trades into bars: exact sums, the same bits for any chunks, final only when no trade of them can follow."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadTicks
from alphaplus.market.exact import decimals
from alphaplus.market.ids import Ids
from alphaplus.market.quality import iso_time

BUY: Final = 1
SELL: Final = -1
UNKNOWN: Final = 0
_COLUMNS: Final = (
    "open",
    "high",
    "low",
    "close",
    "volume",
    "quote_volume",
    "trade_count",
    "buy_volume",
    "largest_trade",
)


@dataclass(frozen=True, slots=True)
class Trades:
    """Trades in the order in which they came; all arrays (n,).

    `time` is int64, ms UTC; `price` and `size` (in the base currency) are float64; `side` is int8 and says which side
    took the offer of the other: BUY, SELL or UNKNOWN. `id` int64 numbers the trades and None means that they have no
    numbers. `count` int64 says how many trades of the exchange each stands for, and None that nobody knows.
    """

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    side: NDArray[np.int8]
    id: NDArray[np.int64] | None = None
    count: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        columns = (self.price, self.size, self.side, self.id, self.count)
        if any(column is not None and len(column) != len(self.time) for column in columns):
            raise BadTicks("the columns of trades differ in length", hint="one value of each for every trade")
        for name, column in (("price", self.price), ("size", self.size)):
            wrong = np.flatnonzero(~(np.isfinite(column) & (column > 0.0)))
            if len(wrong):
                raise BadTicks(
                    f"{name} of trade {wrong[0]} is {float(column[wrong[0]])!r}, expected a number above 0",
                    hint="leave such rows out, and the bars that they belong to",
                )

    def __len__(self) -> int:
        return len(self.time)

    def taken(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Trades":
        """Some of the trades, by mask or position."""
        return Trades(
            self.time[chosen],
            self.price[chosen],
            self.size[chosen],
            self.side[chosen],
            None if self.id is None else self.id[chosen],
            None if self.count is None else self.count[chosen],
        )


@dataclass(frozen=True, slots=True)
class TradeReport:
    """What became of trades: `duplicates` have an id that was there already, `unsided` do not tell their side.

    `out_of_order` counts trades older than one before them, `id_gaps` the places at which `missing_ids` ids are absent.
    `bars` are whole, `partial` (open times) were left out because their trades are not all here.
    """

    trades: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    unsided: int = 0
    id_gaps: int = 0
    missing_ids: int = 0
    bars: int = 0
    partial: tuple[int, ...] = ()


@dataclass(slots=True)
class _Forming:
    """One bar so far; `first` and `last` are the keys of the trades that gave the open and the close."""

    first: tuple[int, int]
    last: tuple[int, int]
    open: float
    high: float
    low: float
    close: float
    size: Fraction
    quote: Fraction
    bought: Fraction | None
    count: int | None
    largest: float

    def add(self, other: "_Forming") -> None:
        """Take in more trades of the same bar, earlier or later ones."""
        if other.first < self.first:
            self.first, self.open = other.first, other.open
        if other.last > self.last:
            self.last, self.close = other.last, other.close
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)
        self.size += other.size
        self.quote += other.quote
        self.bought = None if self.bought is None or other.bought is None else self.bought + other.bought
        self.count = None if self.count is None or other.count is None else self.count + other.count
        self.largest = max(self.largest, other.largest)

    def row(self) -> tuple[float, ...]:
        """The values of _COLUMNS."""
        count = np.nan if self.count is None else float(self.count)
        bought = np.nan if self.bought is None else float(self.bought)
        prices = (self.open, self.high, self.low, self.close)
        return (*prices, float(self.size), float(self.quote), count, bought, self.largest)


@dataclass(slots=True)
class TradeFold:
    """Folds trades into the bars of one timeframe: give it trades in any chunks, take the bars that closed.

    A bar is final once a trade at or after its end plus `patience_ms` has come, or `advance` said that the clock passed
    its end. Trades may therefore come late by `patience_ms`, and by any time within their bar: they are put where they
    belong, by time and then by id. Prices are those of the trades; volumes are exact sums of the printed decimals,
    rounded once, so that they equal the exchange's own. A bar without trades does not exist; one with a trade whose
    side is unknown has no `buy_volume` (NaN). Trades whose id was seen are dropped.

    `since` (ms UTC) is from when on all trades are here; None means from just after the first, whose bar may have begun
    before. Bars that began earlier are left out and told in the report.
    """

    instrument: Instrument
    timeframe: Timeframe
    since: int | None = None
    patience_ms: int = 0
    _forming: dict[int, _Forming] = field(default_factory=dict)
    _torn: set[int] = field(default_factory=set)
    _ids: Ids = field(default_factory=Ids)
    _reach: int | None = None
    _final: int | None = None
    _report: TradeReport = field(default_factory=TradeReport)

    @property
    def report(self) -> TradeReport:
        """The account so far; bars that are still forming are in none of its counts."""
        return replace(self._report, id_gaps=self._ids.gaps, missing_ids=self._ids.missing)

    @property
    def last_id(self) -> int | None:
        """The greatest id so far; None when trades have no ids."""
        return self._ids.greatest

    @property
    def reach(self) -> int | None:
        """The time of the latest trade, ms UTC."""
        return self._reach

    def add(self, trades: Trades) -> BarFrame:
        """Take in trades and give the bars that are final now.

        Raises BadTicks, and takes nothing in, when a trade belongs to a bar that is final already.
        """
        fresh = np.ones(len(trades), dtype=bool) if trades.id is None else self._ids.fresh(trades.id)
        dropped = len(trades) - int(fresh.sum())
        kept = trades if not dropped else trades.taken(fresh)
        if len(kept):
            self._take(kept)
        report = self._report
        self._report = replace(report, trades=report.trades + len(trades), duplicates=report.duplicates + dropped)
        if self._reach is not None:
            self._close(self.timeframe.floor(self._reach - self.patience_ms))
        return self._ready()

    def advance(self, clock: int) -> BarFrame:
        """Give the bars that are final because no trade before `clock` (ms UTC) is still to come."""
        self._close(self.timeframe.floor(clock))
        return self._ready()

    def spoil(self, time: int) -> None:
        """Leave out the bar that contains `time` (ms UTC): a trade of it is known to be missing."""
        self._torn.add(self.timeframe.floor(time))

    def resume(self, since: int | None) -> None:
        """Go on after a hole in the trades: bars that touch it are left out; `since` as at the start."""
        report = self._report
        self._report = replace(report, partial=(*report.partial, *sorted(self._forming)))
        self._forming.clear()
        self.since = since

    def finish(self) -> TradeReport:
        """Close the account: bars that are not final are left out."""
        self.resume(None)
        return self.report

    def _take(self, trades: Trades) -> None:
        """Put new trades into their bars."""
        time, frame = trades.time, self.timeframe
        if (trades.id is None) != (self._ids.greatest is None) and self._reach is not None:
            raise BadTicks("trades with ids and trades without cannot be folded together", hint="fold them apart")
        opens = (time - frame.offset_ms) // frame.ms * frame.ms + frame.offset_ms
        reach = np.maximum.accumulate(np.concatenate(([time[0] if self._reach is None else self._reach], time)))
        before = reach[:-1]
        self._refuse_late(trades, opens, before)
        if self.since is None:
            self.since = int(time[0]) + 1
        arrival = self._report.trades + np.arange(len(time)) if trades.id is None else trades.id
        order = np.lexsort((arrival, time))
        trades, opens, arrival = trades.taken(order), opens[order], arrival[order]
        for open_time, bar in _bars(trades, opens, arrival):
            if open_time in self._forming:
                self._forming[open_time].add(bar)
            else:
                self._forming[open_time] = bar
        if trades.id is not None:
            self._ids = self._ids.with_ids(trades.id)
        self._reach = int(reach[-1])
        report = self._report
        self._report = replace(
            report,
            out_of_order=report.out_of_order + int((time < before).sum()),
            unsided=report.unsided + int((trades.side == UNKNOWN).sum()),
        )

    def _refuse_late(self, trades: Trades, opens: NDArray[np.int64], before: NDArray[np.int64]) -> None:
        frame = self.timeframe
        final = (before - self.patience_ms - frame.offset_ms) // frame.ms * frame.ms + frame.offset_ms
        if self._final is not None:
            final = np.maximum(final, self._final)
        late = np.flatnonzero(opens < final)
        if len(late):
            first = int(late[0])
            name = "a trade" if trades.id is None else f"trade {trades.id[first]}"
            raise BadTicks(
                f"{name} of {iso_time(int(trades.time[first]))} comes when the bars before "
                f"{iso_time(int(final[first]))} are final, as do {len(late) - 1} others",
                hint="give the files in the order of time, each once",
            )

    def _close(self, final: int) -> None:
        self._final = final if self._final is None else max(self._final, final)

    def _ready(self) -> BarFrame:
        """Take the bars that are final out of those that form."""
        final = self._final
        done = [] if final is None else sorted(time for time in self._forming if time < final)
        whole = [time for time in done if self.since is not None and time >= self.since and time not in self._torn]
        rows = {time: self._forming.pop(time) for time in done}
        self._torn = {time for time in self._torn if final is None or time >= final}
        report = self._report
        left_out = tuple(time for time in done if time not in set(whole))
        self._report = replace(report, bars=report.bars + len(whole), partial=(*report.partial, *left_out))
        if not whole:
            return BarFrame.empty(self.instrument, self.timeframe)
        values = np.array([rows[time].row() for time in whole])
        columns = {name: values[:, position] for position, name in enumerate(_COLUMNS)}
        table = pl.DataFrame({"open_time": np.array(whole, dtype=np.int64), **columns})
        return BarFrame(self.instrument, self.timeframe, table)


def _bars(
    trades: Trades, opens: NDArray[np.int64], arrival: NDArray[np.int64]
) -> list[tuple[int, _Forming]]:
    """Fold trades, sorted by time and arrival, into one bar for each of their open times (n,)."""
    starts = np.concatenate(([0], np.flatnonzero(np.diff(opens)) + 1))
    ends = np.concatenate((starts[1:], [len(opens)])) - 1
    size = decimals(trades.size)
    sums = size.sums(starts)
    quotes = (decimals(trades.price) * size).sums(starts)
    bought = size.where(trades.side == BUY).sums(starts)
    unsided = np.add.reduceat(trades.side == UNKNOWN, starts, dtype=np.int64)
    counts = [None] * len(starts) if trades.count is None else np.add.reduceat(trades.count, starts).tolist()
    high, low = np.maximum.reduceat(trades.price, starts), np.minimum.reduceat(trades.price, starts)
    largest = np.maximum.reduceat(trades.size, starts)
    found = []
    for n, (first, last) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        bar = _Forming(
            first=(int(trades.time[first]), int(arrival[first])),
            last=(int(trades.time[last]), int(arrival[last])),
            open=float(trades.price[first]),
            high=float(high[n]),
            low=float(low[n]),
            close=float(trades.price[last]),
            size=sums[n],
            quote=quotes[n],
            bought=None if unsided[n] else bought[n],
            count=counts[n],
            largest=float(largest[n]),
        )
        found.append((int(opens[first]), bar))
    return found
