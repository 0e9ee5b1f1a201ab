"""From columns to events: every pattern that was born, when it became known, and what has become of it since."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import UnknownName
from alphaplus.features.contract import features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import MAX_GAP, FeatureSet
from alphaplus.patterns.births import REGIME, Births, Gathered, needed_columns
from alphaplus.patterns.contract import KINDS, PatternSpec, patterns
from alphaplus.patterns.follow import NEVER, Followed, follow

ROWS = 4096  # bars a piece: all columns of all patterns of a long history would not fit

POINTS = pl.List(pl.Struct({"time": pl.Int64(), "price": pl.Float64()}))
SCHEMA: dict[str, pl.DataType] = {
    "pattern": pl.String(),
    "kind": pl.String(),
    "direction": pl.Int8(),
    "strength": pl.Float64(),
    "start": pl.Int64(),
    "known_at": pl.Int64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "points": POINTS,
    "level": pl.Float64(),
    "target": pl.Float64(),
    "stop": pl.Float64(),
    "confidence": pl.Float64(),
    "cause": pl.String(),
    "regime": pl.String(),
    "state": pl.String(),
    "broke_at": pl.Int64(),
    "touched_at": pl.Int64(),
    "mitigated_at": pl.Int64(),
    "entered_at": pl.Int64(),
    "entry": pl.Float64(),
    "ended_at": pl.Int64(),
    "outcome": pl.String(),
    "result": pl.Float64(),
}
"""Columns of a table of events. Times are ms UTC: `start` and the times of points are open times of bars, `entered_at`
as well, for a trade begins at an open; all others are closes, by which they were known: what is interrupted ends with
the first bar after the gap, though a trade then made what the last close before it gives. `result` is the profit in
units of what was risked."""

BORN = ("pattern", "kind", "direction", "strength", "start", "known_at", "low", "high", "level", "target", "stop")
"""Columns that are told with the birth of an event."""


@dataclass(frozen=True, slots=True)
class Detected:
    """The events of some bars, and of the same events, row by row, what was told when they became known.

    `events` has the columns of SCHEMA, in which a figure has the level, target and stop of its breakout; `born` those
    of BORN alone, which later bars never change.
    """

    events: pl.DataFrame
    born: pl.DataFrame


def chosen_patterns(wanted: Iterable[str] = ()) -> list[PatternSpec]:
    """The patterns that are named, by their own name or by their kind; all where nothing is named.

    Raises UnknownName.
    """
    names = patterns.names()
    found: dict[str, PatternSpec] = {}
    for word in tuple(wanted) or KINDS:
        if word not in names and word not in KINDS:
            raise UnknownName(word, kind="pattern or kind of patterns", known=[*KINDS, *names])
        found |= {name: spec for name, spec in patterns if word in (name, spec.kind)}
    return list(found.values())


def event_sets(wanted: Sequence[PatternSpec]) -> list[FeatureSet]:
    """The feature sets that a cache of compiled code holds for events, those of them in which the wanted ones are.

    There is one of all candlesticks, one of all other patterns that are shipped, and one of those of the user: whoever
    looks for some shares it with whoever looks for all, and a new pattern of one's own has no others compiled anew.
    """
    needed = dict.fromkeys(_shared(spec) for spec in wanted)
    return [_set(name, [spec for _, spec in patterns if _shared(spec) == name]) for name in needed]


def _shared(spec: PatternSpec) -> str:
    """Name of the set in which the columns of a pattern are compiled."""
    return "candlesticks" if spec.bars else "patterns" if spec.shipped else "own patterns"


def _set(name: str, chosen: Sequence[PatternSpec]) -> FeatureSet:
    return FeatureSet(name, tuple(dict.fromkeys(column for spec in chosen for column in needed_columns(spec))))


def detect(
    bars: BarFrame, wanted: Sequence[PatternSpec], *, cache_folder: Path | None = None, since: int = 0
) -> pl.DataFrame:
    """All events of some patterns on bars, one row each, in the order in which they became known, see SCHEMA.

    `since` leaves out what was born on the bars before that position; they only warm up. With a `cache_folder` the
    code for all patterns is compiled, once for each timeframe; without one only that for those wanted, each time.
    """
    return detect_as_born(bars, wanted, cache_folder=cache_folder, since=since).events


def detect_as_born(
    bars: BarFrame, wanted: Sequence[PatternSpec], *, cache_folder: Path | None = None, since: int = 0
) -> Detected:
    """All events as `detect` finds them, and beside them what was told at the birth of each."""
    sets = event_sets(wanted) if cache_folder is not None else [_set("events", wanted)] if wanted else []
    found = {spec.name: Gathered(spec) for spec in wanted}
    for chosen in sets:
        for columns in _pieces(bars, chosen, cache_folder):
            for gathered in found.values():
                if columns.keys() >= set(needed_columns(gathered.spec)):
                    gathered.add(columns)
    born, events = [_frame({}, BORN)], [_frame({}, SCHEMA)]
    for gathered in found.values():
        births = gathered.births(bars)
        told, later = _told(gathered.spec, births, bars), np.flatnonzero(births.row >= since)
        born.append(_frame(told, BORN)[later])
        events.append(_frame(told | _became(gathered.spec, births, bars), SCHEMA)[later])
    table = pl.concat(events)
    order = np.argsort(table["known_at"].to_numpy(), kind="stable")
    return Detected(table[order], pl.concat(born)[order])


def _pieces(
    bars: BarFrame, chosen: FeatureSet, cache_folder: Path | None
) -> Iterator[Mapping[str, NDArray[np.float64]]]:
    """The columns of a set on the bars by name, some thousand rows at a time; each piece is overwritten by the next."""
    engine = FeatureEngine(chosen, bars.instrument, bars.timeframe, cache_folder=cache_folder)
    rows = bars.matrix(engine.inputs)
    out = np.empty((min(ROWS, max(len(rows), 1)), len(engine.columns)))
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        values = engine.compute(part, out=out[: len(part)])
        yield dict(zip(engine.columns, values.T, strict=True))


def _told(spec: PatternSpec, births: Births, bars: BarFrame) -> dict[str, Any]:
    """The columns that are told at the birth of each event."""
    opened, closed = bars.open_time, bars.close_time
    trends = {float(code): word for code, word in features.get(REGIME).words[REGIME].items()}
    return {
        "pattern": [spec.name] * len(births.row),
        "kind": [spec.kind] * len(births.row),
        "direction": births.direction.astype(np.int8),
        "strength": births.strength,
        "start": opened[births.start],
        "known_at": closed[births.row],
        "low": births.low,
        "high": births.high,
        "points": _points(births, opened),
        "level": births.level,
        "target": births.target,
        "stop": births.stop,
        "confidence": births.strength,
        "cause": [None if np.isnan(code) else spec.causes[int(code)] for code in births.cause.tolist()],
        "regime": [trends.get(code) for code in births.regime.tolist()],
    }


def _became(spec: PatternSpec, births: Births, bars: BarFrame) -> dict[str, Any]:
    """The columns that tell what has become of each event since; a figure that broke out has other levels."""
    found = follow(spec, births, bars, max_gap=MAX_GAP)
    return {
        "target": found.target,
        "stop": found.stop,
        "state": found.state,
        **_times(found, bars.open_time, bars.close_time),
        "entry": _at(bars.column("open"), found.entered),
        "outcome": found.outcome,
        "result": found.result,
    }


def _frame(content: Mapping[str, Any], columns: Iterable[str]) -> pl.DataFrame:
    """A table of these columns of SCHEMA, null where a number is NaN; empty without content."""
    table = pl.DataFrame({name: pl.Series(name, content.get(name, []), dtype=SCHEMA[name]) for name in columns})
    return table.with_columns(pl.selectors.float().fill_nan(None))


def _times(found: Followed, opened: NDArray[np.int64], closed: NDArray[np.int64]) -> dict[str, list[int | None]]:
    return {
        "broke_at": _at(closed, found.broke),
        "touched_at": _at(closed, found.touched),
        "mitigated_at": _at(closed, found.mitigated),
        "entered_at": _at(opened, found.entered),
        "ended_at": _at(closed, found.ended),
    }


def _at(values: NDArray[np.int64] | NDArray[np.float64], rows: NDArray[np.int64]) -> list[Any]:
    return [None if row == NEVER else values[row].item() for row in rows.tolist()]


def _points(births: Births, opened: NDArray[np.int64]) -> pl.Series:
    """The points of each birth by time and price, those that are there."""
    place, point = np.nonzero(~np.isnan(births.point_bars))
    bar = births.row[place] - births.point_bars[place, point].astype(np.int64)
    told = pl.DataFrame({"place": place, "time": opened[bar], "price": births.point_prices[place, point]})
    lists = told.group_by("place", maintain_order=True).agg(points=pl.struct("time", "price"))
    every = pl.DataFrame({"place": np.arange(len(births.row))}).join(
        lists, on="place", how="left", maintain_order="left"
    )
    return every["points"].cast(POINTS).fill_null(pl.Series([[]], dtype=POINTS))
