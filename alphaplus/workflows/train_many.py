"""Train a grid: symbols by regimes, labels, horizons and families, every cell a version of its own.

Every dataset is assembled once; the folds and final fits of all cells share the workers. A cell that fails is reported
and stops no other; one that is registered already is not trained again.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field, field_validator

from alphaplus.core.cancel import Cancelled
from alphaplus.core.errors import AlphaPlusError, ConfigError, JobCancelled
from alphaplus.datasets.labelling import get_label
from alphaplus.datasets.regimes import ALL, regimes
from alphaplus.models.family import get_family
from alphaplus.models.kept import Kept
from alphaplus.models.training import Training
from alphaplus.registry.versions import ModelVersion, Slot
from alphaplus.storage.durable import Checkpoint, no_checkpoint
from alphaplus.storage.scratch import temporary_folder
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.series import symbols_for
from alphaplus.workflows.train import (
    Placed,
    Prepared,
    TrainRequest,
    check_names,
    dataset_for,
    datasets_folder,
    kept_folder,
    prepare,
    train_prepared,
)

log = logging.getLogger(__name__)

ALL_REGIMES = "all_regimes"

Key: TypeAlias = tuple[object, ...]


class TrainManyRequest(Request):
    """What all cells have in common, and what they differ in.

    `base` holds the symbols: one panel model over all of them, or with `each` one model for each. A parameter of `base`
    that only some families or labels have goes to these. `regimes` may be "all_regimes", which stands for every name of
    `datasets.regimes`. What is registered with the same slot, spec, data and folds is trained anew only with `again`.
    """

    base: TrainRequest
    families: tuple[str, ...] = Field(("lightgbm",), min_length=1)
    targets: tuple[str, ...] = Field(("signal_direction",), min_length=1)
    horizons: tuple[Annotated[int, Field(gt=0)], ...] = Field((24,), min_length=1)
    regimes: tuple[str, ...] = Field((ALL,), min_length=1)
    each: bool = False
    again: bool = False

    @field_validator("families", "targets", "regimes", mode="before")
    @classmethod
    def _lower(cls, value: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word.lower() for word in value))


@dataclass(slots=True)
class Cell:
    """One model of the grid and what came of it: a version, with its training where it was trained now, or an error.

    `rows`, `folds` and whether the range is too `short` for the usual folds are known once its dataset is there.
    """

    request: TrainRequest
    slot: Slot
    rows: int | None = None
    folds: int | None = None
    short: bool = False
    version: ModelVersion | None = None
    training: Training | None = field(default=None, repr=False)
    error: Exception | None = None

    @property
    def there_before(self) -> bool:
        """Whether the version was registered before this run."""
        return self.version is not None and self.training is None

    def fail(self, error: Exception) -> None:
        """Take an error; one that nobody foresaw is logged with the place that it comes from."""
        self.error = error
        if not isinstance(error, AlphaPlusError):
            what = {"slot": str(self.slot), "family": self.request.family}
            log.error("a cell failed unexpectedly", exc_info=error, extra=what)


def train_many(
    request: TrainManyRequest,
    ports: Ports,
    *,
    dry_run: bool = False,
    cancelled: Cancelled | None = None,
    checkpoint: Checkpoint = no_checkpoint,
) -> list[Cell]:
    """Train every cell of a grid; with `dry_run` only assemble the datasets and count their rows and folds.

    A run that was killed or cancelled is gone on with by the next of the same request. Raises UnknownName and
    ConfigError for words that no cell can mean, MissingBars when a series is not stored, JobCancelled; whatever else
    goes wrong with one is the error of its cell.
    """
    cells = cells_of(request, ports)
    with temporary_folder(datasets_folder(ports)) as root:
        prepared = _prepared(cells, root, ports, tuned=not dry_run, cancelled=cancelled)
        for place in list(prepared):
            cell, plan = cells[place], prepared[place].plan
            cell.rows, cell.folds, cell.short = len(plan.dataset), len(plan.folds), plan.short
            unknown = dry_run and cell.request.tunes  # which parameters win, and so which version that would be
            cell.version = None if request.again or unknown else _registered(prepared[place], ports)
            if cell.version is not None:
                Kept.of(kept_folder(ports), plan.key).remove()  # a run killed after it had registered leaves it
            if cell.version is not None or dry_run:
                del prepared[place]
        places = list(prepared)

        def finished(position: int, outcome: tuple[ModelVersion, Training] | Exception) -> None:
            cell = cells[places[position]]
            if isinstance(outcome, Exception):
                cell.fail(outcome)
            else:
                cell.version, cell.training = outcome

        if prepared:
            waiting = [prepared[place] for place in places]
            train_prepared(waiting, ports, finished=finished, cancelled=cancelled, checkpoint=checkpoint)
    return cells


def cells_of(request: TrainManyRequest, ports: Ports) -> list[Cell]:
    """Every cell of the grid, none of them trained; raises UnknownName, ConfigError and MissingBars."""
    base = request.base
    symbols = tuple(sorted(set(symbols_for(base.symbols, base.timeframe, ports))))
    groups = [(symbol,) for symbol in symbols] if request.each else [symbols]
    wanted = tuple(regimes()) if ALL_REGIMES in request.regimes else request.regimes
    _require_use(request)
    cells = []
    for group, regime, target, horizon, family in product(
        groups, wanted, request.targets, dict.fromkeys(request.horizons), request.families
    ):
        several_labels, several_families = len(request.targets) > 1, len(request.families) > 1
        one = TrainRequest.model_validate(
            base.model_dump()
            | {
                "symbols": group,
                "regime": regime,
                "target": target,
                "horizon": horizon,
                "family": family,
                "threshold": base.threshold if target == "signal_direction" or not several_labels else None,
                "label_params": _known(base.label_params, _label_names(target), all_of_them=not several_labels),
                "params": _known(base.params, _family_names(family), all_of_them=not several_families),
            }
        )
        check_names(one)
        cells.append(Cell(one, one.slot(group)))
    return cells


def _require_use(request: TrainManyRequest) -> None:
    """A parameter that none of several families or labels has is a mistake."""
    base = request.base
    of_families = [_family_names(family) for family in request.families]
    of_labels = [_label_names(target) for target in request.targets]
    if base.threshold is not None and "signal_direction" not in request.targets:
        raise ConfigError(f"--threshold has no meaning for {', '.join(request.targets)}", hint="leave it out")
    for given, names, what in ((base.params, of_families, "families"), (base.label_params, of_labels, "labels")):
        for name in given:
            if len(names) > 1 and not any(name in known for known in names):
                known = ", ".join(sorted(set().union(*names))) or "none"
                raise ConfigError(f"none of the {what} has a parameter {name!r}", hint=f"known: {known}")


def _known(given: Mapping[str, object], names: frozenset[str], *, all_of_them: bool) -> dict[str, object]:
    return {name: value for name, value in given.items() if all_of_them or name in names}


def _family_names(family: str) -> frozenset[str]:
    return frozenset(get_family(family).Params.model_fields)


def _label_names(target: str) -> frozenset[str]:
    return frozenset(get_label(target).defaults)


def _prepared(
    cells: Sequence[Cell], root: Path, ports: Ports, *, tuned: bool, cancelled: Cancelled | None
) -> dict[int, Prepared]:
    """The plan of every cell by its place, each dataset assembled once; cells that cannot be planned get an error."""
    datasets: dict[Key, Placed | Exception] = {}
    prepared = {}
    for place, cell in enumerate(cells):
        key = _dataset_key(cell.request)
        found = datasets.get(key)
        if isinstance(found, Exception):
            cell.error = found
            continue
        try:
            if found is None:
                folder = root / str(len(datasets))
                found = datasets[key] = dataset_for(
                    cell.request, cell.request.symbols, ports, folder=folder, cancelled=cancelled
                )
            prepared[place] = prepare(cell.request, found, ports, tuned=tuned, cancelled=cancelled)
        except JobCancelled:
            raise
        except Exception as error:
            if found is None:
                datasets[key] = error
            cell.fail(error)
    return prepared


def _dataset_key(request: TrainRequest) -> Key:
    """The same for cells that have the same dataset; a selection of columns asks the family, too."""
    ignored = {"model_name", "anomaly", "splits", "tune", "tune_minutes", "created_by"}
    if request.select is None:
        ignored |= {"family", "params", "seed"}
    return tuple(sorted((name, str(value)) for name, value in request.model_dump(exclude=ignored).items()))


def _registered(prepared: Prepared, ports: Ports) -> ModelVersion | None:
    """The newest version of the slot with the same spec, data and folds."""
    plan = prepared.plan
    for version in reversed(ports.models.find(slot=prepared.slot)):
        splits = version.metrics.get("splits")
        if (
            version.spec.hash == plan.spec.hash
            and version.dataset_hash == plan.dataset_hash
            and isinstance(splits, Mapping)
            and splits.get("scheme") == plan.scheme
        ):
            return version
    return None
