"""Which columns a dataset keeps: decided on all its labelled bars, of which what is tested later is hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import NotEnoughSamples
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.select import Rules, choose
from alphaplus.datasets.splits import LEAST_ROWS, WalkForward, holdout
from alphaplus.features.checks import bars_until_known
from alphaplus.features.faults import Faults, earliest
from alphaplus.features.hindsight import alien_faults, canary_faults
from alphaplus.features.leaks import poison_faults, prefix_faults
from alphaplus.features.sets import FeatureSet
from alphaplus.features.trial import Trial

NAMED = 5  # columns a message names
LEAK_BARS = 1_500  # of the first series, its oldest, on which every column has a value
MOST_LEAK_BARS = 32_000  # with the bars before the first values; twenty days of minutes are 28,800
LEAK_CUTS = 12
UNJUDGED = "not judged: no value in the bars looked at"


class Measure(Protocol):
    """Gives the importance of every column, learned from the rows of a dataset alone."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names of the distributions that it may learn with, whose versions decide its answers, too."""
        ...

    def __call__(self, dataset: Dataset, /) -> Mapping[str, float]:
        """Importance by column; zero or less is no help."""
        ...

    def to_json(self) -> Mapping[str, Any]:
        """What decides its answers, as plain values for a recipe."""
        ...


@dataclass(frozen=True, slots=True)
class Leaks:
    """Columns that look ahead, and how, and those of which it cannot be told, and why."""

    found: Mapping[str, str] = field(default_factory=dict)
    unjudged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidates:
    """All labelled rows in order of time, and what is the same for all of them.

    values: (n, p) float64, NaN where a column is not known. `answers` are the other arrays of a Dataset, `facts` what
    it has besides rows. `bars` counts the bars that they were labelled from.
    """

    columns: tuple[str, ...]
    values: NDArray[np.float64]
    answers: Mapping[str, Any]
    facts: Mapping[str, Any]
    bars: int

    def dataset(self, columns: Sequence[str], *, among: NDArray[np.bool_] | None = None) -> Dataset:
        """The rows `among` all in which every one of the columns is known; raises NotEnoughSamples for none."""
        among = np.ones(len(self.values), dtype=np.bool_) if among is None else among
        values = self.values[among][:, [self.columns.index(name) for name in columns]]
        missing = np.isnan(values)
        share = missing.mean(axis=0) if len(missing) else np.zeros(len(columns))
        keep = ~missing.any(axis=1)
        if not keep.any():
            raise nothing_left(self.bars, columns, share)
        return Dataset(
            X=np.ascontiguousarray(values[keep], dtype=np.float32),
            **{name: array[among][keep] for name, array in self.answers.items()},
            missing_share=share,
            columns=tuple(columns),
            **self.facts,
        )


def selected(candidates: Candidates, rules: Rules, *, leaks: Leaks, measure: Measure | None) -> Dataset:
    """The dataset of the columns that are kept, decided before anything is tested.

    Which rows are tested depends on the rows that are left, and these on the columns; where the decision has looked too
    far it is made again on less.
    """
    as_of, span_end = candidates.answers["as_of"], candidates.answers["span_end"]
    if not len(as_of):
        raise nothing_left(candidates.bars)
    begin = int(as_of[0]) + (int(as_of[-1]) - int(as_of[0])) // 2
    while True:
        seen = span_end < begin

        selection = choose(
            candidates.columns,
            candidates.values[seen],
            until=int(span_end[seen].max(initial=0)),
            rules=rules,
            leaking=leaks.found,
            unjudged=leaks.unjudged,
            importance=None if measure is None else partial(_measured, measure, candidates, seen),
        )
        dataset = candidates.dataset(selection.kept)
        tested = _first_tested(dataset)
        if tested >= begin:
            return replace(dataset, selection=selection)
        begin = tested


def _measured(
    measure: Measure, candidates: Candidates, seen: NDArray[np.bool_], names: tuple[str, ...], known: NDArray[np.bool_]
) -> Mapping[str, float]:
    """The importance of columns on those of the seen rows where all of them are known."""
    among = seen.copy()
    among[seen] = known
    return measure(candidates.dataset(names, among=among))


def _first_tested(dataset: Dataset) -> int:
    """When the first row is tested by the walk-forward of a training (ms UTC): of the part before the hold-out."""
    development = dataset.rows(holdout(dataset).train) if len(dataset) >= LEAST_ROWS else dataset
    return WalkForward.for_timeframe(dataset.timeframe).first_test(development)


def find_leaks(bars: BarFrame, features: FeatureSet, *, cache_folder: Path | None) -> Leaks:
    """What a sample of the oldest bars tells: their future is cut off, poisoned, guessed, and that of another market.

    The sample reaches as far as columns need to have values in it, as long as that can be afforded.
    """
    firsts = [bars_until_known(column, bars.timeframe) for column in features.columns]
    known = max((first for first in firsts if first + LEAK_BARS <= MOST_LEAK_BARS), default=1)
    trial = Trial.begin(features, bars.rows(0, known + LEAK_BARS), cache_folder=cache_folder)
    rows, columns, rng = trial.rows, features.columns, np.random.default_rng(0)
    faults: Faults = {}
    for least in sorted({1, min(known, max(1, len(rows) // 2))}):  # some cuts anywhere, some where all have values
        cut_off = prefix_faults(trial.compute, rows, columns, rng, cuts=LEAK_CUTS, least=least)
        poisoned = poison_faults(trial.compute, rows, columns, rng, cuts=LEAK_CUTS, least=least)
        faults = earliest(faults, earliest(cut_off, poisoned))
    faults = earliest(faults, canary_faults(columns, trial.values, rows, bayes=trial.bars.bayes))
    faults = earliest(faults, alien_faults(trial.compute, rows, columns, rng))
    silent = [column for place, column in enumerate(columns) if not np.isfinite(trial.values[:, place]).any()]
    return Leaks({column: str(fault) for column, fault in faults.items()}, dict.fromkeys(silent, UNJUDGED))


def nothing_left(count: int, columns: Sequence[str] = (), share: NDArray[np.float64] | None = None) -> NotEnoughSamples:
    """Why no row of so many bars is left: columns that never had a value (their `share` is 1), or nothing in common."""
    absent = list(columns) if share is None else [name for name, one in zip(columns, share, strict=True) if one == 1.0]
    if absent:
        named = ", ".join(absent[:NAMED]) + (f" and {len(absent) - NAMED} more" if len(absent) > NAMED else "")
        return NotEnoughSamples(
            f"of {count} bars none has a value of {named}",
            hint="use a longer series, a feature set that needs only what these bars carry, or let --select drop them",
            columns=absent,
        )
    return NotEnoughSamples(
        f"of {count} bars none has both all features and a label",
        hint="use more bars, an earlier start or a shorter horizon",
    )
