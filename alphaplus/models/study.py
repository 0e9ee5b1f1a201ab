"""A study: the trials of one tuning, kept on disk so that it goes on where it was killed.

Optuna proposes and keeps its journal, a file of JSON lines. A trial enters it in one line once it is judged, so what
ran when the process died has left no trace and is tried again; since a proposal depends on the seed and on the trials
before it alone, a study that was interrupted comes to the same trials as one that was not.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from alphaplus.core.errors import StorageError
from alphaplus.models.search import Search
from alphaplus.storage.durable import locked, make_folder

if TYPE_CHECKING:
    from optuna import Study as OptunaStudy
    from optuna.storages import JournalStorage
    from optuna.trial import Trial as OptunaTrial

JOURNAL, LOCK = "journal.log", "lock"
NAME = "study"
LEAST_FINISHED = 5  # trials before any is pruned
WARM_UP = 2  # folds that every trial gets


@dataclass(frozen=True, slots=True)
class Tried:
    """One judged trial.

    `params` are the searched parameters, `running` the mean skill after each fold, `blocks` the mean gain over the
    base rate in each of the equal blocks of its out-of-sample rows in order of time, in the unit of the loss; a pruned
    trial has none. `error` is the standard error of `value`.
    """

    params: Mapping[str, float]
    running: tuple[float, ...]
    blocks: tuple[float, ...] = ()
    error: float | None = None

    @property
    def pruned(self) -> bool:
        """Whether it was given up before its last fold."""
        return not self.blocks

    @property
    def value(self) -> float:
        """Mean skill over the folds it was given."""
        return self.running[-1]


def hopeless(running: Sequence[float], finished: Sequence[Tried]) -> bool:
    """Whether a trial's running mean is below the median of what finished trials had after as many folds.

    The median rule of Golovin et al., Google Vizier (2017). Every trial gets two folds, and the first five all.
    """
    folds = len(running)
    if folds < WARM_UP or len(finished) < LEAST_FINISHED:
        return False
    return running[-1] < median(tried.running[folds - 1] for tried in finished)


class Study:
    """The trials of one tuning and the proposals that follow from them; made by `open_study`."""

    def __init__(
        self, space: Mapping[str, Search], *, defaults: Mapping[str, float], seed: int, storage: "JournalStorage | None"
    ) -> None:
        import optuna

        self._space, self._defaults, self._seed = dict(space), dict(defaults), seed
        if storage is not None and optuna.get_all_study_names(storage):
            self._kept = optuna.load_study(study_name=NAME, storage=storage)
        else:
            self._kept = optuna.create_study(study_name=NAME, storage=storage, direction="maximize")
        # asked and told in memory, so that only judged trials reach the disk
        self._asked: OptunaStudy = optuna.create_study(direction="maximize")
        self._asked.add_trials(self._kept.get_trials())
        self._open: OptunaTrial | None = None

    @property
    def tried(self) -> list[Tried]:
        """Judged trials, oldest first; the first one has the defaults."""
        return [
            Tried(
                params=self._read(trial.params),
                running=tuple(value for _, value in sorted(trial.intermediate_values.items())),
                blocks=tuple(trial.user_attrs.get("blocks", ())),
                error=trial.user_attrs.get("error"),
            )
            for trial in self._kept.get_trials(deepcopy=False)
        ]

    def propose(self) -> dict[str, float]:
        """The parameters of the next trial: the defaults first, then what the earlier ones suggest."""
        import optuna

        number = len(self._kept.get_trials(deepcopy=False))
        state = np.random.SeedSequence([self._seed, number]).generate_state(1)
        self._asked.sampler = optuna.samplers.TPESampler(seed=int(state[0]))
        if not number:
            self._asked.enqueue_trial(self._defaults)
        self._open = trial = self._asked.ask()
        for name, search in self._space.items():
            if search.whole:
                trial.suggest_int(name, int(search.low), int(search.high), log=search.log)
            else:
                trial.suggest_float(name, search.low, search.high, log=search.log)
        return self._read(trial.params)

    def judge(self, tried: Tried) -> None:
        """Keep the trial that was proposed last, with what became of it; it is on disk when this returns."""
        from optuna.trial import TrialState

        if self._open is None:
            raise RuntimeError("no trial was proposed")
        for fold, value in enumerate(tried.running):
            self._open.report(value, fold)
        if tried.pruned:
            told = self._asked.tell(self._open, state=TrialState.PRUNED)
        else:
            self._open.set_user_attr("blocks", list(tried.blocks))
            self._open.set_user_attr("error", tried.error)
            told = self._asked.tell(self._open, tried.value)
        self._open = None
        self._kept.add_trial(told)

    def _read(self, params: Mapping[str, Any]) -> dict[str, float]:
        """Parameters as a spec has them."""
        return {name: search.rounded(params[name]) for name, search in self._space.items()}


@contextmanager
def open_study(
    folder: Path | None, space: Mapping[str, Search], *, defaults: Mapping[str, float], seed: int
) -> Iterator[Study]:
    """Open a study in a folder, or in memory where there is none; who comes second waits until the first is done.

    Raises StorageError when the journal in the folder cannot be read.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if folder is None:
        yield Study(space, defaults=defaults, seed=seed, storage=None)
        return
    make_folder(folder, mode=0o700)
    with locked(folder / LOCK):
        yield Study(space, defaults=defaults, seed=seed, storage=_journal(folder / JOURNAL))


def _journal(path: Path) -> "JournalStorage":
    """Optuna's journal, mended of what a death in the middle of a write leaves; the caller holds the folder's lock."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)  # Optuna's own, which a dead process does not free
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"the journal of the tuning cannot be read: {error}",
            hint=f"remove {path.parent} to begin anew; its trials stay counted",
        ) from error
