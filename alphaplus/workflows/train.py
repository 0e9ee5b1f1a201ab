"""Train one spec: bars to dataset, walk-forward, fit, calibration, export, artefact, a version in staging.

What is finished is kept until the version is registered, so that a run that was killed is gone on with by the next.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, field_validator

from alphaplus.core.bars import DAY_MS
from alphaplus.core.cancel import Cancelled
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.regimes import ALL, check_regime
from alphaplus.datasets.select import Rules
from alphaplus.datasets.splits import splits_named
from alphaplus.datasets.weights import Weighting
from alphaplus.features.sets import feature_set
from alphaplus.models.family import check_params
from alphaplus.models.fit import check_task
from alphaplus.models.importance import PermutationImportance
from alphaplus.models.kept import Kept
from alphaplus.models.plan import Plan
from alphaplus.models.search import space_of
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import Going, train_all
from alphaplus.models.training import Training
from alphaplus.registry.versions import ModelVersion, Slot
from alphaplus.storage.durable import Checkpoint, no_checkpoint
from alphaplus.storage.scratch import sweep, temporary_folder
from alphaplus.workflows.base import Ports
from alphaplus.workflows.model_request import ModelRequest, forgetful, keep, require_one_kind
from alphaplus.workflows.series import symbols_for
from alphaplus.workflows.trials import tune_for

NAMED = 3  # symbols that a stage of the progress names
KEPT_DAYS = 7  # that an unfinished training waits to be gone on with


class TrainRequest(ModelRequest):
    """Everything that decides one training run, besides the slot, the label and the features.

    `half_life_days`, `balance_classes` and `weight_by_return` are the Weighting of its rows. `splits` is one of
    `datasets.splits`; gates judge by walk_forward and rolling only. `anomaly` lets the family learn from one more
    column, how unusual a row is among the training rows.

    `select` drops columns that cannot help, and keeps at most so many of the others, all where it is 0; None keeps all.

    `tune` trials of parameters come before the training, and no more than `tune_minutes` allow; without either there
    are none. What is in `params` is kept as it is.
    """

    family: str = "lightgbm"
    training_days: int = Field(730, gt=0)
    half_life_days: float | None = Field(None, gt=0, allow_inf_nan=False)
    balance_classes: bool = False
    weight_by_return: bool = False
    select: int | None = Field(None, ge=0)
    anomaly: bool = False
    splits: str = "walk_forward"
    seed: int = Field(0, ge=0, lt=2**31)
    params: Mapping[str, str | int | float] = Field(default_factory=dict)
    tune: int = Field(0, ge=0)
    tune_minutes: float | None = Field(None, gt=0)

    @property
    def tunes(self) -> bool:
        """Whether parameters are searched."""
        return bool(self.tune) or self.tune_minutes is not None

    @field_validator("family", "splits", mode="before")
    @classmethod
    def _lower_words(cls, value: str) -> str:
        return value.lower()


@dataclass(frozen=True, slots=True)
class Placed:
    """A dataset and the folder that it is mapped from."""

    dataset: Dataset
    folder: Path


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training that can begin: what was asked for, its slot and plan, and the folder that its dataset lies in."""

    request: TrainRequest
    slot: Slot
    plan: Plan
    folder: Path


Outcome = tuple[ModelVersion, Training]


def train(request: TrainRequest, ports: Ports) -> Outcome:
    """Tune where asked for, train, keep the artefact, register the version in staging.

    Raises MissingBars when a series is not stored and NotEnoughSamples when the range is too short to be judged.
    """
    check_names(request)
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    found: list[Outcome | Exception] = []
    with temporary_folder(datasets_folder(ports)) as folder:
        prepared = prepare(request, dataset_for(request, symbols, ports, folder=folder / "0"), ports)
        train_prepared([prepared], ports, finished=lambda _, outcome: found.append(outcome))
    [outcome] = found
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def check_names(request: TrainRequest) -> LabelSpec:
    """Refuse what is unknown before the long work; gives the label."""
    check_params(request.family, request.params)
    if request.tunes:
        space_of(request.family, fixed=request.params)
    check_regime(request.regime)
    splits_named(request.splits, request.timeframe)
    label = request.label
    check_task(request.family, label.task)
    forgetful(feature_set(request.features, request.timeframe))
    return label


