"""The answer of volume analysis at one bar: columns in words, patterns and nodes now alive, score, predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import SIDE_COLUMNS, Timeframe
from alphaplus.core.config import Volume
from alphaplus.core.errors import MissingBars
from alphaplus.core.moments import minute
from alphaplus.core.records import Prediction
from alphaplus.features.contract import DENSE, features
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.market.book import BOOK_COLUMNS

BESIDE = (  # what the answer needs besides the columns that it shows
    "volume_pattern_direction",
    "volume_score",
    "volume_surge_20",
    "obv_slope_20",
    "cvd_slope_20",
    "volume_delta_from_trades",
    "point_of_control",
    "value_area_low",
    "value_area_high",
)
WAYS = {-1: "down", 0: "either way", 1: "up"}


@dataclass(frozen=True, slots=True)
class VolumePattern:
    """A volume pattern that is alive: where the price should go by it, and the bar closes (ms UTC) that showed it.

    `since` is the first of the bars that showed it without a longer pause than patterns live, `seen` the last one, of
    which `confidence` is. `direction` is -1, 0 or 1.
    """

    name: str
    confidence: float
    direction: int
    since: int
    seen: int


@dataclass(frozen=True, slots=True)
class VolumeNode:
    """A price at which much was traded; `strength` in [0, 1] where it is known."""

    kind: str
    price: float
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class VolumeAnalysis:
    """What volume says about one symbol at one bar close, `as_of` (ms UTC).

    `columns` are those of the set `volume` at that bar: numbers, words for codes, None where unknown; `missing` says
    why, and which. `patterns` come surest first. `score` lies in [-1, 1]. `from_trades` tells whether volume delta
    comes from trades or, without them, from the tick rule. `history` has the columns of all bars.
    """

    symbol: str
    simulated: bool
    timeframe: Timeframe
    as_of: int
    columns: Mapping[str, float | str | None]
    missing: Mapping[str, tuple[str, ...]]
    patterns: tuple[VolumePattern, ...]
    nodes: tuple[VolumeNode, ...]
    value_area: tuple[float, float] | None
    score: float | None
    from_trades: bool
    predictions: tuple[Prediction, ...]
    history: FeatureFrame = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the history."""
        return {
            "symbol": self.symbol,
            "simulated": self.simulated,
            "timeframe": self.timeframe.value,
            "as_of": self.as_of,
            "score": self.score,
            "patterns": [asdict(pattern) for pattern in self.patterns],
            "nodes": [asdict(node) for node in self.nodes],
            "value_area": None if self.value_area is None else list(self.value_area),
            "from_trades": self.from_trades,
            "predictions": [asdict(prediction) for prediction in self.predictions],
            "columns": dict(self.columns),
            "missing": {reason: list(columns) for reason, columns in self.missing.items()},
        }

    def lines(self) -> list[str]:
        """The answer for people, without the columns."""
        made_up = ", simulated" if self.simulated else ""
        out = [f"{self.symbol} {self.timeframe}, {minute(self.as_of)} UTC{made_up}"]
        out.append("volume score   " + ("unknown" if self.score is None else f"{self.score:+.2f} of -1 to 1"))
        out += [
            f"pattern        {p.name}, {WAYS[p.direction]}, confidence {p.confidence:.2f}, since {minute(p.since)}"
            for p in self.patterns
        ] or ["pattern        none"]
        for node in self.nodes:
            strength = "" if node.strength is None else f", strength {node.strength:.2f}"
            out.append(f"node           {node.kind} at {node.price:.8g}{strength}")
        if self.value_area is not None:
            out.append("value area     {:.8g} to {:.8g}".format(*self.value_area))
        for p in self.predictions:
            about = f"{p.target} over {p.horizon} bars"
            out.append(f"prediction     {p.value:.3f} for {about}, confidence {p.confidence:.2f}")
        if not self.from_trades:
            out.append("volume delta   by the tick rule: these bars tell no trades")
        out += [f"missing        {reason}: {', '.join(columns)}" for reason, columns in self.missing.items()]
        return out

    def __repr__(self) -> str:
        width = max(len(column) for column in self.columns)
        rows = [f"{column:<{width}}  {shown(value)}" for column, value in self.columns.items()]
        return "\n".join([*self.lines(), "", *rows])


def shown(value: float | str | None) -> str:
    """A value of a column for people: a dash where it is unknown."""
    return "-" if value is None else value if isinstance(value, str) else f"{value:.8g}"


def answer_set() -> FeatureSet:
    """The columns that an answer is made of: the set `volume`, and a few beside it."""
    wanted = feature_set("volume").columns
    return FeatureSet("volume analysis", tuple(dict.fromkeys((*wanted, *BESIDE))))


