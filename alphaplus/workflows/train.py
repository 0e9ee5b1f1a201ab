"""Train one spec: bars to dataset, walk-forward, fit, calibration, export, artefact, a version in staging.

What is finished is kept until the version is registered, so that a run that was killed is gone on with by the next.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from pydantic import Field, field_validator

from alphaplus.core.bars import DAY_MS, BarFrame, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.core.version import code_version
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.regimes import ALL, check_regime
from alphaplus.datasets.select import Rules
from alphaplus.datasets.splits import splits_named
from alphaplus.features.contract import total_memory
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.models.family import get_family
from alphaplus.models.importance import PermutationImportance
from alphaplus.models.kept import Kept
from alphaplus.models.plan import Plan
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import Going, train_all
from alphaplus.models.training import Training
from alphaplus.registry.lifecycle import register
from alphaplus.registry.versions import ModelVersion, Slot
from alphaplus.storage.durable import Checkpoint, no_checkpoint
from alphaplus.storage.scratch import sweep, temporary_folder
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.series import symbols_for

UNIVERSE = "+"
KEPT_DAYS = 7  # that an unfinished training waits to be gone on with


class TrainRequest(Request):
    """Everything that decides one training run.

    `label_params` are those of the label, `threshold` is one of signal_direction. `regime` is "all" or one of
    `datasets.regimes`. `splits` is one of `datasets.splits`; gates judge by walk_forward and rolling only.

    `select` drops columns that cannot help, and keeps at most so many of the others, all where it is 0; None keeps all.
    """

    model_name: str = "technical_ml"
    family: str = "lightgbm"
    target: str = "signal_direction"
    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    training_days: int = Field(730, gt=0)
    horizon: int = Field(24, gt=0)
    threshold: float | None = Field(None, ge=0)
    label_params: Mapping[str, str | float] = Field(default_factory=dict)
    regime: str = ALL
    features: str = "core"
    select: int | None = Field(None, ge=0)
    splits: str = "walk_forward"
    seed: int = Field(0, ge=0, lt=2**31)
    params: Mapping[str, str | int | float] = Field(default_factory=dict)
    created_by: str = "command"

    @field_validator("family", "target", "regime", "splits", mode="before")
    @classmethod
    def _lower(cls, value: str) -> str:
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
    """Train, keep the artefact, register the version in staging.

    Raises MissingBars when a series is not stored and NotEnoughSamples when the range is too short to be judged.
    """
    check_names(request)
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    found: list[Outcome | Exception] = []
    with temporary_folder(datasets_folder(ports)) as folder:
        prepared = prepare(request, dataset_for(request, symbols, ports, folder=folder / "0"))
        train_prepared([prepared], ports, finished=lambda _, outcome: found.append(outcome))
    [outcome] = found
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def check_names(request: TrainRequest) -> LabelSpec:
    """Refuse what is unknown before the long work; gives the label."""
    get_family(request.family)
    check_regime(request.regime)
    splits_named(request.splits, request.timeframe)
    label = LabelSpec(request.target, request.horizon, _label_params(request))
    _ = label.task  # of a label that is there, with parameters that it has
    _model_set(request.features, request.timeframe)
    return label


def dataset_for(request: TrainRequest, symbols: Sequence[str], ports: Ports, *, folder: Path) -> Placed:
    """Compute features and labels of the stored bars of these symbols into a folder; raises what `train` does.

    All who work on the dataset map it from there and share its memory.
    """
    ports.progress.stage("features and labels")
    frames = [ports.bars.read(symbol, request.timeframe) for symbol in sorted(set(symbols))]
    _require_one_kind(frames)
    dataset = assemble(
        frames,
        _model_set(request.features, request.timeframe),
        check_names(request),
        cache_folder=ports.settings.cache_folder,
        start=max(int(frame.close_time[-1]) for frame in frames) - request.training_days * DAY_MS,
        regime=request.regime,
        select=None if request.select is None else Rules(most=request.select or None),
        measure=PermutationImportance(request.family, params=request.params, seed=request.seed),
        folder=folder,
    )
    return Placed(dataset, folder)


def datasets_folder(ports: Ports) -> Path:
    """Where datasets lie while models are trained on them."""
    return ports.settings.scratch_folder / "datasets"


def prepare(request: TrainRequest, placed: Placed) -> Prepared:
    """Plan the training of a request on its dataset; raises NotEnoughSamples."""
    dataset = placed.dataset
    spec = ModelSpec.of(dataset, family=request.family, params=dict(request.params), seed=request.seed)
    splits = splits_named(request.splits, request.timeframe)
    slot = Slot(
        name=request.model_name,
        symbol=UNIVERSE.join(dataset.symbols),
        timeframe=request.timeframe,
        regime=request.regime,
        target=request.target,
        horizon=request.horizon,
    )
    return Prepared(request, slot, Plan.of(spec, dataset, splits=splits), placed.folder)


def train_prepared(
    prepared: Sequence[Prepared],
    ports: Ports,
    *,
    finished: Callable[[int, Outcome | Exception], None],
    cancelled: Callable[[], bool] | None = None,
    checkpoint: Checkpoint = no_checkpoint,
) -> None:
    """Train all and register each as its last step is done; `finished(place, outcome)` hears of each.

    `checkpoint` hears of `fold K kept`, `final kept`, `artifact stored` and `registered`. Raises JobCancelled.
    """
    root = kept_folder(ports)
    sweep(root, before=time.time() - KEPT_DAYS * DAY_MS / 1000)
    kept: dict[int, Kept] = {}

    def register_and_tell(place: int, outcome: Training | Exception) -> None:
        if isinstance(outcome, Exception):
            finished(place, outcome)
            return
        version = _enter(prepared[place], outcome, kept[place], ports, checkpoint)
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


def _enter(prepared: Prepared, training: Training, kept: Kept, ports: Ports, checkpoint: Checkpoint) -> ModelVersion:
    """Store the artefact and register the version; the artefact is there before anything speaks of it."""
    folder = kept.folder / f"artifact-{uuid4().hex[:8]}"
    training.save(folder)
    address = ports.artifacts.put(folder)
    checkpoint("artifact stored")
    version = register(
        ports.models,
        slot=prepared.slot,
        training=training,
        artifact=address,
        size_bytes=ports.artifacts.size(address),
        created_by=prepared.request.created_by,
        clock=ports.clock,
        code=code_version(),
    )
    recipe = prepared.plan.dataset.recipe
    ports.journal.trained(version.number, training.summary(), None if recipe is None else recipe.to_json())
    checkpoint("registered")
    return version


def _require_one_kind(frames: Sequence[BarFrame]) -> None:
    """Simulated and recorded bars do not share a model: what is judged on one would be believed on the other."""
    simulated = [frame.instrument.symbol for frame in frames if frame.instrument.simulated]
    if simulated and len(simulated) < len(frames):
        raise ConfigError(
            f"{', '.join(simulated)} is simulated and the other symbols are not", hint="train them apart: --symbols"
        )


def _model_set(name: str, timeframe: Timeframe) -> FeatureSet:
    """A named set whose columns all forget their start, so that a model does not depend on where the data began."""
    chosen = feature_set(name, timeframe)
    totals = [column for column in chosen.columns if total_memory(column) is None]
    if totals:
        raise ConfigError(
            f"the set {name} holds running totals, which never forget where the data began: {', '.join(totals)}",
            hint="train on core, lean or full",
        )
    return chosen


def _label_params(request: TrainRequest) -> dict[str, str | float]:
    if request.threshold is None:
        return dict(request.label_params)
    if request.target != "signal_direction":
        raise ConfigError(
            f"--threshold has no meaning for {request.target}", hint="leave it out, or train signal_direction"
        )
    return {**request.label_params, "threshold": request.threshold}
