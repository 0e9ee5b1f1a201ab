"""Writing bars as CSV with a header, the plainest layout that can be read back."""

import gzip
from pathlib import Path

import polars as pl

from alphaplus.core.bars import BarFrame


def write_csv(bars: BarFrame, path: Path) -> None:
    """Write bars to `path`, compressed when it ends in `.gz`: the same bars give the same bytes.

    Numbers are written with as many digits as bring back the same double, unknown side values as nothing.
    """
    table = bars.table.rename({"open_time": "timestamp"}).with_columns(pl.selectors.float().fill_nan(None))
    content = table.write_csv().encode()
    Path(path).write_bytes(gzip.compress(content, mtime=0) if Path(path).suffix == ".gz" else content)
