"""Every attempt at a slot, for ever: how many there were, and whether the best of them is merely the best of many.

N, the number of trials of a slot, is the number of different specs that were ever tried for it: those of all its
versions, whatever became of them, and those of all its recorded trials, pruned ones included. A refresh, the same spec
on newer bars, is no new trial. N goes into the deflated Sharpe ratio, the blocks into the probability of overfitting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from alphaplus.evaluation.overfit import pbo_of_blocks
from alphaplus.registry.versions import ModelStore, Slot

ALONGSIDE = 0.25  # of a block: how far the ends of two ranges may lie apart for their blocks to be compared


@dataclass(frozen=True, slots=True)
class Trial:
    """One spec tried for a slot.

    `study` names the tuning it was part of, "" for a training that was not tuned. `value` is its skill against the
    base rate on out-of-sample rows and `error` the standard error of that. `blocks` are the mean gains over the base
    rate in equal blocks of these rows in order of time, which begin at `first` and end at `last` (ms UTC); a pruned
    trial has none. `at` is when it was recorded, ms UTC.
    """

    slot: Slot
    study: str
    spec_hash: str
    family: str
    params: Mapping[str, object]
    value: float
    error: float | None
    blocks: tuple[float, ...]
    first: int
    last: int
    pruned: bool
    dataset_hash: str
    at: int


class TrialLog(Protocol):
    """Keeps trials; nothing is ever changed or removed."""

    def add(self, trial: Trial) -> bool:
        """Record a trial; gives False, and changes nothing, when the study's trial of this spec is there already."""
        ...

    def of_slot(self, slot: Slot) -> list[Trial]:
        """All trials of a slot, oldest first."""
        ...


class MemoryTrialLog:
    """A trial log in memory, for tests and notebooks."""

    def __init__(self) -> None:
        self._trials: dict[tuple[Slot, str, str], Trial] = {}

    def add(self, trial: Trial) -> bool:
        """Record a trial; see `TrialLog`."""
        key = (trial.slot, trial.study, trial.spec_hash)
        return self._trials.setdefault(key, trial) is trial

    def of_slot(self, slot: Slot) -> list[Trial]:
        """All trials of a slot, oldest first."""
        return [trial for trial in self._trials.values() if trial.slot == slot]


def count_trials(store: ModelStore, log: TrialLog, slot: Slot) -> int:
    """N: how many different specs were tried for the slot."""
    return len(
        {version.spec.hash for version in store.find(slot=slot)} | {trial.spec_hash for trial in log.of_slot(slot)}
    )


def tried_first(store: ModelStore, log: TrialLog, slot: Slot, spec_hash: str) -> bool:
    """Whether this spec is the first that was ever tried for the slot: it was chosen before any result was seen."""
    tried = [(trial.at, trial.spec_hash) for trial in log.of_slot(slot)]
    tried += [(version.created_at, version.spec.hash) for version in store.find(slot=slot)]
    return bool(tried) and min(tried, key=lambda one: one[0])[1] == spec_hash


def overfitting(trials: Sequence[Trial], spec_hash: str) -> float | None:
    """Probability that the best of the trials beside which this spec was judged is overfitted; None without any.

    Beside it are the trials, its own included, whose blocks cover the same time; where the spec was tried several
    times, the time that most trials share counts. Pruned trials have no blocks and are left out.
    """
    finished = [trial for trial in trials if trial.blocks]
    own = [trial for trial in finished if trial.spec_hash == spec_hash]
    together = [_alongside(one, finished) for one in own]
    most = max(together, key=len, default=[])
    return pbo_of_blocks(np.array(most).T) if len(most) > 1 else None


def _alongside(own: Trial, finished: Sequence[Trial]) -> list[tuple[float, ...]]:
    """Blocks of the specs that were judged on the same time as this one, each spec once."""
    slack = ALONGSIDE * (own.last - own.first) / len(own.blocks)
    found: dict[str, tuple[float, ...]] = {}
    for trial in finished:
        near = abs(trial.first - own.first) <= slack and abs(trial.last - own.last) <= slack
        if near and len(trial.blocks) == len(own.blocks):
            found.setdefault(trial.spec_hash, trial.blocks)
    return list(found.values())