def volume_answer(frame: FeatureFrame, limits: Volume, *, predictions: Sequence[Prediction] = ()) -> VolumeAnalysis:
    """Read the answer at the last row of `frame`, whose columns are those of `answer_set`; it depends on nothing else.

    Raises MissingBars when there is no row.
    """
    if not len(frame):
        raise MissingBars(f"no {frame.timeframe} bars of {frame.instrument.symbol} to analyse", hint="import some")
    wanted = feature_set("volume").columns
    low, high = _last(frame, "value_area_low"), _last(frame, "value_area_high")
    return VolumeAnalysis(
        symbol=frame.instrument.symbol,
        simulated=frame.instrument.simulated,
        timeframe=frame.timeframe,
        as_of=int(frame.close_time[-1]),
        columns={column: in_words(column, frame.column(column)[-1]) for column in wanted},
        missing=_missing(frame, wanted),
        patterns=_patterns(frame, limits),
        nodes=_nodes(frame),
        value_area=None if low is None or high is None else (low, high),
        score=_last(frame, "volume_score"),
        from_trades=_last(frame, "volume_delta_from_trades") == 1.0,
        predictions=tuple(predictions),
        history=frame,
    )


def in_words(column: str, value: float) -> float | str | None:
    """A value of a column as people know it: the word of a code, None for NaN."""
    if np.isnan(value):
        return None
    return features.get(column).words.get(column, {}).get(int(value), float(value))


def _last(frame: FeatureFrame, column: str) -> float | None:
    value = float(frame.column(column)[-1])
    return None if np.isnan(value) else value


def _patterns(frame: FeatureFrame, limits: Volume) -> tuple[VolumePattern, ...]:
    """Patterns that were last seen at most `alive_bars` bars ago, surest first."""
    code, sure, way = (frame.column(f"volume_pattern_{name}") for name in ("type", "confidence", "direction"))
    words = features.get("volume_pattern_type").words["volume_pattern_type"]
    seen = (code > 0) & (sure >= limits.min_confidence) & _passes(frame, code, words, limits)
    close, life = frame.close_time, limits.alive_bars * frame.timeframe.ms
    found = []
    for kind, direction in {(code[row], way[row]) for row in np.flatnonzero(seen & (close >= close[-1] - life))}:
        rows = np.flatnonzero(seen & (code == kind) & (way == direction))
        pauses = np.flatnonzero(np.diff(close[rows]) > max(life, frame.timeframe.ms))
        first = rows[pauses[-1] + 1] if len(pauses) else rows[0]
        newest = rows[-1]
        found.append(
            VolumePattern(
                name=words[int(kind)],
                confidence=float(sure[newest]),
                direction=int(direction),
                since=int(close[first]),
                seen=int(close[newest]),
            )
        )
    return tuple(sorted(found, key=lambda pattern: (-pattern.confidence, pattern.name, pattern.direction)))


def _passes(
    frame: FeatureFrame, code: NDArray[np.float64], words: Mapping[int, str], limits: Volume
) -> NDArray[np.bool_]:
    """Which rows pass the thresholds of their own pattern (n,)."""
    codes = {word: number for number, word in words.items()}
    slope = 0.5 * np.abs(frame.column("obv_slope_20") + frame.column("cvd_slope_20"))
    weak_breakout = (code == codes["breakout"]) & (frame.column("volume_surge_20") < limits.breakout_volume)
    weak_divergence = (code == codes["volume_divergence"]) & (slope < limits.divergence)
    passes: NDArray[np.bool_] = ~(weak_breakout | weak_divergence)
    return passes


def _nodes(frame: FeatureFrame) -> tuple[VolumeNode, ...]:
    nearest, control = _last(frame, "nearest_volume_node"), _last(frame, "point_of_control")
    found = []
    if nearest is not None:
        found.append(VolumeNode("nearest", nearest, _last(frame, "volume_node_strength")))
    if control is not None:
        found.append(VolumeNode("point of control", control))
    return tuple(found)


def _missing(frame: FeatureFrame, wanted: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The columns without a value at the last row, by reason."""
    unknown = [column for column in wanted if _last(frame, column) is None]
    reasons = {column: _reason(frame, column) for column in unknown}
    return {why: tuple(c for c in unknown if reasons[c] == why) for why in dict.fromkeys(reasons.values())}


def _reason(frame: FeatureFrame, column: str) -> str:
    every = features.get(column).every
    if every is not None and every.ms % frame.timeframe.ms:
        return f"bars of {frame.timeframe} do not build bars of {every}"
    absent = [name for name in sorted(_sides(column)) if name in frame.columns and _last(frame, name) is None]
    if absent:
        if not all(_never(frame, name) for name in absent):
            return "no order book at this bar"
        if all(_never(frame, name) for name in BOOK_COLUMNS if name in frame.columns):
            return "no order book in these bars"
        deep = all("_depth_" in name for name in absent)
        return "the recorded levels of the book do not reach so far" if deep else "not told by the book of these bars"
    return f"not known after {len(frame)} bars"


def _never(frame: FeatureFrame, column: str) -> bool:
    return bool(np.isnan(frame.column(column)).all())


def _sides(column: str) -> set[str]:
    """The side columns of the bars without which a column has no value."""
    spec, found = features.get(column), set()
    for name in set(spec.inputs) - spec.optional:
        if name in SIDE_COLUMNS:
            found.add(name)
        elif name not in DENSE:
            found |= _sides(spec.prefix + name)
    return found
