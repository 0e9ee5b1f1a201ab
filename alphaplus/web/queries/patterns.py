"""Patterns on the bars of a chart, as columns: what was found, when it became known, and what has become of it."""

from collections import OrderedDict
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import polars as pl

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.hashing import stable_hash
from alphaplus.web.background import Once
from alphaplus.web.queries.bars import newest
from alphaplus.web.queries.chart import PAGE, precision
from alphaplus.web.queries.stores import installation
from alphaplus.web.warming import warm_apart

if TYPE_CHECKING:
    from alphaplus.features.sets import FeatureSet
    from alphaplus.patterns.contract import PatternSpec

PATIENCE = 2.0  # seconds that a request waits for compiled code to load; compiling it takes longer
MOST_WARMUP = 8000  # bars; days of structure on bars of a minute would ask for more than anyone waits for
KEPT = 16  # answers kept, so that several tabs of a series cost one computation
SCORE_DECIMALS = 3
PRICES = ("low", "high", "level", "target", "stop", "entry")
SCORES = ("strength", "confidence", "result")

_compiled = Once()
_kept: OrderedDict[str, pl.DataFrame] = OrderedDict()
_one_at_a_time = Lock()


def patterns(
    symbol: str, timeframe: str, limit: int = PAGE, before: int | None = None, kinds: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    """Events that became known on the newest `limit` bars that opened before `before`, followed to the newest bar.

    `kinds` are kinds or names of patterns, all by default. None while the code that finds them is being compiled.
    Raises UnknownName for a timeframe, kind or pattern, MissingBars for a series that there is not.
    """
    from alphaplus.patterns.events import chosen_patterns

    wanted = chosen_patterns(kinds)
    every = chosen_patterns()
    step = Timeframe.parse(timeframe)
    lasting = _lasting(every)
    warmup = _warmup(tuple(column for one in drawn() for column in one.columns), step)
    follow = 0 if before is None else lasting
    read = newest(symbol, step, limit + warmup + follow, None if before is None else before + follow * step.ms)
    shown = read.open_time if before is None else read.open_time[read.open_time < before]
    first = max(0, len(shown) - limit)
    if not _compiled.is_done(_key(every, step), lambda: _compile(read, every), patience=PATIENCE):
        return None
    until = int(shown[-1]) + step.ms if len(shown) else 0
    table = _found(read, every, first).filter(pl.col("known_at") <= until)
    table = table.filter(pl.col("pattern").is_in([spec.name for spec in wanted]))
    occurring = set(table["pattern"])
    return {
        "symbol": symbol,
        "timeframe": step.value,
        "first": int(shown[first]) if len(shown) else None,
        "as_of": int(read.close_time[-1]) if len(read) else None,
        "lasting": lasting,
        "patterns": [_shape(spec) for spec in wanted if spec.name in occurring],
        "events": _columns(table, precision(read)),
    }


def drawn() -> list["FeatureSet"]:
    """The feature sets from which the chart's patterns are read; a warm-up compiles them ahead of the first page."""
    from alphaplus.patterns.events import chosen_patterns, event_sets

    return event_sets(chosen_patterns())


def _compile(bars: BarFrame, every: list["PatternSpec"]) -> None:
    """Compile what the cache lacks, in a process of its own, and load it."""
    from alphaplus.features.compiler import still_to_compile
    from alphaplus.patterns.events import detect

    home, folder, frame = installation().home, installation().cache_folder, bars.timeframe
    lacking = [one.name for one in drawn() if still_to_compile(one.columns, one.max_gap, frame, folder)]
    if lacking:
        warm_apart(lacking, frame, home)
    detect(bars.rows(0, min(len(bars), 2)), every, cache_folder=folder)


def _key(every: list["PatternSpec"], step: Timeframe) -> tuple[object, ...]:
    return step, tuple(spec.name for spec in every), installation().cache_folder


def _lasting(every: list["PatternSpec"]) -> int:
    """Bars after which nothing more becomes of an event: a figure waits for its breakout, then for its end."""
    from alphaplus.patterns.contract import Life

    return max((spec.horizon * (2 if spec.life is Life.FIGURE else 1) + 1 for spec in every), default=0)


@lru_cache(maxsize=32)
def _warmup(columns: tuple[str, ...], step: Timeframe) -> int:
    """Bars before the first one shown, so that what is found does not depend on where the reading began."""
    from alphaplus.features.contract import total_memory

    return min(MOST_WARMUP, max((total_memory(column, step) or 0 for column in columns), default=0))


def _found(bars: BarFrame, every: list["PatternSpec"], since: int) -> pl.DataFrame:
    """All events from a position on, out of memory where the same bars were asked about a moment ago."""
    from alphaplus.patterns.events import detect

    table = bars.matrix(("open_time", "open", "high", "low", "close", "volume"))
    key = stable_hash([bars.instrument.symbol, bars.timeframe.value, since, _key(every, bars.timeframe)[1], table])
    with _one_at_a_time:
        if key not in _kept:
            _kept[key] = detect(bars, every, cache_folder=installation().cache_folder, since=since)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return _kept[key]


def _shape(spec: "PatternSpec") -> dict[str, str]:
    return {"name": spec.name, "kind": spec.kind, "drawing": spec.drawing.value, "title": spec.description}


def _columns(table: pl.DataFrame, digits: int) -> dict[str, list[Any]]:
    points = pl.col("points").list.eval(
        pl.struct(pl.element().struct["time"], pl.element().struct["price"].round(digits))
    )
    rounded = table.with_columns(pl.col(*PRICES).round(digits), pl.col(*SCORES).round(SCORE_DECIMALS), points)
    return {name: rounded[name].to_list() for name in rounded.columns}
