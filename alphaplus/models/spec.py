"""Everything that decides a model: two trainings of one spec on one dataset give the same artefact."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from alphaplus.core.bars import Timeframe
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.weights import Weighting
from alphaplus.features.sets import FeatureSet, feature_set


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Family, label, features, symbols and parameters.

    `params` holds what differs from the defaults of the family, which `Family.Params` documents; `symbols` are
    kept sorted; `regime` is "all" or the regime whose bars the model is for. `left_out` are columns of the feature set
    that a selection dropped; `feature_set_hash` is that of the others. `weighting` says what rows weigh, `anomaly` that
    the family learns from one more column, the anomaly of the row (`models.anomaly`). `columns` names the columns one
    by one, of a model that came from elsewhere with an order of its own; no named set then counts. `origin` is the
    sha256 of the file of such a model: how it was trained is not known here, so each file is a spec of its own.
    """

    family: str
    label: LabelSpec
    feature_set: str
    feature_set_hash: str
    symbols: tuple[str, ...]
    timeframe: Timeframe
    regime: str = "all"
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    left_out: tuple[str, ...] = ()
    weighting: Weighting = field(default_factory=Weighting)
    anomaly: bool = False
    columns: tuple[str, ...] = ()
    origin: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "symbols", tuple(sorted(self.symbols)))

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        *,
        family: str,
        params: Mapping[str, Any] | None = None,
        seed: int = 0,
        anomaly: bool = False,
    ) -> "ModelSpec":
        """The spec of a family on the features, label, symbols and regime of a dataset."""
        return cls(
            family=family,
            label=dataset.label,
            feature_set=dataset.feature_set,
            feature_set_hash=dataset.feature_set_hash,
            symbols=dataset.symbols,
            timeframe=dataset.timeframe,
            regime=dataset.regime,
            params=dict(params or {}),
            seed=seed,
            weighting=dataset.weighting,
            left_out=(*dataset.absent, *(() if dataset.selection is None else dataset.selection.dropped)),
            anomaly=anomaly,
        )

    @property
    def features(self) -> FeatureSet:
        """The columns as this code knows them; their hash is another one where their code has changed since."""
        if self.columns:
            return FeatureSet(self.feature_set, self.columns)
        return feature_set(self.feature_set, self.timeframe).without(self.left_out)

    @property
    def hash(self) -> str:
        """Hex sha256 of the content."""
        return stable_hash(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, with all parameters of the label; `from_json` is the inverse."""
        content: dict[str, Any] = {
            "family": self.family,
            "label": self.label.to_json(),
            "feature_set": self.feature_set,
            "feature_set_hash": self.feature_set_hash,
            "symbols": list(self.symbols),
            "timeframe": self.timeframe.value,
            "regime": self.regime,
            "params": dict(self.params),
            "seed": self.seed,
        }
        listed = {"left_out": self.left_out, "columns": self.columns}
        content |= {name: list(columns) for name, columns in listed.items() if columns}
        if self.weighting != Weighting():
            content["weighting"] = asdict(self.weighting)
        if self.anomaly:
            content["anomaly"] = True
        if self.origin:
            content["origin"] = self.origin
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "ModelSpec":
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError when it is something else."""
        return cls(
            family=str(content["family"]),
            label=LabelSpec.from_json(content["label"]),
            feature_set=str(content["feature_set"]),
            feature_set_hash=str(content["feature_set_hash"]),
            symbols=tuple(str(symbol) for symbol in content["symbols"]),
            timeframe=Timeframe(content["timeframe"]),
            regime=str(content["regime"]),
            params=dict(content["params"]),
            seed=int(content["seed"]),
            left_out=tuple(str(column) for column in content.get("left_out", ())),
            weighting=Weighting(**content.get("weighting", {})),
            anomaly=bool(content.get("anomaly", False)),
            columns=tuple(str(column) for column in content.get("columns", ())),
            origin=str(content.get("origin", "")),
        )
