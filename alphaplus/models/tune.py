"""Tune: look for better parameters of a family on purged folds of the development part, and doubt what is found.

The untouched slice is cut off before anything else happens, and no fold tests rows that a selection of columns was
decided on. What a trial is judged by is its skill against the base
rate, the mean over the folds; a trial below the median of the others is given up on the way (`study.hopeless`). The
first trial has the parameters of the spec, and they win unless another is better by more than the luck of so many
tries: see `docs/decisions/tuning.md`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.cancel import Cancelled, stop_if
from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError, SingleClass
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import PurgedKFold, WalkForward, holdout
from alphaplus.evaluation.baselines import base_rate
from alphaplus.evaluation.losses import binary_log_loss, squared_error
from alphaplus.evaluation.overfit import expected_best
from alphaplus.models.fit import fit
from alphaplus.models.model import headline
from alphaplus.models.plan import check_spec
from alphaplus.models.search import Search, defaults_of, space_of
from alphaplus.models.spec import ModelSpec
from alphaplus.models.study import Study, Tried, hopeless, open_study
from alphaplus.models.train import Watcher
from alphaplus.models.validate import folds_of

BLOCKS = 16  # S of combinatorially symmetric cross-validation

Splits: TypeAlias = PurgedKFold | WalkForward
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A trial with the spec it stands for, and the range of `as_of` (ms UTC) that its blocks cover."""

    study: str
    spec: ModelSpec
    tried: Tried
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a tuning found.

    `spec` is the winner, `trials` are all of the study, the one with the parameters that were given first. `best` is
    the position of the one with the most skill among those that were not pruned, whether it won or not. `noise` is how
    much more skill than the first one the best of so many equally good ones would show, on average.
    """

    spec: ModelSpec
    trials: tuple[Judged, ...]
    best: int
    noise: float
    interrupted: bool
    seconds: float

    @property
    def gain(self) -> float:
        """How much more skill the best trial has than the first one."""
        return self.trials[self.best].tried.value - self.trials[0].tried.value

    @property
    def noise_share(self) -> float:
        """The share of the gain, up to 1, that is within noise."""
        return min(1.0, self.noise / self.gain) if self.gain > 0.0 else 1.0

    @property
    def kept(self) -> bool:
        """Whether the parameters that were given won."""
        return self.spec == self.trials[0].spec

    @property
    def pruned(self) -> int:
        """How many trials were given up on the way."""
        return sum(judged.tried.pruned for judged in self.trials)

    def summary(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "study": self.trials[0].study,
            "params": dict(self.spec.params),
            "kept": self.kept,
            "gain": self.gain,
            "noise": self.noise,
            "pruned": self.pruned,
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 2),
            "trials": [
                {
                    "params": dict(judged.spec.params),
                    "skill": judged.tried.value,
                    "error": judged.tried.error,
                    "folds": len(judged.tried.running),
                    "pruned": judged.tried.pruned,
                }
                for judged in self.trials
            ],
        }


def tune(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    folds: Splits | None = None,
    folder: Path | None = None,
    judged: Callable[[Judged], None] | None = None,
    progress: Watcher | None = None,
    cancelled: Cancelled | None = None,
    clock: Callable[[], float] = monotonic,
) -> Tuning:
    """Search the parameters of a spec that it does not fix.

    The budget is `trials` in all, those of earlier calls included, or `minutes` of this call, whichever is first; the
    first trial is always finished. Without `folds` it is judged by five purged ones, of columns that were selected only
    on the rows after that decision. `folder` keeps studies, each under the hash of all that decides it, and the same
    call goes on where another one ended; without it nothing is kept. `judged` hears of every trial of the study, of
    those of earlier calls at once, of a new one before it is kept; so it may hear of one twice. An interrupt
    (Ctrl-C) gives the best so far, once there is one.

    Raises ConfigError when there is nothing to search or no budget, or when the columns were chosen on rows that one of
    `folds` tests; JobCancelled before the next fit once `cancelled()` is true; and what `fit` and the splits raise.
    """
    if trials is None and minutes is None:
        raise ConfigError("a tuning needs an end", hint="give it trials, minutes or both")
    if (trials is not None and trials < 1) or (minutes is not None and not minutes > 0):
        raise ConfigError(f"a tuning of {trials} trials and {minutes} minutes", hint="both are positive where given")
    check_spec(spec, dataset)
    begun = clock()
    space = space_of(spec.family, fixed=spec.params)
    development = dataset.rows(holdout(dataset).train)
    splits = folds if folds is not None else _usual_folds(development)
    bench = _Bench(development, splits)
    key = _key(spec, development, space=space, splits=splits)

    def heard(tried: Tried, *, first: bool) -> Judged:
        made = spec if first else replace(spec, params={**spec.params, **tried.params})
        found = Judged(key, made, tried, bench.first, bench.last)
        if judged is not None:
            judged(found)
        return found

    defaults = defaults_of(spec.family, space)
    with open_study(folder / key if folder is not None else None, space, defaults=defaults, seed=spec.seed) as study:
        found = [heard(tried, first=not place) for place, tried in enumerate(study.tried)]
        if progress is not None:
            progress.stage("tuning", trials)
        deadline = None if minutes is None else begun + 60.0 * minutes
        interrupted = False
        try:
            while trials is None or len(found) < trials:
                if progress is not None:
                    progress.advance(len(found), _note(found, deadline, clock()))
                tried = _trial(
                    spec,
                    study,
                    bench,
                    found,
                    late=lambda: deadline is not None and clock() >= deadline,
                    cancelled=cancelled,
                )
                if tried is None:
                    break
                found.append(heard(tried, first=not found))
                study.judge(tried)
        except KeyboardInterrupt:
            if not found:
                raise
            interrupted = True
    best, won, noise = choose([one.tried for one in found], scale=bench.scale)
    return Tuning(found[best if won else 0].spec, tuple(found), best, noise, interrupted, clock() - begun)


def choose(trials: Sequence[Tried], *, scale: float) -> tuple[int, bool, float]:
    """Position of the trial with the most skill, whether it beats the first one, and the noise of that comparison.

    Both were judged on the same rows, so the standard error is that of their difference, over blocks that are long
    against the label. The best of many equally good trials looks better than the first one by more than one of these:
    by as many as the expected best of so many (Bailey and Lopez de Prado 2014) says; that is what it must exceed.
    `scale` is the mean loss of the base rate, which turns loss into skill.
    """
    finished = [place for place, tried in enumerate(trials) if not tried.pruned]
    best = max(finished, key=lambda place: (trials[place].value, -place))
    if best == 0:
        return 0, False, 0.0
    difference = np.subtract(trials[best].blocks, trials[0].blocks)
    error = float(difference.std(ddof=1)) / np.sqrt(len(difference))
    noise = error * max(1.0, expected_best(len(trials) - 1, deviation=1.0))
    return best, bool(difference.mean() > noise), float(noise / scale)


def block_means(gains: Floats) -> tuple[float, ...]:
    """Mean of the gains (n,), which are in order of time, in each of 16 equal blocks; those that are NaN left out."""
    return tuple(float(block.mean()) for block in np.array_split(gains[np.isfinite(gains)], BLOCKS))


def _usual_folds(development: Dataset) -> PurgedKFold:
    """Five purged folds; none tests a row whose answer had a part in the selection of columns."""
    selection = development.selection
    return PurgedKFold(tested_from=None if selection is None else selection.until + 1)


class _Bench:
    """The folds, with what the base rate loses on their test rows, and the blocks over all of these."""

    def __init__(self, development: Dataset, splits: Splits) -> None:
        self.rows, self.folds = development, folds_of(development, splits)
        regression = development.task is Task.REGRESSION
        self._loss = squared_error if regression else binary_log_loss
        self._base = []
        for fold in self.folds:
            train, test = development.rows(fold.train), development.rows(fold.test)
            guess = base_rate(train.actual, train.before, test.before, task=development.task)
            self._base.append(self._loss(test.actual, guess))
            if not np.nanmean(self._base[-1]) > 0.0:
                raise SingleClass("the label has one value in a whole fold", hint="widen the date range")
        tested = np.concatenate([fold.test for fold in self.folds])
        as_of = development.as_of[tested]
        self.first, self.last = int(as_of.min()), int(as_of.max())
        self._order = np.argsort(as_of, kind="stable")
        self.scale = float(np.nanmean(np.concatenate(self._base)))

    def gains(self, spec: ModelSpec) -> Iterator[Floats]:
        """Fold by fold, by how much the fitted spec loses less than the base rate on each test row; NaN unjudged."""
        for fold, base in zip(self.folds, self._base, strict=True):
            fitted, test = fit(spec, self.rows.rows(fold.train)), self.rows.rows(fold.test)
            outputs = fitted.predict(test.X)
            regression = self.rows.task is Task.REGRESSION
            predicted = outputs[:, 0] if regression else headline(outputs, self.rows.label)
            yield base - self._loss(test.actual, predicted)

    def skill(self, place: int, gains: Floats) -> float:
        """Skill of one fold: the share of the base rate's loss that was gained."""
        return float(np.nanmean(gains) / np.nanmean(self._base[place]))

    def blocks(self, gains: Sequence[Floats]) -> tuple[float, ...]:
        """Mean gain in each of 16 equal blocks of all test rows in order of time."""
        return block_means(np.concatenate(gains)[self._order])


