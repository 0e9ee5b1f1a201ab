"""What every request for a model says, and keeping the model that comes of it: an artefact, a version in staging."""

import re
from collections.abc import Mapping, Sequence

from pydantic import Field, field_validator

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.core.version import code_version
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.regimes import ALL
from alphaplus.features.contract import total_memory
from alphaplus.features.sets import FeatureSet
from alphaplus.models.training import Training
from alphaplus.registry.lifecycle import register
from alphaplus.registry.versions import ModelVersion, Slot, usual_name
from alphaplus.storage.durable import Checkpoint, no_checkpoint
from alphaplus.storage.scratch import temporary_folder
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.trials import count_training

UNIVERSE = "+"
SLOT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # one part of a slot, which is written with slashes


class ModelRequest(Request):
    """Which slot a model is for, which label it answers and which features it reads.

    A slot without a name has the usual one of its target. `label_params` are those of the label, `threshold` is one of
    signal_direction. `regime` is "all" or one of `datasets.regimes`.
    """

    model_name: str = ""
    target: str = "signal_direction"
    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    horizon: int = Field(24, gt=0)
    threshold: float | None = Field(None, ge=0)
    label_params: Mapping[str, str | float] = Field(default_factory=dict)
    regime: str = ALL
    features: str = "core"
    created_by: str = "command"

    @field_validator("target", "regime", mode="before")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()

    @field_validator("model_name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if value and not SLOT_NAME.fullmatch(value):
            raise ValueError("give up to 64 letters, digits, dots, dashes and underscores")
        return value

    @property
    def label(self) -> LabelSpec:
        """The label with its parameters; raises ConfigError for a threshold that it does not have."""
        params = dict(self.label_params)
        if self.threshold is not None:
            if self.target != "signal_direction":
                raise ConfigError(
                    f"--threshold has no meaning for {self.target}", hint="leave it out, or ask for signal_direction"
                )
            params["threshold"] = self.threshold
        return LabelSpec(self.target, self.horizon, params)

    def slot(self, symbols: Sequence[str]) -> Slot:
        """The slot of a model of these symbols."""
        return Slot(
            name=self.model_name or usual_name(self.target),
            symbol=UNIVERSE.join(symbols),
            timeframe=self.timeframe,
            regime=self.regime,
            target=self.target,
            horizon=self.horizon,
        )


def require_one_kind(frames: Sequence[BarFrame]) -> None:
    """Simulated and recorded bars do not share a model: what is judged on one would be believed on the other."""
    simulated = [frame.instrument.symbol for frame in frames if frame.instrument.simulated]
    if simulated and len(simulated) < len(frames):
        raise ConfigError(
            f"{', '.join(simulated)} is simulated and the other symbols are not", hint="train them apart: --symbols"
        )


def forgetful(chosen: FeatureSet) -> FeatureSet:
    """The set itself, if its columns all forget their start: else a model depended on where the data began."""
    totals = [column for column in chosen.columns if total_memory(column) is None]
    if totals:
        raise ConfigError(
            f"the set {chosen.name} holds running totals, which never forget where the data began: {', '.join(totals)}",
            hint="train on core, lean or full",
        )
    return chosen


def keep(
    training: Training,
    request: ModelRequest,
    dataset: Dataset,
    ports: Ports,
    *,
    reason: str,
    checkpoint: Checkpoint = no_checkpoint,
) -> ModelVersion:
    """Store the artefact, count the trial, register the version in staging and write the session down.

    The artefact is there before anything speaks of it; version and session are there together or not at all.
    `checkpoint` hears of `artifact stored`, `version entered` and `registered`.
    """
    slot = request.slot(dataset.symbols)
    with temporary_folder(ports.settings.scratch_folder / "artifacts") as folder:
        training.save(folder / "0")
        address = ports.artifacts.put(folder / "0")
    checkpoint("artifact stored")
    count_training(slot, training, ports)
    recipe = None if dataset.recipe is None else dataset.recipe.to_json()
    size_bytes, summary = ports.artifacts.size(address), training.summary()
    with ports.models.together():
        version = register(
            ports.models,
            slot=slot,
            training=training,
            artifact=address,
            size_bytes=size_bytes,
            created_by=request.created_by,
            clock=ports.clock,
            code=code_version(),
            reason=reason,
        )
        checkpoint("version entered")
        ports.journal.trained(version.number, summary, recipe)
    checkpoint("registered")
    return version
