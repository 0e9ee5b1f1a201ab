"""Does a feature keep the contract of its declaration? The checks that every registered feature must pass.

Each check looks at a whole set at once, for one compilation is dear, and answers with the columns at fault. Those that
need no declaration, and so hold for any function of bars, are in `leaks`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import REQUIRED, BarFrame
from alphaplus.features.contract import DENSE, features, is_carried, needed_clocks, total_memory, total_warmup
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.faults import Fault, Faults, Values, at, differences, plain
from alphaplus.features.leaks import SPREAD
from alphaplus.features.sets import FeatureSet


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
    return _unequal(trial, got, why="differs when bars come in chunks or one by one")


def restore_faults(trial: Trial, rng: np.random.Generator, *, restarts: int = 20) -> Faults:
    """An engine restored from a snapshot at random bars must continue with the same bits."""
    places = np.sort(rng.choice(np.arange(1, len(trial.rows)), size=min(restarts, len(trial.rows) - 1), replace=False))
    engine, got, done = trial.engine(), np.empty_like(trial.values), 0
    for place in [*places.tolist(), len(trial.rows)]:
        got[done:place] = engine.compute(trial.rows[done:place])
        snapshot, engine, done = engine.snapshot(), trial.engine(), place
        engine.restore(snapshot)
    return _unequal(trial, got, why="differs after a restart")


def warmup_faults(trial: Trial) -> Faults:
    """The first value must come at the declared bar, of a sparse column not earlier.

    The bars must start with a whole higher bar and have no gap.
    """
    faults: Faults = {}
    for place, column in enumerate(trial.feature_set.columns):
        known = np.flatnonzero(~np.isnan(trial.values[:, place]))
        declared = total_warmup(column, trial.bars.timeframe) * _bars_per_bar(trial, column)
        first = int(known[0]) + 1 if len(known) else None
        early = first is not None and first < declared
        if early if column in features.get(column).sparse else first != declared:
            faults[column] = Fault(column, f"first value at bar {first}, declared {declared}")
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
            short = [columns[place] for place in places]
            faults |= plain(short, f"{len(trial.rows)} bars cannot show a memory of {length}")
            continue
        late = trial.compute(trial.rows[-length - tail :])[-tail:]
        for place in places:
            known = trial.values[:, place][np.isfinite(trial.values[:, place])]
            spread = float(np.std(known)) if len(known) else 0.0
            early = trial.values[-tail:, place]
            both = np.isfinite(late[:, place]) & np.isfinite(early)
            worst = float(np.max(np.abs(late[both, place] - early[both]), initial=0.0))
            if worst > SPREAD * spread or not np.array_equal(np.isnan(late[:, place]), np.isnan(early)):
                faults[columns[place]] = Fault(columns[place], _remembered(length, worst, spread))
    return faults


def restart_faults(trial: Trial, rng: np.random.Generator, *, tail: int = 3_000) -> Faults:
    """After a gap too long for every clock all must be as if the bars began there, carried features excepted."""
    cut = int(rng.integers(len(trial.rows) // 2, len(trial.rows) * 3 // 4))
    columns, frame = trial.feature_set.columns, trial.bars.timeframe
    clocks = {clock.ms // frame.ms for column in columns for clock in needed_clocks(column)}
    longest = max({1, *clocks})
    late = trial.rows[: cut + tail].copy()
    late[cut:, 0] += (trial.feature_set.max_gap + 2) * longest * frame.ms
    got, fresh = trial.compute(late)[cut:], trial.compute(late[cut:])
    faults = differences(columns, got, fresh, times=late[cut:, 0], why="does not begin anew after a long gap")
    for place, column in enumerate(columns):
        if is_carried(column):
            faults.pop(column, None)
            spec = features.get(column)
            if spec.gaps == "carry" and DENSE.issuperset(spec.inputs) and np.isnan(got[0, place]):
                faults[column] = Fault(column, "declared to be carried over gaps, and is not")
    return faults


def short_gap_faults(trial: Trial, rng: np.random.Generator) -> Faults:
    """A gap of `max_gap` bars is passed over: what was known before it stays known."""
    cut = int(rng.integers(len(trial.rows) // 2, len(trial.rows) * 3 // 4))
    late = trial.rows.copy()
    late[cut:, 0] += trial.feature_set.max_gap * trial.bars.timeframe.ms
    lost = np.isnan(trial.compute(late)) & ~np.isnan(trial.values)
    return _first(trial, lost, why="unknown after a short gap")


def infinity_faults(trial: Trial) -> Faults:
    """No value may be infinite."""
    return _first(trial, np.isinf(trial.values), why="infinite")


def _unequal(trial: Trial, got: Values, *, why: str) -> Faults:
    return differences(trial.feature_set.columns, got, trial.values, times=trial.rows[:, 0], why=why)


def _first(trial: Trial, marks: NDArray[np.bool_], *, why: str) -> Faults:
    """Columns with a mark in any row, each at its first."""
    faults: Faults = {}
    for place, column in enumerate(trial.feature_set.columns):
        if marks[:, place].any():
            row = int(np.argmax(marks[:, place]))
            faults[column] = at(column, row, trial.rows[:, 0], trial.values[row, place], np.nan, why=why)
    return faults


def _remembered(length: int, worst: float, spread: float) -> str:
    """That the start still shows after `length` bars, by how much, and what to declare."""
    shown = f"moves the value by {worst / spread:.2g} of its spread" if spread else f"moves the value by {worst:.2g}"
    moved = shown if worst > SPREAD * spread else "decides whether there is a value"
    after = f"{length} bar{'' if length == 1 else 's'}"
    return f"after {after} the start still {moved}; declare a longer memory, or None for a running total"


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