def _trial(
    spec: ModelSpec,
    study: Study,
    bench: _Bench,
    found: Sequence[Judged],
    *,
    late: Callable[[], bool],
    cancelled: Cancelled | None,
) -> Tried | None:
    """Judge the next proposal fold by fold; None when time ran out before it was judged."""
    if found and late():
        return None
    params = study.propose()
    own = replace(spec, params={**spec.params, **params}) if found else spec
    finished = [one.tried for one in found if not one.tried.pruned]
    gains: list[Floats] = []
    skills: list[float] = []
    running: list[float] = []
    stop_if(cancelled)
    for gained in bench.gains(own):
        gains.append(gained)
        skills.append(bench.skill(len(skills), gained))
        running.append(float(np.mean(skills)))
        if len(gains) == len(bench.folds):
            break
        if hopeless(running, finished):
            return Tried(params, tuple(running))
        if found and late():
            return None
        stop_if(cancelled)
    blocks = bench.blocks(gains)
    error = float(np.std(blocks, ddof=1)) / np.sqrt(len(blocks)) / bench.scale
    return Tried(params, tuple(running), blocks, float(error))


def _key(spec: ModelSpec, rows: Dataset, *, space: dict[str, Search], splits: Splits) -> str:
    """Hash of all that decides a study; parameters that are searched are not in the spec."""
    folds = {"kind": type(splits).__name__, **asdict(splits)}
    return stable_hash({"spec": spec.to_json(), "rows": rows.hash, "space": space, "folds": folds})[:32]


def _note(found: Sequence[Judged], deadline: float | None, now: float) -> str:
    """The best skill so far, and the minutes left where they are limited."""
    parts = []
    if found:
        best = max(one.tried.value for one in found if not one.tried.pruned)
        parts.append(f"best skill {best:+.4f}")
        parts.append(f"{sum(one.tried.pruned for one in found)} pruned")
    if deadline is not None:
        parts.append(f"{max(deadline - now, 0.0) / 60.0:.1f} min left")
    return ", ".join(parts)
