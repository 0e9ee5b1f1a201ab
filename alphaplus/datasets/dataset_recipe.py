"""The recipe of a dataset: all that decides it, so that the same bars give the same dataset again, bit for bit."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from alphaplus.core.bars import SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.select import Rules
from alphaplus.datasets.weights import Weighting
from alphaplus.features.sets import FeatureSet

LIBRARIES = ("numpy", "polars", "numba", "ta-lib", "scikit-learn")  # that compute what is in any dataset


@dataclass(frozen=True, slots=True)
class SeriesUsed:
    """The bars of one instrument that went in: open times of the first and the last (ms UTC), how many, their hash."""

    instrument: Instrument
    first: int
    last: int
    rows: int
    sha256: str

    @classmethod
    def of(cls, bars: BarFrame) -> "SeriesUsed":
        """What there is to say of bars; a side column without a single value is as one that is not there."""
        sides = [name for name in SIDE_COLUMNS if not bool((bars.column(name) != bars.column(name)).all())]
        content = {name: bars.column(name) for name in ("open", "high", "low", "close", "volume", *sides)}
        times = bars.open_time
        return cls(
            instrument=bars.instrument,
            first=int(times[0]) if len(times) else 0,
            last=int(times[-1]) if len(times) else 0,
            rows=len(times),
            sha256=stable_hash({"open_time": times, **content}),
        )

    def differences(self, other: "SeriesUsed") -> list[str]:
        """In what another series differs, in words."""
        symbol = self.instrument.symbol
        if self.instrument != other.instrument:
            facts, others = asdict(self.instrument), asdict(other.instrument)
            changed = [f"{name} {facts[name]!r} to {others[name]!r}" for name in facts if facts[name] != others[name]]
            return [f"instrument {symbol}: {', '.join(changed)}"]
        if self.rows != other.rows:
            return [f"bars of {symbol}: {self.rows:,} then, {other.rows:,} now between the same times"]
        return [f"bars of {symbol}: other values"] if self != other else []


@dataclass(frozen=True, slots=True)
class DatasetRecipe:
    """What was put together, by which code, on what.

    `start` and `end` bound the rows, as `assemble` takes them. `features` are the columns that were asked for, with the
    hash of their code. `select` are the rules of the selection and `measure` is what importance was learned by, None
    where there was none. `code` are hashes of the functions that label and put together, `libraries` the versions of
    those that compute.
    """

    series: tuple[SeriesUsed, ...]
    timeframe: Timeframe
    features: FeatureSet
    features_hash: str
    label: LabelSpec
    regime: str
    start: int | None
    end: int | None
    weighting: Weighting
    select: Rules | None
    measure: Mapping[str, Any] | None
    code: Mapping[str, str]
    libraries: Mapping[str, str]

    @property
    def hash(self) -> str:
        """The same for the same dataset, and for no other."""
        return stable_hash(self.to_json())

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols in the order of the dataset."""
        return tuple(one.instrument.symbol for one in self.series)

    def differences(self, other: "DatasetRecipe") -> list[str]:
        """Which series, code, library or choice is another one in `other`, in words; empty where none is."""
        found = [text for mine, its in zip(self.series, other.series, strict=False) for text in mine.differences(its)]
        if self.symbols != other.symbols:
            found = [f"symbols: {', '.join(self.symbols)} to {', '.join(other.symbols)}"]
        if self.features_hash != other.features_hash:
            found.append(f"code of the features {self.features.name}")
        for kind, mine_all, its_all in (("code of", self.code, other.code), ("", self.libraries, other.libraries)):
            for name in {**mine_all, **its_all}:
                mine, its = mine_all.get(name, "none"), its_all.get(name, "none")
                if mine != its:
                    found.append(f"{kind} {name}" if kind else f"{name}: {mine} to {its}")
        content, other_content = self.to_json(), other.to_json()
        choices = ("timeframe", "label", "regime", "start", "end", "weighting", "select", "measure")
        return found + [f"{name}" for name in choices if content[name] != other_content[name]]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; `from_json` is the inverse."""
        return {
            "series": [asdict(one) for one in self.series],
            "timeframe": self.timeframe.value,
            "features": {**asdict(self.features), "columns": list(self.features.columns), "hash": self.features_hash},
            "label": self.label.to_json(),
            "regime": self.regime,
            "start": self.start,
            "end": self.end,
            "weighting": asdict(self.weighting),
            "select": None if self.select is None else asdict(self.select),
            "measure": None if self.measure is None else dict(self.measure),
            "code": dict(self.code),
            "libraries": dict(self.libraries),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "DatasetRecipe":
        """Read what `to_json` wrote.

        Raises KeyError, TypeError, ValueError or ConfigError when it is something else, UnknownName for a column that
        there is no more.
        """
        features = dict(content["features"])
        features_hash = str(features.pop("hash"))
        return cls(
            series=tuple(
                SeriesUsed(**{**one, "instrument": Instrument(**one["instrument"])}) for one in content["series"]
            ),
            timeframe=Timeframe(content["timeframe"]),
            features=FeatureSet(**{**features, "columns": tuple(features["columns"])}),
            features_hash=features_hash,
            label=LabelSpec.from_json(content["label"]),
            regime=str(content["regime"]),
            start=content["start"],
            end=content["end"],
            weighting=Weighting(**content["weighting"]),
            select=None if content["select"] is None else Rules(**content["select"]),
            measure=content["measure"],
            code=dict(content["code"]),
            libraries=dict(content["libraries"]),
        )


@lru_cache(maxsize=8)
def libraries(besides: tuple[str, ...] = ()) -> dict[str, str]:
    """Versions of what computes: the minor version of Python, those of LIBRARIES, and of `besides` what is there.

    Those are the libraries that importance is learned with, where columns are selected by it.
    """
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in (*LIBRARIES, *besides):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
