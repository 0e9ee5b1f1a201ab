"""Trades into bars: exact sums, the same bits for any chunks, final only when no trade of them can follow."""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadTicks
from alphaplus.market.forming import FORMING_COLUMNS, Forming, forming_bars
from alphaplus.market.ids import Ids
from alphaplus.market.quality import iso_time
from alphaplus.market.trades import UNKNOWN, Trades


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
    _nothing: BarFrame = field(init=False)  # made once: most chunks of a live market close no bar
    _forming: dict[int, Forming] = field(default_factory=dict, init=False)
    _torn: set[int] = field(default_factory=set, init=False)
    _ids: Ids = field(default_factory=Ids, init=False)
    _reach: int | None = field(default=None, init=False)
    _final: int | None = field(default=None, init=False)
    _report: TradeReport = field(default_factory=TradeReport, init=False)

    def __post_init__(self) -> None:
        self._nothing = BarFrame.empty(self.instrument, self.timeframe)

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
        self._leave_out(sorted(self._forming))
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
        for open_time, bar in forming_bars(trades, opens, arrival):
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

    def _leave_out(self, bars: list[int]) -> None:
        if bars:
            self._report = replace(self._report, partial=tuple(dict.fromkeys((*self._report.partial, *bars))))

    def _ready(self) -> BarFrame:
        """Take the bars that are final out of those that form."""
        final = self._final
        done = [] if final is None else sorted(time for time in self._forming if time < final)
        whole = [time for time in done if self.since is not None and time >= self.since and time not in self._torn]
        rows = {time: self._forming.pop(time) for time in done}
        self._torn = {time for time in self._torn if final is None or time >= final}
        self._report = replace(self._report, bars=self._report.bars + len(whole))
        self._leave_out(sorted(set(done) - set(whole)))
        if not whole:
            return self._nothing
        values = np.array([rows[time].row() for time in whole])
        columns = {name: values[:, position] for position, name in enumerate(FORMING_COLUMNS)}
        table = pl.DataFrame({"open_time": np.array(whole, dtype=np.int64), **columns})
        return BarFrame(self.instrument, self.timeframe, table)
