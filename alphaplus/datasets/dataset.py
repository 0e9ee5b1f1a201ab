"""Dataset: rows of features with their answers, weights and the times between which each answer was found out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.enums import Task
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.regimes import ALL
from alphaplus.datasets.select import Selection
from alphaplus.datasets.weights import Weighting, effective_samples, uniqueness

if TYPE_CHECKING:
    from alphaplus.datasets.dataset_recipe import DatasetRecipe

MOSTLY = 0.5  # share of missing values from which a column is mostly missing
ROW_FIELDS = ("X", "y", "as_of", "span_end", "instrument_id", "outcome", "last_return", "last_known")


T = TypeVar("T")


class Once(Generic[T]):
    """A property that is worked out when it is first asked for; a frozen dataset has the same answer ever after."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __get__(self, dataset: "Dataset | None", kind: type | None = None) -> T:
        if dataset is None:
            return self  # type: ignore[return-value]  # asked of the class, as documentation does
        found: dict[str, T] = dataset._found
        name = self._work_out.__name__
        if name not in found:
            found[name] = self._work_out(dataset)
        return found[name]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Samples of one or several instruments, ordered by time.

    X: (n, p) float32, the features of each row as known at its `as_of`; all finite. y: (n,) float64, the label.
    as_of: (n,) int64, close time of the bar, ms UTC. span_end: (n,) int64, close time of the last bar the label looked
    at: from then on the answer is known. instrument_id: (n,) int32, position in `instruments`. outcome: (n,) float64,
    simple return from the next open to `span_end`. last_return: (n,) float64, simple return of the bar that closed at
    `as_of`, and last_known: (n,) float64, the newest label of the same instrument that was known then, NaN where there
    was none; both for the baselines. missing_share: (p,) float64, share of labelled
    bars in which the column had no value; such rows are left out. classes: values of y in the order of probability
    columns, empty for a regression. columns_left_out: columns of the named set that bars of this timeframe can give no
    value; absent: those that need what the bars of some series never carry, as an order book; `feature_set_hash` is
    that of the columns that are there. selection: which columns were dropped and why, None
    where nobody selected. regime: whose bars the rows are of, "all" for all. weighting: how `weight` comes about.
    recipe: all that decided the dataset, None where it was put together by hand or is a part of another.
    """

    X: NDArray[np.float32]
    y: NDArray[np.float64]
    as_of: NDArray[np.int64]
    span_end: NDArray[np.int64]
    instrument_id: NDArray[np.int32]
    outcome: NDArray[np.float64]
    last_return: NDArray[np.float64]
    last_known: NDArray[np.float64]
    missing_share: NDArray[np.float64]
    instruments: tuple[Instrument, ...]
    timeframe: Timeframe
    columns: tuple[str, ...]
    label: LabelSpec
    feature_set: str
    feature_set_hash: str
    columns_left_out: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    selection: Selection | None = None
    regime: str = ALL
    weighting: Weighting = field(default_factory=Weighting)
    recipe: "DatasetRecipe | None" = None
    _found: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.y)

    @property
    def task(self) -> Task:
        """The statistical shape of the label."""
        return self.label.task

    @property
    def classes(self) -> tuple[float, ...]:
        """Values of y in the order of probability columns; empty for a regression."""
        return self.label.classes

    @property
    def up(self) -> NDArray[np.float64]:
        """Whether the price rose over the span (n,): 1.0, 0.0, or NaN where it ended exactly where it began."""
        return np.where(self.outcome == 0.0, np.nan, (self.outcome > 0.0).astype(np.float64))

    @property
    def actual(self) -> NDArray[np.float64]:
        """What predictions are judged by (n,): the label of a regression or an event, `up` for classes of direction."""
        return self.up if self.classes and self.label.directional else self.y

    @property
    def before(self) -> NDArray[np.float64]:
        """What the baselines know of the past (n,): the last bar's return for a direction, else the last label."""
        return self.last_return if self.label.directional else self.last_known

    @Once
    def weight(self) -> NDArray[np.float64]:
        """Sample weights (n,) with mean 1: uniqueness of each label among its instrument's rows, and `weighting`."""
        owned = uniqueness(self.as_of, self.span_end, instrument_id=self.instrument_id)
        return self.weighting.weights(
            owned, y=self.y, outcome=self.outcome, as_of=self.as_of, classes=self.label.classes
        )

    @property
    def class_shares(self) -> NDArray[np.float64]:
        """Share of each class in the weight of the rows (k,), as it is before classes are balanced."""
        weight = replace(self, weighting=replace(self.weighting, balance_classes=False)).weight
        totals = np.array([np.sum(weight[self.y == value]) for value in self.classes])
        shares: NDArray[np.float64] = totals / totals.sum()
        return shares

    @Once
    def n_eff(self) -> float:
        """How many independent labels these rows are worth; rows of several instruments at one time count as one."""
        return effective_samples(self.as_of, self.span_end, instrument_id=self.instrument_id)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols in the order of `instrument_id`."""
        return tuple(instrument.symbol for instrument in self.instruments)

    def rows(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Self:
        """The rows at these positions, in increasing order of time if the positions are.

        Positions that follow each other give views, so that a training part costs no memory of its own.
        """
        chosen = _as_slice(index)
        return replace(self, **{name: getattr(self, name)[chosen] for name in ROW_FIELDS}, recipe=None)

    def save(self, folder: Path | str) -> str:
        """Write it into a folder of its own, from which `open_dataset` maps it; gives its content hash."""
        from alphaplus.datasets.folder import save_dataset

        return save_dataset(self, folder)

    @property
    def hash(self) -> str:
        """Hex sha256 of content and recipe: of data, choices, code and the versions of libraries.

        That of a dataset without a recipe is the hash of its content.
        """
        if self.recipe is None:
            return self.content_hash
        return stable_hash({"content": self.content_hash, "recipe": self.recipe.hash})

    @Once
    def content_hash(self) -> str:
        """Hex sha256 of what is there, the same on every machine for the same rows, columns and label."""
        names = [field.name for field in fields(self) if field.init and field.name != "recipe"]
        content = {name: getattr(self, name) for name in names}
        for name in ("absent", "selection"):
            if not getattr(self, name):
                del content[name]
        if self.weighting == Weighting():
            del content["weighting"]
        return stable_hash({**content, "label": self.label.hash})

    def report(self) -> dict[str, object]:
        """What a reader wants to know first: rows, range, effective sample size, class balance, missing values."""
        values, counts = np.unique(self.y, return_counts=True) if self.classes else (np.empty(0), np.empty(0))
        return {
            "rows": len(self),
            "columns": len(self.columns),
            "columns_left_out": list(self.columns_left_out),
            "absent": list(self.absent),
            "symbols": list(self.symbols),
            "timeframe": str(self.timeframe),
            "label": self.label.name,
            "horizon": self.label.horizon,
            "regime": self.regime,
            "weighting": asdict(self.weighting),
            "content_hash": self.content_hash,
            "first": int(self.as_of[0]) if len(self) else None,
            "last": int(self.as_of[-1]) if len(self) else None,
            "n_eff": self.n_eff,
            "class_balance": {float(v): float(c / len(self)) for v, c in zip(values, counts, strict=True)},
            "missing_share": {
                name: float(share) for name, share in zip(self.columns, self.missing_share, strict=True) if share > 0.0
            },
            "mostly_missing": self.mostly_missing,
            "selection": None if self.selection is None else self.selection.to_json(),
        }

    @property
    def mostly_missing(self) -> dict[str, float]:
        """Columns without a value in more than half of the labelled bars, with that share, dropped ones included."""
        shares = dict(zip(self.columns, self.missing_share.tolist(), strict=True))
        if self.selection is not None:
            shares |= {name: self.selection.missing_share[name] for name in self.selection.dropped}
        return {name: float(share) for name, share in shares.items() if share > MOSTLY}


def _as_slice(index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> NDArray[np.intp] | NDArray[np.bool_] | slice:
    """Positions that follow each other without a gap as a slice, others as they are."""
    if isinstance(index, slice) or not len(index):
        return index
    places = np.flatnonzero(index) if index.dtype == np.bool_ else index
    if not len(places) or places[0] < 0 or not bool((np.diff(places) == 1).all()):
        return index
    return slice(int(places[0]), int(places[-1]) + 1)
