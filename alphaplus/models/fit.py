"""Fit one spec to one dataset, and read back what was fitted."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError, DataError, NotEnoughSamples, SingleClass
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.anomaly import fit_with_anomaly, load_with_anomaly
from alphaplus.models.family import Fitted, get_family
from alphaplus.models.spec import ModelSpec

MIN_ROWS = 50
NAMED = 5  # columns a message names


def fit(spec: ModelSpec, dataset: Dataset) -> Fitted:
    """Learn from every row of a dataset.

    Raises ConfigError for a task the family does not know, NotEnoughSamples under 50 rows, DataError for values that
    are no numbers, SingleClass when a class of the label does not occur or all labels are one value.
    """
    check_task(spec.family, dataset.task)
    family = get_family(spec.family)
    if len(dataset) < MIN_ROWS:
        raise NotEnoughSamples(
            f"{len(dataset)} rows to learn from, {MIN_ROWS} needed",
            hint="widen the date range or use a shorter timeframe",
            found=len(dataset),
            needed=MIN_ROWS,
        )
    wrong: NDArray[np.bool_] = np.any(~np.isfinite(dataset.X), axis=0)
    if wrong.any() or not np.isfinite(dataset.y).all():
        names = [name for name, bad in zip(dataset.columns, wrong, strict=True) if bad] or ["the label"]
        raise DataError(
            f"missing or infinite values in {', '.join(names[:NAMED])}",
            hint="rows without a value cannot be learned from: leave them out, as `assemble` does",
            columns=names,
        )
    if dataset.task is Task.REGRESSION:
        if np.ptp(dataset.y) == 0.0:
            raise SingleClass(
                f"the label is {dataset.y[0]:g} in all of the {len(dataset)} rows to learn from",
                hint="widen the date range, or ask for another label",
            )
    else:
        missing = [value for value in dataset.classes if not bool(np.any(dataset.y == value))]
        if missing:
            raise SingleClass(
                f"classes {missing} do not occur in the {len(dataset)} rows to learn from",
                hint="widen the date range, or change the threshold of the label",
            )
    return fit_with_anomaly(family, dataset, spec) if spec.anomaly else family.fit(dataset, spec)


def check_task(family: str, task: Task) -> None:
    """Raise ConfigError where the family cannot learn a label of this kind; UnknownName where there is none."""
    tasks = get_family(family).tasks
    if not tasks:
        raise ConfigError(
            f"family {family} learns nothing: it holds models that were trained elsewhere",
            hint="bring one in: alphaplus models import",
        )
    if task not in tasks:
        raise ConfigError(f"family {family} cannot learn a {task} label", hint=f"it learns {', '.join(sorted(tasks))}")


def read_fitted(spec: ModelSpec, native: bytes) -> Fitted:
    """Read the native text of what was fitted to a spec; raises ValueError when it is something else."""
    family = get_family(spec.family)
    return load_with_anomaly(family, native) if spec.anomaly else family.load(native)
