"""Dataset: rows of features with their answers, weights and the times between which each answer was found out."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.enums import Task
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.regimes import ALL
from alphaplus.datasets.select import Selection
from alphaplus.datasets.weights import Weighting, effective_samples, uniqueness

MOSTLY = 0.5  # share of missing values from which a column is mostly missing
ROW_FIELDS = ("X", "y", "as_of", "span_end", "instrument_id", "outcome", "last_return", "last_known")


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

    @property
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

    @property
    def n_eff(self) -> float:
        """How many independent labels these rows are worth; rows of several instruments at one time count as one."""
        return effective_samples(self.as_of, self.span_end, instrument_id=self.instrument_id)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols in the order of `instrument_id`."""
        return tuple(instrument.symbol for instrument in self.instruments)

    def rows(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Self:
        """The rows at these positions, in increasing order of time if the positions are."""
        return replace(self, **{name: getattr(self, name)[index] for name in ROW_FIELDS})

    @property
    def hash(self) -> str:
        """Hex sha256 of the content, the same on every machine for the same rows, columns and label."""
        content = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "label"}
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
