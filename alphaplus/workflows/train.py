"""Train one spec: bars to dataset, walk-forward, fit, calibration, export, artefact, a version in staging."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from alphaplus.core.bars import DAY_MS, BarFrame, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.core.parallel import Backend
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.regimes import ALL, check_regime
from alphaplus.datasets.select import Rules
from alphaplus.datasets.splits import WalkForward
from alphaplus.datasets.weights import Weighting
from alphaplus.features.contract import total_memory
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.models.family import get_family
from alphaplus.models.importance import permutation_importance
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import Training
from alphaplus.models.train import train as fit_and_validate
from alphaplus.registry.lifecycle import register
from alphaplus.registry.versions import ModelVersion, Slot, usual_name
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.series import symbols_for

UNIVERSE = "+"


class TrainRequest(Request):
    """Everything that decides one training run.

    A slot without a name has the usual one of its target.
    `label_params` are those of the label, `threshold` is one of signal_direction. `regime` is "all" or one of
    `datasets.regimes`. `half_life_days`, `balance_classes` and `weight_by_return` are the Weighting of its rows.

    `select` drops columns that cannot help, and keeps at most so many of the others, all where it is 0; None keeps all.
    """

    model_name: str = ""
    family: str = "lightgbm"
    target: str = "signal_direction"
    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    training_days: int = Field(730, gt=0)
    horizon: int = Field(24, gt=0)
    threshold: float | None = Field(None, ge=0)
    label_params: Mapping[str, str | float] = Field(default_factory=dict)
    regime: str = ALL
    half_life_days: float | None = Field(None, gt=0, allow_inf_nan=False)
    balance_classes: bool = False
    weight_by_return: bool = False
    features: str = "core"
    select: int | None = Field(None, ge=0)
    walk_forward: Literal["expanding", "rolling"] = "expanding"
    seed: int = Field(0, ge=0, lt=2**31)
    params: Mapping[str, str | int | float] = Field(default_factory=dict)
    created_by: str = "command"

    @field_validator("family", "target", "regime", mode="before")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if given.get("model_name"):
            return given
        target = str(given.get("target") or cls.model_fields["target"].default)
        return {**given, "model_name": usual_name(target.lower())}


def train(request: TrainRequest, ports: Ports) -> tuple[ModelVersion, Training]:
    """Train, keep the artefact, register the version in staging.

    Raises MissingBars when a series is not stored and NotEnoughSamples when the range is too short to be judged.
    """
    symbols = tuple(sorted(set(symbols_for(request.symbols, request.timeframe, ports))))
    get_family(request.family)  # an unknown family or regime is refused before the long work
    check_regime(request.regime)
    label = LabelSpec(request.target, request.horizon, _label_params(request))
    features = _model_set(request.features, request.timeframe)
    ports.progress.stage("features and labels")
    frames = [ports.bars.read(symbol, request.timeframe) for symbol in symbols]
    _require_one_kind(frames)
    start = max(int(frame.close_time[-1]) for frame in frames) - request.training_days * DAY_MS
    dataset = assemble(
        frames,
        features,
        label,
        cache_folder=ports.settings.cache_folder,
        start=start,
        regime=request.regime,
        weighting=Weighting(
            by_return=request.weight_by_return,
            half_life_days=request.half_life_days,
            balance_classes=request.balance_classes,
        ),
        select=None if request.select is None else Rules(most=request.select or None),
        measure=permutation_importance(request.family, params=request.params, seed=request.seed),
    )
    spec = ModelSpec.of(dataset, family=request.family, params=dict(request.params), seed=request.seed)
    training = fit_and_validate(
        spec,
        dataset,
        splits=WalkForward.for_timeframe(request.timeframe, expanding=request.walk_forward == "expanding"),
        backend=Backend.THREADS,
        progress=ports.progress,
    )
    ports.progress.stage("artefact and registry")
    with tempfile.TemporaryDirectory(dir=_scratch(ports)) as folder:
        training.save(Path(folder))
        address = ports.artifacts.put(Path(folder))
    slot = Slot(
        name=request.model_name,
        symbol=UNIVERSE.join(symbols),
        timeframe=request.timeframe,
        regime=request.regime,
        target=request.target,
        horizon=request.horizon,
    )
    version = register(
        ports.models,
        slot=slot,
        training=training,
        artifact=address,
        size_bytes=ports.artifacts.size(address),
        created_by=request.created_by,
        clock=ports.clock,
    )
    ports.journal.trained(version.number, training.summary())
    return version, training


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


def _scratch(ports: Ports) -> Path:
    folder = ports.settings.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
