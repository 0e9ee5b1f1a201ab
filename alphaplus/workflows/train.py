"""Train one spec: bars to dataset, walk-forward, fit, calibration, export, artefact, a version in staging."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from alphaplus.core.bars import DAY_MS
from alphaplus.core.parallel import Backend
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.regimes import check_regime
from alphaplus.datasets.select import Rules
from alphaplus.datasets.splits import WalkForward
from alphaplus.features.sets import feature_set
from alphaplus.models.family import get_family
from alphaplus.models.importance import permutation_importance
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import Training
from alphaplus.models.train import train as fit_and_validate
from alphaplus.registry.versions import ModelVersion
from alphaplus.workflows.base import Ports
from alphaplus.workflows.model_request import ModelRequest, forgetful, keep, require_one_kind
from alphaplus.workflows.series import symbols_for


class TrainRequest(ModelRequest):
    """Everything that decides one training run.

    `select` drops columns that cannot help, and keeps at most so many of the others, all where it is 0; None keeps all.
    """

    family: str = "lightgbm"
    training_days: int = Field(730, gt=0)
    select: int | None = Field(None, ge=0)
    walk_forward: Literal["expanding", "rolling"] = "expanding"
    seed: int = Field(0, ge=0, lt=2**31)
    params: Mapping[str, str | int | float] = Field(default_factory=dict)

    @field_validator("family", mode="before")
    @classmethod
    def _lower_family(cls, value: str) -> str:
        return value.lower()


def train(request: TrainRequest, ports: Ports) -> tuple[ModelVersion, Training]:
    """Train, keep the artefact, register the version in staging.

    Raises MissingBars when a series is not stored and NotEnoughSamples when the range is too short to be judged.
    """
    symbols = tuple(sorted(set(symbols_for(request.symbols, request.timeframe, ports))))
    get_family(request.family)  # an unknown family or regime is refused before the long work
    check_regime(request.regime)
    label = request.label
    features = forgetful(feature_set(request.features, request.timeframe))
    ports.progress.stage("features and labels")
    frames = [ports.bars.read(symbol, request.timeframe) for symbol in symbols]
    require_one_kind(frames)
    start = max(int(frame.close_time[-1]) for frame in frames) - request.training_days * DAY_MS
    dataset = assemble(
        frames,
        features,
        label,
        cache_folder=ports.settings.cache_folder,
        start=start,
        regime=request.regime,
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
    return keep(training, request, symbols, ports, reason="trained"), training
