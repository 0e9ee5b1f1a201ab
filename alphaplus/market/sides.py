"""Side columns onto bars: order flow and the order book beside prices, NaN where they are not known."""

import polars as pl

from alphaplus.core.bars import BarFrame


def with_sides(bars: BarFrame, columns: pl.DataFrame) -> BarFrame:
    """Give bars with the side columns of a table, matched by its `open_time`.

    What bars know already stays; the rest is taken from the table, and NaN where that does not know it or has no such
    time. Times without a bar are left out. Raises BadBars for columns that bars do not have.
    """
    names = [name for name in columns.columns if name != "open_time"]
    told = bars.table.select("open_time").join(columns, on="open_time", how="left", maintain_order="left")
    known = {name: pl.Series(name, bars.column(name)) if name in bars.table.columns else None for name in names}
    filled = []
    for name in names:
        fresh, before = told[name].fill_null(float("nan")), known[name]
        filled.append(fresh if before is None else before.zip_with(before.is_not_nan(), fresh))
    return BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(filled), report=bars.report)
