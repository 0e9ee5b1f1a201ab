"""Reading every stored bar again, and saying what is not as it was written."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import BadBars, StorageError
from alphaplus.storage import manifest as manifests
from alphaplus.storage.manifest import Manifest, Part
from alphaplus.storage.parquet import ParquetBarStore, read_part
from alphaplus.storage.parts import periods

Rules = Callable[[BarFrame], str | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one file of the store."""

    file: str
    message: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How much was read again, and what was wrong with it."""

    series: int
    parts: int
    bars: int
    problems: tuple[Problem, ...]


def verify_bars(
    store: ParquetBarStore, *, rules: Rules, progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Read every part of every series and check hash, schema, order, grid, period and the numbers in the manifest.

    `rules` says what is wrong with the values of some bars, None when nothing is. `progress(done, total)` counts
    series.
    """
    problems: list[Problem] = []
    parts = bars = 0
    folders = store.series_folders()
    for done, folder in enumerate(folders, start=1):
        try:
            manifest = manifests.load(folder)
        except StorageError as error:
            problems.append(Problem(str(folder / manifests.FILE), error.message))
            continue
        if manifest is not None:
            problems.extend(_misplaced(store, folder, manifest))
            for part in manifest.parts:
                found = _wrong(folder, part, manifest, rules)
                problems.extend(Problem(str(folder / part.name), message) for message in found)
                parts += 1
                bars += part.bars
        if progress is not None:
            progress(done, len(folders))
    return Verification(len(folders), parts, bars, tuple(problems))


def _misplaced(store: ParquetBarStore, folder: Path, manifest: Manifest) -> list[Problem]:
    path, parts = folder / manifests.FILE, manifest.parts
    found = []
    if folder != store.series_folder(manifest.instrument.symbol, manifest.timeframe):
        found.append(f"{manifest.instrument.symbol} {manifest.timeframe} does not belong into this folder")
    if any(after.first <= before.last for before, after in pairwise(parts)):
        found.append("its parts overlap")
    return [Problem(str(path), message) for message in found]


def _wrong(folder: Path, part: Part, manifest: Manifest, rules: Rules) -> list[str]:
    timeframe = manifest.timeframe
    try:
        bars = BarFrame(manifest.instrument, timeframe, read_part(folder, part))
    except FileNotFoundError:
        return ["the file is missing"]
    except (StorageError, BadBars) as error:
        return [error.message]
    times = bars.open_time
    found = []
    if not len(times) or (len(times), int(times[0]), int(times[-1])) != (part.bars, part.first, part.last):
        return ["it does not hold the bars that the manifest says"]
    if bool(np.any((times - timeframe.offset_ms) % timeframe.ms)):
        found.append(f"some times are off the grid of {timeframe}")
    if [period for period, _ in periods(times, timeframe)] != [part.period]:
        found.append(f"some times are outside {part.period}")
    broken = rules(bars)
    return found if broken is None else [*found, broken]
