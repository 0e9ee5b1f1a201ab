"""Train: hold out the last slice, validate, fit, calibrate, export, check, and score what was held out.

The steps of several trainings (folds and final fits) go through one parallel map, so that no core waits for another.
What is finished can be kept on disk, and is then read instead of done again.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from threadpoolctl import threadpool_limits

from alphaplus.core.cancel import Cancelled
from alphaplus.core.parallel import Backend, parallel_each
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Splits
from alphaplus.models.kept import FinalDone, FoldDone, Kept
from alphaplus.models.plan import Plan, finish
from alphaplus.models.spec import ModelSpec
from alphaplus.models.steps import FINAL, Done, Step, do_step
from alphaplus.models.training import Training
from alphaplus.models.validate import warn_of_short_range


class Watcher(Protocol):
    """Told how far a training has come."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage of `total` steps, None when their number is unknown."""
        ...

    def advance(self, done: int, note: str = "") -> None:
        """Report how many steps of the stage are done."""
        ...


def train(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    splits: Splits | None = None,
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    progress: Watcher | None = None,
) -> Training:
    """Train one spec on a dataset.

    The last fifth of the rows is held out; validation, fit and calibration see only the development part before it.
    Without `splits` it is validated by the usual walk-forward; gates judge by no other way but that and a rolling one.
    The same spec and dataset give the same artefact, whatever the back end. Raises NotEnoughSamples, SingleClass, and
    ParityError when the exported model does not say what the native one says.
    """
    plan = Plan.of(spec, dataset, splits=splits)
    if plan.short:
        warn_of_short_range(folds=len(plan.folds), rows=len(plan.outer.train))
    found: list[Training | Exception] = []
    train_all(
        [Going(plan, "the training")],
        finished=lambda _, outcome: found.append(outcome),
        backend=backend,
        workers=workers,
        progress=progress,
    )
    [outcome] = found
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@dataclass(slots=True)
class Going:
    """A training on its way: its plan, what messages call it, and where it keeps what is finished.

    `folder` is the one that its dataset lies in, None where it lies nowhere. `done` holds the finished steps; `over`
    tells that it is finished or has failed.
    """

    plan: Plan
    name: str
    kept: Kept | None = None
    folder: Path | None = None
    done: dict[int, Done] = field(default_factory=dict)
    over: bool = False

    def read(self) -> None:
        """Take what an earlier run has kept."""
        if self.kept is None:
            return
        for number in self.plan.numbers:
            found = self.kept.final() if number == FINAL else self.kept.fold(number)
            if found is not None:
                self.done[number] = found

    def take(self, number: int, done: Done) -> None:
        """Take a finished step, and keep it."""
        self.done[number] = done
        if self.kept is not None and isinstance(done, FoldDone):
            self.kept.keep_fold(done)
        elif self.kept is not None and isinstance(done, FinalDone):
            self.kept.keep_final(done)

    @property
    def missing(self) -> list[int]:
        """Numbers of the steps that are still to do."""
        return [number for number in self.plan.numbers if number not in self.done]


def train_all(
    trainings: Sequence[Going],
    *,
    finished: Callable[[int, Training | Exception], None],
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    progress: Watcher | None = None,
    cancelled: Cancelled | None = None,
) -> None:
    """Do the steps of all trainings and tell `finished(place, outcome)` of each when its last one is done.

    The outcome is the training, or the error of its first step that failed, of whatever class, the rest of which is
    then left out; the other trainings go on, unless `finished` itself raises. The back ends give the same artefacts.
    Processes map the folder of a dataset; one without is written to a temporary folder for them. Raises JobCancelled
    soon after `cancelled()` is true.
    """
    for going in trainings:
        going.read()
    kept = sum(len(going.done) for going in trainings)
    steps = [(place, going.plan.step(number)) for place, going in enumerate(trainings) for number in going.missing]
    if progress is not None:
        progress.stage("folds and final fits" + (f", {kept} more kept from before" if kept else ""), len(steps))

    def settle(place: int) -> None:
        going = trainings[place]
        if going.over or going.missing:
            return
        going.over = True
        try:
            outcome: Training | Exception = finish(going.plan, going.done)
        except Exception as error:
            outcome = error
        finished(place, outcome)
        going.done.clear()  # a grid would hold the predictions of all

    heard = 0

    def arrived(position: int, outcome: Done | Exception) -> None:
        nonlocal heard
        heard += 1
        place, step = steps[position]
        going = trainings[place]
        failed = outcome if isinstance(outcome, Exception) else _taken(going, step.number, outcome)
        if failed is None:
            settle(place)
        elif not going.over:
            going.over = True
            finished(place, failed)
        if progress is not None:
            progress.advance(heard)

    for place in range(len(trainings)):
        settle(place)
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))  # a fit has one thread, and sums come out the same everywhere
        sources = _sources(trainings, backend, stack)
        parallel_each(
            _do,
            steps,
            share=lambda numbered: sources[id(trainings[numbered[0]].plan.dataset)],
            arrived=arrived,
            backend=backend,
            workers=workers,
            name=lambda numbered: _called(trainings[numbered[0]], numbered[1].number),
            wanted=lambda numbered: not trainings[numbered[0]].over,
            cancelled=cancelled,
        )


def _taken(going: Going, number: int, done: Done) -> Exception | None:
    """Take a finished step; gives what went wrong with keeping it, such as a full disk."""
    try:
        going.take(number, done)
    except Exception as error:
        return error
    return None


def _do(numbered: tuple[int, Step], source: Dataset | Path) -> Done:
    return do_step(numbered[1], source)


def _called(going: Going, number: int) -> str:
    return f"the final fit of {going.name}" if number == FINAL else f"fold {number} of {going.name}"


def _sources(trainings: Sequence[Going], backend: Backend, stack: ExitStack) -> Mapping[int, Dataset | Path]:
    """Where the steps find each dataset, by its id: itself, or for processes the folder that it lies in."""
    if backend is not Backend.PROCESSES:
        return {id(going.plan.dataset): going.plan.dataset for going in trainings}
    sources: dict[int, Dataset | Path] = {}
    for going in trainings:
        dataset = going.plan.dataset
        if id(dataset) in sources:
            continue
        if going.folder is None:
            going.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alphaplus-")))
            dataset.save(going.folder)
        sources[id(dataset)] = going.folder
    return sources
