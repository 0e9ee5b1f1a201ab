"""The plan of one training: what is held out, which folds are fitted, and how the finished steps become a training."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import Any

from alphaplus.core.errors import ConfigError
from alphaplus.core.hashing import stable_hash
from alphaplus.core.version import code_version
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Fold, Splits, WalkForward, holdout
from alphaplus.models.judge import judged
from alphaplus.models.kept import FinalDone, FoldDone
from alphaplus.models.outofsample import out_of_sample
from alphaplus.models.spec import ModelSpec
from alphaplus.models.steps import FINAL, Done, Step
from alphaplus.models.training import Training
from alphaplus.models.validate import folds_of, gathered


@dataclass(frozen=True)
class Plan:
    """One training before it is done: the spec, the dataset, its untouched last slice, and the folds before that.

    Folds hold positions in the whole dataset. `short` tells that the range was too short for the usual folds.
    """

    spec: ModelSpec
    dataset: Dataset
    splits: Splits
    outer: Fold
    folds: tuple[Fold, ...]
    short: bool

    @classmethod
    def of(cls, spec: ModelSpec, dataset: Dataset, *, splits: Splits | None = None) -> "Plan":
        """Plan to train a spec on a dataset, by default with the usual walk-forward of its timeframe.

        Raises ConfigError when the dataset is not the one the spec speaks of, NotEnoughSamples when it cannot be split.
        """
        check_spec(spec, dataset)
        splits = splits if splits is not None else WalkForward.for_timeframe(dataset.timeframe)
        outer = holdout(dataset)
        development = dataset.rows(outer.train)
        folds = tuple(
            replace(fold, train=outer.train[fold.train], test=outer.train[fold.test])
            for fold in folds_of(development, splits)
        )
        return cls(spec, dataset, splits, outer, folds, splits.is_short(development))

    @cached_property
    def dataset_hash(self) -> str:
        """Content hash of the dataset."""
        return self.dataset.hash

    @cached_property
    def key(self) -> str:
        """The same for plans that give the same training: spec, data, splits, code and libraries are the same."""
        return stable_hash([self.spec.hash, self.dataset_hash, self.scheme, code_version()])

    @property
    def scheme(self) -> dict[str, Any]:
        """How the development part is split, as plain values."""
        return {"name": self.splits.name, **asdict(self.splits)}  # type: ignore[call-overload]  # each is a dataclass

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of all steps, the longest first."""
        return (FINAL, *range(len(self.folds)))

    def step(self, number: int) -> Step:
        """One step, with all that it needs besides the dataset."""
        return Step.of(self.spec, number, self.outer if number == FINAL else self.folds[number])


def finish(plan: Plan, done: Mapping[int, Done]) -> Training:
    """Put the finished steps together and score the untouched slice."""
    begun = perf_counter()
    final = done[FINAL]
    folds = [one for _, one in sorted(done.items()) if isinstance(one, FoldDone)]
    if not isinstance(final, FinalDone) or len(folds) != len(plan.folds):
        raise ValueError(f"{sorted(done)} are not the steps of a training of {len(plan.folds)} folds")
    validation = gathered([(one.scored, one.oos) for one in folds])
    dataset, outer, model = plan.dataset, plan.outer, final.model
    test = dataset.rows(outer.test)
    held = out_of_sample(dataset, model.predict(test.X), train=outer.train, test=outer.test)
    return judged(
        model,
        dataset,
        parity=final.parity,
        folds=validation.folds,
        paths=validation.paths,
        held=held,
        splits={
            "name": plan.splits.name,
            "forward": plan.splits.forward,
            "folds": len(validation.folds),
            "short_range": plan.short,
            "scheme": plan.scheme,
        },
        samples=len(outer.train),
        seconds=perf_counter() - begun + sum(one.seconds for one in done.values()),
    )


def check_spec(spec: ModelSpec, dataset: Dataset) -> None:
    """Raise ConfigError when the dataset is not the one the spec speaks of."""
    found = ModelSpec.of(dataset, family=spec.family, params=spec.params, seed=spec.seed, anomaly=spec.anomaly)
    if found.hash != spec.hash:
        there, asked = found.to_json(), spec.to_json()
        wrong = [name for name in {**there, **asked} if there.get(name) != asked.get(name)]
        raise ConfigError(f"spec and dataset differ in {wrong}", hint="build the spec with ModelSpec.of(dataset, ...)")
