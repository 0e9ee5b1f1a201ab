"""The account of what was read: good rows become one series, and every row is somewhere in the report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.records import ImportReport, QuarantinedRow
from alphaplus.market.order import Ordered, gaps, order
from alphaplus.market.quality import Rows, iso_time

KEPT_ROWS = 1000  # refused rows that a report shows; all are counted


@dataclass(frozen=True, slots=True)
class Intake:
    """Bars that were read, and where each stood: index into the report's files, and line, (n,) each."""

    bars: BarFrame
    report: ImportReport
    file: NDArray[np.int32]
    line: NDArray[np.int32]


@dataclass(slots=True)
class Account:
    """What has been counted so far, of all texts together; `place` is what the number of a row is called."""

    place: str = "line"
    names: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    rows: int = 0
    refused: int = 0
    out_of_order: int = 0
    quarantined: list[QuarantinedRow] = field(default_factory=list)


def settle(
    instrument: Instrument,
    timeframe: Timeframe,
    *,
    rows: Rows,
    file: NDArray[np.int32],
    line: NDArray[np.int32],
    account: Account,
) -> Intake:
    """Order good rows into one series and close the account; `file` and `line` (n,) say where each row stood."""
    ordered = order(rows)
    account.quarantined.extend(_conflicts(rows, ordered, account, file=file, line=line))
    table = pl.DataFrame({"open_time": ordered.rows.open_time, **ordered.rows.values})
    kept = ordered.rows.open_time
    report = ImportReport(
        files=tuple(account.names),
        layout=" + ".join(dict.fromkeys(account.layouts)),
        rows=account.rows,
        stored=len(kept),
        duplicates=ordered.duplicates,
        conflicts=len(ordered.conflicts),
        quarantined=tuple(account.quarantined),
        quarantined_count=account.refused + len(ordered.conflicts),
        gaps=gaps(kept, timeframe),
        zero_volume=int((ordered.rows.values["volume"] == 0.0).sum()),
        out_of_order=account.out_of_order,
        first=int(kept[0]),
        last=int(kept[-1]),
    )
    bars = BarFrame(instrument, timeframe, table, report=report)
    return Intake(bars, report, file[ordered.kept], line[ordered.kept])


def _conflicts(
    rows: Rows, ordered: Ordered, account: Account, *, file: NDArray[np.int32], line: NDArray[np.int32]
) -> Iterator[QuarantinedRow]:
    """Name the rows that contradict an earlier one of the same time, as far as the report has room."""
    for position in ordered.conflicts[: KEPT_ROWS - len(account.quarantined)].tolist():
        time = int(rows.open_time[position])
        place = int(np.searchsorted(ordered.rows.open_time, time))
        first = int(ordered.kept[place])
        found = {name: float(column[position]) for name, column in rows.values.items()}
        before = {name: float(column[place]) for name, column in ordered.rows.values.items()}
        yield QuarantinedRow(
            account.names[file[position]],
            int(line[position]),
            f"time {iso_time(time)} is known with other values: {difference(found, before)} "
            f"in {account.place} {line[first]} of {account.names[file[first]]}, which stays",
            ",".join([str(time), *(repr(value) for value in found.values())]),
        )


def difference(found: Mapping[str, float], before: Mapping[str, float]) -> str:
    """Say in which column two bars of one time contradict each other first: `close is 1.0, 2.0`."""
    for name, value in found.items():
        known = before.get(name, np.nan)
        if value != known and not (np.isnan(value) or np.isnan(known)):
            return f"{name} is {value!r} here and {known!r}"
    return "the values are equal here and"
