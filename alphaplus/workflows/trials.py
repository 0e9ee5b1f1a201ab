"""What is tried for a slot is counted: trials of a tuning as they are judged, trainings when they are registered."""

from functools import partial

import numpy as np

from alphaplus.core.cancel import Cancelled
from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.evaluation.losses import binary_log_loss, squared_error
from alphaplus.models.spec import ModelSpec
from alphaplus.models.training import Training
from alphaplus.models.tune import Judged, Tuning, block_means, tune
from alphaplus.registry.trials import Trial, count_trials
from alphaplus.registry.versions import Slot
from alphaplus.workflows.base import Ports

STUDIES = "tuning"  # folder in the home


def tune_for(
    slot: Slot,
    spec: ModelSpec,
    dataset: Dataset,
    ports: Ports,
    *,
    trials: int | None,
    minutes: float | None,
    cancelled: Cancelled | None = None,
) -> Tuning:
    """Tune a spec for a slot; its study is kept in the home, its trials are counted before they are kept there."""
    return tune(
        spec,
        dataset,
        trials=trials,
        minutes=minutes,
        folder=ports.settings.home / STUDIES,
        judged=partial(_count, slot, dataset.hash, ports),
        progress=ports.progress,
        cancelled=cancelled,
    )


def count_training(slot: Slot, training: Training, ports: Ports) -> None:
    """Count a training that was not a refresh, judged by its walk-forward; to be called before it is registered."""
    spec, oos = training.model.spec, training.oos
    known = {version.spec.hash for version in ports.models.find(slot=slot)}
    if spec.hash in known:
        return
    loss = squared_error if training.model.task is Task.REGRESSION else binary_log_loss
    base = loss(oos.actual, oos.base_rate)
    gains = base - loss(oos.actual, oos.predicted)
    blocks = block_means(gains)
    scale = float(np.nanmean(base))
    trial = Trial(
        slot=slot,
        study="",
        spec_hash=spec.hash,
        family=spec.family,
        params=dict(spec.params),
        value=float(np.nanmean(gains)) / scale,
        error=float(np.std(blocks, ddof=1)) / np.sqrt(len(blocks)) / scale,
        blocks=blocks,
        first=int(oos.as_of[0]),
        last=int(oos.as_of[-1]),
        pruned=False,
        dataset_hash=training.dataset_hash,
        at=ports.clock.now(),
    )
    ports.trials.add(trial)


def trials_of(slot: Slot, ports: Ports) -> int:
    """How many different specs were tried for a slot."""
    return count_trials(ports.models, ports.trials, slot)


def _count(slot: Slot, dataset_hash: str, ports: Ports, judged: Judged) -> None:
    tried = judged.tried
    trial = Trial(
        slot=slot,
        study=judged.study,
        spec_hash=judged.spec.hash,
        family=judged.spec.family,
        params=dict(judged.spec.params),
        value=tried.value,
        error=tried.error,
        blocks=tried.blocks,
        first=judged.first,
        last=judged.last,
        pruned=tried.pruned,
        dataset_hash=dataset_hash,
        at=ports.clock.now(),
    )
    ports.trials.add(trial)
