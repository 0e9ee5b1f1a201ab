"""Selection: leave out columns that are constant, mostly missing, leaking, or say what another column says already.

Everything is decided on the training part alone, and the decision is kept with the dataset, with the reason for each
column in words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError, NotEnoughSamples

LEAST = 100  # rows from which anything is decided
RANKED = 5_000  # rows whose ranks are compared, spread evenly over the training part

Values = NDArray[np.float64]
Importance = Callable[[tuple[str, ...], NDArray[np.bool_]], Mapping[str, float]]
"""Importance of columns, learned from those rows of the training part (n,) on which all of them are known."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is left out.

    `max_missing`: share of bars without a value from which a column is mostly missing. `max_correlation`: columns whose
    ranks agree by more, on average over their cluster (Spearman, either sign), count as one. `most`: the number of
    columns to keep, the most important ones; all where it is None. `leaks`: whether columns are checked for leaks.
    """

    max_missing: float = 0.5
    max_correlation: float = 0.95
    most: int | None = None
    leaks: bool = True

    def __post_init__(self) -> None:
        if not (0.0 <= self.max_missing <= 1.0 and 0.0 < self.max_correlation <= 1.0):
            raise ConfigError(f"a selection cannot have {self}", hint="shares and correlations lie in 0 to 1")
        if self.most is not None and self.most < 1:
            raise ConfigError(f"a selection cannot keep {self.most} columns", hint="keep one or more")


@dataclass(frozen=True, slots=True)
class Selection:
    """The decision: what is kept, what is dropped and why, and on how much it was decided.

    `until` (ms UTC) is when the last answer looked at was known; nothing later had a part in it, but for the checks for
    leaks, which see bars and no answers. `clusters` lists the columns that count as one, the kept one first.
    `importance` is what was learned of the columns that were compared.
    `unjudged` names kept columns that were not checked for leaks, and why.
    """

    rules: Rules
    kept: tuple[str, ...]
    dropped: Mapping[str, str]
    rows: int
    until: int
    missing_share: Mapping[str, float]
    clusters: tuple[tuple[str, ...], ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    unjudged: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Selection":
        """Read what `to_json` wrote; raises KeyError, TypeError or ConfigError when it is something else."""
        return cls(
            **{
                **content,
                "rules": Rules(**content["rules"]),
                "kept": tuple(content["kept"]),
                "clusters": tuple(tuple(cluster) for cluster in content["clusters"]),
            }
        )


def choose(
    columns: Sequence[str],
    values: Values,
    *,
    until: int,
    rules: Rules,
    leaking: Mapping[str, str] | None = None,
    unjudged: Mapping[str, str] | None = None,
    importance: Importance | None = None,
) -> Selection:
    """Decide on the training part: values (n, p) float64, NaN where a column is not known, oldest first.

    `leaking` names columns that look ahead, and how; `unjudged` those of which that cannot be told, and why. Of columns
    that count as one the most important is kept, where `importance` tells, else the first. Raises NotEnoughSamples for
    less than LEAST rows, and where nothing is left.
    """
    names, n = tuple(columns), len(values)
    if n < LEAST:
        raise NotEnoughSamples(f"{n} rows are too few to select columns on", hint=f"at least {LEAST} are needed")
    known = np.isfinite(values)
    missing = {name: float(share) for name, share in zip(names, 1.0 - known.mean(axis=0), strict=True)}
    dropped = {name: f"looks ahead: {why}" for name, why in (leaking or {}).items() if name in names}
    for place, name in enumerate(names):
        if name not in dropped:
            reason = _useless(values[known[:, place], place], missing[name], rules)
            if reason:
                dropped[name] = reason
    left = tuple(name for name in names if name not in dropped)
    places = [names.index(name) for name in left]
    weights = {} if importance is None or not left else _importance(importance, left, known[:, places])
    ranked = sorted(left, key=lambda name: (-weights.get(name, 0.0), left.index(name)))
    agreed = spearman(values[:, places])
    clusters = _clusters(left, agreed, rules.max_correlation) if len(left) > 1 else []
    grouped = [tuple(sorted(cluster, key=ranked.index)) for cluster in clusters]
    for first, *others in grouped:
        for name in others:
            shown = abs(float(agreed[left.index(first), left.index(name)]))
            dropped[name] = f"says what {first} says: their ranks agree to {shown:.3f}"
    remaining = [name for name in ranked if name not in dropped]
    if rules.most is not None:
        for place, name in enumerate(remaining[rules.most :], start=rules.most + 1):
            dropped[name] = f"is number {place} in importance, and {rules.most} are kept"
    kept = tuple(name for name in names if name not in dropped)
    if not kept:
        raise NotEnoughSamples("no column is left to train on", hint="; ".join(f"{k} {v}" for k, v in dropped.items()))
    return Selection(
        rules=rules,
        kept=kept,
        dropped={name: dropped[name] for name in names if name in dropped},
        rows=n,
        until=until,
        missing_share=missing,
        clusters=tuple(cluster for cluster in grouped if len(cluster) > 1),
        importance=weights,
        unjudged={name: why for name, why in (unjudged or {}).items() if name in kept},
    )


def spearman(values: Values) -> Values:
    """Rank correlation of every pair of columns (p, p); a missing value counts as the middle rank."""
    step = max(1, -(-len(values) // RANKED))
    ranks = np.empty((len(values[::step]), values.shape[1]))
    for place in range(values.shape[1]):
        column = pl.Series(values[::step, place]).fill_nan(None)
        ranks[:, place] = column.rank("average").cast(pl.Float64).fill_null(strategy="mean").fill_null(0.0).to_numpy()
    centred = ranks - ranks.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    scaled = centred / np.where(lengths > 0.0, lengths, 1.0)
    agreed: Values = np.clip(scaled.T @ scaled, -1.0, 1.0)
    np.fill_diagonal(agreed, 1.0)
    return agreed


def _useless(known: Values, missing: float, rules: Rules) -> str:
    """Why a column cannot help, or nothing."""
    if missing > rules.max_missing:
        return f"is missing in {missing:.0%} of the bars"
    if not len(known) or float(np.ptp(known)) == 0.0:
        return "is constant"
    return ""


def _importance(importance: Importance, names: tuple[str, ...], known: NDArray[np.bool_]) -> dict[str, float]:
    """What is learned of the columns, nothing where too few rows have them all."""
    rows: NDArray[np.bool_] = np.logical_and.reduce(known, axis=1)
    if int(rows.sum()) < LEAST:
        return {}
    found = importance(names, rows)
    return {name: float(found.get(name, 0.0)) for name in names}


def _clusters(names: tuple[str, ...], agreed: Values, limit: float) -> list[tuple[str, ...]]:
    """Columns in groups whose absolute correlation is above `limit` on average (hierarchical, average linkage)."""
    from sklearn.cluster import AgglomerativeClustering

    tree = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1.0 - limit
    )
    labels = tree.fit_predict(1.0 - np.abs(agreed))
    return [
        tuple(name for name, label in zip(names, labels, strict=True) if label == group)
        for group in dict.fromkeys(labels.tolist())
    ]
