"""Bring files of market data into the store, list what is there, and read it all again to see that it is whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from alphaplus.core.bars import SIDE_COLUMNS, BarFrame, Timeframe
from alphaplus.core.errors import BadBars, BadTicks, ConfigError
from alphaplus.core.records import ImportReport, QuarantinedRow, Series
from alphaplus.market.account import KEPT_ROWS, Intake, difference
from alphaplus.market.book import BookReport
from alphaplus.market.book_files import book_columns
from alphaplus.market.kinds import kinds_of
from alphaplus.market.printable import printable
from alphaplus.market.quality import Fault, Rows, describe, faults, iso_time
from alphaplus.market.read import read_intake
from alphaplus.market.symbols import check_symbol, symbol_from_filename
from alphaplus.market.ticks import TradeReport
from alphaplus.market.trade_bars import bars_from_trades
from alphaplus.storage.base import BarStore
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.storage.verify import Verification, verify_bars
from alphaplus.workflows.depth import measured_bars

Progress = Callable[[int, int], None]


class FileKind(StrEnum):
    """What files hold: candles, trades to fold into bars, or an order book to measure at the closes of stored bars."""

    BARS = "bars"
    TRADES = "trades"
    BOOK = "book"


_LOOKS = {"bars": "candles", "trades": "trades", "book": "an order book"}


class ImportRequest(BaseModel):
    """Files to import, and what the caller knows about them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[Path, ...] = Field(min_length=1)
    kind: FileKind = Field(FileKind.BARS, description="bars, trades or book")
    symbol: str | None = Field(None, description="none: each file is named after its symbol")
    timeframe: Timeframe
    columns: Mapping[str, str] | None = Field(None, description="our column names to those of the file")
    time_unit: str | None = Field(None, description="s, ms, us or ns; none: as the layout says, else ms")
    utc: bool = Field(False, description="dates without a zone are UTC")
    venue: str = Field("", description="where the bars come from; `simulated` marks them as such for ever")
    fee_bps: float | None = Field(None, ge=0, description="what a trade costs there, one side")


@dataclass(frozen=True, slots=True)
class Imported:
    """One series after an import, and what became of the rows that were read for it.

    The report counts bars; `trades` and `book` account for what they were made of, where that was not candles. `filled`
    bars, stored before, learned side columns.
    """

    series: Series
    report: ImportReport
    trades: TradeReport | None = None
    book: BookReport | None = None
    filled: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """What files of one symbol gave."""

    intake: Intake
    trades: TradeReport | None = None
    book: BookReport | None = None


def import_files(
    request: ImportRequest, store: BarStore, *, now: int, progress: Progress | None = None
) -> tuple[Imported, ...]:
    """Read files, then store their bars: one result for each symbol, in the order of the files.

    Everything is read and checked before anything is stored, so an error leaves the store as it was. Importing again
    changes nothing: every row is then a duplicate. An order book makes no bars: it fills side columns of bars that are
    stored. `progress(done, total)` counts bytes read.

    Raises what `read_bars`, `bars_from_trades` and `book_columns` raise; ConfigError when a file name does not tell the
    symbol, or an option is for candles only; MissingBars when no bar of an order book is stored.
    """
    given = (("columns", request.columns), ("time_unit", request.time_unit), ("utc", request.utc or None))
    useless = [name for name, value in given if value is not None and request.kind is not FileKind.BARS]
    if useless:
        raise ConfigError(f"{', '.join(useless)} is for candles, not for {request.kind}", hint="leave it out")
    sizes = {path: path.stat().st_size if path.is_file() else 0 for path in request.files}
    found = []
    read = 0
    for symbol, paths in _by_symbol(request).items():

        def told(done: int, _: int, before: int = read) -> None:
            if progress is not None:
                progress(before + done, sum(sizes.values()))

        try:
            found.append(_read(request, paths, symbol=symbol, store=store, now=now, progress=told))
        except (BadBars, BadTicks) as error:
            raise _other_kind(error, paths, request.kind) from error.__cause__
        read += sum(sizes[path] for path in paths)
    return tuple(_store(one, request, store) for one in found)


def _read(
    request: ImportRequest, paths: Sequence[Path], *, symbol: str, store: BarStore, now: int, progress: Progress
) -> _Read:
    """Read the files of one symbol."""
    timeframe = request.timeframe
    if request.kind is FileKind.TRADES:
        folded = bars_from_trades(paths, symbol=symbol, timeframe=timeframe, now=now, progress=progress)
        return _Read(folded.intake, trades=folded.trades)
    if request.kind is FileKind.BOOK:
        columns = book_columns(paths, symbol=symbol, timeframe=timeframe, progress=progress)
        return _Read(measured_bars(columns, symbol=symbol, timeframe=timeframe, store=store), book=columns.report)
    intake = read_intake(
        paths,
        symbol=symbol,
        timeframe=timeframe,
        now=now,
        columns=request.columns,
        time_unit=request.time_unit,
        utc=request.utc,
        progress=progress,
    )
    return _Read(intake)


