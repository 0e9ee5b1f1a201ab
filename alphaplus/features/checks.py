"""Is this feature honest? All checks in order, each with its verdict, for columns and for plain functions of bars."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, BarFrame, Timeframe
from alphaplus.core.errors import DataError
from alphaplus.features.contract import features, needed_clocks, total_memory, total_warmup
from alphaplus.features.faults import DishonestFeature, Fault, Faults, Values, differences, plain
from alphaplus.features.hindsight import alien_faults, canary_faults, label_faults
from alphaplus.features.leaks import (
    clock_faults,
    least_rows,
    poison_faults,
    prefix_faults,
    repaint_faults,
    repeat_faults,
    start_faults,
)
from alphaplus.features.sets import FeatureSet
from alphaplus.features.trial import (
    Trial,
    infinity_faults,
    memory_faults,
    restart_faults,
    restore_faults,
    short_gap_faults,
    stream_faults,
    warmup_faults,
)

SHORT = 3_000  # bars for the checks that compute everything again and again
TAIL = 300  # bars compared behind the memory

FromBars = Callable[[BarFrame], ArrayLike]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found: the promise it is about, the columns that break it, or why it could not be judged."""

    check: str
    promise: str
    faults: Faults
    skipped: str = ""

    @property
    def held(self) -> bool:
        """Whether it was judged and no column breaks the promise."""
        return not self.faults and not self.skipped


@dataclass(frozen=True, slots=True)
class Report:
    """All verdicts about some columns."""

    columns: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def honest(self) -> bool:
        """Whether no check found a fault."""
        return not any(verdict.faults for verdict in self.verdicts)

    def faults(self, column: str) -> dict[str, Fault]:
        """The faults of one column by the name of the check."""
        return {verdict.check: verdict.faults[column] for verdict in self.verdicts if column in verdict.faults}

    def first(self, column: str) -> Fault | None:
        """The fault of a column that shows at the earliest bar; one at no bar in particular comes last."""
        found = list(self.faults(column).values())
        return min(found, key=lambda fault: np.inf if fault.row is None else fault.row, default=None)

    def to_json(self) -> list[dict[str, object]]:
        """Plain values, a verdict each."""
        return [
            {
                "check": verdict.check,
                "promise": verdict.promise,
                "held": verdict.held,
                "skipped": verdict.skipped,
                "faults": [fault.to_json() for fault in verdict.faults.values()],
            }
            for verdict in self.verdicts
        ]


PROMISES = {
    "shape": "gives one value for every bar",
    "repeat": "gives the same values for the same bars",
    "stream": "streams like its batch",
    "restore": "survives a restart",
    "prefix": "knows only the past (prefix)",
    "poison": "knows only the past (poison)",
    "repaint": "never repaints",
    "clock": "waits until higher bars are closed",
    "warmup": "begins as declared",
    "memory": "forgets as declared",
    "start": "does not count rows",
    "infinity": "is finite",
    "restart": "begins anew after a long gap",
    "short gap": "passes over a short gap",
    "canary": "does not know the next bar",
    "alien": "knows nothing from elsewhere",
    "label": "is not the label",
}
"""Every check by its name, in the words of what a feature promises."""

Check = Callable[[], Faults]


def check_feature(column: str, bars: BarFrame, *, cuts: int = 50, seed: int = 0) -> None:
    """Hold one column against its declaration on `bars`; raises DishonestFeature with all that is wrong.

    Some thousand bars of real data are best; they must be more than the declared memory.
    """
    report = check_columns((column,), bars, cuts=cuts, seed=seed)
    wrong = [f"{PROMISES[name]}: {fault}" for name, fault in report.faults(column).items()]
    wrong += [f"{verdict.promise}: {verdict.skipped}" for verdict in report.verdicts if verdict.skipped]
    if wrong:
        raise DishonestFeature(f"feature {column} breaks its contract: {'; '.join(wrong)}", hint="see the contract")


