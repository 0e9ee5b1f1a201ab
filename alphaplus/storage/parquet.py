"""Bars as Parquet files: a folder a series, a part file a month or year, and a manifest of the parts that count."""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, BarFrame, Timeframe
from alphaplus.core.errors import MissingBars, StorageError
from alphaplus.core.hashing import hash_bytes
from alphaplus.core.records import Series
from alphaplus.storage import manifest as manifests
from alphaplus.storage import parts as part_files
from alphaplus.storage.base import Appended
from alphaplus.storage.durable import (
    TEMPORARY,
    Checkpoint,
    flush_folder,
    locked,
    make_folder,
    no_checkpoint,
    write_durably,
)
from alphaplus.storage.manifest import Manifest, Part
from alphaplus.storage.merge import merge, merge_instruments, no_bars, storable, stored_symbol

_LOCK = ".lock"
_ATTEMPTS = 20  # a reader starts again when a writer replaced the parts under it


class ParquetBarStore:
    """Keeps bars below `folder`.

    An append writes new part files, then replaces the manifest: before that moment nothing has happened, after it
    everything has, whatever dies. Writers of a series take turns by a lock file, readers never wait. Files carry the
    hash of their content, and every read verifies it. `checkpoint` is called at named points of an append.
    """

    def __init__(self, folder: Path, *, checkpoint: Checkpoint = no_checkpoint) -> None:
        self.folder = Path(folder)
        self._checkpoint = checkpoint

    def append(self, bars: BarFrame) -> Appended:
        """Add bars; see BarStore. When it returns, they are on disk."""
        bars = storable(bars)
        if not len(bars):
            return Appended(0, 0)
        folder = self.series_folder(bars.instrument.symbol, bars.timeframe)
        try:
            make_folder(folder)
            with locked(folder / _LOCK):
                self._checkpoint("locked")
                return self._append(folder, bars)
        except OSError as error:
            raise StorageError(
                f"cannot write to {error.filename or folder}: {error.strerror}",
                hint="nothing of this append was taken; check free space and permissions, then repeat it",
            ) from error

    def read(self, symbol: str, timeframe: Timeframe, start: int | None = None, end: int | None = None) -> BarFrame:
        """Read bars; see BarStore. Raises StorageError when a file is not what was written."""

        def wanted(manifest: Manifest) -> list[Part]:
            parts = manifest.parts
            return [p for p in parts if (start is None or p.last >= start) and (end is None or p.first < end)]

        frame = self._read(symbol, timeframe, wanted)
        if not len(frame) or (start is None and end is None):
            return frame
        first, last = int(frame.open_time[0]), int(frame.open_time[-1])
        return frame.between(first if start is None else start, last + 1 if end is None else end)

    def last(self, symbol: str, timeframe: Timeframe, count: int) -> BarFrame:
        """Read the newest bars; see BarStore."""

        def wanted(manifest: Manifest) -> list[Part]:
            chosen: list[Part] = []
            for part in reversed(manifest.parts):
                if sum(p.bars for p in chosen) >= count:
                    break
                chosen.insert(0, part)
            return chosen

        frame = self._read(symbol, timeframe, wanted)
        return frame.rows(max(0, len(frame) - count), len(frame))

    def span(self, symbol: str, timeframe: Timeframe) -> tuple[int, int] | None:
        """First and last open time; see BarStore."""
        manifest = manifests.load(self.series_folder(symbol, timeframe))
        return None if manifest is None else (manifest.parts[0].first, manifest.parts[-1].last)

    def series(self) -> list[Series]:
        """All series; see BarStore."""
        found = [manifests.load(folder) for folder in self.series_folders()]
        known = [manifest.series for manifest in found if manifest is not None]
        return sorted(known, key=lambda series: (series.instrument.symbol, series.timeframe.ms))

    def series_folders(self) -> list[Path]:
        """The folders in which a series lies."""
        return sorted(path.parent for path in self.folder.glob(f"*/*/{manifests.FILE}"))

    def series_folder(self, symbol: str, timeframe: Timeframe) -> Path:
        """Where a series lies: a readable name made of safe characters, and a hash that keeps symbols apart."""
        symbol = stored_symbol(symbol)
        readable = re.sub(r"[^A-Z0-9]", "_", symbol)[:32]
        return self.folder / f"{readable}-{hash_bytes(symbol.encode())[:8]}" / timeframe.value

    def _read(self, symbol: str, timeframe: Timeframe, wanted: Callable[[Manifest], list[Part]]) -> BarFrame:
        symbol, folder = stored_symbol(symbol), self.series_folder(symbol, timeframe)
        for _ in range(_ATTEMPTS):
            manifest = manifests.load(folder)
            if manifest is None:
                raise MissingBars(
                    f"no bars of {symbol} {timeframe}",
                    hint=f"alphaplus data import FILE --symbol {symbol} --timeframe {timeframe}",
                    symbol=symbol,
                    timeframe=timeframe.value,
                    folder=str(self.folder),
                )
            try:
                tables = [read_part(folder, part) for part in wanted(manifest)]
            except FileNotFoundError as error:
                if manifests.load(folder) == manifest:
                    raise StorageError(
                        f"a part of {symbol} {timeframe} is missing: {error.filename}",
                        hint=f"restore it, or remove {folder} and import the data again",
                    ) from error
                continue
            table = pl.concat(tables, how="diagonal") if tables else no_bars()
            return BarFrame(manifest.instrument, timeframe, _with_sides(table, manifest.sides))
        raise StorageError(f"{symbol} {timeframe} is being rewritten all the time", hint="try again when writers rest")

    def _append(self, folder: Path, bars: BarFrame) -> Appended:
        manifest = manifests.load(folder)
        known = Manifest(bars.instrument, bars.timeframe, (), ()) if manifest is None else manifest
        instrument = merge_instruments(known.instrument, bars.instrument)
        by_period = {part.period: part for part in known.parts}
        changed: dict[str, Part] = {}
        stored = duplicates = 0
        conflicts: list[int] = []
        sides = set(known.sides)
        for period, rows in part_files.periods(bars.open_time, bars.timeframe):
            table = no_bars() if period not in by_period else read_part(folder, by_period[period])
            merged = merge(table, bars.table[rows])
            stored += merged.stored
            duplicates += merged.duplicates
            conflicts.extend(merged.conflicts.tolist())
            if merged.changed:
                changed[period] = self._write_part(folder, period, merged.table)
                sides.update(merged.table.columns[len(REQUIRED) :])
        if changed or instrument != known.instrument:
            flush_folder(folder)
            after = known.with_parts(changed, instrument, tuple(name for name in SIDE_COLUMNS if name in sides))
            manifests.save(folder, after, checkpoint=self._checkpoint)
            self._sweep(folder, after)
        return Appended(stored, duplicates, tuple(conflicts))

    def _write_part(self, folder: Path, period: str, table: pl.DataFrame) -> Part:
        content = part_files.encode(table)
        digest = sha256(content).hexdigest()
        path = folder / f"{period}-{digest[:16]}.parquet"
        write_durably(path, content, flush=False, checkpoint=self._checkpoint)
        times = table["open_time"]
        return Part(path.name, period, digest, table.height, int(times[0]), int(times[-1]))

    def _sweep(self, folder: Path, manifest: Manifest) -> None:
        """Remove files that no manifest names: parts that were replaced, and leftovers of writers that died."""
        current = {part.name for part in manifest.parts}
        for path in folder.iterdir():
            if path.suffix == TEMPORARY or (path.suffix == ".parquet" and path.name not in current):
                path.unlink(missing_ok=True)
        self._checkpoint("swept")


def read_part(folder: Path, part: Part) -> pl.DataFrame:
    """Read one part and verify its hash; raises StorageError, and FileNotFoundError when it is not there."""
    content = (folder / part.name).read_bytes()
    if sha256(content).hexdigest() != part.sha256:
        raise StorageError(
            f"{folder / part.name} is not what was written: its hash differs",
            hint=f"restore it, or remove {folder} and import the data again",
        )
    return part_files.decode(content)


def _with_sides(table: pl.DataFrame, sides: tuple[str, ...]) -> pl.DataFrame:
    """Columns in the order of the schema, every side column of the series among them, NaN where a part lacks it."""
    absent = [pl.lit(np.nan, dtype=pl.Float64).alias(name) for name in sides if name not in table.columns]
    table = table.with_columns(absent).select(*REQUIRED, *sides)
    return table.with_columns(pl.col(name).fill_null(np.nan) for name in sides if table[name].null_count())