def _other_kind(error: BadBars | BadTicks, paths: Sequence[Path], kind: FileKind) -> BadBars | BadTicks:
    """The error with better words where a file that could not be read as one kind looks like another."""
    for path in paths:
        kinds = sorted(kinds_of(path))
        if kinds and kind not in kinds:
            name, like = printable(str(path)), " and ".join(_LOOKS[one] for one in kinds)
            hint = f"add --kind {kinds[0]}" if kinds[0] != FileKind.BARS else "leave out --kind"
            return type(error)(f"{name} looks like {like}, not like {_LOOKS[kind]}", hint=hint, file=name)
    return error


def list_series(store: BarStore) -> list[Series]:
    """All stored series, by symbol and timeframe."""
    return store.series()


def verify(store: ParquetBarStore, *, progress: Progress | None = None) -> Verification:
    """Read every stored part again: hashes, schema, order, grid, and the rules that held when it came in."""
    return verify_bars(store, rules=_broken_rule, progress=progress)


def _by_symbol(request: ImportRequest) -> dict[str, list[Path]]:
    grouped: dict[str, list[Path]] = {}
    for path in request.files:
        symbol = check_symbol(request.symbol) if request.symbol is not None else symbol_from_filename(path)
        if symbol is None:
            raise ConfigError(
                f"the name of {printable(str(path))} does not start with a symbol", hint="say it: --symbol BTCUSDT"
            )
        grouped.setdefault(symbol, []).append(path)
    return grouped


def _store(read: _Read, request: ImportRequest, store: BarStore) -> Imported:
    intake = read.intake
    known = intake.bars.instrument
    fee_bps = known.fee_bps if request.fee_bps is None else request.fee_bps
    bars = replace(intake.bars, instrument=replace(known, venue=request.venue or known.venue, fee_bps=fee_bps))
    symbol, timeframe = bars.instrument.symbol, bars.timeframe
    before = _sides_known(bars, store)
    appended = store.append(bars)
    filled = int(((_sides_known(bars, store) > before) & (before >= 0)).sum())
    report = intake.report
    shown = appended.conflicts[: KEPT_ROWS - len(report.quarantined)]
    report = replace(
        report,
        stored=appended.stored,
        duplicates=report.duplicates + appended.duplicates,
        conflicts=report.conflicts + len(appended.conflicts),
        quarantined=(*report.quarantined, *_contradictions(intake, shown, store)),
        quarantined_count=report.quarantined_count + len(appended.conflicts),
    )
    series = next(s for s in store.series() if (s.instrument.symbol, s.timeframe) == (symbol, timeframe))
    return Imported(series, report, read.trades, read.book, filled)


def _sides_known(bars: BarFrame, store: BarStore) -> NDArray[np.int64]:
    """How many side values the store knows of each bar (n,); -1 for a bar that it does not hold."""
    counts = np.full(len(bars), -1)
    symbol, timeframe = bars.instrument.symbol, bars.timeframe
    if store.span(symbol, timeframe) is None:
        return counts
    stored = store.read(symbol, timeframe, int(bars.open_time[0]), int(bars.open_time[-1]) + 1)
    held = np.isin(bars.open_time, stored.open_time)
    there = np.isin(stored.open_time, bars.open_time)
    sides = [name for name in stored.table.columns if name in SIDE_COLUMNS]
    counts[held] = (~np.isnan(stored.matrix(tuple(sides)))).sum(axis=1)[there]
    return counts


def _contradictions(intake: Intake, times: tuple[int, ...], store: BarStore) -> list[QuarantinedRow]:
    """Name the rows that contradict stored bars."""
    if not times:
        return []
    bars = intake.bars
    stored = store.read(bars.instrument.symbol, bars.timeframe, times[0], times[-1] + 1)
    rows = []
    for time in times:
        here, there = int(np.searchsorted(bars.open_time, time)), int(np.searchsorted(stored.open_time, time))
        found, before = bars.table.row(here, named=True), stored.table.row(there, named=True)
        reason = (
            f"time {iso_time(time)} is stored with other values: {difference(found, before)} in the store, which stays"
        )
        text = ",".join(str(value) for value in found.values())
        rows.append(QuarantinedRow(intake.report.files[intake.file[here]], int(intake.line[here]), reason, text))
    return rows


def _broken_rule(bars: BarFrame) -> str | None:
    """What is wrong with the first bar that breaks a rule of the market."""
    values = {name: bars.column(name) for name in bars.table.columns if name != "open_time"}
    found = faults(Rows(bars.open_time, values), bars.timeframe, now=None)
    if not found.any():
        return None
    first = int(np.flatnonzero(found)[0])
    row = {name: float(column[first]) for name, column in values.items()}
    time = int(bars.open_time[first])
    reason = describe(Fault(int(found[first])), time, row, timeframe=bars.timeframe, now=None)
    return f"{int((found > 0).sum())} bars break a rule, the first at {iso_time(time)}: {reason}"