def check_columns(
    columns: tuple[str, ...], bars: BarFrame, *, cuts: int = 50, seed: int = 0, cache_folder: Path | None = None
) -> Report:
    """Judge registered columns together, by everything that the contract asks and every trick that leaks are known by.

    Checks that these bars cannot decide are skipped and say so; `bars_needed` tells how many would do.
    """
    trial = Trial.begin(FeatureSet("checked", columns), bars, cache_folder=cache_folder)
    rng = np.random.default_rng(seed)
    known = max(bars_until_known(column, bars.timeframe) for column in columns)
    part = trial.rows[: max(SHORT, 2 * known)]
    least = least_rows(trial.compute, part)
    return _judge(
        columns,
        {
            "repeat": lambda: repeat_faults(trial.compute, part, columns),
            "stream": lambda: stream_faults(trial, rng),
            "restore": lambda: restore_faults(trial, rng),
            "prefix": lambda: prefix_faults(trial.compute, part, columns, rng, cuts=cuts, least=least),
            "poison": lambda: poison_faults(trial.compute, part, columns, rng, least=least),
            "repaint": lambda: repaint_faults(trial.compute, part, columns),
            "clock": lambda: clock_faults(trial.compute, part, columns, bars.timeframe, rng),
            "warmup": lambda: warmup_faults(trial),
            "memory": lambda: memory_faults(trial, tail=TAIL),
            "infinity": lambda: infinity_faults(trial),
            "restart": lambda: restart_faults(trial, rng),
            "short gap": lambda: short_gap_faults(trial, rng),
            "canary": lambda: canary_faults(columns, trial.values, trial.rows, bayes=bars.bayes),
            "alien": lambda: alien_faults(trial.compute, trial.rows, columns, rng),
        },
        skipped={"warmup": _unfit_for_warmup(bars, columns, known), "memory": _too_few(columns, bars)},
    )


def check_function(
    function: FromBars,
    bars: BarFrame,
    *,
    columns: tuple[str, ...] = ("values",),
    memory: int | None = None,
    cuts: int = 50,
    seed: int = 0,
) -> Report:
    """Judge any function that is given bars and gives values (n,) or (n, p), a table of pandas or Polars included.

    `memory` is the number of bars after which earlier ones no longer show; where it is not known half of the bars are
    allowed. Nothing is assumed of what the function does: rows without values must be NaN.
    """
    rng = np.random.default_rng(seed)
    bars = bars.rows(max(0, len(bars) - SHORT), len(bars))
    inputs = (*REQUIRED, *(name for name in SIDE_COLUMNS if name in bars.table.columns))
    rows = bars.matrix(inputs)

    def compute(part: Values) -> Values:
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # poisoned bars make any function complain
            warnings.simplefilter("ignore")
            values = _values(function(_bars(bars, part, inputs)))
        return _shaped(values, len(part), columns)

    def guarded(check: Check) -> Faults:
        try:
            return check()
        except Exception as error:  # a stranger's function may raise anything; that is the verdict
            return plain(columns, f"raises {type(error).__name__}: {error}")

    try:
        least = least_rows(compute, rows)
    except Exception as error:
        why = f"cannot be computed: {type(error).__name__}: {error}"
        return _judge(columns, {"shape": lambda: plain(columns, why)})
    whole = lru_cache(lambda: compute(rows))
    checks: dict[str, Check] = {
        "prefix": lambda: prefix_faults(compute, rows, columns, rng, cuts=cuts, least=least),
        "shape": dict,
        "repeat": lambda: repeat_faults(compute, rows, columns),
        "poison": lambda: poison_faults(compute, rows, columns, rng, least=least),
        "repaint": lambda: repaint_faults(compute, rows, columns),
        "clock": lambda: clock_faults(compute, rows, columns, bars.timeframe, rng),
        "start": lambda: start_faults(compute, rows, columns, rng, memory=memory),
        "canary": lambda: canary_faults(columns, whole(), rows, bayes=bars.bayes),
        "alien": lambda: alien_faults(compute, rows, columns, rng),
    }
    return _judge(columns, {name: partial(guarded, check) for name, check in checks.items()})


def check_table(
    values: ArrayLike,
    bars: BarFrame,
    *,
    columns: tuple[str, ...] = ("values",),
    y: NDArray[np.float64] | None = None,
    later: tuple[ArrayLike, BarFrame] | None = None,
) -> Report:
    """Judge values that are given and cannot be computed anew: (n,) or (n, p), one row a bar.

    What is left are statistics: no column may know the next bar, nor be the label `y` (n,) in other words. `later` is
    the same table as it was given when more bars were known, with these bars: values that both have must agree.
    """
    table, rows = _values(values), bars.matrix(REQUIRED)
    try:
        _shaped(table, len(bars), columns)
    except DataError as error:
        why = str(error)
        return _judge(columns, {"shape": lambda: plain(columns, why)})
    checks: dict[str, Check] = {
        "shape": dict,
        "canary": lambda: canary_faults(columns, table, rows, bayes=bars.bayes),
    }
    if y is not None:
        checks["label"] = lambda: label_faults(columns, table, y)
    if later is not None:
        checks["repaint"] = lambda: _changed(columns, table, bars, _values(later[0]), later[1])
    return _judge(columns, checks)


