"""An order book onto stored bars: what it measured at their closes, ready to be stored beside them."""

import numpy as np

from alphaplus.core.bars import REQUIRED, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import MissingBars
from alphaplus.core.records import ImportReport
from alphaplus.market.account import Intake
from alphaplus.market.book_files import BookColumns
from alphaplus.market.order import gaps_of
from alphaplus.market.quality import iso_time
from alphaplus.market.sides import with_sides
from alphaplus.storage.base import BarStore


def measured_bars(columns: BookColumns, *, symbol: str, timeframe: Timeframe, store: BarStore) -> Intake:
    """Give the stored bars at whose closes a book was measured, with its columns and no other side columns.

    Raises MissingBars when none of them is stored: a book alone makes no bars.
    """
    times = columns.table["open_time"].to_numpy()
    stored = BarFrame.empty(Instrument(symbol), timeframe)
    if len(times) and store.span(symbol, timeframe) is not None:
        stored = store.read(symbol, timeframe, int(times[0]), int(times[-1]) + 1)
    table = stored.table.select(REQUIRED).filter(stored.table["open_time"].is_in(times))
    if not table.height:
        told = f"{len(times)} closes from {iso_time(int(times[0]) + timeframe.ms)}" if len(times) else "no close"
        raise MissingBars(
            f"the order book of {symbol} saw {told} of {timeframe} bars, and none of these bars is stored",
            hint="import their candles or trades first",
        )
    bars = with_sides(BarFrame(stored.instrument, timeframe, table), columns.table)
    report = ImportReport(
        files=columns.files,
        layout=columns.layout,
        rows=len(bars) + columns.refused,
        stored=0,
        duplicates=0,
        conflicts=0,
        quarantined=columns.quarantined,
        quarantined_count=columns.refused,
        gaps=gaps_of(bars),
        zero_volume=int((bars.column("volume") == 0.0).sum()),
        out_of_order=0,
        first=int(bars.open_time[0]),
        last=int(bars.open_time[-1]),
    )
    nowhere = np.zeros(len(bars), dtype=np.int32)
    return Intake(bars, report, nowhere, nowhere)