def dataset_for(
    request: TrainRequest, symbols: Sequence[str], ports: Ports, *, folder: Path, cancelled: Cancelled | None = None
) -> Placed:
    """Compute features and labels of the stored bars of these symbols into a folder; raises what `train` does.

    All who work on the dataset map it from there and share its memory. Raises JobCancelled, too.
    """
    of = ", ".join(sorted(set(symbols))) if len(symbols) <= NAMED else f"{len(symbols)} symbols"
    regime = "" if request.regime == ALL else f", {request.regime}"
    ports.progress.stage(f"features and labels of {of}{regime}")
    frames = [ports.bars.read(symbol, request.timeframe) for symbol in sorted(set(symbols))]
    require_one_kind(frames)
    dataset = assemble(
        frames,
        forgetful(feature_set(request.features, request.timeframe)),
        check_names(request),
        cache_folder=ports.settings.cache_folder,
        start=max(int(frame.close_time[-1]) for frame in frames) - request.training_days * DAY_MS,
        regime=request.regime,
        weighting=Weighting(
            by_return=request.weight_by_return,
            half_life_days=request.half_life_days,
            balance_classes=request.balance_classes,
        ),
        select=None if request.select is None else Rules(most=request.select or None),
        measure=PermutationImportance(request.family, params=request.params, seed=request.seed),
        folder=folder,
        cancelled=cancelled,
    )
    return Placed(dataset, folder)


def datasets_folder(ports: Ports) -> Path:
    """Where datasets lie while models are trained on them."""
    return ports.settings.scratch_folder / "datasets"


def spec_of(request: TrainRequest, dataset: Dataset) -> ModelSpec:
    """The spec that a request asks for, before any tuning."""
    return ModelSpec.of(
        dataset, family=request.family, params=dict(request.params), seed=request.seed, anomaly=request.anomaly
    )


def prepare(
    request: TrainRequest, placed: Placed, ports: Ports, *, tuned: bool = True, cancelled: Cancelled | None = None
) -> Prepared:
    """Plan the training of a request on its dataset, tuned where that is asked for.

    Raises NotEnoughSamples and JobCancelled. A tuning that was interrupted by Ctrl-C interrupts the training, too.
    """
    dataset = placed.dataset
    slot, spec = request.slot(dataset.symbols), spec_of(request, dataset)
    if tuned and request.tunes:
        tuning = tune_for(
            slot,
            spec,
            dataset,
            ports,
            trials=request.tune or None,
            minutes=request.tune_minutes,
            cancelled=cancelled,
        )
        if tuning.interrupted:
            raise KeyboardInterrupt
        spec = tuning.spec
    splits = splits_named(request.splits, request.timeframe)
    return Prepared(request, slot, Plan.of(spec, dataset, splits=splits), placed.folder)


def train_prepared(
    prepared: Sequence[Prepared],
    ports: Ports,
    *,
    finished: Callable[[int, Outcome | Exception], None],
    cancelled: Cancelled | None = None,
    checkpoint: Checkpoint = no_checkpoint,
) -> None:
    """Train all and register each as its last step is done; `finished(place, outcome)` hears of each.

    The outcome is the version with its training, or the error of one that failed or could not be registered, of
    whatever class; the others go on.
    `checkpoint` hears of `fold K kept`, `final kept` and what `keep` tells it. Raises JobCancelled.
    """
    root = kept_folder(ports)
    sweep(root, before=time.time() - KEPT_DAYS * DAY_MS / 1000)
    kept: dict[int, Kept] = {}

    def register_and_tell(place: int, outcome: Training | Exception) -> None:
        if isinstance(outcome, Exception):
            finished(place, outcome)
            return
        request, dataset = prepared[place].request, prepared[place].plan.dataset
        try:
            version = keep(outcome, request, dataset, ports, reason="trained", checkpoint=checkpoint)
        except Exception as error:
            finished(place, error)
            return
        kept.pop(place).remove()
        finished(place, (version, outcome))

    try:
        going = []
        for place, one in enumerate(prepared):
            kept[place] = Kept.of(root, one.plan.key, checkpoint=checkpoint)
            going.append(Going(one.plan, f"{one.request.family} for {one.slot}", kept[place], one.folder))
        train_all(
            going,
            finished=register_and_tell,
            backend=ports.settings.parallel,
            workers=ports.settings.workers,
            progress=ports.progress,
            cancelled=cancelled,
        )
    finally:
        for left in kept.values():
            left.release()


def kept_folder(ports: Ports) -> Path:
    """Where unfinished trainings are kept."""
    return ports.settings.scratch_folder / "trainings"