def bars_needed(columns: tuple[str, ...], timeframe: Timeframe) -> int:
    """Bars that decide every check of these columns well."""
    return max(SHORT, _remembered(columns, timeframe) + TAIL)


def _remembered(columns: tuple[str, ...], timeframe: Timeframe) -> int:
    """Bars that show the longest memory: its length, and some to compare after it."""
    lengths = [
        (max(total_warmup(column, timeframe), total_memory(column, timeframe) or 0) + 1)
        * bars_per_bar(column, timeframe)
        for column in columns
    ]
    return max(lengths) + TAIL + 1


def bars_until_known(column: str, timeframe: Timeframe) -> int:
    """Bars to the declared first value of the column."""
    return total_warmup(column, timeframe) * bars_per_bar(column, timeframe)


def bars_per_bar(column: str, timeframe: Timeframe) -> int:
    """How many bars of the timeframe make one bar of the column's own clock."""
    every = features.get(column).every
    return 1 if every is None else max(1, every.ms // timeframe.ms)


def _judge(
    columns: tuple[str, ...], checks: Mapping[str, Check], *, skipped: Mapping[str, str] | None = None
) -> Report:
    """The verdicts of the checks, run in the order given and told in that of PROMISES."""
    found: dict[str, Verdict] = {}
    for name, check in checks.items():
        reason = (skipped or {}).get(name, "")
        found[name] = Verdict(name, PROMISES[name], {} if reason else check(), reason)
    return Report(columns, tuple(found[name] for name in PROMISES if name in found))


def _too_few(columns: tuple[str, ...], bars: BarFrame) -> str:
    needed = _remembered(columns, bars.timeframe)
    return "" if len(bars) >= needed else f"{len(bars):,} bars cannot show a memory that takes {needed:,}"


def _unfit_for_warmup(bars: BarFrame, columns: tuple[str, ...], known: int) -> str:
    """Why the first value cannot be told from these bars, or nothing."""
    if len(bars) <= known:
        return f"the first value comes after {known:,} bars and {len(bars):,} are there"
    if int(bars.missing_before[: known + 1].max(initial=0)) > 0:
        return f"bars are missing among the first {known + 1:,}"
    clocks = {clock for column in columns for clock in needed_clocks(column)}
    inside = [clock for clock in clocks if clock.floor(int(bars.open_time[0])) != int(bars.open_time[0])]
    return f"the bars start inside a bar of {', '.join(sorted(inside))}" if inside else ""


def _bars(like: BarFrame, rows: Values, inputs: tuple[str, ...]) -> BarFrame:
    """Bars of rows, as a function expects them."""
    table = pl.DataFrame({name: rows[:, place] for place, name in enumerate(inputs)})
    return BarFrame(like.instrument, like.timeframe, table.with_columns(pl.col("open_time").cast(pl.Int64)))


def _values(given: ArrayLike) -> Values:
    """Whatever a function gives as float64 (n, p); raises DataError for what is no table of numbers."""
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"a feature gave {type(given).__name__}, not numbers", hint="return an array") from error
    return values[:, None] if values.ndim == 1 else values


def _shaped(values: Values, count: int, columns: tuple[str, ...]) -> Values:
    """The values, if there is one for every bar and column; raises DataError."""
    if values.shape != (count, len(columns)):
        message = f"{count} bars and {len(columns)} columns are given values of shape {values.shape}"
        raise DataError(message, hint="one value for every bar: a row that is left out shifts all others")
    return values


def _changed(columns: tuple[str, ...], table: Values, bars: BarFrame, later: Values, later_bars: BarFrame) -> Faults:
    """Values of a table that are others in a later edition of it."""
    both, here, there = np.intersect1d(bars.open_time, later_bars.open_time, return_indices=True)
    why = "is another value in the later edition"
    return differences(columns, later[there], table[here], times=both.astype(np.float64), why=why)
