"""Is this feature honest? The checks that every registered feature must pass, for features that users add as well.

Each check looks at a whole set at once, for one compilation is dear, and answers with the columns at fault and why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import REQUIRED, BarFrame
from alphaplus.core.errors import DataError
from alphaplus.features.contract import DENSE, features, is_carried, total_memory, total_warmup
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet

Values = NDArray[np.float64]
Compute = Callable[[Values], Values]  # rows (n, k) with open_time first -> values (n, p)
Faults = dict[str, str]  # column -> what is wrong with it

SPREAD = 1e-6  # share of a column's standard deviation by which the start may still show
SCALE = 1e6  # of the poison


class DishonestFeature(DataError):
    """A feature that does not keep the contract of its declaration."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A set to be judged on bars: how to make a fresh engine, the rows, and the batch values that all must equal."""

    feature_set: FeatureSet
    bars: BarFrame
    cache_folder: Path | None
    rows: Values
    values: Values

    @classmethod
    def begin(cls, feature_set: FeatureSet, bars: BarFrame, *, cache_folder: Path | None = None) -> "Trial":
        """Compute the batch values that the other ways are compared with."""
        engine = FeatureEngine(feature_set, bars.instrument, bars.timeframe, cache_folder=cache_folder)
        rows = bars.matrix(engine.inputs)
        return cls(feature_set, bars, cache_folder, rows, engine.compute(rows))

    def engine(self) -> FeatureEngine:
        """A fresh engine of the set."""
        bars = self.bars
        return FeatureEngine(self.feature_set, bars.instrument, bars.timeframe, cache_folder=self.cache_folder)

    def compute(self, rows: Values) -> Values:
        """Values of rows by a fresh engine; rows are not checked, so that they may be poisoned."""
        return self.engine().compute(rows, trusted=True)


def check_feature(column: str, bars: BarFrame, *, cuts: int = 50, seed: int = 0) -> None:
    """Hold one column against its declaration on `bars`; raises DishonestFeature with all that is wrong.

    Some thousand bars of real data are best; they must be more than the declared memory.
    """
    trial = Trial.begin(FeatureSet(f"check {column}", (column,)), bars)
    rng = np.random.default_rng(seed)
    found = {
        "streams like its batch": stream_faults(trial, rng),
        "survives a restart": restore_faults(trial, rng),
        "knows only the past (prefix)": prefix_faults(trial.compute, trial.rows, (column,), rng, cuts=cuts),
        "knows only the past (poison)": poison_faults(trial.compute, trial.rows, (column,), rng),
        "begins as declared": warmup_faults(trial),
        "forgets as declared": memory_faults(trial),
        "is finite": infinity_faults(trial),
        "begins anew after a long gap": restart_faults(trial, rng),
        "passes over a short gap": short_gap_faults(trial, rng),
    }
    wrong = [f"{name}: {faults[column]}" for name, faults in found.items() if column in faults]
    if wrong:
        raise DishonestFeature(f"feature {column} breaks its contract: {'; '.join(wrong)}", hint="see the contract")


def stream_faults(trial: Trial, rng: np.random.Generator, *, singles: int = 2_000) -> Faults:
    """Bars in random chunks, then one by one through `push` with forming bars in between, must give the same bits."""
    engine, got, done = trial.engine(), np.empty_like(trial.values), 0
    split = max(0, len(trial.rows) - singles)
    while done < split:
        step = min(int(rng.choice([1, 1, 2, 7, 100, 1500])), split - done)
        got[done : done + step] = engine.compute(trial.rows[done : done + step])
        done += step
    for place in range(split, len(trial.rows)):
        if rng.random() < 0.2:
            engine.push(_forming(trial.rows[place]), forming=True)
        got[place] = engine.push(trial.rows[place])
    return _differences(trial.feature_set.columns, got, trial.values)


def restore_faults(trial: Trial, rng: np.random.Generator, *, restarts: int = 20) -> Faults:
    """An engine restored from a snapshot at random bars must continue with the same bits."""
    places = np.sort(rng.choice(np.arange(1, len(trial.rows)), size=min(restarts, len(trial.rows) - 1), replace=False))
    engine, got, done = trial.engine(), np.empty_like(trial.values), 0
    for place in [*places.tolist(), len(trial.rows)]:
        got[done:place] = engine.compute(trial.rows[done:place])
        snapshot, engine, done = engine.snapshot(), trial.engine(), place
        engine.restore(snapshot)
    return _differences(trial.feature_set.columns, got, trial.values)


def prefix_faults(
    compute: Compute, rows: Values, columns: tuple[str, ...], rng: np.random.Generator, *, cuts: int = 50
) -> Faults:
    """The values of any first part of the rows must be the first part of the values."""
    whole = compute(rows)
    faults: Faults = {}
    for cut in rng.integers(1, len(rows), size=cuts).tolist():
        faults |= _differences(columns, compute(rows[:cut]), whole[:cut])
    return faults


def poison_faults(
    compute: Compute, rows: Values, columns: tuple[str, ...], rng: np.random.Generator, *, cuts: int = 10
) -> Faults:
    """Rows after a cut become NaN, a million times themselves, or run backwards: nothing up to the cut may change."""
    whole = compute(rows)
    faults: Faults = {}
    for cut in rng.integers(1, len(rows), size=cuts).tolist():
        future = rows[cut:, 1:]
        for poison in (np.full_like(future, np.nan), future * SCALE, future[::-1]):
            poisoned = rows.copy()
            poisoned[cut:, 1:] = poison
            faults |= _differences(columns, compute(poisoned)[:cut], whole[:cut])
    return faults


