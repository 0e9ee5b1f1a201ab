"""Compute features of stored bars, for people and files."""

from pathlib import Path

import polars as pl

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.compiling import compile_first
from alphaplus.workflows.series import symbols_for

WRITERS = (".csv", ".parquet")


class ComputeRequest(Request):
    """A named set or columns, of which series, and how many of the last bars; none of them: all."""

    set_name: str = "core"
    columns: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    last: int | None = None


def compute(request: ComputeRequest, ports: Ports) -> pl.DataFrame:
    """One row a bar and symbol: `symbol`, `open_time` (UTC), and the columns, codes as words.

    Features are computed from the first stored bar on, whatever is shown of them. Raises MissingBars when a series is
    not stored, UnknownName for a set or column that there is not.
    """
    if request.last is not None and request.last < 1:
        raise ConfigError(f"--last is {request.last}", hint="ask for one bar or more")
    chosen = FeatureSet("chosen", request.columns) if request.columns else feature_set(request.set_name)
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    compile_first(chosen, request.timeframe, ports)
    tables: list[pl.DataFrame] = []
    for symbol in symbols:
        ports.progress.stage(f"computing {symbol}")
        bars = ports.bars.read(symbol, request.timeframe)
        frame = compute_features(bars, chosen, cache_folder=ports.settings.cache_folder)
        table = frame.to_words()
        shown = table if request.last is None else table.tail(request.last)
        tables.append(shown.insert_column(0, pl.lit(bars.instrument.symbol).alias("symbol")))
    return pl.concat(tables)


def check_writable(path: Path) -> None:
    """Raise ConfigError when `write` could not write there: another ending, a folder that is not there, a folder."""
    if path.suffix not in WRITERS:
        raise ConfigError(f"{path} ends neither in .csv nor in .parquet", hint="choose one of the two")
    check_place(path)


def check_place(path: Path) -> None:
    """Raise ConfigError where no file can be: in a folder that is not there, or where a folder is."""
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}", hint="make it first, or choose another")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder, expected a file", hint="name a file in it")


def write(table: pl.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by the ending of the path; a file that is there is replaced.

    Raises ConfigError as `check_writable` does. In CSV what is unknown is empty and times are ISO 8601.
    """
    check_writable(path)
    if path.suffix == ".csv":
        table.fill_nan(None).write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    else:
        table.write_parquet(path)
