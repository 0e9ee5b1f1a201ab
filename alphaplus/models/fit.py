"""Fit one spec to one dataset, and read back what was fitted."""

import numpy as np

from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError, NotEnoughSamples, SingleClass
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.anomaly import fit_with_anomaly, load_with_anomaly
from alphaplus.models.family import Fitted, get_family
from alphaplus.models.spec import ModelSpec

MIN_ROWS = 50


def fit(spec: ModelSpec, dataset: Dataset) -> Fitted:
    """Learn from every row of a dataset.

    Raises ConfigError for a task the family does not know, NotEnoughSamples under 50 rows, SingleClass when a class
    of the label does not occur.
    """
    family = get_family(spec.family)
    if dataset.task not in family.tasks:
        raise ConfigError(
            f"family {spec.family} cannot learn a {dataset.task} label", hint=f"it learns {sorted(family.tasks)}"
        )
    if len(dataset) < MIN_ROWS:
        raise NotEnoughSamples(
            f"{len(dataset)} rows to learn from, {MIN_ROWS} needed",
            hint="widen the date range or use a shorter timeframe",
            found=len(dataset),
            needed=MIN_ROWS,
        )
    if dataset.task is not Task.REGRESSION:
        missing = [value for value in dataset.classes if not bool(np.any(dataset.y == value))]
        if missing:
            raise SingleClass(
                f"classes {missing} do not occur in the {len(dataset)} rows to learn from",
                hint="widen the date range, or change the threshold of the label",
            )
    return fit_with_anomaly(family, dataset, spec) if spec.anomaly else family.fit(dataset, spec)


def read_fitted(spec: ModelSpec, native: bytes) -> Fitted:
    """Read the native text of what was fitted to a spec; raises ValueError when it is something else."""
    family = get_family(spec.family)
    return load_with_anomaly(family, native) if spec.anomaly else family.load(native)