def warmup_faults(trial: Trial) -> Faults:
    """The first value must come at the declared bar; the bars must start with a whole higher bar and have no gap."""
    faults = {}
    for place, column in enumerate(trial.feature_set.columns):
        known = np.flatnonzero(~np.isnan(trial.values[:, place]))
        declared = total_warmup(column, trial.bars.timeframe) * _bars_per_bar(trial, column)
        first = int(known[0]) + 1 if len(known) else None
        if first != declared:
            faults[column] = f"first value at bar {first}, declared {declared}"
    return faults


def memory_faults(trial: Trial, *, tail: int = 300) -> Faults:
    """From the declared memory on, an engine that starts later must agree to a millionth of the column's spread."""
    columns = trial.feature_set.columns
    faults: Faults = {}
    by_length: dict[int, list[int]] = {}
    for place, column in enumerate(columns):
        memory = total_memory(column, trial.bars.timeframe)
        if memory is not None:
            by_length.setdefault((memory + 1) * _bars_per_bar(trial, column), []).append(place)
    for length, places in by_length.items():
        if length + tail >= len(trial.rows):
            faults |= {columns[place]: f"{len(trial.rows)} bars cannot show a memory of {length}" for place in places}
            continue
        late = trial.compute(trial.rows[-length - tail :])[-tail:]
        for place in places:
            known = trial.values[:, place][np.isfinite(trial.values[:, place])]
            spread = float(np.std(known)) if len(known) else 0.0
            early = trial.values[-tail:, place]
            both = np.isfinite(late[:, place]) & np.isfinite(early)
            worst = float(np.max(np.abs(late[both, place] - early[both]), initial=0.0))
            if worst > SPREAD * spread or not np.array_equal(np.isnan(late[:, place]), np.isnan(early)):
                faults[columns[place]] = f"off by {worst / spread if spread else worst:.1e} of its spread at {length}"
    return faults


def restart_faults(trial: Trial, rng: np.random.Generator, *, tail: int = 3_000) -> Faults:
    """After a gap too long for every clock all must be as if the bars began there, carried features excepted."""
    cut = int(rng.integers(len(trial.rows) // 2, len(trial.rows) * 3 // 4))
    columns, frame = trial.feature_set.columns, trial.bars.timeframe
    longest = max(_bars_per_bar(trial, column) for column in columns)
    late = trial.rows[: cut + tail].copy()
    late[cut:, 0] += (trial.feature_set.max_gap + 2) * longest * frame.ms
    got, fresh = trial.compute(late)[cut:], trial.compute(late[cut:])
    faults = _differences(columns, got, fresh)
    for place, column in enumerate(columns):
        if is_carried(column):
            faults.pop(column, None)
            spec = features.get(column)
            if spec.gaps == "carry" and DENSE.issuperset(spec.inputs) and np.isnan(got[0, place]):
                faults[column] = "declared to be carried over gaps, and is not"
    return faults


def short_gap_faults(trial: Trial, rng: np.random.Generator) -> Faults:
    """A gap of `max_gap` bars is passed over: what was known before it stays known."""
    cut = int(rng.integers(len(trial.rows) // 2, len(trial.rows) * 3 // 4))
    late = trial.rows.copy()
    late[cut:, 0] += trial.feature_set.max_gap * trial.bars.timeframe.ms
    lost = np.isnan(trial.compute(late)) & ~np.isnan(trial.values)
    return dict.fromkeys(_where(trial, lost), "unknown after a short gap")


def infinity_faults(trial: Trial) -> Faults:
    """No value may be infinite."""
    return dict.fromkeys(_where(trial, np.isinf(trial.values)), "infinite")


def _where(trial: Trial, marks: NDArray[np.bool_]) -> list[str]:
    """Columns with a mark in any row."""
    return [column for place, column in enumerate(trial.feature_set.columns) if bool(marks[:, place].any())]


def _bars_per_bar(trial: Trial, column: str) -> int:
    every = features.get(column).every
    return 1 if every is None else every.ms // trial.bars.timeframe.ms


def _forming(row: Values) -> Values:
    """A bar as it might have looked before it closed."""
    early = row.copy()
    low, high, close = (REQUIRED.index(name) for name in ("low", "high", "close"))
    early[close] = 0.5 * (row[low] + row[high])
    early[REQUIRED.index("volume")] *= 0.5
    return early


def _differences(columns: tuple[str, ...], got: Values, expected: Values) -> Faults:
    """Columns whose bits differ; NaN equals NaN."""
    same = _bits(got) == _bits(expected)
    same |= np.isnan(got) & np.isnan(expected)
    faults = {}
    for place in np.flatnonzero(~same.all(axis=0)).tolist():
        row = int(np.flatnonzero(~same[:, place])[0])
        faults[columns[place]] = f"row {row} is {got[row, place]!r}, expected {expected[row, place]!r}"
    return faults


def _bits(values: Values) -> NDArray[np.int64]:
    return np.ascontiguousarray(values).view(np.int64)
