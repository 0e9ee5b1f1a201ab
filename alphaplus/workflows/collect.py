"""Bring files of candles into the store, list what is there, and read it all again to see that it is whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.core.records import ImportReport, QuarantinedRow, Series
from alphaplus.market.account import KEPT_ROWS, Intake, difference
from alphaplus.market.printable import printable
from alphaplus.market.quality import Fault, Rows, describe, faults, iso_time
from alphaplus.market.read import read_intake
from alphaplus.market.symbols import check_symbol, symbol_from_filename
from alphaplus.storage.base import BarStore
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.storage.verify import Verification, verify_bars

Progress = Callable[[int, int], None]


class ImportRequest(BaseModel):
    """Files to import, and what the caller knows about them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[Path, ...] = Field(min_length=1)
    symbol: str | None = Field(None, description="none: each file is named after its symbol")
    timeframe: Timeframe
    columns: Mapping[str, str] | None = Field(None, description="our column names to those of the file")
    time_unit: str | None = Field(None, description="s, ms, us or ns; none: as the layout says, else ms")
    utc: bool = Field(False, description="dates without a zone are UTC")
    venue: str = Field("", description="where the bars come from; `simulated` marks them as such for ever")
    fee_bps: float | None = Field(None, ge=0, description="what a trade costs there, one side")


@dataclass(frozen=True, slots=True)
class Imported:
    """One series after an import, and what became of the rows that were read for it."""

    series: Series
    report: ImportReport


def import_files(
    request: ImportRequest, store: BarStore, *, now: int, progress: Progress | None = None
) -> tuple[Imported, ...]:
    """Read files, then store their bars: one result for each symbol, in the order of the files.

    Everything is read and checked before anything is stored, so an error leaves the store as it was. Importing again
    changes nothing: every row is then a duplicate. `progress(done, total)` counts bytes read.

    Raises what `read_bars` raises, and ConfigError when a file name does not tell the symbol.
    """
    sizes = {path: path.stat().st_size if path.is_file() else 0 for path in request.files}
    intakes = []
    read = 0
    for symbol, paths in _by_symbol(request).items():

        def told(done: int, _: int, before: int = read) -> None:
            if progress is not None:
                progress(before + done, sum(sizes.values()))

        intake = read_intake(
            paths,
            symbol=symbol,
            timeframe=request.timeframe,
            now=now,
            columns=request.columns,
            time_unit=request.time_unit,
            utc=request.utc,
            progress=told,
        )
        intakes.append(intake)
        read += sum(sizes[path] for path in paths)
    return tuple(_store(intake, request, store) for intake in intakes)


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


def _store(intake: Intake, request: ImportRequest, store: BarStore) -> Imported:
    known = intake.bars.instrument
    fee_bps = known.fee_bps if request.fee_bps is None else request.fee_bps
    bars = replace(intake.bars, instrument=replace(known, venue=request.venue, fee_bps=fee_bps))
    appended = store.append(bars)
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
    symbol, timeframe = bars.instrument.symbol, bars.timeframe
    series = next(s for s in store.series() if (s.instrument.symbol, s.timeframe) == (symbol, timeframe))
    return Imported(series, report)


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
