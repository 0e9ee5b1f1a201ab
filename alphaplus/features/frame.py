"""Computed features: one row a bar, one column a feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.errors import UnknownName
from alphaplus.features.contract import features


@dataclass(frozen=True, slots=True)
class FeatureFrame:
    """Features of one instrument and timeframe, oldest first.

    `open_time`: (n,) int64, ms UTC; `values`: (n, p) float64 in the order of `columns`, NaN where a feature is not
    known. A row is knowable at the close of its bar.
    """

    instrument: Instrument
    timeframe: Timeframe
    columns: tuple[str, ...]
    open_time: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.open_time)

    @property
    def close_time(self) -> NDArray[np.int64]:
        """When each row became known (n,), ms UTC."""
        return self.open_time + self.timeframe.ms

    def column(self, name: str) -> NDArray[np.float64]:
        """One column (n,); raises UnknownName."""
        if name not in self.columns:
            raise UnknownName(name, kind="feature column", known=self.columns)
        return self.values[:, self.columns.index(name)]

    def to_polars(self) -> pl.DataFrame:
        """`open_time` and every column as a Polars table; NaN stays NaN."""
        table = pl.from_numpy(self.values, schema=list(self.columns), orient="row")
        return table.insert_column(0, pl.Series("open_time", self.open_time))

    def to_words(self) -> pl.DataFrame:
        """As `to_polars` for people: times in UTC, and codes as the words that they stand for, null where unknown."""
        words = {column: features.get(column).words.get(column) for column in self.columns}
        coded = {
            column: {float(code): word for code, word in codes.items()} for column, codes in words.items() if codes
        }
        return self.to_polars().with_columns(
            pl.col("open_time").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
            *(
                pl.col(column).fill_nan(None).replace_strict(codes, default=None, return_dtype=pl.String)
                for column, codes in coded.items()
            ),
        )

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas is not among our own packages
        """Every column as a pandas table, indexed by `open_time` in UTC; needs pandas."""
        from alphaplus.core.optional import require

        pandas = require("pandas", extra="test")
        index = pandas.to_datetime(self.open_time, unit="ms", utc=True).rename("open_time")
        return pandas.DataFrame(self.values, columns=list(self.columns), index=index)
